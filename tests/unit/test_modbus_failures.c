/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The gate driver when units, links and the host fail it.
 */
#include "tests/unit/modbus_bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/** A release whose answer is lost is UNKNOWN, is read back first, and is never written again. */
static void test_lost_answer_is_unknown(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    b.units[1].manner = DEAF_AFTER;
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 1, FAR);
    bus_run(&b, 110 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_UNKNOWN);
    assert_false(newest(&b, 0, CHL_REPORT_LINK)->link_up);
    assert_true(b.closes > 0);
    b.units[1].manner = WELL;
    const size_t from = b.wire_count;
    order(&b, 0, CHL_GATE_CANCEL, 0, 2, 1, FAR);
    bus_run(&b, 2000 * MS);
    size_t i = from;
    while (b.wire[i].request.address != 0x40 || chl_modbus_writes(&b.wire[i].request)) {
        assert_false(chl_modbus_writes(&b.wire[i].request));
        i++;
    }
    assert_true(newest(&b, 0, CHL_REPORT_LINK)->link_up);
    assert_int_equal(count_wire(&b, 1, true, 0x40, 0), 2); /* the release and the cancel */
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_DONE);
    assert_true(done(&b, 2)->has_reading);
    chl_modbus_free(b.driver);
}

/** The line was waited for, and then it was too late: nothing was sent, nothing is unknown. */
static void test_what_the_line_made_late_is_over(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    b.units[1].manner = WAITED_FOR;
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 1, b.now_ns + 50 * MS);
    bus_run(&b, 300 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(b.units[1].block[R_ENTRY], 0);
    assert_null(newest(&b, 0, CHL_REPORT_LINK)); /* it never went down */
    b.units[1].manner = WELL;
    order(&b, 0, CHL_GATE_RELEASE, 1, 2, 1, FAR);
    bus_run(&b, 100 * MS);
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_DONE);
    chl_modbus_free(b.driver);
}

static void test_cancel_survives_the_link(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    b.units[1].block[R_ENTRY] = 2;
    b.units[1].manner = HANGS_UP;
    order(&b, 0, CHL_GATE_CANCEL, 0, 1, 1, FAR);
    order(&b, 0, CHL_GATE_CANCEL, 0, 2, 1, b.now_ns + 500 * MS);
    bus_run(&b, 1000 * MS);
    assert_null(done(&b, 1));
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_ABORTED);
    b.units[1].manner = WELL;
    bus_run(&b, 4000 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_DONE);
    assert_int_equal(b.units[1].block[R_ENTRY], 0);
    chl_modbus_free(b.driver);
}

static void test_refused_write_fails(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    order(&b, 0, CHL_GATE_RELEASE, 0xFFFF, 1, 1, FAR); /* would be "free" at the device */
    order(&b, 0, CHL_GATE_RELEASE, 0, 2, 1, FAR);
    b.units[1].manner = REFUSES;
    order(&b, 0, CHL_GATE_RELEASE, 1, 3, 1, FAR);
    bus_run(&b, 20 * MS);
    for (uint64_t id = 1; id <= 3; id++) {
        assert_int_equal(done(&b, id)->status, CHL_COMMAND_FAILED);
    }
    assert_non_null(strstr(done(&b, 3)->text, "illegal data address"));
    chl_modbus_free(b.driver);
}

/** The others keep their rate beside a dead unit: each probe costs one answer time, and at most a
 *  fifth of the bus. */
static void test_dead_unit_costs_a_bounded_share(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, GATES, -1);
    b.units[2].manner = SILENT;
    bus_settle(&b);
    bus_run(&b, 10000 * MS);
    size_t probes = 0;
    for (size_t i = 0; i < b.wire_count; i++) {
        probes += b.wire[i].request.unit == 2;
    }
    assert_in_range(probes, 2, 10); /* backoff: at most every 2.4 s in the end */
    assert_in_range(count_wire(&b, 1, false, 0x40, 0), 36, 60);
    assert_in_range(count_wire(&b, 3, false, 0x40, 0), 36, 60);
    for (size_t i = 0; i < b.report_count; i++) {
        assert_false(b.reports[i].kind == CHL_REPORT_LINK && b.reports[i].gate.index != 1);
    }
    b.units[2].manner = WELL;
    bus_run(&b, 4000 * MS);
    assert_true(newest(&b, 1, CHL_REPORT_LINK)->link_up);
    assert_int_equal(chl_modbus_up(b.driver), GATES);
    chl_modbus_free(b.driver);
}

/** However short the backoff, all dead units together get a fifth of the bus. */
static void test_probes_share_the_bus(void **state)
{
    (void)state;
    struct bus b;
    bus_init_backoff(&b, GATES, -1, 200 * MS);
    b.units[2].manner = SILENT;
    b.units[3].manner = SILENT;
    bus_settle(&b);
    bus_run(&b, 10000 * MS);
    const size_t probes =
        b.wire_count - count_wire(&b, 1, false, 0x40, 0) - count_wire(&b, 1, false, 0x3000, 0);
    assert_in_range(probes, 10, 10000 / 500 + 1); /* 100 ms of each 500 ms */
    assert_null(newest(&b, 0, CHL_REPORT_LINK));
    chl_modbus_free(b.driver);
}

/** A link that came back at once: what happened to the device meanwhile is read first. */
static void test_release_after_reconnect_is_read_first(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    chl_modbus_lost(b.driver, b.now_ns, "closed");
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 1, FAR);
    bus_run(&b, 100 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_DONE);
    size_t i = 0;
    while (!chl_modbus_writes(&b.wire[i].request)) {
        i++;
    }
    assert_int_equal(i, 2);                      /* the mode, the block */
    assert_null(newest(&b, 0, CHL_REPORT_LINK)); /* it was never down */
    chl_modbus_free(b.driver);
}

