/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What waits for the journal's writer: copied records, contents and cursors. No locks here.
 */
#ifndef CHL_CORE_JOURNAL_WRITER_QUEUE_H
#define CHL_CORE_JOURNAL_WRITER_QUEUE_H

#include "core/journal/writer.h"

struct queued_record {
    struct chl_journal_entry entry; /**< type and body are set when it is taken out */
    char type[CHL_WIRE_TYPE_MAX + 1];
    size_t body_at; /**< in `bytes`, which moves when it grows */
};

struct queued_content {
    struct queued_content *next;
    uint8_t digest[32];
    size_t length;
    uint8_t bytes[];
};

struct writer_queue {
    struct queued_record *records;
    size_t count, room;
    uint8_t *bytes;
    size_t used, bytes_room;
    struct queued_content *contents, **contents_end;
    struct chl_cursor *cursors; /**< to set, each name once */
    size_t cursor_count;
    struct chl_cursor *drops; /**< done before the sets */
    size_t drop_count;
};

void writer_queue_init(struct writer_queue *queue);
/** Free what waits. */
void writer_queue_clear(struct writer_queue *queue);
/** Empty it for the next use; large buffers are given back. */
void writer_queue_reset(struct writer_queue *queue);

/** All entries or none. CHL_E_BUSY, CHL_E_NOMEM, CHL_E_INVAL. */
chl_err writer_queue_records(struct writer_queue *queue, const struct chl_journal_entry *entries,
                             size_t count);
chl_err writer_queue_content(struct writer_queue *queue, const uint8_t digest[32],
                             const void *bytes, size_t length);
chl_err writer_queue_cursor(struct writer_queue *queue, const struct chl_cursor *cursor);
chl_err writer_queue_drop(struct writer_queue *queue, const char *owner, const char *name);
/** Entry `index`, complete; valid until the queue changes. */
struct chl_journal_entry writer_queue_entry(const struct writer_queue *queue, size_t index);

#endif
