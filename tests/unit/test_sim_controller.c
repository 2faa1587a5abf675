/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The simulated controller byte by byte: frames, exceptions, and how it misbehaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "sim/controller.h"
#include "tests/unit/sim_profile.h"

static struct controller c;
static struct fault_reply reply;
#define out reply.bytes

static int fresh(void **state)
{
    (void)state;
    controller_init(&c, ADU_TCP);
    return controller_add(&c, 1, lot, 0) != CHL_OK || controller_add(&c, 2, lot, 0) != CHL_OK;
}

static int scrap(void **state)
{
    (void)state;
    controller_free(&c);
    return 0;
}

static struct device *device(unsigned unit)
{
    return controller_device(&c, unit, 0);
}

static size_t ask(const uint8_t *frame, size_t length, int64_t now)
{
    assert_int_equal(adu_cut(ADU_TCP, frame, length), length);
    return controller_answer(&c, frame, length, &reply, now) ? reply.length : 0;
}

static void test_a_read_answers_with_its_transaction(void **state)
{
    (void)state;
    const uint8_t frame[] = {0xAB, 0xCD, 0, 0, 0, 6, 2, 3, 0, 0x40, 0, 9};
    device(2)->ways[DEVICE_ENTRY].count = 0x00020003;
    size_t length = ask(frame, sizeof frame, S(1));
    assert_int_equal(length, 7 + 2 + 18);
    const uint8_t head[] = {0xAB, 0xCD, 0, 0, 0, 21, 2, 3, 18};
    assert_memory_equal(out, head, sizeof head);
    const uint8_t count[] = {0, 3, 0, 2};
    assert_memory_equal(out + 9 + 8, count, sizeof count);
}

static void test_a_write_of_several_registers_is_echoed_and_done(void **state)
{
    (void)state;
    const uint8_t frame[] = {0, 1, 0, 0, 0, 11, 1, 16, 0, 0x40, 0, 2, 4, 0, 3, 0xFF, 0xFF};
    const uint8_t echo[] = {0, 1, 0, 0, 0, 6, 1, 16, 0, 0x40, 0, 2};
    assert_int_equal(ask(frame, sizeof frame, S(1)), sizeof echo);
    assert_memory_equal(out, echo, sizeof echo);
    assert_int_equal(device(1)->ways[DEVICE_ENTRY].left, 3);
    assert_int_equal(device(1)->ways[DEVICE_EXIT].left, 0xFFFF);
    assert_int_equal(device(2)->ways[DEVICE_ENTRY].left, 0);
}

