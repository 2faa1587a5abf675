/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The queue's growing buffers, each with its bound.
 */
#include "core/journal/writer_queue.h"

#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { KEEP_BYTES = 1024 * 1024, KEEP_RECORDS = 8192, CONTENT_MAX = 8 * 1024 * 1024 };

void writer_queue_init(struct writer_queue *queue)
{
    *queue = (struct writer_queue){0};
    queue->contents_end = &queue->contents;
}

static void free_contents(struct writer_queue *queue)
{
    while (queue->contents != NULL) {
        struct queued_content *content = queue->contents;
        queue->contents = content->next;
        free(content);
    }
    queue->contents_end = &queue->contents;
}

void writer_queue_clear(struct writer_queue *queue)
{
    free_contents(queue);
    free(queue->records);
    free(queue->bytes);
    free(queue->cursors);
    free(queue->drops);
    writer_queue_init(queue);
}

void writer_queue_reset(struct writer_queue *queue)
{
    free_contents(queue);
    if (queue->room > KEEP_RECORDS || queue->bytes_room > KEEP_BYTES) {
        writer_queue_clear(queue);
    }
    queue->count = queue->used = queue->cursor_count = queue->drop_count = 0;
}

/* Room for `wanted` elements, doubling from `least` on. NULL: no memory, the old block stays. */
static void *grow(void *block, size_t *room, size_t wanted, size_t least, size_t element)
{
    size_t next = *room > 0 ? *room : least;
    while (next < wanted) {
        next *= 2;
    }
    if (next == *room) {
        return block;
    }
    void *larger = realloc(block, next * element);
    if (larger != NULL) {
        *room = next;
    }
    return larger;
}

static chl_err reserve(struct writer_queue *queue, size_t count, size_t bytes)
{
    if (queue->count + count > WRITER_RECORDS_MAX || queue->used + bytes > WRITER_BYTES_MAX) {
        return CHL_E_BUSY;
    }
    struct queued_record *records =
        grow(queue->records, &queue->room, queue->count + count, 64, sizeof *records);
    if (records == NULL) {
        return CHL_E_NOMEM;
    }
    queue->records = records;
    uint8_t *larger = grow(queue->bytes, &queue->bytes_room, queue->used + bytes, 32768, 1);
    if (larger == NULL) {
        return CHL_E_NOMEM;
    }
    queue->bytes = larger;
    return CHL_OK;
}

chl_err writer_queue_records(struct writer_queue *queue, const struct chl_journal_entry *entries,
                             size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const struct chl_journal_entry *entry = &entries[i];
        size_t type = strnlen(entry->type, CHL_WIRE_TYPE_MAX + 1);
        if (chl_class_name(entry->event_class) == NULL ||
            !chl_wire_name_allowed(entry->type, type, CHL_WIRE_TYPE_MAX) ||
            entry->body_length > CHL_WIRE_BODY_MAX) {
            return CHL_E_INVAL;
        }
        bytes += entry->body_length;
    }
    chl_err error = reserve(queue, count, bytes);
    for (size_t i = 0; i < count && error == CHL_OK; i++) {
        struct queued_record *record = &queue->records[queue->count++];
        record->entry = entries[i];
        record->entry.type = NULL;
        record->entry.body = NULL;
        record->body_at = queue->used;
        chl_copy(record->type, sizeof record->type, entries[i].type);
        if (entries[i].body_length > 0) {
            memcpy(queue->bytes + queue->used, entries[i].body, entries[i].body_length);
            queue->used += entries[i].body_length;
        }
    }
    return error;
}

chl_err writer_queue_content(struct writer_queue *queue, const uint8_t digest[32],
                             const void *bytes, size_t length)
{
    if (length > CONTENT_MAX) {
        return CHL_E_LIMIT;
    }
    struct queued_content *content = malloc(sizeof *content + length);
    if (content == NULL) {
        return CHL_E_NOMEM;
    }
    content->next = NULL;
    content->length = length;
    memcpy(content->digest, digest, sizeof content->digest);
    if (length > 0) {
        memcpy(content->bytes, bytes, length);
    }
    *queue->contents_end = content;
    queue->contents_end = &content->next;
    return CHL_OK;
}

static struct chl_cursor *find(struct chl_cursor *cursors, size_t count, const char *owner,
                               const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(cursors[i].owner, owner) == 0 && strcmp(cursors[i].name, name) == 0) {
            return &cursors[i];
        }
    }
    return NULL;
}

/* One more of a list whose whole bound is allocated when it is first needed: 34 KiB. */
static chl_err add(struct chl_cursor **list, size_t *count, const struct chl_cursor *cursor)
{
    if (*list == NULL) {
        *list = calloc(WRITER_CURSORS_MAX, sizeof **list);
        if (*list == NULL) {
            return CHL_E_NOMEM;
        }
    }
    if (*count == WRITER_CURSORS_MAX) {
        return CHL_E_BUSY;
    }
    (*list)[(*count)++] = *cursor;
    return CHL_OK;
}

chl_err writer_queue_cursor(struct writer_queue *queue, const struct chl_cursor *cursor)
{
    struct chl_cursor *waiting =
        find(queue->cursors, queue->cursor_count, cursor->owner, cursor->name);
    if (waiting == NULL) {
        return add(&queue->cursors, &queue->cursor_count, cursor);
    }
    if (cursor->acknowledged > waiting->acknowledged) {
        waiting->acknowledged = cursor->acknowledged;
    }
    return CHL_OK;
}

chl_err writer_queue_drop(struct writer_queue *queue, const char *owner, const char *name)
{
    struct chl_cursor cursor = {.size = sizeof cursor};
    if (!chl_copy(cursor.owner, sizeof cursor.owner, owner) ||
        !chl_copy(cursor.name, sizeof cursor.name, name)) {
        return CHL_E_INVAL;
    }
    if (find(queue->drops, queue->drop_count, owner, name) == NULL) {
        chl_err error = add(&queue->drops, &queue->drop_count, &cursor);
        if (error != CHL_OK) {
            return error;
        }
    }
    struct chl_cursor *waiting = find(queue->cursors, queue->cursor_count, owner, name);
    if (waiting != NULL) {
        *waiting = queue->cursors[--queue->cursor_count];
    }
    return CHL_OK;
}

struct chl_journal_entry writer_queue_entry(const struct writer_queue *queue, size_t index)
{
    const struct queued_record *record = &queue->records[index];
    struct chl_journal_entry entry = record->entry;
    entry.type = record->type;
    entry.body = queue->bytes + record->body_at;
    return entry;
}
