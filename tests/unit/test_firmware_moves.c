/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Addresses, speeds and restarts: only on a bus of one's own, and the device is followed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "tests/unit/firmware_bench.h"

#define LOT      "firmware-config/lot-turnstile.yaml"
#define MR6C     "firmware-config/wirenboard-mr6c-v3.yaml"
#define RESTARTS "tests/fixtures/firmware/restarts.yaml"

enum { FC16 = 16 };

static void assert_end(const struct chl_firmware_result *result, chl_firmware_end end,
                       chl_firmware_why why)
{
    assert_int_equal(result->end, end);
    assert_int_equal(result->why, why);
}

/** A relay board that is all right but for its address, which is to be 5. */
static void open_moving(struct bench *b)
{
    bench_open(b, MR6C);
    b->use.outputs = 0; /* rows are not the matter here */
    b->moves_unit = bench_at(b, "unit", 0);
    b->addresses[1] = 5;
    b->target.address_count = 2;
    bench_wish(b, "unit", 5);
}

static void test_an_address_is_not_changed_on_a_bus_of_many(void **state)
{
    (void)state;
    struct bench b;
    open_moving(&b);
    b.target.listed = 2;
    bench_read(&b);
    const struct chl_firmware_result *result = bench_apply(&b);
    assert_end(result, CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_LISTED);
    assert_int_equal(result->number, 2);
    assert_int_equal(b.written, 0);
    bench_close(&b);
}

static void test_an_address_that_answers_is_not_taken(void **state)
{
    (void)state;
    struct bench b;
    open_moving(&b);
    b.other = 5;
    bench_read(&b);
    const struct chl_firmware_result *result = bench_apply(&b);
    assert_end(result, CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_OTHER);
    assert_int_equal(result->number, 5);
    assert_int_equal(b.written, 0);
    bench_close(&b);
}

static void test_a_device_is_followed_to_its_new_address(void **state)
{
    (void)state;
    struct bench b;
    open_moving(&b);
    bench_read(&b);
    const struct chl_firmware_result *result = bench_apply(&b);
    assert_end(result, CHL_FIRMWARE_APPLIED, CHL_FIRMWARE_WHY_NONE);
    assert_int_equal(result->unit, 5);
    assert_int_equal(b.unit, 5);
    assert_int_equal(bench_item(&b, "unit", 0)->fate, CHL_FIRMWARE_VERIFIED);
    bench_close(&b);
}

static void test_a_device_that_answers_from_its_new_address_only_is_found(void **state)
{
    (void)state;
    struct bench b;
    open_moving(&b);
    b.mute_write = b.moves_unit;
    bench_read(&b);
    assert_int_equal(bench_apply(&b)->end, CHL_FIRMWARE_APPLIED);
    assert_int_equal(b.written, 1);
    bench_close(&b);
}

static void test_a_device_that_stays_is_told(void **state)
{
    (void)state;
    struct bench b;
    open_moving(&b);
    b.moves_unit = -1;
    b.forget = bench_at(&b, "unit", 0);
    bench_read(&b);
    const struct chl_firmware_result *result = bench_apply(&b);
    assert_end(result, CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_NOT_KEPT);
    assert_int_equal(result->unit, 1);
    assert_int_equal(b.written, 1);
    bench_close(&b);
}

static void test_a_device_that_answers_nowhere_is_unknown_in_time(void **state)
{
    (void)state;
    struct bench b;
    open_moving(&b);
    b.deaf_after = 1;
    b.target.return_ns = 10 * CHL_NS_PER_S;
    bench_read(&b);
    const int64_t began_ns = b.now_ns;
    assert_end(bench_apply(&b), CHL_FIRMWARE_UNKNOWN, CHL_FIRMWARE_WHY_GONE);
    assert_int_equal(bench_item(&b, "unit", 0)->fate, CHL_FIRMWARE_UNSURE);
    assert_true(b.now_ns - began_ns < 15 * CHL_NS_PER_S);
    bench_close(&b);
}

static void test_the_speed_of_a_line_is_changed_over_that_line_only(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, MR6C);
    b.use.outputs = 0;
    b.moves_line = bench_at(&b, "line-speed", 0);
    bench_wish(&b, "line-speed", 192);
    bench_read(&b);
    assert_end(bench_apply(&b), CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_LINE);
    assert_int_equal(b.written, 0);
    b.baud = 9600;
    b.target.serial = true;
    bench_read(&b);
    const struct chl_firmware_result *result = bench_apply(&b);
    assert_end(result, CHL_FIRMWARE_APPLIED, CHL_FIRMWARE_WHY_NONE);
    assert_int_equal(result->baud, 19200);
    assert_int_equal(b.line, 19200);
    bench_close(&b);
}

static void test_a_pair_goes_in_one_write_and_waits_for_a_person(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, LOT);
    b.baud = 115200;
    b.target.serial = true;
    bench_wish(&b, "line-speed", 96);
    bench_read(&b);
    assert_end(bench_apply(&b), CHL_FIRMWARE_RESTART, CHL_FIRMWARE_WHY_NONE);
    assert_int_equal(b.written, 1);
    assert_int_equal(b.functions[0], FC16);
    assert_int_equal(b.log[0], 0x4310);
    const int at = bench_at(&b, "line-speed", 0);
    assert_int_equal(b.words[at], 96);
    assert_int_equal(b.words[at + 1], 0xFFFF - 96);
    assert_int_equal(bench_item(&b, "line-speed", 0)->fate, CHL_FIRMWARE_STORED);
    assert_int_equal(b.renewed, 1); /* a serial line stays open */
    bench_close(&b);
}

