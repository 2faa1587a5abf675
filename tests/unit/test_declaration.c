/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief lib/declaration: what is issued is read back, as a text and as a picture.
 */
#include "declaration_verifier.h"

#include "lib/base/text.h"
#include "lib/qr/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
    test_fill_full(&made);
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
    test_fill_full(&made);
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
        cmocka_unit_test(test_an_unfinished_form_is_not_issued),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
