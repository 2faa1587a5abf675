/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Softens a picture before zbar looks at it: by weights 1, 2, 1 along rows and columns.
 */
#include "lib/qr/scanner.h"

#include <string.h>

static void soften_row(const uint8_t *from, uint8_t *to, size_t width)
{
    if (width < 3) {
        memcpy(to, from, width);
        return;
    }
    to[0] = from[0];
    for (size_t x = 1; x < width - 1; x++) {
        to[x] = (uint8_t)((from[x - 1] + 2U * from[x] + from[x + 1] + 2) / 4);
    }
    to[width - 1] = from[width - 1];
}

static void mix_rows(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *to,
                     size_t width)
{
    for (size_t x = 0; x < width; x++) {
        to[x] = (uint8_t)((above[x] + 2U * row[x] + below[x] + 2) / 4);
    }
}

chl_err chl_qr_soften(struct chl_qr_reader *reader, uint8_t *pixels, size_t width, size_t height)
{
    if (pixels == NULL || width == 0 || height == 0) {
        return CHL_E_INVAL;
    }
    if (width > CHL_QR_SIDE_MAX || height > CHL_QR_SIDE_MAX) {
        return CHL_E_LIMIT;
    }
    /* Three softened rows go along; a row is overwritten only once the one below it was taken. */
    uint8_t *above = reader->rows[0], *row = reader->rows[1], *below = reader->rows[2];
    soften_row(pixels, row, width);
    memcpy(above, row, width);
    for (size_t y = 0; y < height; y++) {
        if (y + 1 < height) {
            soften_row(pixels + (y + 1) * width, below, width);
        } else {
            memcpy(below, row, width);
        }
        mix_rows(above, row, below, pixels + y * width, width);
        uint8_t *free_row = above;
        above = row;
        row = below;
        below = free_row;
    }
    return CHL_OK;
}
