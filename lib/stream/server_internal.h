/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the two halves of the serving state machine share: requests (server.c), pulls
 * (pull.c).
 */
#ifndef CHL_STREAM_SERVER_INTERNAL_H
#define CHL_STREAM_SERVER_INTERNAL_H

#include "lib/base/json.h"
#include "lib/stream/server.h"

enum { HEAD_SIZE = 2048 };

/** A pull that waits for records. */
struct waiter {
    struct waiter *next;
    struct chl_stream_peer peer;
    int64_t until_ms;
    char id[CHL_STREAM_ID_SIZE];
    uint16_t classes;
    unsigned credit;
    uint64_t covered; /**< looked at up to here */
    bool hash_known;
    uint8_t covered_hash[CHL_WIRE_HASH];
};

struct chl_stream_server {
    struct chl_stream_store store;
    struct chl_stream_transport transport;
    struct chl_stream_counts counts;
    struct waiter *waiters;
    size_t waiting;
    struct chl_stream_item items[CHL_STREAM_CREDIT_MAX];
    char head[HEAD_SIZE];
    uint8_t arena[CHL_STREAM_ANSWER_MAX];
};

/** What a pull looks for, and how far it has come. */
struct pull {
    const struct chl_stream_peer *peer;
    const char *id;
    uint16_t classes;
    unsigned credit;
    uint64_t covered;
    bool hash_known; /**< false only right after a trimmed range whose anchor is not known */
    uint8_t covered_hash[CHL_WIRE_HASH];
};

typedef enum {
    PULL_ANSWERED, /**< an answer was sent */
    PULL_EMPTY     /**< nothing up to the head; `covered` has moved on */
} pull_state;

/** Start an answer: `{"op":…,"id":…`. */
void answer_begin(struct chl_stream_server *server, struct chl_json *json, const char *op,
                  const char *id);
/** End and send it. */
void answer_send(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                 struct chl_json *json, size_t count);
void answer_error(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                  const char *id, const char *reason, const char *text);
void answer_hash(struct chl_json *json, const char *key, const uint8_t hash[CHL_WIRE_HASH]);
void answer_epoch(struct chl_json *json, const uint8_t epoch[16]);

/** Answer a checked pull, or park it. */
void pull_request(struct chl_stream_server *server, const struct chl_stream_peer *peer,
                  const struct chl_stream_principal *principal,
                  const struct chl_stream_request *request, const struct chl_stream_info *info,
                  int64_t now_ms);

#endif
