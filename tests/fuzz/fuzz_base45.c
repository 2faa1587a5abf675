/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as base45 text; what decodes must encode back to the same text.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/cose/base45.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 8192 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[CHL_BASE45_DECODED_MAX(TEXT_MAX)];
    static char text[TEXT_MAX + 1];
    size_t length = 0, text_length = 0;
    if (size > TEXT_MAX || chl_base45_decode((const char *)data, size, bytes, &length) != CHL_OK) {
        return 0;
    }
    chl_err error = chl_base45_encode(bytes, length, text, sizeof text, &text_length);
    if (error != CHL_OK || text_length != size || memcmp(text, data, size) != 0) {
        abort();
    }
    return 0;
}
