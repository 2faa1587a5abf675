/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A symbol as a one-bit PNG, compressed lightly because hundreds are drawn at a time.
 */
#include "lib/qr/symbol.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

struct growing {
    uint8_t *bytes;
    size_t length, room;
};

static void append(png_structp png, png_bytep bytes, png_size_t length)
{
    struct growing *to = png_get_io_ptr(png);
    if (to->room - to->length < length) {
        size_t room = 2 * (to->length + length);
        uint8_t *more = realloc(to->bytes, room);
        if (more == NULL) {
            png_error(png, "out of memory");
        }
        to->bytes = more;
        to->room = room;
    }
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static void say_nothing(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static _Noreturn void fail(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

/** One row of modules as bits, white set, quiet zone included. */
static void draw_row(const struct chl_qr_symbol *symbol, unsigned y, unsigned scale, uint8_t *row,
                     size_t row_bytes)
{
    memset(row, 0xFF, row_bytes);
    if (y < CHL_QR_QUIET || y >= symbol->side + CHL_QR_QUIET) {
        return;
    }
    const uint8_t *dark = symbol->dark + (size_t)(y - CHL_QR_QUIET) * symbol->side;
    for (size_t x = 0; x < symbol->side; x++) {
        for (size_t i = 0; dark[x] != 0 && i < scale; i++) {
            size_t pixel = (x + CHL_QR_QUIET) * scale + i;
            row[pixel / 8] &= (uint8_t) ~(0x80U >> pixel % 8);
        }
    }
}

static void write_all(png_structp png, png_infop info, const struct chl_qr_symbol *symbol,
                      unsigned scale, uint8_t *row)
{
    unsigned modules = symbol->side + 2 * CHL_QR_QUIET;
    png_set_IHDR(png, info, modules * scale, modules * scale, 1, PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_set_compression_level(png, 1);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_write_info(png, info);
    for (unsigned y = 0; y < modules; y++) {
        draw_row(symbol, y, scale, row, ((size_t)modules * scale + 7) / 8);
        for (unsigned i = 0; i < scale; i++) {
            png_write_row(png, row);
        }
    }
    png_write_end(png, NULL);
}

chl_err chl_qr_png(const struct chl_qr_symbol *symbol, unsigned scale, uint8_t **out,
                   size_t *length)
{
    if (scale == 0 || scale > CHL_QR_SCALE_MAX) {
        return CHL_E_INVAL;
    }
    uint8_t row[((CHL_QR_SIDE_MODULES + 2 * CHL_QR_QUIET) * CHL_QR_SCALE_MAX + 7) / 8];
    struct growing to = {0};
    volatile chl_err err = CHL_E_NOMEM;
    png_infop info = NULL;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail, say_nothing);
    if (png != NULL) {
        info = png_create_info_struct(png);
    }
    if (info != NULL && setjmp(png_jmpbuf(png)) == 0) { /* NOLINT(cert-err52-cpp): libpng's way */
        png_set_write_fn(png, &to, append, flush_nothing);
        write_all(png, info, symbol, scale, row);
        err = CHL_OK;
    }
    png_destroy_write_struct(&png, &info);
    if (err != CHL_OK) {
        free(to.bytes);
        return err;
    }
    *out = to.bytes;
    *length = to.length;
    return CHL_OK;
}

chl_err chl_qr_write_png(const struct chl_qr_symbol *symbol, unsigned scale, const char *path)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    chl_err err = chl_qr_png(symbol, scale, &bytes, &length);
    if (err == CHL_OK) {
        err = chl_qr_write_file(path, bytes, length);
        free(bytes);
    }
    return err;
}
