/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Makes keys and a declaration for the tests.
 */
#include "declaration_keys.h"

#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cmocka.h>

void test_issuer_make(struct test_issuer *out, const char *kind)
{
    EVP_PKEY *key =
        strcmp(kind, "P-256") == 0 ? EVP_EC_gen(kind) : EVP_PKEY_Q_keygen(NULL, NULL, kind);
    assert_non_null(key);
    assert_int_equal(chl_issuer_from_key(key, NULL, &out->issuer), CHL_OK);
    BIO *memory = BIO_new(BIO_s_mem());
    assert_non_null(memory);
    assert_int_equal(PEM_write_bio_PUBKEY(memory, key), 1);
    int length = BIO_read(memory, out->pem, (int)sizeof out->pem - 1);
    assert_true(length > 0);
    out->pem[length] = '\0';
    BIO_free(memory);
    EVP_PKEY_free(key);
}

void test_issuer_clear(struct test_issuer *issuer)
{
    chl_issuer_free(issuer->issuer);
    issuer->issuer = NULL;
}

void test_trust_add(struct chl_trust *trust, const struct test_issuer *issuer)
{
    char why[256] = "";
    const struct chl_bytes pem = {(const uint8_t *)issuer->pem, strlen(issuer->pem)};
    assert_int_equal(chl_trust_add(trust, "test", pem, why, sizeof why), CHL_OK);
}

void test_fill_minimal(struct chl_declaration *out)
{
    chl_declaration_init(out);
    struct chl_claims *claims = &out->claims;
    (void)chl_copy(claims->issuer, sizeof claims->issuer, "lang-son");
    claims->issued_at = NOW_S - 3600;
    claims->not_before = NOW_S - 3600;
    claims->expires_at = NOW_S - 3600 + CHL_DECLARATION_LIFE_S;
    (void)chl_copy(claims->name, sizeof claims->name, "Nguyễn Thị Hồng Nhung");
    (void)chl_copy(claims->birth, sizeof claims->birth, "1987");
    (void)chl_copy(claims->phone, sizeof claims->phone, "0944713700");
    (void)chl_copy(claims->from_area, sizeof claims->from_area, "00001");
    (void)chl_copy(claims->to_area, sizeof claims->to_area, "05977");
    claims->symptomatic = CHL_ANSWER_NO;
    claims->contact = CHL_ANSWER_NO;
}
