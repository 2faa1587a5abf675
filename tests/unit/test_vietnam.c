/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the three Vietnamese codes say: composed from their layouts, as scanners give them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/names/names.h"
#include "tests/unit/heap_calls.h"
#include "tests/unit/vietnam_codes.h"

enum { NEVER = CHL_MISSING_SYMPTOMS | CHL_MISSING_CONTACT | CHL_MISSING_ORIGIN };

static void look(const char *code, struct chl_inspection *out)
{
    vietnam_look(code, strlen(code), out);
}

static void expect_claim(const char *code, chl_format format, struct chl_claims *claims)
{
    struct chl_inspection out;
    look(code, &out);
    if (out.outcome != CHL_CLAIMED) {
        fail_msg("%s: expected a claim, got outcome %d for '%s'", code, out.outcome, out.reason);
    }
    assert_int_equal(out.format, format);
    assert_int_equal(out.stage, CHL_STAGE_DONE);
    assert_false(out.is_signed);
    assert_string_equal(out.reason, "");
    assert_int_equal(out.claims.party, 1);
    assert_int_equal(out.claims.missing & NEVER, NEVER);
    *claims = out.claims;
}

static void expect_refusal(const char *code, chl_format format, const char *reason, int stage)
{
    struct chl_inspection out;
    look(code, &out);
    if (out.outcome != CHL_REFUSED || strcmp(out.reason, reason) != 0) {
        fail_msg("%s: expected a refusal for %s, got outcome %d and '%s'", code, reason,
                 out.outcome, out.reason);
    }
    assert_int_equal(out.format, format);
    assert_int_equal(out.stage, stage);
}

static void expect_document(const struct chl_claims *claims, size_t index, int kind,
                            const char *number)
{
    assert_true(index < claims->document_count);
    assert_int_equal(claims->documents[index].kind, kind);
    assert_string_equal(claims->documents[index].number, number);
}

static void test_cccd_of_seven_and_eleven_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * vietnam_name_count; i++) {
        char code[VIETNAM_CODE_SIZE];
        struct chl_claims claims;
        const char *name = vietnam_names[i / 2];
        vietnam_make_cccd(name, i % 2 == 0 ? 7 : 11, code);
        expect_claim(code, CHL_FORMAT_CCCD, &claims);
        assert_string_equal(claims.name, name);
        assert_string_equal(claims.birth, "1987-01-18");
        assert_int_equal(claims.sex, CHL_SEX_FEMALE);
        assert_string_equal(claims.address,
                            "Thôn Bản M'gar, xã Đồng Đăng, huyện Cao Lộc, tỉnh Lạng Sơn");
        assert_string_equal(claims.document, "020187029317");
        assert_string_equal(claims.nationality, "VN");
        assert_string_equal(claims.id, "cccd:020187029317");
        assert_int_equal(claims.document_count, 2);
        expect_document(&claims, 0, CHL_DOCUMENT_CCCD, "020187029317");
        expect_document(&claims, 1, CHL_DOCUMENT_CMND, "082345678");
        assert_int_equal(claims.issued_at, 1620579600); /* midnight in Vietnam, 10 May 2021 */
        assert_int_equal(claims.expires_at, 0);
        assert_int_equal(claims.missing, NEVER | CHL_MISSING_PHONE);
    }
}

static void test_cccd_old_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *old;
        size_t count;
        int kind;
    } rows[] = {{"", 1, 0},
                {"082345678", 2, CHL_DOCUMENT_CMND},
                {" 082345678 ", 2, CHL_DOCUMENT_CMND},
                {"020187029318", 2, CHL_DOCUMENT_CCCD},
                {"020187029317", 1, 0}, /* the same again */
                {"******678", 1, 0},
                {"12345", 1, 0},
                {"x", 1, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char code[VIETNAM_CODE_SIZE];
        struct chl_claims claims;
        (void)snprintf(code, sizeof code,
                       "020187029317|%s|Nguyễn Thị Hoa|18011987|Nữ|Lạng Sơn|10052021", rows[i].old);
        expect_claim(code, CHL_FORMAT_CCCD, &claims);
        assert_int_equal(claims.document_count, rows[i].count);
        if (rows[i].count == 2) {
            assert_int_equal(claims.documents[1].kind, rows[i].kind);
        }
    }
}

