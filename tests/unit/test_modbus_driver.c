/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The gate driver keeps order: what it writes, when, and what it never writes.
 */
#include "tests/unit/modbus_bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_start_reads_before_it_writes(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    b.units[1].block[R_IN_LO] = 0xFFFE;
    b.units[1].block[R_IN_HI] = 1;
    b.units[2].mode = 2;
    bus_run(&b, 300 * MS);
    for (uint16_t unit = 1; unit <= 2; unit++) {
        size_t i = 0;
        while (b.wire[i].request.unit != unit || b.wire[i].request.address != 0x40 ||
               chl_modbus_writes(&b.wire[i].request)) {
            assert_false(b.wire[i].request.unit == unit && chl_modbus_writes(&b.wire[i].request));
            i++;
        }
        assert_int_equal(b.wire[i].request.count, 9);
        assert_int_equal(b.units[unit].block[R_EXIT], 0xFFFF);
    }
    assert_int_equal(b.reports[0].kind, CHL_REPORT_LINK);
    assert_true(b.reports[0].link_up);
    assert_int_equal(b.reports[1].kind, CHL_REPORT_READING);
    assert_int_equal(b.reports[1].reading.entry_count, 131070);
    assert_int_equal(b.reports[1].reading.count_bits, 32);
    assert_int_equal(newest(&b, 1, CHL_REPORT_READING)->reading.mode, CHL_MODE_EMERGENCY);
    assert_int_equal(b.units[2].mode, 2); /* adopted, not ended */
    chl_modbus_free(b.driver);
}

static void test_gap_kept_and_overridden(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, GATES, -1);
    bus_run(&b, 2000 * MS);
    for (size_t i = 1; i < b.wire_count; i++) {
        assert_true(b.wire[i].at_ns - b.wire[i - 1].at_ns >= 5 * MS);
    }
    chl_modbus_free(b.driver);
    bus_init(&b, GATES, 0);
    bus_run(&b, 2000 * MS);
    size_t back_to_back = 0;
    for (size_t i = 1; i < b.wire_count; i++) {
        back_to_back += b.wire[i].at_ns - b.wire[i - 1].at_ns < MS;
    }
    assert_true(back_to_back > 0);
    chl_modbus_free(b.driver);
}

static void test_exit_asserted_again(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    b.units[1].block[R_EXIT] = 0;
    bus_run(&b, 300 * MS);
    assert_int_equal(b.units[1].block[R_EXIT], 0xFFFF);
    assert_int_equal(count_wire(&b, 1, true, 0x41, 0), 1);
    bus_run(&b, 1000 * MS);
    assert_int_equal(count_wire(&b, 1, true, 0x41, 0), 1);
    chl_modbus_free(b.driver);
}

static void test_found_blocked_is_opened_outwards(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    b.units[1].mode = 1;
    b.units[1].block[R_ENTRY] = 4;
    bus_run(&b, 500 * MS);
    assert_int_equal(b.units[1].mode, 0);
    assert_int_equal(b.units[1].block[R_ENTRY], 0); /* before the mode: nobody gets in by it */
    for (size_t i = 0; i < b.report_count; i++) {
        if (b.reports[i].kind == CHL_REPORT_READING) {
            assert_int_equal(b.reports[i].reading.mode, CHL_MODE_BLOCKED);
            break;
        }
    }
    chl_modbus_free(b.driver);
}

static void test_settings_compared(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    b.units[1].accumulate = 1;
    b.units[1].start = 30;
    bus_run(&b, 500 * MS);
    assert_int_equal(b.units[1].accumulate, 0);
    assert_int_equal(b.units[1].start, 7);
    chl_modbus_free(b.driver);
}

static void test_release_goes_out_at_once(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, GATES, 0);
    bus_settle(&b);
    order(&b, 1, CHL_GATE_RELEASE, 3, 77, 1, FAR);
    const int64_t at = b.now_ns;
    bus_step(&b, FAR);
    assert_int_equal(b.wire_count, 1);
    assert_int_equal(b.wire[0].at_ns, at);
    assert_true(chl_modbus_writes(&b.wire[0].request));
    assert_int_equal(b.wire[0].request.address, 0x40);
    assert_int_equal(b.units[2].block[R_ENTRY], 3);
    assert_int_equal(done(&b, 77)->status, CHL_COMMAND_DONE);
    chl_modbus_free(b.driver);
}

