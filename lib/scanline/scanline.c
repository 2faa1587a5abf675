/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Cuts codes; one that is too long is reported once and its rest is thrown away.
 */
#include "lib/scanline/scanline.h"

#include <string.h>

/** `]`, a letter for the kind of code, a digit or letter for how it was read. */
enum { IDENTIFIER = 3 };

void chl_scanline_init(struct chl_scanline *line, const struct chl_scanline_format *format)
{
    memset(line, 0, sizeof *line);
    line->format = *format;
    if (line->format.prefix_length > CHL_SCANLINE_AFFIX_MAX) {
        line->format.prefix_length = CHL_SCANLINE_AFFIX_MAX;
    }
    if (line->format.suffix_length > CHL_SCANLINE_AFFIX_MAX) {
        line->format.suffix_length = CHL_SCANLINE_AFFIX_MAX;
    }
}

static bool is_letter(uint8_t byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/** No format begins like this, so it can only be the scanner's. */
static bool has_identifier(const uint8_t *bytes, size_t length)
{
    return length >= IDENTIFIER && bytes[0] == ']' && is_letter(bytes[1]) &&
           (is_digit(bytes[2]) || is_letter(bytes[2]));
}

/** Report the first `length` bytes as a code and begin the next. */
static void finish(struct chl_scanline *line, size_t length, chl_scanline_visit *visit, void *user)
{
    const struct chl_scanline_format *format = &line->format;
    const uint8_t *bytes = line->bytes;
    bool too_long = line->too_long;
    line->length = 0;
    line->too_long = false;
    if (!too_long && format->prefix_length > 0 && length >= format->prefix_length &&
        memcmp(bytes, format->prefix, format->prefix_length) == 0) {
        bytes += format->prefix_length;
        length -= format->prefix_length;
    }
    if (!too_long && has_identifier(bytes, length)) {
        bytes += IDENTIFIER;
        length -= IDENTIFIER;
    }
    if (too_long || length > CHL_CODE_MAX) {
        visit(user, NULL, 0);
    } else if (length > 0) {
        visit(user, bytes, length);
    }
}

/** How many bytes at the end of what came end the code, 0 = it goes on. */
static size_t ending(const struct chl_scanline *line)
{
    const struct chl_scanline_format *format = &line->format;
    uint8_t last = line->bytes[line->length - 1];
    if (format->any_line_end) {
        return last == '\r' || last == '\n' ? 1 : 0;
    }
    size_t length = format->suffix_length;
    bool ends = length > 0 && line->length >= length &&
                memcmp(line->bytes + line->length - length, format->suffix, length) == 0;
    return ends ? length : 0;
}

static void append(struct chl_scanline *line, uint8_t byte)
{
    if (line->length == sizeof line->bytes) {
        /* Of what is thrown away, only as much is kept as a suffix may begin in. */
        line->too_long = true;
        memmove(line->bytes, line->bytes + line->length - CHL_SCANLINE_AFFIX_MAX,
                CHL_SCANLINE_AFFIX_MAX);
        line->length = CHL_SCANLINE_AFFIX_MAX;
    }
    line->bytes[line->length++] = byte;
}

void chl_scanline_feed(struct chl_scanline *line, const uint8_t *bytes, size_t length,
                       chl_scanline_visit *visit, void *user)
{
    for (size_t i = 0; i < length; i++) {
        append(line, bytes[i]);
        size_t suffix = ending(line);
        if (suffix > 0) {
            finish(line, line->length - suffix, visit, user);
        }
    }
}

void chl_scanline_end(struct chl_scanline *line, chl_scanline_visit *visit, void *user)
{
    if (chl_scanline_is_open(line)) {
        finish(line, line->length, visit, user);
    }
}

bool chl_scanline_drop(struct chl_scanline *line)
{
    bool open = chl_scanline_is_open(line);
    line->length = 0;
    line->too_long = false;
    return open;
}

bool chl_scanline_is_open(const struct chl_scanline *line)
{
    return line->length > 0;
}
