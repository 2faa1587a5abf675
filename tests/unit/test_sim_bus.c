/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Several units on one simulated bus: who answers, to which address and speed, and when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "sim/controller.h"
#include "tests/unit/sim_boards.h"

static struct controller c;
static struct fault_reply reply;
static int64_t now;

static void begin(adu_framing framing)
{
    controller_free(&c);
    controller_init(&c, framing);
    now = S(10);
    assert_int_equal(controller_add(&c, 1, profiles[MR6C], S(1)), CHL_OK);
    assert_int_equal(controller_add(&c, 2, profiles[LOT], S(1)), CHL_OK);
}

static int scrap(void **state)
{
    (void)state;
    controller_free(&c);
    return 0;
}

static bool ask(unsigned unit, uint16_t transaction, const uint8_t *pdu, size_t length)
{
    uint8_t frame[ADU_MAX];
    const struct adu request = {
        .transaction = transaction, .unit = (uint8_t)unit, .pdu = pdu, .length = length};
    size_t size = adu_write(c.framing, &request, frame);
    assert_int_equal(adu_cut(c.framing, frame, size), size);
    now += MS(20);
    return controller_answer(&c, frame, size, &reply, now);
}

static const uint8_t write_coil[] = {5, 0, 2, 0xFF, 0};  /* relay 3 on */
static const uint8_t read_counts[] = {3, 0, 0x44, 0, 4}; /* of the LOT turnstile */
static const uint8_t read_relays[] = {1, 0, 0, 0, 6};

/** The answer's PDU, which must be whole. */
static struct adu answer(void)
{
    struct adu got;
    assert_true(adu_read(c.framing, reply.bytes, reply.length, &got));
    return got;
}

static void test_a_broadcast_is_obeyed_and_not_answered(void **state)
{
    (void)state;
    begin(ADU_RTU);
    assert_int_equal(controller_add(&c, 3, profiles[MR6C], S(1)), CHL_OK);
    assert_false(ask(0, 0, write_coil, sizeof write_coil));
    assert_true(controller_unit(&c, 1)->board.outputs[2].on);
    assert_true(controller_unit(&c, 3)->board.outputs[2].on);
    assert_false(ask(0, 0, read_relays, sizeof read_relays));
    assert_int_equal(controller_unit(&c, 1)->requests, 1);
}

static void test_a_dead_unit_leaves_the_others_alone(void **state)
{
    (void)state;
    begin(ADU_RTU);
    controller_unit(&c, 1)->off = true;
    assert_false(ask(1, 0, write_coil, sizeof write_coil));
    assert_false(controller_unit(&c, 1)->board.outputs[2].on);
    assert_true(ask(2, 0, read_counts, sizeof read_counts));
}

static void test_frames_take_the_time_of_the_line(void **state)
{
    (void)state;
    begin(ADU_RTU);
    c.baud = 9600;
    /* The facts' bound for FC05 is 24.0 ms with both silences; the answer is whole one silence
     * (3.6 ms) earlier. */
    assert_true(ask(1, 0, write_coil, sizeof write_coil));
    int64_t took = reply.at_ns - now;
    assert_true(took > MS(20) && took < MS(21));
    assert_true(c.busy_until_ns - now > MS(23) && c.busy_until_ns - now < MS(24) + MS(1));
    /* What is sent meanwhile waits its turn. */
    int64_t busy = c.busy_until_ns;
    now -= MS(20);
    assert_true(ask(1, 0, write_coil, sizeof write_coil));
    assert_int_equal(reply.at_ns, busy + took);
    c.baud = 115200;
    c.busy_until_ns = 0;
    controller_unit(&c, 1)->delay_ms = 20;
    assert_true(ask(1, 0, write_coil, sizeof write_coil));
    took = reply.at_ns - now;
    assert_true(took > MS(23) && took < MS(24));
}

static void set_word(unsigned unit, uint16_t address, uint16_t value)
{
    const uint8_t pdu[] = {6, (uint8_t)(address >> 8), (uint8_t)address, (uint8_t)(value >> 8),
                           (uint8_t)value};
    assert_true(ask(unit, 0, pdu, sizeof pdu));
    assert_memory_equal(answer().pdu, pdu, sizeof pdu);
}