static void test_released_gate_polled_fast(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    bus_settle(&b);
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 1, FAR);
    bus_run(&b, 1000 * MS);
    const size_t fast = count_wire(&b, 1, false, 0x40, 0);
    const size_t slow = count_wire(&b, 2, false, 0x40, 0);
    assert_in_range(fast, 40, 51);
    assert_in_range(slow, 4, 6);
    b.units[1].block[R_ENTRY] = 0; /* walked through */
    b.units[1].block[R_IN_LO]++;
    const size_t from = b.wire_count;
    bus_run(&b, 1000 * MS);
    assert_in_range(count_wire(&b, 1, false, 0x40, from), 4, 7);
    assert_int_equal(newest(&b, 0, CHL_REPORT_READING)->reading.entry_count, 1);
    chl_modbus_free(b.driver);
}

static void test_priority_order(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, GATES, -1);
    bus_settle(&b);
    order(&b, 0, CHL_GATE_CANCEL, 0, 1, 1, FAR);
    order(&b, 1, CHL_GATE_RELEASE, 2, 2, 1, FAR);
    order(&b, 2, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 3, 1, FAR);
    bus_run(&b, 100 * MS);
    assert_int_equal(b.wire[0].request.unit, 3);
    assert_int_equal(b.wire[0].request.address, 0x3000);
    assert_int_equal(b.wire[0].request.values[0], 2);
    assert_int_equal(b.wire[1].request.unit, 2);
    assert_int_equal(b.wire[2].request.unit, 1);
    for (uint64_t id = 1; id <= 3; id++) {
        assert_int_equal(done(&b, id)->status, CHL_COMMAND_DONE);
    }
    assert_int_equal(done(&b, 3)->reading.mode, CHL_MODE_EMERGENCY);
    chl_modbus_free(b.driver);
}

/** A cancel ordered before a grant of the same gate must not end that grant. */
static void test_one_gate_keeps_its_order(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    order(&b, 0, CHL_GATE_CANCEL, 0, 1, 1, FAR);
    order(&b, 0, CHL_GATE_RELEASE, 2, 2, 1, FAR);
    bus_run(&b, 100 * MS);
    assert_int_equal(b.units[1].block[R_ENTRY], 2);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_DONE);
    assert_int_equal(done(&b, 1)->reading.entry_left, 0);
    chl_modbus_free(b.driver);
}

static void test_deadline_never_reaches_the_wire(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 1, b.now_ns);
    order(&b, 0, CHL_GATE_RELEASE, 1, 2, 1, b.now_ns + 1);
    bus_run(&b, 300 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_DONE); /* it was in time */
    b.reachable = false;
    b.units[1].manner = HANGS_UP;
    bus_run(&b, 300 * MS);
    order(&b, 0, CHL_GATE_RELEASE, 1, 3, 1, b.now_ns + 50 * MS);
    bus_run(&b, 60 * MS);
    assert_int_equal(done(&b, 3)->status, CHL_COMMAND_ABORTED);
    chl_modbus_free(b.driver);
}

static void test_older_generation_aborted(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    bus_settle(&b);
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 4, FAR);
    chl_modbus_raise_generation(b.driver, (chl_gate_id){0}, 5);
    order(&b, 1, CHL_GATE_RELEASE, 1, 2, 1, FAR); /* generations are each gate's own */
    order(&b, 0, CHL_GATE_RELEASE, 1, 3, 4, FAR);
    bus_run(&b, 100 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(done(&b, 3)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_DONE);
    assert_int_equal(count_wire(&b, 1, true, 0x40, 0), 0);
    chl_modbus_free(b.driver);
}

static void test_emergency_voids_what_came_before(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    order(&b, 0, CHL_GATE_MODE, CHL_MODE_NORMAL, 1, 1, FAR);
    order(&b, 0, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 2, 1, FAR);
    bus_run(&b, 200 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_DONE);
    assert_int_equal(b.units[1].mode, 2);
    order(&b, 0, CHL_GATE_MODE, CHL_MODE_NORMAL, 3, 2, FAR);
    bus_run(&b, 200 * MS);
    assert_int_equal(done(&b, 3)->status, CHL_COMMAND_DONE);
    assert_int_equal(b.units[1].mode, 0);
    chl_modbus_free(b.driver);
}

