/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a COSE_Sign1 message, and as a zlib stream that holds one.
 */
#include "lib/cose/cose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_apart(struct chl_scratch *scratch, struct chl_bytes bytes)
{
    struct chl_sign1 sign1;
    if (chl_sign1_parse(scratch, bytes, &sign1) == CHL_REFUSAL_NONE) {
        (void)chl_sign1_signed_bytes(scratch, &sign1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    struct chl_bytes bytes = {data, size}, inflated;
    take_apart(&scratch, bytes);
    scratch.used = 0;
    if (chl_inflate(&scratch, bytes, &inflated) == CHL_OK) {
        take_apart(&scratch, inflated);
    }
    return 0;
}
