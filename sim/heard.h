/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The last requests that a simulated bus has heard, so that a test can tell what was asked,
 *  in which order and how often.
 */
#ifndef SIM_HEARD_H
#define SIM_HEARD_H

#include "sim/adu.h"

enum { HEARD_MAX = 256 };

struct heard_request {
    int64_t at_ns;
    uint8_t unit, function;
    uint16_t address;
    uint16_t value; /**< of a write its first or only value, of a read its count */
};

struct heard {
    uint64_t count; /**< all that were ever heard; the last HEARD_MAX are kept */
    struct heard_request requests[HEARD_MAX];
};

void heard_add(struct heard *heard, const struct adu *request, int64_t now_ns);
/** The `nth` that was ever heard, from 0; NULL = not yet, or not kept any more. */
const struct heard_request *heard_at(const struct heard *heard, uint64_t nth);

#endif
