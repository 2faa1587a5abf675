/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief JPEG to grey pixels by libjpeg, with its errors turned into ours and its work bounded.
 */
#include "lib/qr/picture.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

enum {
    /** A progressive file may repeat the whole picture in each scan; cameras write about ten. */
    SCANS_MAX = 64,
    /** Coefficients of a progressive picture at our largest size, three colours at full resolution.
     */
    DECODER_MEMORY_MAX = 256 * 1024 * 1024
};

struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
};

static _Noreturn void fail(j_common_ptr jpeg)
{
    struct decoder *decoder = jpeg->client_data;
    longjmp(decoder->failed, 1); /* NOLINT(cert-err52-cpp): libjpeg's only way out of an error */
}

static void say_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void count_scans(j_common_ptr jpeg)
{
    const struct decoder *decoder = jpeg->client_data;
    if (decoder->jpeg.input_scan_number > SCANS_MAX) {
        fail(jpeg);
    }
}

static chl_err decode_rows(struct decoder *decoder, struct picture *out)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    (void)jpeg_read_header(jpeg, TRUE);
    chl_err err = picture_allocate(out, jpeg->image_width, jpeg->image_height);
    if (err != CHL_OK) {
        return err;
    }
    jpeg->out_color_space = JCS_GRAYSCALE;
    (void)jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = out->pixels + (size_t)jpeg->output_scanline * out->width;
        (void)jpeg_read_scanlines(jpeg, &row, 1);
    }
    return CHL_OK;
}

chl_err picture_decode_jpeg(const uint8_t *bytes, size_t length, struct picture *out)
{
    struct decoder decoder = {.progress = {.progress_monitor = count_scans}};
    volatile chl_err err = CHL_E_CORRUPT;
    decoder.jpeg.err = jpeg_std_error(&decoder.errors);
    decoder.errors.error_exit = fail;
    decoder.errors.output_message = say_nothing;
    decoder.jpeg.client_data = &decoder;
    if (setjmp(decoder.failed) == 0) { /* NOLINT(cert-err52-cpp) */
        jpeg_create_decompress(&decoder.jpeg);
        decoder.jpeg.progress = &decoder.progress;
        decoder.jpeg.mem->max_memory_to_use = DECODER_MEMORY_MAX;
        jpeg_mem_src(&decoder.jpeg, bytes, length);
        err = decode_rows(&decoder, out);
    }
    jpeg_destroy_decompress(&decoder.jpeg);
    return err;
}
