/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A count is never shown without its error bar, and none while it is not known.
 */
#include "cli/count_cell.h"

#include <stdio.h>
#include <string.h>

#include "cli/plain.h"
#include "lib/base/text.h"

void count_cell(const json_t *what, char *out, size_t size, size_t width)
{
    long long inside = (long long)json_integer_value(json_object_get(what, "inside"));
    long long uncertain = (long long)json_integer_value(json_object_get(what, "uncertain"));
    if (!json_is_integer(json_object_get(what, "inside"))) {
        (void)chl_copy(out, size, "-");
        return;
    }
    const char *state = json_string_value(json_object_get(what, "state"));
    if (state != NULL && strcmp(state, "UNKNOWN") == 0) {
        (void)chl_copy(out, size, "?");
        return;
    }
    (void)snprintf(out, size, "%lld ± %lld", inside, uncertain);
    if (plain_columns(out) > width) {
        (void)snprintf(out, size, "%lld±%lld", inside, uncertain);
    }
    if (plain_columns(out) > width) {
        /* A number that is cut is another number. */
        (void)snprintf(out, size, "%lld±>999", inside);
    }
    if (plain_columns(out) > width) {
        (void)snprintf(out, size, "%lld±?", inside);
    }
}
