/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief lib/declaration: what is issued is read back, and every stage refuses by its own reason.
 */
#include "declaration_keys.h"

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/qr/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct test_issuer issuer, edwards, stranger;
static struct chl_trust *trust;
static const struct chl_declaration_rules rules = {.skew_ns = CHL_DECLARATION_SKEW_S * CHL_NS_PER_S,
                                                   .life_max_s = CHL_DECLARATION_LIFE_S};
static struct chl_scratch scratch = {.size = sizeof scratch, .capacity = CHL_SCRATCH_MIN};
static struct chl_inspection seen;

static int make_keys(void **state)
{
    (void)state;
    test_issuer_make(&issuer, "P-256");
    test_issuer_make(&edwards, "ED25519");
    test_issuer_make(&stranger, "P-256");
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    test_trust_add(trust, &issuer);
    test_trust_add(trust, &edwards);
    scratch.base = malloc(scratch.capacity);
    return scratch.base == NULL ? -1 : 0;
}

static int free_keys(void **state)
{
    (void)state;
    test_issuer_clear(&issuer);
    test_issuer_clear(&edwards);
    test_issuer_clear(&stranger);
    chl_trust_free(trust);
    free(scratch.base);
    return 0;
}

static const struct chl_inspection *inspect_n(const void *code, size_t length)
{
    seen = (struct chl_inspection){.size = (uint32_t)sizeof seen};
    scratch.used = 0;
    chl_declaration_inspect(trust, &rules, &scratch, code, length, NOW_NS, &seen);
    return &seen;
}

static const struct chl_inspection *inspect(const char *code)
{
    return inspect_n(code, strlen(code));
}

static void issue(const struct test_issuer *by, struct chl_declaration *declaration,
                  char code[CHL_ISSUE_CODE_MAX])
{
    char why[256] = "";
    assert_int_equal(
        chl_declaration_issue(by->issuer, declaration, code, CHL_ISSUE_CODE_MAX, why, sizeof why),
        CHL_OK);
}

static void assert_refused(chl_stage stage, const char *reason)
{
    assert_int_equal(seen.outcome, CHL_REFUSED);
    assert_int_equal(seen.format, CHL_FORMAT_DECLARATION);
    assert_string_equal(seen.reason, reason);
    assert_int_equal(seen.stage, stage);
}

static void fill_full(struct chl_declaration *out)
{
    static const char *const values[][2] = {
        {"sex", "female"},
        {"symptoms", "fever,sore-throat"},
        {"contact", "area"},
        {"party", "5"},
        {"document", "001187029317"},
        {"nationality", "VN"},
        {"vehicle", "12A-012.34"},
        {"doses", "2"},
        {"doses_of", "2"},
        {"dose_date", "2021-11-20"},
        {"dose_product", "EU/1/20/1528"},
        {"test", "rapid"},
        {"test_result", "negative"},
        {"test_at", "2022-01-31T08:30:00+07:00"},
        {"transport", "car"},
        {"address", "12 Lê Lợi, phường Vĩnh Trại"},
    };
    test_fill_minimal(out);
    (void)chl_copy(out->claims.birth, sizeof out->claims.birth, "1987-01-18");
    char why[256] = "";
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct chl_declaration_field *field =
            chl_declaration_field(values[i][0], strlen(values[i][0]));
        assert_non_null(field);
        assert_int_equal(chl_declaration_set(out, field, values[i][1], why, sizeof why), CHL_OK);
    }
}

static unsigned version_of(const char *code, chl_qr_level level)
{
    static struct chl_qr_symbol symbol;
    assert_int_equal(chl_qr_encode(code, strlen(code), level, &symbol), CHL_OK);
    return symbol.version;
}

static void test_a_minimal_declaration_is_read_back_and_small(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_declaration made;
    test_fill_minimal(&made);
    issue(&issuer, &made, code);
    inspect(code);
    assert_int_equal(seen.outcome, CHL_CLAIMED);
    assert_int_equal(seen.stage, CHL_STAGE_DONE);
    assert_true(seen.is_signed);
    assert_string_equal(seen.reason, "");
    assert_memory_equal(&seen.claims, &made.claims, sizeof made.claims);
    assert_int_equal(strlen(seen.claims.id), 2 * CHL_DECLARATION_ID_SIZE);
    print_message("minimal: %zu characters, %u-M\n", strlen(code), version_of(code, CHL_QR_M));
    assert_true(version_of(code, CHL_QR_M) <= 10);
}

