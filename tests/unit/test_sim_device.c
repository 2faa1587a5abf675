/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The simulated turnstile behaves as the vendor's document says, on a clock of our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "sim/board.h"
#include "tests/unit/sim_profile.h"

enum { ENTRY = 0x40, EXIT = 0x41, COUNT = 0x44, MODE = 0x3000, START = 0x3011, FINISH = 0x3012 };

static struct board b;
#define d b.device

/** Reads are made at no time of their own: what they show is what the last act left. */
static int read_words(uint16_t address, uint16_t count, uint16_t *words)
{
    return board_read(&b, CHL_AREA_HOLDING, address, count, words, 0);
}

static int write_words(uint16_t address, uint16_t count, const uint16_t *words, int64_t now)
{
    return board_write(&b, CHL_AREA_HOLDING, address, count, words, now);
}

static uint16_t get(uint16_t address)
{
    uint16_t value = 0;
    assert_int_equal(read_words(address, 1, &value), BOARD_OK);
    return value;
}

static void set(uint16_t address, uint16_t value, int64_t now)
{
    assert_int_equal(write_words(address, 1, &value, now), BOARD_OK);
}

static int fresh(void **state)
{
    (void)state;
    return board_init(&b, lot, 0);
}

static int scrap(void **state)
{
    (void)state;
    board_free(&b);
    return 0;
}

static void pass(device_direction direction, int64_t now)
{
    assert_int_equal(device_enter(&d, direction, DEVICE_WALK, now), DEVICE_PASSING);
    device_leave(&d, direction, now + MS(100));
}

static void test_a_grant_counts_down_per_completed_pass(void **state)
{
    (void)state;
    set(ENTRY, 2, S(1));
    assert_int_equal(get(ENTRY), 2);
    assert_int_equal(device_enter(&d, DEVICE_ENTRY, DEVICE_WALK, S(2)), DEVICE_PASSING);
    assert_int_equal(get(ENTRY), 2);
    assert_int_equal(get(0x42), 1);
    device_leave(&d, DEVICE_ENTRY, S(3));
    assert_int_equal(get(0x42), 0);
    assert_int_equal(get(ENTRY), 1);
    pass(DEVICE_ENTRY, S(4));
    assert_int_equal(get(ENTRY), 0);
    assert_int_equal(device_enter(&d, DEVICE_ENTRY, DEVICE_WALK, S(5)), DEVICE_CLOSED);
    assert_int_equal(d.truth.entered, 2);
    assert_int_equal(d.truth.blocked, 1);
}

static void test_a_grant_ends_when_nobody_starts(void **state)
{
    (void)state;
    set(START, 2, S(1));
    set(ENTRY, 1, S(1));
    device_tick(&d, S(3) - 1);
    assert_int_equal(get(ENTRY), 1);
    device_tick(&d, S(3));
    assert_int_equal(get(ENTRY), 0);
    assert_int_equal(d.truth.timeouts, 1);
}

static void test_the_rest_of_a_grant_waits_as_long_again(void **state)
{
    (void)state;
    set(START, 2, S(1));
    set(ENTRY, 3, S(1));
    pass(DEVICE_ENTRY, S(2));
    device_tick(&d, S(4));
    assert_int_equal(get(ENTRY), 2);
    device_tick(&d, S(4) + MS(100));
    assert_int_equal(get(ENTRY), 0);
}

static void test_a_grant_ends_when_somebody_does_not_finish(void **state)
{
    (void)state;
    set(FINISH, 3, S(1));
    set(ENTRY, 2, S(1));
    assert_int_equal(device_enter(&d, DEVICE_ENTRY, DEVICE_WALK, S(2)), DEVICE_PASSING);
    device_tick(&d, S(5) - 1);
    assert_int_equal(get(ENTRY), 2);
    device_tick(&d, S(5));
    assert_int_equal(get(ENTRY), 0);
    assert_int_equal(get(0x42), 1);
    device_leave(&d, DEVICE_ENTRY, S(6));
    assert_int_equal(get(COUNT), 1);
}

