/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Names that are the same however they were written, and names that are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/names/names.h"

/* The twelve vowels with no tone and with each of the five, composed. */
static const char *const vowels[12][6] = {
    {"a", "à", "á", "ả", "ã", "ạ"}, {"ă", "ằ", "ắ", "ẳ", "ẵ", "ặ"}, {"â", "ầ", "ấ", "ẩ", "ẫ", "ậ"},
    {"e", "è", "é", "ẻ", "ẽ", "ẹ"}, {"ê", "ề", "ế", "ể", "ễ", "ệ"}, {"i", "ì", "í", "ỉ", "ĩ", "ị"},
    {"o", "ò", "ó", "ỏ", "õ", "ọ"}, {"ô", "ồ", "ố", "ổ", "ỗ", "ộ"}, {"ơ", "ờ", "ớ", "ở", "ỡ", "ợ"},
    {"u", "ù", "ú", "ủ", "ũ", "ụ"}, {"ư", "ừ", "ứ", "ử", "ữ", "ự"}, {"y", "ỳ", "ý", "ỷ", "ỹ", "ỵ"}};
static const char *const capitals[12][6] = {
    {"A", "À", "Á", "Ả", "Ã", "Ạ"}, {"Ă", "Ằ", "Ắ", "Ẳ", "Ẵ", "Ặ"}, {"Â", "Ầ", "Ấ", "Ẩ", "Ẫ", "Ậ"},
    {"E", "È", "É", "Ẻ", "Ẽ", "Ẹ"}, {"Ê", "Ề", "Ế", "Ể", "Ễ", "Ệ"}, {"I", "Ì", "Í", "Ỉ", "Ĩ", "Ị"},
    {"O", "Ò", "Ó", "Ỏ", "Õ", "Ọ"}, {"Ô", "Ồ", "Ố", "Ổ", "Ỗ", "Ộ"}, {"Ơ", "Ờ", "Ớ", "Ở", "Ỡ", "Ợ"},
    {"U", "Ù", "Ú", "Ủ", "Ũ", "Ụ"}, {"Ư", "Ừ", "Ứ", "Ử", "Ữ", "Ự"}, {"Y", "Ỳ", "Ý", "Ỷ", "Ỹ", "Ỵ"}};
static const char bare[] = "aaaeeiooouuy";
/* Base, quality mark; and the tones, as decomposed text has them. */
static const char *const base[12][2] = {
    {"a", ""}, {"a", "\u0306"}, {"a", "\u0302"}, {"e", ""}, {"e", "\u0302"}, {"i", ""},
    {"o", ""}, {"o", "\u0302"}, {"o", "\u031B"}, {"u", ""}, {"u", "\u031B"}, {"y", ""}};
