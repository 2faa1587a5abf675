/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Turns who a code speaks of into a keyed hash, so that nobody is named behind this point.
 */
#ifndef CHL_CORE_HOST_PSEUDONYM_H
#define CHL_CORE_HOST_PSEUDONYM_H

#include <chilang/credential.h>

enum { PSEUDONYM_KEY = 32, PSEUDONYM_SIZE = 16 };

struct pseudonym_key {
    uint8_t bytes[PSEUDONYM_KEY];
};

/** Begin a new period when the key is older than `keep_ms`: it is overwritten and removed, so that
 * what was made with it can be linked to nobody any more. A key from the future (a clock in doubt)
 * stays.
 *  @param keep_ms life of a period, 0 = for ever.
 *  @return CHL_OK, or CHL_E_IO with `why` filled. Thread: any. Blocks: disk. */
chl_err pseudonym_key_expire(const char *state_dir, int64_t keep_ms, char *why, size_t why_size);

/** Read `<state_dir>/pseudonym.key`, or make it (mode 0600, never over an existing one). The folder
 *  is made when it is missing.
 *  @param why on failure: file, expected, got, what to do.
 *  @return CHL_OK, CHL_E_IO, CHL_E_DENIED (others may read it), CHL_E_CORRUPT (not 32 bytes).
 *  Thread: any. Blocks: disk. */
chl_err pseudonym_key_open(const char *state_dir, struct pseudonym_key *out, char *why,
                           size_t why_size);

/** Pseudonym of one code: of format, issuer and identifier where those were read, else of the bytes
 *  themselves. HMAC-SHA256, cut to 16 bytes.
 *  @return CHL_OK; CHL_E_IO: the cryptographic library failed. Thread: any. Blocks: never.
 *  Source: RFC 2104. */
chl_err pseudonym_make(const struct pseudonym_key *key, const struct chl_inspection *inspection,
                       const uint8_t *code, size_t length, uint8_t out[PSEUDONYM_SIZE]);

/** Keyed hash of any bytes: HMAC-SHA256, cut to 16. What is hashed begins with a byte for its kind;
 *  `s`, `c` and `b` are pseudonym_make's.
 *  @return CHL_OK; CHL_E_IO: the cryptographic library failed. Thread: any. Blocks: never.
 *  Source: RFC 2104. */
chl_err pseudonym_hash(const struct pseudonym_key *key, const void *bytes, size_t length,
                       uint8_t out[PSEUDONYM_SIZE]);

#endif
