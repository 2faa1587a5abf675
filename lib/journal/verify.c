/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Proves a journal: every record in its place, unchanged, linked to the one before.
 */
#include "lib/base/text.h"
#include "lib/journal/reader.h"

#include <stdio.h>
#include <string.h>

enum { CHUNK = 1024, SHOWN = 8 /**< bytes of a hash that a person compares */ };

struct proof {
    const struct chl_store_meta *meta;
    struct chl_journal_report *report;
    uint64_t expected; /**< next sequence */
    uint8_t hash[CHL_WIRE_HASH];
};

static chl_err bad(struct proof *proof, const char *what, const char *expected, const char *came)
{
    snprintf(proof->report->reason, sizeof proof->report->reason, "%s: expected %s, came %s", what,
             expected, came);
    return CHL_E_CORRUPT;
}

static chl_err bad_bytes(struct proof *proof, const char *what, const uint8_t *expected,
                         const uint8_t *came)
{
    char left[2 * SHOWN + 1];
    char right[2 * SHOWN + 1];
    chl_hex(expected, SHOWN, left);
    chl_hex(came, SHOWN, right);
    return bad(proof, what, left, right);
}

static chl_err bad_number(struct proof *proof, const char *what, uint64_t expected, uint64_t came)
{
    char left[24];
    char right[24];
    snprintf(left, sizeof left, "%llu", (unsigned long long)expected);
    snprintf(right, sizeof right, "%llu", (unsigned long long)came);
    return bad(proof, what, left, right);
}

static chl_err check_topic(struct proof *proof, const struct chl_record *record, unsigned class)
{
    char start[CHL_WIRE_TOPIC_MAX];
    char came[CHL_WIRE_TOPIC_MAX + 1];
    int length =
        snprintf(start, sizeof start, "v1/%s/%s/", proof->meta->site, chl_class_name(class));
    size_t begin = (size_t)length;
    if (record->topic_length > begin + 1 && memcmp(record->topic, start, begin) == 0 &&
        record->topic[record->topic_length - 1] == '/' &&
        chl_wire_name_allowed(record->topic + begin, record->topic_length - begin - 1,
                              CHL_WIRE_TYPE_MAX)) {
        return CHL_OK;
    }
    size_t shown = record->topic_length < 60 ? record->topic_length : 60;
    for (size_t i = 0; i < shown; i++) {
        char c = record->topic[i];
        came[i] = (char)(c >= ' ' && c <= '~' ? c : '?');
    }
    came[shown] = '\0';
    return bad(proof, "topic", start, came);
}

static chl_err check(void *user, const struct chl_record *record)
{
    struct proof *proof = user;
    struct chl_wire_header header;
    uint8_t hash[CHL_WIRE_HASH];
    chl_err error = chl_wire_decode(record->header, CHL_WIRE_HEADER, &header);
    if (error != CHL_OK) {
        return bad(proof, "header", "CHL1 version 1 with a known class", chl_strerror(error));
    }
    if (header.sequence != proof->expected) {
        return bad_number(proof, "sequence in the header", proof->expected, header.sequence);
    }
    if (memcmp(header.epoch, proof->meta->epoch, sizeof header.epoch) != 0) {
        return bad_bytes(proof, "epoch", proof->meta->epoch, header.epoch);
    }
    error = check_topic(proof, record, header.event_class);
    if (error != CHL_OK) {
        return error;
    }
    chl_wire_chain(proof->hash, record->header, record->topic, record->topic_length, record->body,
                   record->body_length, hash);
    if (memcmp(hash, header.chain, sizeof hash) != 0) {
        return bad_bytes(proof, "chain hash of the record's bytes", hash, header.chain);
    }
    memcpy(proof->hash, hash, sizeof hash);
    proof->report->head.last = header.sequence;
    proof->report->head.last_wall_ns = header.wall_ns;
    memcpy(proof->report->head.hash, hash, sizeof hash);
    proof->report->records++;
    proof->expected++;
    return CHL_OK;
}

/* A cut end leaves a chain that holds; only what others acknowledged tells that there was more. */
static chl_err check_cursors(struct proof *proof, struct chl_journal_reader *reader)
{
    struct chl_cursor cursors[CHL_JOURNAL_CURSORS_MAX];
    size_t count = CHL_JOURNAL_CURSORS_MAX;
    chl_err error = chl_journal_list_cursors(reader, cursors, &count);
    for (size_t i = 0; error == CHL_OK && i < count && i < CHL_JOURNAL_CURSORS_MAX; i++) {
        if (cursors[i].acknowledged >= proof->expected) {
            error = bad_number(proof, "end of the journal, which a subscriber has acknowledged",
                               cursors[i].acknowledged, proof->report->head.last);
        }
    }
    return error;
}

/* The reader could not give the expected record: say what it found instead. */
static void name_gap(struct proof *proof, struct chl_journal_reader *reader)
{
    if (proof->report->reason[0] == '\0') {
        snprintf(proof->report->reason, sizeof proof->report->reason, "%s",
                 chl_journal_reader_error(reader));
    }
}

chl_err chl_journal_verify(const char *path, struct chl_journal_report *report)
{
    struct chl_journal_reader *reader = NULL;
    *report = (struct chl_journal_report){0};
    chl_err error = chl_journal_reader_open(path, &reader, report->reason, sizeof report->reason);
    if (error != CHL_OK) {
        return error;
    }
    struct proof proof = {.meta = chl_journal_reader_meta(reader), .report = report};
    proof.expected = proof.meta->first;
    memcpy(proof.hash, proof.meta->anchor, sizeof proof.hash);
    report->head.first = proof.meta->first;
    report->head.last = proof.meta->first - 1;
    memcpy(report->head.epoch, proof.meta->epoch, sizeof report->head.epoch);
    memcpy(report->head.hash, proof.meta->anchor, sizeof report->head.hash);
    uint64_t before = 0;
    do {
        before = report->records;
        error = chl_journal_read(reader, proof.expected, CHUNK, check, &proof);
    } while (error == CHL_OK && report->records > before);
    if (error == CHL_OK) {
        error = check_cursors(&proof, reader);
    }
    if (error == CHL_E_CORRUPT || error == CHL_E_NOTSUP) {
        error = CHL_E_CORRUPT;
        report->bad_sequence = proof.expected;
        name_gap(&proof, reader);
    } else if (error != CHL_OK) {
        snprintf(report->reason, sizeof report->reason, "%s", chl_journal_reader_error(reader));
    }
    chl_journal_reader_close(reader);
    return error;
}