static void test_a_full_declaration_is_read_back_and_fits(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_declaration made;
    fill_full(&made);
    issue(&issuer, &made, code);
    inspect(code);
    assert_int_equal(seen.outcome, CHL_CLAIMED);
    assert_memory_equal(&seen.claims, &made.claims, sizeof made.claims);
    assert_int_equal(seen.claims.party, 5);
    assert_int_equal(seen.claims.symptoms, CHL_SYMPTOM_FEVER | CHL_SYMPTOM_SORE_THROAT);
    assert_int_equal(seen.claims.contact, CHL_ANSWER_YES);
    assert_string_equal(seen.claims.dose_date, "2021-11-20");
    print_message("full: %zu characters, %u-Q\n", strlen(code), version_of(code, CHL_QR_Q));
    assert_true(version_of(code, CHL_QR_Q) <= 16);
}

static void test_what_claims_do_not_hold_is_kept_by_the_decoder(void **state)
{
    (void)state;
    struct chl_declaration made;
    struct chl_declaration read;
    fill_full(&made);
    made.travel_at = NOW_S - 7200;
    (void)chl_copy(made.claims.id, sizeof made.claims.id, "0011223344556677");
    uint8_t payload[CHL_ISSUE_PAYLOAD_MAX];
    size_t length = 0;
    assert_int_equal(chl_declaration_encode(&made, payload, sizeof payload, &length), CHL_OK);
    struct chl_cbor_tree tree;
    scratch.used = 0;
    assert_int_equal(chl_cbor_parse(&scratch, (struct chl_bytes){payload, length}, &tree),
                     CHL_REFUSAL_NONE);
    chl_declaration_init(&read);
    assert_int_equal(chl_declaration_decode(&tree, &read), CHL_REFUSAL_NONE);
    assert_string_equal(read.address, made.address);
    assert_int_equal(read.contacts, CHL_CONTACT_AREA);
    assert_int_equal(read.transport, made.transport);
    assert_int_equal(read.travel_at, made.travel_at);
    assert_int_equal(chl_declaration_encode(&made, payload, 40, &length), CHL_E_LIMIT);
    (void)chl_copy(made.claims.id, sizeof made.claims.id, "00");
    assert_int_equal(chl_declaration_encode(&made, payload, sizeof payload, &length), CHL_E_INVAL);
}

static void test_two_codes_of_one_form_differ(void **state)
{
    (void)state;
    char first[CHL_ISSUE_CODE_MAX];
    char second[CHL_ISSUE_CODE_MAX];
    struct chl_declaration made;
    test_fill_minimal(&made);
    issue(&issuer, &made, first);
    char id[sizeof made.claims.id];
    (void)chl_copy(id, sizeof id, made.claims.id);
    issue(&issuer, &made, second);
    assert_string_not_equal(id, made.claims.id);
    assert_string_not_equal(first, second);
}

static void test_ed25519_is_verified_too(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_declaration made;
    test_fill_minimal(&made);
    issue(&edwards, &made, code);
    assert_int_equal(inspect(code)->outcome, CHL_CLAIMED);
    assert_true(seen.is_signed);
}

static void test_a_picture_carries_it_unharmed(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_declaration made;
    test_fill_minimal(&made);
    issue(&issuer, &made, code);
    static struct chl_qr_symbol symbol;
    static struct chl_qr_code read;
    uint8_t *png = NULL;
    size_t length = 0;
    struct chl_qr_reader *reader = NULL;
    assert_int_equal(chl_qr_encode(code, strlen(code), CHL_QR_M, &symbol), CHL_OK);
    assert_int_equal(chl_qr_png(&symbol, 4, &png, &length), CHL_OK);
    assert_int_equal(chl_qr_reader_new(&reader), CHL_OK);
    assert_int_equal(chl_qr_read_memory(reader, png, length, &read), CHL_OK);
    assert_int_equal(inspect_n(read.bytes, read.length)->outcome, CHL_CLAIMED);
    assert_string_equal(seen.claims.name, "Nguyễn Thị Hồng Nhung");
    chl_qr_reader_free(reader);
    free(png);
}

