/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Issuing: a payload signed as COSE_Sign1 (ES256) and written as the text of a QR code.
 */
#ifndef CHL_COSE_ISSUE_H
#define CHL_COSE_ISSUE_H

#include "lib/cose/cose.h"

struct evp_pkey_st; /* EVP_PKEY of OpenSSL */
struct chl_issuer;

enum { CHL_ISSUE_PAYLOAD_MAX = 4096, CHL_ISSUE_CODE_MAX = CHL_CODE_MAX };

/** How the message is wrapped. Zeroed is what we issue: tag 18, alg and kid protected. The rest is
 *  what other issuers do. */
struct chl_issue_options {
    enum { CHL_ISSUE_TAG18 = 0, CHL_ISSUE_TAG61, CHL_ISSUE_UNTAGGED } tags;
    enum { CHL_ISSUE_PROTECTED = 0, CHL_ISSUE_UNPROTECTED } kid_in;
    enum { CHL_ISSUE_ALG_PROTECTED = 0, CHL_ISSUE_ALG_UNPROTECTED } alg_in;
    int claim_alg; /**< state this algorithm instead of the key's; 0 = the key's */
};

/** An issuer from its private key: P-256 (ES256); RSA (PS256) and Ed25519 (EdDSA) work too.
 *  @param path PEM file of the private key, which nobody else may read.
 *  @param why capacity `why_size`.
 *  @return CHL_OK, CHL_E_IO, CHL_E_CONFIG (not such a key), CHL_E_NOMEM. Blocks: disk. */
chl_err chl_issuer_load(const char *path, struct chl_issuer **out, char *why, size_t why_size);
/** The same from a key (its reference count is raised). `kid` NULL: that of the bare public key. */
chl_err chl_issuer_from_key(struct evp_pkey_st *key, const uint8_t kid[CHL_KID_SIZE],
                            struct chl_issuer **out);
void chl_issuer_free(struct chl_issuer *issuer);
const uint8_t *chl_issuer_kid(const struct chl_issuer *issuer);

/** Make a new key pair: private key as PEM with mode 0600, never overwriting; public key as PEM.
 *  @param alg CHL_ALG_ES256 (P-256) or CHL_ALG_EDDSA (Ed25519).
 *  @return CHL_OK, CHL_E_INVAL (another alg), CHL_E_STATE (a file exists), CHL_E_IO, CHL_E_NOMEM.
 *  Blocks: disk. */
chl_err chl_issuer_keygen_for(int alg, const char *private_path, const char *public_path, char *why,
                              size_t why_size);
/** The same for CHL_ALG_ES256. */
chl_err chl_issuer_keygen(const char *private_path, const char *public_path, char *why,
                          size_t why_size);

/** Sign a payload. @param out room for `size` bytes. @return CHL_OK, CHL_E_LIMIT, CHL_E_NOMEM.
 *  Thread: one per issuer. */
chl_err chl_sign1_make(const struct chl_issuer *issuer, const struct chl_issue_options *options,
                       struct chl_bytes payload, uint8_t *out, size_t size, size_t *length);

/** Sign, deflate, encode: `<prefix><base45>`, NUL-terminated. `options` may be NULL.
 *  @return CHL_OK, CHL_E_LIMIT, CHL_E_NOMEM. Thread: one per issuer. */
chl_err chl_issue(const struct chl_issuer *issuer, const struct chl_issue_options *options,
                  const char *prefix, struct chl_bytes payload, char *out, size_t size);

#endif
