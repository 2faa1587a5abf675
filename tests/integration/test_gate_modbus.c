/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The gate_modbus plugin as the daemon loads it, against a controller over loopback.
 */
#include "lib/pluginhost/pluginhost.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"

#define FAR INT64_MAX

enum { REPORTS = 8192, GATES_MAX = 8, PATIENCE_MS = 10000, RESPONSE_MS = 300 };

/** What the instance sees as its host. */
struct chl_ctx {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct chl_gate_report reports[REPORTS];
    size_t count;
    bool busy;
    bool healthy;
};

struct fixture {
    struct chl_ctx ctx;
    FILE *to_peer, *from_peer;
    pid_t peer;
    int port;
    struct chl_plugin_handle *plugin;
    const struct chl_ops *ops;
    struct chl_yaml *document;
    void *config;
    struct chl_gate_device devices[GATES_MAX];
    struct chl_instance *instance;
    char why[CHL_PLUGIN_WHY_MAX];
};

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
    (void)text;
    (void)pthread_mutex_lock(&ctx->mutex);
    ctx->healthy = ok;
    (void)pthread_mutex_unlock(&ctx->mutex);
}

static const struct chl_host host = {.size = sizeof host,
                                     .log = host_log,
                                     .now_wall_ns = host_wall,
                                     .now_mono_ns = host_mono,
                                     .post_gate = host_post_gate,
                                     .set_health = host_health};

/* ---- the peer ---- */

static void peer_start(struct fixture *f)
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
        (void)execl(CHL_BINARY_DIR "/tests/modbus_peer", "modbus_peer", (char *)NULL);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    f->to_peer = fdopen(in[1], "w");
    f->from_peer = fdopen(out[0], "r");
    assert_non_null(f->to_peer);
    assert_non_null(f->from_peer);
    char line[64] = "";
    assert_non_null(fgets(line, sizeof line, f->from_peer));
    assert_memory_equal(line, "PORT ", 5);
    f->port = (int)strtol(line + 5, NULL, 10);
}

