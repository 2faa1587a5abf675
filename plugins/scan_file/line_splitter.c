/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Cuts lines; one that is too long is reported once and its rest is thrown away.
 */
#include "line_splitter.h"

#include <string.h>

static void append(struct line_splitter *splitter, const uint8_t *bytes, size_t length)
{
    if (splitter->too_long || length > sizeof splitter->bytes - splitter->length) {
        splitter->too_long = true;
        return;
    }
    memcpy(splitter->bytes + splitter->length, bytes, length);
    splitter->length += length;
}

void line_splitter_end(struct line_splitter *splitter, line_visit *visit, void *user)
{
    size_t length = splitter->length;
    while (length > 0 && splitter->bytes[length - 1] == '\r') {
        length--;
    }
    if (splitter->too_long || length > CHL_CODE_MAX) {
        visit(user, NULL, 0);
    } else if (length > 0) {
        visit(user, splitter->bytes, length);
    }
    splitter->length = 0;
    splitter->too_long = false;
}

void line_splitter_feed(struct line_splitter *splitter, const uint8_t *bytes, size_t length,
                        line_visit *visit, void *user)
{
    while (length > 0) {
        const uint8_t *end = memchr(bytes, '\n', length);
        size_t part = end == NULL ? length : (size_t)(end - bytes);
        append(splitter, bytes, part);
        if (end != NULL) {
            line_splitter_end(splitter, visit, user);
            part++;
        }
        bytes += part;
        length -= part;
    }
}

bool line_splitter_is_open(const struct line_splitter *splitter)
{
    return splitter->length > 0 || splitter->too_long;
}
