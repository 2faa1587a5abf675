/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The gate_modbus plugin loaded as the daemon does, with a host and a controller for it.
 */
#include "gate_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

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

static chl_err host_post_gate(struct chl_ctx *ctx, const struct chl_gate_report *report)
{
    chl_err err = CHL_E_BUSY;
    (void)pthread_mutex_lock(&ctx->mutex);
    if (!ctx->busy && ctx->count < REPORTS) {
        ctx->reports[ctx->count++] = *report;
        (void)pthread_cond_broadcast(&ctx->changed);
        err = CHL_OK;
    }
    (void)pthread_mutex_unlock(&ctx->mutex);
    return err;
}

static void host_health(struct chl_ctx *ctx, bool ok, const char *text)
{
    (void)pthread_mutex_lock(&ctx->mutex);
    ctx->healthy = ok;
    (void)snprintf(ctx->health, sizeof ctx->health, "%s", text);
    (void)pthread_cond_broadcast(&ctx->changed);
    (void)pthread_mutex_unlock(&ctx->mutex);
}

static const struct chl_host host = {.size = sizeof host,
                                     .log = host_log,
                                     .now_wall_ns = host_wall,
                                     .now_mono_ns = host_mono,
                                     .post_gate = host_post_gate,
                                     .set_health = host_health};

/* ---- the peer ---- */

/** `PORT 40123`, `listening 127.0.0.1:40123`, `listening rtu+tcp://127.0.0.1:40123`,
 * `LINE /dev/pts/7`, `listening rtu:///dev/pts/7`, or `ABSENT why`. */
static void take_place(struct fixture *f, const char *line)
{
    const char *place = line + strcspn(line, " ");
    f->absent = strncmp(line, "ABSENT", 6) == 0;
    if (f->absent) {
        print_message("SKIPPED: expected the peer's libraries, got%s\n", place);
    } else if (strstr(place, "/dev/") != NULL) {
        (void)snprintf(f->line, sizeof f->line, "%s", strstr(place, "/dev/"));
    } else {
        place = strrchr(place, ':') != NULL ? strrchr(place, ':') : place;
        f->port = *place != '\0' ? (int)strtol(place + 1, NULL, 10) : 0;
        assert_in_range(f->port, 1, 65535);
    }
}

static void peer_start(struct fixture *f, char *const *arguments)
{
    int in[2];
    int out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    f->peer = fork();
    assert_true(f->peer >= 0);
    if (f->peer == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)execv(arguments[0], arguments);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    f->to_peer = fdopen(in[1], "w");
    f->from_peer = fdopen(out[0], "r");
    assert_non_null(f->to_peer);
    assert_non_null(f->from_peer);
    char line[256] = "";
    assert_non_null(fgets(line, sizeof line, f->from_peer));
    line[strcspn(line, "\n")] = '\0';
    take_place(f, line);
}

void peer_kill(struct fixture *f)
{
    int status = 0;
    assert_int_equal(kill(f->peer, SIGKILL), 0);
    assert_int_equal(waitpid(f->peer, &status, 0), f->peer);
    (void)fclose(f->to_peer);
    (void)fclose(f->from_peer);
    f->peer = 0;
}

void peer_again(struct fixture *f)
{
    char port[8];
    char program[] = CHL_BINARY_DIR "/tests/modbus_peer";
    const int before = f->port;
    (void)snprintf(port, sizeof port, "%d", before);
    peer_start(f, (char *const[]){program, port, NULL});
    assert_int_equal(f->port, before);
}