static void test_what_it_does_not_know_is_an_exception(void **state)
{
    (void)state;
    static const struct {
        uint8_t frame[16];
        size_t length;
        unsigned exception;
    } cases[] = {
        {{0, 1, 0, 0, 0, 6, 1, 4, 0, 0x40, 0, 1}, 12, 1},
        {{0, 1, 0, 0, 0, 6, 1, 6, 0, 0x40, 0, 1}, 12, 1},
        {{0, 1, 0, 0, 0, 6, 1, 5, 0, 0x40, 0xFF, 0}, 12, 1},
        {{0, 1, 0, 0, 0, 6, 1, 3, 0, 0x49, 0, 1}, 12, 2},
        {{0, 1, 0, 0, 0, 6, 1, 3, 0, 0x40, 0, 0}, 12, 3},
        {{0, 1, 0, 0, 0, 6, 1, 3, 0, 0x40, 0, 126}, 12, 3},
        {{0, 1, 0, 0, 0, 5, 1, 3, 0, 0x40, 0}, 11, 3},
        {{0, 1, 0, 0, 0, 9, 1, 16, 0, 0x44, 0, 1, 2, 0, 0}, 15, 2},
        {{0, 1, 0, 0, 0, 9, 1, 16, 0, 0x40, 0, 2, 2, 0, 0}, 15, 3},
        {{0, 1, 0, 0, 0, 9, 1, 16, 0x30, 0, 0, 1, 2, 0, 9}, 15, 3},
        {{0, 1, 0, 0, 0, 4, 1, 16, 0x30, 0}, 10, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(ask(cases[i].frame, cases[i].length, S(1)), 9);
        assert_int_equal(out[7], cases[i].frame[7] | 0x80);
        assert_int_equal(out[8], cases[i].exception);
    }
    assert_int_equal(c.units[0]->exceptions, sizeof cases / sizeof cases[0]);
}

static void test_a_unit_that_is_not_there_does_not_answer(void **state)
{
    (void)state;
    const uint8_t frame[] = {0, 1, 0, 0, 0, 6, 3, 3, 0, 0x40, 0, 1};
    assert_int_equal(ask(frame, sizeof frame, S(1)), 0);
}

static void test_frames_are_cut_out_of_the_stream(void **state)
{
    (void)state;
    const uint8_t two[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0x40, 0, 1, 0, 2, 0};
    assert_int_equal(adu_cut(ADU_TCP, two, sizeof two), 12);
    assert_int_equal(adu_cut(ADU_TCP, two + 12, 3), 0);
    assert_int_equal(adu_cut(ADU_TCP, two, 11), 0);
    const uint8_t foreign[] = {'G', 'E', 'T', ' ', '/', ' ', 'H'};
    assert_int_equal(adu_cut(ADU_TCP, foreign, sizeof foreign), -1);
    const uint8_t huge[] = {0, 1, 0, 0, 0xFF, 0xFF, 1};
    assert_int_equal(adu_cut(ADU_TCP, huge, sizeof huge), -1);
    const uint8_t small[] = {0, 1, 0, 0, 0, 1, 1};
    assert_int_equal(adu_cut(ADU_TCP, small, sizeof small), -1);
}

static void test_slow_silent_and_restarting_units(void **state)
{
    (void)state;
    const uint8_t write[] = {0, 1, 0, 0, 0, 9, 1, 16, 0, 0x40, 0, 1, 2, 0, 1};
    c.units[0]->delay_ms = 70;
    assert_int_equal(ask(write, sizeof write, S(1)), 12);
    assert_int_equal(reply.at_ns, S(1) + MS(70));
    device_grant(device(1), DEVICE_ENTRY, 0, S(1));
    c.units[0]->silent = true;
    assert_int_equal(ask(write, sizeof write, S(2)), 0);
    assert_int_equal(device(1)->ways[DEVICE_ENTRY].left, 1);
    c.units[0]->silent = false;
    controller_reboot(c.units[0], 500, S(3));
    assert_int_equal(ask(write, sizeof write, S(3) + MS(499)), 0);
    assert_int_equal(device(1)->ways[DEVICE_ENTRY].left, 0);
    assert_int_equal(ask(write, sizeof write, S(3) + MS(500)), 12);
    assert_int_equal(device(1)->ways[DEVICE_ENTRY].left, 1);
}

static void test_requests_that_come_too_soon_are_noticed(void **state)
{
    (void)state;
    const uint8_t frame[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0x40, 0, 1};
    ask(frame, sizeof frame, S(1));
    ask(frame, sizeof frame, S(1) + MS(4));
    ask(frame, sizeof frame, S(1) + MS(9));
    assert_int_equal(c.units[0]->requests, 3);
    assert_int_equal(c.units[0]->early, 1);
}

static void test_addresses_that_the_profile_does_not_allow_are_refused(void **state)
{
    (void)state;
    assert_int_equal(controller_add(&c, 33, lot, 0), CHL_E_INVAL);
    assert_int_equal(controller_add(&c, 0, lot, 0), CHL_E_INVAL);
    assert_int_equal(controller_add(&c, 2, lot, 0), CHL_E_INVAL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, scrap)
    const struct CMUnitTest tests[] = {
        TEST(test_a_read_answers_with_its_transaction),
        TEST(test_a_write_of_several_registers_is_echoed_and_done),
        TEST(test_what_it_does_not_know_is_an_exception),
        TEST(test_a_unit_that_is_not_there_does_not_answer),
        TEST(test_frames_are_cut_out_of_the_stream),
        TEST(test_slow_silent_and_restarting_units),
        TEST(test_requests_that_come_too_soon_are_noticed),
        TEST(test_addresses_that_the_profile_does_not_allow_are_refused),
    };
    return cmocka_run_group_tests(tests, load_lot, free_lot);
}
