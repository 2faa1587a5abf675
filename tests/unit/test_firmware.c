/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Settings of a controller: read, planned, written, read back, with every way it can fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "tests/unit/firmware_bench.h"

#define LOT  "firmware-config/lot-turnstile.yaml"
#define MR6C "firmware-config/wirenboard-mr6c-v3.yaml"
#define MOXA "firmware-config/moxa-iologik-e1214.yaml"

enum { FC06 = 6, FC16 = 16 };

static void assert_end(const struct chl_firmware_result *result, chl_firmware_end end,
                       chl_firmware_why why)
{
    assert_int_equal(result->end, end);
    assert_int_equal(result->why, why);
}

static void test_reading_reads_each_setting_and_writes_nothing(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, LOT);
    b.use.wants.pass_time_ms = 9500;
    bench_set(&b, "accumulate", 0, 1);
    assert_end(bench_read(&b), CHL_FIRMWARE_READ_ALL, CHL_FIRMWARE_WHY_NONE);
    assert_int_equal(b.written, 0);
    assert_int_equal(b.asked, b.profile->setting_count);
    const struct chl_firmware_item *item = bench_item(&b, "accumulate", 0);
    assert_true(item->is_wanted && chl_firmware_differs(item));
    assert_int_equal(item->value, 1);
    assert_int_equal(item->wanted, 0);
    item = bench_item(&b, "start-time", 0);
    assert_int_equal(item->wanted, 10); /* a whole tick more rather than less */
    assert_true(chl_firmware_differs(item));
    item = bench_item(&b, "motor-time", 0);
    assert_false(item->is_wanted || chl_firmware_differs(item));
    assert_int_equal(item->value, 7);
    bench_close(&b);
}

static void test_what_it_does_alone_comes_before_the_time_after_which_it_does_it(void **state)
{
    (void)state;
    static const char *const order[] = {"power-on-state", "input-mode",  "timer-mode",  "on-pulse",
                                        "safe-apply",     "safe-inputs", "poll-timeout"};
    struct bench b;
    uint16_t plan[CHL_FIRMWARE_ITEMS_MAX];
    bench_open(&b, MR6C);
    bench_set(&b, "power-on-state", 0, 1);
    bench_wish(&b, "poll-timeout", 5);
    assert_int_equal(bench_read(&b)->end, CHL_FIRMWARE_READ_ALL);
    size_t count = 0;
    const struct chl_firmware_item *items = chl_firmware_items(b.run, &count);
    assert_int_equal(chl_firmware_plan(b.run, plan), sizeof order / sizeof *order);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        assert_string_equal(items[plan[i]].setting->name, order[i]);
        assert_int_equal(items[plan[i]].row, 0); /* the gate's output only */
    }
    bench_close(&b);
}

static void test_applying_writes_what_differs_and_reads_it_back(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, MR6C);
    b.use.wants.on_link_loss = CHL_LINK_FREE;
    bench_read(&b);
    assert_end(bench_apply(&b), CHL_FIRMWARE_APPLIED, CHL_FIRMWARE_WHY_NONE);
    assert_int_equal(bench_get(&b, "safe-state", 0), 1);
    assert_int_equal(bench_get(&b, "safe-apply", 0), 1);
    assert_int_equal(bench_get(&b, "safe-state", 1), 0); /* another's output */
    assert_int_equal(bench_get(&b, "on-pulse", 0), 5);
    assert_int_equal(b.functions[0], FC06);
    assert_int_equal(bench_item(&b, "safe-state", 0)->fate, CHL_FIRMWARE_VERIFIED);
    assert_int_equal(bench_item(&b, "safe-state", 0)->old, 0);
    assert_int_equal(bench_item(&b, "safety-trigger", 0)->fate, CHL_FIRMWARE_KEPT);
    const size_t written = b.written;
    bench_read(&b);
    assert_end(bench_apply(&b), CHL_FIRMWARE_APPLIED, CHL_FIRMWARE_WHY_NONE);
    assert_int_equal(b.written, written); /* nothing twice */
    bench_close(&b);
}

