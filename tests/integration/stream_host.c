/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A host for one stream_zmq instance over a real journal, driven by lines on its input.
 *
 *  Usage: stream_host JOURNAL OPTION=VALUE…  Lines in: `append N SIZE`, `cursors`, `health`,
 * `quit`. Lines out: `listen pull|live ENDPOINT`, `ready HEAD`, `refused WHY`, `appended HEAD`,
 *  `cursor OWNER NAME N`, `done`.
 */
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/journal/journal.h"
#include "lib/pluginhost/pluginhost.h"
#include "lib/wire/body.h"

enum { BATCH = 64, CURSORS = 16, OPTIONS = 8 };

static const char site[] = "hoi-thu";

struct chl_ctx {
    pthread_mutex_t lock; /* readers and cursors: used by the plugin's thread and by ours */
    struct chl_journal *journal;
    struct chl_journal_reader *reader;
    int event_fd;
    size_t cursor_count;
    struct chl_cursor cursors[CURSORS];
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)fflush(stdout);
}

__attribute__((format(printf, 3, 4))) static void host_log(struct chl_ctx *ctx, chl_log_level level,
                                                           const char *format, ...)
{
    char line[512];
    char role[16];
    char endpoint[256];
    va_list arguments;
    (void)ctx;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (sscanf(line, "listen=%15s endpoint=%255s", role, endpoint) == 2) {
        say("listen %s %s\n", role, endpoint);
    }
    (void)fprintf(stderr, "stream_host: level=%d %s\n", (int)level, line);
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

static chl_err host_info(struct chl_ctx *ctx, struct chl_journal_info *out)
{
    struct chl_journal_head head;
    (void)pthread_mutex_lock(&ctx->lock);
    const chl_err error = chl_journal_reader_head(ctx->reader, &head);
    (void)pthread_mutex_unlock(&ctx->lock);
    if (error == CHL_OK) {
        (void)chl_copy(out->site, sizeof out->site, site);
        memcpy(out->epoch, head.epoch, sizeof out->epoch);
        out->first = head.last == 0 ? 1 : head.first;
        out->head = head.last;
    }
    return error;
}

static chl_err host_read(struct chl_ctx *ctx, uint64_t from, size_t max,
                         chl_err (*visit)(void *user, const struct chl_record *record), void *user)
{
    (void)pthread_mutex_lock(&ctx->lock);
    const chl_err error = chl_journal_read(ctx->reader, from, max, visit, user);
    (void)pthread_mutex_unlock(&ctx->lock);
    return error;
}

static int host_fd(struct chl_ctx *ctx)
{
    return ctx->event_fd;
}

static chl_err host_cursor_set(struct chl_ctx *ctx, const struct chl_cursor *cursor)
{
    chl_err error = CHL_OK;
    (void)pthread_mutex_lock(&ctx->lock);
    size_t at = 0;
    while (at < ctx->cursor_count && strcmp(ctx->cursors[at].name, cursor->name) != 0) {
        at++;
    }
    if (at == CURSORS) {
        error = CHL_E_LIMIT;
    } else {
        ctx->cursors[at] = *cursor;
        ctx->cursor_count = at == ctx->cursor_count ? at + 1 : ctx->cursor_count;
    }
    (void)pthread_mutex_unlock(&ctx->lock);
    return error;
}

static chl_err host_snapshot(struct chl_ctx *ctx, char *out, size_t *length, uint64_t *sequence,
                             uint8_t hash[32])
{
    struct chl_journal_head head;
    (void)pthread_mutex_lock(&ctx->lock);
    const chl_err error = chl_journal_reader_head(ctx->reader, &head);
    (void)pthread_mutex_unlock(&ctx->lock);
    *length = (size_t)snprintf(out, *length, "{\"zones\":[]}");
    *sequence = head.last;
    memcpy(hash, head.hash, sizeof head.hash);
    return error;
}

static void host_health(struct chl_ctx *ctx, bool ok, const char *text)
{
    (void)ctx;
    (void)fprintf(stderr, "stream_host: ok=%d %s\n", ok, text);
}

static const struct chl_host host = {
    .size = sizeof host,
    .log = host_log,
    .now_wall_ns = host_wall,
    .now_mono_ns = host_mono,
    .journal_info = host_info,
    .journal_read = host_read,
    .journal_fd = host_fd,
    .cursor_set = host_cursor_set,
    .snapshot = host_snapshot,
    .set_health = host_health,
};

static uint64_t append_batch(struct chl_ctx *ctx, size_t count, size_t size)
{
    static char bodies[BATCH][CHL_WIRE_BODY_MAX + 1];
    static char data[CHL_WIRE_BODY_MAX];
    struct chl_journal_entry entries[BATCH];
    struct chl_journal_head head;
    chl_journal_head(ctx->journal, &head);
    for (size_t i = 0; i < count; i++) {
        const uint64_t sequence = head.last + i + 1;
        const int64_t now = chl_wall_ns();
        const unsigned event_class = sequence % 5 == 0 ? CHL_CLASS_GATE : CHL_CLASS_FLOW;
        const char *type = event_class == CHL_CLASS_GATE ? "state" : "passage";
        const int length = snprintf(data, sizeof data, "{\"n\":%llu,\"fill\":\"%0*d\"}",
                                    (unsigned long long)sequence, (int)size, 0);
        entries[i] = (struct chl_journal_entry){.sequence = sequence,
                                                .wall_ns = now,
                                                .event_class = (uint8_t)event_class,
                                                .type = type,
                                                .body = (const uint8_t *)bodies[i]};
        entries[i].body_length =
            chl_wire_body(bodies[i], sizeof bodies[i], site, head.epoch, sequence, event_class,
                          type, now, data, (size_t)length);
    }
    if (chl_journal_append(ctx->journal, entries, count) != CHL_OK) {
        say("failed\n");
        exit(EXIT_FAILURE);
    }
    const uint64_t one = 1;
    (void)!write(ctx->event_fd, &one, sizeof one);
    return head.last + count;
}

static void append(struct chl_ctx *ctx, unsigned long count, unsigned long size)
{
    uint64_t head = 0;
    while (count > 0) {
        const size_t now = count < BATCH ? count : BATCH;
        head = append_batch(ctx, now, size);
        count -= now;
    }
    say("appended %llu\n", (unsigned long long)head);
}

static void list_cursors(struct chl_ctx *ctx)
{
    (void)pthread_mutex_lock(&ctx->lock);
    for (size_t i = 0; i < ctx->cursor_count; i++) {
        say("cursor %s %s %llu\n", ctx->cursors[i].owner, ctx->cursors[i].name,
            (unsigned long long)ctx->cursors[i].acknowledged);
    }
    (void)pthread_mutex_unlock(&ctx->lock);
    say("done\n");
}

static void obey(struct chl_ctx *ctx)
{
    char line[128];
    while (fgets(line, sizeof line, stdin) != NULL) {
        unsigned long count = 0;
        unsigned long size = 1;
        if (sscanf(line, "append %lu %lu", &count, &size) >= 1) {
            append(ctx, count, size);
        } else if (strcmp(line, "cursors\n") == 0) {
            list_cursors(ctx);
        } else if (strcmp(line, "quit\n") == 0) {
            return;
        }
    }
}

static bool open_journal(struct chl_ctx *ctx, const char *path)
{
    char why[512];
    if (chl_journal_open(path, site, &ctx->journal, why, sizeof why) != CHL_OK ||
        chl_journal_reader_open(path, &ctx->reader, why, sizeof why) != CHL_OK) {
        say("refused %s\n", why);
        return false;
    }
    ctx->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return ctx->event_fd >= 0;
}

static int serve(struct chl_ctx *ctx, const struct chl_plugin *plugin, const void *config)
{
    char why[512] = "start failed";
    struct chl_instance *instance = NULL;
    const struct chl_create args = {.size = sizeof args,
                                    .name = "stream",
                                    .config = config,
                                    .host = &host,
                                    .ctx = ctx,
                                    .data_dir = "."};
    if (plugin->ops->create(&args, &instance, why, sizeof why) != CHL_OK) {
        say("refused %s\n", why);
        return 3;
    }
    int result = 4;
    if (plugin->ops->start(instance) == CHL_OK) {
        struct chl_journal_head head;
        chl_journal_head(ctx->journal, &head);
        say("ready %llu\n", (unsigned long long)head.last);
        obey(ctx);
        plugin->ops->quiesce(instance);
        plugin->ops->stop(instance);
        result = 0;
    } else {
        say("refused %s\n", why);
    }
    plugin->ops->destroy(instance);
    return result;
}

int main(int argc, char **argv)
{
    struct chl_ctx ctx = {.event_fd = -1};
    struct chl_plugin_handle *handle = NULL;
    struct chl_plugin_setting settings[OPTIONS];
    const char *values[OPTIONS];
    struct chl_yaml *document = NULL;
    void *config = NULL;
    struct chl_yaml_error error;
    char why[CHL_PLUGIN_WHY_MAX];
    int result = EXIT_FAILURE;
    size_t count = 0;
    for (int i = 2; i < argc && count < OPTIONS; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals != NULL) {
            *equals = '\0';
            values[count] = equals + 1;
            settings[count] = (struct chl_plugin_setting){argv[i], &values[count], 1};
            count++;
        }
    }
    (void)pthread_mutex_init(&ctx.lock, NULL);
    if (argc < 2 || !open_journal(&ctx, argv[1])) {
        return EXIT_FAILURE;
    }
    if (chl_plugin_load(CHL_PLUGIN_DIR, "stream_zmq", &handle, why, sizeof why) != CHL_OK) {
        say("refused %s\n", why);
    } else if (chl_plugin_configure_with(handle, "command line", settings, count, &document,
                                         &config, &error) != CHL_OK) {
        say("refused %s\n", error.text);
    } else {
        result = serve(&ctx, chl_plugin_of(handle), config);
    }
    free(config);
    chl_yaml_free(document);
    chl_plugin_unload(handle);
    chl_journal_reader_close(ctx.reader);
    chl_journal_close(ctx.journal);
    (void)close(ctx.event_fd);
    return result;
}
