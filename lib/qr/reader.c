/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Finds QR codes in grey pixels by zbar, told to hand out bytes and never to guess text.
 */
#include "lib/qr/reader.h"

#include "lib/qr/picture.h"
#include "lib/qr/scanner.h"

#include <stdlib.h>
#include <string.h>

chl_err chl_qr_reader_new(struct chl_qr_reader **out)
{
    static const struct {
        zbar_symbol_type_t type;
        zbar_config_t option;
        int value;
    } settings[] = {
        {ZBAR_NONE, ZBAR_CFG_ENABLE, 0}, /* every kind off, then only QR on */
        {ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1},
        {ZBAR_QRCODE, ZBAR_CFG_BINARY, 1},
    };
    struct chl_qr_reader *reader = calloc(1, sizeof *reader);
    chl_err err = reader == NULL ? CHL_E_NOMEM : CHL_OK;
    if (err == CHL_OK) {
        reader->scanner = zbar_image_scanner_create();
        reader->image = zbar_image_create();
        err = reader->scanner == NULL || reader->image == NULL ? CHL_E_NOMEM : CHL_OK;
    }
    for (size_t i = 0; err == CHL_OK && i < sizeof settings / sizeof *settings; i++) {
        int refused = zbar_image_scanner_set_config(reader->scanner, settings[i].type,
                                                    settings[i].option, settings[i].value);
        err = refused != 0 ? CHL_E_NOTSUP : CHL_OK;
    }
    if (err != CHL_OK) {
        chl_qr_reader_free(reader);
        reader = NULL;
    }
    *out = reader;
    return err;
}

void chl_qr_reader_free(struct chl_qr_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->image != NULL) {
        zbar_image_destroy(reader->image);
    }
    if (reader->scanner != NULL) {
        zbar_image_scanner_destroy(reader->scanner);
    }
    free(reader);
}

static chl_err take_first(const zbar_symbol_t *symbol, struct chl_qr_code *out)
{
    chl_err err = CHL_E_NOTFOUND;
    for (; symbol != NULL; symbol = zbar_symbol_next(symbol)) {
        if (zbar_symbol_get_type(symbol) != ZBAR_QRCODE) {
            continue;
        }
        out->count++;
        if (out->count > 1) {
            continue;
        }
        size_t length = zbar_symbol_get_data_length(symbol);
        err = length > sizeof out->bytes ? CHL_E_LIMIT : CHL_OK;
        if (err == CHL_OK) {
            memcpy(out->bytes, zbar_symbol_get_data(symbol), length);
            out->length = length;
        }
    }
    return err;
}

/** One pass over packed pixels; they stay the caller's. */
static chl_err scan_packed(struct chl_qr_reader *reader, const uint8_t *pixels, size_t width,
                           size_t height, struct chl_qr_code *out)
{
    int found = scanner_begin(reader, pixels, width, height);
    chl_err err = found < 0 ? CHL_E_NOMEM : CHL_E_NOTFOUND;
    if (found > 0) {
        err = take_first(zbar_image_first_symbol(reader->image), out);
    }
    scanner_end(reader);
    return err;
}

/** Both polarities; the pixels are ours to change, and stay inverted when nothing was found. */
static chl_err scan_both(struct chl_qr_reader *reader, struct picture *picture,
                         struct chl_qr_code *out)
{
    chl_err err = scan_packed(reader, picture->pixels, picture->width, picture->height, out);
    if (err == CHL_E_NOTFOUND) {
        chl_qr_invert(picture->pixels, picture->width * picture->height);
        err = scan_packed(reader, picture->pixels, picture->width, picture->height, out);
    }
    return err;
}

/** Enlarged, where the picture is small. @return CHL_E_NOTFOUND also where it is not. */
static chl_err scan_enlarged(struct chl_qr_reader *reader, const struct picture *picture,
                             struct chl_qr_code *out)
{
    enum { SMALL_SIDE = 400 }; /* what is larger shows its modules well enough */
    if (picture->width > SMALL_SIDE || picture->height > SMALL_SIDE) {
        return CHL_E_NOTFOUND;
    }
    struct picture larger = {0};
    chl_err err = picture_enlarge(picture, &larger);
    if (err == CHL_OK) {
        err = scan_both(reader, &larger, out);
    }
    picture_clear(&larger);
    return err;
}

/** As it is, then enlarged, then softened, until something is found. */
static chl_err scan_owned(struct chl_qr_reader *reader, struct picture *picture,
                          struct chl_qr_code *out)
{
    chl_err err = scan_both(reader, picture, out);
    if (err == CHL_E_NOTFOUND) {
        err = scan_enlarged(reader, picture, out);
    }
    if (err == CHL_E_NOTFOUND) {
        err = chl_qr_soften(reader, picture->pixels, picture->width, picture->height);
        err = err == CHL_OK ? scan_both(reader, picture, out) : err;
    }
    return err;
}

static void reset(struct chl_qr_code *out)
{
    out->count = 0;
    out->length = 0;
}

chl_err chl_qr_read_gray(struct chl_qr_reader *reader, const uint8_t *pixels, size_t width,
                         size_t height, size_t stride, struct chl_qr_code *out)
{
    reset(out);
    if (pixels == NULL || width == 0 || height == 0 || stride < width) {
        return CHL_E_INVAL;
    }
    struct picture copy = {0};
    chl_err err = picture_allocate(&copy, width, height);
    if (err != CHL_OK) {
        return err;
    }
    for (size_t y = 0; y < height; y++) {
        memcpy(copy.pixels + y * width, pixels + y * stride, width);
    }
    err = scan_owned(reader, &copy, out);
    picture_clear(&copy);
    return err;
}

chl_err chl_qr_read_memory(struct chl_qr_reader *reader, const uint8_t *bytes, size_t length,
                           struct chl_qr_code *out)
{
    reset(out);
    if (length > CHL_QR_FILE_MAX) {
        return CHL_E_LIMIT;
    }
    struct picture picture = {0};
    chl_err err = picture_decode(bytes, length, &picture);
    if (err == CHL_OK) {
        err = scan_owned(reader, &picture, out);
    }
    picture_clear(&picture);
    return err;
}

chl_err chl_qr_read_file(struct chl_qr_reader *reader, const char *path, struct chl_qr_code *out)
{
    reset(out);
    uint8_t *bytes = NULL;
    size_t length = 0;
    chl_err err = picture_load(path, &bytes, &length);
    if (err == CHL_OK) {
        err = chl_qr_read_memory(reader, bytes, length, out);
    }
    free(bytes);
    return err;
}