static void test_sex_in_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int sex;
    } rows[] = {{"Nam", CHL_SEX_MALE},
                {"NAM", CHL_SEX_MALE},
                {"nam", CHL_SEX_MALE},
                {"Nữ", CHL_SEX_FEMALE},
                {"NỮ", CHL_SEX_FEMALE},
                {"Nu\u031B\u0303", CHL_SEX_FEMALE},
                {"N\u01B0\u0303", CHL_SEX_FEMALE},
                {"Nu", CHL_SEX_FEMALE},
                {"NU", CHL_SEX_FEMALE},
                {" Nữ ", CHL_SEX_FEMALE},
                {"N?", CHL_SEX_UNKNOWN},
                {"", CHL_SEX_UNKNOWN},
                {"Khác", CHL_SEX_UNKNOWN},
                {"a very long text that is nobody's sex", CHL_SEX_UNKNOWN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char code[VIETNAM_CODE_SIZE];
        struct chl_claims claims;
        (void)snprintf(code, sizeof code,
                       "020187029317||Nguyễn Thị Hoa|18011987|%s|Lạng Sơn|10052021", rows[i].text);
        expect_claim(code, CHL_FORMAT_CCCD, &claims);
        if (claims.sex != rows[i].sex) {
            fail_msg("'%s': expected %d, got %d", rows[i].text, rows[i].sex, claims.sex);
        }
    }
}

/* Decomposed text reads as the same person, with the same bytes. */
static void test_decomposed_text_is_composed(void **state)
{
    (void)state;
    struct chl_claims composed, decomposed;
    expect_claim("020187029317||Nguyễn Thị Ánh|18011987|Nữ|Lạng Sơn|10052021", CHL_FORMAT_CCCD,
                 &composed);
    expect_claim("020187029317||Nguye\u0302\u0303n Thi\u0323 A\u0301nh|18011987|Nu\u031B\u0303|"
                 "La\u0323ng So\u031Bn|10052021",
                 CHL_FORMAT_CCCD, &decomposed);
    assert_memory_equal(&composed, &decomposed, sizeof composed);
}

static void test_births(void **state)
{
    (void)state;
    static const struct {
        const char *text, *birth;
        bool missing;
    } rows[] = {{"18011987", "1987-01-18", false},
                {"011987", "1987-01", false},
                {"1987", "1987", false},
                {"****1987", "1987", true},
                {"29022000", "2000-02-29", false}};
    static const char *const impossible[] = {"31021987", "29022001", "00011987", "01131987",
                                             "18010000", "131987",   "0000"};
    char code[VIETNAM_CODE_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct chl_claims claims;
        (void)snprintf(code, sizeof code, "020187029317||Vũ Thị Hoa|%s|Nữ|Lạng Sơn|10052021",
                       rows[i].text);
        expect_claim(code, CHL_FORMAT_CCCD, &claims);
        assert_string_equal(claims.birth, rows[i].birth);
        assert_int_equal((claims.missing & CHL_MISSING_BIRTH) != 0, rows[i].missing);
    }
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        (void)snprintf(code, sizeof code, "020187029317||Vũ Thị Hoa|%s|Nữ|Lạng Sơn|10052021",
                       impossible[i]);
        expect_refusal(code, CHL_FORMAT_CCCD, "schema_value", CHL_STAGE_SCHEMA);
    }
}

static void test_bhyt_of_ten_fifteen_and_seventeen_fields(void **state)
{
    (void)state;
    static const int counts[] = {10, 15, 17};
    for (size_t i = 0; i < 6 * vietnam_name_count; i++) {
        char code[VIETNAM_CODE_SIZE];
        struct chl_claims claims;
        const char *name = vietnam_names[i / 6];
        int fields = counts[i % 3];
        vietnam_make_bhyt(name, fields, i % 2 == 0, code);
        expect_claim(code, CHL_FORMAT_BHYT, &claims);
        assert_string_equal(claims.name, name);
        assert_string_equal(claims.birth, "1987-01-08");
        assert_int_equal(claims.sex, CHL_SEX_FEMALE);
        assert_string_equal(claims.address, "Đồng Đăng, Cao Lộc, Lạng Sơn");
        if (fields == 17) {
            assert_string_equal(claims.id, "bhyt:2020878821");
            assert_int_equal(claims.document_count, 1);
            expect_document(&claims, 0, CHL_DOCUMENT_BHYT, "2020878821");
        } else {
            assert_string_equal(claims.id, "bhyt:HS4202020878821");
            assert_int_equal(claims.document_count, 2);
            expect_document(&claims, 0, CHL_DOCUMENT_BHYT, "HS4202020878821");
            expect_document(&claims, 1, CHL_DOCUMENT_BHYT, "2020878821"); /* on both cards */
        }
        assert_int_equal(claims.not_before, 1609434000); /* 1 Jan 2021 00:00 in Vietnam */
        assert_int_equal(claims.expires_at, 1640969999); /* 31 Dec 2021 23:59:59 there */
        assert_int_equal(claims.issued_at, 1607965200);
        assert_int_equal(claims.missing, NEVER | CHL_MISSING_PHONE);
    }
}

