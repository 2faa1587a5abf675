/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Finds a journal's end when it is opened, and whether it is still the same after a
 * failure.
 */
#include "lib/journal/recover.h"

#include <stdio.h>
#include <string.h>

static chl_err take_header(void *user, const struct chl_record *record)
{
    return chl_wire_decode(record->header, CHL_WIRE_HEADER, user);
}

chl_err chl_journal_read_header(struct chl_journal *j, uint64_t *sequence,
                                struct chl_wire_header *out)
{
    chl_err error = j->ops->record(j->store, sequence, take_header, out);
    if (error == CHL_OK && *sequence != 0 &&
        (out->sequence != *sequence ||
         memcmp(out->epoch, j->meta.epoch, sizeof j->meta.epoch) != 0)) {
        return CHL_E_CORRUPT;
    }
    return error;
}

struct link {
    const uint8_t *previous;
    bool holds;
};

static chl_err check_link(void *user, const struct chl_record *record)
{
    struct link *link = user;
    struct chl_wire_header header;
    uint8_t hash[CHL_WIRE_HASH];
    chl_wire_chain(link->previous, record->header, record->topic, record->topic_length,
                   record->body, record->body_length, hash);
    chl_err error = chl_wire_decode(record->header, CHL_WIRE_HEADER, &header);
    link->holds = error == CHL_OK && memcmp(hash, header.chain, sizeof hash) == 0;
    return error;
}

chl_err chl_journal_recover_head(struct chl_journal *j, struct chl_journal_head *head)
{
    struct chl_wire_header last = {0};
    struct chl_wire_header before = {0};
    uint64_t sequence = 0;
    *head = (struct chl_journal_head){.first = j->meta.first, .last = j->meta.first - 1};
    memcpy(head->epoch, j->meta.epoch, sizeof head->epoch);
    memcpy(head->hash, j->meta.anchor, sizeof head->hash);
    chl_err error = chl_journal_read_header(j, &sequence, &last);
    if (error != CHL_OK || sequence == 0) {
        return error;
    }
    struct link link = {.previous = j->meta.anchor};
    if (sequence > j->meta.first) {
        uint64_t previous = sequence - 1;
        error = chl_journal_read_header(j, &previous, &before);
        link.previous = before.chain;
    } else if (sequence < j->meta.first) {
        return CHL_E_CORRUPT;
    }
    if (error == CHL_OK) {
        error = j->ops->record(j->store, &sequence, check_link, &link);
    }
    head->last = sequence;
    head->last_wall_ns = last.wall_ns;
    memcpy(head->hash, last.chain, sizeof head->hash);
    return error == CHL_OK && link.holds ? CHL_OK : (error == CHL_E_IO ? CHL_E_IO : CHL_E_CORRUPT);
}

/* Records past the acknowledged one must continue its chain: they are the batch whose commit
 * failed, and will be compared when it comes again. */
static chl_err walk_tail(struct chl_journal *j, uint64_t last)
{
    uint8_t previous[CHL_WIRE_HASH];
    memcpy(previous, j->head.hash, sizeof previous);
    for (uint64_t sequence = j->head.last + 1; sequence <= last; sequence++) {
        struct chl_wire_header header = {0};
        struct link link = {.previous = previous};
        chl_err error = chl_journal_read_header(j, &sequence, &header);
        if (error == CHL_OK) {
            error = j->ops->record(j->store, &sequence, check_link, &link);
        }
        if (error != CHL_OK || !link.holds) {
            return error == CHL_E_IO ? error : CHL_E_CORRUPT;
        }
        memcpy(previous, header.chain, sizeof previous);
    }
    return CHL_OK;
}

static chl_err compare_acknowledged(struct chl_journal *j, char *why, size_t why_size)
{
    struct chl_journal_head found;
    struct chl_wire_header kept = {0};
    chl_err error = chl_journal_recover_head(j, &found);
    if (error == CHL_OK && found.last < j->head.last) {
        error = CHL_E_CORRUPT;
    }
    memcpy(kept.chain, j->meta.anchor, sizeof kept.chain);
    uint64_t sequence = j->head.last;
    if (error == CHL_OK && sequence >= j->meta.first) {
        error = chl_journal_read_header(j, &sequence, &kept);
    }
    if (error == CHL_OK && memcmp(kept.chain, j->head.hash, sizeof kept.chain) != 0) {
        error = CHL_E_CORRUPT;
    }
    if (error == CHL_OK) {
        error = walk_tail(j, found.last);
    }
    if (error == CHL_E_NOTFOUND || error == CHL_E_NOTSUP) {
        error = CHL_E_CORRUPT;
    }
    if (error != CHL_OK) {
        snprintf(
            why, why_size,
            "expected record %llu as it was acknowledged, the disk holds another history up to "
            "%llu (%s): stop, run chilang journal verify",
            (unsigned long long)j->head.last, (unsigned long long)found.last, chl_strerror(error));
        return error;
    }
    j->stored = found.last;
    return CHL_OK;
}

chl_err chl_journal_reopen(struct chl_journal *journal, char *why, size_t why_size)
{
    struct chl_journal *j = journal;
    const struct chl_store_meta before = j->meta;
    j->ops->rollback(j->store);
    j->ops->close(j->store);
    j->broken = true;
    chl_err error = j->ops->open(j->store, &before, &j->meta, why, why_size);
    if (error != CHL_OK) {
        j->meta = before;
        return error;
    }
    if (memcmp(j->meta.epoch, before.epoch, sizeof before.epoch) != 0 ||
        strcmp(j->meta.site, before.site) != 0) {
        j->meta = before;
        snprintf(why, why_size, "expected the epoch that was open, the file holds another: stop");
        return CHL_E_CORRUPT;
    }
    error = compare_acknowledged(j, why, why_size);
    if (error != CHL_OK) {
        return error;
    }
    j->broken = false;
    return CHL_OK;
}
