/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How answers go wrong on demand, frame by frame, over TCP and on a serial line.
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

static const uint8_t read_modes[] = {3, 0x06, 0xE0, 0, 2}; /* HR 1760 */
static const uint8_t write_coil[] = {5, 0, 2, 0xFF, 0};    /* relay 3 on */
static const uint8_t read_counts[] = {3, 0, 0x44, 0, 4};   /* of the LOT turnstile */
static const uint8_t read_relays[] = {1, 0, 0, 0, 6};

/** The answer's PDU, which must be whole. */
static struct adu answer(void)
{
    struct adu got;
    assert_true(adu_read(c.framing, reply.bytes, reply.length, &got));
    return got;
}

static void spoil(unsigned unit, fault_kind kind, uint32_t times)
{
    controller_unit(&c, unit)->fault = (struct fault){.kind = kind, .times = times};
}

static void test_a_serial_frame_carries_a_crc_that_others_compute_alike(void **state)
{
    (void)state;
    /* Waveshare's wiki: 01 05 02 00 00 07 8D B0. */
    const uint8_t frame[] = {1, 5, 2, 0, 0, 7, 0x8D, 0xB0};
    struct adu got;
    assert_int_equal(adu_cut(ADU_RTU, frame, sizeof frame), 8);
    assert_int_equal(adu_cut(ADU_RTU, frame, 7), 0);
    assert_true(adu_read(ADU_RTU, frame, sizeof frame, &got));
    assert_int_equal(got.unit, 1);
    assert_int_equal(got.length, 5);
    uint8_t damaged[sizeof frame];
    memcpy(damaged, frame, sizeof frame);
    damaged[5] ^= 1;
    assert_false(adu_read(ADU_RTU, damaged, sizeof damaged, &got));
    const uint8_t many[] = {1, 16, 0, 0x40, 0, 1, 2, 0, 1, 0, 0};
    assert_int_equal(adu_cut(ADU_RTU, many, sizeof many), 11);
    assert_int_equal(adu_cut(ADU_RTU, many, 6), 0);
    const uint8_t foreign[] = {1, 43, 14, 1, 0, 0, 0, 0};
    assert_int_equal(adu_cut(ADU_RTU, foreign, sizeof foreign), 0);
}

static void test_bits_are_read_and_written_in_both_framings(void **state)
{
    static const adu_framing framings[] = {ADU_TCP, ADU_RTU};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const uint8_t write_bits[] = {15, 0, 0, 0, 6, 1, 0x25};
        const uint8_t expected[] = {1, 1, 0x25};
        begin(framings[i]);
        assert_true(ask(1, 7, write_bits, sizeof write_bits));
        assert_int_equal(answer().length, 5);
        assert_memory_equal(answer().pdu, write_bits, 5);
        assert_true(ask(1, 8, read_relays, sizeof read_relays));
        assert_int_equal(answer().length, sizeof expected);
        assert_memory_equal(answer().pdu, expected, sizeof expected);
        const uint8_t too_long[] = {15, 0, 0, 0, 9, 1, 0x25};
        assert_true(ask(1, 9, too_long, sizeof too_long));
        assert_int_equal(answer().pdu[0], 0x8F);
        assert_int_equal(answer().pdu[1], BOARD_ILLEGAL_VALUE);
    }
}

static void test_the_answer_before_comes_instead(void **state)
{
    (void)state;
    begin(ADU_TCP);
    spoil(1, FAULT_STALE, FAULT_ALWAYS);
    assert_false(ask(1, 1, read_modes, sizeof read_modes));
    assert_true(ask(1, 2, read_relays, sizeof read_relays));
    assert_int_equal(answer().transaction, 1);
    assert_int_equal(answer().pdu[0], 3);
    assert_true(ask(1, 3, read_modes, sizeof read_modes));
    assert_int_equal(answer().transaction, 2);
    assert_int_equal(answer().pdu[0], 1);
}