static void peer_end(struct fixture *f)
{
    int status = 0;
    (void)fclose(f->to_peer);
    (void)fclose(f->from_peer);
    assert_int_equal(waitpid(f->peer, &status, 0), f->peer);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static long tell(struct fixture *f, const char *line)
{
    char reply[64] = "";
    assert_true(fprintf(f->to_peer, "%s\n", line) > 0);
    assert_int_equal(fflush(f->to_peer), 0);
    assert_non_null(fgets(reply, sizeof reply, f->from_peer));
    assert_string_not_equal(reply, "unknown\n");
    return strtol(reply, NULL, 10);
}

static long peer_get(struct fixture *f, unsigned unit, unsigned address)
{
    char line[64];
    (void)snprintf(line, sizeof line, "get %u %u", unit, address);
    return tell(f, line);
}

/** Wait until a register has a value. */
static void peer_wait(struct fixture *f, unsigned unit, unsigned address, long value)
{
    const struct timespec pause = {.tv_nsec = CHL_NS_PER_MS};
    const int64_t until = chl_mono_ns() + PATIENCE_MS * CHL_NS_PER_MS;
    while (peer_get(f, unit, address) != value) {
        assert_true(chl_mono_ns() < until);
        (void)nanosleep(&pause, NULL);
    }
}

/* ---- waiting for reports ---- */

typedef bool (*wanted)(const struct chl_gate_report *report, uint64_t value);

static bool is_done(const struct chl_gate_report *report, uint64_t id)
{
    return report->kind == CHL_REPORT_DONE && report->command_id == id;
}

static bool is_up(const struct chl_gate_report *report, uint64_t gate)
{
    return report->kind == CHL_REPORT_LINK && report->link_up && report->gate.index == gate;
}

static bool is_down(const struct chl_gate_report *report, uint64_t gate)
{
    return report->kind == CHL_REPORT_LINK && !report->link_up && report->gate.index == gate;
}

static bool is_reading(const struct chl_gate_report *report, uint64_t gate)
{
    return report->kind == CHL_REPORT_READING && report->gate.index == gate;
}

/** Wait for a report after the first `from`; fails the test when it does not come. */
static struct chl_gate_report await(struct fixture *f, size_t from, wanted matches, uint64_t value)
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

static size_t mark(struct fixture *f)
{
    (void)pthread_mutex_lock(&f->ctx.mutex);
    const size_t count = f->ctx.count;
    (void)pthread_mutex_unlock(&f->ctx.mutex);
    return count;
}

static size_t count_of(struct fixture *f, wanted matches, uint64_t value)
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

static chl_err create(struct fixture *f, size_t gates, const char *address, const char *gap,
                      const char *capture)
{
    char response[16];
    (void)snprintf(response, sizeof response, "%d ms", RESPONSE_MS);
    const char *const values[] = {address, "50 ms", response, "20 ms", "200 ms", gap, capture};
    const char *const names[] = {"address",       "poll", "response-timeout", "reconnect-min",
                                 "reconnect-max", "gap",  "capture"};
    struct chl_plugin_setting settings[7];
    size_t count = 0;
    for (size_t i = 0; i < 7; i++) {
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

static void start_at(struct fixture *f, size_t gates, const char *host_name)
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

static struct chl_gate_command command(uint16_t gate, chl_gate_action action, uint16_t n,
                                       uint64_t id, uint32_t generation)
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

static struct chl_gate_report perform(struct fixture *f, uint16_t gate, chl_gate_action action,
                                      uint16_t n, uint64_t id, uint32_t generation)
{
    const struct chl_gate_command c = command(gate, action, n, id, generation);
    assert_int_equal(f->ops->submit(f->instance, &c), CHL_OK);
    return await(f, 0, is_done, id);
}

static int setup(void **state)
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
    peer_start(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
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
    peer_end(f);
    (void)pthread_cond_destroy(&f->ctx.changed);
    (void)pthread_mutex_destroy(&f->ctx.mutex);
    free(f);
    return 0;
}

/* ---- tests ---- */

static void test_start_holds_the_way_out_free(void **state)
{
    struct fixture *f = *state;
    (void)tell(f, "set 2 0x44 0xFFFE");
    (void)tell(f, "set 2 0x45 1");
    (void)tell(f, "set 2 0x3000 2");
    start_at(f, 2, "127.0.0.1");
    peer_wait(f, 1, 0x41, 0xFFFF);
    peer_wait(f, 2, 0x41, 0xFFFF);
    const struct chl_gate_report reading = await(f, 0, is_reading, 1);
    assert_int_equal(reading.reading.entry_count, 131070);
    assert_int_equal(reading.reading.mode, CHL_MODE_EMERGENCY);
    assert_int_equal(peer_get(f, 2, 0x3000), 2);
    (void)tell(f, "set 1 0x41 0");
    peer_wait(f, 1, 0x41, 0xFFFF);
}

static void test_release_cancel_and_modes(void **state)
{
    struct fixture *f = *state;
    start_at(f, 1, "localhost"); /* a name, and its first address may be ::1 */
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 4, 1, 1).status, CHL_COMMAND_DONE);
    assert_int_equal(peer_get(f, 1, 0x40), 4);
    const struct chl_gate_report cancelled = perform(f, 0, CHL_GATE_CANCEL, 0, 2, 1);
    assert_int_equal(cancelled.status, CHL_COMMAND_DONE);
    assert_true(cancelled.has_reading);
    assert_int_equal(cancelled.reading.entry_left, 0);
    assert_int_equal(peer_get(f, 1, 0x40), 0);
    assert_int_equal(perform(f, 0, CHL_GATE_MODE, CHL_MODE_FREE, 3, 1).status, CHL_COMMAND_DONE);
    assert_int_equal(peer_get(f, 1, 0x40), 0xFFFF);
    assert_int_equal(perform(f, 0, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 4, 2).reading.mode,
                     CHL_MODE_EMERGENCY);
    assert_int_equal(perform(f, 0, CHL_GATE_MODE, CHL_MODE_BLOCKED, 5, 3).status, CHL_COMMAND_DONE);
    assert_int_equal(peer_get(f, 1, 0x3000), 0);
    assert_int_equal(peer_get(f, 1, 0x40), 0);
    assert_int_equal(peer_get(f, 1, 0x41), 0xFFFF);
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 1, 6, 2).status, CHL_COMMAND_ABORTED);
    assert_int_equal(peer_get(f, 1, 0x40), 0);
}

/** After each misbehaviour: UNKNOWN, the device read back, exactly one write carried out. */
static void release_into(struct fixture *f, const char *manner, long acted)
{
    char line[64];
    const long before = tell(f, "writes 1");
    (void)snprintf(line, sizeof line, "manner 1 %s", manner);
    static uint64_t id = 1000;
    (void)tell(f, "set 1 0x40 0");
    (void)tell(f, line);
    const size_t from = mark(f);
    const struct chl_gate_report report = perform(f, 0, CHL_GATE_RELEASE, 1, ++id, 1);
    /* A poll may have met the misbehaviour first; then the release waits for the device, or is
     * carried out once it is well again. */
    (void)tell(f, "manner 1 well");
    if (report.status == CHL_COMMAND_UNKNOWN) {
        (void)await(f, from, is_reading, 0);
        assert_in_range(tell(f, "writes 1") - before, 0, acted);
    } else {
        assert_int_equal(report.status, CHL_COMMAND_DONE);
    }
    assert_int_equal(count_of(f, is_done, id), 1);
}

