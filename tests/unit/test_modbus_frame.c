/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus frames against the layout of the standard and frames seen elsewhere, and every
 *  wrong field.
 */
#include "lib/modbus/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct chl_modbus_request write_request = {
    .function = 16, .unit = 3, .address = 0x40, .count = 1, .values = {5}};
static const struct chl_modbus_request read_request = {
    .function = 3, .unit = 3, .address = 0x40, .count = 2};

static void test_build_write(void **state)
{
    (void)state;
    uint8_t frame[CHL_MODBUS_REQUEST_MAX];
    const uint8_t expected[] = {0x12, 0x34, 0, 0, 0, 9, 3, 0x10, 0, 0x40, 0, 1, 2, 0, 5};
    assert_int_equal(chl_modbus_tcp_build(&write_request, 0x1234, frame), sizeof expected);
    assert_memory_equal(frame, expected, sizeof expected);
}

static void test_build_read(void **state)
{
    (void)state;
    uint8_t frame[CHL_MODBUS_REQUEST_MAX];
    const uint8_t expected[] = {0, 7, 0, 0, 0, 6, 3, 3, 0, 0x40, 0, 2};
    assert_int_equal(chl_modbus_tcp_build(&read_request, 7, frame), sizeof expected);
    assert_memory_equal(frame, expected, sizeof expected);
}

static chl_modbus_status check(const struct chl_modbus_request *request, const uint8_t *frame,
                               size_t length, struct chl_modbus_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    chl_modbus_tcp_check(request, 7, frame, length, answer);
    return answer->status;
}

static void test_answers_taken(void **state)
{
    (void)state;
    struct chl_modbus_answer answer;
    const uint8_t written[] = {0, 7, 0, 0, 0, 6, 3, 0x10, 0, 0x40, 0, 1};
    const uint8_t read[] = {0, 7, 0, 0, 0, 7, 3, 3, 4, 0x12, 0x34, 0xAB, 0xCD};
    const uint8_t refused[] = {0, 7, 0, 0, 0, 3, 3, 0x90, 2};
    assert_int_equal(check(&write_request, written, sizeof written, &answer), CHL_MODBUS_OK);
    assert_int_equal(check(&read_request, read, sizeof read, &answer), CHL_MODBUS_OK);
    assert_int_equal(answer.words[0], 0x1234);
    assert_int_equal(answer.words[1], 0xABCD);
    assert_int_equal(check(&write_request, refused, sizeof refused, &answer), CHL_MODBUS_EXCEPTION);
    assert_int_equal(answer.exception, 2);
}

/** Every single wrong byte of an acknowledgement makes it none. */
static void test_write_any_wrong_byte_refused(void **state)
{
    (void)state;
    const uint8_t good[] = {0, 7, 0, 0, 0, 6, 3, 0x10, 0, 0x40, 0, 1};
    for (size_t i = 0; i < sizeof good; i++) {
        struct chl_modbus_answer answer;
        uint8_t bad[sizeof good];
        memcpy(bad, good, sizeof good);
        bad[i] ^= 0x21;
        assert_int_equal(check(&write_request, bad, sizeof bad, &answer), CHL_MODBUS_BAD);
        assert_true(answer.text[0] != '\0');
    }
}

static void test_truncated_refused(void **state)
{
    (void)state;
    const uint8_t good[] = {0, 7, 0, 0, 0, 7, 3, 3, 4, 0x12, 0x34, 0xAB, 0xCD};
    for (size_t length = 0; length < sizeof good; length++) {
        struct chl_modbus_answer answer;
        assert_int_equal(check(&read_request, good, length, &answer), CHL_MODBUS_BAD);
    }
}

static const struct chl_modbus_request flash = {
    .function = 5, .unit = 1, .address = 0x200, .count = 1, .values = {7}};

/** The frame that closes relay 1 of a Waveshare board for 700 ms, as its vendor prints it. */
static void test_rtu_frame_is_the_vendors(void **state)
{
    (void)state;
    uint8_t frame[CHL_MODBUS_REQUEST_MAX];
    const uint8_t expected[] = {0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB0};
    assert_int_equal(chl_modbus_rtu_build(&flash, frame), sizeof expected);
    assert_memory_equal(frame, expected, sizeof expected);
    assert_int_equal(chl_modbus_crc(expected, 6), 0xB08D);
    struct chl_modbus_answer answer;
    chl_modbus_rtu_check(&flash, expected, sizeof expected, &answer);
    assert_int_equal(answer.status, CHL_MODBUS_OK);
}

