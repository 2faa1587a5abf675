/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One instance's life: each step calls the plugin and keeps the state that others look at.
 */
#include <sched.h>
#include <stdio.h>

#include "core/host/internal.h"
#include "lib/base/time.h"

/* A stop that takes longer is named in the log: it delays every other one. */
#define SLOW_STOP_NS (INT64_C(1000) * CHL_NS_PER_MS)

static void fail(struct chl_ctx *ctx, const char *what, chl_err error, const char *why)
{
    char text[HOST_TEXT_MAX];
    (void)snprintf(text, sizeof text, "%s failed: %s", what,
                   why[0] != '\0' ? why : chl_strerror(error));
    services_log(ctx, CHL_LOG_ERROR, "event=%s result=failed error=%d text=\"%s\"", what,
                 (int)error, why[0] != '\0' ? why : chl_strerror(error));
    services_tell_failure(ctx, text);
}

struct chl_instance *instance_clone(struct chl_ctx *ctx, char *why, size_t why_size)
{
    const struct chl_ops *ops = ctx->plugin->ops;
    struct chl_instance *made = NULL;
    why[0] = '\0';
    chl_err error = ops->create(&ctx->create, &made, why, why_size);
    why[why_size - 1] = '\0';
    if (error == CHL_OK && made == NULL) {
        error = CHL_E_STATE;
    }
    if (error == CHL_OK && CHL_HAS(ops, start)) {
        error = ops->start(made);
        if (error != CHL_OK) {
            ops->destroy(made);
        }
    }
    if (error != CHL_OK) {
        if (why[0] == '\0') {
            (void)snprintf(why, why_size, "%s", chl_strerror(error));
        }
        return NULL;
    }
    return made;
}

static chl_err make(struct chl_ctx *ctx, char *why, size_t why_size)
{
    struct chl_instance *made = NULL;
    why[0] = '\0';
    chl_err error = ctx->plugin->ops->create(&ctx->create, &made, why, why_size);
    why[why_size - 1] = '\0';
    if (error == CHL_OK && made == NULL) {
        error = CHL_E_STATE; /* success without an instance */
    }
    ctx->instance = error == CHL_OK ? made : NULL;
    return error;
}

bool instance_make(struct chl_ctx *ctx, char *why, size_t why_size)
{
    chl_err error = make(ctx, why, why_size);
    if (error != CHL_OK && why[0] == '\0') {
        (void)snprintf(why, why_size, "%s", chl_strerror(error));
    }
    return error == CHL_OK;
}

bool instance_create(struct chl_ctx *ctx)
{
    char why[HOST_WHY_MAX];
    chl_err error = make(ctx, why, sizeof why);
    if (error != CHL_OK) {
        fail(ctx, "create", error, why);
        return false;
    }
    atomic_store(&ctx->restart, false);
    atomic_store(&ctx->state, INSTANCE_CREATED);
    return true;
}

bool instance_start(struct chl_ctx *ctx)
{
    const struct chl_ops *ops = ctx->plugin->ops;
    services_listen(ctx);
    chl_err error = CHL_HAS(ops, start) ? ops->start(ctx->instance) : CHL_OK;
    if (error != CHL_OK) {
        char why[HOST_TEXT_MAX];
        services_last_words(ctx, why, sizeof why);
        fail(ctx, "start", error, why);
        instance_destroy(ctx);
        return false;
    }
    ctx->started_ns = chl_mono_ns();
    atomic_store(&ctx->state, INSTANCE_RUNNING);
    services_log(ctx, CHL_LOG_INFO, "event=start plugin=%s version=%s", ctx->plugin->name,
                 ctx->plugin->version);
    return true;
}

/* From here on nobody enters; those inside `submit`, which never blocks, are waited for in
 * instance_stop(). */
void instance_quiesce(struct chl_ctx *ctx)
{
    if (atomic_load(&ctx->state) != INSTANCE_RUNNING) {
        return;
    }
    atomic_store(&ctx->state, INSTANCE_ENDING);
    if (CHL_HAS(ctx->plugin->ops, quiesce)) {
        ctx->plugin->ops->quiesce(ctx->instance);
    }
}

void instance_stop(struct chl_ctx *ctx)
{
    if (atomic_load(&ctx->state) != INSTANCE_ENDING) {
        return;
    }
    while (atomic_load(&ctx->users) > 0) {
        (void)sched_yield();
    }
    int64_t began_ns = chl_mono_ns();
    if (CHL_HAS(ctx->plugin->ops, stop)) {
        ctx->plugin->ops->stop(ctx->instance);
    }
    int64_t took_ns = chl_mono_ns() - began_ns;
    if (took_ns > SLOW_STOP_NS) {
        services_log(ctx, CHL_LOG_WARNING, "event=stop result=slow took_ms=%lld",
                     (long long)(took_ns / CHL_NS_PER_MS));
    }
    atomic_store(&ctx->state, INSTANCE_CREATED);
}

void instance_destroy(struct chl_ctx *ctx)
{
    if (ctx->instance != NULL) {
        ctx->plugin->ops->destroy(ctx->instance);
        ctx->instance = NULL;
    }
    atomic_store(&ctx->state, INSTANCE_NONE);
}

void instance_chain(struct host *host)
{
    struct chl_credential members[CHL_CREDENTIALS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < host->count && count < CHL_CREDENTIALS_MAX; i++) {
        struct chl_ctx *ctx = &host->instances[i];
        if (ctx->plugin->kind == CHL_KIND_CREDENTIAL &&
            atomic_load(&ctx->state) == INSTANCE_RUNNING) {
            members[count++] = (struct chl_credential){
                .name = ctx->config->name, .plugin = ctx->plugin, .instance = ctx->instance};
        }
    }
    /* Out of memory is the only way to fail here; nothing may go on using a former member. */
    while (chl_credentials_set(host->credentials, members, count) == CHL_E_NOMEM) {
        (void)sched_yield();
    }
}
