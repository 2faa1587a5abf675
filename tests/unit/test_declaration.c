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

enum { ISSUED_S = 1643673600 }; /* 2022-02-01T00:00:00Z */

static unsigned version_of(const char *code, chl_qr_level level)
{
    static struct chl_qr_symbol symbol;
    assert_int_equal(chl_qr_encode(code, strlen(code), level, &symbol), CHL_OK);
    return symbol.version;
}

/** Signatures and identifiers deflate to a byte more or less: many are drawn, the largest counts.
 */
static void assert_versions(const struct chl_declaration *made, chl_qr_level level, unsigned max)
{
    enum { DRAWN = 200 };
    char code[CHL_ISSUE_CODE_MAX];
    size_t longest = 0;
    for (int i = 0; i < DRAWN; i++) {
        struct chl_declaration again = *made;
        issue(&issuer, &again, code);
        longest = strlen(code) > longest ? strlen(code) : longest;
        assert_true(version_of(code, level) <= max);
    }
    print_message("longest of %d: %zu characters\n", DRAWN, longest);
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
    assert_versions(&made, CHL_QR_M, 10);
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
    assert_versions(&made, CHL_QR_Q, 16);
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

static struct chl_declaration decoded;

/** What the wire holds of a form, read by the decoder. */
static chl_refusal through_the_wire(struct chl_declaration *made)
{
    uint8_t payload[CHL_ISSUE_PAYLOAD_MAX];
    size_t length = 0;
    struct chl_cbor_tree tree;
    scratch.used = 0;
    (void)chl_copy(made->claims.id, sizeof made->claims.id, "0011223344556677");
    assert_int_equal(chl_declaration_encode(made, payload, sizeof payload, &length), CHL_OK);
    assert_int_equal(chl_cbor_parse(&scratch, (struct chl_bytes){payload, length}, &tree),
                     CHL_REFUSAL_NONE);
    chl_declaration_init(&decoded);
    return chl_declaration_decode(&tree, &decoded);
}

static void test_every_field_is_read_back(void **state)
{
    (void)state;
    size_t count = 0;
    struct chl_declaration made;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    test_fill_everything(&made);
    assert_true(chl_declaration_complete(&made));
    assert_int_equal(through_the_wire(&made), CHL_REFUSAL_NONE);
    for (size_t i = 0; i < count; i++) {
        static const struct chl_declaration none;
        const uint8_t *at = (const uint8_t *)&made + fields[i].offset;
        if (memcmp(at, (const uint8_t *)&none + fields[i].offset, fields[i].size) == 0) {
            fail_msg("%s: expected it filled in by the test", fields[i].name);
        }
        if (memcmp(at, (const uint8_t *)&decoded + fields[i].offset, fields[i].size) != 0) {
            fail_msg("%s: expected it read back as it was", fields[i].name);
        }
    }
    assert_int_equal(decoded.claims.missing, 0);
    char code[CHL_ISSUE_CODE_MAX];
    issue(&issuer, &made, code);
    assert_int_equal(inspect(code)->outcome, CHL_CLAIMED);
    assert_memory_equal(&seen.claims, &made.claims, sizeof made.claims);
    print_message("everything, three companions: %zu characters, %u-M, %u-Q\n", strlen(code),
                  version_of(code, CHL_QR_M), version_of(code, CHL_QR_Q));
    assert_true(version_of(code, CHL_QR_Q) <= 30);
}

static void test_claims_name_the_documents(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_declaration made;
    test_fill_everything(&made);
    issue(&issuer, &made, code);
    const struct chl_claims *claims = &inspect(code)->claims;
    assert_int_equal(claims->document_count, 3);
    assert_int_equal(claims->documents[0].kind, CHL_DOCUMENT_CCCD);
    assert_string_equal(claims->documents[0].number, "001187029317");
    assert_int_equal(claims->documents[1].kind, CHL_DOCUMENT_CMND);
    assert_string_equal(claims->documents[1].number, "012345678");
    assert_int_equal(claims->documents[2].kind, CHL_DOCUMENT_BHYT);
    assert_string_equal(claims->documents[2].number, "DN4010120878821");
    assert_string_equal(claims->address, "12 Lê Lợi, phường Vĩnh Trại");
    assert_string_equal(claims->vehicle, "29LĐ01234");
    assert_int_equal(claims->companion_count, 3);
    assert_string_equal(claims->companions[0].name, "Nguyễn Thị Hồng Ngọc Ánh");
    assert_string_equal(claims->companions[1].birth, "2018-03-02");
    assert_string_equal(claims->companions[1].document.number, "");
    assert_int_equal(claims->companions[2].document.kind, CHL_DOCUMENT_BHYT);
    assert_int_equal(claims->party, 5); /* as stated: one more than are named */
}

static void test_documents_are_known_by_their_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *nationality, *number;
        chl_document_kind kind;
    } cases[] = {
        {"001 187 029 317", "", "001187029317", CHL_DOCUMENT_CCCD},
        {"001187029317", "VNM", "001187029317", CHL_DOCUMENT_CCCD},
        {"012-345-678", "VN", "012345678", CHL_DOCUMENT_CMND},
        {"012345678", "US", "012345678", CHL_DOCUMENT_PASSPORT},
        /* What a person calls their country hides none of its numbers. */
        {"012345678", "VIETNAM", "012345678", CHL_DOCUMENT_CMND},
        {"012345678", "ZZ", "012345678", CHL_DOCUMENT_CMND},
        {"001187029317", "LA", "001187029317", CHL_DOCUMENT_CCCD},
        {"HS4010120878821", "LA", "HS4010120878821", CHL_DOCUMENT_BHYT},
        {"hs4 01 0120878821", "", "HS4010120878821", CHL_DOCUMENT_BHYT},
        {"0120878821", "", "0120878821", CHL_DOCUMENT_BHYT},
        {"b1234567", "", "B1234567", CHL_DOCUMENT_PASSPORT},
        {"E12345678901234", "", "E12345678901234", CHL_DOCUMENT_PASSPORT},
    };
    struct chl_document out;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(chl_declaration_document(cases[i].text, cases[i].nationality, &out));
        assert_string_equal(out.number, cases[i].number);
        assert_int_equal(out.kind, cases[i].kind);
    }
    static const char *const none[] = {"", " -", "00118702****", "Đ123",
                                       "1234567890123456789012345678"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_false(chl_declaration_document(none[i], "", &out));
        assert_string_equal(out.number, "");
    }
}

