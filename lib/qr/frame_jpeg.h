/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The JPEG decoder that a camera's frames share.
 */
#ifndef CHL_QR_FRAME_JPEG_H
#define CHL_QR_FRAME_JPEG_H

#include "lib/qr/frame.h"

struct frame_jpeg;

/** @return CHL_OK or CHL_E_NOMEM. */
chl_err frame_jpeg_new(struct frame_jpeg **out);
/** NULL is allowed. */
void frame_jpeg_free(struct frame_jpeg *jpeg);
/** Sizes are checked by the caller, `out` holds them. @return CHL_OK or CHL_E_CORRUPT. */
chl_err frame_jpeg_decode(struct frame_jpeg *jpeg, const struct chl_frame *frame, uint8_t *out);

#endif
