/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The last requests that a simulated bus has heard, see heard.h.
 */
#include "sim/heard.h"

enum { WRITE_COILS = 15, WRITE_REGISTERS = 16 };

static uint16_t word_at(const struct adu *request, size_t at)
{
    return at + 1 < request->length
               ? (uint16_t)((unsigned)request->pdu[at] << 8 | request->pdu[at + 1])
               : 0;
}

void heard_add(struct heard *heard, const struct adu *request, int64_t now_ns)
{
    struct heard_request *out = &heard->requests[heard->count++ % HEARD_MAX];
    *out = (struct heard_request){.at_ns = now_ns,
                                  .unit = request->unit,
                                  .function = request->pdu[0],
                                  .address = word_at(request, 1),
                                  .value = word_at(request, 3)};
    if (out->function == WRITE_REGISTERS) {
        out->value = word_at(request, 6);
    } else if (out->function == WRITE_COILS) {
        out->value = request->length > 6 ? request->pdu[6] : 0;
    }
}

const struct heard_request *heard_at(const struct heard *heard, uint64_t nth)
{
    bool kept = nth < heard->count && heard->count - nth <= HEARD_MAX;
    return kept ? &heard->requests[nth % HEARD_MAX] : NULL;
}