/* What is said of a form fills the same form; and what is shown of a code is what was signed. */
static void test_every_field_is_said_as_it_is_set(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX], value[2048], why[256];
    static struct chl_declaration made, read, again;
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    test_fill_everything(&made);
    issue(&issuer, &made, code);
    scratch.used = 0;
    assert_true(chl_declaration_read(&scratch, (const uint8_t *)code, strlen(code), &read));
    assert_int_equal(read.claims.expires_at, made.claims.expires_at);
    chl_declaration_init(&again);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(chl_declaration_say(&read, &fields[i], value, sizeof value), CHL_OK);
        assert_true(value[0] != '\0');
        if (chl_declaration_set(&again, &fields[i], value, why, sizeof why) != CHL_OK) {
            fail_msg("%s", why);
        }
        char said[2048];
        assert_int_equal(chl_declaration_say(&again, &fields[i], said, sizeof said), CHL_OK);
        assert_string_equal(said, value);
        assert_int_equal(chl_declaration_say(&read, &fields[i], value, 1), CHL_E_LIMIT);
    }
    assert_string_equal(again.places, made.places);
    assert_int_equal(again.travel_at, made.travel_at);
    assert_int_equal(again.contacts, made.contacts);
    code[20] = code[20] == 'A' ? 'B' : 'A';
    scratch.used = 0;
    assert_false(chl_declaration_read(&scratch, (const uint8_t *)code, strlen(code), &read));
    assert_false(chl_declaration_read(&scratch, (const uint8_t *)"HC1:", 4, &read));
}