static void test_a_device_without_single_writes_gets_many_of_one(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, LOT);
    b.use.wants.pass_time_ms = 8000;
    bench_read(&b);
    assert_int_equal(bench_apply(&b)->end, CHL_FIRMWARE_APPLIED);
    assert_int_equal(b.written, 1);
    assert_int_equal(b.functions[0], FC16);
    assert_int_equal(bench_get(&b, "start-time", 0), 8);
    bench_close(&b);
}

static void test_a_refused_value_stops_and_the_rest_is_left(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, MR6C);
    b.deny_write = bench_at(&b, "timer-mode", 0);
    bench_read(&b);
    const struct chl_firmware_result *result = bench_apply(&b);
    assert_end(result, CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_REFUSED);
    assert_int_equal(result->number, 3);
    assert_int_equal(bench_item(&b, "input-mode", 0)->fate, CHL_FIRMWARE_VERIFIED);
    assert_int_equal(bench_item(&b, "timer-mode", 0)->fate, CHL_FIRMWARE_REFUSED);
    assert_int_equal(bench_item(&b, "on-pulse", 0)->fate, CHL_FIRMWARE_LEFT);
    assert_int_equal(bench_get(&b, "on-pulse", 0), 30);
    assert_int_equal(b.written, 2);
    bench_close(&b);
}

static void test_an_echo_is_not_believed(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, MR6C);
    b.forget = bench_at(&b, "input-mode", 0);
    bench_read(&b);
    assert_end(bench_apply(&b), CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_NOT_KEPT);
    assert_int_equal(bench_item(&b, "input-mode", 0)->fate, CHL_FIRMWARE_CHANGED);
    assert_int_equal(bench_item(&b, "input-mode", 0)->value, 0);
    assert_int_equal(b.written, 1);
    bench_close(&b);
}

static void test_a_write_without_answer_is_read_back_and_never_repeated(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, MR6C);
    b.mute_write = bench_at(&b, "input-mode", 0);
    bench_read(&b);
    assert_end(bench_apply(&b), CHL_FIRMWARE_APPLIED, CHL_FIRMWARE_WHY_NONE);
    size_t times = 0;
    for (size_t i = 0; i < b.written; i++) {
        times += b.log[i] == 9 ? 1 : 0;
    }
    assert_int_equal(times, 1);
    assert_true(b.renewed >= 2); /* opened, again before writing, again after the silence */
    b.mute_write = -1;
    bench_set(&b, "input-mode", 0, 0);
    b.lose_write = bench_at(&b, "input-mode", 0);
    b.written = 0;
    bench_read(&b);
    assert_end(bench_apply(&b), CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_NOT_TAKEN);
    assert_int_equal(b.written, 1);
    bench_close(&b);
}

static void test_a_device_that_falls_silent_in_the_middle_is_unknown(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, MR6C);
    b.deaf_after = 2;
    bench_read(&b);
    assert_end(bench_apply(&b), CHL_FIRMWARE_UNKNOWN, CHL_FIRMWARE_WHY_NO_ANSWER);
    assert_int_equal(b.written, 2);
    assert_int_equal(bench_item(&b, "input-mode", 0)->fate, CHL_FIRMWARE_VERIFIED);
    assert_int_equal(bench_item(&b, "timer-mode", 0)->fate, CHL_FIRMWARE_UNSURE);
    assert_int_equal(bench_item(&b, "on-pulse", 0)->fate, CHL_FIRMWARE_LEFT);
    bench_close(&b);
}

static void test_what_was_never_sent_is_sent_again(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, LOT);
    b.use.wants.pass_time_ms = 8000;
    bench_read(&b);
    b.unsent = 2;
    assert_int_equal(bench_apply(&b)->end, CHL_FIRMWARE_APPLIED);
    assert_int_equal(b.written, 1);
    bench_set(&b, "start-time", 0, 7);
    bench_read(&b);
    b.unsent = 3;
    assert_end(bench_apply(&b), CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_NO_ANSWER);
    assert_int_equal(bench_item(&b, "start-time", 0)->fate, CHL_FIRMWARE_LEFT);
    assert_int_equal(b.written, 1);
    bench_close(&b);
}

