/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The thread that starts, restarts and stops instances, so that nobody else waits for them.
 */
#include <stdio.h>
#include <time.h>

#include "core/host/internal.h"
#include "lib/base/time.h"

/* Who is started before whom; stopped in reverse. Scanners come last: by then codes can be read and
 * gates can be opened. */
static const uint32_t start_order[] = {CHL_KIND_CREDENTIAL, CHL_KIND_GATE, CHL_KIND_SERVICE,
                                       CHL_KIND_SCAN};
enum { KINDS = sizeof start_order / sizeof *start_order };

static void each(struct host *host, void (*act)(struct chl_ctx *ctx))
{
    for (size_t k = 0; k < KINDS; k++) {
        for (size_t i = 0; i < host->count; i++) {
            if (host->instances[i].plugin->kind == start_order[k]) {
                act(&host->instances[i]);
            }
        }
    }
}

static void each_reversed(struct host *host, void (*act)(struct chl_ctx *ctx))
{
    for (size_t k = KINDS; k-- > 0;) {
        for (size_t i = host->count; i-- > 0;) {
            if (host->instances[i].plugin->kind == start_order[k]) {
                act(&host->instances[i]);
            }
        }
    }
}

/* Doubling delays; one that ran well for longer than the longest delay starts over. */
static void schedule(struct chl_ctx *ctx, int64_t ran_ns)
{
    const struct host_options *options = &ctx->host->options;
    if (ran_ns > options->backoff_max_ms * CHL_NS_PER_MS) {
        ctx->backoff_ms = options->backoff_first_ms;
    }
    ctx->retry_at_ns = chl_mono_ns() + ctx->backoff_ms * CHL_NS_PER_MS;
    services_log(ctx, CHL_LOG_WARNING, "event=restart in_ms=%lld", (long long)ctx->backoff_ms);
    int64_t next_ms = ctx->backoff_ms * 2;
    ctx->backoff_ms = next_ms < options->backoff_max_ms ? next_ms : options->backoff_max_ms;
}

static void first_create(struct chl_ctx *ctx)
{
    if (!instance_create(ctx)) {
        schedule(ctx, 0);
    }
}

static void first_start(struct chl_ctx *ctx)
{
    if (atomic_load(&ctx->state) == INSTANCE_CREATED && !instance_start(ctx)) {
        schedule(ctx, 0);
    } else if (ctx->plugin->kind == CHL_KIND_CREDENTIAL) {
        instance_chain(ctx->host); /* before the first scanner starts */
    }
}

static void take_down(struct chl_ctx *ctx)
{
    instance_quiesce(ctx);
    if (ctx->plugin->kind == CHL_KIND_CREDENTIAL) {
        instance_chain(ctx->host);
    }
    instance_stop(ctx);
    instance_destroy(ctx);
}

static void restart_if_asked(struct chl_ctx *ctx)
{
    if (atomic_load(&ctx->state) == INSTANCE_RUNNING && atomic_exchange(&ctx->restart, false)) {
        int64_t ran_ns = chl_mono_ns() - ctx->started_ns;
        take_down(ctx);
        schedule(ctx, ran_ns);
    }
}

static void tell_credentials(const struct host *host, const char *why)
{
    const struct host_sink *sink = &host->options.sink;
    if (sink->credentials != NULL) {
        sink->credentials(sink->user, why);
    }
}

/* One that could not be made with what lay there before is not kept waiting. */
static void retry_at_once(struct chl_ctx *ctx)
{
    if (ctx->plugin->kind == CHL_KIND_CREDENTIAL && atomic_load(&ctx->state) == INSTANCE_NONE) {
        ctx->retry_at_ns = chl_mono_ns();
    }
}

static void retry_if_due(struct chl_ctx *ctx)
{
    if (atomic_load(&ctx->state) != INSTANCE_NONE || chl_mono_ns() < ctx->retry_at_ns) {
        return;
    }
    atomic_fetch_add(&ctx->restarts, 1);
    if (!instance_create(ctx) || !instance_start(ctx)) {
        schedule(ctx, 0);
        return;
    }
    services_tell_recovery(ctx, "running again");
    if (ctx->plugin->kind == CHL_KIND_CREDENTIAL) {
        instance_chain(ctx->host);
        tell_credentials(ctx->host, NULL); /* it may have read other keys than at first */
    }
}

static void discard(struct chl_ctx *ctx, struct chl_instance *instance)
{
    const struct chl_ops *ops = ctx->plugin->ops;
    if (CHL_HAS(ops, quiesce)) {
        ops->quiesce(instance);
    }
    if (CHL_HAS(ops, stop)) {
        ops->stop(instance);
    }
    ops->destroy(instance);
}

