/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The journal as plugins see it: read through connections of their own, woken by an
 * eventfd.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/host/internal.h"
#include "lib/base/text.h"

/* Takes the slot's lock; the caller gives it back with release() in every case. */
static chl_err acquire(struct chl_ctx *ctx, struct reader_slot *slot)
{
    (void)pthread_mutex_lock(&slot->lock);
    if (slot->reader != NULL) {
        return CHL_OK;
    }
    char why[HOST_WHY_MAX] = "";
    chl_err error =
        chl_journal_reader_open(ctx->host->config->journal_path, &slot->reader, why, sizeof why);
    if (error != CHL_OK) {
        slot->reader = NULL;
        services_log(ctx, CHL_LOG_ERROR, "event=journal result=failed text=\"%s\"", why);
    }
    return error;
}

/* A connection that failed is opened anew next time. */
static void release(struct reader_slot *slot, chl_err error)
{
    if (slot->reader != NULL && (error == CHL_E_IO || error == CHL_E_CORRUPT)) {
        chl_journal_reader_close(slot->reader);
        slot->reader = NULL;
    }
    (void)pthread_mutex_unlock(&slot->lock);
}

chl_err follow_info(struct chl_ctx *ctx, struct chl_journal_info *out)
{
    if (out == NULL || out->size < INFO_SIZE_1_0) {
        return CHL_E_INVAL;
    }
    struct chl_journal_head head;
    chl_err error = acquire(ctx, &ctx->asking);
    if (error == CHL_OK) {
        error = chl_journal_reader_head(ctx->asking.reader, &head);
    }
    if (error == CHL_OK) {
        (void)chl_copy(out->site, sizeof out->site, chl_journal_reader_site(ctx->asking.reader));
        memcpy(out->epoch, head.epoch, sizeof out->epoch);
        out->first = head.last == 0 ? 1 : head.first;
        out->head = head.last;
    }
    release(&ctx->asking, error);
    return error;
}

chl_err follow_read(struct chl_ctx *ctx, uint64_t from, size_t max,
                    chl_err (*visit)(void *user, const struct chl_record *record), void *user)
{
    if (visit == NULL || from == 0) {
        return CHL_E_INVAL;
    }
    chl_err error = acquire(ctx, &ctx->reading);
    if (error == CHL_OK) {
        error = chl_journal_read(ctx->reading.reader, from, max, visit, user);
    }
    release(&ctx->reading, error);
    return error;
}

/* Begins signalled, so that what was written before it existed is looked at too. */
int follow_fd(struct chl_ctx *ctx)
{
    int fd = atomic_load(&ctx->event_fd);
    if (fd >= 0) {
        return fd;
    }
    int made = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
    if (made < 0) {
        return -1;
    }
    int none = -1;
    if (!atomic_compare_exchange_strong(&ctx->event_fd, &none, made)) {
        (void)close(made);
        return none;
    }
    return made;
}

void host_journal_grew(struct host *host, uint64_t head)
{
    static const uint64_t one = 1;
    atomic_store(&host->head, head);
    for (size_t i = 0; i < host->count; i++) {
        int fd = atomic_load(&host->instances[i].event_fd);
        if (fd >= 0) {
            /* EAGAIN means that it is signalled to the brim already. */
            ssize_t written = write(fd, &one, sizeof one);
            (void)written;
        }
    }
}

chl_err follow_cursors(struct chl_ctx *ctx, struct chl_cursor *out, size_t *count)
{
    if (count == NULL || (out == NULL && *count > 0)) {
        return CHL_E_INVAL;
    }
    chl_err error = acquire(ctx, &ctx->asking);
    if (error == CHL_OK) {
        error = chl_journal_list_cursors(ctx->asking.reader, out, count);
    }
    release(&ctx->asking, error);
    return error;
}

static bool is_text(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    return length > 0 && length < size && chl_utf8_valid(text, length);
}

chl_err follow_cursor_set(struct chl_ctx *ctx, const struct chl_cursor *cursor)
{
    const struct host_sink *sink = &ctx->host->options.sink;
    if (cursor == NULL || cursor->size < CURSOR_SIZE_1_0 ||
        !is_text(cursor->name, sizeof cursor->name) ||
        !is_text(cursor->owner, sizeof cursor->owner)) {
        return CHL_E_INVAL;
    }
    /* Never past what is durable: such an acknowledgement is not of this history. */
    if (cursor->acknowledged > atomic_load(&ctx->host->head)) {
        return CHL_E_LIMIT;
    }
    return sink->cursor_set(sink->user, cursor);
}

chl_err follow_cursor_drop(struct chl_ctx *ctx, const char *owner, const char *name)
{
    const struct host_sink *sink = &ctx->host->options.sink;
    struct chl_cursor sizes;
    if (owner == NULL || name == NULL || !is_text(owner, sizeof sizes.owner) ||
        !is_text(name, sizeof sizes.name)) {
        return CHL_E_INVAL;
    }
    return sink->cursor_drop(sink->user, owner, name);
}

static void close_slot(struct reader_slot *slot)
{
    if (slot->reader != NULL) {
        chl_journal_reader_close(slot->reader);
        slot->reader = NULL;
    }
}

void follow_close(struct chl_ctx *ctx)
{
    close_slot(&ctx->reading);
    close_slot(&ctx->asking);
}
