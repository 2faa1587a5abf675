/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief gate_modbus on simulated turnstiles whose answers go wrong in every way the simulator
 *  knows: over TCP, a serial line, or RTU frames over TCP, as the argument says.
 *
 *  Whatever comes back, a release is carried out at most once, its completion comes exactly once
 *  and is no acknowledgement unless the answer was one, and the gate works again afterwards.
 */
#include "gate_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REPLY = 8192, GATES = 2 };

static const char *wire = "tcp"; /* or rtu, rtu+tcp */

/** What one spoilt answer to a release means. */
struct fault_case {
    const char *name, *more;
    bool tcp_only;
    uint8_t status;
    long carried_out;
};

static const struct fault_case cases[] = {
    {"late", ",\"ms\":900", false, CHL_COMMAND_UNKNOWN, 1},
    {"stale", "", false, CHL_COMMAND_UNKNOWN, 1},
    {"wrong-transaction", "", true, CHL_COMMAND_UNKNOWN, 1},
    {"wrong-unit", "", false, CHL_COMMAND_UNKNOWN, 1},
    {"wrong-function", "", false, CHL_COMMAND_UNKNOWN, 1},
    {"wrong-address", "", false, CHL_COMMAND_UNKNOWN, 1},
    {"wrong-value", "", false, CHL_COMMAND_UNKNOWN, 1},
    {"exception", ",\"code\":2", false, CHL_COMMAND_FAILED, 0},
    {"exception", ",\"code\":4", false, CHL_COMMAND_UNKNOWN, 0}, /* it broke while it did it */
    {"garbage", "", false, CHL_COMMAND_UNKNOWN, 1},
    {"crc", "", false, CHL_COMMAND_UNKNOWN, 1},
    {"short", "", false, CHL_COMMAND_UNKNOWN, 1},
    {"dribble", ",\"ms\":150", false, CHL_COMMAND_UNKNOWN, 1},
    {"twice", "", false, CHL_COMMAND_DONE, 1},
};

enum { CASES = sizeof cases / sizeof *cases };

static void order(struct fixture *f, const char *line, char *reply)
{
    ask(f, line, reply, REPLY);
    assert_non_null(strstr(reply, "\"ok\":true"));
}

/** How many grants unit 1 has really been given. */
static long grants(struct fixture *f)
{
    char reply[REPLY] = "";
    order(f, "{\"op\":\"truth\"}", reply);
    const char *at = strstr(reply, "\"unit\":1,");
    assert_non_null(at);
    at = strstr(at, "\"grants\":");
    assert_non_null(at);
    return strtol(at + strlen("\"grants\":"), NULL, 10);
}

static void spoil(struct fixture *f, const struct fault_case *fault, int function)
{
    char line[160];
    char reply[REPLY] = "";
    (void)snprintf(line, sizeof line,
                   "{\"op\":\"fault\",\"unit\":1,\"kind\":\"%s\",\"times\":1,\"function\":%d%s}",
                   fault->name, function, fault->more);
    order(f, line, reply);
}

static bool applies(const struct fault_case *fault)
{
    return !fault->tcp_only || strcmp(wire, "tcp") == 0;
}

static void start_on_wire(struct fixture *f)
{
    char address[160];
    if (f->line[0] != '\0') {
        (void)snprintf(address, sizeof address, "rtu://%s", f->line);
    } else {
        (void)snprintf(address, sizeof address, "%s://127.0.0.1:%d", wire, f->port);
    }
    assert_int_equal(create(f, GATES, address, "profile", NULL), CHL_OK);
    assert_int_equal(f->ops->start(f->instance), CHL_OK);
}

static bool is_exit_free(const struct chl_gate_report *report, uint64_t gate)
{
    return is_reading(report, gate) && report->reading.exit_left == 0xFFFF;
}

/** The gate works: an order of its own is acknowledged, however often it has to be given. */
static void await_good(struct fixture *f, uint64_t *id)
{
    for (int tries = 0; tries < 100; tries++) {
        if (perform(f, 0, CHL_GATE_CANCEL, 0, (*id)++, 1).status == CHL_COMMAND_DONE) {
            return;
        }
    }
    fail_msg("%s", "expected the gate to obey again, it does not");
}

