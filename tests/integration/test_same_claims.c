/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A certificate and a declaration that state the same facts become the same claims, through
 *         the real chain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "lib/declaration/declaration.h"
#include "tests/chain/chain.h"
#include "tests/issuing/issuing.h"

#define NOW_S INT64_C(1643700000) /* 2022-02-01 */

enum { DAY_S = 86400 };

static struct issuing certified, declared;
static struct chain *chain;

static int start(void **state)
{
    (void)state;
    char certificate[64], key[64];
    const char *paths[] = {certificate, key};
    bool good =
        issuing_make("P-256", NULL, &certified) && issuing_make("P-256", NULL, &declared) &&
        chain_write_trust(certified.certificate, certified.certificate_length, certificate) &&
        chain_write_trust("", 0, key) && issuing_write_public_key(&declared, key);
    if (!good) {
        return -1;
    }
    /* A declaration's issuer is a bare key, known by its own identifier. */
    chl_issuer_free(declared.issuer);
    declared.issuer = NULL;
    good = chl_issuer_from_key(declared.key, NULL, &declared.issuer) == CHL_OK;
    chain = good ? chain_open(paths, 2) : NULL;
    (void)unlink(certificate);
    (void)unlink(key);
    return chain != NULL ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    chain_close(chain);
    issuing_free(&certified);
    issuing_free(&declared);
    return 0;
}

static void inspect(const char *code, struct chl_claims *out)
{
    struct chl_inspection found;
    chain_inspect(chain, code, strlen(code), NOW_S * CHL_NS_PER_S, &found, NULL);
    assert_string_equal(found.reason, "");
    assert_int_equal(found.outcome, CHL_CLAIMED);
    assert_true(found.is_signed);
    *out = found.claims;
}

static void certificate_claims(char kind, struct chl_claims *out)
{
    char code[CHL_ISSUE_CODE_MAX];
    const struct issuing_dcc dcc = {
        .kind = kind, .issued_at = NOW_S - DAY_S, .expires_at = NOW_S + DAY_S};
    assert_true(issuing_dcc_code(&certified, NULL, &dcc, code, sizeof code));
    inspect(code, out);
    assert_int_equal(out->certificate_kind, kind);
}

/* One answer of the form. */
struct answer {
    const char *field, *value;
};

static void set(struct chl_declaration *form, const struct answer *answer)
{
    char why[512] = "";
    const struct chl_declaration_field *field =
        chl_declaration_field(answer->field, strlen(answer->field));
    assert_non_null(field);
    if (chl_declaration_set(form, field, answer->value, why, sizeof why) != CHL_OK) {
        fail_msg("%s: %s", answer->field, why);
    }
}

static void declaration_claims(const struct answer *answers, struct chl_claims *out)
{
    static const struct answer person[] = {{"name", "Nguye\xCC\x82\xCC\x83n Văn An"},
                                           {"birth", "1990-02-03"},
                                           {"symptoms", "no"},
                                           {"contact", "no"}};
    char code[CHL_ISSUE_CODE_MAX], why[512] = "";
    struct chl_declaration form;
    chl_declaration_init(&form);
    for (size_t i = 0; i < sizeof person / sizeof *person; i++) {
        set(&form, &person[i]);
    }
    for (const struct answer *answer = answers; answer->field != NULL; answer++) {
        set(&form, answer);
    }
    (void)snprintf(form.claims.issuer, sizeof form.claims.issuer, "VN");
    form.claims.issued_at = NOW_S - DAY_S;
    form.claims.not_before = NOW_S - DAY_S;
    form.claims.expires_at = NOW_S + DAY_S;
    if (chl_declaration_issue(declared.issuer, &form, code, sizeof code, why, sizeof why) !=
        CHL_OK) {
        fail_msg("%s", why);
    }
    inspect(code, out);
}

/* Everything that both can say. */
static void assert_same(const struct chl_claims *a, const struct chl_claims *b)
{
    assert_string_equal(a->issuer, b->issuer);
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->birth, b->birth);
    assert_int_equal(a->party, b->party);
    assert_int_equal(a->issued_at, b->issued_at);
    assert_int_equal(a->expires_at, b->expires_at);
    assert_int_equal(a->doses, b->doses);
    assert_int_equal(a->doses_of, b->doses_of);
    assert_string_equal(a->dose_product, b->dose_product);
    assert_string_equal(a->dose_date, b->dose_date);
    assert_int_equal(a->test_kind, b->test_kind);
    assert_int_equal(a->test_result, b->test_result);
    assert_int_equal(a->test_sampled_at, b->test_sampled_at);
    assert_int_equal(a->recovered, b->recovered);
    assert_int_equal(a->recovered_from, b->recovered_from);
    assert_int_equal(a->recovered_until, b->recovered_until);
    /* A certificate says nothing of these; a declaration that was not asked neither. */
    enum { NEITHER = CHL_MISSING_ORIGIN | CHL_MISSING_PHONE | CHL_MISSING_DOCUMENT };
    assert_int_equal(a->missing & NEITHER, NEITHER);
    assert_int_equal(b->missing & NEITHER, NEITHER);
    assert_int_equal(a->missing & (CHL_MISSING_SYMPTOMS | CHL_MISSING_CONTACT),
                     CHL_MISSING_SYMPTOMS | CHL_MISSING_CONTACT);
    assert_int_equal(b->missing & (CHL_MISSING_SYMPTOMS | CHL_MISSING_CONTACT), 0);
}

static void test_vaccination(void **state)
{
    (void)state;
    static const char *const products[] = {"EU/1/20/1528", "Comirnaty", "Pfizer", "comirnaty"};
    struct chl_claims certificate, declaration;
    certificate_claims('v', &certificate);
    assert_int_equal(certificate.doses, 2);
    assert_string_equal(certificate.dose_product, "EU/1/20/1528");
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        const struct answer answers[] = {{"doses", "2"},
                                         {"doses_of", "2"},
                                         {"dose_date", "2021-12-20"},
                                         {"dose_product", products[i]},
                                         {NULL, NULL}};
        declaration_claims(answers, &declaration);
        assert_same(&certificate, &declaration);
    }
}

static void test_test(void **state)
{
    (void)state;
    static const struct answer answers[] = {{"test", "pcr"},
                                            {"test_result", "negative"},
                                            {"test_at", "2022-01-30T07:30:00+07:00"},
                                            {NULL, NULL}};
    struct chl_claims certificate, declaration;
    certificate_claims('t', &certificate);
    assert_true(certificate.test_sampled_at != 0 && certificate.test_kind == CHL_TEST_PCR);
    declaration_claims(answers, &declaration);
    assert_same(&certificate, &declaration);
}

static void test_recovery(void **state)
{
    (void)state;
    static const struct answer answers[] = {{"recovered", "yes"},
                                            {"recovered_at", "2021-11-12T00:00:00Z"},
                                            {"recovered_until", "2022-05-01T23:59:59Z"},
                                            {NULL, NULL}};
    struct chl_claims certificate, declaration;
    certificate_claims('r', &certificate);
    assert_true(certificate.recovered_from != 0 && certificate.recovered_until != 0);
    declaration_claims(answers, &declaration);
    assert_same(&certificate, &declaration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vaccination),
        cmocka_unit_test(test_test),
        cmocka_unit_test(test_recovery),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
