/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a code to be named; line ends around it change nothing, and fields lie
 *  within it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/sniff/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fields(const uint8_t *data, size_t size)
{
    struct chl_fields fields;
    chl_format format = chl_sniff_fields(data, size, &fields);
    size_t kept = fields.count < CHL_FIELDS_MAX ? fields.count : CHL_FIELDS_MAX;
    const char *from = (const char *)data, *end = from + size;
    for (size_t i = 0; i < kept; i++) {
        if (fields.at[i].at < from || fields.at[i].length > (size_t)(end - fields.at[i].at) ||
            memchr(fields.at[i].at, '|', fields.at[i].length) != NULL) {
            abort();
        }
        from = fields.at[i].at + fields.at[i].length;
    }
    if (format != CHL_FORMAT_UNKNOWN && fields.count < 6) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t before[] = {0xEF, 0xBB, 0xBF, '\r', '\n', ' '};
    static const uint8_t behind[] = {'\r', '\n'};
    static uint8_t framed[CHL_CODE_MAX + 8];
    if (size > CHL_CODE_MAX) {
        return 0;
    }
    chl_format format = chl_sniff(data, size);
    memcpy(framed, before, sizeof before);
    if (size > 0) {
        memcpy(framed + 6, data, size);
    }
    memcpy(framed + 6 + size, behind, sizeof behind);
    if (format >= CHL_FORMAT_COUNT || chl_sniff(framed, size + 8) != format) {
        abort();
    }
    check_fields(data, size);
    return 0;
}
