/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Wraps a message as a code without compressing it, so that a fuzzer spends its time in
 *         decoders: one stored block (RFC 1951 §3.2.4) in a zlib stream, in base45.
 */
#ifndef CHL_TESTS_FUZZ_STORED_H
#define CHL_TESTS_FUZZ_STORED_H

#include <string.h>
#include <zlib.h>

#include "lib/cose/base45.h"
#include "lib/cose/bytes.h"

enum { FUZZ_STORED_MAX = 4096, FUZZ_STORED_EXTRA = 11 };

/** @return length of `<prefix><base45>` in `out`; 0 = it did not fit. One thread. */
static inline size_t fuzz_stored_code(const char *prefix, struct chl_bytes message, char *out,
                                      size_t size)
{
    static uint8_t packed[FUZZ_STORED_MAX + FUZZ_STORED_EXTRA];
    size_t length = message.length, head = strlen(prefix), written = 0;
    if (length > FUZZ_STORED_MAX || size <= head) {
        return 0;
    }
    uint32_t sum = (uint32_t)adler32(1, message.data, (uInt)length);
    const uint8_t before[] = {0x78,
                              0x01,
                              0x01,
                              (uint8_t)length,
                              (uint8_t)(length >> 8),
                              (uint8_t)~length,
                              (uint8_t)(~length >> 8)};
    const uint8_t after[] = {(uint8_t)(sum >> 24), (uint8_t)(sum >> 16), (uint8_t)(sum >> 8),
                             (uint8_t)sum};
    memcpy(packed, before, sizeof before);
    if (length > 0) {
        memcpy(packed + sizeof before, message.data, length);
    }
    memcpy(packed + sizeof before + length, after, sizeof after);
    memcpy(out, prefix, head);
    chl_err error = chl_base45_encode(packed, sizeof before + length + sizeof after, out + head,
                                      size - head, &written);
    return error == CHL_OK ? head + written : 0;
}

#endif
