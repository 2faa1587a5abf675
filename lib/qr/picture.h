/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Picture files to grey pixels, bounded before anything is allocated.
 */
#ifndef CHL_QR_PICTURE_H
#define CHL_QR_PICTURE_H

#include <chilang/types.h>

/** Grey pixels, one byte each, rows packed. `pixels` is the owner's to free(). */
struct picture {
    size_t width, height;
    uint8_t *pixels;
};

/** Check sizes against the bounds and allocate. @return CHL_OK, CHL_E_CORRUPT (a zero side),
 *  CHL_E_LIMIT, CHL_E_NOMEM. */
chl_err picture_allocate(struct picture *picture, size_t width, size_t height);
/** Free the pixels. */
void picture_clear(struct picture *picture);

/** Decode by the first bytes. On error `*out` holds nothing. */
chl_err picture_decode(const uint8_t *bytes, size_t length, struct picture *out);
chl_err picture_decode_png(const uint8_t *bytes, size_t length, struct picture *out);
chl_err picture_decode_jpeg(const uint8_t *bytes, size_t length, struct picture *out);
chl_err picture_decode_pgm(const uint8_t *bytes, size_t length, struct picture *out);

/** Three times as large, for codes whose modules are a pixel or two. The caller clears `*out`.
 *  @return as picture_allocate(). */
chl_err picture_enlarge(const struct picture *in, struct picture *out);

/** The whole of a regular file of at most CHL_QR_FILE_MAX bytes; `*out` is the caller's to free().
 *  @return CHL_OK, CHL_E_IO not to be read or not a regular file, CHL_E_LIMIT, CHL_E_NOMEM. */
chl_err picture_load(const char *path, uint8_t **out, size_t *length);

#endif
