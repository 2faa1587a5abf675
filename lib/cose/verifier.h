/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A public key prepared once, so that verifying fetches nothing and sets nothing up.
 */
#ifndef CHL_COSE_VERIFIER_H
#define CHL_COSE_VERIFIER_H

#include <openssl/evp.h>

#include "lib/cose/bytes.h"

struct chl_verifier;

/** Prepare a key (its reference count is raised). `*alg`: the one algorithm it may be used with,
 *  CHL_ALG_NONE when there is none (P-384, RSA below 2048 bits, …); verifying then always fails.
 *  @return CHL_OK or CHL_E_NOMEM. */
chl_err chl_verifier_new(EVP_PKEY *key, struct chl_verifier **out, int *alg);
void chl_verifier_free(struct chl_verifier *verifier);

/** Thread: any, concurrently. Blocks: never. */
bool chl_verifier_check(struct chl_verifier *verifier, struct chl_bytes message,
                        struct chl_bytes signature);

/** The algorithm that fits a key, CHL_ALG_NONE when there is none. */
int chl_alg_of_key(const EVP_PKEY *key);

#endif
