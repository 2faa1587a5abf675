/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief lib/qr on camera frames: brightness out of every format, codes read through a bad lens,
 *  and their corner marks seen where they can't be read.
 */
#include "lib/qr/frame.h"
#include "lib/qr/marks.h"
#include "lib/qr/reader.h"
#include "tests/frames/frames.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <cmocka.h>

#include "lib/qr/picture.h"

enum { SIZE = FRAME_WIDTH * FRAME_HEIGHT, WIDTH = 34, HEIGHT = 6 };

static struct chl_qr_reader *reader;
static struct chl_frame_decoder *decoder;
static uint8_t pixels[SIZE], grey[SIZE];

static int open_all(void **state)
{
    (void)state;
    return chl_qr_reader_new(&reader) == CHL_OK && chl_frame_decoder_new(&decoder) == CHL_OK ? 0
                                                                                             : -1;
}

static int close_all(void **state)
{
    (void)state;
    chl_qr_reader_free(reader);
    chl_frame_decoder_free(decoder);
    chl_frame_decoder_free(NULL);
    return 0;
}

/* ---- formats ---- */

/** The brightness that row `y` has at `x`. */
static uint8_t light(size_t x, size_t y)
{
    return (uint8_t)(x * 7 + y * 31);
}

static void test_brightness_is_taken_out_of_raw_formats(void **state)
{
    (void)state;
    static const struct {
        chl_frame_format format;
        size_t step, first, padding;
    } cases[] = {{CHL_FRAME_GREY, 1, 0, 0}, {CHL_FRAME_GREY, 1, 0, 30}, {CHL_FRAME_NV12, 1, 0, 6},
                 {CHL_FRAME_YUYV, 2, 0, 0}, {CHL_FRAME_YUYV, 2, 0, 12}, {CHL_FRAME_UYVY, 2, 1, 0},
                 {CHL_FRAME_UYVY, 2, 1, 28}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t stride = WIDTH * cases[i].step + cases[i].padding;
        size_t needed = stride * (HEIGHT - 1) + WIDTH * cases[i].step;
        uint8_t *bytes = malloc(needed); /* exact, so that a sanitizer sees reading past it */
        assert_non_null(bytes);
        memset(bytes, 0xEE, needed);
        for (size_t y = 0; y < HEIGHT; y++) {
            for (size_t x = 0; x < WIDTH; x++) {
                bytes[y * stride + x * cases[i].step + cases[i].first] = light(x, y);
            }
        }
        struct chl_frame frame = {.format = cases[i].format,
                                  .width = WIDTH,
                                  .height = HEIGHT,
                                  .stride = cases[i].padding == 0 ? 0 : stride,
                                  .bytes = bytes,
                                  .length = needed};
        assert_int_equal(chl_frame_to_grey(decoder, &frame, grey, WIDTH * HEIGHT), CHL_OK);
        for (size_t k = 0; k < (size_t)WIDTH * HEIGHT; k++) {
            assert_int_equal(grey[k], light(k % WIDTH, k / WIDTH));
        }
        frame.length = needed - 1;
        assert_int_equal(chl_frame_to_grey(decoder, &frame, grey, SIZE), CHL_E_CORRUPT);
        frame.length = 0;
        assert_int_equal(chl_frame_to_grey(decoder, &frame, grey, SIZE), CHL_E_CORRUPT);
        free(bytes);
    }
}

static void test_sizes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct chl_frame frame;
        chl_err expected;
    } cases[] = {
        {{.width = 0, .height = 1}, CHL_E_INVAL},
        {{.width = 1, .height = 0}, CHL_E_INVAL},
        {{.width = 2, .height = 2, .stride = 1}, CHL_E_INVAL},
        {{.width = 2, .height = 2, .stride = SIZE_MAX}, CHL_E_CORRUPT},
        {{.width = 2, .height = 2, .stride = SIZE_MAX / 2 + 1}, CHL_E_CORRUPT},
        {{.width = CHL_QR_SIDE_MAX + 1, .height = 1}, CHL_E_LIMIT},
        {{.width = SIZE_MAX, .height = SIZE_MAX}, CHL_E_LIMIT},
        {{.width = FRAME_WIDTH + 1, .height = FRAME_HEIGHT}, CHL_E_LIMIT}, /* more than the room */
        {{.format = CHL_FRAME_FORMAT_COUNT, .width = 1, .height = 1}, CHL_E_INVAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chl_frame frame = cases[i].frame;
        frame.bytes = pixels;
        frame.length = SIZE;
        assert_int_equal(chl_frame_to_grey(decoder, &frame, grey, SIZE), cases[i].expected);
    }
}

struct seen {
    size_t count;
    char text[1024];
    double area_px;
};