static void test_backing_out_counts_nothing_and_keeps_the_grant(void **state)
{
    (void)state;
    set(START, 2, S(1));
    set(ENTRY, 1, S(1));
    assert_int_equal(device_enter(&d, DEVICE_ENTRY, DEVICE_WALK, S(2)), DEVICE_PASSING);
    assert_int_equal(device_enter(&d, DEVICE_ENTRY, DEVICE_WALK, S(2)), DEVICE_OCCUPIED);
    device_back_out(&d, DEVICE_ENTRY, S(3));
    assert_int_equal(get(COUNT), 0);
    assert_int_equal(get(ENTRY), 1);
    device_tick(&d, S(5));
    assert_int_equal(get(ENTRY), 0);
}

static void test_zero_cancels_and_free_does_not_count_down(void **state)
{
    (void)state;
    set(ENTRY, 5, S(1));
    set(ENTRY, 0, S(1));
    assert_false(device_open(&d, DEVICE_ENTRY));
    set(EXIT, 0xFFFF, S(1));
    for (int i = 0; i < 3; i++) {
        pass(DEVICE_EXIT, S(2 + i));
    }
    device_tick(&d, S(1000));
    assert_int_equal(get(EXIT), 0xFFFF);
    assert_int_equal(get(0x46), 3);
    assert_int_equal(d.truth.left, 3);
}

static void test_a_person_who_started_may_finish_after_a_cancel(void **state)
{
    (void)state;
    set(ENTRY, 1, S(1));
    assert_int_equal(device_enter(&d, DEVICE_ENTRY, DEVICE_WALK, S(1)), DEVICE_PASSING);
    set(ENTRY, 0, S(1));
    device_leave(&d, DEVICE_ENTRY, S(2));
    assert_int_equal(get(COUNT), 1);
    assert_int_equal(get(ENTRY), 0);
}

static void test_counters_are_low_word_first(void **state)
{
    (void)state;
    d.ways[DEVICE_ENTRY].count = 131070;
    d.ways[DEVICE_EXIT].count = 0xFFFFFFFF;
    uint16_t words[4];
    assert_int_equal(read_words(COUNT, 4, words), BOARD_OK);
    assert_int_equal(words[0], 0xFFFE);
    assert_int_equal(words[1], 0x0001);
    set(EXIT, 0xFFFF, S(1));
    pass(DEVICE_EXIT, S(1));
    assert_int_equal(read_words(COUNT, 4, words), BOARD_OK);
    assert_int_equal(words[2] | words[3], 0);
}

static void test_only_the_mode_survives_a_reboot(void **state)
{
    (void)state;
    set(MODE, 2, S(1));
    set(EXIT, 0xFFFF, S(1));
    set(START, 1, S(1));
    set(0x3010, 1, S(1));
    pass(DEVICE_EXIT, S(2));
    d.error = 3;
    board_reboot(&b, S(3));
    assert_int_equal(get(MODE), 2);
    assert_int_equal(get(EXIT), 0);
    assert_int_equal(get(0x46), 0);
    assert_int_equal(get(0x48), 0);
    assert_int_equal(get(START), 7);
    assert_int_equal(get(0x3010), 0);
    assert_int_equal(d.truth.left, 1);
    assert_true(device_open(&d, DEVICE_EXIT));
    assert_true(device_open(&d, DEVICE_ENTRY));
}

static void test_blocked_closes_entry_and_leaves_a_free_exit(void **state)
{
    (void)state;
    set(ENTRY, 3, S(1));
    set(EXIT, 0xFFFF, S(1));
    set(MODE, 1, S(1));
    assert_false(device_open(&d, DEVICE_ENTRY));
    assert_true(device_open(&d, DEVICE_EXIT));
    set(EXIT, 0, S(1));
    assert_int_equal(device_enter(&d, DEVICE_EXIT, DEVICE_WALK, S(1)), DEVICE_CLOSED);
    assert_int_equal(d.truth.refused_exits, 1);
}

