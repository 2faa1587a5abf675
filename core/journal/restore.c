/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief State = fold(snapshot, tail), each record's place in the chain proven on the way.
 */
#include "core/journal/restore.h"

#include "core/journal/snapshot_file.h"
#include "lib/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 512 };

struct walk {
    const struct snapshot_fold *fold;
    struct snapshot_mark *mark;
    size_t count;
    const char *problem;
};

bool restore_path(const char *journal_path, char *out, size_t size)
{
    int length = snprintf(out, size, "%s.snapshot", journal_path);
    return length > 0 && (size_t)length < size;
}

static chl_err apply(void *user, const struct chl_record *record)
{
    struct walk *walk = user;
    struct snapshot_mark *mark = walk->mark;
    struct chl_wire_header header;
    uint8_t hash[CHL_WIRE_HASH];
    chl_wire_chain(mark->hash, record->header, record->topic, record->topic_length, record->body,
                   record->body_length, hash);
    chl_err error = chl_wire_decode(record->header, CHL_WIRE_HEADER, &header);
    if (error != CHL_OK || header.sequence != record->sequence ||
        memcmp(header.epoch, mark->epoch, sizeof mark->epoch) != 0 ||
        memcmp(header.chain, hash, sizeof hash) != 0) {
        walk->problem = "does not continue the chain: run chilang journal verify";
        return CHL_E_CORRUPT;
    }
    error = walk->fold->apply(walk->fold->state, record);
    if (error != CHL_OK) {
        walk->problem = "does not fit the state";
        return error;
    }
    mark->sequence = record->sequence;
    memcpy(mark->hash, hash, sizeof hash);
    walk->count++;
    return CHL_OK;
}

chl_err restore_tail(struct chl_journal_reader *reader, const struct snapshot_fold *fold,
                     struct snapshot_mark *mark, char *why, size_t why_size)
{
    struct walk walk = {.fold = fold, .mark = mark};
    chl_err error = CHL_OK;
    do {
        walk.count = 0;
        error = chl_journal_read(reader, mark->sequence + 1, CHUNK, apply, &walk);
    } while (error == CHL_OK && walk.count == CHUNK);
    if (error == CHL_OK || why == NULL) {
        return error;
    }
    const char *problem = walk.problem;
    if (problem == NULL) {
        problem = error == CHL_E_NOTFOUND ? "was trimmed, and there is no snapshot that holds"
                                          : chl_journal_reader_error(reader);
    }
    snprintf(why, why_size, "record %llu: %s", (unsigned long long)mark->sequence + 1, problem);
    return error;
}

static chl_err same_hash(void *user, const struct chl_record *record)
{
    const struct snapshot_mark *mark = user;
    struct chl_wire_header header;
    chl_err error = chl_wire_decode(record->header, CHL_WIRE_HEADER, &header);
    if (error != CHL_OK || header.sequence != mark->sequence ||
        memcmp(header.epoch, mark->epoch, sizeof mark->epoch) != 0 ||
        memcmp(header.chain, mark->hash, sizeof mark->hash) != 0) {
        return CHL_E_CORRUPT;
    }
    return CHL_OK;
}

static bool belongs(struct chl_journal_reader *reader, const struct chl_journal_head *head,
                    struct snapshot_mark *mark)
{
    return mark->sequence >= head->first && mark->sequence <= head->last &&
           chl_journal_read(reader, mark->sequence, 1, same_hash, mark) == CHL_OK;
}

chl_err restore_begin(struct chl_journal_reader *reader, const char *snapshot_path,
                      const struct snapshot_fold *fold, struct snapshot_mark *mark)
{
    struct chl_journal_head head;
    struct snapshot_mark found = {0};
    char *bytes = NULL;
    size_t length = 0;
    char why[300] = "";
    chl_err error = chl_journal_reader_head(reader, &head);
    if (error != CHL_OK) {
        return error;
    }
    *mark = (struct snapshot_mark){0};
    memcpy(mark->epoch, head.epoch, sizeof mark->epoch);
    error = snapshot_file_read(snapshot_path, &found, &bytes, &length, why, sizeof why);
    if (error == CHL_E_NOTFOUND) {
        return CHL_OK;
    }
    if (error == CHL_OK && !belongs(reader, &head, &found)) {
        snprintf(why, sizeof why,
                 "expected a record of this journal, it is the state after record "
                 "%llu of another history",
                 (unsigned long long)found.sequence);
        error = CHL_E_CORRUPT;
    }
    if (error == CHL_OK) {
        error = fold->load(fold->state, bytes, length);
        snprintf(why, sizeof why, "its state cannot be loaded: %s", chl_strerror(error));
    }
    if (error == CHL_OK) {
        *mark = found;
    } else {
        chl_log(CHL_LOG_WARNING, "snapshot", "ignored, the whole journal is folded reason=\"%s\"",
                why);
    }
    free(bytes);
    return CHL_OK;
}

chl_err snapshot_restore(const char *journal_path, const struct snapshot_fold *fold,
                         struct snapshot_mark *mark, char *why, size_t why_size)
{
    char path[4096];
    struct chl_journal_reader *reader = NULL;
    if (!restore_path(journal_path, path, sizeof path)) {
        snprintf(why, why_size, "path too long");
        return CHL_E_INVAL;
    }
    chl_err error = chl_journal_reader_open(journal_path, &reader, why, why_size);
    if (error != CHL_OK) {
        return error;
    }
    error = restore_begin(reader, path, fold, mark);
    if (error != CHL_OK) {
        snprintf(why, why_size, "%s", chl_journal_reader_error(reader));
    } else {
        error = restore_tail(reader, fold, mark, why, why_size);
    }
    chl_journal_reader_close(reader);
    return error;
}
