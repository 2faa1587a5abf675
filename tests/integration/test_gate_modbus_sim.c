/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The gate_modbus plugin against simulated turnstiles: what was granted is what passed.
 */
#include "gate_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { REPLY = 8192 };

static void door(struct fixture *f, const char *line, char *reply)
{
    ask(f, line, reply, REPLY);
    assert_non_null(strstr(reply, "\"ok\":true"));
}

static void order(struct fixture *f, const char *line)
{
    char reply[REPLY] = "";
    door(f, line, reply);
}

/** First number of that name in the simulator's account of what really happened; the totals come
 *  behind their own key. */
static long truth(struct fixture *f, const char *part, const char *name)
{
    char reply[REPLY] = "";
    char key[32];
    door(f, "{\"op\":\"truth\"}", reply);
    const char *at = strstr(reply, part);
    assert_non_null(at);
    (void)snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(at, key);
    assert_non_null(at);
    return strtol(at + strlen(key), NULL, 10);
}

static bool is_entered(const struct chl_gate_report *report, uint64_t entries)
{
    return report->kind == CHL_REPORT_READING && report->gate.index == 0 &&
           report->reading.entry_count == entries;
}

static bool is_out(const struct chl_gate_report *report, uint64_t exits)
{
    return report->kind == CHL_REPORT_READING && report->gate.index == 0 &&
           report->reading.exit_count == exits;
}

static bool is_exit_free(const struct chl_gate_report *report, uint64_t gate)
{
    return report->kind == CHL_REPORT_READING && report->gate.index == gate &&
           report->reading.exit_left == 0xFFFF;
}

static int setup_sim(void **state)
{
    static char *const arguments[] = {CHL_STAGE_DIR "/bin/chilang-sim",
                                      "--profile",
                                      CHL_SOURCE_DIR "/firmware-config/lot-turnstile.yaml",
                                      "--listen",
                                      "127.0.0.1:0",
                                      "--units",
                                      "3",
                                      "--stdin",
                                      NULL};
    return setup_with(state, arguments);
}

static int teardown_sim(void **state)
{
    struct fixture *f = *state;
    assert_true(fputs("{\"op\":\"quit\"}\n", f->to_peer) >= 0);
    return teardown(state);
}

static void test_granted_people_pass(void **state)
{
    struct fixture *f = *state;
    start_at(f, 3, "127.0.0.1");
    (void)await(f, 0, is_exit_free, 0);
    assert_int_equal(perform(f, 0, CHL_GATE_RELEASE, 2, 1, 1).status, CHL_COMMAND_DONE);
    order(f, "{\"op\":\"person\",\"unit\":1,\"manner\":\"walk\",\"way\":\"entry\"}");
    (void)await(f, 0, is_entered, 1);
    const struct chl_gate_report cancelled = perform(f, 0, CHL_GATE_CANCEL, 0, 2, 1);
    assert_int_equal(cancelled.status, CHL_COMMAND_DONE);
    assert_int_equal(cancelled.reading.entry_left, 0);
    assert_int_equal(cancelled.reading.entry_count, 1);
    order(f, "{\"op\":\"person\",\"unit\":1,\"manner\":\"walk\",\"way\":\"exit\"}");
    (void)await(f, 0, is_out, 1);
    assert_int_equal(truth(f, "\"total\"", "entered"), 1);
    assert_int_equal(truth(f, "\"total\"", "left"), 1);
    assert_int_equal(truth(f, "\"total\"", "refused_exits"), 0);
}

/** The device acted, its acknowledgement did not come: UNKNOWN, then read, never repeated. */
static void test_silent_device_is_read_back(void **state)
{
    struct fixture *f = *state;
    start_at(f, 3, "127.0.0.1");
    (void)await(f, 0, is_exit_free, 0);
    (void)perform(f, 0, CHL_GATE_READ, 0, 1, 1);
    const long grants = truth(f, "\"total\"", "grants");
    struct chl_gate_command c = command(0, CHL_GATE_RELEASE, 1, 2, 1);
    size_t from = mark(f);
    order(f, "{\"op\":\"silent\",\"unit\":1,\"on\":true}");
    assert_int_equal(f->ops->submit(f->instance, &c), CHL_OK);
    (void)await(f, from, is_down, 0);
    from = mark(f);
    order(f, "{\"op\":\"silent\",\"unit\":1,\"on\":false}");
    (void)await(f, from, is_up, 0);
    (void)await(f, from, is_reading, 0);
    /* A poll may have met the silence first; then the release followed it. */
    const uint8_t status = await(f, 0, is_done, 2).status;
    assert_true(status == CHL_COMMAND_UNKNOWN || status == CHL_COMMAND_DONE);
    assert_in_range(truth(f, "\"total\"", "grants") - grants, 0, 1);
    assert_int_equal(count_of(f, is_down, 1), 0);
    assert_int_equal(count_of(f, is_down, 2), 0);
}

/** A device that restarts forgets that its way out was free; it is freed again. */
static void test_rebooted_device_is_freed_again(void **state)
{
    struct fixture *f = *state;
    start_at(f, 3, "127.0.0.1");
    (void)await(f, 0, is_exit_free, 1);
    size_t from = mark(f);
    order(f, "{\"op\":\"reboot\",\"unit\":2,\"off_ms\":500}");
    (void)await(f, from, is_down, 1);
    (void)await(f, from, is_up, 1);
    (void)await(f, from, is_exit_free, 1);
    order(f, "{\"op\":\"person\",\"unit\":2,\"manner\":\"walk\",\"way\":\"exit\"}");
    assert_int_equal(truth(f, "\"total\"", "refused_exits"), 0);
    assert_int_equal(perform(f, 1, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 3, 2).status,
                     CHL_COMMAND_DONE);
    from = mark(f);
    order(f, "{\"op\":\"reboot\",\"unit\":2,\"off_ms\":500}");
    (void)await(f, from, is_down, 1);
    (void)await(f, from, is_up, 1);
    /* The emergency outlived the restart and is adopted. */
    assert_int_equal(await(f, from, is_reading, 1).reading.mode, CHL_MODE_EMERGENCY);
}

/** Never sooner than the profile's gap, by the device's own clock. */
static void test_device_is_never_asked_too_early(void **state)
{
    struct fixture *f = *state;
    start_at(f, 3, "127.0.0.1");
    for (uint64_t id = 1; id <= 60; id++) {
        (void)perform(f, (uint16_t)(id % 3), id % 2 == 0 ? CHL_GATE_RELEASE : CHL_GATE_CANCEL, 1,
                      id, 1);
    }
    assert_true(truth(f, "\"total\"", "grants") >= 30);
    static const char *const units[] = {"\"unit\":1,", "\"unit\":2,", "\"unit\":3,"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(truth(f, units[i], "requests") > 20);
        assert_int_equal(truth(f, units[i], "exceptions"), 0);
        assert_int_equal(truth(f, units[i], "early"), 0);
    }
}

#define WITH_SIM(test) cmocka_unit_test_setup_teardown(test, setup_sim, teardown_sim)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SIM(test_granted_people_pass),
        WITH_SIM(test_silent_device_is_read_back),
        WITH_SIM(test_rebooted_device_is_freed_again),
        WITH_SIM(test_device_is_never_asked_too_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
