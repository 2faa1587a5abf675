/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Every format is named by its looks, whatever the scanner put around it, and nothing else
 * is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sniff/sniff.h"

#define BHYT_END "|18/01/1987|2|-|79 - 012|01/01/2021|-|01/01/2021|79|-|4|-|0123456789abcdef-1234|$"

static const struct {
    const char *code;
    chl_format format;
} rows[] = {
    {"HC1:6BF", CHL_FORMAT_HCERT},
    {"HC1:", CHL_FORMAT_HCERT},
    {"hc1:6BF", CHL_FORMAT_UNKNOWN},
    {"HC1", CHL_FORMAT_UNKNOWN},
    {"LS1:6BF", CHL_FORMAT_DECLARATION},
    {"NZCP:/1/2KCEVI", CHL_FORMAT_NZCP},
    {"shc:/5676", CHL_FORMAT_SHC},
    {"shc:/001234567890|NGUYEN VAN AN|1990-02-03|0|1|<", CHL_FORMAT_SHC},
    {"shc:5676", CHL_FORMAT_UNKNOWN},
    {"{\"data\":{\"hdr\":{\"t\":\"icao.test\"", CHL_FORMAT_VDSNC},
    {"{ \"data\" :\r\n {\t\"hdr\": {}}}", CHL_FORMAT_VDSNC},
    {"{\"sig\":{\"alg\":\"ES256\"", CHL_FORMAT_VDSNC},
    {"{\"data\":{\"hd", CHL_FORMAT_UNKNOWN},
    {"{\"data\":1}", CHL_FORMAT_UNKNOWN},
    /* Identity cards: 7 fields, 11, more; the birthday whole, with its month, or the year alone. */
    {"001187029317||Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn|10052021", CHL_FORMAT_CCCD},
    {"001187029317|123456789|Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn|10052021||||", CHL_FORMAT_CCCD},
    {"001187029317|012345678912|Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn|10052021||||",
     CHL_FORMAT_CCCD}, /* an old number of 12 digits is hexadecimal as well */
    {"001187029317||Nguyễn Thị Hoa|1987|Nữ|Lạng Sơn|10052021", CHL_FORMAT_CCCD},
    {"001187029317||Nguyễn Thị Hoa|011987|Nữ|Lạng Sơn|10052021", CHL_FORMAT_CCCD},
    {"001187029317||||||", CHL_FORMAT_UNKNOWN},
    {"001187029317||Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn", CHL_FORMAT_UNKNOWN}, /* 6 */
    {"00118702931|x|Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn|10052021", CHL_FORMAT_UNKNOWN},
    /* Insurance cards: 10, 15, 17 fields, either number, either case, the mangled one. */
    {"HS4010120878821|4E677579|18/01/1987|2|-|79 - 012|01/01/2021|-|01/01/2021|$", CHL_FORMAT_BHYT},
    {"HS4010120878821|4E677579E1BB856E" BHYT_END, CHL_FORMAT_BHYT},
    {"0120878821|4e677579e1bb856e" BHYT_END, CHL_FORMAT_BHYT},
    {"0120878821|4e677579e1bb856e|1987|1|-|79012|01/01/2021|-|01/01/2021|79|-|4|-|0123-1|4|4e67|$",
     CHL_FORMAT_BHYT},
    {"HS4010120878821|4E677579Ê1BB856E" BHYT_END, CHL_FORMAT_BHYT},
    {"HS4010120878821|4E677579E" BHYT_END, CHL_FORMAT_BHYT},
    {"HS401012087882|4E677579E" BHYT_END, CHL_FORMAT_UNKNOWN},
    {"HS4010120878821|4E677579|18/01/1987|2|-|79 - 012|01/01/2021|-|01/01/2021",
     CHL_FORMAT_UNKNOWN}, /* 9 */
    /* PC-Covid, whole and masked. */
    {"001093029317|NGUYEN LE KHA HAN|1987-01-18|0|162979388586171100|<1<HS4010120878821<0944713700",
     CHL_FORMAT_PCCOVID},
    {"******029317|NGUYEN THI HOA|1987-**-**|0|162979388586171100|", CHL_FORMAT_PCCOVID},
    {"|||||", CHL_FORMAT_UNKNOWN},
    {"a|b|1987/01/18|0|1|2", CHL_FORMAT_UNKNOWN},
    {"a|b|1987-01-18|0|1", CHL_FORMAT_UNKNOWN},
    {"a|b|1987-01-18|0|1|2|3", CHL_FORMAT_UNKNOWN},
    {"|||||||||||||", CHL_FORMAT_UNKNOWN},
    /* Places, and addresses that only look like theirs. */
    {"https://qr.tokhaiyte.vn/?id=123", CHL_FORMAT_PLACE},
    {"HTTPS://QR.TOKHAIYTE.VN/?ID=123", CHL_FORMAT_PLACE},
    {"http://qr.pccovid.gov.vn:443/x", CHL_FORMAT_PLACE},
    {"qr.pccovid.gov.vn?x", CHL_FORMAT_PLACE},
    {"https://qr.tokhaiyte.vn", CHL_FORMAT_PLACE},
    {"https://qr.tokhaiyte.vn.example.org/", CHL_FORMAT_UNKNOWN},
    {"https://example.org/qr.tokhaiyte.vn", CHL_FORMAT_UNKNOWN},
    {"https://qr.tokhaiyte.vn@example.org/", CHL_FORMAT_UNKNOWN},
    {"https://qr.tokhaiyte.vn:x@example.org/", CHL_FORMAT_UNKNOWN},
    {"https://tokhaiyte.vn/", CHL_FORMAT_UNKNOWN},
    {"", CHL_FORMAT_UNKNOWN},
    {"x", CHL_FORMAT_UNKNOWN},
    {"HC2:6BF", CHL_FORMAT_UNKNOWN},
};

