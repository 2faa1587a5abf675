/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Settings of simulated boards, what they make of a lost link, and what a restart leaves of
 *  them. On a clock of our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "sim/board.h"
#include "tests/unit/sim_boards.h"

static struct board b;

static void begin(int which)
{
    board_free(&b);
    assert_int_equal(board_init(&b, profiles[which], S(1)), CHL_OK);
}

static int scrap(void **state)
{
    (void)state;
    board_free(&b);
    return 0;
}

static int coil(uint16_t address, uint16_t raw, int64_t now)
{
    return board_write(&b, CHL_AREA_COIL, address, 1, &raw, now);
}

static uint16_t look(chl_area area, uint16_t address, int64_t now)
{
    uint16_t value = 0xEEEE;
    assert_int_equal(board_read(&b, area, address, 1, &value, now), BOARD_OK);
    return value;
}

static bool relay(unsigned row, int64_t now)
{
    return look(CHL_AREA_COIL, (uint16_t)row, now) == 1;
}

static void provide(const char *name, int64_t value)
{
    assert_true(board_provide(&b, name, value));
}

static void pulse(unsigned row, int64_t now)
{
    board_pulse_input(&b, row, now);
    board_tick(&b, now + MS(500));
}

static void test_every_setting_starts_at_its_default_and_keeps_its_range(void **state)
{
    (void)state;
    for (int i = 0; i < PROFILES; i++) {
        begin(i);
        for (size_t s = 0; s < profiles[i]->setting_count; s++) {
            const struct chl_setting *setting = &profiles[i]->settings[s];
            const struct chl_register *reg = &setting->reg;
            uint16_t words[2] = {0, 0};
            if (reg->area != CHL_AREA_HOLDING || reg->words != 1) {
                continue;
            }
            assert_int_equal(board_read(&b, reg->area, reg->address, 1, words, S(1)), BOARD_OK);
            assert_int_equal(words[0], reg->dflt);
            if (reg->max < UINT16_MAX) {
                words[0] = (uint16_t)(reg->max + 1);
                words[1] = (uint16_t)~words[0];
                assert_int_equal(board_write(&b, reg->area, reg->address,
                                             setting->has_complement ? 2 : 1, words, S(1)),
                                 BOARD_ILLEGAL_VALUE);
            }
        }
    }
}

static void trip_ready(int64_t safe_state)
{
    begin(MR6C);
    provide("safe-state", safe_state);
    provide("safe-apply", 1);
}

static void test_the_watchdog_trips_by_itself(void **state)
{
    (void)state;
    trip_ready(1);
    board_talked(&b, S(5));
    board_tick(&b, S(15) - 1);
    assert_false(b.outputs[0].on);
    board_tick(&b, S(15));
    assert_true(b.tripped);
    assert_int_equal(b.trips, 1);
    assert_true(b.outputs[0].on && b.outputs[5].on);
    /* The next question ends it, and the relays stay until they are told otherwise. */
    board_talked(&b, S(20));
    assert_false(b.tripped);
    assert_true(relay(0, S(21)));
    assert_int_equal(coil(0, 0, S(21)), BOARD_OK);
    assert_false(relay(0, S(22)));
    board_talked(&b, S(25));
    board_tick(&b, S(34));
    assert_int_equal(b.trips, 1);
    board_tick(&b, S(35));
    assert_int_equal(b.trips, 2);
}

static void test_a_tripped_watchdog_opens_what_is_latched(void **state)
{
    (void)state;
    trip_ready(0);
    assert_int_equal(coil(0, BOARD_ON, S(2)), BOARD_OK);
    board_talked(&b, S(2));
    board_tick(&b, S(12));
    assert_false(b.outputs[0].on);
    /* As delivered the outputs are left alone. */
    begin(MR6C);
    assert_int_equal(coil(0, BOARD_ON, S(2)), BOARD_OK);
    board_tick(&b, S(60));
    assert_true(b.tripped);
    assert_true(b.outputs[0].on);
    /* Told to watch the power only, it never trips. */
    trip_ready(1);
    provide("safety-trigger", 1);
    board_tick(&b, S(1000));
    assert_false(b.tripped);
    /* Boards without a watchdog keep what they have for ever. */
    begin(RELAY);
    assert_int_equal(coil(0, BOARD_ON, S(2)), BOARD_OK);
    board_tick(&b, S(100000));
    assert_true(b.outputs[0].on);
    assert_false(b.tripped);
}