/** With its checksum made right again: every other byte of an acknowledgement counts by itself. */
static void test_rtu_any_wrong_byte_refused(void **state)
{
    (void)state;
    const uint8_t good[] = {0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB0};
    for (size_t i = 0; i < sizeof good; i++) {
        struct chl_modbus_answer answer;
        uint8_t bad[sizeof good];
        memcpy(bad, good, sizeof good);
        bad[i] ^= 0x21;
        chl_modbus_rtu_check(&flash, bad, sizeof bad, &answer);
        assert_int_equal(answer.status, CHL_MODBUS_BAD);
        if (i < 6) {
            assert_non_null(strstr(answer.text, "checksum"));
            const uint16_t crc = chl_modbus_crc(bad, 6);
            bad[6] = (uint8_t)(crc & 0xFFU);
            bad[7] = (uint8_t)(crc >> 8);
            chl_modbus_rtu_check(&flash, bad, sizeof bad, &answer);
            assert_int_equal(answer.status, CHL_MODBUS_BAD);
            assert_null(strstr(answer.text, "checksum"));
        }
        chl_modbus_rtu_check(&flash, good, i, &answer);
        assert_int_equal(answer.status, CHL_MODBUS_BAD);
    }
}

static void test_bits(void **state)
{
    (void)state;
    uint8_t pdu[CHL_MODBUS_REQUEST_MAX];
    struct chl_modbus_answer answer;
    const struct chl_modbus_request write = {
        .function = 15, .unit = 1, .address = 0x13, .count = 8, .values = {1, 0, 1, 1, 0, 0, 1, 1}};
    const uint8_t written[] = {15, 0, 0x13, 0, 8, 1, 0xCD}; /* as in §6.11 */
    assert_int_equal(chl_modbus_pdu_build(&write, pdu), sizeof written);
    assert_memory_equal(pdu, written, sizeof written);
    const struct chl_modbus_request read = {.function = 1, .unit = 1, .address = 0x13, .count = 19};
    const uint8_t coils[] = {1, 3, 0xCD, 0x6B, 0x05}; /* as in §6.1 */
    assert_int_equal(chl_modbus_pdu_expected(&read), sizeof coils);
    chl_modbus_pdu_check(&read, coils, sizeof coils, &answer);
    assert_int_equal(answer.status, CHL_MODBUS_OK);
    const uint16_t bits[] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1};
    assert_memory_equal(answer.words, bits, sizeof bits);
    const uint8_t shorter[] = {1, 2, 0xCD, 0x6B};
    chl_modbus_pdu_check(&read, shorter, sizeof shorter, &answer);
    assert_int_equal(answer.status, CHL_MODBUS_BAD);
}

/** What cannot be asked is not built: nothing is written past the caller's room. */
static void test_impossible_requests_are_not_built(void **state)
{
    (void)state;
    static const struct chl_modbus_request none[] = {
        {.function = 3, .count = 0},
        {.function = 3, .count = CHL_MODBUS_READ_MAX + 1},
        {.function = 1, .count = CHL_MODBUS_READ_MAX + 1},
        {.function = 16, .count = CHL_MODBUS_WRITE_MAX + 1},
        {.function = 16, .count = 0},
        {.function = 15, .count = UINT16_MAX},
        {.function = 0, .count = 1},
        {.function = 23, .count = 1},
        {.function = 0x83, .count = 1}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        uint8_t frame[CHL_MODBUS_REQUEST_MAX];
        assert_int_equal(chl_modbus_tcp_build(&none[i], 1, frame), 0);
        assert_int_equal(chl_modbus_rtu_build(&none[i], frame), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build_write),
        cmocka_unit_test(test_build_read),
        cmocka_unit_test(test_answers_taken),
        cmocka_unit_test(test_write_any_wrong_byte_refused),
        cmocka_unit_test(test_truncated_refused),
        cmocka_unit_test(test_rtu_frame_is_the_vendors),
        cmocka_unit_test(test_rtu_any_wrong_byte_refused),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_impossible_requests_are_not_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