static void test_a_silent_device_is_not_asked_for_each_setting(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, LOT);
    b.unit = 2;
    assert_end(bench_read(&b), CHL_FIRMWARE_NOBODY, CHL_FIRMWARE_WHY_NO_ANSWER);
    assert_int_equal(b.asked, 3);
    bench_close(&b);
}

static void test_what_cannot_be_read_is_said_and_nothing_is_written(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, MR6C);
    b.deny_read = bench_at(&b, "safe-apply", 0);
    assert_int_equal(bench_read(&b)->end, CHL_FIRMWARE_READ_ALL);
    const struct chl_firmware_item *item = bench_item(&b, "safe-apply", 0);
    assert_int_equal(item->seen, CHL_FIRMWARE_DENIED);
    assert_int_equal(item->exception, 2);
    assert_true(chl_firmware_unsettled(item));
    assert_end(bench_apply(&b), CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_UNREADABLE);
    assert_int_equal(b.written, 0);
    bench_close(&b);
}

static void test_two_gates_that_want_different_things_write_nothing(void **state)
{
    (void)state;
    struct bench b;
    const struct chl_gate_wish wish = {.setting = "poll-timeout", .value = 20};
    bench_open(&b, MR6C);
    bench_wish(&b, "poll-timeout", 5);
    struct chl_firmware_use uses[] = {b.use, b.use};
    uses[1].gate = "G2";
    uses[1].outputs = 2;
    uses[1].wants.wishes = &wish;
    uses[1].wants.wish_count = 1;
    b.target.uses = uses;
    b.target.use_count = 2;
    bench_read(&b);
    const struct chl_firmware_item *item = bench_item(&b, "poll-timeout", 0);
    assert_string_equal(item->wanted_by, "G1");
    assert_string_equal(item->against, "G2");
    assert_int_equal(item->against_value, 20);
    assert_true(chl_firmware_unsettled(item));
    assert_end(bench_apply(&b), CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_CONFLICT);
    assert_int_equal(b.written, 0);
    bench_close(&b);
}

static void test_both_gates_of_a_board_get_their_rows(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, MR6C);
    struct chl_firmware_use uses[] = {b.use, b.use};
    uses[1].gate = "G2";
    uses[1].outputs = 4;
    uses[1].wants.on_link_loss = CHL_LINK_FREE;
    b.target.uses = uses;
    b.target.use_count = 2;
    bench_read(&b);
    assert_int_equal(bench_apply(&b)->end, CHL_FIRMWARE_APPLIED);
    assert_int_equal(bench_get(&b, "safe-state", 0), 0);
    assert_int_equal(bench_get(&b, "safe-state", 2), 1);
    assert_int_equal(bench_get(&b, "timer-mode", 0), 3);
    assert_int_equal(bench_get(&b, "timer-mode", 1), 0);
    assert_int_equal(bench_get(&b, "timer-mode", 2), 3);
    bench_close(&b);
}

static void test_a_board_that_only_counts_keeps_its_promises_to_others(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, MR6C);
    struct chl_firmware_use uses[] = {{.gate = "G1", .counts = 3}, {.gate = "G2"}};
    uses[0].wants.on_link_loss = CHL_LINK_FREE;
    uses[0].wants.pass_time_ms = 5000;
    b.target.uses = uses;
    b.target.use_count = 2;
    bench_read(&b);
    assert_true(bench_item(&b, "input-mode", 0)->is_wanted);
    assert_true(bench_item(&b, "input-mode", 1)->is_wanted);
    assert_false(bench_item(&b, "input-mode", 2)->is_wanted);
    assert_true(bench_item(&b, "power-on-state", 0)->is_wanted);
    assert_false(bench_item(&b, "safe-state", 0)->is_wanted);
    assert_false(bench_item(&b, "poll-timeout", 0)->is_wanted);
    uses[0].counts = 0; /* it has a lamp there, or a contact */
    bench_read(&b);
    assert_false(bench_item(&b, "power-on-state", 0)->is_wanted);
    bench_close(&b);
}

