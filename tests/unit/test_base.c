/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Time, text and JSON of lib/base.
 */
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_time_round_trip(void **state)
{
    (void)state;
    int64_t ns = 0;
    char text[CHL_RFC3339_SIZE];
    const char *written = "2022-02-01T07:30:00.5+07:00";
    assert_int_equal(chl_time_parse(written, strlen(written), &ns), CHL_OK);
    chl_time_format(ns, text);
    assert_string_equal(text, "2022-02-01T00:30:00.500000000Z");
    assert_int_equal(chl_time_parse("1969-12-31", 10, &ns), CHL_OK);
    assert_int_equal(ns, -86400 * CHL_NS_PER_S);
    assert_int_equal(chl_time_parse("2022-02-01T07:30+0700", 21, &ns), CHL_OK);
    chl_time_format(ns, text);
    assert_string_equal(text, "2022-02-01T00:30:00.000000000Z");
    assert_int_equal(chl_time_parse("2022-02-01 00:30:00,25z", 23, &ns), CHL_OK);
    chl_time_format(ns, text);
    assert_string_equal(text, "2022-02-01T00:30:00.250000000Z");
}

static void test_time_refuses_nonsense(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2022",
                                      "2022-02-30",
                                      "2022-02-01T",
                                      "2022-02-01T00:00:00",
                                      "2022-02-01T24:00:00Z",
                                      "2022-02-01T00:00:00.Z",
                                      "2022-02-01T00:00:Z",
                                      "2022-02-01T00:00",
                                      "2022-02-01T00Z",
                                      "2022-02-01T00:00:00Zx",
                                      "2022-13-01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ns = 7;
        assert_int_equal(chl_time_parse(bad[i], strlen(bad[i]), &ns), CHL_E_INVAL);
        assert_int_equal(ns, 7);
    }
}

static void test_copy_cuts_at_a_character(void **state)
{
    (void)state;
    char out[7];
    assert_false(chl_copy(out, sizeof out, "Huỳnh"));
    assert_string_equal(out, "Huỳn");
    char tight[5];
    assert_false(chl_copy(tight, sizeof tight, "Huỳnh"));
    assert_string_equal(tight, "Hu");
}

static void test_utf8(void **state)
{
    (void)state;
    assert_true(chl_utf8_valid("Đặng", strlen("Đặng")));
    assert_false(chl_utf8_valid("\xC0\x80", 2));
    assert_false(chl_utf8_valid("\xED\xA0\x80", 3));
    assert_false(chl_utf8_valid("\xE1\xBA", 2));
    assert_false(chl_utf8_valid("\xF4\x90\x80\x80", 4));
    /* Wherever it stands among others. */
    for (size_t at = 0; at < 24; at++) {
        char text[25] = "abcdefgh~\x7F\x01 ijklmnopqrst";
        assert_true(chl_utf8_valid(text, 24));
        text[at] = '\0';
        assert_false(chl_utf8_valid(text, 24));
        text[at] = (char)0x80;
        assert_false(chl_utf8_valid(text, 24));
        text[at] = (char)0xFF;
        assert_false(chl_utf8_valid(text, 24));
    }
}

static void test_json_escapes_and_nests(void **state)
{
    (void)state;
    char out[128];
    struct chl_json json;
    chl_json_begin(&json, out, sizeof out);
    chl_json_object(&json, NULL);
    chl_json_string(&json, "a", "x\"\\\n");
    chl_json_array(&json, "b");
    chl_json_int(&json, NULL, INT64_MIN);
    chl_json_uint(&json, NULL, UINT64_MAX);
    chl_json_close_array(&json);
    chl_json_bool(&json, "c", true);
    chl_json_close_object(&json);
    assert_int_equal(chl_json_end(&json), CHL_OK);
    assert_string_equal(out, "{\"a\":\"x\\\"\\\\\\u000a\",\"b\":[-9223372036854775808,"
                             "18446744073709551615],\"c\":true}");
}

static void test_json_overflow_is_sticky(void **state)
{
    (void)state;
    char out[8];
    struct chl_json json;
    chl_json_begin(&json, out, sizeof out);
    chl_json_object(&json, NULL);
    chl_json_string(&json, "long", "text");
    chl_json_close_object(&json);
    assert_int_equal(chl_json_end(&json), CHL_E_LIMIT);
    assert_string_equal(out, "");
}

static void test_uuid_round_trip(void **state)
{
    (void)state;
    uint8_t uuid[16];
    char text[CHL_UUID_TEXT_SIZE];
    const char *written = "00112233-4455-6677-8899-aabbccddeeff";
    assert_int_equal(chl_uuid_parse(written, strlen(written), uuid), CHL_OK);
    chl_uuid_text(uuid, text);
    assert_string_equal(text, written);
    assert_int_equal(chl_uuid_parse("0011223344556677-8899-aabbccddeeff--", 36, uuid), CHL_E_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_round_trip),
        cmocka_unit_test(test_time_refuses_nonsense),
        cmocka_unit_test(test_copy_cuts_at_a_character),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_json_escapes_and_nests),
        cmocka_unit_test(test_json_overflow_is_sticky),
        cmocka_unit_test(test_uuid_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
