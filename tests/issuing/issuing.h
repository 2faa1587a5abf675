/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Issuers, certificates and HC1 codes made on the spot, so that no vector is stored.
 */
#ifndef CHL_TESTS_ISSUING_H
#define CHL_TESTS_ISSUING_H

#include "lib/cose/issue.h"

#define ISSUING_OID_TEST            "1.3.6.1.4.1.1847.2021.1.1"
#define ISSUING_OID_VACCINATION     "1.3.6.1.4.1.1847.2021.1.2"
#define ISSUING_OID_RECOVERY        "1.3.6.1.4.1.1847.2021.1.3"
#define ISSUING_OID_OLD_VACCINATION "1.3.6.1.4.1.0.1847.2021.1.2"

/* Common name of every issuer: longer than a column, and not of ASCII. */
#define ISSUING_NAME "Cục Y tế dự phòng, nơi cấp của phép thử"

enum { ISSUING_DER_MAX = 2048 };

/* A term in which all clocks of tests lie: 2015-01-01 to 2045-01-01. */
#define ISSUING_FROM_S  INT64_C(1420070400)
#define ISSUING_UNTIL_S INT64_C(2366841600)

/** A key, its self-signed certificate, and an issuer whose kid is the certificate's. */
struct issuing {
    struct evp_pkey_st *key;
    struct chl_issuer *issuer;
    uint8_t certificate[ISSUING_DER_MAX];
    size_t certificate_length;
    int64_t valid_from, valid_until; /**< of the certificate, s since 1970 UTC */
};

/** @param kind "P-256", "P-384", "RSA-2048", "RSA-1024" or "ED25519".
 *  @param usages object identifiers for the extended key usage, comma-separated; NULL = no
 * extension.
 *  @return false when OpenSSL would not. Free with issuing_free(). */
bool issuing_make(const char *kind, const char *usages, struct issuing *out);
/** The same, with a certificate of that term. */
bool issuing_make_for(const char *kind, const char *usages, int64_t from_s, int64_t until_s,
                      struct issuing *out);
/** Another certificate for a key, as an issuer renews it; its issuer has the given kid. */
bool issuing_renew(const struct issuing *from, const char *usages, const uint8_t kid[CHL_KID_SIZE],
                   struct issuing *out);
bool issuing_renew_for(const struct issuing *from, const char *usages,
                       const uint8_t kid[CHL_KID_SIZE], int64_t from_s, int64_t until_s,
                       struct issuing *out);
void issuing_free(struct issuing *issuing);
/** Write the certificate (DER) or the bare public key (PEM) to a file. */
bool issuing_write_certificate(const struct issuing *issuing, const char *path);
bool issuing_write_public_key(const struct issuing *issuing, const char *path);

/** A DCC to be written; zeroed members are left out or get a value that is valid. */
struct issuing_dcc {
    char kind;                     /**< 'v' (also when 0), 't', 'r' */
    int64_t issued_at, expires_at; /**< s since 1970 UTC */
    bool float_times;              /**< write them as floats */
    double fraction;               /**< added to float times */
    bool no_expiry;
    const char *birth, *family, *version, *country, *product;
    bool null_optionals;   /**< write absent optional fields as null */
    bool tagged_dates;     /**< write dates with tag 0 */
    bool no_national_name; /**< only the transliteration is stated */
    bool indefinite;       /**< the entry is a map of indefinite length */
};

/** Write the CWT payload. @return its length, 0 when it did not fit. */
size_t issuing_dcc_payload(const struct issuing_dcc *dcc, uint8_t *out, size_t size);
/** Payload, signature, text: a whole HC1 code. */
bool issuing_dcc_code(const struct issuing *issuing, const struct chl_issue_options *options,
                      const struct issuing_dcc *dcc, char *out, size_t size);

#endif
