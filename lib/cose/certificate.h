/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a certificate or a bare public key says of itself, as a trust store keeps it.
 */
#ifndef CHL_COSE_CERTIFICATE_H
#define CHL_COSE_CERTIFICATE_H

#include "lib/cose/trust.h"

/** Read one certificate in DER (nothing may follow it). `out->verifier` is the caller's.
 *  @return CHL_OK, CHL_E_CORRUPT, CHL_E_NOMEM. */
chl_err chl_certificate_to_key(struct chl_bytes der, struct chl_trust_key *out);
/** Read one SubjectPublicKeyInfo in DER. */
chl_err chl_public_key_read(struct chl_bytes der, struct chl_trust_key *out);
/** First 8 bytes of SHA-256. */
bool chl_kid_of(struct chl_bytes der, uint8_t kid[CHL_KID_SIZE]);

#endif
