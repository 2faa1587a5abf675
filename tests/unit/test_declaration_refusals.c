/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief lib/declaration: every stage refuses by its own reason.
 */
#include "declaration_verifier.h"

#include "lib/base/text.h"
#include "lib/base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

/** The algorithm is the key's: what a header says may be wrong, never decide. */
static void test_the_algorithm_is_bound_to_the_key(void **state)
{
    (void)state;
    struct chl_declaration made;
    uint8_t payload[CHL_ISSUE_PAYLOAD_MAX];
    size_t length = 0;
    test_fill_minimal(&made);
    (void)chl_copy(made.claims.id, sizeof made.claims.id, "00112233445566778899aabbccddeeff");
    assert_int_equal(chl_declaration_encode(&made, payload, sizeof payload, &length), CHL_OK);
    const struct {
        const struct test_issuer *by;
        int claimed;
        bool unprotected;
        const char *reason; /* NULL = believed */
    } cases[] = {
        {&issuer, CHL_ALG_EDDSA, false, "key_type_mismatch"},
        {&edwards, CHL_ALG_ES256, false, "key_type_mismatch"},
        {&issuer, CHL_ALG_PS256, false, "key_type_mismatch"},
        {&issuer, CHL_ALG_EDDSA, true, "key_type_mismatch"},
        {&edwards, CHL_ALG_ES256, true, "key_type_mismatch"},
        {&issuer, -259, false, "alg_unsupported"},
        {&issuer, CHL_ALG_ES256, false, NULL},
        {&edwards, CHL_ALG_EDDSA, false, NULL},
        {&issuer, CHL_ALG_ES256, true, NULL},
        {&edwards, CHL_ALG_EDDSA, true, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char code[CHL_ISSUE_CODE_MAX];
        const struct chl_issue_options options = {
            .claim_alg = cases[i].claimed,
            .alg_in = cases[i].unprotected ? CHL_ISSUE_ALG_UNPROTECTED : CHL_ISSUE_ALG_PROTECTED};
        assert_int_equal(chl_issue(cases[i].by->issuer, &options, CHL_DECLARATION_PREFIX,
                                   (struct chl_bytes){payload, length}, code, sizeof code),
                         CHL_OK);
        inspect(code);
        if (cases[i].reason == NULL) {
            assert_int_equal(seen.outcome, CHL_CLAIMED);
        } else {
            assert_refused(CHL_STAGE_SIGNATURE, cases[i].reason);
            assert_false(seen.is_signed);
        }
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
    test_fill_everything(&made);
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

/* A deflate stream has bits that mean nothing (what fills its last byte): with one of these changed
 * the very same message comes out, and then it must be the very same claims. */
static void test_with_any_byte_changed_it_is_refused(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_declaration made;
    test_fill_everything(&made);
    issue(&issuer, &made, code);
    size_t length = strlen(code), same = 0;
    assert_int_equal(inspect_n(code, length)->outcome, CHL_CLAIMED);
    const struct chl_inspection whole = seen;
    for (size_t at = 0; at < length; at++) {
        char kept = code[at];
        for (int bit = 0; bit < 8; bit++) {
            code[at] = (char)(kept ^ (1 << bit));
            inspect_n(code, length);
            if (at >= 4 && seen.outcome == CHL_CLAIMED) {
                assert_memory_equal(&seen, &whole, sizeof whole);
                same++;
                continue;
            }
            assert_int_equal(seen.outcome, at < 4 ? CHL_NOT_MINE : CHL_REFUSED);
            assert_false(seen.is_signed);
        }
        code[at] = kept;
    }
    assert_true(same <= 8);
    assert_int_equal(inspect_n(code, length)->outcome, CHL_CLAIMED);
}

static void test_a_damaged_payload_that_is_well_signed_gets_a_typed_answer(void **state)
{
    (void)state;
    struct chl_declaration made;
    test_fill_everything(&made);
    assert_true(chl_declaration_complete(&made));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outer_stages_refuse),
        cmocka_unit_test(test_cbor_and_cose_refuse),
        cmocka_unit_test(test_a_changed_signature_is_refused),
        cmocka_unit_test(test_the_algorithm_is_bound_to_the_key),
        cmocka_unit_test(test_times_are_judged),
        cmocka_unit_test(test_the_schema_refuses),
        cmocka_unit_test(test_truncated_anywhere_it_is_refused),
        cmocka_unit_test(test_with_any_byte_changed_it_is_refused),
        cmocka_unit_test(test_a_damaged_payload_that_is_well_signed_gets_a_typed_answer),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
