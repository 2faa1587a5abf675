/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a 1280×720 camera frame costs, from the driver's bytes to the bytes of the code, as
 *  scan_camera does it; and how many of 200 made frames are read.
 *
 *  In the thread's own processor time, so that what else the machine does is left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jpeglib.h>

#include "lib/base/time.h"
#include "lib/qr/frame.h"
#include "lib/qr/marks.h"
#include "lib/qr/reader.h"
#include "tests/bench/figure.h"
#include "tests/chain/memory.h"
#include "tests/frames/frames.h"

enum {
    SIZE = FRAME_WIDTH * FRAME_HEIGHT,
    CHARS = 300, /* a declaration: QR version 10-M */
    LOOKS = 200, /* made frames of growing difficulty */
    EASY = 25,   /* of those, the ones that are timed: as at a lane */
    ROUNDS_DEFAULT = 10,
    ROUNDS_MAX = 1000
};

/* A format of frame to be timed. */
static const struct kind {
    const char *name;
    chl_frame_format format;
    bool is_empty; /* a lane without a code: its marks are looked for, too */
} kinds[] = {
    {"grey", CHL_FRAME_GREY, false},
    {"yuyv", CHL_FRAME_YUYV, false},
    {"mjpeg", CHL_FRAME_MJPEG, false},
    {"mjpeg, no code", CHL_FRAME_MJPEG, true},
};

static struct {
    struct chl_qr_reader *reader;
    struct chl_frame_decoder *decoder;
    struct frame_card card;
    char text[CHARS + 1];
    uint8_t pixels[SIZE], grey[SIZE], raw[2 * SIZE];
    uint8_t *jpeg;
    unsigned long jpeg_length;
} bench;

static int64_t thread_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * CHL_NS_PER_S + now.tv_nsec;
}

static bool prepare(void)
{
    static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    static struct chl_qr_symbol symbol;
    for (size_t i = 0; i < CHARS; i++) {
        bench.text[i] = set[(i * 31 + i / 7) % 45];
    }
    return chl_qr_reader_new(&bench.reader) == CHL_OK &&
           chl_frame_decoder_new(&bench.decoder) == CHL_OK &&
           chl_qr_encode(bench.text, CHARS, CHL_QR_M, &symbol) == CHL_OK &&
           frame_card_of_symbol(&symbol, &bench.card);
}

