/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The host of a scan plugin under test.
 */
#include "tests/integration/scan_world.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"

#define PLUGINS CHL_STAGE_DIR "/lib/chilang/plugins"

enum { WAIT_S = 20 };

static void host_log(struct chl_ctx *ctx, chl_log_level level, const char *format, ...)
{
    (void)ctx;
    (void)level;
    (void)format;
}

static int64_t host_wall(struct chl_ctx *ctx)
{
    (void)ctx;
    return chl_wall_ns();
}

static int64_t host_mono(struct chl_ctx *ctx)
{
    (void)ctx;
    return chl_mono_ns();
}

static chl_err host_post(struct chl_ctx *ctx, const struct chl_scan *scan)
{
    pthread_mutex_lock(&ctx->lock);
    size_t index = ctx->count < WORLD_POSTS ? ctx->count : WORLD_POSTS - 1;
    struct scan_post *post = &ctx->posts[index];
    memset(post, 0, offsetof(struct scan_post, bytes));
    post->lane = scan->lane.index;
    post->captured_ns = scan->captured_ns;
    post->posted_ns = chl_mono_ns();
    post->unreadable = scan->unreadable || scan->bytes == NULL;
    if (CHL_HAS(scan, refusal)) {
        (void)snprintf(post->refusal, sizeof post->refusal, "%s", scan->refusal);
    }
    if (scan->bytes != NULL && !post->unreadable && scan->length <= CHL_CODE_MAX) {
        memcpy(post->bytes, scan->bytes, scan->length);
        post->length = scan->length;
    }
    ctx->count++;
    bool busy = ctx->count % 2 == 0; /* a busy host must change nothing here */
    pthread_cond_broadcast(&ctx->changed);
    pthread_mutex_unlock(&ctx->lock);
    return busy ? CHL_E_BUSY : CHL_OK;
}

static void host_health(struct chl_ctx *ctx, bool ok, const char *text)
{
    pthread_mutex_lock(&ctx->lock);
    ctx->healthy = ok;
    ctx->health_reports++;
    (void)snprintf(ctx->health, sizeof ctx->health, "%s", text);
    pthread_cond_broadcast(&ctx->changed);
    pthread_mutex_unlock(&ctx->lock);
}

static const struct chl_host host = {.size = (uint32_t)sizeof host,
                                     .log = host_log,
                                     .now_wall_ns = host_wall,
                                     .now_mono_ns = host_mono,
                                     .post_scan = host_post,
                                     .set_health = host_health};

void scan_world_yaml(const struct scan_world *world, const char *options, char *out, size_t size)
{
    (void)snprintf(out, size, "it: {use: %s, %s: '%s'%s}\n", world->subject->name,
                   world->subject->path_option, world->device, options);
}

static void configure(struct scan_world *world, const char *options)
{
    static const char *const also[] = {"use", NULL};
    char yaml[PATH_MAX + 256];
    struct chl_yaml_error error = {.line = 0};
    scan_world_yaml(world, options, yaml, sizeof yaml);
    if (chl_yaml_parse("site.yaml", yaml, strlen(yaml), &world->document, &error) != CHL_OK) {
        fail_msg("%s", error.text);
    }
    struct chl_yaml_node node = chl_yaml_get(world->document, chl_yaml_root(world->document), "it");
    if (chl_plugin_configure(world->handle, world->document, node, also, &world->config, &error) !=
        CHL_OK) {
        fail_msg("%s", error.text);
    }
}

