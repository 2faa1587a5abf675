/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Codes are cut the same however their bytes arrive, and none is ever longer than a code.
 */
#include "lib/scanline/scanline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CODES_MAX = 16, TEXT_MAX = CHL_CODE_MAX + 1 };

/** What was cut; a code that was too long is "(long)". */
struct cut {
    size_t count;
    char codes[CODES_MAX][TEXT_MAX];
};

static struct cut cut;
static struct chl_scanline line;

static const struct chl_scanline_format any = {.any_line_end = true};
static const struct chl_scanline_format crlf = {.suffix_length = 2, .suffix = {'\r', '\n'}};
static const struct chl_scanline_format tab = {.suffix_length = 1, .suffix = {'\t'}};
static const struct chl_scanline_format framed = {
    .prefix_length = 1, .prefix = {2}, .suffix_length = 1, .suffix = {3}};
static const struct chl_scanline_format silence = {.suffix_length = 0};

static void keep(void *user, const uint8_t *bytes, size_t length)
{
    struct cut *to = user;
    assert_true(to->count < CODES_MAX && length <= CHL_CODE_MAX);
    char *code = to->codes[to->count++];
    if (bytes == NULL) {
        memcpy(code, "(long)", 7);
        return;
    }
    memcpy(code, bytes, length);
    code[length] = '\0';
}

/** Feed `bytes` in pieces of `piece`, then let the line be silent. */
static void run(const struct chl_scanline_format *format, const char *bytes, size_t length,
                size_t piece)
{
    cut.count = 0;
    chl_scanline_init(&line, format);
    for (size_t at = 0; at < length; at += piece) {
        size_t part = length - at < piece ? length - at : piece;
        chl_scanline_feed(&line, (const uint8_t *)bytes + at, part, keep, &cut);
    }
    chl_scanline_end(&line, keep, &cut);
    assert_false(chl_scanline_is_open(&line));
}

static const struct {
    const struct chl_scanline_format *format;
    const char *bytes;
    const char *codes[4];
} cuts[] = {
    {&any, "HC1:A\rHC1:B\nHC1:C\r\nHC1:D", {"HC1:A", "HC1:B", "HC1:C", "HC1:D"}},
    {&any, "\r\n\r\n\n", {NULL}},
    {&any, "]Q1HC1:A\r\n]Q3LS1:B\r\n]d2x\r", {"HC1:A", "LS1:B", "x"}},
    {&any, "]\r]Q\r]Q1\r]1Q\r", {"]", "]Q", "]1Q"}}, /* only a whole identifier is one */
    {&any, "\tNguyễn Văn Đức|1\r", {"\tNguyễn Văn Đức|1"}},
    {&crlf, "a\rb\nc\r\nd\r\n", {"a\rb\nc", "d"}}, /* lone line ends are the code's own */
    {&crlf, "a\r\r\nb\n\r\n", {"a\r", "b\n"}},
    {&tab, "a\r\nb\tc\t", {"a\r\nb", "c"}},
    {&framed, "\x02]Q1HC1:A\x03\x02LS1:B\x03\x02\x03", {"HC1:A", "LS1:B"}},
    {&framed, "HC1:A\x03\x02\x02y\x03", {"HC1:A", "\x02y"}}, /* without its prefix, and twice */
    {&silence, "a\r\n\tb\x03", {"a\r\n\tb\x03"}},
    {&silence, "", {NULL}},
};

static void test_codes_are_cut_the_same_in_any_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        size_t length = strlen(cuts[i].bytes);
        for (size_t piece = 1; piece <= length; piece++) {
            run(cuts[i].format, cuts[i].bytes, length, piece);
            size_t expected = 0;
            while (expected < 4 && cuts[i].codes[expected] != NULL) {
                expected++;
            }
            if (cut.count != expected) {
                fail_msg("row %zu, pieces of %zu: expected %zu codes, got %zu", i, piece, expected,
                         cut.count);
            }
            for (size_t k = 0; k < expected; k++) {
                assert_string_equal(cut.codes[k], cuts[i].codes[k]);
            }
        }
    }
}

/** Codes of each length around the bound, behind a prefix and an identifier of their kind. */
static void test_longest_code_passes_and_one_more_byte_does_not(void **state)
{
    (void)state;
    static char bytes[3 * CHL_CODE_MAX];
    const struct chl_scanline_format *const formats[] = {&any, &crlf, &tab, &framed};
    static const char *const ends[] = {"\n", "\r\n", "\t", "\x03"};
    for (size_t f = 0; f < 4; f++) {
        for (size_t extra = 0; extra < 40; extra++) {
            size_t length = 0;
            size_t code = CHL_CODE_MAX - 2 + extra;
            bytes[length++] = '\x02';
            length = f == 3 ? length : 0;
            memcpy(bytes + length, "]Q1", 3);
            memset(bytes + length + 3, 'x', code);
            length += 3 + code;
            for (const char *end = ends[f]; *end != '\0'; end++) {
                bytes[length++] = *end;
            }
            for (const char *next = "next"; *next != '\0'; next++) {
                bytes[length++] = *next;
            }
            run(formats[f], bytes, length, 4093);
            assert_int_equal(cut.count, 2);
            if (code > CHL_CODE_MAX) {
                assert_string_equal(cut.codes[0], "(long)");
            } else {
                assert_int_equal(strlen(cut.codes[0]), code);
            }
            assert_string_equal(cut.codes[1], "next"); /* found its place again */
        }
    }
}