/* A name with accents is found to have them, one without has something else to vouch for it. */
static void test_missing_accents_are_noted(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        chl_format format;
        bool missing;
    } rows[] = {
        {"020187029317||Phan Lan Anh|18011987|Nu|Lang Son|10052021", CHL_FORMAT_CCCD, true},
        {"020187029317||NGUYEN THI HOA|18011987|Nu||10052021", CHL_FORMAT_CCCD, true},
        {"020187029317||Phan Lan Anh|18011987|Nữ|Lang Son|10052021", CHL_FORMAT_CCCD, false},
        {"020187029317||Phan Nam|18011987|Nam|Lạng Sơn|10052021", CHL_FORMAT_CCCD, false},
        {"020187029317||Nguy?n Th? Hoa|18011987|N?|L?ng S?n|10052021", CHL_FORMAT_CCCD, true},
        {"020187029317||Nguyễn Th\xEF\xBF\xBD Hoa|18011987|Nữ|Lạng Sơn|1", CHL_FORMAT_UNKNOWN,
         true},
        {"020187029317|NGUYEN THI HOA|1987-01-18|0|162979388586171100|", CHL_FORMAT_PCCOVID, true},
        {"020187029317|Nguyễn Thị Hoa|1987-01-18|0|162979388586171100|", CHL_FORMAT_PCCOVID, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct chl_claims claims;
        if (rows[i].format == CHL_FORMAT_UNKNOWN) {
            /* A replacement character is no letter: a converter has been at it. */
            expect_refusal(rows[i].code, CHL_FORMAT_CCCD, "text_mangled", CHL_STAGE_PREFIX);
            continue;
        }
        expect_claim(rows[i].code, rows[i].format, &claims);
        if (((claims.missing & CHL_MISSING_ACCENTS) != 0) != rows[i].missing) {
            fail_msg("%s: accents are %smissing", rows[i].code, rows[i].missing ? "not " : "");
        }
    }
}

static void test_mangled_by_the_scanner_is_its_own_refusal(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        chl_format format;
    } rows[] = {
        /* Telex takes EE, AA, DD for Ê, Â, Đ; what is left is odd, or not hexadecimal. */
        {"HS4010120878821|4E67757ÊE1BB856E|18/01/1987|2|-|79 - 012|01/01/2021|-|01/01/2021|$",
         CHL_FORMAT_BHYT},
        {"HS4010120878821|4E67757|18/01/1987|2|-|79 - 012|01/01/2021|-|01/01/2021|$",
         CHL_FORMAT_BHYT},
        {"HS4010120878821|4E677579|18/01/1987|2|4DÂ1|79 - 012|01/01/2021|-|01/01/2021|$",
         CHL_FORMAT_BHYT},
        {"Đ4010120878821|4E677579|18/01/1987|2|-|79 - 012|01/01/2021|-|01/01/2021|$",
         CHL_FORMAT_BHYT},
        /* Digits went missing in pairs: the bytes are no text. */
        {"HS4010120878821|4E677579E1BB6E|18/01/1987|2|-|79 - 012|01/01/2021|-|01/01/2021|$",
         CHL_FORMAT_BHYT},
        /* A reader that took UTF-8 for Big5, and for Latin-1; and one that left TCVN bytes. */
        {"020187029317||HU廙淇H|18011987|Nam|Lạng Sơn|10052021", CHL_FORMAT_CCCD},
        {"020187029317||Nguyá»…n VÄƒn A|18011987|Nam|Lạng Sơn|10052021", CHL_FORMAT_CCCD},
        {"020187029317||Nguy\xD4n V\xA8n A|18011987|Nam|Lang Son|10052021", CHL_FORMAT_CCCD},
        {"020187029317||Hoa|18011987|Nam|L\xA1ng|10052021", CHL_FORMAT_CCCD},
        {"020187029317|NGUY\xD4N|1987-01-18|0|162979388586171100|", CHL_FORMAT_PCCOVID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_refusal(rows[i].code, rows[i].format, "text_mangled", CHL_STAGE_PREFIX);
    }
}