static void peer_end(struct fixture *f)
{
    int status = 0;
    (void)fclose(f->to_peer);
    (void)fclose(f->from_peer);
    assert_int_equal(waitpid(f->peer, &status, 0), f->peer);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void ask(struct fixture *f, const char *line, char *reply, size_t size)
{
    assert_true(fprintf(f->to_peer, "%s\n", line) > 0);
    assert_int_equal(fflush(f->to_peer), 0);
    assert_non_null(fgets(reply, (int)size, f->from_peer));
}

long tell(struct fixture *f, const char *line)
{
    char reply[64] = "";
    ask(f, line, reply, sizeof reply);
    assert_string_not_equal(reply, "unknown\n");
    return strtol(reply, NULL, 10);
}

long peer_get(struct fixture *f, unsigned unit, unsigned address)
{
    char line[64];
    (void)snprintf(line, sizeof line, "get %u %u", unit, address);
    return tell(f, line);
}

/** Wait until a register has a value. */
void peer_wait(struct fixture *f, unsigned unit, unsigned address, long value)
{
    const struct timespec pause = {.tv_nsec = CHL_NS_PER_MS};
    const int64_t until = chl_mono_ns() + PATIENCE_MS * CHL_NS_PER_MS;
    while (peer_get(f, unit, address) != value) {
        assert_true(chl_mono_ns() < until);
        (void)nanosleep(&pause, NULL);
    }
}

/* ---- waiting for reports ---- */

bool is_done(const struct chl_gate_report *report, uint64_t id)
{
    return report->kind == CHL_REPORT_DONE && report->command_id == id;
}

bool is_up(const struct chl_gate_report *report, uint64_t gate)
{
    return report->kind == CHL_REPORT_LINK && report->link_up && report->gate.index == gate;
}

bool is_down(const struct chl_gate_report *report, uint64_t gate)
{
    return report->kind == CHL_REPORT_LINK && !report->link_up && report->gate.index == gate;
}

bool is_reading(const struct chl_gate_report *report, uint64_t gate)
{
    return report->kind == CHL_REPORT_READING && report->gate.index == gate;
}

/** Wait for a report after the first `from`; fails the test when it does not come. */
struct chl_gate_report await(struct fixture *f, size_t from, wanted matches, uint64_t value)
{
    struct chl_ctx *ctx = &f->ctx;
    struct timespec until;
    bool found = false;
    struct chl_gate_report report = {0};
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    (void)pthread_mutex_lock(&ctx->mutex);
    for (int failed = 0; !found && failed == 0;) {
        for (; from < ctx->count && !found; from++) {
            found = matches(&ctx->reports[from], value);
            report = ctx->reports[from];
        }
        if (!found) {
            failed = pthread_cond_timedwait(&ctx->changed, &ctx->mutex, &until);
        }
    }
    (void)pthread_mutex_unlock(&ctx->mutex);
    assert_true(found);
    return report;
}

void await_health(struct fixture *f, bool ok, const char *words)
{
    struct chl_ctx *ctx = &f->ctx;
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    (void)pthread_mutex_lock(&ctx->mutex);
    int failed = 0;
    while (failed == 0 && (ctx->healthy != ok || strstr(ctx->health, words) == NULL)) {
        failed = pthread_cond_timedwait(&ctx->changed, &ctx->mutex, &until);
    }
    if (failed != 0) {
        print_error("health: expected \"%s\", got \"%s\"\n", words, ctx->health);
    }
    (void)pthread_mutex_unlock(&ctx->mutex);
    assert_int_equal(failed, 0);
}

size_t mark(struct fixture *f)
{
    (void)pthread_mutex_lock(&f->ctx.mutex);
    const size_t count = f->ctx.count;
    (void)pthread_mutex_unlock(&f->ctx.mutex);
    return count;
}

size_t count_of(struct fixture *f, wanted matches, uint64_t value)
{
    size_t found = 0;
    (void)pthread_mutex_lock(&f->ctx.mutex);
    for (size_t i = 0; i < f->ctx.count; i++) {
        found += matches(&f->ctx.reports[i], value);
    }
    (void)pthread_mutex_unlock(&f->ctx.mutex);
    return found;
}

/* ---- the instance ---- */

chl_err create(struct fixture *f, size_t gates, const char *address, const char *gap,
               const char *capture)
{
    char response[16];
    (void)snprintf(response, sizeof response, "%d ms", RESPONSE_MS);
    const char *const values[] = {address,  "50 ms", response, "20 ms",
                                  "200 ms", gap,     capture,  f->baud};
    const char *const names[] = {"address",       "poll", "response-timeout", "reconnect-min",
                                 "reconnect-max", "gap",  "capture",          "baud"};
    struct chl_plugin_setting settings[8];
    size_t count = 0;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (values[i] != NULL) {
            settings[count++] = (struct chl_plugin_setting){names[i], &values[i], 1};
        }
    }
    struct chl_yaml_error error = {0};
    assert_int_equal(chl_plugin_configure_with(f->plugin, "test", settings, count, &f->document,
                                               &f->config, &error),
                     CHL_OK);
    for (size_t i = 0; i < gates; i++) {
        f->devices[i] = (struct chl_gate_device){.size = sizeof f->devices[i],
                                                 .gate = {(uint16_t)i},
                                                 .unit = (uint16_t)(i + 1),
                                                 .gate_name = "G",
                                                 .profile = CHL_SOURCE_DIR
                                                 "/firmware-config/lot-turnstile.yaml",
                                                 .pass_time_ms = 7000};
    }
    const struct chl_create args = {.size = sizeof args,
                                    .name = "bus",
                                    .config = f->config,
                                    .host = &host,
                                    .ctx = &f->ctx,
                                    .devices = f->devices,
                                    .device_count = gates};
    return f->ops->create(&args, &f->instance, f->why, sizeof f->why);
}