static void test_modes_never_block_the_way_out(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    bus_settle(&b);
    uint64_t id = 0;
    for (int from = 0; from < CHL_MODE_COUNT; from++) {
        for (int to = 0; to < CHL_MODE_COUNT; to++) {
            order(&b, 0, CHL_GATE_MODE, (uint16_t)from, ++id, 1, FAR);
            bus_run(&b, 100 * MS);
            order(&b, 0, CHL_GATE_MODE, (uint16_t)to, ++id, 1, FAR);
            bus_run(&b, 100 * MS);
            assert_int_equal(done(&b, id)->status, CHL_COMMAND_DONE);
            assert_int_equal(b.units[1].block[R_EXIT], 0xFFFF);
            assert_int_equal(b.units[1].mode, to == CHL_MODE_EMERGENCY ? 2 : 0);
            if (to != CHL_MODE_EMERGENCY) {
                assert_int_equal(b.units[1].block[R_ENTRY], to == CHL_MODE_FREE ? 0xFFFF : 0);
            }
            b.report_count = 0;
        }
    }
    for (size_t i = 0; i < b.wire_count; i++) {
        const struct chl_modbus_request *r = &b.wire[i].request;
        assert_false(chl_modbus_writes(r) && r->address == 0x3000 && r->values[0] == 1);
        assert_false(chl_modbus_writes(r) && r->address == 0x41 && r->values[0] != 0xFFFF);
    }
    chl_modbus_free(b.driver);
}

static void test_stop_completes_everything(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    bus_settle(&b);
    b.units[1].manner = HANGS_UP;
    b.units[1].block[R_ENTRY] = 1;
    order(&b, 0, CHL_GATE_CANCEL, 0, 1, 1, FAR); /* sent, unconfirmed */
    order(&b, 0, CHL_GATE_RELEASE, 1, 2, 1, FAR);
    bus_run(&b, 20 * MS);
    order(&b, 1, CHL_GATE_RELEASE, 1, 3, 1, FAR);
    b.host_busy = true;
    assert_int_equal(chl_modbus_abort(b.driver, b.now_ns), 3);
    b.host_busy = false;
    assert_int_equal(chl_modbus_abort(b.driver, b.now_ns), 0);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_UNKNOWN);
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(done(&b, 3)->status, CHL_COMMAND_ABORTED);
    chl_modbus_free(b.driver);
}

static void test_what_cannot_be_driven_is_refused(void **state)
{
    (void)state;
    struct chl_profile p;
    char why[200];
    struct chl_modbus *driver = NULL;
    bus_profile_init(&p);
    struct chl_modbus_device d[2] = {{.unit = 1, .name = "A", .profile = &p},
                                     {.gate = {1}, .unit = 1, .name = "B", .profile = &p}};
    const struct chl_modbus_settings s = {.post = bus_post, .poll_ns = 250 * MS};
    assert_int_equal(chl_modbus_new(&s, d, 2, &driver, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "different units"));
    d[0].unit = 33;
    assert_int_equal(chl_modbus_new(&s, d, 1, &driver, why, sizeof why), CHL_E_CONFIG);
    d[0].unit = 1;
    p.read_block_count = 6; /* the exit count's high word would come from another moment */
    assert_int_equal(chl_modbus_new(&s, d, 1, &driver, why, sizeof why), CHL_E_CONFIG);
    p.read_block_count = 9;
    p.functions = 1u << 3;
    assert_int_equal(chl_modbus_new(&s, d, 1, &driver, why, sizeof why), CHL_E_CONFIG);
    assert_null(driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_reads_before_it_writes),
        cmocka_unit_test(test_gap_kept_and_overridden),
        cmocka_unit_test(test_exit_asserted_again),
        cmocka_unit_test(test_found_blocked_is_opened_outwards),
        cmocka_unit_test(test_settings_compared),
        cmocka_unit_test(test_release_goes_out_at_once),
        cmocka_unit_test(test_released_gate_polled_fast),
        cmocka_unit_test(test_priority_order),
        cmocka_unit_test(test_one_gate_keeps_its_order),
        cmocka_unit_test(test_deadline_never_reaches_the_wire),
        cmocka_unit_test(test_older_generation_aborted),
        cmocka_unit_test(test_emergency_voids_what_came_before),
        cmocka_unit_test(test_modes_never_block_the_way_out),
        cmocka_unit_test(test_stop_completes_everything),
        cmocka_unit_test(test_what_cannot_be_driven_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
