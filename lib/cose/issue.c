/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Signs a payload as COSE_Sign1 and writes it as the text of a QR code.
 */
#include "lib/cose/issue.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cose/issuer.h"

enum { ES256_HALF = 32, ES256_SIZE = 64, SIGNATURE_MAX = 1024, PS256_SALT = 32, HEADER_MAX = 64 };

static const struct chl_issue_options plain = {0};

/* COSE has r and s side by side, each padded to the curve's size. */
static bool raw_signature(const uint8_t *der, size_t length, uint8_t out[ES256_SIZE])
{
    const unsigned char *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)length);
    bool good = pair != NULL &&
                BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, ES256_HALF) == ES256_HALF &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + ES256_HALF, ES256_HALF) == ES256_HALF;
    ECDSA_SIG_free(pair);
    return good;
}

static bool set_padding(EVP_PKEY_CTX *context, int alg)
{
    return alg != CHL_ALG_PS256 ||
           (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, PS256_SALT) == 1);
}

static chl_err sign(const struct chl_issuer *issuer, struct chl_bytes message, uint8_t *out,
                    size_t *length)
{
    uint8_t made[SIGNATURE_MAX];
    size_t size = sizeof made;
    EVP_PKEY_CTX *context = NULL;
    const EVP_MD *digest = issuer->alg == CHL_ALG_EDDSA ? NULL : EVP_sha256();
    EVP_MD_CTX *signer = EVP_MD_CTX_new();
    chl_err error = CHL_E_NOMEM;
    if (signer == NULL || EVP_PKEY_get_size(issuer->key) > SIGNATURE_MAX ||
        EVP_DigestSignInit(signer, &context, digest, NULL, issuer->key) != 1 ||
        !set_padding(context, issuer->alg) ||
        EVP_DigestSign(signer, made, &size, message.data, message.length) != 1) {
        goto out;
    }
    if (issuer->alg == CHL_ALG_ES256 && raw_signature(made, size, out)) {
        *length = ES256_SIZE;
        error = CHL_OK;
    } else if (issuer->alg != CHL_ALG_ES256) {
        memcpy(out, made, size);
        *length = size;
        error = CHL_OK;
    }
out:
    EVP_MD_CTX_free(signer);
    ERR_clear_error();
    return error;
}

static void put_headers(struct chl_cbor_writer *writer, const struct chl_issuer *issuer, bool alg,
                        bool kid, int claimed)
{
    chl_cbor_put_map(writer, (alg ? 1U : 0U) + (kid ? 1U : 0U));
    if (alg) {
        chl_cbor_put_int(writer, CHL_COSE_ALG);
        chl_cbor_put_int(writer, claimed != 0 ? claimed : issuer->alg);
    }
    if (kid) {
        chl_cbor_put_int(writer, CHL_COSE_KID);
        chl_cbor_put_bytes(writer, issuer->kid, CHL_KID_SIZE);
    }
}

static void put_message(struct chl_cbor_writer *writer, const struct chl_issuer *issuer,
                        const struct chl_issue_options *options, const struct chl_sign1 *sign1)
{
    enum { TAG_SIGN1 = 18, TAG_CWT = 61 };
    if (options->tags == CHL_ISSUE_TAG61) {
        chl_cbor_put_tag(writer, TAG_CWT);
    }
    if (options->tags != CHL_ISSUE_UNTAGGED) {
        chl_cbor_put_tag(writer, TAG_SIGN1);
    }
    chl_cbor_put_array(writer, 4);
    chl_cbor_put_bytes(writer, sign1->protected_bytes.data, sign1->protected_bytes.length);
    put_headers(writer, issuer, options->alg_in == CHL_ISSUE_ALG_UNPROTECTED,
                options->kid_in == CHL_ISSUE_UNPROTECTED, options->claim_alg);
    chl_cbor_put_bytes(writer, sign1->payload.data, sign1->payload.length);
    chl_cbor_put_bytes(writer, sign1->signature.data, sign1->signature.length);
}

chl_err chl_sign1_make(const struct chl_issuer *issuer, const struct chl_issue_options *options,
                       struct chl_bytes payload, uint8_t *out, size_t size, size_t *length)
{
    enum { WORK_SIZE = CHL_ISSUE_PAYLOAD_MAX + 4 * HEADER_MAX };
    uint8_t header[HEADER_MAX], signature[SIGNATURE_MAX];
    options = options == NULL ? &plain : options;
    if (payload.length > CHL_ISSUE_PAYLOAD_MAX) {
        return CHL_E_LIMIT;
    }
    struct chl_sign1 sign1 = {.payload = payload, .protected_bytes = {header, 0}};
    struct chl_cbor_writer writer;
    chl_cbor_begin(&writer, header, sizeof header);
    bool alg = options->alg_in == CHL_ISSUE_ALG_PROTECTED;
    bool kid = options->kid_in == CHL_ISSUE_PROTECTED;
    if (alg || kid) {
        put_headers(&writer, issuer, alg, kid, options->claim_alg);
    }
    (void)chl_cbor_end(&writer, &sign1.protected_bytes.length);

    struct chl_scratch work = {.size = sizeof work, .capacity = WORK_SIZE};
    work.base = malloc(WORK_SIZE);
    struct chl_bytes message = {NULL, 0};
    if (work.base != NULL) {
        message = chl_sign1_signed_bytes(&work, &sign1);
    }
    chl_err error = message.data == NULL ? CHL_E_NOMEM : CHL_OK;
    if (error == CHL_OK) {
        error = sign(issuer, message, signature, &sign1.signature.length);
    }
    if (error == CHL_OK) {
        sign1.signature.data = signature;
        chl_cbor_begin(&writer, out, size);
        put_message(&writer, issuer, options, &sign1);
        error = chl_cbor_end(&writer, length);
    }
    free(work.base);
    return error;
}

chl_err chl_issue(const struct chl_issuer *issuer, const struct chl_issue_options *options,
                  const char *prefix, struct chl_bytes payload, char *out, size_t size)
{
    enum { MESSAGE_MAX = CHL_ISSUE_PAYLOAD_MAX + SIGNATURE_MAX + 4 * HEADER_MAX };
    uint8_t *message = malloc(2 * (size_t)MESSAGE_MAX);
    if (message == NULL) {
        return CHL_E_NOMEM;
    }
    uint8_t *packed = message + MESSAGE_MAX;
    size_t length = 0, prefix_length = strlen(prefix);
    chl_err error = chl_sign1_make(issuer, options, payload, message, MESSAGE_MAX, &length);
    if (error == CHL_OK) {
        error = chl_deflate((struct chl_bytes){message, length}, packed, MESSAGE_MAX, &length);
    }
    if (error == CHL_OK && prefix_length >= size) {
        error = CHL_E_LIMIT;
    }
    if (error == CHL_OK) {
        memcpy(out, prefix, prefix_length + 1);
        error = chl_base45_encode(packed, length, out + prefix_length, size - prefix_length, NULL);
    }
    free(message);
    return error;
}
