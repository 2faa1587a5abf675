/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief zlib streams (RFC 1950): bounded inflate in lent memory, deflate for issuing.
 */
#ifndef CHL_COSE_ZIP_H
#define CHL_COSE_ZIP_H

#include "lib/cose/bytes.h"

enum { CHL_INFLATE_MAX = 64 * 1024 };

/** Inflate exactly one stream into memory of the scratch; nothing is allocated elsewhere.
 *  @return CHL_OK; CHL_E_CORRUPT: not one complete stream, or bytes follow it; CHL_E_LIMIT: more
 * than CHL_INFLATE_MAX; CHL_E_NOMEM: the scratch is too small. Thread: any. Blocks: never. */
chl_err chl_inflate(struct chl_scratch *scratch, struct chl_bytes in, struct chl_bytes *out);

/** Deflate at the best level. @param size room at `out`. @return CHL_OK, CHL_E_LIMIT, CHL_E_NOMEM.
 */
chl_err chl_deflate(struct chl_bytes in, uint8_t *out, size_t size, size_t *out_length);

#endif
