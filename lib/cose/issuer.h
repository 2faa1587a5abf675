/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The inside of an issuer, shared by its loading and its signing.
 */
#ifndef CHL_COSE_ISSUER_H
#define CHL_COSE_ISSUER_H

#include <openssl/evp.h>

#include "lib/cose/trust.h"

struct chl_issuer {
    EVP_PKEY *key;
    int alg;
    uint8_t kid[CHL_KID_SIZE];
};

#endif
