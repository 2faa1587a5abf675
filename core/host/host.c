/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Making and ending the host: plugins loaded, checked and configured before any of them
 * runs.
 */
#include "core/host/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/host/desk.h"
#include "core/host/internal.h"
#include "lib/base/text.h"

enum { BACKOFF_FIRST_MS = 1000, BACKOFF_MAX_MS = 60000 };

/* Keys of an instance's mapping that are the site's, not the plugin's. */
static const char *const site_keys[] = {"use", NULL};

static bool has_option(const struct chl_plugin *plugin, const char *name)
{
    for (const struct chl_opt *option = plugin->options; option != NULL && option->name != NULL;
         option++) {
        if (strcmp(option->name, name) == 0) {
            return true;
        }
    }
    return false;
}

enum { SITE_SETTINGS = 3 };

static const char *const format_names[CHL_FORMAT_COUNT] = {
#define FORMAT_NAME(id, text) [id] = (text),
    CHL_FORMATS(FORMAT_NAME)
#undef FORMAT_NAME
};

/* What the site says to a credential plugin that has no section of its own, as far as it asks:
 * whom to trust, what was taken back, and which of its formats `credentials.accept` names. */
static size_t site_settings(const struct chl_ctx *ctx, const char *formats[CHL_FORMAT_COUNT],
                            struct chl_plugin_setting out[SITE_SETTINGS])
{
    const struct config *config = ctx->host->config;
    size_t count = 0, format_count = 0;
    if (ctx->plugin->kind != CHL_KIND_CREDENTIAL || ctx->config->options.index != 0) {
        return 0;
    }
    if (config->trust_path != NULL && has_option(ctx->plugin, "trust")) {
        out[count++] =
            (struct chl_plugin_setting){.name = "trust", .values = &config->trust_path, .count = 1};
    }
    if (config->revoked_path != NULL && has_option(ctx->plugin, "revoked")) {
        out[count++] = (struct chl_plugin_setting){
            .name = "revoked", .values = &config->revoked_path, .count = 1};
    }
    for (int i = 0; i < CHL_FORMAT_COUNT; i++) {
        const char *reader = config_reader_of((chl_format)i);
        if (config->accepted[i] && reader != NULL && strcmp(reader, ctx->config->use) == 0) {
            formats[format_count++] = format_names[i];
        }
    }
    if (format_count > 0 && has_option(ctx->plugin, "formats")) {
        out[count++] = (struct chl_plugin_setting){
            .name = "formats", .values = formats, .count = format_count};
    }
    return count;
}

static chl_err configure(struct chl_ctx *ctx, char *why, size_t why_size)
{
    const struct config *config = ctx->host->config;
    const char *formats[CHL_FORMAT_COUNT];
    struct chl_plugin_setting settings[SITE_SETTINGS];
    struct chl_yaml_error refusal = {0};
    chl_err error = CHL_OK;
    size_t count = site_settings(ctx, formats, settings);
    if (count > 0) {
        error = chl_plugin_configure_with(ctx->handle, config->path, settings, count,
                                          &ctx->document, &ctx->options, &refusal);
    } else {
        error = chl_plugin_configure(ctx->handle, config->document, ctx->config->options, site_keys,
                                     &ctx->options, &refusal);
    }
    if (error != CHL_OK) {
        (void)chl_copy(why, why_size, refusal.text);
    }
    return error;
}

static chl_err collect_devices(struct chl_ctx *ctx, char *why, size_t why_size)
{
    const struct config *config = ctx->host->config;
    ctx->devices = calloc(config->gate_count > 0 ? config->gate_count : 1, sizeof *ctx->devices);
    if (ctx->devices == NULL) {
        (void)snprintf(why, why_size, "%s: out of memory", ctx->config->name);
        return CHL_E_NOMEM;
    }
    for (size_t i = 0; i < config->gate_count; i++) {
        const struct config_gate *gate = &config->gates[i];
        if (gate->instance == ctx->index) {
            ctx->devices[ctx->device_count++] = (struct chl_gate_device){
                .size = (uint32_t)sizeof(struct chl_gate_device),
                .gate = {.index = (uint16_t)i},
                .unit = gate->unit,
                .gate_name = gate->id,
                .profile = gate->profile,
                .pass_time_ms = gate->pass_time_ms,
                .on_link_loss = (uint8_t)gate->on_link_loss,
                .release_row = gate->release_row,
                .close_row = gate->close_row,
                .count = gate->count,
                .check = gate->check,
                .object = gate->object,
                .fire = gate->fire,
                .tamper = gate->tamper,
                .lamps = gate->lamps,
                .wish_count = gate->wish_count,
                .wishes = gate->wishes,
            };
        }
    }
    if (ctx->device_count > 0 && ctx->plugin->kind != CHL_KIND_GATE) {
        (void)snprintf(
            why, why_size,
            "%s: gate `%s` names plugin `%s`: expected a gate plugin, got `%s`; name the "
            "instance that drives its bus",
            config->path, ctx->devices[0].gate_name, ctx->config->name, ctx->plugin->name);
        return CHL_E_CONFIG;
    }
    return CHL_OK;
}