/* As delivered an input drives the relay of its number: one that counts for this gate would release
 * another. */
static void test_rows_that_count_on_the_releasing_board_are_minded_too(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, MR6C);
    struct chl_firmware_use use = {.gate = "G1", .own = true, .outputs = 1, .counts = 0xC};
    use.wants.on_link_loss = CHL_LINK_FREE_EXIT;
    b.target.uses = &use;
    b.target.use_count = 1;
    bench_read(&b);
    assert_true(bench_item(&b, "input-mode", 0)->is_wanted);
    assert_false(bench_item(&b, "input-mode", 1)->is_wanted);
    assert_true(bench_item(&b, "input-mode", 2)->is_wanted);
    assert_true(bench_item(&b, "input-mode", 3)->is_wanted);
    assert_true(bench_item(&b, "safe-state", 0)->is_wanted);
    assert_false(bench_item(&b, "safe-state", 2)->is_wanted);
    assert_true(bench_item(&b, "timer-mode", 0)->is_wanted);
    assert_false(bench_item(&b, "timer-mode", 2)->minds); /* an output that nobody uses */
    assert_false(bench_item(&b, "on-pulse", 3)->minds);
    bench_close(&b);
}

/* Counter 3 stands beside the lamp of output 3; output 1 releases beside a contact of nobody's. */
static void test_rows_of_inputs_and_of_outputs_are_told_apart(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, MOXA);
    struct chl_firmware_use use = {
        .gate = "G1", .own = true, .outputs = 1, .counts = 4, .lamps = 4};
    b.target.uses = &use;
    b.target.use_count = 1;
    bench_read(&b);
    assert_true(bench_item(&b, "pulse-on-width", 0)->is_wanted);
    assert_false(bench_item(&b, "pulse-on-width", 2)->minds);
    assert_false(bench_item(&b, "counter-run", 0)->minds);
    assert_true(bench_item(&b, "counter-run", 2)->is_wanted);
    use.own = false;
    use.outputs = 0;
    bench_read(&b);
    assert_false(bench_item(&b, "pulse-count", 2)->minds);
    assert_true(bench_item(&b, "counter-run", 2)->is_wanted);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading_reads_each_setting_and_writes_nothing),
        cmocka_unit_test(test_rows_that_count_on_the_releasing_board_are_minded_too),
        cmocka_unit_test(test_rows_of_inputs_and_of_outputs_are_told_apart),
        cmocka_unit_test(test_what_it_does_alone_comes_before_the_time_after_which_it_does_it),
        cmocka_unit_test(test_applying_writes_what_differs_and_reads_it_back),
        cmocka_unit_test(test_a_device_without_single_writes_gets_many_of_one),
        cmocka_unit_test(test_a_refused_value_stops_and_the_rest_is_left),
        cmocka_unit_test(test_an_echo_is_not_believed),
        cmocka_unit_test(test_a_write_without_answer_is_read_back_and_never_repeated),
        cmocka_unit_test(test_a_device_that_falls_silent_in_the_middle_is_unknown),
        cmocka_unit_test(test_what_was_never_sent_is_sent_again),
        cmocka_unit_test(test_a_silent_device_is_not_asked_for_each_setting),
        cmocka_unit_test(test_what_cannot_be_read_is_said_and_nothing_is_written),
        cmocka_unit_test(test_two_gates_that_want_different_things_write_nothing),
        cmocka_unit_test(test_both_gates_of_a_board_get_their_rows),
        cmocka_unit_test(test_a_board_that_only_counts_keeps_its_promises_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
