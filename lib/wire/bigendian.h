/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Big-endian integers of the wire, byte by byte, so that alignment never matters.
 */
#ifndef CHL_WIRE_BIGENDIAN_H
#define CHL_WIRE_BIGENDIAN_H

#include <chilang/types.h>

static inline void chl_put_be(uint8_t *out, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i > 0; i--) {
        out[i - 1] = (uint8_t)(value & 0xff);
        value >>= 8;
    }
}

static inline uint64_t chl_get_be(const uint8_t *in, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | in[i];
    }
    return value;
}

#endif
