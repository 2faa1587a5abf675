/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Motion-JPEG to grey by libjpeg, one decoder for all frames, damaged ones included.
 *
 *  A cable's hiccup cuts frames short: libjpeg fills what is missing, and a code above it can still
 *  be read. Cameras leave out the standard Huffman tables; libjpeg-turbo puts them in.
 */
#include "lib/qr/frame_jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

enum {
    SCANS_MAX = 16, /* cameras write one */
    DECODER_MEMORY_MAX = 64 * 1024 * 1024
};

struct frame_jpeg {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    bool made;
};

static _Noreturn void fail(j_common_ptr jpeg)
{
    struct frame_jpeg *self = jpeg->client_data;
    longjmp(self->failed, 1); /* NOLINT(cert-err52-cpp): libjpeg's only way out of an error */
}

static void say_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void count_scans(j_common_ptr jpeg)
{
    const struct frame_jpeg *self = jpeg->client_data;
    if (self->jpeg.input_scan_number > SCANS_MAX) {
        fail(jpeg);
    }
}

chl_err frame_jpeg_new(struct frame_jpeg **out)
{
    struct frame_jpeg *self = calloc(1, sizeof *self);
    *out = NULL;
    if (self == NULL) {
        return CHL_E_NOMEM;
    }
    self->jpeg.err = jpeg_std_error(&self->errors);
    self->errors.error_exit = fail;
    self->errors.output_message = say_nothing;
    self->jpeg.client_data = self;
    if (setjmp(self->failed) == 0) { /* NOLINT(cert-err52-cpp) */
        jpeg_create_decompress(&self->jpeg);
        self->jpeg.mem->max_memory_to_use = DECODER_MEMORY_MAX;
        self->progress.progress_monitor = count_scans;
        self->jpeg.progress = &self->progress;
        self->made = true;
    }
    if (!self->made) {
        frame_jpeg_free(self);
        return CHL_E_NOMEM;
    }
    *out = self;
    return CHL_OK;
}

void frame_jpeg_free(struct frame_jpeg *jpeg)
{
    if (jpeg != NULL) {
        jpeg_destroy_decompress(&jpeg->jpeg);
        free(jpeg);
    }
}

static bool decode_rows(struct frame_jpeg *self, const struct chl_frame *frame, uint8_t *out)
{
    struct jpeg_decompress_struct *jpeg = &self->jpeg;
    jpeg_mem_src(jpeg, frame->bytes, frame->length);
    (void)jpeg_read_header(jpeg, TRUE);
    if (jpeg->image_width != frame->width || jpeg->image_height != frame->height) {
        return false;
    }
    jpeg->out_color_space = JCS_GRAYSCALE; /* the colours are not even transformed */
    jpeg->dct_method = JDCT_IFAST;
    (void)jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = out + (size_t)jpeg->output_scanline * frame->width;
        (void)jpeg_read_scanlines(jpeg, &row, 1);
    }
    return true;
}

chl_err frame_jpeg_decode(struct frame_jpeg *jpeg, const struct chl_frame *frame, uint8_t *out)
{
    volatile bool decoded = false;
    if (frame->length == 0) {
        return CHL_E_CORRUPT;
    }
    if (setjmp(jpeg->failed) == 0) { /* NOLINT(cert-err52-cpp) */
        decoded = decode_rows(jpeg, frame, out);
    }
    jpeg_abort_decompress(&jpeg->jpeg);
    return decoded ? CHL_OK : CHL_E_CORRUPT;
}
