/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A request of the event stream, read from one hostile JSON frame.
 *
 *  Source: docs/stream.md, protocol 1, "Requests".
 */
#ifndef CHL_STREAM_REQUEST_H
#define CHL_STREAM_REQUEST_H

#include <chilang/types.h>

#include "lib/wire/wire.h"

enum {
    CHL_STREAM_PROTOCOL = 1,
    CHL_STREAM_REQUEST_MAX = 4096,       /**< bytes of a request */
    CHL_STREAM_ANSWER_MAX = 1024 * 1024, /**< bytes of an answer, all frames together */
    CHL_STREAM_CREDIT_MAX = 256,         /**< records in one answer */
    CHL_STREAM_WAIT_MAX_MS = 30000,      /**< longest long-poll */
    CHL_STREAM_HEARTBEAT_MS = 2000,      /**< between heartbeats on the live socket */
    CHL_STREAM_ID_SIZE = 64 * 6 + 3,     /**< room for an id as JSON text, NUL included */
    CHL_STREAM_NAME_SIZE = 64,           /**< room for a durable name or a principal */
    CHL_STREAM_ALL_CLASSES = 0x1fe       /**< bit n set: class n may be read */
};

/** Largest integer that every JSON reader keeps exactly. */
#define CHL_STREAM_SEQUENCE_MAX ((INT64_C(1) << 53) - 1)

typedef enum {
    CHL_STREAM_NONE = 0,
    CHL_STREAM_HELLO,
    CHL_STREAM_PULL,
    CHL_STREAM_SNAPSHOT,
    CHL_STREAM_SEALED
} chl_stream_op;

/** A well-formed request. Absent members have their defaults. */
struct chl_stream_request {
    chl_stream_op op;
    char id[CHL_STREAM_ID_SIZE]; /**< JSON text to echo (a quoted string or digits), "" if none */
    char stream[CHL_WIRE_SITE_MAX + 1]; /**< "" = the node's own */
    uint8_t epoch[16];
    uint64_t from;
    bool has_after;
    uint8_t after[CHL_WIRE_HASH];
    unsigned credit;
    uint16_t classes;                   /**< bit n = class n; 0 = all that the principal may read */
    char durable[CHL_STREAM_NAME_SIZE]; /**< "" = none */
    unsigned wait_ms;
};

/** Why a request was refused; both texts are static. */
struct chl_stream_refusal {
    const char *reason; /**< stable identifier */
    const char *text;   /**< what was expected */
};

/** Read one request frame.
 *  @param out filled as far as reading went: `id` is set whenever it could be read, so that a
 * refusal can echo it.
 *  @return CHL_OK, or CHL_E_INVAL with `*refusal` filled.
 *  Thread: any. Blocks: never. Memory: at most some hundred KiB for hostile JSON, freed before
 * return. */
chl_err chl_stream_request_parse(const void *bytes, size_t length, struct chl_stream_request *out,
                                 struct chl_stream_refusal *refusal);

#endif