static void test_a_unit_moves_to_its_new_address(void **state)
{
    (void)state;
    begin(ADU_RTU);
    set_word(1, 128, 5);
    assert_false(ask(1, 0, read_relays, sizeof read_relays));
    assert_true(ask(5, 0, read_relays, sizeof read_relays));
    assert_ptr_equal(controller_unit(&c, 1), c.units[0]); /* the door's name stays */
    assert_null(controller_unit(&c, 5));
    /* LOT: only after a restart. */
    const uint8_t address[] = {16, 0x43, 0x12, 0, 1, 2, 0, 9};
    assert_true(ask(2, 0, address, sizeof address));
    assert_true(ask(2, 0, read_counts, sizeof read_counts));
    controller_reboot(controller_unit(&c, 2), 1, now);
    assert_true(ask(9, 0, read_counts, sizeof read_counts));
    assert_false(ask(2, 0, read_counts, sizeof read_counts));
}

static void test_two_units_at_one_address_collide(void **state)
{
    struct adu got;
    (void)state;
    begin(ADU_RTU);
    assert_int_equal(controller_add(&c, 3, profiles[MR6C], S(1)), CHL_OK);
    set_word(1, 128, 3);
    assert_true(ask(3, 0, write_coil, sizeof write_coil));
    assert_false(adu_read(ADU_RTU, reply.bytes, reply.length, &got));
    assert_true(controller_unit(&c, 1)->board.outputs[2].on);
    assert_true(controller_unit(&c, 3)->board.outputs[2].on);
}

static void test_a_unit_hears_only_its_new_speed(void **state)
{
    (void)state;
    begin(ADU_RTU);
    c.spoken = 9600;
    assert_true(ask(1, 0, read_relays, sizeof read_relays));
    set_word(1, 110, 192);
    assert_false(ask(1, 0, read_relays, sizeof read_relays));
    c.spoken = 19200;
    assert_true(ask(1, 0, read_relays, sizeof read_relays));
}

static void test_a_network_device_alone_answers_at_any_unit(void **state)
{
    (void)state;
    controller_init(&c, ADU_TCP);
    now = S(10);
    assert_int_equal(controller_add(&c, 1, profiles[MOXA], S(1)), CHL_OK);
    assert_true(ask(255, 0, read_relays, sizeof read_relays));
    assert_int_equal(answer().unit, 255);
    assert_int_equal(controller_add(&c, 2, profiles[MOXA], S(1)), CHL_OK);
    assert_false(ask(255, 0, read_relays, sizeof read_relays));
}

static void test_only_the_listed_functions_are_answered(void **state)
{
    static const uint8_t functions[] = {1, 2, 3, 4, 5, 6, 7, 15, 16, 22, 23, 43};
    (void)state;
    for (int i = 0; i < PROFILES; i++) {
        controller_free(&c);
        controller_init(&c, ADU_TCP);
        now = S(10);
        assert_int_equal(controller_add(&c, 1, profiles[i], S(1)), CHL_OK);
        for (size_t f = 0; f < sizeof functions; f++) {
            const uint8_t pdu[] = {functions[f], 0xFF, 0xF0, 0, 1};
            bool listed = functions[f] < 32 && (profiles[i]->functions & 1U << functions[f]) != 0;
            assert_true(ask(1, 0, pdu, sizeof pdu));
            assert_int_equal(answer().pdu[0], functions[f] | 0x80);
            assert_int_equal(answer().pdu[1] == BOARD_ILLEGAL_FUNCTION, !listed);
        }
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, scrap)
    const struct CMUnitTest tests[] = {
        TEST(test_a_broadcast_is_obeyed_and_not_answered),
        TEST(test_a_dead_unit_leaves_the_others_alone),
        TEST(test_frames_take_the_time_of_the_line),
        TEST(test_a_unit_moves_to_its_new_address),
        TEST(test_two_units_at_one_address_collide),
        TEST(test_a_unit_hears_only_its_new_speed),
        TEST(test_a_network_device_alone_answers_at_any_unit),
        TEST(test_only_the_listed_functions_are_answered),
    };
    return cmocka_run_group_tests(tests, load_profiles, free_profiles);
}
