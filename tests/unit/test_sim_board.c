/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Simulated boards obey their profiles: relays that fall by themselves, counters that wrap,
 *  lamps. On a clock of our own.
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

static void test_every_register_is_where_its_profile_says(void **state)
{
    (void)state;
    for (int i = 0; i < PROFILES; i++) {
        begin(i);
        for (int role = 0; role < CHL_REG_ROLE_COUNT; role++) {
            const struct chl_register *reg = &profiles[i]->registers[role];
            for (unsigned row = 0; reg->present && row < reg->rows; row++) {
                uint16_t words[3];
                int expected = reg->write_only ? BOARD_ILLEGAL_ADDRESS : BOARD_OK;
                assert_int_equal(
                    board_read(&b, reg->area, chl_register_at(reg, row), reg->words, words, S(1)),
                    expected);
            }
            uint16_t value = 1;
            if (reg->present && !reg->writable) {
                assert_int_equal(board_write(&b, reg->area, reg->address, 1, &value, S(1)),
                                 BOARD_ILLEGAL_ADDRESS);
            }
        }
        uint16_t nothing = 0;
        assert_int_equal(board_read(&b, CHL_AREA_HOLDING, 0xFFFF, 1, &nothing, S(1)),
                         BOARD_ILLEGAL_ADDRESS);
        assert_int_equal(board_read(&b, CHL_AREA_INPUT, 0xFFFF, 1, &nothing, S(1)),
                         BOARD_ILLEGAL_ADDRESS);
    }
}

static void test_a_flash_ends_by_itself(void **state)
{
    static const int boards[] = {RELAY, BARRIER};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin(boards[i]);
        assert_int_equal(coil(0x0202, 7, S(2)), BOARD_OK);
        assert_true(relay(2, S(2) + MS(699)));
        assert_false(relay(1, S(2) + MS(10)));
        assert_false(relay(2, S(2) + MS(700)));
        assert_int_equal(b.outputs[2].closings, 1);
        /* Again before it falls: it stays closed and lasts anew. */
        assert_int_equal(coil(0x0202, 7, S(3)), BOARD_OK);
        assert_int_equal(coil(0x0202, 7, S(3) + MS(600)), BOARD_OK);
        assert_true(relay(2, S(4) + MS(299)));
        assert_false(relay(2, S(4) + MS(300)));
        assert_int_equal(b.outputs[2].closings, 2);
        /* Off means off. */
        assert_int_equal(coil(0x0202, 70, S(5)), BOARD_OK);
        assert_int_equal(coil(2, 0, S(5) + MS(1)), BOARD_OK);
        assert_false(relay(2, S(5) + MS(2)));
    }
}

static void test_a_flash_takes_lengths_and_no_on_or_off(void **state)
{
    (void)state;
    begin(RELAY);
    assert_int_equal(coil(0x0200, 0, S(2)), BOARD_ILLEGAL_VALUE);
    assert_int_equal(coil(0x0200, BOARD_ON, S(2)), BOARD_ILLEGAL_VALUE);
    assert_int_equal(coil(0x0208, 7, S(2)), BOARD_ILLEGAL_ADDRESS);
    assert_int_equal(coil(0, 7, S(2)), BOARD_ILLEGAL_VALUE);
    assert_false(relay(0, S(2)));
    assert_int_equal(coil(0, BOARD_ON, S(2)), BOARD_OK);
    assert_true(relay(0, S(1000))); /* a coil is latched: nothing here takes it back */
}

static void test_a_release_coil_ends_its_own_pulse(void **state)
{
    (void)state;
    begin(COIL);
    assert_int_equal(coil(0, BOARD_ON, S(2)), BOARD_OK);
    assert_true(relay(0, S(2) + MS(profiles[COIL]->pulse_ms - 1)));
    assert_false(relay(0, S(2) + MS(profiles[COIL]->pulse_ms)));
}

static void test_the_pulse_timer_acts_only_in_its_mode(void **state)
{
    (void)state;
    begin(MR6C);
    provide("poll-timeout", 60000);
    assert_int_equal(coil(3, BOARD_ON, S(2)), BOARD_OK);
    assert_true(relay(3, S(2000))); /* as delivered it is latched */
    assert_int_equal(coil(3, 0, S(2001)), BOARD_OK);
    uint16_t pulse_mode = 3;
    uint16_t length = 12;
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 1763, 1, &pulse_mode, S(2001)), BOARD_OK);
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 1787, 1, &length, S(2001)), BOARD_OK);
    assert_int_equal(coil(3, BOARD_ON, S(2002)), BOARD_OK);
    assert_true(relay(3, S(2003) + MS(199)));
    assert_false(relay(3, S(2003) + MS(200)));
    assert_int_equal(coil(2, BOARD_ON, S(2004)), BOARD_OK);
    assert_true(relay(2, S(2010))); /* the mode is each row's own */
}

static void test_pulse_start_makes_so_many_pulses(void **state)
{
    (void)state;
    begin(MOXA);
    const uint16_t two[] = {0, 2};
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 38, 2, two, S(1)), BOARD_OK);
    assert_int_equal(look(CHL_AREA_HOLDING, 39, S(1)), 2);
    assert_int_equal(coil(17, BOARD_ON, S(2)), BOARD_OK);
    assert_true(relay(1, S(3)));
    assert_false(relay(1, S(3) + MS(500)));
    assert_false(relay(1, S(4)));
    assert_true(relay(1, S(5)));
    assert_false(relay(1, S(7)));
    assert_false(relay(1, S(60)));
    assert_int_equal(b.outputs[1].closings, 2);
    assert_int_equal(coil(17, BOARD_ON, S(70)), BOARD_OK);
    assert_int_equal(coil(17, 0, S(70) + MS(1)), BOARD_OK);
    assert_false(relay(1, S(70) + MS(2)));
}

