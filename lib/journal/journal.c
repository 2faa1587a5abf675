/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The writing side of a journal: gives each record its header and its place in the chain.
 */
#include "lib/journal/recover.h"
#include "lib/journal/schema.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static chl_err random_epoch(uint8_t epoch[16])
{
    if (getrandom(epoch, 16, 0) != 16) {
        return CHL_E_IO;
    }
    epoch[6] = (uint8_t)(0x40 | (epoch[6] & 0x0f)); /* version 4, RFC 9562 */
    epoch[8] = (uint8_t)(0x80 | (epoch[8] & 0x3f));
    return CHL_OK;
}

static chl_err open_store(struct chl_journal *j, const char *site, char *why, size_t why_size)
{
    struct chl_store_meta fresh = {.first = 1};
    chl_err error = random_epoch(fresh.epoch);
    if (error != CHL_OK) {
        snprintf(why, why_size, "no random numbers for an epoch");
        return error;
    }
    memcpy(fresh.site, site, strlen(site) + 1);
    error = j->ops->open(j->store, &fresh, &j->meta, why, why_size);
    if (error == CHL_OK && strcmp(j->meta.site, site) != 0) {
        snprintf(why, why_size, "expected the journal of site %s, came that of %s: check its path",
                 site, j->meta.site);
        j->ops->close(j->store);
        error = CHL_E_CONFIG;
    }
    return error;
}

chl_err chl_journal_open_on(const struct chl_store_ops *ops, void *store, const char *site,
                            struct chl_journal **out, char *why, size_t why_size)
{
    struct chl_journal *j = NULL;
    chl_err error = CHL_E_INVAL;
    if (!chl_wire_name_allowed(site, strlen(site), CHL_WIRE_SITE_MAX)) {
        snprintf(why, why_size, "expected a site of [a-z0-9-]{1,48}, came '%.64s'", site);
        ops->destroy(store);
        return error;
    }
    j = calloc(1, sizeof *j);
    if (j == NULL) {
        snprintf(why, why_size, "out of memory");
        ops->destroy(store);
        return CHL_E_NOMEM;
    }
    j->ops = ops;
    j->store = store;
    error = open_store(j, site, why, why_size);
    if (error != CHL_OK) {
        ops->destroy(store);
        free(j);
        return error;
    }
    error = chl_journal_recover_head(j, &j->head);
    if (error != CHL_OK) {
        snprintf(why, why_size,
                 "expected a last record that continues the chain, record %llu does not (%s): run "
                 "chilang journal verify, restore from a copy",
                 (unsigned long long)j->head.last, chl_strerror(error));
        chl_journal_close(j);
        return error;
    }
    j->stored = j->head.last;
    /* Begin with an empty log where possible; a reader or a full disk only puts it off. */
    (void)ops->checkpoint(store, 0);
    *out = j;
    return CHL_OK;
}

chl_err chl_journal_open(const char *path, const char *site, struct chl_journal **out, char *why,
                         size_t why_size)
{
    void *store = NULL;
    chl_err error = chl_store_sqlite(path, &store);
    if (error != CHL_OK) {
        snprintf(why, why_size, "out of memory");
        return error;
    }
    return chl_journal_open_on(&chl_store_sqlite_ops, store, site, out, why, why_size);
}

void chl_journal_close(struct chl_journal *journal)
{
    if (journal == NULL) {
        return;
    }
    journal->ops->close(journal->store);
    journal->ops->destroy(journal->store);
    free(journal);
}

void chl_journal_head(const struct chl_journal *journal, struct chl_journal_head *out)
{
    *out = journal->head;
}

const char *chl_journal_error(const struct chl_journal *journal)
{
    return journal->error;
}

/* Keep the text; an I/O error leaves it open what the disk holds, so only a reopen goes on. */
static chl_err failed(struct chl_journal *j, chl_err error)
{
    if (error == CHL_OK) {
        return error;
    }
    snprintf(j->error, sizeof j->error, "%s: %s", chl_strerror(error), j->ops->error(j->store));
    j->broken = j->broken || error == CHL_E_IO;
    return error;
}

