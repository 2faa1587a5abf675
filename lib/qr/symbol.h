/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Text in, a QR symbol out: as a PNG, an SVG or blocks on a terminal.
 */
#ifndef CHL_QR_SYMBOL_H
#define CHL_QR_SYMBOL_H

#include <chilang/types.h>
#include <stdio.h>

/** Error correction. M suits a telephone's screen, Q paper that gets folded. */
typedef enum { CHL_QR_L = 0, CHL_QR_M, CHL_QR_Q, CHL_QR_H } chl_qr_level;

enum {
    CHL_QR_QUIET = 4,         /**< modules of white around the symbol (ISO/IEC 18004) */
    CHL_QR_SCALE_MAX = 32,    /**< pixels a module */
    CHL_QR_SIDE_MODULES = 177 /**< version 40 */
};

/** A drawn symbol, without its quiet zone. */
struct chl_qr_symbol {
    unsigned version;                                        /**< 1 to 40 */
    unsigned side;                                           /**< modules: 17 + 4 × version */
    uint8_t dark[CHL_QR_SIDE_MODULES * CHL_QR_SIDE_MODULES]; /**< row by row, 1 = dark */
};

/** Encode bytes in the smallest version that holds them. Runs of digits and of the alphanumeric set
 *  (our codes are wholly of it) take their shorter modes by themselves; text must not hold NUL.
 *  @return CHL_OK; CHL_E_LIMIT too long for version 40; CHL_E_INVAL empty, NUL inside or unknown
 *  level; CHL_E_NOMEM. Thread: any. Blocks: never. Source: ISO/IEC 18004. */
chl_err chl_qr_encode(const char *text, size_t length, chl_qr_level level,
                      struct chl_qr_symbol *out);

/** Write a one-bit PNG with its quiet zone, under a temporary name that begins with a dot and then
 *  renamed, so that a watched folder never shows half a picture.
 *  @param scale pixels a module, 1 to CHL_QR_SCALE_MAX.
 *  @return CHL_OK, CHL_E_INVAL, CHL_E_NOMEM, CHL_E_IO (errno says why). Blocks: disk. */
chl_err chl_qr_write_png(const struct chl_qr_symbol *symbol, unsigned scale, const char *path);
/** The same PNG into memory; `*out` is the caller's to free(). */
chl_err chl_qr_png(const struct chl_qr_symbol *symbol, unsigned scale, uint8_t **out,
                   size_t *length);

/** Write a finished picture: under a temporary name that begins with a dot, then renamed.
 *  @return CHL_OK, CHL_E_NOMEM, CHL_E_IO (errno says why). Thread: any. Blocks: disk. */
chl_err chl_qr_write_file(const char *path, const uint8_t *bytes, size_t length);

/** Write an SVG with its quiet zone; `scale` sets its width and height only.
 *  @return CHL_OK, CHL_E_INVAL or CHL_E_IO. Blocks: as the stream does. */
chl_err chl_qr_write_svg(const struct chl_qr_symbol *symbol, unsigned scale, FILE *out);

/** Draw with half blocks, two modules a character, black on white whatever the terminal's colours.
 *  @return CHL_OK or CHL_E_IO. Blocks: as the stream does. */
chl_err chl_qr_write_terminal(const struct chl_qr_symbol *symbol, FILE *out);

#endif