static void test_outer_stages_refuse(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_declaration made;
    test_fill_minimal(&made);
    assert_int_equal(inspect("HC1:ABC")->outcome, CHL_NOT_MINE);
    assert_int_equal(inspect("")->outcome, CHL_NOT_MINE);
    assert_int_equal(inspect("ls1:00")->outcome, CHL_NOT_MINE);
    inspect("LS1:abc");
    assert_refused(CHL_STAGE_BASE45, "base45_invalid");
    inspect("LS1:GGW");
    assert_refused(CHL_STAGE_BASE45, "base45_invalid");
    inspect("LS1:");
    assert_refused(CHL_STAGE_ZLIB, "zlib_invalid");
    inspect("LS1:QED8WEX0");
    assert_refused(CHL_STAGE_ZLIB, "zlib_invalid");
    issue(&stranger, &made, code);
    inspect(code);
    assert_refused(CHL_STAGE_ISSUER, "issuer_unknown");
    assert_false(seen.is_signed);
    static char longest[CHL_CODE_MAX + 2];
    memset(longest, '0', sizeof longest);
    memcpy(longest, "LS1:", 4);
    inspect_n(longest, sizeof longest);
    assert_refused(CHL_STAGE_PREFIX, "code_too_long");
}

/** A code over any payload, signed as it should be. */
static void issue_payload(const uint8_t *payload, size_t length,
                          const struct chl_issue_options *options, char code[CHL_ISSUE_CODE_MAX])
{
    assert_int_equal(chl_issue(issuer.issuer, options, CHL_DECLARATION_PREFIX,
                               (struct chl_bytes){payload, length}, code, CHL_ISSUE_CODE_MAX),
                     CHL_OK);
}

static void test_cbor_and_cose_refuse(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    issue_payload((const uint8_t *)"\xff", 1, NULL, code);
    inspect(code);
    assert_int_equal(seen.stage, CHL_STAGE_CBOR);
    issue_payload((const uint8_t *)"\xa0\xa0", 2, NULL, code);
    inspect(code);
    assert_refused(CHL_STAGE_CBOR, "cbor_trailing");
    issue_payload((const uint8_t *)"\xa2\x01\x01\x01\x01", 5, NULL, code);
    inspect(code);
    assert_refused(CHL_STAGE_CBOR, "cbor_duplicate_key");
    const struct chl_issue_options wrong = {.claim_alg = -35};
    issue_payload((const uint8_t *)"\xa0", 1, &wrong, code);
    inspect(code);
    assert_refused(CHL_STAGE_SIGNATURE, "alg_unsupported");
    const struct chl_issue_options other = {.claim_alg = CHL_ALG_EDDSA};
    issue_payload((const uint8_t *)"\xa0", 1, &other, code);
    inspect(code);
    assert_refused(CHL_STAGE_SIGNATURE, "key_type_mismatch"); /* the key says which, not the code */
    issue_payload((const uint8_t *)"\xa0", 1, NULL, code);
    inspect(code);
    assert_refused(CHL_STAGE_TIME, "expiry_missing");
}