void scan_world_open_with(struct scan_world *world, const struct scan_subject *subject,
                          const char *options)
{
    char why[CHL_PLUGIN_WHY_MAX] = "";
    memset(world, 0, sizeof *world);
    world->subject = subject;
    world->fd = -1;
    pthread_mutex_init(&world->ctx.lock, NULL);
    pthread_cond_init(&world->ctx.changed, NULL);
    (void)snprintf(world->folder, sizeof world->folder, "/tmp/chl-scan-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)snprintf(world->device, sizeof world->device, "%s/device", world->folder);
    if (chl_plugin_load(PLUGINS, subject->name, &world->handle, why, sizeof why) != CHL_OK) {
        fail_msg("%s", why);
    }
    world->plugin = chl_plugin_of(world->handle);
    configure(world, options != NULL ? options : subject->options);
}

void scan_world_open(struct scan_world *world, const struct scan_subject *subject)
{
    scan_world_open_with(world, subject, NULL);
}

void scan_world_start(struct scan_world *world)
{
    char why[CHL_PLUGIN_WHY_MAX] = "";
    const struct chl_create args = {.size = (uint32_t)sizeof args,
                                    .name = "it",
                                    .config = world->config,
                                    .host = &host,
                                    .ctx = &world->ctx,
                                    .lane = {WORLD_LANE}};
    if (world->plugin->ops->create(&args, &world->instance, why, sizeof why) != CHL_OK) {
        fail_msg("%s", why);
    }
    assert_int_equal(world->plugin->ops->start(world->instance), CHL_OK);
}

void scan_world_expect_create_refused(struct scan_world *world, const char *expected)
{
    char why[CHL_PLUGIN_WHY_MAX] = "";
    struct chl_instance *instance = NULL;
    const struct chl_create args = {.size = (uint32_t)sizeof args,
                                    .name = "it",
                                    .config = world->config,
                                    .host = &host,
                                    .ctx = &world->ctx};
    assert_int_not_equal(world->plugin->ops->create(&args, &instance, why, sizeof why), CHL_OK);
    assert_null(instance);
    if (strstr(why, expected) == NULL) {
        fail_msg("%s: expected a refusal with '%s', got: %s", world->subject->name, expected, why);
    }
}

void scan_world_stop(struct scan_world *world)
{
    if (world->instance != NULL) {
        world->plugin->ops->quiesce(world->instance);
        world->plugin->ops->stop(world->instance);
        world->plugin->ops->destroy(world->instance);
        world->instance = NULL;
    }
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

void scan_world_close(struct scan_world *world)
{
    scan_world_stop(world);
    if (world->fd >= 0) {
        (void)close(world->fd);
    }
    free(world->config);
    chl_yaml_free(world->document);
    chl_plugin_unload(world->handle);
    pthread_mutex_destroy(&world->ctx.lock);
    pthread_cond_destroy(&world->ctx.changed);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the scanner has ended */
    (void)nftw(world->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/** @return false when the time is over. Called and left with the lock held. */
static bool wait_changed(struct chl_ctx *ctx, const struct timespec *end)
{
    return pthread_cond_timedwait(&ctx->changed, &ctx->lock, end) == 0;
}

static struct timespec wait_end(void)
{
    struct timespec end;
    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += WAIT_S;
    return end;
}

void scan_world_wait_posts(struct scan_world *world, size_t count)
{
    struct chl_ctx *ctx = &world->ctx;
    struct timespec end = wait_end();
    char health[WORLD_TEXT];
    pthread_mutex_lock(&ctx->lock);
    while (ctx->count < count && wait_changed(ctx, &end)) {
    }
    size_t have = ctx->count;
    memcpy(health, ctx->health, sizeof health);
    pthread_mutex_unlock(&ctx->lock);
    if (have < count) {
        fail_msg("%s: expected %zu posts, got %zu; health: %s", world->subject->name, count, have,
                 health);
    }
}

void scan_world_wait_health(struct scan_world *world, bool ok)
{
    struct chl_ctx *ctx = &world->ctx;
    struct timespec end = wait_end();
    pthread_mutex_lock(&ctx->lock);
    while ((ctx->health_reports == 0 || ctx->healthy != ok) && wait_changed(ctx, &end)) {
    }
    bool met = ctx->health_reports > 0 && ctx->healthy == ok;
    char health[WORLD_TEXT];
    memcpy(health, ctx->health, sizeof health);
    pthread_mutex_unlock(&ctx->lock);
    if (!met) {
        fail_msg("%s: expected health %d, got: %s", world->subject->name, ok, health);
    }
}

size_t scan_world_posts(struct scan_world *world)
{
    pthread_mutex_lock(&world->ctx.lock);
    size_t count = world->ctx.count;
    pthread_mutex_unlock(&world->ctx.lock);
    return count;
}

void scan_world_expect(struct scan_world *world, size_t index, const void *bytes, size_t length)
{
    pthread_mutex_lock(&world->ctx.lock);
    const struct scan_post *post = &world->ctx.posts[index];
    bool same = !post->unreadable && post->refusal[0] == '\0' && post->length == length &&
                memcmp(post->bytes, bytes, length) == 0;
    bool plausible = post->captured_ns > 0 && post->captured_ns <= post->posted_ns;
    unsigned lane = post->lane;
    size_t got = post->length;
    pthread_mutex_unlock(&world->ctx.lock);
    if (!same) {
        fail_msg("%s: expected post %zu to be the %zu bytes shown, got %zu others",
                 world->subject->name, index, length, got);
    }
    assert_true(plausible);
    assert_int_equal(lane, WORLD_LANE);
}

void scan_world_show_text(struct scan_world *world, const char *text)
{
    world->subject->show(world, (const uint8_t *)text, strlen(text));
}

bool scan_world_is_healthy(struct scan_world *world)
{
    pthread_mutex_lock(&world->ctx.lock);
    bool healthy = world->ctx.healthy;
    pthread_mutex_unlock(&world->ctx.lock);
    return healthy;
}
