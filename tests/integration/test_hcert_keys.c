/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Whose signature counts: key identifiers in either header, several certificates under one
 *         identifier, key usages, kinds of keys; and that each failure has a reason of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "lib/base/time.h"
#include "lib/text/reasons.h"
#include "tests/chain/chain.h"
#include "tests/issuing/issuing.h"

#define NOW_S INT64_C(1643700000) /* 2022-02-01 */

enum { DAY_S = 86400, LIST_SIZE = 16 * 1024 };

static const uint8_t shared_kid[CHL_KID_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8};

/* A chain that trusts certificates under the shared identifier, in this order. */
static struct chain *chain_for(const struct issuing *const *issuers, size_t count)
{
    static char list[LIST_SIZE];
    char text[2 * ISSUING_DER_MAX], path[64];
    const char *paths[] = {path};
    size_t used = (size_t)snprintf(list, sizeof list, "{\"certificates\":[");
    for (size_t i = 0; i < count; i++) {
        (void)EVP_EncodeBlock((unsigned char *)text, issuers[i]->certificate,
                              (int)issuers[i]->certificate_length);
        used += (size_t)snprintf(list + used, sizeof list - used,
                                 "%s{\"kid\":\"AQIDBAUGBwg=\",\"rawData\":\"%s\"}",
                                 i > 0 ? "," : "", text);
    }
    used += (size_t)snprintf(list + used, sizeof list - used, "]}");
    assert_true(used < sizeof list && chain_write_trust(list, used, path));
    struct chain *chain = chain_open(paths, 1);
    assert_int_equal(unlink(path), 0);
    assert_non_null(chain);
    return chain;
}

static void make(const char *kind, const char *usages, struct issuing *out)
{
    struct issuing made;
    assert_true(issuing_make(kind, usages, &made));
    assert_true(issuing_renew(&made, usages, shared_kid, out));
    issuing_free(&made);
}

static void ask(struct chain *chain, const struct issuing *by, struct issuing_dcc dcc,
                const struct chl_issue_options *options, struct chl_inspection *out)
{
    char code[CHL_ISSUE_CODE_MAX];
    dcc.issued_at = dcc.issued_at != 0 ? dcc.issued_at : NOW_S - DAY_S;
    dcc.expires_at = dcc.expires_at != 0 ? dcc.expires_at : NOW_S + DAY_S;
    assert_true(issuing_dcc_code(by, options, &dcc, code, sizeof code));
    chain_inspect(chain, code, strlen(code), NOW_S * CHL_NS_PER_S, out, NULL);
}

static void expect(struct chain *chain, const struct issuing *by, char kind, const char *reason)
{
    struct chl_inspection out;
    ask(chain, by, (struct issuing_dcc){.kind = kind}, NULL, &out);
    assert_string_equal(out.reason, reason);
    assert_int_equal(out.outcome, reason[0] == '\0' ? CHL_CLAIMED : CHL_REFUSED);
}

/* In both orders, so that each stands first once. */
static void test_a_key_of_another_type_does_not_hide_the_right_one(void **state)
{
    (void)state;
    struct issuing rsa, curve, other, large;
    make("RSA-2048", NULL, &rsa);
    make("P-256", NULL, &curve);
    make("P-256", NULL, &other);
    make("P-384", NULL, &large);
    const struct issuing *all[] = {&large, &rsa, &other, &curve};
    for (size_t turn = 0; turn < 4; turn++) {
        const struct issuing *order[4];
        for (size_t i = 0; i < 4; i++) {
            order[i] = all[(i + turn) % 4];
        }
        struct chain *chain = chain_for(order, 4);
        expect(chain, &curve, 'v', "");
        expect(chain, &other, 'v', "");
        expect(chain, &rsa, 'v', "");
        chain_close(chain);
    }
    /* Known, and none of them fits; known and fitting, and none of them made it. */
    const struct issuing *rest[] = {&large, &rsa};
    struct chain *chain = chain_for(rest, 2);
    expect(chain, &curve, 'v', "key_type_mismatch");
    chain_close(chain);
    rest[0] = &other;
    chain = chain_for(rest, 2);
    expect(chain, &curve, 'v', "signature_invalid");
    chain_close(chain);
    issuing_free(&rsa);
    issuing_free(&curve);
    issuing_free(&other);
    issuing_free(&large);
}

