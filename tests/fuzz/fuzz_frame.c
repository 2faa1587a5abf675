/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzzes frames of a camera whose driver lies about them, and films of unknown origin.
 *
 *  Input: format (5 = a film), width, height and stride of two bytes each, little-endian; content.
 */
#include "lib/qr/frame.h"
#include "lib/qr/marks.h"
#include "plugins/scan_camera/y4m.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 7, SIDE_MAX = 512, FILM = CHL_FRAME_FORMAT_COUNT };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t two(const uint8_t *at)
{
    return at[0] + 256U * at[1];
}

static void try_film(const uint8_t *data, size_t size)
{
    char line[Y4M_LINE_MAX];
    struct y4m film;
    FILE *in = size == 0 ? NULL : fmemopen((void *)(uintptr_t)data, size, "rb");
    if (in == NULL) {
        return;
    }
    if (y4m_line(in, line) && y4m_header(line, &film) == CHL_OK && film.width <= SIDE_MAX &&
        film.height <= SIDE_MAX) {
        uint8_t *pixels =
            malloc(film.width * film.height); /* exact, so that a write past it shows */
        while (pixels != NULL && y4m_frame(in, &film, pixels) == CHL_OK) {
        }
        free(pixels);
    }
    (void)fclose(in);
}

static void try_frame(const uint8_t *data, size_t size)
{
    static struct chl_frame_decoder *decoder; /* kept, as a camera keeps it */
    if (decoder == NULL && chl_frame_decoder_new(&decoder) != CHL_OK) {
        abort();
    }
    uint8_t *bytes = malloc(size - HEAD + 1);
    const struct chl_frame frame = {.format = (chl_frame_format)data[0],
                                    .width = two(data + 1),
                                    .height = two(data + 3),
                                    .stride = two(data + 5),
                                    .bytes = bytes,
                                    .length = size - HEAD};
    size_t room = frame.width * frame.height;
    uint8_t *pixels = room <= (size_t)SIDE_MAX * SIDE_MAX ? calloc(1, room + 1) : NULL;
    if (bytes != NULL && pixels != NULL) {
        memcpy(bytes, data + HEAD, size - HEAD);
        pixels[room] = 0xA5;
        if (chl_frame_to_grey(decoder, &frame, pixels, room) == CHL_OK) {
            (void)chl_qr_has_marks(pixels, frame.width, frame.height);
        }
        if (pixels[room] != 0xA5) {
            abort();
        }
    }
    free(pixels);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD) {
        return 0;
    }
    if (data[0] == FILM) {
        try_film(data + 1, size - 1);
    } else {
        try_frame(data, size);
    }
    return 0;
}