static void test_wrong_numbers_units_and_functions(void **state)
{
    (void)state;
    begin(ADU_TCP);
    spoil(1, FAULT_WRONG_TRANSACTION, 1);
    assert_true(ask(1, 40, read_modes, sizeof read_modes));
    assert_int_equal(answer().transaction, 41);
    assert_true(ask(1, 41, read_modes, sizeof read_modes)); /* once was ordered */
    assert_int_equal(answer().transaction, 41);
    begin(ADU_RTU);
    spoil(1, FAULT_WRONG_UNIT, 1);
    assert_true(ask(1, 0, read_modes, sizeof read_modes));
    assert_int_equal(answer().unit, 2);
    spoil(1, FAULT_WRONG_FUNCTION, 1);
    assert_true(ask(1, 0, read_modes, sizeof read_modes));
    assert_int_equal(answer().pdu[0], 4);
}

static void test_wrong_echoes(void **state)
{
    (void)state;
    begin(ADU_RTU);
    spoil(1, FAULT_WRONG_ADDRESS, 1);
    assert_true(ask(1, 0, write_coil, sizeof write_coil));
    const uint8_t elsewhere[] = {5, 0, 3, 0xFF, 0};
    assert_memory_equal(answer().pdu, elsewhere, sizeof elsewhere);
    assert_true(controller_unit(&c, 1)->board.outputs[2].on); /* it obeyed all the same */
    spoil(1, FAULT_WRONG_VALUE, 1);
    assert_true(ask(1, 0, write_coil, sizeof write_coil));
    const uint8_t otherwise[] = {5, 0, 2, 0xFF, 1};
    assert_memory_equal(answer().pdu, otherwise, sizeof otherwise);
    spoil(1, FAULT_WRONG_LENGTH, 1);
    assert_true(ask(1, 0, read_modes, sizeof read_modes));
    assert_int_equal(answer().length, 4);
    assert_int_equal(answer().pdu[1], 2);
}

static uint32_t torn_count(void)
{
    assert_true(ask(2, 5, read_counts, sizeof read_counts));
    const uint8_t *words = answer().pdu + 2; /* low word first */
    return (uint32_t)words[0] << 8 | words[1] | (uint32_t)words[2] << 24 | (uint32_t)words[3] << 16;
}

static void test_a_torn_counter_shows_at_the_carry_only(void **state)
{
    (void)state;
    begin(ADU_TCP);
    struct device_way *entry = &controller_device(&c, 2, 0)->ways[DEVICE_ENTRY];
    spoil(2, FAULT_TORN, FAULT_ALWAYS);
    entry->count = 65535;
    assert_int_equal(torn_count(), 65535);
    entry->count = 65536;
    assert_int_equal(torn_count(), 0);
    entry->count = 65537;
    assert_int_equal(torn_count(), 65537);
}

static void test_an_exception_is_not_obeyed(void **state)
{
    (void)state;
    begin(ADU_TCP);
    controller_unit(&c, 1)->fault =
        (struct fault){.kind = FAULT_EXCEPTION, .times = 1, .code = 6, .function = 5};
    assert_true(ask(1, 1, read_relays, sizeof read_relays));
    assert_int_equal(answer().pdu[0], 1); /* of another function than was ordered */
    assert_true(ask(1, 1, write_coil, sizeof write_coil));
    assert_int_equal(answer().pdu[0], 0x85);
    assert_int_equal(answer().pdu[1], 6);
    assert_false(controller_unit(&c, 1)->board.outputs[2].on);
}

static void test_noise_instead_of_an_answer(void **state)
{
    struct adu got;
    (void)state;
    begin(ADU_RTU);
    assert_true(ask(1, 0, read_modes, sizeof read_modes));
    const size_t whole = reply.length;
    spoil(1, FAULT_GARBAGE, 1);
    assert_true(ask(1, 0, read_modes, sizeof read_modes));
    assert_false(adu_read(ADU_RTU, reply.bytes, reply.length, &got));
    spoil(1, FAULT_CRC, 1);
    assert_true(ask(1, 0, read_modes, sizeof read_modes));
    assert_int_equal(reply.length, whole);
    assert_false(adu_read(ADU_RTU, reply.bytes, reply.length, &got));
    spoil(1, FAULT_SHORT, 1);
    assert_true(ask(1, 0, read_modes, sizeof read_modes));
    assert_int_equal(reply.length, whole / 2);
    spoil(1, FAULT_TWICE, 1);
    assert_true(ask(1, 0, read_modes, sizeof read_modes));
    assert_int_equal(reply.length, 2 * whole);
    assert_memory_equal(reply.bytes, reply.bytes + whole, whole);
    spoil(1, FAULT_DRIBBLE, 1);
    controller_unit(&c, 1)->fault.ms = 3;
    assert_true(ask(1, 0, read_modes, sizeof read_modes));
    assert_int_equal(reply.piece_ns, MS(3));
    spoil(1, FAULT_LATE, 1);
    controller_unit(&c, 1)->fault.ms = 700;
    assert_true(ask(1, 0, read_modes, sizeof read_modes));
    assert_int_equal(reply.at_ns, now + MS(700));
    assert_true(ask(1, 0, read_modes, sizeof read_modes));
    assert_int_equal(reply.at_ns, now);
    uint8_t damaged[] = {1, 3, 0, 0, 0, 1, 0, 0};
    assert_false(controller_answer(&c, damaged, sizeof damaged, &reply, now));
    assert_int_equal(c.noise, 1);
}