void start_at(struct fixture *f, size_t gates, const char *host_name)
{
    char address[64];
    (void)snprintf(address, sizeof address, "tcp://%s:%d", host_name, f->port);
    assert_int_equal(create(f, gates, address, "profile", NULL), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    for (size_t i = 0; i < gates; i++) {
        (void)await(f, 0, is_up, i);
        (void)await(f, 0, is_reading, i);
    }
}

struct chl_gate_command command(uint16_t gate, chl_gate_action action, uint16_t n, uint64_t id,
                                uint32_t generation)
{
    return (struct chl_gate_command){.size = sizeof(struct chl_gate_command),
                                     .action = (uint8_t)action,
                                     .mode = (uint8_t)n,
                                     .places = n,
                                     .gate = {gate},
                                     .id = id,
                                     .generation = generation,
                                     .deadline_ns = FAR};
}

struct chl_gate_report perform(struct fixture *f, uint16_t gate, chl_gate_action action, uint16_t n,
                               uint64_t id, uint32_t generation)
{
    const struct chl_gate_command c = command(gate, action, n, id, generation);
    assert_int_equal(f->ops->submit(f->instance, &c), CHL_OK);
    return await(f, 0, is_done, id);
}

int setup_alone(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)pthread_mutex_init(&f->ctx.mutex, NULL);
    (void)pthread_cond_init(&f->ctx.changed, NULL);
    const chl_err err = chl_plugin_load(CHL_STAGE_DIR "/" CHL_PLUGIN_SUBDIR, "gate_modbus",
                                        &f->plugin, f->why, sizeof f->why);
    if (err != CHL_OK) {
        print_error("%s\n", f->why);
    }
    assert_int_equal(err, CHL_OK);
    f->ops = chl_plugin_of(f->plugin)->ops;
    *state = f;
    return 0;
}

int setup_with(void **state, char *const *arguments)
{
    const int failed = setup_alone(state);
    if (failed == 0) {
        peer_start(*state, arguments);
    }
    return failed;
}

int setup(void **state)
{
    static char *const arguments[] = {CHL_BINARY_DIR "/tests/modbus_peer", NULL};
    return setup_with(state, arguments);
}

int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->instance != NULL) {
        f->ops->quiesce(f->instance);
        f->ops->stop(f->instance);
        f->ops->destroy(f->instance);
    }
    free(f->config);
    chl_yaml_free(f->document);
    chl_plugin_unload(f->plugin);
    if (f->peer > 0) {
        peer_end(f);
    }
    (void)pthread_cond_destroy(&f->ctx.changed);
    (void)pthread_mutex_destroy(&f->ctx.mutex);
    free(f);
    return 0;
}
