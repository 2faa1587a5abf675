/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The JSON frame of an answer, as a reader of the event stream sees it.
 *
 *  Source: docs/stream.md, protocol 1.
 */
#ifndef CHL_STREAM_ANSWER_H
#define CHL_STREAM_ANSWER_H

#include "lib/stream/request.h"

/** Answers: identifier, `op`. */
#define CHL_STREAM_ANSWERS(X)                                                                      \
    X(CHL_ANSWER_HELLO, "hello")                                                                   \
    X(CHL_ANSWER_EVENTS, "events")                                                                 \
    X(CHL_ANSWER_TRUNCATED, "truncated")                                                           \
    X(CHL_ANSWER_WRONG_EPOCH, "wrong-epoch")                                                       \
    X(CHL_ANSWER_FORK, "fork")                                                                     \
    X(CHL_ANSWER_AHEAD, "ahead")                                                                   \
    X(CHL_ANSWER_DENIED, "denied")                                                                 \
    X(CHL_ANSWER_BUSY, "busy")                                                                     \
    X(CHL_ANSWER_SNAPSHOT, "snapshot")                                                             \
    X(CHL_ANSWER_ERROR, "error")

typedef enum {
#define CHL_STREAM_ANSWER_ENUM(id, text) id,
    CHL_STREAM_ANSWERS(CHL_STREAM_ANSWER_ENUM)
#undef CHL_STREAM_ANSWER_ENUM
        CHL_ANSWER_COUNT
} chl_stream_answer_op;

/** A well-formed answer; members that its op does not have are zero. */
struct chl_stream_reply {
    chl_stream_answer_op op;
    uint64_t id; /**< 0 when absent or not a number of ours */
    char site[CHL_WIRE_SITE_MAX + 1];
    uint8_t epoch[16];
    unsigned protocol;
    uint64_t first, head, at, count, covered_through;
    uint16_t classes;
    bool has_hash; /**< `hash`: covered_hash, anchor, hash */
    uint8_t hash[CHL_WIRE_HASH];
    char reason[64], text[160];
};

/** Read the JSON frame of an answer.
 *  @return CHL_OK or CHL_E_CORRUPT. Thread: any. Blocks: never. */
chl_err chl_stream_reply_parse(const void *bytes, size_t length, struct chl_stream_reply *out);

#endif
