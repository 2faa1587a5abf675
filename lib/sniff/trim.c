/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Takes off what scanners put around a code.
 */
#include "lib/sniff/sniff.h"

#include <string.h>

static bool is_line_end(uint8_t c)
{
    return c == '\r' || c == '\n';
}

void chl_code_trim(const uint8_t **bytes, size_t *length)
{
    static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
    const uint8_t *at = *bytes;
    size_t left = *length;
    bool more = left > 0;
    while (more) {
        if (left >= sizeof mark && memcmp(at, mark, sizeof mark) == 0) {
            at += sizeof mark;
            left -= sizeof mark;
        } else if (left > 0 && (is_line_end(*at) || *at == ' ' || *at == '\t')) {
            at++;
            left--;
        } else {
            more = false;
        }
    }
    while (left > 0 && is_line_end(at[left - 1])) {
        left--;
    }
    *bytes = at;
    *length = left;
}
