/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The journal and the transport that the stream's state machines are tested against.
 */
#include "stream_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char site[] = "hoi";

struct fake_journal *fake_journal_new(uint8_t epoch)
{
    struct fake_journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL) {
        abort();
    }
    memcpy(journal->info.site, site, sizeof site);
    memset(journal->info.epoch, epoch, sizeof journal->info.epoch);
    journal->info.first = 1;
    journal->info.anchor_known = true;
    return journal;
}

void fake_journal_free(struct fake_journal *journal)
{
    for (uint64_t i = 0; i < journal->info.head; i++) {
        free(journal->records[i].body);
    }
    free(journal);
}

const uint8_t *fake_hash(const struct fake_journal *journal, uint64_t sequence)
{
    static const uint8_t zero[CHL_WIRE_HASH];
    return sequence == 0 ? zero : journal->records[sequence - 1].header + 40;
}

void fake_append(struct fake_journal *journal, unsigned event_class, size_t body_length)
{
    struct fake_record *record = &journal->records[journal->info.head];
    struct chl_wire_header header = {.event_class = (uint8_t)event_class,
                                     .sequence = journal->info.head + 1,
                                     .wall_ns = 1700000000000000000};
    memcpy(header.epoch, journal->info.epoch, sizeof header.epoch);
    record->topic_length = chl_wire_topic(record->topic, site, event_class, "passage");
    record->body = calloc(1, body_length + 32);
    if (record->body == NULL || record->topic_length == 0) {
        abort();
    }
    memset(record->body, ' ', body_length + 31);
    record->body_length = body_length > 32 ? body_length : 32;
    int used = snprintf((char *)record->body, 32, "{\"data\":{\"n\":%d}}", (int)header.sequence);
    record->body[used] = ' ';
    chl_wire_encode(&header, record->header);
    chl_wire_chain(fake_hash(journal, journal->info.head), record->header, record->topic,
                   record->topic_length, record->body, record->body_length, header.chain);
    chl_wire_encode(&header, record->header);
    journal->info.head++;
}

void fake_append_many(struct fake_journal *journal, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fake_append(journal, CHL_CLASS_FLOW, 100);
    }
}

static chl_err fake_info(void *user, struct chl_stream_info *out)
{
    const struct fake_journal *journal = user;
    *out = journal->info;
    return journal->broken ? CHL_E_IO : CHL_OK;
}

static chl_err fake_read(void *user, uint64_t from, size_t max,
                         chl_err (*visit)(void *, const struct chl_record *), void *visit_user)
{
    struct fake_journal *journal = user;
    journal->reads++;
    if (from < journal->info.first) {
        return CHL_E_NOTFOUND;
    }
    for (uint64_t i = from; i <= journal->info.head && i - from < max; i++) {
        const struct fake_record *kept = &journal->records[i - 1];
        const struct chl_record record = {.size = sizeof record,
                                          .sequence = i,
                                          .topic = kept->topic,
                                          .topic_length = kept->topic_length,
                                          .header = kept->header,
                                          .body = kept->body,
                                          .body_length = kept->body_length};
        chl_err error = visit(visit_user, &record);
        if (error != CHL_OK) {
            return error;
        }
    }
    return CHL_OK;
}

static chl_err fake_acknowledge(void *user, const char *owner, const char *name, uint64_t sequence)
{
    struct fake_journal *journal = user;
    (void)snprintf(journal->owner, sizeof journal->owner, "%s", owner);
    (void)snprintf(journal->durable, sizeof journal->durable, "%s", name);
    journal->acknowledged = sequence;
    return CHL_OK;
}

static chl_err fake_snapshot(void *user, char *out, size_t *length, uint64_t *sequence,
                             uint8_t hash[CHL_WIRE_HASH])
{
    const struct fake_journal *journal = user;
    if (journal->snapshot == NULL) {
        return CHL_E_NOTFOUND;
    }
    *length = strlen(journal->snapshot);
    memcpy(out, journal->snapshot, *length + 1);
    *sequence = journal->info.head;
    memcpy(hash, fake_hash(journal, journal->info.head), CHL_WIRE_HASH);
    return CHL_OK;
}

struct chl_stream_store fake_store(struct fake_journal *journal)
{
    return (struct chl_stream_store){journal, fake_info, fake_read, fake_acknowledge,
                                     fake_snapshot};
}

static void *copy(const void *bytes, size_t length)
{
    char *place = calloc(1, length + 1);
    if (place == NULL) {
        abort();
    }
    memcpy(place, bytes, length);
    return place;
}

static chl_err fake_send(void *user, const struct chl_stream_peer *peer,
                         const struct chl_stream_answer *answer)
{
    struct fake_transport *transport = user;
    if (transport->closed) {
        return CHL_E_CLOSED;
    }
    if (transport->count == FAKE_ANSWERS) {
        abort();
    }
    struct fake_answer *kept = &transport->answers[transport->count++];
    *kept = (struct fake_answer){.peer = *peer,
                                 .head = copy(answer->head, answer->head_length),
                                 .head_length = answer->head_length,
                                 .count = answer->count,
                                 .bytes = answer->head_length,
                                 .records = calloc(answer->count + 1, sizeof *kept->records)};
    for (size_t i = 0; i < answer->count; i++) {
        const struct chl_stream_item *item = &answer->items[i];
        struct fake_record *record = &kept->records[i];
        memcpy(record->topic, item->topic, item->topic_length);
        record->topic_length = item->topic_length;
        memcpy(record->header, item->header, CHL_WIRE_HEADER);
        record->body = copy(item->body, item->body_length);
        record->body_length = item->body_length;
        kept->bytes += item->topic_length + CHL_WIRE_HEADER + item->body_length;
    }
    return CHL_OK;
}

struct chl_stream_transport fake_transport(struct fake_transport *transport)
{
    return (struct chl_stream_transport){transport, fake_send};
}

void fake_clear(struct fake_transport *transport)
{
    for (size_t i = 0; i < transport->count; i++) {
        for (size_t k = 0; k < transport->answers[i].count; k++) {
            free(transport->answers[i].records[k].body);
        }
        free(transport->answers[i].records);
        free(transport->answers[i].head);
    }
    transport->count = 0;
}