static const char *const tones[6] = {"", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"};

static void expect_key(const char *name, const char *expected)
{
    char key[CHL_NAME_KEY_SIZE] = "former";
    chl_err error = chl_name_key(name, key, sizeof key);
    if (error != CHL_OK || strcmp(key, expected) != 0) {
        fail_msg("%s: expected '%s', got '%s' (%s)", name, expected, key, chl_strerror(error));
    }
}

static void expect_plain(const char *name, const char *expected)
{
    char key[CHL_NAME_KEY_SIZE] = "former";
    chl_err error = chl_name_key_plain(name, key, sizeof key);
    if (error != CHL_OK || strcmp(key, expected) != 0) {
        fail_msg("%s: expected '%s', got '%s' (%s)", name, expected, key, chl_strerror(error));
    }
}

/* Each vowel with each tone: composed, decomposed in both orders, half composed, in capitals. */
static void test_every_vowel_with_every_tone_is_one(void **state)
{
    (void)state;
    for (size_t v = 0; v < 12; v++) {
        for (size_t t = 0; t < 6; t++) {
            char composed[32], capital[32], first[32], second[32], half[32], out[64];
            char plain[8] = {'n', bare[v], 'n', 'g', '\0'};
            (void)snprintf(composed, sizeof composed, "n%sng", vowels[v][t]);
            (void)snprintf(capital, sizeof capital, "N%sNG", capitals[v][t]);
            (void)snprintf(first, sizeof first, "n%s%s%sng", base[v][0], base[v][1], tones[t]);
            (void)snprintf(second, sizeof second, "n%s%s%sng", base[v][0], tones[t], base[v][1]);
            (void)snprintf(half, sizeof half, "n%s%sng", vowels[v][0], tones[t]);
            expect_key(composed, composed);
            expect_key(capital, composed);
            expect_key(first, composed);
            expect_key(second, composed);
            expect_key(half, composed);
            expect_plain(composed, plain);
            expect_plain(first, plain);
            assert_int_equal(chl_name_nfc(first, out, sizeof out), CHL_OK);
            assert_string_equal(out, composed);
            assert_int_equal(chl_name_nfc(composed, out, sizeof out), CHL_OK);
            assert_string_equal(out, composed);
            bool marked = strcmp(composed, plain) != 0;
            assert_true(chl_name_has_accents(composed) == marked);
            assert_true(chl_name_has_accents(first) == marked);
        }
    }
}

static void test_each_vowel_and_tone_is_another_name(void **state)
{
    (void)state;
    for (size_t a = 0; a < 72; a++) {
        for (size_t b = 0; b < 72; b++) {
            bool same = chl_name_equal(vowels[a / 6][a % 6], capitals[b / 6][b % 6]);
            if (same != (a == b)) {
                fail_msg("%s and %s", vowels[a / 6][a % 6], capitals[b / 6][b % 6]);
            }
        }
    }
}

static const struct {
    const char *a, *b;
    bool same;
} pairs[] = {
    {"Hoà", "Hòa", true},
    {"Thuỷ", "Thủy", true},
    {"Thuý", "THÚY", true},
    {"Quý", "Qúy", true},
    {"Loè", "lòe", true},
    {"Hoà", "Hoá", false},
    {"Hoà", "Hoa", false},
    {"Hoàn", "Hòan", true},
    {"NGUYỄN THỊ ÁNH", "Nguyễn Thị Ánh", true},
    {"Nguyễn Thị Ánh", "Nguyên Thị Ánh", false},
    {"Đặng Văn Đỗ", "đặng văn đỗ", true},
    {"Đặng", "Dặng", false},
    {"Ðặng", "Đặng", true}, /* eth for đ */
    {"  Trần   Văn\tAn \r\n", "Trần Văn An", true},
    {"Trần\u00A0Văn An", "Trần Văn An", true}, /* a space that does not break */
    {"Trần\u200B Văn\uFEFF An", "Trần Văn An", true},
    {"TrầnVăn An", "Trần Văn An", false},
    {"H'Hen Niê", "HHen Niê", true},
    {"H’Hen Niê", "H'Hen Niê", true},
    {"Y Moan-Êñuôl", "Y Moan Êñuôl", true},
    {"Nguyen<<Van<A", "Nguyen Van A", true}, /* as a machine-readable zone parts them */
    {"Lê Thị A", "Lê Thị B", false},
    {"José Álvaro", "Jose Alvaro", false},
    {"", "", false},
    {" ", " ", false},
    {"\u0301", "", false},
};

static void test_pairs_are_the_same_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (chl_name_equal(pairs[i].a, pairs[i].b) != pairs[i].same ||
            chl_name_equal(pairs[i].b, pairs[i].a) != pairs[i].same) {
            fail_msg("'%s' and '%s': expected %s", pairs[i].a, pairs[i].b,
                     pairs[i].same ? "the same" : "different");
        }
    }
}

static void test_plain_keys_are_ascii(void **state)
{
    (void)state;
    expect_plain("Nguyễn Văn A", "nguyen van a");
    expect_plain("NGUYEN VAN A", "nguyen van a");
    expect_plain("Đỗ Hữu Đức", "do huu duc");
    expect_plain("H'Hen Niê", "hhen nie");
    expect_plain("Søren Weiß-Œuvré", "soeren weiss oeuvre");
    expect_plain("Łukasz Ğ", "lukasz g");
    char key[CHL_NAME_KEY_SIZE];
    assert_int_equal(chl_name_key_plain("王小明", key, sizeof key), CHL_E_NOTSUP);
    assert_string_equal(key, "");
    assert_int_equal(chl_name_key_plain("Иван", key, sizeof key), CHL_E_NOTSUP);
    expect_key("王小明", "王小明");
    assert_true(chl_name_has_accents("Đô") && chl_name_has_accents("DO đ"));
    assert_false(chl_name_has_accents("DO VAN A") || chl_name_has_accents(""));
}