enum { ROWS = sizeof rows / sizeof *rows };

static void expect(const char *code, size_t length, chl_format format)
{
    /* In a block of exactly that size, so that a sanitizer sees a read past it. */
    uint8_t *exact = malloc(length > 0 ? length : 1);
    assert_non_null(exact);
    memcpy(exact, code, length);
    chl_format got = chl_sniff(exact, length);
    free(exact);
    if (got != format) {
        fail_msg("%.*s: expected format %d, got %d", (int)length, code, format, got);
    }
}

static void test_each_format_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        expect(rows[i].code, strlen(rows[i].code), rows[i].format);
    }
    assert_int_equal(chl_sniff(NULL, 0), CHL_FORMAT_UNKNOWN);
}

static void test_what_scanners_add_changes_nothing(void **state)
{
    (void)state;
    static const char *const before[] = {"", "\xEF\xBB\xBF", " ", "\t\r\n", "\xEF\xBB\xBF \n"};
    static const char *const behind[] = {"", "\r", "\n", "\r\n", "\r\n\r\n"};
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t k = 0; k < 25; k++) {
            char code[512];
            int length =
                snprintf(code, sizeof code, "%s%s%s", before[k / 5], rows[i].code, behind[k % 5]);
            expect(code, (size_t)length, rows[i].format);
        }
    }
    const uint8_t *bytes = (const uint8_t *)"\xEF\xBB\xBF HC1:A \r\n";
    size_t length = strlen((const char *)bytes);
    chl_code_trim(&bytes, &length);
    assert_int_equal(length, strlen("HC1:A ")); /* a space may belong to base45 */
    assert_memory_equal(bytes, "HC1:A ", length);
}

/* Cut anywhere, a code is its own format or none: never another's. */
static void test_cut_codes_are_never_another_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t length = 0; length < strlen(rows[i].code); length++) {
            chl_format got = chl_sniff((const uint8_t *)rows[i].code, length);
            if (rows[i].format != CHL_FORMAT_UNKNOWN && got != CHL_FORMAT_UNKNOWN &&
                got != rows[i].format) {
                fail_msg("%.*s: got format %d", (int)length, rows[i].code, got);
            }
        }
    }
}

static void test_fields_are_counted_beyond_those_kept(void **state)
{
    (void)state;
    static uint8_t bars[CHL_CODE_MAX];
    struct chl_fields fields;
    memset(bars, '|', sizeof bars);
    assert_int_equal(chl_sniff_fields(bars, sizeof bars, &fields), CHL_FORMAT_UNKNOWN);
    assert_int_equal(fields.count, CHL_CODE_MAX + 1);
    assert_int_equal(chl_sniff_fields(NULL, 0, &fields), CHL_FORMAT_UNKNOWN);
    assert_int_equal(fields.count, 0);
    assert_int_equal(chl_sniff_fields((const uint8_t *)"a||b", 4, &fields), CHL_FORMAT_UNKNOWN);
    assert_int_equal(fields.count, 3);
    assert_int_equal(fields.at[1].length, 0);
    assert_int_equal(*fields.at[2].at, 'b');
    /* A document that holds bars is no card. */
    static const char card[] = "shc:/001234567890|NGUYEN VAN AN|1990-02-03|0|1|<";
    assert_int_equal(chl_sniff_fields((const uint8_t *)card, strlen(card), &fields),
                     CHL_FORMAT_UNKNOWN);
    assert_int_equal(chl_sniff_fields((const uint8_t *)card + 5, strlen(card) - 5, &fields),
                     CHL_FORMAT_PCCOVID);
}

/* Published examples of the formats that are named only. */
static void test_shared_samples_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        chl_format format;
    } samples[] = {
        {"nzcp/valid/nzcp.txt", CHL_FORMAT_NZCP},
        {"nzcp/invalid/nzcp-expired-payload.txt", CHL_FORMAT_NZCP},
        {"nzcp/invalid/nzcp-modified-sig.txt", CHL_FORMAT_NZCP},
        {"shc/kde/example-00-f-qr-code-numeric-value-0.txt", CHL_FORMAT_SHC},
        {"vdsnc/test.txt", CHL_FORMAT_VDSNC},
        {"vn/pc_covid_QD1405_example.txt", CHL_FORMAT_PCCOVID},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        static uint8_t bytes[CHL_CODE_MAX];
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/data/qr/%s", CHL_SHARED_DIR, samples[i].path);
        FILE *in = fopen(path, "rb");
        if (in == NULL) {
            print_message("SKIPPED %s: not here\n", path);
            skip();
        }
        size_t length = fread(bytes, 1, sizeof bytes, in);
        (void)fclose(in);
        expect((const char *)bytes, length, samples[i].format);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_format_is_named),
        cmocka_unit_test(test_what_scanners_add_changes_nothing),
        cmocka_unit_test(test_cut_codes_are_never_another_format),
        cmocka_unit_test(test_fields_are_counted_beyond_those_kept),
        cmocka_unit_test(test_shared_samples_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
