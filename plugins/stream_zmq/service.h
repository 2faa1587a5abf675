/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The thread of one stream instance: it owns every socket, and serves pulls, live and keys.
 */
#ifndef STREAM_ZMQ_SERVICE_H
#define STREAM_ZMQ_SERVICE_H

#include <chilang/plugin.h>
#include <pthread.h>
#include <stdatomic.h>

#include "lib/stream/server.h"
#include "plugins/stream_zmq/keyring.h"
#include "plugins/stream_zmq/sockets.h"

/** Filled by the host from the option table. */
struct stream_config {
    const char *pull, *live, *keys;
    int security; /**< index into curve, plain */
};

enum { SECURITY_CURVE = 0, SECURITY_PLAIN = 1 };

struct chl_instance {
    const struct chl_host *host;
    struct chl_ctx *ctx;
    char pull[ENDPOINT_SIZE], live[ENDPOINT_SIZE]; /**< "" = no live socket */
    bool curve;
    struct keyring keyring;
    struct chl_stream_server *server;

    void *context, *zap, *puller, *publisher;
    int wake_fd, journal_fd; /**< ours; the host's */
    atomic_bool quiescing, stopping;
    bool running;
    pthread_t thread;

    /* Owned by the thread. */
    uint64_t published; /**< last sequence sent live */
    bool behind;        /**< more is to be sent live than one turn does */
    int64_t heartbeat_ms;
    uint64_t refused; /**< by ZAP, since the last report */
    int64_t report_ms;
};

/** The store of the protocol's state machine over the host's services. */
struct chl_stream_store service_store(struct chl_instance *instance);

/** Monotonic time. */
int64_t service_now_ms(const struct chl_instance *instance);

/** Transport of the state machine: an answer to one peer, all frames or none. */
chl_err pull_send_answer(void *user, const struct chl_stream_peer *peer,
                         const struct chl_stream_answer *answer);
/** Handle one request. @return false when none waits. */
bool pull_receive(struct chl_instance *instance);

/** Subscriptions are libzmq's own business; what is left over is read and forgotten. */
void live_drain(struct chl_instance *instance);
/** Send what is new in the journal; sets `behind` when there is more than one turn sends. */
void live_publish(struct chl_instance *instance);
void live_heartbeat(struct chl_instance *instance);

/** Make the protocol's state machine. Thread: supervisor. */
chl_err service_prepare(struct chl_instance *instance);
/** Open sockets (ZAP first) and start the thread. Thread: supervisor. */
chl_err service_start(struct chl_instance *instance);
/** End waits; further pulls are answered without waiting. Thread: supervisor. Blocks: never. */
void service_quiesce(struct chl_instance *instance);
/** End the thread and close everything. Thread: supervisor. Blocks: up to about a second. */
void service_stop(struct chl_instance *instance);

#endif
