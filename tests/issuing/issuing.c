/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Makes keys and self-signed certificates with OpenSSL.
 */
#include "tests/issuing/issuing.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "lib/cose/certificate.h"

static EVP_PKEY *make_key(const char *kind)
{
    if (strcmp(kind, "RSA-2048") == 0) {
        return EVP_RSA_gen(2048);
    }
    if (strcmp(kind, "RSA-1024") == 0) {
        return EVP_RSA_gen(1024);
    }
    if (strcmp(kind, "ED25519") == 0) {
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    }
    return EVP_EC_gen(kind);
}

static bool add_usages(X509 *certificate, const char *usages)
{
    if (usages == NULL) {
        return true;
    }
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, usages);
    bool good = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

static bool fill(X509 *certificate, const struct issuing *from, const char *usages)
{
    enum { X509_V3 = 2 };
    X509_NAME *name = X509_get_subject_name(certificate);
    return X509_set_version(certificate, X509_V3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
           X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)"VN", -1, -1,
                                      0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      (const unsigned char *)ISSUING_NAME, -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)from->valid_from) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)from->valid_until) != NULL &&
           X509_set_pubkey(certificate, from->key) == 1 && add_usages(certificate, usages);
}

static bool certify(struct issuing *out, const char *usages)
{
    X509 *certificate = X509_new();
    const EVP_MD *digest = EVP_PKEY_get_base_id(out->key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
    unsigned char *at = out->certificate;
    bool good = certificate != NULL && fill(certificate, out, usages) &&
                X509_sign(certificate, out->key, digest) > 0;
    int length = good ? i2d_X509(certificate, NULL) : 0;
    good = length > 0 && length <= ISSUING_DER_MAX;
    out->certificate_length = good ? (size_t)i2d_X509(certificate, &at) : 0;
    X509_free(certificate);
    return good;
}

bool issuing_make(const char *kind, const char *usages, struct issuing *out)
{
    return issuing_make_for(kind, usages, ISSUING_FROM_S, ISSUING_UNTIL_S, out);
}

bool issuing_make_for(const char *kind, const char *usages, int64_t from_s, int64_t until_s,
                      struct issuing *out)
{
    uint8_t kid[CHL_KID_SIZE];
    memset(out, 0, sizeof *out);
    out->valid_from = from_s;
    out->valid_until = until_s;
    out->key = make_key(kind);
    bool good = out->key != NULL && certify(out, usages) &&
                chl_kid_of((struct chl_bytes){out->certificate, out->certificate_length}, kid) &&
                chl_issuer_from_key(out->key, kid, &out->issuer) == CHL_OK;
    if (!good) {
        issuing_free(out);
    }
    return good;
}

bool issuing_renew(const struct issuing *from, const char *usages, const uint8_t kid[CHL_KID_SIZE],
                   struct issuing *out)
{
    return issuing_renew_for(from, usages, kid, ISSUING_FROM_S, ISSUING_UNTIL_S, out);
}

bool issuing_renew_for(const struct issuing *from, const char *usages,
                       const uint8_t kid[CHL_KID_SIZE], int64_t from_s, int64_t until_s,
                       struct issuing *out)
{
    memset(out, 0, sizeof *out);
    out->valid_from = from_s;
    out->valid_until = until_s;
    if (EVP_PKEY_up_ref(from->key) != 1) {
        return false;
    }
    out->key = from->key;
    bool good = certify(out, usages) && chl_issuer_from_key(out->key, kid, &out->issuer) == CHL_OK;
    if (!good) {
        issuing_free(out);
    }
    return good;
}

void issuing_free(struct issuing *issuing)
{
    chl_issuer_free(issuing->issuer);
    EVP_PKEY_free(issuing->key);
    memset(issuing, 0, sizeof *issuing);
}

bool issuing_write_certificate(const struct issuing *issuing, const char *path)
{
    FILE *file = fopen(path, "wbe");
    if (file == NULL) {
        return false;
    }
    size_t written = fwrite(issuing->certificate, 1, issuing->certificate_length, file);
    return fclose(file) == 0 && written == issuing->certificate_length;
}

bool issuing_write_public_key(const struct issuing *issuing, const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        return false;
    }
    int written = PEM_write_PUBKEY(file, issuing->key);
    return fclose(file) == 0 && written == 1;
}