static void test_spoilt_acknowledgement_of_a_release(void **state)
{
    struct fixture *f = *state;
    uint64_t id = 1;
    start_on_wire(f);
    (void)await(f, 0, is_exit_free, 0);
    (void)await(f, 0, is_exit_free, 1);
    await_good(f, &id);
    for (size_t i = 0; i < CASES; i++) {
        const struct fault_case *fault = &cases[i];
        if (!applies(fault)) {
            continue;
        }
        const long before = grants(f);
        spoil(f, fault, 16);
        const uint64_t release = id++;
        const uint8_t status = perform(f, 0, CHL_GATE_RELEASE, 1, release, 1).status;
        if (status != fault->status) {
            print_error("%s: expected status %d, got %d\n", fault->name, fault->status, status);
        }
        assert_int_equal(status, fault->status);
        await_good(f, &id);
        assert_int_equal(grants(f) - before, fault->carried_out);
        assert_int_equal(count_of(f, is_done, release), 1);
    }
}

static bool is_wrong(const struct chl_gate_report *report, uint64_t gate)
{
    return is_reading(report, gate) &&
           (report->reading.entry_count != 0 || report->reading.exit_count != 0);
}

/** Nobody ever passes here: whatever a spoilt reading says, it is not believed. */
static void test_spoilt_readings(void **state)
{
    struct fixture *f = *state;
    uint64_t id = 1;
    if (strcmp(wire, "rtu+tcp") == 0) {
        skip(); /* the frames of a line, which has its own run: it takes its time */
    }
    start_on_wire(f);
    (void)await(f, 0, is_exit_free, 0);
    (void)await(f, 0, is_exit_free, 1);
    for (size_t i = 0; i < CASES; i++) {
        if (applies(&cases[i])) {
            spoil(f, &cases[i], 3);
            (void)perform(f, 0, CHL_GATE_READ, 0, id++, 1);
            await_good(f, &id);
        }
    }
    assert_int_equal(count_of(f, is_wrong, 0), 0);
    assert_int_equal(count_of(f, is_wrong, 1), 0);
    assert_int_equal(perform(f, 1, CHL_GATE_RELEASE, 1, id, 1).status, CHL_COMMAND_DONE);
}

static void set_cable(struct fixture *f, const char *cable)
{
    char line[64];
    char reply[REPLY] = "";
    (void)snprintf(line, sizeof line, "{\"op\":\"cable\",\"state\":\"%s\"}", cable);
    order(f, line, reply);
}

/** Out: the link breaks. Lost: nothing comes through any more. Stalled: it comes through later. */
static void test_cable_under_a_release(void **state)
{
    struct fixture *f = *state;
    static const char *const cables[] = {"out", "lost", "stalled"};
    uint64_t id = 1;
    start_on_wire(f);
    (void)await(f, 0, is_exit_free, 0);
    (void)await(f, 0, is_exit_free, 1);
    await_good(f, &id);
    for (size_t i = 0; i < sizeof cables / sizeof *cables; i++) {
        const long before = grants(f);
        const struct chl_gate_command release = command(0, CHL_GATE_RELEASE, 1, id++, 1);
        const size_t from = mark(f); /* before: a broken link may be told of at once */
        set_cable(f, cables[i]);
        assert_int_equal(f->ops->submit(f->instance, &release), CHL_OK);
        (void)await(f, from, is_down, 0);
        set_cable(f, "in");
        (void)await(f, from, is_up, 0);
        await_good(f, &id);
        const uint8_t status = await(f, from, is_done, release.id).status;
        const long carried_out = grants(f) - before;
        assert_in_range(carried_out, status == CHL_COMMAND_DONE ? 1 : 0,
                        status == CHL_COMMAND_ABORTED || status == CHL_COMMAND_FAILED ? 0 : 1);
        assert_int_equal(count_of(f, is_done, release.id), 1);
    }
}

static int setup_sim(void **state)
{
    const char *place = strcmp(wire, "tcp") == 0   ? "127.0.0.1:0"
                        : strcmp(wire, "rtu") == 0 ? "rtu:"
                                                   : "rtu+tcp://127.0.0.1:0";
    char where[32];
    (void)snprintf(where, sizeof where, "%s", place);
    return setup_with(state, (char *const[]){CHL_STAGE_DIR "/bin/chilang-sim", "--profile",
                                             CHL_SOURCE_DIR "/firmware-config/lot-turnstile.yaml",
                                             "--listen", where, "--units", "2", "--stdin", NULL});
}

static int teardown_sim(void **state)
{
    struct fixture *f = *state;
    assert_true(fputs("{\"op\":\"quit\"}\n", f->to_peer) >= 0);
    return teardown(state);
}

#define WITH_SIM(test) cmocka_unit_test_setup_teardown(test, setup_sim, teardown_sim)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_SIM(test_spoilt_acknowledgement_of_a_release),
        WITH_SIM(test_spoilt_readings),
        WITH_SIM(test_cable_under_a_release),
    };
    wire = argc > 1 ? argv[1] : wire;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