static void note(void *user, const struct chl_qr_sighting *sighting)
{
    struct seen *seen = user;
    seen->count++;
    assert_true(sighting->length < sizeof seen->text);
    memcpy(seen->text, sighting->bytes, sighting->length);
    seen->text[sighting->length] = '\0';
    seen->area_px = sighting->area_px;
}

/** As scan_camera looks at a frame. */
static chl_err soft_look(uint8_t *frame, struct seen *seen)
{
    assert_int_equal(chl_qr_soften(reader, frame, FRAME_WIDTH, FRAME_HEIGHT), CHL_OK);
    return chl_qr_look(reader, frame, FRAME_WIDTH, FRAME_HEIGHT, note, seen);
}

/* ---- Motion-JPEG ---- */

static uint8_t *compress(const uint8_t *from, size_t width, size_t height, unsigned long *length)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    uint8_t *bytes = NULL;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    *length = 0;
    jpeg_mem_dest(&jpeg, &bytes, length);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = 3; /* as cameras send it: in colour, the colours coarser */
    jpeg.in_color_space = JCS_YCbCr;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 75, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    uint8_t *row = malloc(3 * width);
    assert_non_null(row);
    while (jpeg.next_scanline < jpeg.image_height) {
        for (size_t x = 0; x < width; x++) {
            row[3 * x] = from[jpeg.next_scanline * width + x];
            row[3 * x + 1] = 100;
            row[3 * x + 2] = 150;
        }
        JSAMPROW rows[] = {row};
        (void)jpeg_write_scanlines(&jpeg, rows, 1);
    }
    free(row);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return bytes;
}

/** Take out the Huffman tables, as cameras do. @return the new length. */
static unsigned long drop_tables(uint8_t *bytes, unsigned long length)
{
    unsigned long at = 2, dropped = 0;
    while (at + 4 <= length && bytes[at] == 0xFF && bytes[at + 1] != 0xDA) {
        unsigned long segment = 2UL + 256UL * bytes[at + 2] + bytes[at + 3];
        if (bytes[at + 1] == 0xC4) {
            memmove(bytes + at, bytes + at + segment, length - at - segment);
            length -= segment;
            dropped++;
        } else {
            at += segment;
        }
    }
    assert_true(dropped > 0);
    return length;
}

static void draw(const char *text, size_t index, size_t count)
{
    static struct chl_qr_symbol symbol;
    struct frame_card card;
    struct frame_look look;
    assert_int_equal(chl_qr_encode(text, strlen(text), CHL_QR_M, &symbol), CHL_OK);
    assert_true(frame_card_of_symbol(&symbol, &card));
    frame_look_of(index, count, &look);
    frame_draw(&card, &look, pixels);
    free(card.texels);
}

static void test_motion_jpeg_is_read_also_without_tables_and_cut_off(void **state)
{
    (void)state;
    unsigned long length = 0;
    struct seen seen = {0};
    draw("LS1:MOTION-JPEG FROM A CAMERA AT LANE 1", 0, 100);
    uint8_t *bytes = compress(pixels, FRAME_WIDTH, FRAME_HEIGHT, &length);
    length = drop_tables(bytes, length);
    struct chl_frame frame = {.format = CHL_FRAME_MJPEG,
                              .width = FRAME_WIDTH,
                              .height = FRAME_HEIGHT,
                              .bytes = bytes,
                              .length = length};
    assert_int_equal(chl_frame_to_grey(decoder, &frame, grey, SIZE), CHL_OK);
    assert_int_equal(soft_look(grey, &seen), CHL_OK);
    assert_string_equal(seen.text, "LS1:MOTION-JPEG FROM A CAMERA AT LANE 1");
    for (size_t cut = 0; cut <= length; cut += length / 40) { /* any answer, but an answer */
        frame.length = cut;
        chl_err err = chl_frame_to_grey(decoder, &frame, grey, SIZE);
        assert_true(err == CHL_OK || err == CHL_E_CORRUPT);
    }
    frame.length = length * 95 / 100; /* the bottom is missing: what stands above it counts */
    assert_int_equal(chl_frame_to_grey(decoder, &frame, grey, SIZE), CHL_OK);
    assert_int_equal(soft_look(grey, &seen), CHL_OK);
    frame.length = length;
    frame.width = FRAME_WIDTH - 1; /* not the size that was agreed */
    assert_int_equal(chl_frame_to_grey(decoder, &frame, grey, SIZE), CHL_E_CORRUPT);
    free(bytes);
}

