/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Cleaning and cutting of texts for a terminal.
 */
#include "cli/plain.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/text/reasons.h"

static size_t length_of(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/** C0, DEL and C1: what a terminal would obey; and the marks that turn the writing direction. */
static bool is_control(const char *at)
{
    unsigned char first = (unsigned char)at[0];
    unsigned char second = first >= 0x80 ? (unsigned char)at[1] : 0;
    unsigned char third = first >= 0xE0 ? (unsigned char)at[2] : 0;
    bool turns =
        first == 0xE2 &&
        ((second == 0x80 && third >= 0x8E) || (second == 0x81 && third >= 0xA6 && third <= 0xA9)) &&
        !(second == 0x80 && third >= 0x90 && third <= 0xA7); /* dashes, quotes, dots */
    return first < 0x20 || first == 0x7F || (first == 0xC2 && second < 0xA0) || turns;
}

size_t plain_columns(const char *text)
{
    return chl_reason_characters(text);
}

void plain_copy(char *out, size_t size, const char *text, size_t columns)
{
    static const char more[] = "…";
    size_t used = 0;
    size_t fits = 0; /* bytes after which "…" still fits */
    out[0] = '\0';
    if (!chl_utf8_valid(text, strlen(text))) {
        return;
    }
    for (; *text != '\0'; text += length_of((unsigned char)*text)) {
        size_t length = length_of((unsigned char)*text);
        if (is_control(text)) {
            continue;
        }
        if (used + length >= size) {
            break;
        }
        memcpy(out + used, text, length);
        out[used + length] = '\0';
        size_t wide = plain_columns(out);
        if (wide > columns) {
            out[fits] = '\0';
            (void)chl_copy(out + fits, size - fits, columns > 0 ? more : "");
            return;
        }
        used += length;
        fits = wide < columns ? used : fits;
    }
}
