/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Chooses the decoder of a picture by its first bytes, and holds the bounds all share.
 */
#include "lib/qr/picture.h"

#include "lib/qr/reader.h"

#include <stdlib.h>
#include <string.h>

chl_err picture_allocate(struct picture *picture, size_t width, size_t height)
{
    if (width == 0 || height == 0) {
        return CHL_E_CORRUPT;
    }
    if (width > CHL_QR_SIDE_MAX || height > CHL_QR_SIDE_MAX || width * height > CHL_QR_PIXELS_MAX) {
        return CHL_E_LIMIT;
    }
    /* White, so that what a damaged file leaves out reads as paper. */
    uint8_t *pixels = malloc(width * height);
    if (pixels == NULL) {
        return CHL_E_NOMEM;
    }
    memset(pixels, 0xFF, width * height);
    *picture = (struct picture){.width = width, .height = height, .pixels = pixels};
    return CHL_OK;
}

void picture_clear(struct picture *picture)
{
    free(picture->pixels);
    *picture = (struct picture){0};
}

static const struct {
    const char *magic;
    size_t length;
    chl_err (*decode)(const uint8_t *bytes, size_t length, struct picture *out);
} decoders[] = {
    {"\x89PNG\r\n\x1a\n", 8, picture_decode_png},
    {"\xFF\xD8\xFF", 3, picture_decode_jpeg},
    {"P5", 2, picture_decode_pgm},
};

chl_err picture_decode(const uint8_t *bytes, size_t length, struct picture *out)
{
    *out = (struct picture){0};
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++) {
        if (length >= decoders[i].length &&
            memcmp(bytes, decoders[i].magic, decoders[i].length) == 0) {
            chl_err err = decoders[i].decode(bytes, length, out);
            if (err != CHL_OK) {
                picture_clear(out);
            }
            return err;
        }
    }
    return CHL_E_NOTSUP;
}
