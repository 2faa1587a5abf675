/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads what a trust store keeps of a certificate or of a bare public key.
 */
#include "lib/cose/certificate.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/text.h"
#include "lib/cose/verifier.h"

/* Extended key usages of the EU DCC (hcert-spec, "DSC certificate profile"); the second arc is a
 * mistake that real certificates carry. */
static const struct usage {
    const char *oid;
    uint8_t bit;
} usages[] = {
    {"1.3.6.1.4.1.1847.2021.1.1", CHL_USAGE_TEST},
    {"1.3.6.1.4.1.1847.2021.1.2", CHL_USAGE_VACCINATION},
    {"1.3.6.1.4.1.1847.2021.1.3", CHL_USAGE_RECOVERY},
    {"1.3.6.1.4.1.0.1847.2021.1.1", CHL_USAGE_TEST},
    {"1.3.6.1.4.1.0.1847.2021.1.2", CHL_USAGE_VACCINATION},
    {"1.3.6.1.4.1.0.1847.2021.1.3", CHL_USAGE_RECOVERY},
};

static uint8_t usage_of_oid(const ASN1_OBJECT *object)
{
    char text[80];
    if (OBJ_obj2txt(text, sizeof text, object, 1) <= 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++) {
        if (strcmp(text, usages[i].oid) == 0) {
            return usages[i].bit;
        }
    }
    return 0;
}

/* Only a DCC identifier restricts; an extension without any leaves the kind open. */
static bool read_usage(const X509 *certificate, uint8_t *bits)
{
    int critical = 0;
    EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, NULL);
    for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
        *bits |= usage_of_oid(sk_ASN1_OBJECT_value(list, i));
    }
    EXTENDED_KEY_USAGE_free(list);
    /* -1: there is none. What is there and cannot be read might restrict. */
    return list != NULL || critical == -1;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts = {0};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static void country_of(const X509 *certificate, char *out, size_t size)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    out[0] = '\0';
    if (X509_NAME_get_text_by_NID(subject, NID_countryName, out, (int)size) < 0 ||
        !chl_utf8_valid(out, strlen(out))) {
        out[0] = '\0';
    }
}

/* Common name, else organisation: what a person knows an authority by. */
static void name_of(X509_NAME *from, char *out, size_t size)
{
    static const int parts[] = {NID_commonName, NID_organizationName};
    out[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts && out[0] == '\0'; i++) {
        int at = X509_NAME_get_index_by_NID(from, parts[i], -1);
        unsigned char *text = NULL;
        int length = at < 0 ? -1
                            : ASN1_STRING_to_UTF8(
                                  &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(from, at)));
        if (length > 0) {
            (void)chl_copy_n(out, size, (const char *)text, (size_t)length);
        }
        OPENSSL_free(text);
    }
}

bool chl_kid_of(struct chl_bytes der, uint8_t kid[CHL_KID_SIZE])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(der.data, der.length, digest, NULL, EVP_sha256(), NULL) != 1) {
        return false;
    }
    memcpy(kid, digest, CHL_KID_SIZE);
    return true;
}

/* Also of a key that can verify nothing here, so that people see why. */
static void type_of(const EVP_PKEY *key, char out[CHL_TRUST_TYPE_SIZE])
{
    char group[32];
    size_t length = 0;
    int id = EVP_PKEY_get_base_id(key);
    if (id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS) {
        (void)snprintf(out, CHL_TRUST_TYPE_SIZE, "RSA-%d", EVP_PKEY_get_bits(key));
    } else if (id == EVP_PKEY_EC &&
               EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                              &length) == 1) {
        int nid = OBJ_sn2nid(group);
        const char *nist = nid == NID_undef ? NULL : EC_curve_nid2nist(nid);
        (void)chl_copy(out, CHL_TRUST_TYPE_SIZE, nist != NULL ? nist : group);
    } else {
        const char *name = EVP_PKEY_get0_type_name(key);
        bool ed25519 = id == EVP_PKEY_ED25519;
        (void)chl_copy(out, CHL_TRUST_TYPE_SIZE,
                       ed25519        ? "Ed25519"
                       : name != NULL ? name
                                      : "unknown");
    }
}

static chl_err finish(struct chl_bytes der, EVP_PKEY *key, uint8_t kind, struct chl_trust_key *out)
{
    if (key == NULL || !chl_kid_of(der, out->kid)) {
        return CHL_E_CORRUPT;
    }
    out->kind = kind;
    type_of(key, out->type);
    return chl_verifier_new(key, &out->verifier, &out->alg);
}

chl_err chl_certificate_to_key(struct chl_bytes der, struct chl_trust_key *out)
{
    memset(out, 0, sizeof *out);
    const unsigned char *at = der.data;
    X509 *certificate = der.length > INT32_MAX ? NULL : d2i_X509(NULL, &at, (long)der.length);
    chl_err error = CHL_E_CORRUPT;
    if (certificate == NULL || at != der.data + der.length ||
        !read_usage(certificate, &out->usage)) {
        goto out;
    }
    out->valid_from = seconds_of(X509_get0_notBefore(certificate));
    out->valid_until = seconds_of(X509_get0_notAfter(certificate));
    country_of(certificate, out->country, sizeof out->country);
    name_of(X509_get_subject_name(certificate), out->subject, sizeof out->subject);
    name_of(X509_get_issuer_name(certificate), out->issuer, sizeof out->issuer);
    error = finish(der, X509_get0_pubkey(certificate), CHL_TRUST_CERTIFICATE, out);
out:
    X509_free(certificate);
    ERR_clear_error();
    return error;
}

chl_err chl_public_key_read(struct chl_bytes der, struct chl_trust_key *out)
{
    memset(out, 0, sizeof *out);
    const unsigned char *at = der.data;
    EVP_PKEY *key = der.length > INT32_MAX ? NULL : d2i_PUBKEY(NULL, &at, (long)der.length);
    chl_err error = CHL_E_CORRUPT;
    if (key != NULL && at == der.data + der.length) {
        error = finish(der, key, CHL_TRUST_PUBLIC_KEY, out);
        /* Declarations are signed with elliptic curves only: a bare RSA key vouches for nothing. */
        out->alg = out->alg == CHL_ALG_PS256 ? CHL_ALG_NONE : out->alg;
    }
    EVP_PKEY_free(key);
    ERR_clear_error();
    return error;
}
