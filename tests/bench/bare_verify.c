/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Takes the signature out of a code and verifies it with OpenSSL alone.
 */
#include "tests/bench/bare_verify.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cose/cose.h"

enum { SHA256_SIZE = 32, PSS_SALT = 32, HALF = 32, SIGNATURE_MAX = 1024 };

struct bare_verify {
    EVP_PKEY_CTX *context; /* ES256, PS256 */
    EVP_MD_CTX *md;        /* Ed25519 */
    uint8_t memory[CHL_SCRATCH_MIN];
    struct chl_bytes message;
    uint8_t digest[SHA256_SIZE], signature[SIGNATURE_MAX];
    size_t signature_length;
};

static bool to_der(struct chl_bytes raw, struct bare_verify *out)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    unsigned char *at = out->signature;
    int length = -1;
    if (pair != NULL && raw.length == (size_t)2 * HALF &&
        ECDSA_SIG_set0(pair, BN_bin2bn(raw.data, HALF, NULL),
                       BN_bin2bn(raw.data + HALF, HALF, NULL)) == 1) {
        length = i2d_ECDSA_SIG(pair, &at);
    }
    ECDSA_SIG_free(pair);
    out->signature_length = length > 0 ? (size_t)length : 0;
    return length > 0;
}

static bool take_apart(struct bare_verify *out, const char *prefix, const char *code,
                       struct chl_sign1 *sign1)
{
    struct chl_scratch scratch = {sizeof scratch, out->memory, sizeof out->memory, 0};
    struct chl_bytes cose;
    const char *text = code + strlen(prefix);
    size_t length = 0;
    uint8_t *bytes = chl_scratch_take(&scratch, strlen(text));
    if (chl_base45_decode(text, strlen(text), bytes, &length) != CHL_OK ||
        chl_inflate(&scratch, (struct chl_bytes){bytes, length}, &cose) != CHL_OK ||
        chl_sign1_parse(&scratch, cose, sign1) != CHL_REFUSAL_NONE) {
        return false;
    }
    out->message = chl_sign1_signed_bytes(&scratch, sign1);
    return out->message.data != NULL && sign1->signature.length <= SIGNATURE_MAX &&
           EVP_Digest(out->message.data, out->message.length, out->digest, NULL, EVP_sha256(),
                      NULL) == 1;
}

static bool prepare(struct bare_verify *out, EVP_PKEY *key, struct chl_bytes signature)
{
    memcpy(out->signature, signature.data, signature.length);
    out->signature_length = signature.length;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
        out->md = EVP_MD_CTX_new();
        return out->md != NULL && EVP_DigestVerifyInit(out->md, NULL, NULL, NULL, key) == 1;
    }
    out->context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (out->context == NULL || EVP_PKEY_verify_init(out->context) != 1) {
        return false;
    }
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
        return to_der(signature, out);
    }
    return EVP_PKEY_CTX_set_rsa_padding(out->context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(out->context, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(out->context, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(out->context, PSS_SALT) == 1;
}

struct bare_verify *bare_verify_new(struct evp_pkey_st *key, const char *prefix, const char *code)
{
    struct bare_verify *out = calloc(1, sizeof *out);
    struct chl_sign1 sign1;
    if (out != NULL && (!take_apart(out, prefix, code, &sign1) ||
                        !prepare(out, key, sign1.signature) || !bare_verify_once(out))) {
        bare_verify_free(out);
        return NULL;
    }
    return out;
}

void bare_verify_free(struct bare_verify *bare)
{
    if (bare != NULL) {
        EVP_PKEY_CTX_free(bare->context);
        EVP_MD_CTX_free(bare->md);
        free(bare);
    }
}

bool bare_verify_once(struct bare_verify *bare)
{
    if (bare->md != NULL) {
        return EVP_DigestVerify(bare->md, bare->signature, bare->signature_length,
                                bare->message.data, bare->message.length) == 1;
    }
    return EVP_PKEY_verify(bare->context, bare->signature, bare->signature_length, bare->digest,
                           sizeof bare->digest) == 1;
}