/* A renewed certificate keeps its key, and so its signatures; each is restricted otherwise. */
static void test_a_certificate_of_the_wrong_usage_does_not_hide_the_right_one(void **state)
{
    (void)state;
    struct issuing tests, vaccinations, stranger;
    make("P-256", ISSUING_OID_TEST, &tests);
    make("P-256", ISSUING_OID_RECOVERY, &stranger);
    assert_true(issuing_renew(&tests, ISSUING_OID_VACCINATION, shared_kid, &vaccinations));
    const struct issuing *orders[][3] = {{&tests, &vaccinations, &stranger},
                                         {&vaccinations, &stranger, &tests},
                                         {&stranger, &tests, &vaccinations}};
    for (size_t i = 0; i < 3; i++) {
        struct chain *chain = chain_for(orders[i], 3);
        expect(chain, &tests, 't', "");
        expect(chain, &tests, 'v', "");
        /* Only the stranger's may sign it, and it did not make this signature. */
        expect(chain, &tests, 'r', "key_usage");
        expect(chain, &stranger, 'r', "");
        expect(chain, &stranger, 'v', "key_usage");
        chain_close(chain);
    }
    issuing_free(&tests);
    issuing_free(&vaccinations);
    issuing_free(&stranger);
}

static void test_only_dcc_identifiers_restrict(void **state)
{
    (void)state;
    static const struct {
        const char *usages, *kinds; /* that may be signed */
    } rows[] = {
        {NULL, "vtr"},
        {"clientAuth,emailProtection,msSmartcardLogin", "vtr"},
        {ISSUING_OID_VACCINATION, "v"},
        {ISSUING_OID_TEST, "t"},
        {ISSUING_OID_RECOVERY, "r"},
        {"1.3.6.1.4.1.0.1847.2021.1.1", "t"},
        {"1.3.6.1.4.1.0.1847.2021.1.2", "v"},
        {"1.3.6.1.4.1.0.1847.2021.1.3", "r"},
        {"clientAuth," ISSUING_OID_TEST, "t"},
        {ISSUING_OID_TEST ",1.3.6.1.4.1.0.1847.2021.1.3", "tr"},
        {"1.3.6.1.4.1.1847.2021.1.4", "vtr"}, /* near, and none of them */
        {"1.3.6.1.4.1.1847.2021.1", "vtr"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct issuing issuing;
        make("P-256", rows[i].usages, &issuing);
        const struct issuing *only[] = {&issuing};
        struct chain *chain = chain_for(only, 1);
        for (const char *kind = "vtr"; *kind != '\0'; kind++) {
            expect(chain, &issuing, *kind, strchr(rows[i].kinds, *kind) != NULL ? "" : "key_usage");
        }
        chain_close(chain);
        issuing_free(&issuing);
    }
}

/* A code from a message whose unprotected header is replaced: nobody signs that one. */
static void code_with_unprotected(const struct issuing *by, const struct chl_issue_options *options,
                                  const uint8_t *header, size_t header_length, char *code,
                                  size_t size)
{
    enum { HEAD = 4 }; /* tag, array, a protected header of fewer than 256 bytes */
    uint8_t payload[2048], message[4096], changed[4096], packed[4096];
    const struct issuing_dcc dcc = {.issued_at = NOW_S - DAY_S, .expires_at = NOW_S + DAY_S};
    size_t length = 0, packed_length = 0, at = 2;
    struct chl_bytes bytes = {payload, issuing_dcc_payload(&dcc, payload, sizeof payload)};
    assert_int_equal(chl_sign1_make(by->issuer, options, bytes, message, sizeof message, &length),
                     CHL_OK);
    assert_true(message[0] == 0xD2 && message[1] == 0x84 && (message[2] & 0xE0) == 0x40);
    at += 1U + (message[2] & 0x1F); /* short enough for its length to be in its head */
    assert_true((message[2] & 0x1F) < 24 && message[at] == 0xA0 && at > HEAD);
    memcpy(changed, message, at);
    memcpy(changed + at, header, header_length);
    memcpy(changed + at + header_length, message + at + 1, length - at - 1);
    bytes = (struct chl_bytes){changed, length - 1 + header_length};
    assert_int_equal(chl_deflate(bytes, packed, sizeof packed, &packed_length), CHL_OK);
    memcpy(code, "HC1:", 4);
    assert_int_equal(chl_base45_encode(packed, packed_length, code + 4, size - 4, NULL), CHL_OK);
}

static void test_the_protected_identifier_wins(void **state)
{
    (void)state;
    static const uint8_t wrong[] = {0xA1, 0x04, 0x48, 9, 9, 9, 9, 9, 9, 9, 9};
    static const uint8_t right[] = {0xA1, 0x04, 0x48, 1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t null_kid[] = {0xA1, 0x04, 0xF6};
    static const uint8_t bad_kid[] = {0xA1, 0x04, 0x61, 'k'};
    static const uint8_t other_alg[] = {0xA1, 0x01, 0x38, 0x24};
    static const uint8_t elsewhere[CHL_KID_SIZE] = {9, 9, 9, 9, 9, 9, 9, 9};
    struct issuing issuing;
    struct chl_inspection out;
    char code[CHL_ISSUE_CODE_MAX];
    make("P-256", NULL, &issuing);
    struct issuing stated_elsewhere = issuing;
    assert_int_equal(chl_issuer_from_key(issuing.key, elsewhere, &stated_elsewhere.issuer), CHL_OK);
    const struct issuing *only[] = {&issuing};
    struct chain *chain = chain_for(only, 1);
    const struct {
        const struct issuing *by;
        const uint8_t *header;
        size_t length;
        const char *reason;
    } rows[] = {
        {&issuing, wrong, sizeof wrong, ""},
        {&issuing, right, sizeof right, ""},
        {&issuing, null_kid, sizeof null_kid, ""},
        {&issuing, bad_kid, sizeof bad_kid, ""}, /* not even looked at */
        {&issuing, other_alg, sizeof other_alg, ""},
        {&stated_elsewhere, right, sizeof right, "issuer_unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        code_with_unprotected(rows[i].by, NULL, rows[i].header, rows[i].length, code, sizeof code);
        chain_inspect(chain, code, strlen(code), NOW_S * CHL_NS_PER_S, &out, NULL);
        assert_string_equal(out.reason, rows[i].reason);
    }
    /* Only in the unprotected header it counts; with nothing in either nobody is named. */
    const struct chl_issue_options unprotected = {.kid_in = CHL_ISSUE_UNPROTECTED,
                                                  .alg_in = CHL_ISSUE_ALG_UNPROTECTED};
    ask(chain, &issuing, (struct issuing_dcc){.kind = 'v'}, &unprotected, &out);
    assert_string_equal(out.reason, "");
    chain_close(chain);
    chl_issuer_free(stated_elsewhere.issuer);
    issuing_free(&issuing);
}

static chl_reason told(const struct chl_inspection *out)
{
    return chl_reason_for_document(out->reason, (chl_stage)out->stage, (chl_format)out->format);
}

/* A certificate vouches while it is valid, now and at the signing, both within the clocks' skew; a
 * renewed one of the same key does not suffer from the one that ended. */
static void test_a_certificate_vouches_in_its_term(void **state)
{
    (void)state;
    enum { SKEW_S = 300 };
    static const int64_t far_s = NOW_S + 400 * DAY_S, long_ago_s = NOW_S - 400 * DAY_S;
    static const struct {
        int64_t from_s, until_s, issued_s, expires_s;
        const char *reason;
    } rows[] = {
        {long_ago_s, far_s, NOW_S - DAY_S, NOW_S + DAY_S, ""},
        {long_ago_s, NOW_S - SKEW_S - 1, NOW_S - DAY_S, NOW_S + DAY_S, "certificate_expired"},
        {long_ago_s, NOW_S - SKEW_S, NOW_S - DAY_S, NOW_S + DAY_S, ""},
        {NOW_S + SKEW_S + 1, far_s, NOW_S, NOW_S + DAY_S, "certificate_not_yet_valid"},
        {NOW_S + SKEW_S, far_s, NOW_S, NOW_S + DAY_S, ""},
        /* Valid now, but not when it was signed. */
        {NOW_S - DAY_S, far_s, NOW_S - 2 * DAY_S, NOW_S + DAY_S, "certificate_not_yet_valid"},
        /* The document's own end is said first. */
        {long_ago_s, NOW_S - 2 * DAY_S, NOW_S - 3 * DAY_S, NOW_S - DAY_S, "expired"},
    };
    struct issuing key;
    assert_true(issuing_make("P-256", NULL, &key));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct issuing of_term, lasting;
        struct chl_inspection out;
        assert_true(
            issuing_renew_for(&key, NULL, shared_kid, rows[i].from_s, rows[i].until_s, &of_term));
        assert_true(issuing_renew(&key, NULL, shared_kid, &lasting));
        const struct issuing *alone[] = {&of_term};
        const struct issuing *orders[][2] = {{&of_term, &lasting}, {&lasting, &of_term}};
        const struct issuing_dcc dcc = {.issued_at = rows[i].issued_s,
                                        .expires_at = rows[i].expires_s};
        struct chain *chain = chain_for(alone, 1);
        ask(chain, &of_term, dcc, NULL, &out);
        assert_string_equal(out.reason, rows[i].reason);
        chain_close(chain);
        for (size_t k = 0; k < 2; k++) {
            chain = chain_for(orders[k], 2);
            ask(chain, &of_term, dcc, NULL, &out);
            assert_string_equal(out.reason, rows[i].expires_s < NOW_S ? "expired" : "");
            chain_close(chain);
        }
        issuing_free(&of_term);
        issuing_free(&lasting);
    }
    issuing_free(&key);
}

/* What the staff read differs wherever what went wrong differs. */
static void test_each_failure_has_its_own_reason_on_the_lane(void **state)
{
    (void)state;
    enum { CASES = 8 };
    struct issuing trusted, stranger, forger;
    struct chl_inspection out[CASES];
    make("P-256", ISSUING_OID_VACCINATION, &trusted);
    make("P-256", NULL, &forger);
    assert_true(issuing_make("P-256", NULL, &stranger));
    const struct issuing *only[] = {&trusted};
    struct chain *chain = chain_for(only, 1);
    const struct chl_issue_options ps256 = {.claim_alg = CHL_ALG_PS256};
    const struct chl_issue_options rs256 = {.claim_alg = -257};
    const struct issuing_dcc good = {.kind = 'v'};
    ask(chain, &stranger, good, NULL, &out[0]);
    ask(chain, &trusted, (struct issuing_dcc){.kind = 't'}, NULL, &out[1]);
    ask(chain, &trusted, (struct issuing_dcc){.expires_at = NOW_S - DAY_S}, NULL, &out[2]);
    ask(chain, &trusted, (struct issuing_dcc){.issued_at = NOW_S + DAY_S}, NULL, &out[3]);
    ask(chain, &trusted, good, &ps256, &out[4]);
    ask(chain, &trusted, good, &rs256, &out[5]);
    ask(chain, &forger, good, NULL, &out[6]); /* the trusted identifier, another's signature */
    chain_inspect(chain, "HC1:6BF", 7, NOW_S * CHL_NS_PER_S, &out[7], NULL);
    static const char *const reasons[CASES] = {
        "issuer_unknown",    "key_usage",       "expired",           "not_yet_valid",
        "key_type_mismatch", "alg_unsupported", "signature_invalid", "zlib_invalid"};
    for (size_t i = 0; i < CASES; i++) {
        assert_string_equal(out[i].reason, reasons[i]);
        const struct chl_reason_text *text = chl_reason_get(told(&out[i]));
        assert_true(text->verdict == CHL_CHECK || text->verdict == CHL_DENY);
        for (size_t k = 0; k < i; k++) {
            const struct chl_reason_text *other = chl_reason_get(told(&out[k]));
            assert_string_not_equal(text->id, other->id);
            assert_string_not_equal(text->vi, other->vi);
            assert_string_not_equal(text->en, other->en);
        }
    }
    chain_close(chain);
    issuing_free(&trusted);
    issuing_free(&stranger);
    issuing_free(&forger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_of_another_type_does_not_hide_the_right_one),
        cmocka_unit_test(test_a_certificate_of_the_wrong_usage_does_not_hide_the_right_one),
        cmocka_unit_test(test_only_dcc_identifiers_restrict),
        cmocka_unit_test(test_the_protected_identifier_wins),
        cmocka_unit_test(test_a_certificate_vouches_in_its_term),
        cmocka_unit_test(test_each_failure_has_its_own_reason_on_the_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
