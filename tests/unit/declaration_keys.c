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

static void fill(struct chl_declaration *out, const char *const values[][2], size_t count)
{
    char why[256] = "";
    for (size_t i = 0; i < count; i++) {
        const struct chl_declaration_field *field =
            chl_declaration_field(values[i][0], strlen(values[i][0]));
        assert_non_null(field);
        assert_int_equal(chl_declaration_set(out, field, values[i][1], why, sizeof why), CHL_OK);
    }
}

void test_fill_full(struct chl_declaration *out)
{
    static const char *const values[][2] = {
        {"sex", "female"},
        {"symptoms", "fever,sore-throat"},
        {"contact", "area"},
        {"party", "5"},
        {"document", "001187029317"},
        {"nationality", "VN"},
        {"vehicle", "29LĐ-012.34"},
        {"seat", "A12"},
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
    fill(out, values, sizeof values / sizeof *values);
}

void test_fill_everything(struct chl_declaration *out)
{
    static const char *const values[][2] = {
        {"recovered", "yes"},
        {"recovered_at", "2021-10-02"},
        {"recovered_until", "2022-04-02"},
        {"trip", "VN-215"},
        {"travel_at", "1/2/2022 5:30"},
        {"email", "hong.nhung@example.vn"},
        {"places", "Hà Nội, Bắc Giang"},
        {"note", "Sốt nhẹ từ hôm qua"},
        {"from_province", "01"},
        {"from_gate", "Bến xe Mỹ Đình"},
        {"to_province", "20"},
        {"to_gate", "Bến xe phía Bắc Lạng Sơn"},
        {"province", "01"},
        {"district", "001"},
        {"ward", "00001"},
        {"companions", "Nguyễn Thị Hồng Ngọc Ánh; 2015; 001315012345 | Nguyễn Đức Đạt; 2018-03-02"
                       " | Đặng Thị Mão; 1950; DN4010120878821"},
        {"old_document", "012345678"},
        {"insurance", "DN 4 01 0120878821"},
    };
    test_fill_full(out);
    fill(out, values, sizeof values / sizeof *values);
}
