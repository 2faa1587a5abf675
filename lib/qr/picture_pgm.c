/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Binary PGM (P5, eight bits), the plainest picture a camera program can write.
 *
 *  Source: the Netpbm format description of PGM.
 */
#include "lib/qr/picture.h"

enum { NUMBER_MAX = 1000000 };

struct cursor {
    const uint8_t *at, *end;
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/** White space and comments before a number. */
static void skip_blank(struct cursor *cursor)
{
    while (cursor->at < cursor->end && (is_blank(*cursor->at) || *cursor->at == '#')) {
        if (*cursor->at != '#') {
            cursor->at++;
            continue;
        }
        while (cursor->at < cursor->end && *cursor->at != '\n') {
            cursor->at++;
        }
    }
}

static bool read_number(struct cursor *cursor, size_t *out)
{
    skip_blank(cursor);
    size_t value = 0;
    bool any = false;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        size_t digit = (size_t)(*cursor->at++ - '0');
        value = value > NUMBER_MAX ? value : 10 * value + digit; /* past it, any is too large */
        any = true;
    }
    *out = value;
    return any;
}

chl_err picture_decode_pgm(const uint8_t *bytes, size_t length, struct picture *out)
{
    struct cursor cursor = {bytes + 2, bytes + length};
    size_t width = 0;
    size_t height = 0;
    size_t most = 0;
    bool whole = read_number(&cursor, &width) && read_number(&cursor, &height) &&
                 read_number(&cursor, &most) && cursor.at < cursor.end && is_blank(*cursor.at);
    if (!whole || most == 0) {
        return CHL_E_CORRUPT;
    }
    if (most > 255) {
        return CHL_E_NOTSUP;
    }
    cursor.at++;
    chl_err err = picture_allocate(out, width, height);
    if (err != CHL_OK) {
        return err;
    }
    size_t count = width * height;
    if ((size_t)(cursor.end - cursor.at) < count) {
        return CHL_E_CORRUPT;
    }
    for (size_t i = 0; i < count; i++) {
        size_t value = cursor.at[i] < most ? cursor.at[i] : most;
        out->pixels[i] = (uint8_t)(value * 255 / most);
    }
    return CHL_OK;
}