/** Whatever comes over the wire, and whatever is wrong at the time: bounded, and alive afterwards.
 */
static void test_random_frames_break_nothing(void **state)
{
    enum { FRAMES = 40000 };
    static const adu_framing framings[] = {ADU_TCP, ADU_RTU};
    uint64_t random = 20220201;
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        controller_free(&c);
        controller_init(&c, framings[f]);
        for (int i = 0; i < PROFILES; i++) {
            assert_int_equal(controller_add(&c, (unsigned)i + 1, profiles[i], 0), CHL_OK);
        }
        assert_int_equal(controller_wire_rest(&c), CHL_OK);
        now = S(1);
        for (int n = 0; n < FRAMES; n++) {
            uint8_t pdu[ADU_PDU_MAX];
            for (size_t i = 0; i < sizeof pdu; i++) {
                random = random * 6364136223846793005U + 1442695040888963407U;
                pdu[i] = (uint8_t)(random >> 56);
            }
            static const uint8_t functions[] = {1, 2, 3, 4, 5, 6, 15, 16};
            static const uint8_t pages[] = {0, 0x02, 0x03, 0x06, 0x10, 0x30, 0x40, 0x43};
            pdu[0] = pdu[0] < 240 ? functions[pdu[0] % 8] : pdu[0];
            pdu[1] = pages[pdu[1] % 8];
            pdu[3] = pdu[3] < 250 ? 0 : pdu[3];
            unsigned bytes = pdu[0] == 16 ? 2U * pdu[4] : (pdu[4] + 7U) / 8U;
            pdu[5] = (uint8_t)bytes;
            bool many = pdu[0] == 15 || pdu[0] == 16;
            size_t length = many && pdu[5] < 240 ? 6U + pdu[5] : 5U;
            struct controller_unit *unit = c.units[pdu[20] % PROFILES];
            spoil(unit->house, (fault_kind)(pdu[21] % FAULT_COUNT), 1);
            uint8_t frame[ADU_MAX];
            const struct adu request = {.unit = pdu[22] % 9, .pdu = pdu, .length = length};
            size_t size = adu_write(c.framing, &request, frame);
            now += MS(pdu[23]);
            if (controller_answer(&c, frame, size, &reply, now)) {
                assert_true(reply.length <= sizeof reply.bytes && reply.at_ns >= now);
            }
        }
        assert_true(c.units[0]->requests > FRAMES / 100);
        for (size_t i = 0; i < c.count; i++) {
            controller_reboot(c.units[i], 1, now);
        }
        controller_tick(&c, now + S(1));
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, scrap)
    const struct CMUnitTest tests[] = {
        TEST(test_a_serial_frame_carries_a_crc_that_others_compute_alike),
        TEST(test_bits_are_read_and_written_in_both_framings),
        TEST(test_the_answer_before_comes_instead),
        TEST(test_wrong_numbers_units_and_functions),
        TEST(test_wrong_echoes),
        TEST(test_a_torn_counter_shows_at_the_carry_only),
        TEST(test_an_exception_is_not_obeyed),
        TEST(test_noise_instead_of_an_answer),
        TEST(test_random_frames_break_nothing),
    };
    return cmocka_run_group_tests(tests, load_profiles, free_profiles);
}
