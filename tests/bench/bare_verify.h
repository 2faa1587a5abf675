/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The bare cryptographic operation in a code: OpenSSL alone, on the code's own signature,
 *         with everything prepared beforehand.
 */
#ifndef CHL_TESTS_BENCH_BARE_VERIFY_H
#define CHL_TESTS_BENCH_BARE_VERIFY_H

#include "lib/cose/bytes.h"

struct evp_pkey_st;
struct bare_verify;

/** Take the signature out of a code with this prefix. The bare operation of ES256 and PS256 starts
 *  from the digest, that of Ed25519 from the message, as OpenSSL has it.
 *  @return NULL when it could not. */
struct bare_verify *bare_verify_new(struct evp_pkey_st *key, const char *prefix, const char *code);
void bare_verify_free(struct bare_verify *bare);
/** @return true when the signature stands. */
bool bare_verify_once(struct bare_verify *bare);

#endif