static void test_a_changed_signature_is_refused(void **state)
{
    (void)state;
    struct chl_declaration made;
    test_fill_minimal(&made);
    (void)chl_copy(made.claims.id, sizeof made.claims.id, "00112233445566778899aabbccddeeff");
    uint8_t payload[CHL_ISSUE_PAYLOAD_MAX];
    size_t length = 0;
    assert_int_equal(chl_declaration_encode(&made, payload, sizeof payload, &length), CHL_OK);
    uint8_t cose[CHL_ISSUE_PAYLOAD_MAX];
    size_t size = 0;
    assert_int_equal(chl_sign1_make(issuer.issuer, NULL, (struct chl_bytes){payload, length}, cose,
                                    sizeof cose, &size),
                     CHL_OK);
    for (size_t at = size - 64; at < size; at++) { /* every byte of r and s */
        uint8_t packed[CHL_ISSUE_PAYLOAD_MAX];
        size_t packed_size = 0;
        char code[CHL_ISSUE_CODE_MAX] = CHL_DECLARATION_PREFIX;
        size_t code_length = 0;
        cose[at] ^= 1;
        assert_int_equal(
            chl_deflate((struct chl_bytes){cose, size}, packed, sizeof packed, &packed_size),
            CHL_OK);
        assert_int_equal(
            chl_base45_encode(packed, packed_size, code + 4, sizeof code - 4, &code_length),
            CHL_OK);
        inspect(code);
        assert_refused(CHL_STAGE_SIGNATURE, "signature_invalid");
        cose[at] ^= 1;
    }
}