static void test_a_wrong_complement_is_seen_before_and_after(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, LOT);
    b.baud = 115200;
    b.target.serial = true;
    bench_wish(&b, "line-speed", 1152);
    b.torn = bench_at(&b, "line-speed", 0);
    b.words[b.torn + 1] = 9;
    bench_read(&b);
    const struct chl_firmware_item *item = bench_item(&b, "line-speed", 0);
    assert_int_equal(item->seen, CHL_FIRMWARE_TORN);
    assert_int_equal(item->beside, 9);
    assert_true(chl_firmware_differs(item)); /* the right value alone is not enough */
    const struct chl_firmware_result *result = bench_apply(&b);
    assert_end(result, CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_COMPLEMENT);
    assert_int_equal(result->number, 7);
    bench_close(&b);
}

static void open_restarting(struct bench *b)
{
    bench_open(b, RESTARTS);
    b->addresses[1] = 9;
    b->target.address_count = 2;
    b->target.return_ns = 20 * CHL_NS_PER_S;
    b->reboot = 120;
    b->on_restart_unit = bench_at(b, "unit", 0);
    bench_wish(b, "unit", 9);
}

static void test_a_restart_is_followed_and_what_it_lost_is_written_again(void **state)
{
    (void)state;
    struct bench b;
    open_restarting(&b);
    bench_read(&b);
    /* What a restart keeps: the long one and the address, not the beep. */
    const int at = bench_at(&b, "long", 0);
    b.volatile_lost = true;
    b.stored[at] = 70000 & 0xFFFF;
    b.stored[at + 1] = 70000 >> 16;
    b.stored[b.on_restart_unit] = 9;
    const struct chl_firmware_result *result = bench_apply(&b);
    assert_end(result, CHL_FIRMWARE_APPLIED, CHL_FIRMWARE_WHY_NONE);
    assert_int_equal(result->unit, 9);
    assert_int_equal(bench_get(&b, "beep", 0), 0);
    assert_int_equal(bench_item(&b, "unit", 0)->fate, CHL_FIRMWARE_VERIFIED);
    assert_int_equal(bench_item(&b, "beep", 0)->fate, CHL_FIRMWARE_VERIFIED);
    assert_int_equal(bench_item(&b, "beep", 0)->old, 1);
    static const uint16_t writes[] = {50, 60, 128, 120, 50};
    assert_int_equal(b.written, 5);
    assert_memory_equal(b.log, writes, sizeof writes);
    bench_close(&b);
}

static void test_a_restart_that_never_returns_ends_in_time(void **state)
{
    (void)state;
    struct bench b;
    open_restarting(&b);
    b.restart_fails = true;
    bench_read(&b);
    const int64_t began_ns = b.now_ns;
    assert_end(bench_apply(&b), CHL_FIRMWARE_UNKNOWN, CHL_FIRMWARE_WHY_GONE);
    assert_true(b.now_ns - began_ns < 25 * CHL_NS_PER_S);
    assert_int_equal(bench_item(&b, "unit", 0)->fate, CHL_FIRMWARE_STORED);
    assert_int_equal(bench_item(&b, "beep", 0)->fate, CHL_FIRMWARE_VERIFIED);
    bench_close(&b);
}

static void test_a_restart_that_brings_the_old_value_back_is_told(void **state)
{
    (void)state;
    struct bench b;
    open_restarting(&b);
    bench_read(&b);
    b.volatile_lost = true; /* the address with it */
    b.on_restart_unit = -1;
    assert_end(bench_apply(&b), CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_NOT_KEPT);
    assert_int_equal(bench_item(&b, "unit", 0)->fate, CHL_FIRMWARE_CHANGED);
    bench_close(&b);
}

static void test_a_restart_that_is_refused_is_left_to_a_person(void **state)
{
    (void)state;
    struct bench b;
    open_restarting(&b);
    b.deny_write = 120;
    bench_read(&b);
    assert_end(bench_apply(&b), CHL_FIRMWARE_RESTART, CHL_FIRMWARE_WHY_REFUSED);
    assert_int_equal(bench_item(&b, "unit", 0)->fate, CHL_FIRMWARE_STORED);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_is_not_changed_on_a_bus_of_many),
        cmocka_unit_test(test_an_address_that_answers_is_not_taken),
        cmocka_unit_test(test_a_device_is_followed_to_its_new_address),
        cmocka_unit_test(test_a_device_that_answers_from_its_new_address_only_is_found),
        cmocka_unit_test(test_a_device_that_stays_is_told),
        cmocka_unit_test(test_a_device_that_answers_nowhere_is_unknown_in_time),
        cmocka_unit_test(test_the_speed_of_a_line_is_changed_over_that_line_only),
        cmocka_unit_test(test_a_pair_goes_in_one_write_and_waits_for_a_person),
        cmocka_unit_test(test_a_wrong_complement_is_seen_before_and_after),
        cmocka_unit_test(test_a_restart_is_followed_and_what_it_lost_is_written_again),
        cmocka_unit_test(test_a_restart_that_never_returns_ends_in_time),
        cmocka_unit_test(test_a_restart_that_brings_the_old_value_back_is_told),
        cmocka_unit_test(test_a_restart_that_is_refused_is_left_to_a_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
