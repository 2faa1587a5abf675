/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Issuing: what is signed verifies, with each algorithm and wrapping, and keys are kept
 * safe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "tests/issuing/issuing.h"

static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];

static const uint8_t claims[] = {0xA1, 0x04, 0x1A, 0x7F, 0xFF, 0xFF, 0xFF};

static struct chl_trust *trust_in(const struct issuing *issuing)
{
    struct chl_trust *trust = NULL;
    char why[256];
    struct chl_bytes der = {issuing->certificate, issuing->certificate_length};
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    assert_int_equal(chl_trust_add(trust, "certificate", der, why, sizeof why), CHL_OK);
    return trust;
}

static void open_code(const struct chl_trust *trust, uint8_t trusted, const char *code,
                      struct chl_inspection *out)
{
    const struct chl_cose_format format = {
        .prefix = "XX1:", .format = CHL_FORMAT_DECLARATION, .trusted = trusted};
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    struct chl_cose_message message;
    memset(out, 0, sizeof *out);
    (void)chl_cose_open(&format, trust, &scratch, (const uint8_t *)code, strlen(code), out,
                        &message);
}

static void test_each_algorithm_and_wrapping(void **state)
{
    (void)state;
    static const char *const kinds[] = {"P-256", "RSA-2048", "ED25519"};
    for (size_t k = 0; k < 3; k++) {
        struct issuing issuing;
        assert_true(issuing_make(kinds[k], NULL, &issuing));
        struct chl_trust *trust = trust_in(&issuing);
        for (unsigned i = 0; i < 12; i++) {
            const struct chl_issue_options options = {
                .tags = i % 3, .kid_in = i / 3 % 2, .alg_in = i / 6};
            char code[CHL_ISSUE_CODE_MAX];
            struct chl_inspection out;
            assert_int_equal(chl_issue(issuing.issuer, &options,
                                       "XX1:", (struct chl_bytes){claims, sizeof claims}, code,
                                       sizeof code),
                             CHL_OK);
            open_code(trust, CHL_TRUST_CERTIFICATE, code, &out);
            assert_string_equal(out.reason, "");
            assert_true(out.is_signed);
            open_code(trust, CHL_TRUST_PUBLIC_KEY, code, &out);
            assert_string_equal(out.reason, "issuer_unknown");
            assert_false(out.is_signed);
        }
        chl_trust_free(trust);
        issuing_free(&issuing);
    }
}

/* The algorithm belongs to the key: what the header says can't change it. */
static void test_stated_algorithm_must_fit_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        int claimed;
        const char *reason;
    } rows[] = {{"P-384", CHL_ALG_ES256, "key_type_mismatch"},
                {"P-256", CHL_ALG_PS256, "key_type_mismatch"},
                {"P-256", CHL_ALG_EDDSA, "key_type_mismatch"},
                {"RSA-2048", CHL_ALG_ES256, "key_type_mismatch"},
                {"RSA-1024", CHL_ALG_PS256, "key_type_mismatch"},
                {"P-256", -35, "alg_unsupported"},
                {"P-256", 5, "alg_unsupported"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct issuing issuing;
        char code[CHL_ISSUE_CODE_MAX];
        struct chl_inspection out;
        const struct chl_issue_options options = {.claim_alg = rows[i].claimed};
        assert_true(issuing_make(rows[i].kind, NULL, &issuing));
        struct chl_trust *trust = trust_in(&issuing);
        assert_int_equal(chl_issue(issuing.issuer, &options, "XX1:",
                                   (struct chl_bytes){claims, sizeof claims}, code, sizeof code),
                         CHL_OK);
        open_code(trust, CHL_TRUST_CERTIFICATE, code, &out);
        assert_string_equal(out.reason, rows[i].reason);
        chl_trust_free(trust);
        issuing_free(&issuing);
    }
}

/* Two keys under one identifier: both are tried. */
static void test_every_key_of_an_identifier_is_tried(void **state)
{
    (void)state;
    struct issuing first, second;
    char code[CHL_ISSUE_CODE_MAX], list[8192], der[2][4096], why[256];
    struct chl_issuer *issuer = NULL;
    struct chl_inspection out;
    static const uint8_t kid[CHL_KID_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8};
    assert_true(issuing_make("P-256", NULL, &first) && issuing_make("P-256", NULL, &second));
    (void)EVP_EncodeBlock((unsigned char *)der[0], first.certificate,
                          (int)first.certificate_length);
    (void)EVP_EncodeBlock((unsigned char *)der[1], second.certificate,
                          (int)second.certificate_length);
    int length = snprintf(list, sizeof list,
                          "{\"certificates\":[{\"kid\":\"AQIDBAUGBwg=\",\"rawData\":\"%s\"},"
                          "{\"kid\":\"AQIDBAUGBwg=\",\"rawData\":\"%s\"}]}",
                          der[0], der[1]);
    struct chl_trust *trust = NULL;
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    struct chl_bytes content = {(const uint8_t *)list, (size_t)length};
    assert_int_equal(chl_trust_add(trust, "list", content, why, sizeof why), CHL_OK);
    const struct issuing *both[] = {&first, &second};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(chl_issuer_from_key(both[i]->key, kid, &issuer), CHL_OK);
        assert_int_equal(chl_issue(issuer, NULL, "XX1:", (struct chl_bytes){claims, sizeof claims},
                                   code, sizeof code),
                         CHL_OK);
        open_code(trust, CHL_TRUST_CERTIFICATE, code, &out);
        assert_true(out.is_signed);
        chl_issuer_free(issuer);
    }
    chl_trust_free(trust);
    issuing_free(&first);
    issuing_free(&second);
}