static void test_lost_acknowledgement_is_unknown(void **state)
{
    struct fixture *f = *state;
    start_at(f, 1, "127.0.0.1");
    peer_wait(f, 1, 0x41, 0xFFFF);
    assert_int_equal(perform(f, 0, CHL_GATE_READ, 0, 1, 1).status, CHL_COMMAND_DONE);
    struct chl_gate_command c = command(0, CHL_GATE_RELEASE, 1, 2, 1);
    c.deadline_ns = chl_mono_ns() + 3 * CHL_NS_PER_S;
    const long before = tell(f, "writes 1");
    size_t from = mark(f);
    (void)tell(f, "manner 1 deaf");
    assert_int_equal(f->ops->submit(f->instance, &c), CHL_OK);
    (void)await(f, from, is_down, 0);
    from = mark(f);
    (void)tell(f, "manner 1 well");
    (void)await(f, from, is_up, 0);
    const struct chl_gate_report report = await(f, 0, is_done, 2);
    /* Either the release met the silence, or a poll did and the release came after it. */
    assert_true(report.status == CHL_COMMAND_UNKNOWN || report.status == CHL_COMMAND_DONE);
    assert_int_equal(tell(f, "writes 1") - before, 1);
    assert_int_equal(peer_get(f, 1, 0x40), 1);
}

static void test_wrong_echo_is_not_an_acknowledgement(void **state)
{
    struct fixture *f = *state;
    start_at(f, 1, "127.0.0.1");
    peer_wait(f, 1, 0x41, 0xFFFF);
    (void)perform(f, 0, CHL_GATE_READ, 0, 1, 1);
    (void)tell(f, "manner 1 echo"); /* polls stay well: the release is what meets it */
    const struct chl_gate_report report = perform(f, 0, CHL_GATE_RELEASE, 1, 2, 1);
    assert_int_equal(report.status, CHL_COMMAND_UNKNOWN);
    assert_non_null(strstr(report.text, "address"));
    const size_t from = mark(f);
    (void)tell(f, "manner 1 well");
    (void)await(f, from, is_up, 0);
    assert_int_equal(perform(f, 0, CHL_GATE_CANCEL, 0, 3, 1).status, CHL_COMMAND_DONE);
}

static void test_slow_device_is_waited_for(void **state)
{
    struct fixture *f = *state;
    start_at(f, 1, "127.0.0.1");
    (void)tell(f, "manner 1 slow 40");
    for (uint64_t id = 1; id <= 3; id++) {
        assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 1, id, 1).status, CHL_COMMAND_DONE);
    }
    assert_int_equal(count_of(f, is_down, 0), 0);
}

static void test_recovers_from_every_misbehaviour(void **state)
{
    struct fixture *f = *state;
    start_at(f, 1, "127.0.0.1");
    peer_wait(f, 1, 0x41, 0xFFFF);
    (void)perform(f, 0, CHL_GATE_READ, 0, 1, 1);
    release_into(f, "slow 30", 1);
    release_into(f, "babble", 1);
    (void)tell(f, "manner 1 tid");
    size_t from = mark(f);
    (void)await(f, from, is_down, 0);
    (void)tell(f, "manner 1 well");
    (void)await(f, from, is_up, 0);
    (void)tell(f, "manner 1 close");
    from = mark(f);
    (void)await(f, from, is_down, 0);
    (void)tell(f, "manner 1 slow 450"); /* the answers come after the timeout */
    (void)tell(f, "manner 1 well");
    (void)await(f, from, is_up, 0);
    from = mark(f);
    (void)tell(f, "drop");
    (void)await(f, from, is_reading, 0);
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 2, 9, 1).status, CHL_COMMAND_DONE);
    assert_int_equal(peer_get(f, 1, 0x40), 2);
}

