/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Placeholders of the short lines, filled in.
 */
#include "lib/base/text.h"
#include "lib/text/reasons.h"

#include <stdio.h>
#include <string.h>

/** The value of the placeholder that `at` begins with, NULL when it begins with none. */
static const char *value_of(const char *at, const struct chl_reason_values *values, char digits[16],
                            size_t *taken)
{
    static const char *const names[] = {"{n}", "{k}", "{time}", "{gate}"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *taken = strlen(names[i]);
        if (strncmp(at, names[i], *taken) != 0) {
            continue;
        }
        if (i < 2) {
            (void)snprintf(digits, 16, "%d", i == 0 ? values->n : values->k);
            return digits;
        }
        const char *text = i == 2 ? values->time : values->gate;
        return text == NULL ? "?" : text;
    }
    return NULL;
}

chl_err chl_reason_fill(const char *line, const struct chl_reason_values *values, char *out,
                        size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    while (*line != '\0') {
        char digits[16];
        size_t taken = 0;
        const char *value = value_of(line, values, digits, &taken);
        size_t length = 0;
        if (value != NULL) {
            length = strlen(value);
        } else {
            value = line;
            taken = length = 1 + strcspn(line + 1, "{");
        }
        if (!chl_copy_n(out + used, size - used, value, length)) {
            return CHL_E_LIMIT;
        }
        used += length;
        line += taken;
    }
    return CHL_OK;
}