/* All or none: with one new instance refused, trust stays as it was everywhere. */
static void reload_credentials(struct host *host)
{
    struct chl_instance *fresh[CHL_CREDENTIALS_MAX] = {NULL};
    struct chl_ctx *which[CHL_CREDENTIALS_MAX] = {NULL};
    size_t count = 0;
    char why[HOST_WHY_MAX] = "";
    bool failed = false;
    for (size_t i = 0; i < host->count && count < CHL_CREDENTIALS_MAX && !failed; i++) {
        struct chl_ctx *ctx = &host->instances[i];
        if (ctx->plugin->kind != CHL_KIND_CREDENTIAL ||
            atomic_load(&ctx->state) != INSTANCE_RUNNING) {
            continue;
        }
        fresh[count] = instance_clone(ctx, why, sizeof why);
        which[count] = ctx;
        failed = fresh[count] == NULL;
        count += failed ? 0 : 1;
        if (failed) {
            char text[HOST_TEXT_MAX];
            (void)snprintf(text, sizeof text, "reload refused, the former trust stays: %.200s",
                           why);
            services_log(ctx, CHL_LOG_ERROR, "event=reload result=refused text=\"%s\"", why);
            services_tell_failure(ctx, text);
        }
    }
    for (size_t i = 0; i < count && !failed; i++) {
        struct chl_instance *former = which[i]->instance;
        which[i]->instance = fresh[i];
        fresh[i] = former;
    }
    if (!failed) {
        instance_chain(host); /* when this returns the former ones are out of use */
    }
    for (size_t i = 0; i < count; i++) {
        discard(which[i], fresh[i]);
        if (!failed) {
            services_log(which[i], CHL_LOG_INFO, "event=reload result=ok");
            services_tell_recovery(which[i], "reloaded");
        }
    }
    tell_credentials(host, failed ? why : NULL);
    each(host, retry_at_once);
}

/* Earliest time at which something is due, 0 = nothing is. */
static int64_t next_due_ns(const struct host *host)
{
    int64_t due_ns = 0;
    for (size_t i = 0; i < host->count; i++) {
        const struct chl_ctx *ctx = &host->instances[i];
        if (atomic_load(&ctx->restart) && atomic_load(&ctx->state) == INSTANCE_RUNNING) {
            return 1;
        }
        if (atomic_load(&ctx->state) == INSTANCE_NONE &&
            (due_ns == 0 || ctx->retry_at_ns < due_ns)) {
            due_ns = ctx->retry_at_ns;
        }
    }
    return due_ns;
}

/* Sleep until there is work. @return false when it is time to stop. */
static bool wait_for_work(struct host *host, bool *reload)
{
    (void)pthread_mutex_lock(&host->lock);
    for (;;) {
        int64_t due_ns = next_due_ns(host);
        if (host->stopping || host->reload || (due_ns != 0 && due_ns <= chl_mono_ns())) {
            break;
        }
        if (due_ns == 0) {
            (void)pthread_cond_wait(&host->wake, &host->lock);
        } else {
            struct timespec until = {.tv_sec = (time_t)(due_ns / CHL_NS_PER_S),
                                     .tv_nsec = (long)(due_ns % CHL_NS_PER_S)};
            (void)pthread_cond_timedwait(&host->wake, &host->lock, &until);
        }
    }
    bool go_on = !host->stopping;
    *reload = host->reload;
    host->reload = false;
    (void)pthread_mutex_unlock(&host->lock);
    return go_on;
}

static void finish(struct host *host)
{
    (void)pthread_mutex_lock(&host->lock);
    void (*done)(void *user) = host->done;
    void *user = host->done_user;
    (void)pthread_mutex_unlock(&host->lock);
    if (done != NULL) {
        done(user);
    }
    (void)pthread_mutex_lock(&host->lock);
    host->finished = true;
    (void)pthread_cond_broadcast(&host->wake);
    (void)pthread_mutex_unlock(&host->lock);
}

void *supervisor_run(void *argument)
{
    struct host *host = argument;
    bool reload = false;
    (void)pthread_setname_np(pthread_self(), "supervisor");
    each(host, first_create);
    each(host, first_start);
    atomic_store(&host->settled, true);
    while (wait_for_work(host, &reload)) {
        if (reload) {
            reload_credentials(host);
            persons_reload(host);
        }
        each(host, restart_if_asked);
        each(host, retry_if_due);
    }
    /* Scanners' threads may inspect until they are stopped: the chain is emptied after them. */
    each_reversed(host, instance_quiesce);
    each_reversed(host, instance_stop);
    instance_chain(host);
    each_reversed(host, instance_destroy);
    finish(host);
    return NULL;
}

void supervisor_wake(struct host *host)
{
    (void)pthread_mutex_lock(&host->lock);
    (void)pthread_cond_broadcast(&host->wake);
    (void)pthread_mutex_unlock(&host->lock);
}