static void test_softening_keeps_even_surfaces_and_small_sizes(void **state)
{
    (void)state;
    for (size_t width = 1; width < 6; width++) {
        for (size_t height = 1; height < 6; height++) {
            uint8_t *even = malloc(width * height); /* exact, so that a sanitizer sees more */
            assert_non_null(even);
            memset(even, 77, width * height);
            assert_int_equal(chl_qr_soften(reader, even, width, height), CHL_OK);
            for (size_t i = 0; i < width * height; i++) {
                assert_int_equal(even[i], 77);
            }
            free(even);
        }
    }
    uint8_t dot[25] = {[12] = 160};
    static const uint8_t expected[25] = {[6] = 10,  [7] = 20,  [8] = 10,  [11] = 20, [12] = 40,
                                         [13] = 20, [16] = 10, [17] = 20, [18] = 10};
    assert_int_equal(chl_qr_soften(reader, dot, 5, 5), CHL_OK);
    assert_memory_equal(dot, expected, sizeof dot);
    assert_int_equal(chl_qr_soften(reader, dot, 0, 5), CHL_E_INVAL);
    assert_int_equal(chl_qr_soften(reader, dot, CHL_QR_SIDE_MAX + 1, 1), CHL_E_LIMIT);
}

/* ---- codes before the lens ---- */

static void test_tone_marks_survive_the_lens(void **state)
{
    (void)state;
    static const char *const names[] = {
        "001203000123||HUỲNH HIẾU THUẬN|01021990|Nữ|Đắk Lắk|01082021",
        "001203000124||Nguyễn Ngọc Ánh|1990|Nam|Xã Ẳng Cang, Mường Ảng|01082021",
        "001203000125||Đỗ Thị Mỹ Lệ|1990|Nữ|Ấp Bưng Ổi, Ỷ La, Ứng Hòa|01082021",
        "ẮẰẲẴẶẤẦẨẪẬẾỀỂỄỆỐỒỔỖỘỚỜỞỠỢỨỪỬỮỰỲỴỶỸ",
    };
    for (size_t i = 0; i < 2 * sizeof names / sizeof *names; i++) {
        struct seen seen = {0};
        const char *name = names[i / 2];
        draw(name, i % 2 == 0 ? 0 : 3, 100); /* dark on light, light on dark */
        if (i % 2 != 0) {
            chl_qr_invert(pixels, SIZE);
        }
        assert_int_equal(chl_qr_look(reader, pixels, FRAME_WIDTH, FRAME_HEIGHT, note, &seen),
                         CHL_OK);
        assert_int_equal(seen.count, 1);
        assert_string_equal(seen.text, name);
        assert_true(seen.area_px > 10000 && seen.area_px < SIZE);
    }
}

static void test_two_codes_are_both_seen(void **state)
{
    (void)state;
    static struct chl_qr_symbol symbol;
    static const char *const texts[] = {"LS1:NEAR", "LS1:FAR"};
    size_t count = 0;
    frame_background(3, pixels);
    for (size_t i = 0; i < 2; i++) {
        struct frame_card card;
        const struct frame_look look = {
            .texel_px = i == 0 ? 9 : 5, .at_x = i == 0 ? -300 : 300, .ink = 20, .paper = 230};
        assert_int_equal(chl_qr_encode(texts[i], strlen(texts[i]), CHL_QR_M, &symbol), CHL_OK);
        assert_true(frame_card_of_symbol(&symbol, &card));
        frame_lay(&card, &look, pixels);
        free(card.texels);
    }
    struct seen seen = {0};
    assert_int_equal(chl_qr_look(reader, pixels, FRAME_WIDTH, FRAME_HEIGHT, note, &seen), CHL_OK);
    count = seen.count;
    assert_int_equal(count, 2);
}

enum { LOOKS = 80 };

/** Read or only seen, of one quarter of growing difficulty. */
struct rate {
    unsigned read, seen;
};

/* A declaration's size, made frames from easy to hopeless. Counted in quarters; the bounds are
 * below what was measured, so that a worse reader shows. */
static void test_read_rate_of_made_frames(void **state)
{
    (void)state;
    static char text[301];
    static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    static const unsigned bounds[4] = {19, 19, 17, 9};
    struct rate rates[4] = {{0}};
    for (size_t i = 0; i < sizeof text - 1; i++) {
        text[i] = set[(i * 31 + i / 7) % 45];
    }
    for (size_t i = 0; i < LOOKS; i++) {
        struct seen seen = {0};
        draw(text, i, LOOKS);
        if (i % 4 == 3) {
            chl_qr_invert(pixels, SIZE);
        }
        struct rate *rate = &rates[i * 4 / LOOKS];
        if (soft_look(pixels, &seen) == CHL_OK) {
            assert_string_equal(seen.text, text); /* never other bytes */
            rate->read++;
        }
        rate->seen += chl_qr_has_marks(pixels, FRAME_WIDTH, FRAME_HEIGHT) ? 1 : 0;
    }
    for (size_t i = 0; i < 4; i++) {
        print_message("made frames, quarter %zu of 4: %u of %d read, marks seen in %u\n", i + 1,
                      rates[i].read, LOOKS / 4, rates[i].seen);
        assert_true(rates[i].read >= bounds[i]);
    }
    assert_true(rates[0].seen >= 17);
}

