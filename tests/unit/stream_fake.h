/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A journal in memory with a true hash chain, and a transport that keeps answers.
 */
#ifndef TEST_STREAM_FAKE_H
#define TEST_STREAM_FAKE_H

#include "lib/stream/client.h"
#include "lib/stream/server.h"

enum { FAKE_RECORDS = 2048, FAKE_ANSWERS = 64 };

struct fake_record {
    char topic[CHL_WIRE_TOPIC_MAX];
    size_t topic_length;
    uint8_t header[CHL_WIRE_HEADER];
    uint8_t *body;
    size_t body_length;
};

struct fake_journal {
    struct chl_stream_info info;
    struct fake_record records[FAKE_RECORDS]; /**< [sequence - 1] */
    bool broken;                              /**< every read fails */
    char owner[64], durable[64];
    uint64_t acknowledged;
    const char *snapshot; /**< NULL = none */
    unsigned reads;
};

/** An answer that was sent. */
struct fake_answer {
    struct chl_stream_peer peer;
    char *head;
    size_t head_length, count, bytes;
    struct fake_record *records;
};

struct fake_transport {
    size_t count;
    struct fake_answer answers[FAKE_ANSWERS];
    bool closed; /**< every send fails */
};

struct fake_journal *fake_journal_new(uint8_t epoch);
void fake_journal_free(struct fake_journal *journal);
/** Append a record of a class with a body of about `body_length` bytes. */
void fake_append(struct fake_journal *journal, unsigned event_class, size_t body_length);
void fake_append_many(struct fake_journal *journal, size_t count);
struct chl_stream_store fake_store(struct fake_journal *journal);
struct chl_stream_transport fake_transport(struct fake_transport *transport);
void fake_clear(struct fake_transport *transport);
/** The chain hash in a header. */
const uint8_t *fake_hash(const struct fake_journal *journal, uint64_t sequence);

#endif