static void test_silent_unit_down_within_its_timeout(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    b.units[1].manner = SILENT;
    bus_run(&b, (250 + 100 + 10) * MS); /* one poll, one answer time */
    assert_false(newest(&b, 0, CHL_REPORT_LINK)->link_up);
    assert_non_null(strstr(newest(&b, 0, CHL_REPORT_LINK)->text, "no answer"));
    chl_modbus_free(b.driver);
}

static void test_unreachable_backs_off_with_jitter(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    b.reachable = false;
    int64_t waits[8];
    int64_t last = 0;
    for (size_t i = 0; i < 8; i++) {
        const unsigned before = b.connects;
        while (b.connects == before) {
            bus_step(&b, FAR);
        }
        waits[i] = b.last_connect_ns - last;
        last = b.last_connect_ns;
    }
    for (size_t i = 1; i < 8; i++) {
        int64_t full = 200 * MS;
        for (size_t k = 1; k < i; k++) {
            full = full * 2 < 3200 * MS ? full * 2 : 3200 * MS;
        }
        assert_in_range(waits[i], full * 3 / 4, full);
    }
    assert_true(waits[6] != waits[7]); /* both at the longest, apart by jitter */
    assert_false(newest(&b, 0, CHL_REPORT_LINK)->link_up);
    assert_false(newest(&b, 1, CHL_REPORT_LINK)->link_up);
    b.reachable = true;
    bus_run(&b, 4000 * MS);
    assert_int_equal(chl_modbus_up(b.driver), 2);
    chl_modbus_free(b.driver);
}

static void test_emergency_does_not_wait_for_backoff(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    b.reachable = false;
    bus_run(&b, 10000 * MS);
    b.reachable = true;
    order(&b, 0, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 1, 1, FAR);
    bus_run(&b, 50 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_DONE);
    assert_int_equal(b.units[1].mode, 2);
    chl_modbus_free(b.driver);
}

static void test_wrong_answer_closes_the_link(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    const unsigned closes = b.closes;
    b.units[1].manner = WRONG;
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 1, FAR);
    bus_run(&b, 10 * MS);
    assert_int_equal(b.closes, closes + 1);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_UNKNOWN);
    chl_modbus_free(b.driver);
}

static void test_readings_at_least_once_a_second(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    bus_run(&b, 10000 * MS);
    size_t readings = 0;
    int64_t last = 0;
    for (size_t i = 0; i < b.report_count; i++) {
        assert_int_equal(b.reports[i].kind, CHL_REPORT_READING);
        assert_true(last == 0 || b.reports[i].reading.taken_ns - last <= 1000 * MS);
        last = b.reports[i].reading.taken_ns;
        readings++;
    }
    assert_in_range(readings, 10, 15);
    chl_modbus_free(b.driver);
}

static void test_busy_host_loses_nothing(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    bus_settle(&b);
    b.host_busy = true;
    for (uint64_t id = 1; id <= CHL_MODBUS_GATE_COMMANDS; id++) {
        order(&b, 0, CHL_GATE_READ, 0, id, 1, FAR);
    }
    bus_run(&b, 200 * MS);
    const struct chl_gate_command more = {
        .size = sizeof more, .action = CHL_GATE_READ, .generation = 1, .deadline_ns = FAR};
    assert_int_equal(chl_modbus_accept(b.driver, &more, b.now_ns), CHL_E_BUSY);
    order(&b, 0, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 100, 1, FAR); /* has places of its own */
    b.units[2].manner = SILENT;
    bus_run(&b, 500 * MS);
    b.units[2].manner = WELL;
    bus_run(&b, 5000 * MS);
    assert_int_equal(b.report_count, 0);
    b.host_busy = false;
    bus_run(&b, 10 * MS);
    for (uint64_t id = 1; id <= CHL_MODBUS_GATE_COMMANDS; id++) {
        assert_int_equal(done(&b, id)->status, CHL_COMMAND_DONE);
    }
    assert_int_equal(done(&b, 100)->status, CHL_COMMAND_DONE);
    bool was_down = false;
    for (size_t i = 0; i < b.report_count; i++) {
        if (b.reports[i].kind == CHL_REPORT_LINK) {
            assert_int_equal(b.reports[i].gate.index, 1);
            assert_true(b.reports[i].link_up == was_down); /* down was told before up */
            was_down = !b.reports[i].link_up;
        }
    }
    assert_true(newest(&b, 1, CHL_REPORT_LINK)->link_up);
    chl_modbus_free(b.driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lost_answer_is_unknown),
        cmocka_unit_test(test_what_the_line_made_late_is_over),
        cmocka_unit_test(test_cancel_survives_the_link),
        cmocka_unit_test(test_refused_write_fails),
        cmocka_unit_test(test_dead_unit_costs_a_bounded_share),
        cmocka_unit_test(test_probes_share_the_bus),
        cmocka_unit_test(test_release_after_reconnect_is_read_first),
        cmocka_unit_test(test_silent_unit_down_within_its_timeout),
        cmocka_unit_test(test_unreachable_backs_off_with_jitter),
        cmocka_unit_test(test_emergency_does_not_wait_for_backoff),
        cmocka_unit_test(test_wrong_answer_closes_the_link),
        cmocka_unit_test(test_readings_at_least_once_a_second),
        cmocka_unit_test(test_busy_host_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
