/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The serving side of the event stream as a state machine: requests in, answers out, no
 * I/O.
 *
 *  Around it stand a store (where records come from) and a transport (where answers go). One thread
 *  uses a server. Source: docs/stream.md, protocol 1.
 */
#ifndef CHL_STREAM_SERVER_H
#define CHL_STREAM_SERVER_H

#include <chilang/host.h>
#include <chilang/types.h>

#include "lib/stream/request.h"

enum { CHL_STREAM_PEER_MAX = 255, CHL_STREAM_WAITERS_MAX = 1024 };

/** Where the served journal stands. */
struct chl_stream_info {
    char site[CHL_WIRE_SITE_MAX + 1];
    uint8_t epoch[16];
    uint64_t first, head;
    bool anchor_known;             /**< `anchor` is the hash of record first-1 */
    uint8_t anchor[CHL_WIRE_HASH]; /**< all zero when first is 1 */
};

/** Where records come from. `acknowledge` and `snapshot` may be NULL (not supported). */
struct chl_stream_store {
    void *user;
    chl_err (*info)(void *user, struct chl_stream_info *out);
    /** As `journal_read` of chilang/host.h. */
    chl_err (*read)(void *user, uint64_t from, size_t max,
                    chl_err (*visit)(void *user, const struct chl_record *record),
                    void *visit_user);
    /** Register or advance a durable subscriber. */
    chl_err (*acknowledge)(void *user, const char *owner, const char *name, uint64_t sequence);
    /** As `snapshot` of chilang/host.h. */
    chl_err (*snapshot)(void *user, char *out, size_t *length, uint64_t *sequence,
                        uint8_t hash[CHL_WIRE_HASH]);
};

/** Address of a connection, opaque bytes. */
struct chl_stream_peer {
    uint8_t length;
    uint8_t id[CHL_STREAM_PEER_MAX];
};

/** Who asks, and what they may read. */
struct chl_stream_principal {
    char name[CHL_STREAM_NAME_SIZE];
    uint16_t classes; /**< bit n = class n */
};

/** One record of an answer: three frames. */
struct chl_stream_item {
    const uint8_t *topic, *header, *body; /**< header: 80 bytes */
    uint16_t topic_length;
    uint32_t body_length;
};

/** One answer: a JSON frame, then 3 × count frames. Borrowed until `send` returns. */
struct chl_stream_answer {
    const char *head;
    size_t head_length;
    const struct chl_stream_item *items;
    size_t count;
};

/** Where answers go. An error means that the peer is gone or does not read: the answer is dropped.
 */
struct chl_stream_transport {
    void *user;
    chl_err (*send)(void *user, const struct chl_stream_peer *peer,
                    const struct chl_stream_answer *answer);
};

/** Counters since creation. */
struct chl_stream_counts {
    uint64_t requests, refused, busy, answers, records, dropped;
};

struct chl_stream_server;

/** Make a server; about 1 MiB of working memory, touched as answers need it.
 *  @param store, transport copied. */
chl_err chl_stream_server_new(const struct chl_stream_store *store,
                              const struct chl_stream_transport *transport,
                              struct chl_stream_server **out);
void chl_stream_server_free(struct chl_stream_server *server);

/** Handle one request frame; answers at once, or later when it is a pull that waits.
 *  @param principal NULL = nobody: denied. */
void chl_stream_server_request(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                               const struct chl_stream_principal *principal, const void *bytes,
                               size_t length, int64_t now_ms);
/** Refuse a message that is not a request at all (several frames). */
void chl_stream_server_refuse(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                              const char *reason, const char *text);
/** The journal grew: answer the pulls that waited for it. */
void chl_stream_server_grown(struct chl_stream_server *server);
/** Answer the pulls whose wait is over at `now_ms`; INT64_MAX ends every wait. */
void chl_stream_server_tick(struct chl_stream_server *server, int64_t now_ms);
/** Milliseconds until the next wait is over, −1 when nobody waits. */
int64_t chl_stream_server_next(const struct chl_stream_server *server, int64_t now_ms);
size_t chl_stream_server_waiting(const struct chl_stream_server *server);
void chl_stream_server_counts(const struct chl_stream_server *server,
                              struct chl_stream_counts *out);

#endif
