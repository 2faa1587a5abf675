/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Text of the option `gap`.
 */
#include "gap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"

enum { GAP_MAX_MS = 1000 };

chl_err gap_parse(const char *text, int64_t *gap_ns, char *why, size_t why_size)
{
    if (text == NULL || strcmp(text, "profile") == 0) {
        *gap_ns = -1;
        return CHL_OK;
    }
    const size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits;
    unit += *unit == ' ' ? 1 : 0;
    const long value = digits > 0 && digits <= 4 ? strtol(text, NULL, 10) : -1;
    if (value < 0 || value > GAP_MAX_MS || (*unit != '\0' && strcmp(unit, "ms") != 0)) {
        (void)snprintf(why, why_size, "gap: expected `profile` or 0 ms to %d ms, got \"%.40s\"",
                       GAP_MAX_MS, text);
        return CHL_E_CONFIG;
    }
    *gap_ns = value * CHL_NS_PER_MS;
    return CHL_OK;
}