static void test_bhyt_numbers(void **state)
{
    (void)state;
    static const char form[] =
        "%s|4E67C3B4|1987|1|-|79012|01/01/2021|-|01/01/2021|79|-|4|-|0123456789abcdef-1234|$";
    char code[VIETNAM_CODE_SIZE];
    struct chl_claims claims;
    (void)snprintf(code, sizeof code, form, "hs 4 20 2020878821");
    expect_claim(code, CHL_FORMAT_BHYT, &claims);
    assert_string_equal(claims.name, "Ngô");
    assert_string_equal(claims.birth, "1987");
    assert_int_equal(claims.sex, CHL_SEX_MALE);
    assert_string_equal(claims.id, "bhyt:HS4202020878821");
    expect_document(&claims, 1, CHL_DOCUMENT_BHYT, "2020878821");
    assert_int_equal(claims.expires_at, 0);
    (void)snprintf(code, sizeof code, form, "HS42020208*****");
    expect_claim(code, CHL_FORMAT_BHYT, &claims);
    assert_int_equal(claims.document_count, 0);
    assert_string_equal(claims.id, "");
    assert_string_equal(claims.document, "");
    assert_int_equal(claims.missing & CHL_MISSING_DOCUMENT, CHL_MISSING_DOCUMENT);
    (void)snprintf(code, sizeof code, form, "HS420202087882");
    expect_refusal(code, CHL_FORMAT_BHYT, "schema_value", CHL_STAGE_SCHEMA);
}

static void test_pc_covid(void **state)
{
    (void)state;
    char code[VIETNAM_CODE_SIZE];
    struct chl_claims claims;
    vietnam_make_pccovid("NGUYEN THI HOA", code);
    expect_claim(code, CHL_FORMAT_PCCOVID, &claims);
    assert_string_equal(claims.name, "NGUYEN THI HOA");
    assert_string_equal(claims.birth, "1987-01-18");
    assert_int_equal(claims.sex, CHL_SEX_FEMALE);
    assert_string_equal(claims.phone, "0944713700");
    assert_string_equal(claims.id, "pccovid:162979388586171100");
    assert_string_equal(claims.document, "020187029317");
    assert_int_equal(claims.document_count, 4);
    expect_document(&claims, 0, CHL_DOCUMENT_CCCD, "020187029317");
    expect_document(&claims, 1, CHL_DOCUMENT_QID, "162979388586171100");
    expect_document(&claims, 2, CHL_DOCUMENT_BHYT, "HS4202020878821");
    expect_document(&claims, 3, CHL_DOCUMENT_BHYT, "2020878821");
    assert_int_equal(claims.missing, NEVER | CHL_MISSING_ACCENTS);
}

/* Masks as the application makes them: the first six of the number, day and month. */
static void test_pc_covid_masked(void **state)
{
    (void)state;
    struct chl_claims claims;
    expect_claim("******029317|NGUYEN THI HOA|1987-**-**|0|162979388586171100|<2<HS42020208*****<"
                 "0944***700<c2ln",
                 CHL_FORMAT_PCCOVID, &claims);
    assert_string_equal(claims.birth, "1987");
    assert_int_equal(claims.document_count, 1);
    expect_document(&claims, 0, CHL_DOCUMENT_QID, "162979388586171100");
    assert_string_equal(claims.id, "pccovid:162979388586171100"); /* that of the unmasked one */
    assert_string_equal(claims.phone, "");
    assert_int_equal(claims.sex, CHL_SEX_FEMALE);
    assert_int_equal(claims.missing, NEVER | CHL_MISSING_ACCENTS | CHL_MISSING_BIRTH |
                                         CHL_MISSING_DOCUMENT | CHL_MISSING_PHONE);
    expect_claim("******029317|NGUYEN THI HOA|****-**-**|0||", CHL_FORMAT_PCCOVID, &claims);
    assert_string_equal(claims.birth, "");
    assert_string_equal(claims.id, "");
    expect_claim("|  |1987-01-18|1||<<<", CHL_FORMAT_PCCOVID, &claims);
    assert_int_equal(claims.missing & CHL_MISSING_NAME, CHL_MISSING_NAME);
    expect_claim("B1234567|DUPONT JEAN|1987-01-18|1|16|", CHL_FORMAT_PCCOVID, &claims);
    assert_int_equal(claims.document_count, 1);
    expect_document(&claims, 0, CHL_DOCUMENT_PASSPORT, "B1234567");
    expect_refusal("020187029317|NGUYEN THI HOA|1987-02-31|0|16|", CHL_FORMAT_PCCOVID,
                   "schema_value", CHL_STAGE_SCHEMA);
}