static void compress(void)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    free(bench.jpeg);
    bench.jpeg = NULL;
    bench.jpeg_length = 0;
    jpeg_mem_dest(&jpeg, &bench.jpeg, &bench.jpeg_length);
    jpeg.image_width = FRAME_WIDTH;
    jpeg.image_height = FRAME_HEIGHT;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_YCbCr;
    jpeg_set_defaults(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    static uint8_t row[3 * FRAME_WIDTH];
    while (jpeg.next_scanline < jpeg.image_height) {
        for (size_t x = 0; x < FRAME_WIDTH; x++) {
            row[3 * x] = bench.pixels[jpeg.next_scanline * FRAME_WIDTH + x];
            row[3 * x + 1] = row[3 * x + 2] = 128;
        }
        JSAMPROW rows[] = {row};
        (void)jpeg_write_scanlines(&jpeg, rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
}

/* The frame `index` as a driver of this format hands it over. */
static struct chl_frame make(const struct kind *kind, size_t index)
{
    struct frame_look look;
    struct chl_frame frame = {.format = kind->format, .width = FRAME_WIDTH, .height = FRAME_HEIGHT};
    frame_look_of(index, LOOKS, &look);
    if (look.ink > look.paper) { /* one look, one polarity: what is timed has its own */
        double ink = look.ink;
        look.ink = look.paper;
        look.paper = ink;
    }
    if (kind->is_empty) {
        frame_background(look.seed, bench.pixels);
        frame_spoil(&look, bench.pixels);
    } else {
        frame_draw(&bench.card, &look, bench.pixels);
    }
    if (kind->format == CHL_FRAME_MJPEG) {
        compress();
        frame.bytes = bench.jpeg;
        frame.length = bench.jpeg_length;
        return frame;
    }
    size_t step = kind->format == CHL_FRAME_GREY ? 1 : 2;
    for (size_t i = 0; i < SIZE; i++) {
        bench.raw[step * i] = bench.pixels[i];
    }
    frame.bytes = bench.raw;
    frame.length = step * SIZE;
    return frame;
}

static void check(void *user, const struct chl_qr_sighting *seen)
{
    bool *same = user;
    *same = seen->length == CHARS && memcmp(seen->bytes, bench.text, CHARS) == 0;
}

/* @return whether the code was read, as it was written. */
static bool look_at(const struct chl_frame *frame, bool soften, bool *marked)
{
    bool same = false;
    if (chl_frame_to_grey(bench.decoder, frame, bench.grey, SIZE) != CHL_OK) {
        return false;
    }
    if (soften) {
        (void)chl_qr_soften(bench.reader, bench.grey, FRAME_WIDTH, FRAME_HEIGHT);
    }
    chl_err err = chl_qr_look(bench.reader, bench.grey, FRAME_WIDTH, FRAME_HEIGHT, check, &same);
    if (err == CHL_E_NOTFOUND && marked != NULL) {
        *marked = chl_qr_has_marks(bench.grey, FRAME_WIDTH, FRAME_HEIGHT);
    }
    return same;
}

static bool time_kind(const struct kind *kind, size_t rounds)
{
    static double times[EASY * ROUNDS_MAX];
    size_t count = 0, wrong = 0, calls = 0;
    for (size_t i = 0; i < EASY; i++) {
        struct chl_frame frame = make(kind, i);
        bool marked = false;
        (void)look_at(&frame, true, &marked); /* warm */
        struct memory before = memory_now();
        for (size_t round = 0; round < rounds; round++) {
            int64_t began_ns = thread_ns();
            bool read = look_at(&frame, true, &marked);
            times[count++] = (double)(thread_ns() - began_ns) / (double)CHL_NS_PER_MS;
            wrong += read == kind->is_empty ? 1 : 0;
        }
        calls += memory_now().calls - before.calls;
    }
    double median = figure_median(times, count);
    double p99 = times[(count - 1) * 99 / 100];
    printf("frame %-15s frames=%zu median=%.2f ms p99=%.2f ms allocations=%.0f wrong=%zu\n",
           kind->name, count, median, p99, (double)calls / (double)count, wrong);
    printf("figure\tframe %s, ms (p99 %.1f)\t-\t%.2f\t%.2f\t%.2f\t\n", kind->name, p99, median,
           times[0], times[count - 1]);
    return wrong <= count / 20;
}

/* Made frames from easy to hopeless, in quarters: as they are, softened, and through JPEG. */
static void count_read(void)
{
    static const struct {
        const char *name;
        struct kind kind;
        bool soften;
    } ways[] = {{"as it is", {"", CHL_FRAME_GREY, false}, false},
                {"softened", {"", CHL_FRAME_GREY, false}, true},
                {"JPEG as it is", {"", CHL_FRAME_MJPEG, false}, false},
                {"JPEG softened", {"", CHL_FRAME_MJPEG, false}, true}};
    for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
        unsigned read[4] = {0}, marks = 0;
        for (size_t i = 0; i < LOOKS; i++) {
            struct chl_frame frame = make(&ways[way].kind, i);
            bool marked = false;
            if (look_at(&frame, ways[way].soften, &marked)) {
                read[i * 4 / LOOKS]++;
            }
            marks += marked ? 1 : 0;
        }
        printf("read of %d made frames, %s: %u (quarters of growing difficulty: %u %u %u %u); "
               "marks seen in %u of the others\n",
               LOOKS, ways[way].name, read[0] + read[1] + read[2] + read[3], read[0], read[1],
               read[2], read[3], marks);
    }
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : ROUNDS_DEFAULT;
    rounds = rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
    bool good = prepare();
    for (size_t i = 0; good && i < sizeof kinds / sizeof *kinds; i++) {
        good = time_kind(&kinds[i], rounds);
    }
    if (good) {
        count_read();
    } else {
        fputs("frame: expected nearly all easy frames to be read\n", stderr);
    }
    chl_qr_reader_free(bench.reader);
    chl_frame_decoder_free(bench.decoder);
    free(bench.card.texels);
    free(bench.jpeg);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
