/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a zlib stream; what comes out is bounded and lies in the lent memory.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/cose/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    struct chl_bytes out = {NULL, 0};
    chl_err error = chl_inflate(&scratch, (struct chl_bytes){data, size}, &out);
    must(scratch.used <= scratch.capacity);
    if (error != CHL_OK) {
        must(error == CHL_E_CORRUPT || error == CHL_E_LIMIT);
        return 0;
    }
    const uint8_t *first = (const uint8_t *)memory;
    must(out.length <= CHL_INFLATE_MAX && out.data >= first &&
         out.data + out.length <= first + sizeof memory);
    /* Deflate can't make more than 1032 bytes of one. */
    must(out.length <= 1032 * size);
    return 0;
}
