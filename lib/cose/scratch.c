/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Takes memory from a lent scratch.
 */
#include "lib/cose/bytes.h"

#include <stdalign.h>

void *chl_scratch_take(struct chl_scratch *scratch, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t at = (scratch->used + align - 1) / align * align;
    if (at > scratch->capacity || size > scratch->capacity - at) {
        return NULL;
    }
    scratch->used = at + size;
    return (uint8_t *)scratch->base + at;
}