static void test_times_are_judged(void **state)
{
    (void)state;
    static const struct {
        int64_t issued, from, until; /* relative to now */
        const char *reason;          /* NULL: believed */
    } cases[] = {
        {-3600, -3600, 3600, NULL},
        {-3600, -3600, -299, NULL}, /* within the clocks' tolerance */
        {-3600, -3600, -300, "expired"},
        {-3600, 299, 3600, NULL},
        {-3600, 301, 3600, "not_yet_valid"},
        {301, 0, 3600, "not_yet_valid"},
        {0, 0, CHL_DECLARATION_LIFE_S, NULL},
        {0, 0, CHL_DECLARATION_LIFE_S + 1, "life_too_long"},
        {-100, 0, INT64_MAX - NOW_S, "life_too_long"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char code[CHL_ISSUE_CODE_MAX];
        struct chl_declaration made;
        test_fill_minimal(&made);
        made.claims.issued_at = NOW_S + cases[i].issued;
        made.claims.not_before = NOW_S + cases[i].from;
        made.claims.expires_at = NOW_S + cases[i].until;
        issue(&issuer, &made, code);
        inspect(code);
        if (cases[i].reason == NULL) {
            assert_int_equal(seen.outcome, CHL_CLAIMED);
        } else {
            assert_refused(CHL_STAGE_TIME, cases[i].reason);
            assert_int_equal(seen.claims.expires_at, made.claims.expires_at);
        }
    }
}

/** A CWT whose form is given as raw CBOR; NULL leaves out the claim. */
static void inspect_form(const char *form, size_t length, size_t id_length)
{
    uint8_t payload[512];
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_cbor_writer writer;
    static const uint8_t id[32];
    size_t size = 0;
    chl_cbor_begin(&writer, payload, sizeof payload);
    chl_cbor_put_map(&writer, form != NULL ? 5 : 4);
    chl_cbor_put_int(&writer, CHL_CWT_ISS);
    chl_cbor_put_text(&writer, "x");
    chl_cbor_put_int(&writer, CHL_CWT_EXP);
    chl_cbor_put_int(&writer, NOW_S + 60);
    chl_cbor_put_int(&writer, CHL_CWT_IAT);
    chl_cbor_put_int(&writer, NOW_S);
    chl_cbor_put_int(&writer, CHL_CWT_CTI);
    chl_cbor_put_bytes(&writer, id, id_length);
    if (form != NULL) {
        chl_cbor_put_int(&writer, CHL_DECLARATION_CLAIM);
        chl_cbor_put_raw(&writer, (struct chl_bytes){(const uint8_t *)form, length});
    }
    assert_int_equal(chl_cbor_end(&writer, &size), CHL_OK);
    issue_payload(payload, size, NULL, code);
    inspect(code);
}

static void test_the_schema_refuses(void **state)
{
    (void)state;
/* name "An", birth 1990, no symptoms, no contact: then what each case adds */
#define GOOD                                                                                       \
    "\x01\x62"                                                                                     \
    "An\x02\x19\x07\xc6\x07\x00\x08\x00"
    static const struct {
        const char *form;
        size_t length, id_length;
        const char *reason; /* NULL: believed */
    } cases[] = {
#define FORM(text) text, sizeof(text) - 1
        {FORM("\xa4" GOOD), 16, NULL},
        {FORM("\xa4" GOOD), 8, NULL},
        {FORM("\xa4" GOOD), 7, "schema_length"},
        {FORM("\xa4" GOOD), 17, "schema_length"},
        {FORM("\xa5" GOOD "\x18\x64\x01"), 16, NULL}, /* key 100: not ours, passed over */
        {FORM("\xa5" GOOD "\x04\xf6"), 16, NULL},     /* a null is an absence */
        {FORM("\xa5" GOOD "\x09\x18\x3c"), 16, NULL}, /* a party of 60 */
        {FORM("\xa5" GOOD "\x09\x18\x3d"), 16, "schema_value"},
        {FORM("\xa5" GOOD "\x09\x00"), 16, "schema_value"},
        {FORM("\xa5" GOOD "\x09\x20"), 16, "schema_value"},
        {FORM("\xa5" GOOD "\x09\x1b\x00\x00\x00\x01\x00\x00\x00\x01"), 16, "schema_value"},
        {FORM("\xa5" GOOD "\x09\x61"
              "1"),
         16, "schema_type"},
        {FORM("\xa5" GOOD "\x09\x41"
              "1"),
         16, "schema_type"},
        {FORM("\xa5" GOOD "\x04\x61"
              "x"),
         16, "schema_value"},
        {FORM("\xa5" GOOD "\x04\x60"), 16, "schema_length"},
        {FORM("\xa5" GOOD "\x04\x01"), 16, NULL}, /* 0000000001 */
        {FORM("\xa5" GOOD "\x04\x20"), 16, "schema_value"},
        {FORM("\xa5" GOOD "\x04\x1b\x00\x00\x00\x02\x54\x0b\xe4\x00"), 16,
         "schema_value"}, /* eleven digits */
        {FORM("\xa5" GOOD "\x0b\x01"), 16, "schema_type"},
        {FORM("\xa5" GOOD "\x05\x6c"
              "012345678901"),
         16, "schema_length"},
        {FORM("\xa5" GOOD "\x18\x1a\x63"
              "a\x07z"),
         16, "schema_value"},
        {FORM("\xa5" GOOD "\x12\x03"), 16, "schema_value"},
        {FORM("\xa4\x01\x62"
              "An\x02\x19\x07\xc6\x07\x18\x80\x08\x00"),
         16, "schema_value"},
        {FORM("\xa4\x01\x62"
              "An\x02\x64"
              "19x0\x07\x00\x08\x00"),
         16, "schema_value"},
        {FORM("\xa4\x01\x62"
              "An\x02\x6a"
              "1990-02-30\x07\x00\x08\x00"),
         16, "schema_value"},
        {FORM("\xa3\x01\x62"
              "An\x02\x19\x07\xc6\x07\x00"),
         16, "schema_missing"},
        {FORM("\xa0"), 16, "schema_missing"},
        {FORM("\x80"), 16, "schema_type"},
        {NULL, 0, 16, "schema_missing"},
#undef FORM
    };
#undef GOOD
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        inspect_form(cases[i].form, cases[i].length, cases[i].id_length);
        if (cases[i].reason == NULL) {
            assert_int_equal(seen.outcome, CHL_CLAIMED);
        } else {
            assert_refused(CHL_STAGE_SCHEMA, cases[i].reason);
        }
    }
}

static void test_truncated_anywhere_it_is_refused(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_declaration made;
    test_fill_minimal(&made);
    issue(&issuer, &made, code);
    for (size_t cut = 0; cut < strlen(code); cut++) {
        char *exact = malloc(cut + 1);
        assert_non_null(exact);
        memcpy(exact, code, cut);
        inspect_n(exact, cut);
        assert_int_equal(seen.outcome, cut < 4 ? CHL_NOT_MINE : CHL_REFUSED);
        assert_true(cut < 4 || seen.reason[0] != '\0');
        assert_false(seen.is_signed);
        free(exact);
    }
}