/* One record: topic, header, hash; inserted, or compared when the disk already holds it. */
static chl_err add_entry(struct chl_journal *j, const struct chl_journal_entry *entry,
                         struct chl_journal_head *head)
{
    char topic[CHL_WIRE_TOPIC_MAX];
    uint8_t bytes[CHL_WIRE_HEADER];
    struct chl_wire_header header = {.event_class = entry->event_class,
                                     .sequence = entry->sequence,
                                     .wall_ns = entry->wall_ns,
                                     .cause = entry->cause};
    size_t topic_length = chl_wire_topic(topic, j->meta.site, entry->event_class, entry->type);
    if (topic_length == 0 || entry->body_length > CHL_WIRE_BODY_MAX) {
        snprintf(j->error, sizeof j->error,
                 "record %llu: expected a known class, a type and a body of at most 16 KiB",
                 (unsigned long long)entry->sequence);
        return CHL_E_INVAL;
    }
    const uint64_t expected = head->last + 1;
    if (entry->sequence != expected) {
        snprintf(j->error, sizeof j->error, "expected record %llu, came %llu",
                 (unsigned long long)expected, (unsigned long long)entry->sequence);
        return CHL_E_STATE;
    }
    memcpy(header.epoch, j->meta.epoch, sizeof header.epoch);
    chl_wire_encode(&header, bytes);
    chl_wire_chain(head->hash, bytes, topic, topic_length, entry->body, entry->body_length,
                   header.chain);
    chl_wire_encode(&header, bytes);
    head->last = entry->sequence;
    head->last_wall_ns = entry->wall_ns;
    memcpy(head->hash, header.chain, sizeof head->hash);
    if (entry->sequence > j->stored) {
        const struct chl_record record = {.size = sizeof record,
                                          .sequence = entry->sequence,
                                          .topic = topic,
                                          .topic_length = topic_length,
                                          .header = bytes,
                                          .body = entry->body,
                                          .body_length = entry->body_length};
        return failed(j, j->ops->insert(j->store, &record));
    }
    struct chl_wire_header kept = {0};
    uint64_t sequence = entry->sequence;
    chl_err error = failed(j, chl_journal_read_header(j, &sequence, &kept));
    if (error == CHL_OK && memcmp(kept.chain, header.chain, sizeof kept.chain) != 0) {
        snprintf(j->error, sizeof j->error, "record %llu is on disk with another hash",
                 (unsigned long long)sequence);
        error = CHL_E_CORRUPT;
    }
    return error;
}

static chl_err add_cursors(struct chl_journal *j, const struct chl_journal_batch *batch,
                           uint64_t last)
{
    for (size_t i = 0; i < batch->cursor_count; i++) {
        struct chl_cursor cursor = batch->cursors[i];
        if (cursor.acknowledged > last) {
            cursor.acknowledged = last;
        }
        chl_err error = j->ops->set_cursor(j->store, &cursor);
        if (error != CHL_OK && error != CHL_E_LIMIT) {
            return failed(j, error);
        }
    }
    return CHL_OK;
}

static chl_err may_write(struct chl_journal *j)
{
    return j->broken ? CHL_E_IO : CHL_OK;
}

chl_err chl_journal_commit(struct chl_journal *journal, const struct chl_journal_batch *batch)
{
    struct chl_journal *j = journal;
    struct chl_journal_head head = j->head;
    chl_err error = may_write(j);
    if (error != CHL_OK || batch->count + batch->cursor_count == 0) {
        return error;
    }
    error = failed(j, j->ops->begin(j->store));
    for (size_t i = 0; i < batch->count && error == CHL_OK; i++) {
        error = add_entry(j, &batch->entries[i], &head);
    }
    if (error == CHL_OK) {
        error = add_cursors(j, batch, head.last);
    }
    if (error == CHL_OK) {
        error = failed(j, j->ops->commit(j->store));
    }
    if (error != CHL_OK) {
        j->ops->rollback(j->store);
        return error;
    }
    j->head = head;
    j->stored = head.last > j->stored ? head.last : j->stored;
    return CHL_OK;
}

chl_err chl_journal_append(struct chl_journal *journal, const struct chl_journal_entry *entries,
                           size_t count)
{
    return chl_journal_commit(journal,
                              &(struct chl_journal_batch){.entries = entries, .count = count});
}

chl_err chl_journal_checkpoint(struct chl_journal *journal, int pages)
{
    chl_err error = may_write(journal);
    if (error != CHL_OK) {
        return error;
    }
    return failed(journal, journal->ops->checkpoint(journal->store, pages));
}

chl_err chl_journal_put_content(struct chl_journal *journal, const uint8_t digest[32],
                                const void *bytes, size_t length)
{
    struct chl_journal *j = journal;
    uint8_t actual[32];
    if (length > CHL_JOURNAL_CONTENT_MAX) {
        return CHL_E_LIMIT;
    }
    if (EVP_Digest(bytes, length, actual, NULL, EVP_sha256(), NULL) != 1 ||
        memcmp(actual, digest, sizeof actual) != 0) {
        return CHL_E_INVAL;
    }
    chl_err error = may_write(j);
    if (error == CHL_OK) {
        error = failed(j, j->ops->begin(j->store));
    }
    if (error == CHL_OK) {
        error = failed(j, j->ops->put_content(j->store, digest, bytes, length));
    }
    if (error == CHL_OK) {
        error = failed(j, j->ops->commit(j->store));
    }
    if (error != CHL_OK) {
        j->ops->rollback(j->store);
    }
    return error;
}

chl_err chl_journal_set_cursor(struct chl_journal *journal, const struct chl_cursor *cursor)
{
    return chl_journal_commit(journal,
                              &(struct chl_journal_batch){.cursors = cursor, .cursor_count = 1});
}

chl_err chl_journal_drop_cursor(struct chl_journal *journal, const char *owner, const char *name)
{
    struct chl_journal *j = journal;
    chl_err error = may_write(j);
    if (error == CHL_OK) {
        error = failed(j, j->ops->begin(j->store));
    }
    if (error == CHL_OK) {
        error = j->ops->drop_cursor(j->store, owner, name);
        error = error == CHL_E_NOTFOUND ? error : failed(j, error);
    }
    if (error == CHL_OK) {
        error = failed(j, j->ops->commit(j->store));
    }
    if (error != CHL_OK) {
        j->ops->rollback(j->store);
    }
    return error;
}
