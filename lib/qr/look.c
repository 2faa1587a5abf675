/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Looks at a camera's frames with what was made once: nothing is copied or kept.
 */
#include "lib/qr/scanner.h"

#include <math.h>

int scanner_begin(struct chl_qr_reader *reader, const uint8_t *pixels, size_t width, size_t height)
{
    enum { Y800 = 'Y' | '8' << 8 | '0' << 16 | '0' << 24 }; /* zbar's name of eight-bit grey */
    zbar_image_set_format(reader->image, Y800);
    zbar_image_set_size(reader->image, (unsigned)width, (unsigned)height);
    zbar_image_set_data(reader->image, pixels, width * height, NULL);
    return zbar_scan_image(reader->scanner, reader->image);
}

void scanner_end(struct chl_qr_reader *reader)
{
    zbar_image_set_symbols(reader->image, NULL);
    zbar_image_set_data(reader->image, NULL, 0, NULL);
}

void chl_qr_invert(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pixels[i] = (uint8_t)~pixels[i];
    }
}

/** Of the quadrangle that the corners make (the shoelace formula). */
static double area_of(const zbar_symbol_t *symbol)
{
    unsigned corners = zbar_symbol_get_loc_size(symbol);
    double twice = 0;
    for (unsigned i = 0; i < corners; i++) {
        unsigned next = (i + 1) % corners;
        twice += (double)zbar_symbol_get_loc_x(symbol, i) * zbar_symbol_get_loc_y(symbol, next) -
                 (double)zbar_symbol_get_loc_x(symbol, next) * zbar_symbol_get_loc_y(symbol, i);
    }
    return fabs(twice) / 2;
}

chl_err chl_qr_look(struct chl_qr_reader *reader, const uint8_t *pixels, size_t width,
                    size_t height, chl_qr_visit *visit, void *user)
{
    if (pixels == NULL || width == 0 || height == 0) {
        return CHL_E_INVAL;
    }
    if (width > CHL_QR_SIDE_MAX || height > CHL_QR_SIDE_MAX || width * height > CHL_QR_PIXELS_MAX) {
        return CHL_E_LIMIT;
    }
    int found = scanner_begin(reader, pixels, width, height);
    chl_err err = found < 0 ? CHL_E_NOMEM : CHL_E_NOTFOUND;
    const zbar_symbol_t *symbol = found > 0 ? zbar_image_first_symbol(reader->image) : NULL;
    for (; symbol != NULL; symbol = zbar_symbol_next(symbol)) {
        const struct chl_qr_sighting sighting = {.bytes =
                                                     (const void *)zbar_symbol_get_data(symbol),
                                                 .length = zbar_symbol_get_data_length(symbol),
                                                 .area_px = area_of(symbol)};
        if (zbar_symbol_get_type(symbol) == ZBAR_QRCODE && sighting.length > 0 &&
            sighting.length <= CHL_QR_BYTES_MAX) {
            visit(user, &sighting);
            err = CHL_OK;
        }
    }
    scanner_end(reader);
    return err;
}