static void test_published_pc_covid_example(void **state)
{
    (void)state;
    char code[VIETNAM_CODE_SIZE];
    struct chl_claims claims;
    FILE *in = fopen(CHL_SHARED_DIR "/data/qr/vn/pc_covid_QD1405_example.txt", "r");
    if (in == NULL) {
        print_message("SKIPPED %s: not here\n", CHL_SHARED_DIR "/data/qr/vn");
        skip();
    }
    size_t length = fread(code, 1, sizeof code - 1, in);
    (void)fclose(in);
    code[length] = '\0';
    expect_claim(code, CHL_FORMAT_PCCOVID, &claims);
    assert_string_equal(claims.name, "NGUYEN LE KHA HAN");
    assert_string_equal(claims.birth, "1987-01-18");
    assert_int_equal(claims.sex, CHL_SEX_MALE);
    assert_string_equal(claims.document, "001093029317");
    expect_document(&claims, 2, CHL_DOCUMENT_BHYT, "HS4010120878821");
    assert_string_equal(claims.phone, "0944713700");
    assert_true(chl_name_equal(claims.name, "Nguyen Le Kha Han"));
}

/* What a scanner adds changes nothing that was read. */
static void test_line_ends_change_nothing(void **state)
{
    (void)state;
    static const char *const frames[][2] = {
        {"", "\r\n"}, {"", "\r"}, {"\xEF\xBB\xBF", "\n"}, {" \t", ""}};
    for (size_t i = 0; i < 12; i++) {
        char code[VIETNAM_CODE_SIZE], framed[VIETNAM_CODE_SIZE + 16];
        struct chl_inspection plain, same;
        if (i / 4 == 0) {
            vietnam_make_cccd("Đỗ Thị Mỹ", 7, code);
        } else if (i / 4 == 1) {
            vietnam_make_bhyt("Đỗ Thị Mỹ", 15, true, code);
        } else {
            vietnam_make_pccovid("DO THI MY", code);
        }
        (void)snprintf(framed, sizeof framed, "%s%s%s", frames[i % 4][0], code, frames[i % 4][1]);
        look(code, &plain);
        look(framed, &same);
        assert_int_equal(plain.outcome, CHL_CLAIMED);
        assert_memory_equal(&plain, &same, sizeof plain);
    }
}

static void test_only_formats_asked_for_are_read(void **state)
{
    (void)state;
    char codes[3][VIETNAM_CODE_SIZE];
    static const chl_format formats[] = {CHL_FORMAT_CCCD, CHL_FORMAT_BHYT, CHL_FORMAT_PCCOVID};
    vietnam_make_cccd("Lý Thị Hà", 7, codes[0]);
    vietnam_make_bhyt("Lý Thị Hà", 15, true, codes[1]);
    vietnam_make_pccovid("LY THI HA", codes[2]);
    for (size_t i = 0; i < 9; i++) {
        struct chl_inspection out = {.size = sizeof out};
        const char *code = codes[i % 3];
        vietnam_inspect((vietnam_formats)(1U << formats[i / 3]), (const uint8_t *)code,
                        strlen(code), &out);
        assert_int_equal(out.outcome, i / 3 == i % 3 ? CHL_CLAIMED : CHL_NOT_MINE);
    }
}

