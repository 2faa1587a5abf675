/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Verifies ES256, PS256 and EdDSA signatures with contexts that were prepared once.
 */
#include "lib/cose/verifier.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdatomic.h>
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

/* What one verification works with; it may be used again, by one thread at a time. */
struct workspace {
    EVP_PKEY_CTX *key; /* ES256, PS256: bound to the key */
    EVP_MD_CTX *md;    /* of the digest; EdDSA: bound to the key */
};

/* As many as verify with one key at once on a busy site; with more, some are made for one use. */
enum { SPARE_MAX = 4 };

struct chl_verifier {
    int alg;
    EVP_PKEY *key;
    EVP_MD *sha256;            /* fetched once */
    struct workspace prepared; /* never used itself, only duplicated */
    /* Workspaces that nobody uses now, so that verifying allocates nothing of ours. They belong to
     * the key and not to threads: threads outlive a plugin that is unloaded. */
    _Atomic(struct workspace *) spare[SPARE_MAX];
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
        v->prepared.md = EVP_MD_CTX_new();
        return v->prepared.md != NULL &&
               EVP_DigestVerifyInit(v->prepared.md, NULL, NULL, NULL, v->key) == 1;
    }
    v->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    v->prepared.key = EVP_PKEY_CTX_new_from_pkey(NULL, v->key, NULL);
    if (v->sha256 == NULL || v->prepared.key == NULL ||
        EVP_PKEY_verify_init(v->prepared.key) != 1) {
        return false;
    }
    return v->alg == CHL_ALG_ES256 || prepare_pss(v->prepared.key, v->sha256);
}

static void workspace_free(struct workspace *workspace)
{
    if (workspace != NULL) {
        EVP_MD_CTX_free(workspace->md);
        EVP_PKEY_CTX_free(workspace->key);
        free(workspace);
    }
}

static struct workspace *workspace_new(const struct chl_verifier *v)
{
    struct workspace *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    made->md = EVP_MD_CTX_new();
    bool good = made->md != NULL;
    if (good && v->alg == CHL_ALG_EDDSA) {
        good = EVP_MD_CTX_copy_ex(made->md, v->prepared.md) == 1;
    } else if (good) {
        made->key = EVP_PKEY_CTX_dup(v->prepared.key);
        good = made->key != NULL;
    }
    if (!good) {
        workspace_free(made);
        return NULL;
    }
    return made;
}

static struct workspace *borrow(struct chl_verifier *v)
{
    for (size_t i = 0; i < SPARE_MAX; i++) {
        struct workspace *found = atomic_exchange(&v->spare[i], NULL);
        if (found != NULL) {
            return found;
        }
    }
    return workspace_new(v);
}

static void give_back(struct chl_verifier *v, struct workspace *workspace)
{
    for (size_t i = 0; i < SPARE_MAX; i++) {
        struct workspace *none = NULL;
        if (atomic_compare_exchange_strong(&v->spare[i], &none, workspace)) {
            return;
        }
    }
    workspace_free(workspace);
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
    for (size_t i = 0; i < SPARE_MAX; i++) {
        workspace_free(atomic_load(&verifier->spare[i]));
    }
    EVP_MD_CTX_free(verifier->prepared.md);
    EVP_PKEY_CTX_free(verifier->prepared.key);
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

static bool check_digest(const struct chl_verifier *v, struct workspace *with,
                         struct chl_bytes message, struct chl_bytes signature)
{
    uint8_t digest[SHA256_SIZE];
    return EVP_DigestInit_ex2(with->md, v->sha256, NULL) == 1 &&
           EVP_DigestUpdate(with->md, message.data, message.length) == 1 &&
           EVP_DigestFinal_ex(with->md, digest, NULL) == 1 &&
           EVP_PKEY_verify(with->key, signature.data, signature.length, digest, sizeof digest) == 1;
}

static bool check(const struct chl_verifier *v, struct workspace *with, struct chl_bytes message,
                  struct chl_bytes signature)
{
    if (v->alg == CHL_ALG_ES256) {
        uint8_t der[ES256_DER_MAX];
        struct chl_bytes encoded = {der, 0};
        if (signature.length != (size_t)2 * ES256_HALF) {
            return false;
        }
        encoded.length = der_signature(signature.data, der);
        return check_digest(v, with, message, encoded);
    }
    if (v->alg == CHL_ALG_PS256) {
        return check_digest(v, with, message, signature);
    }
    return EVP_DigestVerifyInit(with->md, NULL, NULL, NULL, NULL) == 1 &&
           EVP_DigestVerify(with->md, signature.data, signature.length, message.data,
                            message.length) == 1;
}

bool chl_verifier_check(struct chl_verifier *verifier, struct chl_bytes message,
                        struct chl_bytes signature)
{
    struct workspace *with = verifier->alg == CHL_ALG_NONE ? NULL : borrow(verifier);
    if (with == NULL) {
        ERR_clear_error();
        return false;
    }
    bool good = check(verifier, with, message, signature);
    if (!good) {
        ERR_clear_error(); /* the answer is the return value; a queue would only grow */
    }
    give_back(verifier, with);
    return good;
}