static void test_marks_are_not_seen_where_there_is_no_code(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (uint32_t seed = 1; seed <= 60; seed++) { /* clutter, noise, stripes and text-like rows */
        const struct frame_look look = {.noise = seed % 4 * 12, .blur_px = seed % 3, .seed = seed};
        frame_background(seed * 7919, pixels);
        for (size_t i = 0; i < SIZE && seed % 3 == 0; i++) {
            size_t x = i % FRAME_WIDTH, y = i / FRAME_WIDTH;
            pixels[i] =
                (x / (2 + seed % 5) * 2654435761U ^ y / (3 + seed % 4) * 40503U) % 7 < 3 ? 30 : 220;
        }
        frame_spoil(&look, pixels);
        seen += chl_qr_has_marks(pixels, FRAME_WIDTH, FRAME_HEIGHT) ? 1 : 0;
    }
    print_message("frames without a code in which marks were seen: %u of 60\n", seen);
    assert_true(seen <= 2);
    assert_false(chl_qr_has_marks(NULL, 10, 10));
    assert_false(chl_qr_has_marks(pixels, 1, 1));
}

/** With a white margin, as the page around it has. */
static struct frame_card on_white(const struct picture *picture)
{
    size_t margin = picture->width / 12;
    struct frame_card card = {.width = picture->width + 2 * margin,
                              .height = picture->height + 2 * margin};
    card.texels = malloc(card.width * card.height);
    assert_non_null(card.texels);
    memset(card.texels, 255, card.width * card.height);
    for (size_t y = 0; y < picture->height; y++) {
        memcpy(card.texels + (y + margin) * card.width + margin,
               picture->pixels + y * picture->width, picture->width);
    }
    return card;
}

enum { TURNS = 6, TURNS_READ = 4 };

/** Show a card turned in several ways. @return in how many of them it was read, as these bytes. */
static unsigned read_turned(const struct frame_card *card, const struct chl_qr_code *expected)
{
    unsigned read = 0;
    for (unsigned i = 0; i < TURNS; i++) {
        struct seen seen = {0};
        const struct frame_look look = {.texel_px = 520.0 / (double)card->height,
                                        .turn = 0.25 * i,
                                        .tilt = 0.1,
                                        .blur_px = 0.3,
                                        .noise = 3,
                                        .ink = 20,
                                        .paper = 230,
                                        .seed = 9 + i};
        frame_draw(card, &look, pixels);
        if (soft_look(pixels, &seen) == CHL_OK) {
            assert_int_equal(strlen(seen.text), expected->length);
            assert_memory_equal(seen.text, expected->bytes, expected->length);
            read++;
        }
    }
    return read;
}

/* A certificate as its issuer drew it, before the lens: where such pictures are at hand. */
static void test_real_certificates_are_read_from_a_screen(void **state)
{
    (void)state;
    static const char *const pictures[] = {
        CHL_SHARED_DIR "/data/qr/dcc-quality-assurance/CZ/1.0.1/VAC.png",
        CHL_SHARED_DIR "/data/qr/dcc-quality-assurance/CZ/1.3.0/TEST.png"};
    unsigned tried = 0;
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        static struct chl_qr_code flat;
        struct picture picture = {0};
        uint8_t *bytes = NULL;
        size_t length = 0;
        if (picture_load(pictures[i], &bytes, &length) != CHL_OK) {
            print_message("SKIPPED %s: not there\n", pictures[i]);
            continue;
        }
        assert_int_equal(chl_qr_read_memory(reader, bytes, length, &flat), CHL_OK);
        assert_int_equal(picture_decode(bytes, length, &picture), CHL_OK);
        struct frame_card card = on_white(&picture);
        unsigned read = read_turned(&card, &flat);
        print_message("%s: %zu bytes, read in %u of %d frames\n", strrchr(pictures[i], '/') + 1,
                      flat.length, read, TURNS);
        assert_true(read >= TURNS_READ);
        tried++;
        free(card.texels);
        picture_clear(&picture);
        free(bytes);
    }
    if (tried == 0) {
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brightness_is_taken_out_of_raw_formats),
        cmocka_unit_test(test_sizes_that_cannot_be_are_refused),
        cmocka_unit_test(test_motion_jpeg_is_read_also_without_tables_and_cut_off),
        cmocka_unit_test(test_softening_keeps_even_surfaces_and_small_sizes),
        cmocka_unit_test(test_tone_marks_survive_the_lens),
        cmocka_unit_test(test_two_codes_are_both_seen),
        cmocka_unit_test(test_read_rate_of_made_frames),
        cmocka_unit_test(test_marks_are_not_seen_where_there_is_no_code),
        cmocka_unit_test(test_real_certificates_are_read_from_a_screen),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