/** A stream without an end is one code that is too long, told once, in bounded memory. */
static void test_endless_noise_is_one_unreadable_code(void **state)
{
    (void)state;
    uint8_t noise[4096];
    for (size_t i = 0; i < sizeof noise; i++) {
        noise[i] = (uint8_t)(0x80 + i % 100);
    }
    cut.count = 0;
    chl_scanline_init(&line, &any);
    for (size_t i = 0; i < 1000; i++) {
        chl_scanline_feed(&line, noise, sizeof noise, keep, &cut);
    }
    assert_int_equal(cut.count, 0);
    assert_true(chl_scanline_is_open(&line));
    chl_scanline_feed(&line, (const uint8_t *)"\nHC1:A\n", 7, keep, &cut);
    assert_int_equal(cut.count, 2);
    assert_string_equal(cut.codes[0], "(long)");
    assert_string_equal(cut.codes[1], "HC1:A");
}

static void test_dropped_code_leaves_nothing_behind(void **state)
{
    (void)state;
    cut.count = 0;
    chl_scanline_init(&line, &any);
    assert_false(chl_scanline_drop(&line));
    chl_scanline_feed(&line, (const uint8_t *)"half", 4, keep, &cut);
    assert_true(chl_scanline_drop(&line));
    chl_scanline_feed(&line, (const uint8_t *)"whole\n", 6, keep, &cut);
    assert_int_equal(cut.count, 1);
    assert_string_equal(cut.codes[0], "whole");
}

#define CARD_AFTER_NAME "|01021990|Nam|Thôn 1, xã Yên Phúc|01082021"

static const struct {
    const char *text;
    bool mangled;
} texts[] = {
    {"001093029317||Nguyễn Văn Đức" CARD_AFTER_NAME, false},
    {"001093029317||NGUYEN VAN DUC|01021990|Nam|Thon 1|01082021", false},
    {"001093029317||Nguy?n V?n ??c|01021990|Nam|Thon 1|01082021", true},
    {"001093029317|123456789|Nguyen|01021990|N?|Thon 1|01082021", true},
    {"001093029317||Nguyen|01021990|Nam|Th?n 1|01082021", true},
    {"001093029317||Nguy\xEF\xBF\xBDn|01021990|Nam|Thon 1|01082021", true},
    {"001093029317||Nguy\xEA\x6E|01021990|Nam|Thon 1|01082021", true}, /* a byte for a letter */
    {"001093029317||Lê|01021990|Nam|Thôn 1|01082021||Bố?||", false},   /* beyond what is read */
    {"GD4012345678901|4E677579C3AA6E|01/02/1990|1|-|12 - 345|01/01/2022|-|-|-|-|-|-|$", false},
    {"GD4012345678901|4e677579c3aa6e|01/02/1990|1|-|12 - 345|01/01/2022|-|-|$", false},
    {"GD4012345678901|4E677579CÂ6E|01/02/1990|1|-|12 - 345|01/01/2022|-|-|$", true},
    {"GD4012345678901|4E677579C3AA6|01/02/1990|1|-|12 - 345|01/01/2022|-|-|$", true},
    {"0123456789|-|01/02/1990|1|-|12 - 345|01/01/2022|-|-|$", false},
    {"001093029317|NGUYEN LE KHA HAN|1987-01-18|0|162979388586171100|<1<<", false},
    {"HC1:6BFOXN%TSMAHN-H", false},
    {"hc1:6bfoxn%tsmahn-h", true},
    {"HC1;6BFOXN%TSMAHN-H", true},
    {"LS1:6BFOXN%TSMAHn-H", true},
    {"HC1:", false},
    {"Hc1", false},
    {"https://example.org/?q=1", false},
    {"", false},
};

static void test_mangled_text_is_told_from_what_a_code_may_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bool found = chl_scanline_is_mangled((const uint8_t *)texts[i].text, strlen(texts[i].text));
        if (found != texts[i].mangled) {
            fail_msg("expected mangled %d of '%s'", texts[i].mangled, texts[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_are_cut_the_same_in_any_pieces),
        cmocka_unit_test(test_longest_code_passes_and_one_more_byte_does_not),
        cmocka_unit_test(test_endless_noise_is_one_unreadable_code),
        cmocka_unit_test(test_dropped_code_leaves_nothing_behind),
        cmocka_unit_test(test_mangled_text_is_told_from_what_a_code_may_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
