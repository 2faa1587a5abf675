/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One pass of zbar over grey pixels, for the readers of files and of frames.
 */
#ifndef CHL_QR_SCANNER_H
#define CHL_QR_SCANNER_H

#include "lib/qr/reader.h"

#include <zbar.h>

struct chl_qr_reader {
    zbar_image_scanner_t *scanner;
    zbar_image_t *image;
    uint8_t rows[3][CHL_QR_SIDE_MAX]; /**< of chl_qr_soften() */
};

/** Scan packed pixels; they stay the caller's. @return symbols found in `reader->image`, below 0:
 *  no memory. scanner_end() follows in any case. */
int scanner_begin(struct chl_qr_reader *reader, const uint8_t *pixels, size_t width, size_t height);
/** Forget the pixels and what was found in them. */
void scanner_end(struct chl_qr_reader *reader);

#endif
