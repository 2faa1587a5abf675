/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Verifies ES256, PS256 and EdDSA signatures with contexts that were prepared once.
 */
#include "lib/cose/verifier.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cose/trust.h"

enum {
    ES256_HALF = 32,
    ES256_DER_MAX = 72,
    SHA256_SIZE = 32,
    PS256_SALT = 32,
    RSA_BITS_MIN = 2048
};

struct chl_verifier {
    int alg;
    EVP_PKEY *key;
    EVP_MD *sha256;          /* fetched once */
    EVP_PKEY_CTX *prepared;  /* ES256, PS256: never used itself, only duplicated */
    EVP_MD_CTX *prepared_md; /* EdDSA: likewise */
};

static bool is_p256(const EVP_PKEY *key)
{
    char group[32];
    size_t length = 0;
    return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                          &length) == 1 &&
           (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0);
}

int chl_alg_of_key(const EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
        return is_p256(key) ? CHL_ALG_ES256 : CHL_ALG_NONE;
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN ? CHL_ALG_PS256 : CHL_ALG_NONE;
    case EVP_PKEY_ED25519:
        return CHL_ALG_EDDSA;
    default:
        return CHL_ALG_NONE;
    }
}

static bool prepare_pss(EVP_PKEY_CTX *context, const EVP_MD *sha256)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context, sha256) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, sha256) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, PS256_SALT) == 1;
}

static bool prepare(struct chl_verifier *v)
{
    if (v->alg == CHL_ALG_NONE) {
        return true;
    }
    if (v->alg == CHL_ALG_EDDSA) {
        v->prepared_md = EVP_MD_CTX_new();
        return v->prepared_md != NULL &&
               EVP_DigestVerifyInit(v->prepared_md, NULL, NULL, NULL, v->key) == 1;
    }
    v->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    v->prepared = EVP_PKEY_CTX_new_from_pkey(NULL, v->key, NULL);
    if (v->sha256 == NULL || v->prepared == NULL || EVP_PKEY_verify_init(v->prepared) != 1) {
        return false;
    }
    return v->alg == CHL_ALG_ES256 || prepare_pss(v->prepared, v->sha256);
}

chl_err chl_verifier_new(EVP_PKEY *key, struct chl_verifier **out, int *alg)
{
    struct chl_verifier *v = calloc(1, sizeof *v);
    if (v == NULL) {
        return CHL_E_NOMEM;
    }
    v->alg = chl_alg_of_key(key);
    if (EVP_PKEY_up_ref(key) != 1) {
        free(v);
        return CHL_E_NOMEM;
    }
    v->key = key;
    if (!prepare(v)) {
        /* Such as an RSA-PSS key that is restricted to another digest: it can verify nothing. */
        ERR_clear_error();
        v->alg = CHL_ALG_NONE;
    }
    *out = v;
    *alg = v->alg;
    return CHL_OK;
}

void chl_verifier_free(struct chl_verifier *verifier)
{
    if (verifier == NULL) {
        return;
    }
    EVP_MD_CTX_free(verifier->prepared_md);
    EVP_PKEY_CTX_free(verifier->prepared);
    EVP_MD_free(verifier->sha256);
    EVP_PKEY_free(verifier->key);
    free(verifier);
}

/* One INTEGER of a DER ECDSA-Sig-Value. @return where the next goes. */
static uint8_t *der_integer(uint8_t *at, const uint8_t *half)
{
    size_t skip = 0;
    while (skip < ES256_HALF - 1 && half[skip] == 0) {
        skip++;
    }
    size_t length = ES256_HALF - skip;
    size_t sign = (half[skip] & 0x80) != 0 ? 1 : 0;
    *at++ = 0x02;
    *at++ = (uint8_t)(length + sign);
    if (sign == 1) {
        *at++ = 0;
    }
    memcpy(at, half + skip, length);
    return at + length;
}

/* OpenSSL takes DER, COSE has r and s side by side. */
static size_t der_signature(const uint8_t *raw, uint8_t out[ES256_DER_MAX])
{
    uint8_t *end = der_integer(der_integer(out + 2, raw), raw + ES256_HALF);
    out[0] = 0x30;
    out[1] = (uint8_t)(end - out - 2);
    return (size_t)(end - out);
}

static bool check_digest(const struct chl_verifier *v, struct chl_bytes message,
                         struct chl_bytes signature)
{
    uint8_t digest[SHA256_SIZE];
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_dup(v->prepared);
    if (context == NULL) {
        return false;
    }
    bool good =
        EVP_Digest(message.data, message.length, digest, NULL, v->sha256, NULL) == 1 &&
        EVP_PKEY_verify(context, signature.data, signature.length, digest, sizeof digest) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

static bool check_eddsa(const struct chl_verifier *v, struct chl_bytes message,
                        struct chl_bytes signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_MD_CTX_copy_ex(context, v->prepared_md) == 1 &&
                EVP_DigestVerify(context, signature.data, signature.length, message.data,
                                 message.length) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

bool chl_verifier_check(const struct chl_verifier *verifier, struct chl_bytes message,
                        struct chl_bytes signature)
{
    bool good = false;
    if (verifier->alg == CHL_ALG_ES256 && signature.length == (size_t)2 * ES256_HALF) {
        uint8_t der[ES256_DER_MAX];
        struct chl_bytes encoded = {der, der_signature(signature.data, der)};
        good = check_digest(verifier, message, encoded);
    } else if (verifier->alg == CHL_ALG_PS256) {
        good = check_digest(verifier, message, signature);
    } else if (verifier->alg == CHL_ALG_EDDSA) {
        good = check_eddsa(verifier, message, signature);
    }
    if (!good) {
        ERR_clear_error(); /* the answer is the return value; a queue would only grow */
    }
    return good;
}