static void test_a_tailgater_slips_in_only_right_behind_somebody(void **state)
{
    (void)state;
    assert_int_equal(device_enter(&d, DEVICE_ENTRY, DEVICE_TAILGATE, S(1)), DEVICE_CLOSED);
    set(ENTRY, 1, S(1));
    pass(DEVICE_ENTRY, S(2));
    assert_int_equal(
        device_enter(&d, DEVICE_ENTRY, DEVICE_TAILGATE, S(2) + MS(100 + DEVICE_TAILGATE_MS) + 1),
        DEVICE_CLOSED);
    set(ENTRY, 1, S(3));
    pass(DEVICE_ENTRY, S(4));
    assert_int_equal(device_enter(&d, DEVICE_ENTRY, DEVICE_TAILGATE, S(4) + MS(150)),
                     DEVICE_PASSING);
    device_leave(&d, DEVICE_ENTRY, S(4) + MS(250));
    assert_int_equal(get(COUNT), 3);
    assert_int_equal(get(ENTRY), 0);
    assert_int_equal(d.truth.tailgates, 1);
}

static void test_force_passes_a_closed_barrier_and_is_counted(void **state)
{
    (void)state;
    assert_int_equal(device_enter(&d, DEVICE_ENTRY, DEVICE_FORCE, S(1)), DEVICE_PASSING);
    device_leave(&d, DEVICE_ENTRY, S(2));
    assert_int_equal(get(COUNT), 1);
    assert_int_equal(d.truth.forced, 1);
}

static void test_grants_add_up_only_when_told_so(void **state)
{
    (void)state;
    set(ENTRY, 3, S(1));
    set(ENTRY, 1, S(1));
    assert_int_equal(get(ENTRY), 1);
    set(0x3010, 1, S(1));
    set(ENTRY, 2, S(1));
    assert_int_equal(get(ENTRY), 3);
    set(ENTRY, 0xFFFE, S(1));
    assert_int_equal(get(ENTRY), 0xFFFE);
    set(ENTRY, 0, S(1));
    assert_int_equal(get(ENTRY), 0);
}

static void test_wrong_addresses_and_values_are_refused_as_a_whole(void **state)
{
    (void)state;
    uint16_t values[3] = {1, 0xFFFF, 1};
    assert_int_equal(write_words(ENTRY, 3, values, S(1)), BOARD_ILLEGAL_ADDRESS);
    assert_int_equal(get(ENTRY), 0);
    assert_int_equal(get(EXIT), 0);
    assert_int_equal(read_words(0x48, 2, values), BOARD_ILLEGAL_ADDRESS);
    assert_int_equal(read_words(0xFFFF, 2, values), BOARD_ILLEGAL_ADDRESS);
    uint16_t mode = 3;
    assert_int_equal(write_words(MODE, 1, &mode, S(1)), BOARD_ILLEGAL_VALUE);
    uint16_t zero = 0;
    assert_int_equal(write_words(START, 1, &zero, S(1)), BOARD_ILLEGAL_VALUE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, scrap)
    const struct CMUnitTest tests[] = {
        TEST(test_a_grant_counts_down_per_completed_pass),
        TEST(test_a_grant_ends_when_nobody_starts),
        TEST(test_the_rest_of_a_grant_waits_as_long_again),
        TEST(test_a_grant_ends_when_somebody_does_not_finish),
        TEST(test_backing_out_counts_nothing_and_keeps_the_grant),
        TEST(test_zero_cancels_and_free_does_not_count_down),
        TEST(test_a_person_who_started_may_finish_after_a_cancel),
        TEST(test_counters_are_low_word_first),
        TEST(test_only_the_mode_survives_a_reboot),
        TEST(test_blocked_closes_entry_and_leaves_a_free_exit),
        TEST(test_a_tailgater_slips_in_only_right_behind_somebody),
        TEST(test_force_passes_a_closed_barrier_and_is_counted),
        TEST(test_grants_add_up_only_when_told_so),
        TEST(test_wrong_addresses_and_values_are_refused_as_a_whole),
    };
    return cmocka_run_group_tests(tests, load_lot, free_lot);
}