static void test_a_complement_comes_in_the_same_write_or_not_at_all(void **state)
{
    (void)state;
    begin(LOT);
    const uint16_t good[] = {96, 0xFF9F};
    const uint16_t bad[] = {96, 0xFF9E};
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 0x4310, 1, good, S(2)), BOARD_ILLEGAL_VALUE);
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 0x4311, 1, good + 1, S(2)),
                     BOARD_ILLEGAL_VALUE);
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 0x4310, 2, bad, S(2)), BOARD_ILLEGAL_VALUE);
    assert_int_equal(look(CHL_AREA_HOLDING, 0x4310, S(2)), 1152);
    assert_int_equal(look(CHL_AREA_HOLDING, 0x4311, S(2)), (uint16_t)~1152);
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 0x4310, 2, good, S(2)), BOARD_OK);
    assert_int_equal(look(CHL_AREA_HOLDING, 0x4310, S(2)), 96);
    /* It acts after a restart only, and outlives it. */
    assert_int_equal(board_baud(&b), 0);
    board_reboot(&b, S(3));
    assert_int_equal(board_baud(&b), 9600);
    assert_int_equal(look(CHL_AREA_HOLDING, 0x4311, S(3)), 0xFF9F);
}

static void test_a_restart_loses_what_is_not_persistent(void **state)
{
    (void)state;
    uint16_t words[2];
    begin(LOT);
    uint16_t dead_zone = 12;
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 0x3013, 1, &dead_zone, S(2)), BOARD_OK);
    board_reboot(&b, S(3));
    assert_int_equal(look(CHL_AREA_HOLDING, 0x3013, S(3)), 30);
    begin(MR6C);
    provide("safe-apply", 1);
    provide("input-mode", 3);
    pulse(0, S(2));
    assert_int_equal(look(CHL_AREA_INPUT, 32, S(3)), 1);
    assert_int_equal(coil(0, BOARD_ON, S(3)), BOARD_OK);
    board_reboot(&b, S(100));
    assert_int_equal(look(CHL_AREA_INPUT, 32, S(100)), 0);
    assert_int_equal(look(CHL_AREA_HOLDING, 938, S(100)), 1);
    assert_false(relay(0, S(100)));
    assert_int_equal(board_read(&b, CHL_AREA_INPUT, 104, 2, words, S(107)), BOARD_OK);
    assert_int_equal(words[1], 7);
    provide("power-on-state", 1);
    assert_int_equal(coil(0, BOARD_ON, S(108)), BOARD_OK);
    board_reboot(&b, S(109));
    assert_true(relay(0, S(109)));
}

static void test_a_register_restarts_it(void **state)
{
    (void)state;
    begin(MR6C);
    uint16_t one = 1;
    uint16_t value = 0;
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 120, 1, &one, S(2)), BOARD_OK);
    assert_true(b.restart);
    assert_int_equal(board_read(&b, CHL_AREA_HOLDING, 120, 1, &value, S(2)), BOARD_ILLEGAL_ADDRESS);
}

static void test_a_write_is_done_whole_or_not_at_all(void **state)
{
    (void)state;
    begin(BARRIER);
    const uint16_t modes[] = {1, 4};
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 0x1000, 2, modes, S(2)),
                     BOARD_ILLEGAL_VALUE);
    assert_int_equal(look(CHL_AREA_HOLDING, 0x1000, S(2)), 0);
    const uint16_t on[] = {BOARD_ON, BOARD_ON};
    assert_int_equal(board_write(&b, CHL_AREA_COIL, 7, 2, on, S(2)), BOARD_ILLEGAL_ADDRESS);
    assert_false(relay(7, S(2)));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, scrap)
    const struct CMUnitTest tests[] = {
        TEST(test_every_setting_starts_at_its_default_and_keeps_its_range),
        TEST(test_the_watchdog_trips_by_itself),
        TEST(test_a_tripped_watchdog_opens_what_is_latched),
        TEST(test_a_complement_comes_in_the_same_write_or_not_at_all),
        TEST(test_a_restart_loses_what_is_not_persistent),
        TEST(test_a_register_restarts_it),
        TEST(test_a_write_is_done_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, load_profiles, free_profiles);
}
