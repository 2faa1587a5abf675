/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A borrowed run of bytes, and memory taken from a lent scratch.
 */
#ifndef CHL_COSE_BYTES_H
#define CHL_COSE_BYTES_H

#include <chilang/credential.h>

/** Borrowed; `data` may be NULL when `length` is 0. */
struct chl_bytes {
    const uint8_t *data;
    size_t length;
};

/** Take `size` bytes, aligned for any type, not zeroed. NULL when the scratch has no room.
 *  Thread: the scratch's user. Blocks: never. */
void *chl_scratch_take(struct chl_scratch *scratch, size_t size);

#endif
