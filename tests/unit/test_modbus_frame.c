/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus TCP frames against the examples' layout of the standard, and every wrong field.
 */
#include "lib/modbus/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct chl_modbus_request write_request = {
    .function = 16, .unit = 3, .address = 0x40, .count = 1, .values = {5}};
static const struct chl_modbus_request read_request = {.function = 3, .unit = 3, .address = 0x40, .count = 2};

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build_write),
        cmocka_unit_test(test_build_read),
        cmocka_unit_test(test_answers_taken),
        cmocka_unit_test(test_write_any_wrong_byte_refused),
        cmocka_unit_test(test_truncated_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
