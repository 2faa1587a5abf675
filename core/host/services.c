/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The table of services lent to plugins; each entry checks what it is given and passes it
 * on.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/host/internal.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

enum {
    LOG_BURST = 40, /* lines an instance may write at once */
    LOG_PER_S = 10, /* and how many it gets back each second */
    SUBMIT_MAX = 64 * 1024
};

/* An instance that asks for this in its health text is made anew. */
static const char fatal_prefix[] = "fatal:";

/* @return false when the line is over the budget; `*dropped` lines were lost before this one. */
static bool may_log(struct log_budget *budget, unsigned *dropped)
{
    int64_t now_ns = chl_mono_ns();
    (void)pthread_mutex_lock(&budget->lock);
    if (budget->refilled_ns == 0) {
        budget->refilled_ns = now_ns;
        budget->lines = LOG_BURST;
    }
    int64_t earned = (now_ns - budget->refilled_ns) / (CHL_NS_PER_S / LOG_PER_S);
    if (earned > 0) {
        budget->refilled_ns += earned * (CHL_NS_PER_S / LOG_PER_S);
        budget->lines =
            earned + budget->lines > LOG_BURST ? LOG_BURST : budget->lines + (unsigned)earned;
    }
    bool allowed = budget->lines > 0;
    if (allowed) {
        budget->lines--;
        *dropped = budget->dropped;
        budget->dropped = 0;
    } else {
        budget->dropped++;
    }
    (void)pthread_mutex_unlock(&budget->lock);
    return allowed;
}

__attribute__((format(printf, 3, 0))) static void
write_line(struct chl_ctx *ctx, chl_log_level level, const char *format, va_list arguments)
{
    unsigned dropped = 0;
    if (!may_log(&ctx->budget, &dropped)) {
        return;
    }
    if (dropped > 0) {
        chl_log(CHL_LOG_WARNING, ctx->config->name, "event=log dropped=%u", dropped);
    }
    chl_vlog(level, ctx->config->name, format, arguments);
}

void services_log(struct chl_ctx *ctx, chl_log_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(ctx, level, format, arguments);
    va_end(arguments);
}

static int64_t now_wall_ns(struct chl_ctx *ctx)
{
    (void)ctx;
    return chl_wall_ns();
}

static int64_t now_mono_ns(struct chl_ctx *ctx)
{
    (void)ctx;
    return chl_mono_ns();
}

static chl_err post_urgent(struct chl_ctx *ctx, const char *source)
{
    char name[64];
    if (source == NULL) {
        return CHL_E_INVAL;
    }
    (void)chl_copy_n(name, sizeof name, source, strnlen(source, sizeof name - 1));
    return ctx->host->options.sink.urgent(ctx->host->options.sink.user, name);
}

static chl_err submit(struct chl_ctx *ctx, const char *json, size_t length)
{
    if (json == NULL || length == 0) {
        return CHL_E_INVAL;
    }
    if (length > SUBMIT_MAX) {
        return CHL_E_LIMIT;
    }
    const struct host_sink *sink = &ctx->host->options.sink;
    return sink->submit(sink->user, ctx->index, json, length);
}

static chl_err snapshot(struct chl_ctx *ctx, char *out, size_t *length, uint64_t *sequence,
                        uint8_t hash[32])
{
    if (length == NULL || sequence == NULL || hash == NULL || (out == NULL && *length > 0)) {
        return CHL_E_INVAL;
    }
    const struct host_sink *sink = &ctx->host->options.sink;
    return sink->snapshot(sink->user, out, length, sequence, hash);
}

static void tell(struct chl_ctx *ctx, bool by_host, bool ok, const char *text)
{
    const struct host_sink *sink = &ctx->host->options.sink;
    struct instance_health *health = &ctx->health;
    char kept[HOST_TEXT_MAX];
    (void)chl_copy_n(kept, sizeof kept, text, strnlen(text, sizeof kept));
    (void)pthread_mutex_lock(&health->lock);
    bool changed = !health->told || health->ok != ok || strcmp(health->text, kept) != 0;
    health->told = true;
    health->ok = ok;
    health->by_host = by_host;
    health->said = health->said || !by_host;
    memcpy(health->text, kept, sizeof kept);
    if (changed) {
        sink->health(sink->user, ctx->index, ok, kept);
    }
    (void)pthread_mutex_unlock(&health->lock);
}

void services_tell_failure(struct chl_ctx *ctx, const char *text)
{
    tell(ctx, true, false, text);
}

void services_listen(struct chl_ctx *ctx)
{
    (void)pthread_mutex_lock(&ctx->health.lock);
    ctx->health.said = false;
    (void)pthread_mutex_unlock(&ctx->health.lock);
}

void services_last_words(struct chl_ctx *ctx, char *why, size_t why_size)
{
    struct instance_health *health = &ctx->health;
    (void)pthread_mutex_lock(&health->lock);
    (void)chl_copy(why, why_size, health->said && !health->ok ? health->text : "");
    (void)pthread_mutex_unlock(&health->lock);
}

void services_tell_recovery(struct chl_ctx *ctx, const char *text)
{
    (void)pthread_mutex_lock(&ctx->health.lock);
    bool ours = ctx->health.told && ctx->health.by_host && !ctx->health.ok;
    (void)pthread_mutex_unlock(&ctx->health.lock);
    if (ours) {
        tell(ctx, true, true, text);
    }
}

static void set_health(struct chl_ctx *ctx, bool ok, const char *text)
{
    const char *line = text != NULL ? text : "";
    tell(ctx, false, ok, line);
    if (!ok && strncmp(line, fatal_prefix, sizeof fatal_prefix - 1) == 0) {
        atomic_store(&ctx->restart, true);
        supervisor_wake(ctx->host);
    }
}

static const struct chl_host table = {
    .size = (uint32_t)sizeof(struct chl_host),
    .log = services_log,
    .now_wall_ns = now_wall_ns,
    .now_mono_ns = now_mono_ns,
    .post_scan = scan_post,
    .post_gate = gate_post,
    .post_urgent = post_urgent,
    .inspect = scan_inspect,
    .submit = submit,
    .journal_info = follow_info,
    .journal_read = follow_read,
    .journal_fd = follow_fd,
    .cursor_set = follow_cursor_set,
    .cursor_list = follow_cursors,
    .cursor_drop = follow_cursor_drop,
    .snapshot = snapshot,
    .set_health = set_health,
};

const struct chl_host *services_table(void)
{
    return &table;
}
