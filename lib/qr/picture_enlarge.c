/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Enlarges small pictures, because zbar needs more than a pixel to see a module.
 */
#include "lib/qr/picture.h"

enum { TIMES = 3 };

chl_err picture_enlarge(const struct picture *in, struct picture *out)
{
    chl_err err = picture_allocate(out, in->width * TIMES, in->height * TIMES);
    for (size_t y = 0; err == CHL_OK && y < out->height; y++) {
        const uint8_t *row = in->pixels + y / TIMES * in->width;
        uint8_t *to = out->pixels + y * out->width;
        for (size_t x = 0; x < out->width; x++) {
            to[x] = row[x / TIMES];
        }
    }
    return err;
}
