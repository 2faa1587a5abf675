/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief PNG to grey pixels by libpng; transparent parts are taken as white paper.
 */
#include "lib/qr/picture.h"

#include <png.h>

chl_err picture_decode_png(const uint8_t *bytes, size_t length, struct picture *out)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (png_image_begin_read_from_memory(&image, bytes, length) == 0) {
        png_image_free(&image);
        return CHL_E_CORRUPT;
    }
    chl_err err = picture_allocate(out, image.width, image.height);
    if (err == CHL_OK) {
        image.format = PNG_FORMAT_GRAY;
        const png_color white = {255, 255, 255};
        int done = png_image_finish_read(&image, &white, out->pixels, (png_int_32)out->width, NULL);
        err = done == 0 ? CHL_E_CORRUPT : CHL_OK;
    }
    png_image_free(&image);
    return err;
}