static void test_dead_unit_leaves_the_others_up(void **state)
{
    struct fixture *f = *state;
    start_at(f, 3, "127.0.0.1");
    size_t from = mark(f);
    (void)tell(f, "manner 2 silent");
    (void)await(f, from, is_down, 1);
    for (uint64_t id = 1; id <= 20; id++) {
        const uint16_t gate = id % 2 == 0 ? 0 : 2;
        assert_int_equal(perform(f, gate, CHL_GATE_RELEASE, 1, id, 1).status, CHL_COMMAND_DONE);
    }
    assert_int_equal(count_of(f, is_down, 0), 0);
    assert_int_equal(count_of(f, is_down, 2), 0);
    from = mark(f);
    (void)tell(f, "manner 2 well");
    (void)await(f, from, is_up, 1);
}

static void test_refused_connection_then_up(void **state)
{
    struct fixture *f = *state;
    char address[64];
    (void)tell(f, "listen off");
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", f->port);
    assert_int_equal(create(f, 1, address, "0 ms", NULL), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    assert_non_null(strstr(await(f, 0, is_down, 0).text, "refused"));
    (void)tell(f, "listen on");
    (void)await(f, 0, is_up, 0);
}

static void test_stop_completes_all_and_is_quick(void **state)
{
    struct fixture *f = *state;
    start_at(f, 2, "127.0.0.1");
    (void)tell(f, "manner 1 silent");
    for (uint64_t id = 1; id <= 8; id++) {
        const struct chl_gate_command c = command(0, CHL_GATE_RELEASE, 1, id, 1);
        assert_int_equal(f->ops->submit(f->instance, &c), CHL_OK);
    }
    const struct chl_gate_command more = command(0, CHL_GATE_RELEASE, 1, 9, 1);
    assert_int_equal(f->ops->submit(f->instance, &more), CHL_E_BUSY);
    const struct chl_gate_command strange = command(77, CHL_GATE_RELEASE, 1, 9, 1);
    assert_int_equal(f->ops->submit(f->instance, &strange), CHL_E_NOTFOUND);
    const int64_t began = chl_mono_ns();
    f->ops->quiesce(f->instance);
    assert_int_equal(f->ops->submit(f->instance, &more), CHL_E_STATE);
    f->ops->stop(f->instance);
    /* At most the transaction under way; the rest is slack for a loaded machine. */
    assert_true(chl_mono_ns() - began < (RESPONSE_MS + 1500) * CHL_NS_PER_MS);
    for (uint64_t id = 1; id <= 8; id++) {
        assert_int_equal(count_of(f, is_done, id), 1);
        const uint8_t status = await(f, 0, is_done, id).status;
        assert_true(status == CHL_COMMAND_ABORTED || status == CHL_COMMAND_UNKNOWN);
    }
    const size_t after = mark(f);
    (void)tell(f, "manner 1 well");
    assert_int_equal(f->ops->start(f->instance), CHL_OK); /* and it can be started again */
    (void)await(f, after, is_reading, 1);
}

static void test_emergency_voids_waiting_releases(void **state)
{
    struct fixture *f = *state;
    start_at(f, 2, "127.0.0.1");
    peer_wait(f, 1, 0x41, 0xFFFF);
    peer_wait(f, 2, 0x41, 0xFFFF);
    (void)tell(f, "manner 2 slow 100"); /* keeps the bus taken while the orders arrive */
    const struct chl_gate_command hold = command(1, CHL_GATE_RELEASE, 1, 1, 1);
    assert_int_equal(f->ops->submit(f->instance, &hold), CHL_OK);
    const struct chl_gate_command old = command(0, CHL_GATE_RELEASE, 9, 2, 1);
    const struct chl_gate_command open = command(0, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 3, 2);
    assert_int_equal(f->ops->submit(f->instance, &old), CHL_OK);
    assert_int_equal(f->ops->submit(f->instance, &open), CHL_OK);
    assert_int_equal(await(f, 0, is_done, 3).status, CHL_COMMAND_DONE);
    const uint8_t status = await(f, 0, is_done, 2).status;
    assert_true(status == CHL_COMMAND_ABORTED || status == CHL_COMMAND_DONE);
    assert_int_equal(peer_get(f, 1, 0x40), status == CHL_COMMAND_DONE ? 9 : 0);
    assert_int_equal(peer_get(f, 1, 0x3000), 2);
}

struct submitter {
    struct fixture *f;
    uint16_t gate;
    unsigned accepted;
};

enum { EACH = 100 };

static void *submit_many(void *argument)
{
    struct submitter *s = argument;
    const struct timespec pause = {.tv_nsec = CHL_NS_PER_MS / 2};
    while (s->accepted < EACH) {
        const uint64_t id = (uint64_t)s->gate * 1000 + s->accepted;
        const struct chl_gate_command c = command(s->gate, CHL_GATE_RELEASE, 1, id, 1);
        if (s->f->ops->submit(s->f->instance, &c) == CHL_OK) {
            s->accepted++;
        } else {
            (void)nanosleep(&pause, NULL);
        }
    }
    return NULL;
}

static void test_every_thread_gets_each_completion_once(void **state)
{
    struct fixture *f = *state;
    char address[64];
    pthread_t threads[4];
    struct submitter submitters[4];
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", f->port);
    assert_int_equal(create(f, 4, address, "0 ms", NULL), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    for (uint16_t i = 0; i < 4; i++) {
        submitters[i] = (struct submitter){.f = f, .gate = i};
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &submitters[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    for (uint64_t gate = 0; gate < 4; gate++) {
        for (uint64_t id = gate * 1000; id < gate * 1000 + EACH; id++) {
            assert_int_equal(await(f, 0, is_done, id).status, CHL_COMMAND_DONE);
            assert_int_equal(count_of(f, is_done, id), 1);
        }
    }
}

static void test_capture_shows_the_frames(void **state)
{
    struct fixture *f = *state;
    char dir[] = "/tmp/chl-capture-XXXXXX";
    char path[64];
    char address[64];
    char line[1024];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/bus.txt", dir);
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", f->port);
    assert_int_equal(create(f, 1, address, "profile", path), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    (void)await(f, 0, is_up, 0);
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 3, 1, 1).status, CHL_COMMAND_DONE);
    f->ops->stop(f->instance);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    bool asked = false;
    bool acknowledged = false;
    while (fgets(line, sizeof line, file) != NULL) {
        asked =
            asked || (strstr(line, " > ") != NULL && strstr(line, "011000400001020003") != NULL);
        acknowledged =
            acknowledged || (strstr(line, " < ") != NULL && strstr(line, "011000400001\n") != NULL);
    }
    (void)fclose(file);
    (void)unlink(path);
    (void)rmdir(dir);
    assert_true(asked);
    assert_true(acknowledged);
}

static void test_bad_options_are_explained(void **state)
{
    struct fixture *f = *state;
    static const char *const addresses[] = {"127.0.0.1:502",     "tcp://",         "tcp://:502",
                                            "tcp://h:0",         "tcp://h:70000",  "tcp://h:5x",
                                            "tcp://[::1",        "tcp://[::1]502", "rtu:///dev/x",
                                            "tcp://h:123456789", "udp://h:502"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        assert_int_equal(create(f, 1, addresses[i], "profile", NULL), CHL_E_CONFIG);
        assert_non_null(strstr(f->why, "expected tcp://"));
        free(f->config);
        chl_yaml_free(f->document);
    }
    assert_int_equal(create(f, 1, "tcp://h", "5 s", NULL), CHL_E_CONFIG);
    assert_non_null(strstr(f->why, "gap"));
}

/** A descriptor that libmodbus cannot wait for is refused, not the end of the process. */
static void test_high_descriptor_is_refused(void **state)
{
    struct fixture *f = *state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit old = limit;
    if (limit.rlim_max < 2048) {
        skip();
    }
    limit.rlim_cur = 2048;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    char address[64];
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", f->port);
    assert_int_equal(create(f, 1, address, "profile", NULL), CHL_OK);
    static int taken[1024];
    size_t count = 0;
    for (int fd = 0; fd < 1023 && count < 1024; count++) {
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        taken[count] = fd;
    }
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
    assert_non_null(strstr(await(f, 0, is_down, 0).text, "too many open files"));
    for (size_t i = 0; i < count; i++) {
        (void)close(taken[i]);
    }
    (void)await(f, 0, is_up, 0);
    f->ops->stop(f->instance);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

#define WITH_PEER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEER(test_start_holds_the_way_out_free),
        WITH_PEER(test_release_cancel_and_modes),
        WITH_PEER(test_lost_acknowledgement_is_unknown),
        WITH_PEER(test_wrong_echo_is_not_an_acknowledgement),
        WITH_PEER(test_slow_device_is_waited_for),
        WITH_PEER(test_recovers_from_every_misbehaviour),
        WITH_PEER(test_dead_unit_leaves_the_others_up),
        WITH_PEER(test_refused_connection_then_up),
        WITH_PEER(test_stop_completes_all_and_is_quick),
        WITH_PEER(test_emergency_voids_waiting_releases),
        WITH_PEER(test_every_thread_gets_each_completion_once),
        WITH_PEER(test_capture_shows_the_frames),
        WITH_PEER(test_bad_options_are_explained),
        WITH_PEER(test_high_descriptor_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
