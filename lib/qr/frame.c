/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Takes the brightness out of camera frames, after checking that it is all there.
 */
#include "lib/qr/frame.h"

#include "lib/qr/frame_jpeg.h"
#include "lib/qr/reader.h"

#include <stdlib.h>
#include <string.h>

struct chl_frame_decoder {
    struct frame_jpeg *jpeg; /* made for the first MJPEG frame */
};

chl_err chl_frame_decoder_new(struct chl_frame_decoder **out)
{
    *out = calloc(1, sizeof **out);
    return *out == NULL ? CHL_E_NOMEM : CHL_OK;
}

void chl_frame_decoder_free(struct chl_frame_decoder *decoder)
{
    if (decoder != NULL) {
        frame_jpeg_free(decoder->jpeg);
        free(decoder);
    }
}

/** Where the brightness of a raw format lies; MJPEG has no row here. */
static const struct layout {
    size_t step, first; /* bytes from one pixel's brightness to the next, and before the first */
} layouts[] = {
    [CHL_FRAME_GREY] = {1, 0},
    [CHL_FRAME_NV12] = {1, 0},
    [CHL_FRAME_YUYV] = {2, 0},
    [CHL_FRAME_UYVY] = {2, 1},
};

static void take_row(const uint8_t *row, size_t step, size_t width, uint8_t *out)
{
    if (step == 1) {
        memcpy(out, row, width);
        return;
    }
    for (size_t x = 0; x < width; x++) {
        out[x] = row[2 * x];
    }
}

/** Only brightness is asked for: a frame cut off in its colours is still good. */
static chl_err take_raw(const struct chl_frame *frame, uint8_t *out)
{
    const struct layout *layout = &layouts[frame->format];
    size_t row = layout->step * frame->width;
    size_t stride = frame->stride == 0 ? row : frame->stride;
    if (stride < row) {
        return CHL_E_INVAL;
    }
    /* By division: a stride is the driver's word, and the product may not fit. */
    if (frame->length < row || (frame->length - row) / stride < frame->height - 1) {
        return CHL_E_CORRUPT;
    }
    for (size_t y = 0; y < frame->height; y++) {
        take_row(frame->bytes + y * stride + layout->first, layout->step, frame->width,
                 out + y * frame->width);
    }
    return CHL_OK;
}

chl_err chl_frame_to_grey(struct chl_frame_decoder *decoder, const struct chl_frame *frame,
                          uint8_t *out, size_t capacity)
{
    if ((unsigned)frame->format >= CHL_FRAME_FORMAT_COUNT || frame->bytes == NULL ||
        frame->width == 0 || frame->height == 0) {
        return CHL_E_INVAL;
    }
    if (frame->width > CHL_QR_SIDE_MAX || frame->height > CHL_QR_SIDE_MAX ||
        frame->width * frame->height > CHL_QR_PIXELS_MAX ||
        frame->width * frame->height > capacity) {
        return CHL_E_LIMIT;
    }
    if (frame->format != CHL_FRAME_MJPEG) {
        return take_raw(frame, out);
    }
    chl_err err = CHL_OK;
    if (decoder->jpeg == NULL) {
        err = frame_jpeg_new(&decoder->jpeg);
    }
    return err == CHL_OK ? frame_jpeg_decode(decoder->jpeg, frame, out) : err;
}