static void describe(struct chl_ctx *ctx)
{
    int lane = ctx->config->lane;
    ctx->create = (struct chl_create){
        .size = (uint32_t)sizeof ctx->create,
        .name = ctx->config->name,
        .config = ctx->options,
        .host = services_table(),
        .ctx = ctx,
        .lane = {.index = lane >= 0 ? (uint16_t)lane : UINT16_MAX},
        .devices = ctx->devices,
        .device_count = ctx->device_count,
        .data_dir = ctx->host->options.data_dir,
    };
}

/* A name that no plugin has is a mistake in the site file: say where, and what may be meant. */
static void tell_unknown_plugin(const struct chl_ctx *ctx, char *why, size_t why_size)
{
    enum { NAMES = 64 };
    const struct chl_yaml *yaml = ctx->host->config->document;
    struct chl_yaml_node use = chl_yaml_get(yaml, ctx->config->options, "use");
    char(*names)[CHL_PLUGIN_NAME_MAX] = calloc(NAMES, sizeof *names);
    size_t count = NAMES, best = SIZE_MAX;
    const char *nearest = NULL;
    if (names != NULL && use.index != 0 &&
        chl_plugin_find(ctx->host->options.plugin_dir, "", names, &count) == CHL_OK) {
        for (size_t i = 0; i < count && i < NAMES; i++) {
            nearest = chl_yaml_nearer(ctx->config->use, names[i], &best) ? names[i] : nearest;
        }
    }
    if (nearest != NULL) {
        struct chl_yaml_error refusal;
        (void)chl_yaml_refuse(yaml, use, &refusal,
                              "expected the name of a plugin, got '%.64s'; did you mean '%s'?",
                              ctx->config->use, nearest);
        (void)chl_copy(why, why_size, refusal.text);
    }
    free(names);
}

static chl_err prepare(struct chl_ctx *ctx, char *why, size_t why_size)
{
    chl_err error = chl_plugin_load(ctx->host->options.plugin_dir, ctx->config->use, &ctx->handle,
                                    why, why_size);
    if (error == CHL_E_NOTFOUND) {
        tell_unknown_plugin(ctx, why, why_size);
    }
    if (error != CHL_OK) {
        return error;
    }
    ctx->plugin = chl_plugin_of(ctx->handle);
    error = configure(ctx, why, why_size);
    if (error == CHL_OK) {
        error = collect_devices(ctx, why, why_size);
    }
    if (error == CHL_OK) {
        describe(ctx);
    }
    return error;
}

static void init_instance(struct host *host, size_t i)
{
    struct chl_ctx *ctx = &host->instances[i];
    ctx->host = host;
    ctx->index = (int)i;
    ctx->config = &host->config->instances[i];
    ctx->backoff_ms = host->options.backoff_first_ms;
    atomic_init(&ctx->state, INSTANCE_NONE);
    atomic_init(&ctx->users, 0);
    atomic_init(&ctx->restart, false);
    atomic_init(&ctx->restarts, 0);
    atomic_init(&ctx->event_fd, -1);
    (void)pthread_mutex_init(&ctx->health.lock, NULL);
    (void)pthread_mutex_init(&ctx->budget.lock, NULL);
    (void)pthread_mutex_init(&ctx->reading.lock, NULL);
    (void)pthread_mutex_init(&ctx->asking.lock, NULL);
}