static void test_what_is_no_name_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {"Nguy\xE1\xBB", "\xC0\xAF",         "\xED\xA0\x80",
                                         "A\xFF",        "\xF4\x90\x80\x80", "\x80"};
    char out[CHL_NAME_KEY_SIZE];
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_int_equal(chl_name_nfc(broken[i], out, sizeof out), CHL_E_CORRUPT);
        assert_int_equal(chl_name_key(broken[i], out, sizeof out), CHL_E_CORRUPT);
        assert_int_equal(chl_name_key_plain(broken[i], out, sizeof out), CHL_E_CORRUPT);
        assert_string_equal(out, "");
        assert_false(chl_name_equal(broken[i], broken[i]));
        assert_false(chl_name_has_accents(broken[i]));
    }
    assert_int_equal(chl_name_key("", out, sizeof out), CHL_E_NOTFOUND);
    assert_int_equal(chl_name_key(" -'", out, sizeof out), CHL_E_NOTFOUND);
    assert_int_equal(chl_name_nfc("", out, sizeof out), CHL_OK);
}

static void test_lengths_are_bounded(void **state)
{
    (void)state;
    char name[CHL_NAME_MAX + 2], out[CHL_NAME_KEY_SIZE], nfc[CHL_NAME_NFC_SIZE];
    memset(name, 'a', sizeof name);
    name[CHL_NAME_MAX + 1] = '\0';
    assert_int_equal(chl_name_nfc(name, out, sizeof out), CHL_E_LIMIT);
    assert_int_equal(chl_name_key(name, out, sizeof out), CHL_E_LIMIT);
    name[CHL_NAME_MAX] = '\0';
    assert_int_equal(chl_name_key(name, out, sizeof out), CHL_OK);
    assert_int_equal(chl_name_key(name, out, CHL_NAME_MAX), CHL_E_LIMIT);
    assert_int_equal(chl_name_key(name, out, CHL_NAME_MAX + 1), CHL_OK);
    assert_int_equal(chl_name_nfc("Hoà", out, 4), CHL_E_LIMIT);
    assert_int_equal(chl_name_nfc("Hoà", out, 5), CHL_OK);
    assert_int_equal(chl_name_nfc("Hoà", out, 0), CHL_E_LIMIT);
    /* The letters that grow most fit the sizes that the header promises. */
    static const char *const growing[] = {"\u0390", "\u1F82", "\u0344b",
                                          "\uFB2C", "\u023A", "\u1E9B\u0323"};
    for (size_t i = 0; i < sizeof growing / sizeof *growing; i++) {
        size_t step = strlen(growing[i]), length = 0;
        for (; length + step <= CHL_NAME_MAX; length += step) {
            memcpy(name + length, growing[i], step);
        }
        name[length] = '\0';
        assert_int_equal(chl_name_nfc(name, nfc, sizeof nfc), CHL_OK);
        assert_int_equal(chl_name_key(name, out, sizeof out), CHL_OK);
    }
    /* One letter under a heap of marks. */
    name[0] = 'a';
    for (size_t i = 1; i + 2 <= CHL_NAME_MAX; i += 2) {
        memcpy(name + i, "\u0301", 3);
    }
    assert_int_equal(chl_name_nfc(name, nfc, sizeof nfc), CHL_E_INVAL);
    assert_int_equal(chl_name_key(name, out, sizeof out), CHL_E_INVAL);
    assert_string_equal(nfc, "");
    for (size_t i = 0; i < 34; i += 2) {
        memcpy(name + i, "\u00E1", 3);
    }
    assert_int_equal(chl_name_nfc(name, nfc, sizeof nfc), CHL_OK);
    assert_int_equal(chl_name_key(name, out, sizeof out), CHL_E_INVAL);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_vowel_with_every_tone_is_one),
        cmocka_unit_test(test_each_vowel_and_tone_is_another_name),
        cmocka_unit_test(test_pairs_are_the_same_or_not),
        cmocka_unit_test(test_plain_keys_are_ascii),
        cmocka_unit_test(test_what_is_no_name_is_refused),
        cmocka_unit_test(test_lengths_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