static void pulse(unsigned row, int64_t now)
{
    board_pulse_input(&b, row, now);
    board_tick(&b, now + MS(500));
}

static void test_a_narrow_counter_wraps_to_zero(void **state)
{
    (void)state;
    begin(MR6C);
    provide("input-mode", 3);
    b.inputs[4].count = 65534;
    pulse(4, S(2));
    assert_int_equal(look(CHL_AREA_INPUT, 36, S(3)), 65535);
    pulse(4, S(4));
    assert_int_equal(look(CHL_AREA_INPUT, 36, S(5)), 0);
    pulse(4, S(6));
    assert_int_equal(look(CHL_AREA_INPUT, 36, S(7)), 1);
    assert_int_equal(look(CHL_AREA_INPUT, 35, S(7)), 0);
}

static void test_a_wide_counter_has_its_high_word_first_and_an_overflow_flag(void **state)
{
    (void)state;
    uint16_t words[2];
    begin(MOXA);
    pulse(1, S(2));
    assert_int_equal(look(CHL_AREA_INPUT, 19, S(3)), 0); /* as delivered it does not count */
    provide("counter-run", 1);
    b.inputs[1].count = 0x0001FFFF;
    pulse(1, S(4));
    assert_int_equal(board_read(&b, CHL_AREA_INPUT, 18, 2, words, S(5)), BOARD_OK);
    assert_int_equal(words[0], 2);
    assert_int_equal(words[1], 0);
    assert_int_equal(look(CHL_AREA_DISCRETE, 1001, S(5)), 0);
    b.inputs[1].count = UINT32_MAX;
    pulse(1, S(6));
    assert_int_equal(board_read(&b, CHL_AREA_INPUT, 18, 2, words, S(7)), BOARD_OK);
    assert_int_equal(words[0] | words[1], 0);
    assert_int_equal(look(CHL_AREA_DISCRETE, 1001, S(7)), 1);
    assert_int_equal(look(CHL_AREA_DISCRETE, 1000, S(7)), 0);
}

static void test_passages_close_behind_one_another_are_all_counted(void **state)
{
    (void)state;
    begin(COIL);
    unsigned edges = 0;
    bool before = false;
    for (int i = 0; i < 3; i++) {
        board_pulse_input(&b, 0, S(2));
    }
    for (int64_t now = S(2); now < S(4); now += MS(20)) {
        bool closed = look(CHL_AREA_DISCRETE, 0, now) == 1;
        edges += closed && !before ? 1 : 0;
        before = closed;
    }
    assert_int_equal(edges, 3);
    assert_false(before);
}

static void test_as_delivered_a_contact_drives_the_relay_of_its_number(void **state)
{
    (void)state;
    begin(MR6C);
    pulse(1, S(2));
    assert_true(relay(1, S(3)));
    provide("input-mode", 3);
    pulse(1, S(4));
    assert_true(relay(1, S(5)));
    begin(BARRIER);
    pulse(1, S(2));
    assert_false(relay(1, S(3))); /* as delivered: by command only */
    provide("output-mode", 1);
    board_hold_input(&b, 1, true, S(4));
    assert_true(relay(1, S(5)));
    board_hold_input(&b, 1, false, S(6));
    assert_false(relay(1, S(7)));
}

static void test_lamps_shine_as_long_as_they_were_told(void **state)
{
    (void)state;
    begin(LOT);
    const uint16_t blink[] = {2, 3, 20};
    const uint16_t steady[] = {1, 0, BOARD_FOREVER};
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 0x1003, 3, blink, S(2)), BOARD_OK);
    assert_true(board_lamp_lit(&b, 1, S(2) + MS(199)));
    assert_false(board_lamp_lit(&b, 1, S(2) + MS(200)));
    assert_true(board_lamp_lit(&b, 1, S(2) + MS(500)));
    assert_false(board_lamp_lit(&b, 1, S(4)));
    assert_false(board_lamp_lit(&b, 0, S(2)));
    assert_int_equal(board_write(&b, CHL_AREA_HOLDING, 0x1009, 3, steady, S(2)), BOARD_OK);
    assert_true(board_lamp_lit(&b, 3, S(100000)));
    assert_int_equal(look(CHL_AREA_HOLDING, 0x100B, S(3)), BOARD_FOREVER);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, scrap)
    const struct CMUnitTest tests[] = {
        TEST(test_every_register_is_where_its_profile_says),
        TEST(test_a_flash_ends_by_itself),
        TEST(test_a_flash_takes_lengths_and_no_on_or_off),
        TEST(test_a_release_coil_ends_its_own_pulse),
        TEST(test_the_pulse_timer_acts_only_in_its_mode),
        TEST(test_pulse_start_makes_so_many_pulses),
        TEST(test_a_narrow_counter_wraps_to_zero),
        TEST(test_a_wide_counter_has_its_high_word_first_and_an_overflow_flag),
        TEST(test_passages_close_behind_one_another_are_all_counted),
        TEST(test_as_delivered_a_contact_drives_the_relay_of_its_number),
        TEST(test_lamps_shine_as_long_as_they_were_told),
    };
    return cmocka_run_group_tests(tests, load_profiles, free_profiles);
}