static void test_long_texts_are_bounded(void **state)
{
    (void)state;
    char name[256], code[VIETNAM_CODE_SIZE], hex[1200];
    struct chl_claims claims;
    memset(name, 'a', sizeof name);
    name[191] = '\0';
    (void)snprintf(code, sizeof code, "020187029317||%s|1987|Nam|Lạng Sơn|2021", name);
    expect_claim(code, CHL_FORMAT_CCCD, &claims);
    assert_string_equal(claims.name, name);
    vietnam_make_bhyt(name, 15, true, code);
    expect_claim(code, CHL_FORMAT_BHYT, &claims);
    name[191] = 'a';
    name[192] = '\0';
    (void)snprintf(code, sizeof code, "020187029317||%s|1987|Nam|Lạng Sơn|2021", name);
    expect_refusal(code, CHL_FORMAT_CCCD, "schema_length", CHL_STAGE_SCHEMA);
    vietnam_make_bhyt(name, 15, true, code);
    expect_refusal(code, CHL_FORMAT_BHYT, "schema_length", CHL_STAGE_SCHEMA);
    /* A residence is cut at a letter's end. */
    memset(name, 'b', 190);
    (void)snprintf(name + 190, sizeof name - 190, "ộc");
    (void)snprintf(code, sizeof code, "020187029317||Hà|1987|Nam|%s|2021", name);
    expect_claim(code, CHL_FORMAT_CCCD, &claims);
    assert_int_equal(strlen(claims.address), 190);
    vietnam_hex(name, true, hex, sizeof hex);
    (void)snprintf(code, sizeof code, "2020878821|48C3A0|1987|1|%s|79012|-|-|-|$", hex);
    expect_claim(code, CHL_FORMAT_BHYT, &claims);
    assert_int_equal(strlen(claims.address), 190);
}

/* Control characters steer terminals; a NUL hides what follows it. */
static void test_control_characters_are_refused(void **state)
{
    (void)state;
    struct chl_inspection out;
    expect_refusal("020187029317||Hà\x1b[2J|1987|Nam|Lạng Sơn|2021", CHL_FORMAT_CCCD,
                   "schema_value", CHL_STAGE_SCHEMA);
    expect_refusal("2020878821|48C3A01B|1987|1|-|79012|-|-|-|$", CHL_FORMAT_BHYT, "schema_value",
                   CHL_STAGE_SCHEMA);
    expect_refusal("2020878821|48C3A00048|1987|1|-|79012|-|-|-|$", CHL_FORMAT_BHYT, "schema_value",
                   CHL_STAGE_SCHEMA);
    static const char nul[] = "020187029317||H\0a|1987|Nam|Lang|2021";
    vietnam_look(nul, sizeof nul - 1, &out);
    assert_int_equal(out.outcome, CHL_REFUSED);
    assert_string_equal(out.reason, "schema_value");
}

static void test_no_heap_memory_is_asked_for(void **state)
{
    (void)state;
    char codes[4][VIETNAM_CODE_SIZE];
    static struct chl_inspection out;
    if (!heap_calls_are_counted()) {
        skip();
    }
    vietnam_make_cccd("Nguye\u0302\u0303n Thi\u0323 A\u0301nh", 11, codes[0]); /* decomposed */
    vietnam_make_bhyt("Nguyễn Thị Ánh", 17, true, codes[1]);
    vietnam_make_pccovid("NGUYEN THI ANH", codes[2]);
    vietnam_make_cccd("Nguyá»…n", 7, codes[3]);
    void *probe = malloc(1); /* the counter counts */
    size_t before = heap_calls();
    free(probe);
    assert_true(before > 0);
    for (size_t i = 0; i < 4; i++) {
        out = (struct chl_inspection){.size = sizeof out};
        vietnam_inspect(VIETNAM_ALL, (const uint8_t *)codes[i], strlen(codes[i]), &out);
        assert_int_equal(out.outcome, i < 3 ? CHL_CLAIMED : CHL_REFUSED);
    }
    assert_int_equal(heap_calls(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cccd_of_seven_and_eleven_fields),
        cmocka_unit_test(test_cccd_old_numbers),
        cmocka_unit_test(test_sex_in_every_form),
        cmocka_unit_test(test_decomposed_text_is_composed),
        cmocka_unit_test(test_births),
        cmocka_unit_test(test_bhyt_of_ten_fifteen_and_seventeen_fields),
        cmocka_unit_test(test_missing_accents_are_noted),
        cmocka_unit_test(test_mangled_by_the_scanner_is_its_own_refusal),
        cmocka_unit_test(test_bhyt_numbers),
        cmocka_unit_test(test_pc_covid),
        cmocka_unit_test(test_pc_covid_masked),
        cmocka_unit_test(test_published_pc_covid_example),
        cmocka_unit_test(test_line_ends_change_nothing),
        cmocka_unit_test(test_only_formats_asked_for_are_read),
        cmocka_unit_test(test_long_texts_are_bounded),
        cmocka_unit_test(test_control_characters_are_refused),
        cmocka_unit_test(test_no_heap_memory_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