static void init_host(struct host *host, const struct host_options *options)
{
    host->options = *options;
    host->config = options->config;
    if (host->options.backoff_first_ms <= 0) {
        host->options.backoff_first_ms = BACKOFF_FIRST_MS;
    }
    if (host->options.backoff_max_ms < host->options.backoff_first_ms) {
        host->options.backoff_max_ms = BACKOFF_MAX_MS > host->options.backoff_first_ms
                                           ? BACKOFF_MAX_MS
                                           : host->options.backoff_first_ms;
    }
    atomic_init(&host->settled, false);
    atomic_init(&host->head, 0);
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_rwlock_init(&host->persons_lock, NULL);
    (void)pthread_mutex_init(&host->lock, NULL);
    (void)pthread_cond_init(&host->wake, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

chl_err host_new(const struct host_options *options, struct host **out, char *why, size_t why_size)
{
    *out = NULL;
    struct host *host = calloc(1, sizeof *host);
    if (host == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    init_host(host, options);
    size_t wanted = host->config->instance_count;
    chl_err error = chl_credentials_new(&host->credentials);
    if (error == CHL_OK) {
        error = desk_new(host->config->lane_count, host->config->desk_ms, &host->desk);
    }
    host->instances = calloc(wanted > 0 ? wanted : 1, sizeof *host->instances);
    if (error != CHL_OK || host->instances == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        host_free(host);
        return CHL_E_NOMEM;
    }
    for (size_t i = 0; i < wanted && error == CHL_OK; i++) {
        init_instance(host, i);
        host->count = i + 1;
        error = prepare(&host->instances[i], why, why_size);
    }
    if (error != CHL_OK) {
        host_free(host);
        return error;
    }
    *out = host;
    return CHL_OK;
}

size_t host_check(struct host *host, void (*refused)(const char *instance, const char *why))
{
    size_t count = 0;
    char why[HOST_WHY_MAX];
    if (persons_check(host, why, sizeof why) != CHL_OK) {
        refused("register", why);
        count++;
    }
    for (size_t i = 0; i < host->count; i++) {
        struct chl_ctx *ctx = &host->instances[i];
        if (instance_make(ctx, why, sizeof why)) {
            instance_destroy(ctx);
        } else {
            refused(ctx->config->name, why);
            count++;
        }
    }
    return count;
}

chl_err host_start(struct host *host, char *why, size_t why_size)
{
    chl_err error =
        pseudonym_key_expire(host->config->state_dir, host->config->keep_persons_ms, why, why_size);
    error = error != CHL_OK
                ? error
                : pseudonym_key_open(host->config->state_dir, &host->key, why, why_size);
    error = error != CHL_OK ? error : persons_load(host, why, why_size);
    if (error != CHL_OK) {
        return error;
    }
    int failed = pthread_create(&host->supervisor, NULL, supervisor_run, host);
    if (failed != 0) {
        (void)snprintf(why, why_size, "cannot start the supervisor's thread: %s",
                       strerrordesc_np(failed));
        return CHL_E_NOMEM;
    }
    host->has_supervisor = true;
    return CHL_OK;
}

bool host_is_settled(const struct host *host)
{
    return atomic_load(&host->settled);
}

void host_stop(struct host *host, void (*done)(void *user), void *user)
{
    (void)pthread_mutex_lock(&host->lock);
    if (!host->stopping) {
        host->stopping = true;
        host->done = done;
        host->done_user = user;
    }
    (void)pthread_cond_broadcast(&host->wake);
    (void)pthread_mutex_unlock(&host->lock);
}

chl_err host_join(struct host *host, int64_t timeout_ms)
{
    if (!host->has_supervisor) {
        return CHL_OK;
    }
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t end_ns = until.tv_nsec + timeout_ms % 1000 * 1000000;
    until.tv_sec += timeout_ms / 1000 + end_ns / 1000000000;
    until.tv_nsec = end_ns % 1000000000;
    int waited = 0;
    (void)pthread_mutex_lock(&host->lock);
    while (!host->finished && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&host->wake, &host->lock, &until);
    }
    bool finished = host->finished;
    (void)pthread_mutex_unlock(&host->lock);
    if (!finished) {
        return CHL_E_TIMEOUT;
    }
    (void)pthread_join(host->supervisor, NULL);
    host->has_supervisor = false;
    return CHL_OK;
}

static void free_instance(struct chl_ctx *ctx)
{
    int fd = atomic_load(&ctx->event_fd);
    if (fd >= 0) {
        (void)close(fd);
    }
    follow_close(ctx);
    free(ctx->devices);
    free(ctx->options);
    chl_yaml_free(ctx->document);
    chl_plugin_unload(ctx->handle);
    (void)pthread_mutex_destroy(&ctx->health.lock);
    (void)pthread_mutex_destroy(&ctx->budget.lock);
    (void)pthread_mutex_destroy(&ctx->reading.lock);
    (void)pthread_mutex_destroy(&ctx->asking.lock);
}

void host_free(struct host *host)
{
    if (host == NULL) {
        return;
    }
    for (size_t i = host->instances != NULL ? host->count : 0; i-- > 0;) {
        free_instance(&host->instances[i]);
    }
    chl_credentials_free(host->credentials);
    desk_free(host->desk);
    free(host->instances);
    register_free(host->persons);
    explicit_bzero(&host->key, sizeof host->key);
    (void)pthread_cond_destroy(&host->wake);
    (void)pthread_mutex_destroy(&host->lock);
    (void)pthread_rwlock_destroy(&host->persons_lock);
    free(host);
}

void host_reload_credentials(struct host *host)
{
    (void)pthread_mutex_lock(&host->lock);
    host->reload = true;
    (void)pthread_cond_broadcast(&host->wake);
    (void)pthread_mutex_unlock(&host->lock);
}

size_t host_count(const struct host *host)
{
    return host->count;
}

void host_status(struct host *host, size_t instance, struct host_status *out)
{
    memset(out, 0, sizeof *out);
    if (instance >= host->count) {
        return;
    }
    struct chl_ctx *ctx = &host->instances[instance];
    out->name = ctx->config->name;
    out->use = ctx->config->use;
    out->kind = ctx->plugin->kind;
    out->running = atomic_load(&ctx->state) == INSTANCE_RUNNING;
    out->restarts = atomic_load(&ctx->restarts);
    (void)pthread_mutex_lock(&ctx->health.lock);
    out->ok = out->running && (!ctx->health.told || ctx->health.ok);
    (void)chl_copy(out->text, sizeof out->text, ctx->health.text);
    (void)pthread_mutex_unlock(&ctx->health.lock);
}