static void test_a_foreigner_hides_no_number(void **state)
{
    (void)state;
    static const char *const good[][2] = {{"VN", "VN"},      {"vn", "VN"},  {"Việt Nam", "VN"},
                                          {"VIETNAM", "VN"}, {"vnm", "VN"}, {"la", "LA"}};
    static const char *const bad[] = {"ZZ", "KINH", "V", "Lào", "LAO", "V N", "1A"};
    const struct chl_declaration_field *field = chl_declaration_field("nationality", 11);
    const struct chl_declaration_field *number = chl_declaration_field("document", 8);
    struct chl_declaration form;
    char why[256];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        chl_declaration_init(&form);
        assert_int_equal(chl_declaration_set(&form, field, good[i][0], why, sizeof why), CHL_OK);
        assert_string_equal(form.claims.nationality, good[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        chl_declaration_init(&form);
        assert_int_equal(chl_declaration_set(&form, field, bad[i], why, sizeof why), CHL_E_INVAL);
        assert_non_null(strstr(why, "ISO 3166-1"));
        assert_string_equal(form.claims.nationality, "");
    }
    chl_declaration_init(&form);
    assert_int_equal(chl_declaration_set(&form, field, "US", why, sizeof why), CHL_OK);
    assert_int_equal(chl_declaration_set(&form, number, "012345678", why, sizeof why), CHL_OK);
    assert_true(chl_declaration_complete(&form));
    assert_int_equal(form.claims.document_count, 2);
    assert_int_equal(form.claims.documents[0].kind, CHL_DOCUMENT_PASSPORT);
    assert_int_equal(form.claims.documents[1].kind, CHL_DOCUMENT_CMND);
}

static void test_what_is_not_said_is_missing(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_declaration made;
    test_fill_minimal(&made);
    issue(&issuer, &made, code);
    assert_int_equal(inspect(code)->claims.missing, CHL_MISSING_DOCUMENT);
    made.claims.from_area[0] = '\0';
    made.claims.phone[0] = '\0';
    issue(&issuer, &made, code);
    assert_int_equal(inspect(code)->claims.missing,
                     CHL_MISSING_DOCUMENT | CHL_MISSING_ORIGIN | CHL_MISSING_PHONE);
}

static void test_companions_are_counted(void **state)
{
    (void)state;
    char code[CHL_ISSUE_CODE_MAX];
    char why[512] = "";
    struct chl_declaration made;
    test_fill_minimal(&made);
    assert_int_equal(chl_declaration_accompany(&made, "Bé Na", "2019", ""), CHL_OK);
    issue(&issuer, &made, code);
    assert_int_equal(inspect(code)->claims.party, 2);
    print_message("minimal and a child: %zu characters, %u-M\n", strlen(code),
                  version_of(code, CHL_QR_M));
    for (int i = 1; i < CHL_CLAIM_COMPANIONS_MAX; i++) {
        assert_int_equal(chl_declaration_accompany(&made, "Bé Na", "2/3/2019", ""), CHL_OK);
    }
    assert_int_equal(chl_declaration_accompany(&made, "Bé Na", "2019", ""), CHL_E_LIMIT);
    made.claims.party = 1;
    issue(&issuer, &made, code);
    assert_int_equal(inspect(code)->claims.party, 1 + CHL_CLAIM_COMPANIONS_MAX);
    made.claims.party = 3; /* fewer than are named */
    assert_int_equal(
        chl_declaration_issue(issuer.issuer, &made, code, sizeof code, why, sizeof why),
        CHL_E_INVAL);
    assert_non_null(strstr(why, "expected at least 9"));
    assert_int_equal(through_the_wire(&made), CHL_REFUSAL_schema_value);
    static const char *const bad[][3] = {{"", "2019", ""},        {"Na", "", ""},
                                         {"Na", "19", ""},        {"N\xE2\x80\xAE", "2019", ""},
                                         {"Na", "2019", "0011*"}, {"Na", "30/2/2019", ""},
                                         {"\xFF", "2019", ""}};
    test_fill_minimal(&made);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(chl_declaration_accompany(&made, bad[i][0], bad[i][1], bad[i][2]),
                         CHL_E_INVAL);
    }
    assert_int_equal(made.claims.companion_count, 0);
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

static void test_what_has_not_happened_is_not_issued(void **state)
{
    (void)state;
    static const struct {
        const char *field, *last, *ahead; /* the time of issue is 2022-02-01T00:00:00Z */
    } cases[] = {
        {"birth", "2022", "2023"},
        {"birth", "2022-02", "2022-03"},
        {"birth", "2022-02-01", "2022-02-02"},
        {"dose_date", "2022-02-01", "2022-02-02"},
        {"test_at", "2022-02-01T00:05:00Z", "2022-02-01T00:05:01Z"},
        {"recovered_at", "2022-01-20T00:00:00Z", "2022-02-20T00:00:00Z"},
        {"companions", "Bé Na; 2022", "Bé Na; 2019 | Bé Ti; 2023"},
        {"travel_at", "2022-02-03T00:00:00Z", NULL},
        {"recovered_until", "2022-06-03T00:00:00Z", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const texts[] = {cases[i].last, cases[i].ahead};
        const struct chl_declaration_field *field =
            chl_declaration_field(cases[i].field, strlen(cases[i].field));
        assert_non_null(field);
        for (size_t late = 0; late < 2 && texts[late] != NULL; late++) {
            char code[CHL_ISSUE_CODE_MAX];
            char why[256] = "";
            struct chl_declaration made;
            test_fill_minimal(&made);
            made.claims.issued_at = ISSUED_S;
            made.claims.expires_at = ISSUED_S + CHL_DECLARATION_LIFE_S;
            assert_int_equal(chl_declaration_set(&made, field, texts[late], why, sizeof why),
                             CHL_OK);
            assert_ptr_equal(chl_declaration_ahead(&made, ISSUED_S), late == 1 ? field : NULL);
            assert_int_equal(
                chl_declaration_issue(issuer.issuer, &made, code, sizeof code, why, sizeof why),
                late == 1 ? CHL_E_INVAL : CHL_OK);
            assert_true(late == 0 || strstr(why, cases[i].field) != NULL);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_minimal_declaration_is_read_back_and_small),
        cmocka_unit_test(test_a_full_declaration_is_read_back_and_fits),
        cmocka_unit_test(test_what_claims_do_not_hold_is_kept_by_the_decoder),
        cmocka_unit_test(test_every_field_is_read_back),
        cmocka_unit_test(test_claims_name_the_documents),
        cmocka_unit_test(test_documents_are_known_by_their_form),
        cmocka_unit_test(test_every_field_is_said_as_it_is_set),
        cmocka_unit_test(test_a_foreigner_hides_no_number),
        cmocka_unit_test(test_what_is_not_said_is_missing),
        cmocka_unit_test(test_companions_are_counted),
        cmocka_unit_test(test_two_codes_of_one_form_differ),
        cmocka_unit_test(test_ed25519_is_verified_too),
        cmocka_unit_test(test_a_picture_carries_it_unharmed),
        cmocka_unit_test(test_an_unfinished_form_is_not_issued),
        cmocka_unit_test(test_what_has_not_happened_is_not_issued),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
