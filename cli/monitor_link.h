/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The monitor's ZeroMQ sockets: a DEALER to pull with, a SUB for live hints.
 */
#ifndef CHL_CLI_MONITOR_LINK_H
#define CHL_CLI_MONITOR_LINK_H

#include <zmq.h>

#include "lib/stream/certificate.h"
#include "lib/stream/client.h"

enum { MONITOR_FRAMES_MAX = 1 + 3 * CHL_STREAM_CREDIT_MAX };

struct monitor_link {
    void *context, *puller, *subscriber;
    const char *pull, *live; /**< endpoints; live may be NULL */
    bool curve;
    struct chl_certificate key;
    char server_key[CHL_CURVE_TEXT_SIZE];
    size_t count; /**< frames of the message that was received last */
    zmq_msg_t messages[MONITOR_FRAMES_MAX];
    struct chl_stream_frame frames[MONITOR_FRAMES_MAX];
};

/** (Re)make a socket; a former one is closed at once. CHL_E_INVAL: the endpoint. */
chl_err monitor_link_pull(struct monitor_link *link);
chl_err monitor_link_live(struct monitor_link *link);
/** Receive one message into `frames`, valid until the next call.
 *  @return CHL_OK; CHL_E_PENDING: none waits; CHL_E_CORRUPT: more frames than an answer may have.
 */
chl_err monitor_link_receive(struct monitor_link *link, void *socket);
void monitor_link_close(struct monitor_link *link);

#endif