static void test_not_mine_and_line_ends(void **state)
{
    (void)state;
    struct issuing issuing;
    char code[CHL_ISSUE_CODE_MAX + 8];
    struct chl_inspection out;
    assert_true(issuing_make("P-256", NULL, &issuing));
    struct chl_trust *trust = trust_in(&issuing);
    assert_int_equal(chl_issue(issuing.issuer, NULL, "XX1:",
                               (struct chl_bytes){claims, sizeof claims}, code, CHL_ISSUE_CODE_MAX),
                     CHL_OK);
    (void)strcat(code, "\r\n");
    open_code(trust, CHL_TRUST_CERTIFICATE, code, &out);
    assert_true(out.is_signed);
    (void)strcat(code, " x");
    open_code(trust, CHL_TRUST_CERTIFICATE, code, &out);
    assert_string_equal(out.reason, "base45_invalid");
    open_code(trust, CHL_TRUST_CERTIFICATE, "xx1:ABC", &out);
    assert_int_equal(out.outcome, CHL_NOT_MINE);
    open_code(trust, CHL_TRUST_CERTIFICATE, "XX1", &out);
    assert_int_equal(out.outcome, CHL_NOT_MINE);
    open_code(trust, CHL_TRUST_CERTIFICATE, "", &out);
    assert_int_equal(out.outcome, CHL_NOT_MINE);
    chl_trust_free(trust);
    issuing_free(&issuing);
}

static void test_room_is_checked(void **state)
{
    (void)state;
    struct issuing issuing;
    uint8_t payload[CHL_ISSUE_PAYLOAD_MAX + 1] = {0};
    char code[CHL_ISSUE_CODE_MAX];
    assert_true(issuing_make("P-256", NULL, &issuing));
    struct chl_bytes small = {claims, sizeof claims}, large = {payload, sizeof payload};
    assert_int_equal(chl_issue(issuing.issuer, NULL, "XX1:", small, code, 4), CHL_E_LIMIT);
    assert_int_equal(chl_issue(issuing.issuer, NULL, "XX1:", small, code, 100), CHL_E_LIMIT);
    assert_int_equal(chl_issue(issuing.issuer, NULL, "XX1:", large, code, sizeof code),
                     CHL_E_LIMIT);
    issuing_free(&issuing);
}

static void test_key_pair_on_disk(void **state)
{
    (void)state;
    char folder[] = "/tmp/chl-keys-XXXXXX", private_path[64], public_path[64], why[512];
    struct chl_issuer *issuer = NULL;
    struct chl_trust *trust = NULL;
    struct stat status;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(private_path, sizeof private_path, "%s/a.key", folder);
    (void)snprintf(public_path, sizeof public_path, "%s/a.pub", folder);
    assert_int_equal(chl_issuer_keygen(private_path, public_path, why, sizeof why), CHL_OK);
    assert_int_equal(stat(private_path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(chl_issuer_keygen(private_path, public_path, why, sizeof why), CHL_E_STATE);
    assert_int_equal(unlink(private_path), 0);
    assert_int_equal(chl_issuer_keygen(private_path, public_path, why, sizeof why), CHL_E_STATE);
    assert_int_equal(access(private_path, F_OK), -1); /* no half pair */
    assert_int_equal(unlink(public_path), 0);
    assert_int_equal(chl_issuer_keygen(private_path, public_path, why, sizeof why), CHL_OK);

    assert_int_equal(chl_issuer_load(private_path, &issuer, why, sizeof why), CHL_OK);
    assert_int_equal(chl_trust_new(&trust), CHL_OK);
    assert_int_equal(chl_trust_add_path(trust, public_path, why, sizeof why), CHL_OK);
    char code[CHL_ISSUE_CODE_MAX];
    struct chl_inspection out;
    assert_int_equal(chl_issue(issuer, NULL, "XX1:", (struct chl_bytes){claims, sizeof claims},
                               code, sizeof code),
                     CHL_OK);
    open_code(trust, CHL_TRUST_PUBLIC_KEY, code, &out);
    assert_true(out.is_signed);
    chl_issuer_free(issuer);
    chl_trust_free(trust);

    assert_int_equal(chmod(private_path, 0640), 0);
    assert_int_equal(chl_issuer_load(private_path, &issuer, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "chmod 600"));
    assert_int_equal(chmod(public_path, 0600), 0);
    assert_int_equal(chl_issuer_load(public_path, &issuer, why, sizeof why), CHL_E_CONFIG);
    (void)unlink(private_path);
    (void)unlink(public_path);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(chl_issuer_load(private_path, &issuer, why, sizeof why), CHL_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_algorithm_and_wrapping),
        cmocka_unit_test(test_stated_algorithm_must_fit_the_key),
        cmocka_unit_test(test_every_key_of_an_identifier_is_tried),
        cmocka_unit_test(test_not_mine_and_line_ends),
        cmocka_unit_test(test_room_is_checked),
        cmocka_unit_test(test_key_pair_on_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