static void test_with_any_byte_changed_it_is_refused(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_declaration made;
    test_fill_minimal(&made);
    issue(&issuer, &made, code);
    size_t length = strlen(code);
    for (size_t at = 0; at < length; at++) {
        char kept = code[at];
        for (int bit = 0; bit < 8; bit++) {
            code[at] = (char)(kept ^ (1 << bit));
            inspect_n(code, length);
            assert_int_equal(seen.outcome, at < 4 ? CHL_NOT_MINE : CHL_REFUSED);
            assert_false(seen.is_signed);
        }
        code[at] = kept;
    }
    assert_int_equal(inspect_n(code, length)->outcome, CHL_CLAIMED);
}

static void test_a_damaged_payload_that_is_well_signed_gets_a_typed_answer(void **state)
{
    (void)state;
    struct chl_declaration made;
    fill_full(&made);
    (void)chl_copy(made.claims.id, sizeof made.claims.id, "00112233445566778899aabbccddeeff");
    uint8_t payload[CHL_ISSUE_PAYLOAD_MAX];
    char code[CHL_ISSUE_CODE_MAX];
    size_t length = 0;
    assert_int_equal(chl_declaration_encode(&made, payload, sizeof payload, &length), CHL_OK);
    for (size_t at = 0; at < length; at++) {
        issue_payload(payload, at, NULL, code);
        assert_int_equal(inspect(code)->outcome, CHL_REFUSED);
        assert_int_equal(seen.stage, CHL_STAGE_CBOR);
        for (unsigned mask = 1; mask < 0x100; mask = mask * 2 + 1) {
            payload[at] ^= (uint8_t)mask;
            issue_payload(payload, length, NULL, code);
            inspect(code);
            payload[at] ^= (uint8_t)mask;
            assert_true(seen.outcome == CHL_CLAIMED || seen.outcome == CHL_REFUSED);
            assert_int_equal(seen.outcome == CHL_REFUSED, seen.reason[0] != '\0');
            assert_true(seen.outcome == CHL_REFUSED || seen.claims.party <= 60);
        }
    }
}

static void test_an_unfinished_form_is_not_issued(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    char why[256] = "";
    struct chl_declaration made;
    test_fill_minimal(&made);
    made.claims.name[0] = '\0';
    assert_int_equal(
        chl_declaration_issue(issuer.issuer, &made, code, sizeof code, why, sizeof why),
        CHL_E_INVAL);
    assert_non_null(strstr(why, "name"));
    test_fill_minimal(&made);
    made.claims.contact = CHL_ANSWER_NONE;
    assert_int_equal(
        chl_declaration_issue(issuer.issuer, &made, code, sizeof code, why, sizeof why),
        CHL_E_INVAL);
    assert_non_null(strstr(why, "contact"));
    test_fill_minimal(&made);
    made.claims.expires_at = made.claims.issued_at;
    assert_int_equal(
        chl_declaration_issue(issuer.issuer, &made, code, sizeof code, why, sizeof why),
        CHL_E_INVAL);
    test_fill_minimal(&made);
    assert_int_equal(chl_declaration_issue(issuer.issuer, &made, code, 50, why, sizeof why),
                     CHL_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_minimal_declaration_is_read_back_and_small),
        cmocka_unit_test(test_a_full_declaration_is_read_back_and_fits),
        cmocka_unit_test(test_what_claims_do_not_hold_is_kept_by_the_decoder),
        cmocka_unit_test(test_two_codes_of_one_form_differ),
        cmocka_unit_test(test_ed25519_is_verified_too),
        cmocka_unit_test(test_a_picture_carries_it_unharmed),
        cmocka_unit_test(test_outer_stages_refuse),
        cmocka_unit_test(test_cbor_and_cose_refuse),
        cmocka_unit_test(test_a_changed_signature_is_refused),
        cmocka_unit_test(test_times_are_judged),
        cmocka_unit_test(test_the_schema_refuses),
        cmocka_unit_test(test_truncated_anywhere_it_is_refused),
        cmocka_unit_test(test_with_any_byte_changed_it_is_refused),
        cmocka_unit_test(test_a_damaged_payload_that_is_well_signed_gets_a_typed_answer),
        cmocka_unit_test(test_an_unfinished_form_is_not_issued),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
