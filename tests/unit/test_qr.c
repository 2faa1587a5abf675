/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief lib/qr: what is drawn is read back byte for byte, and bad pictures are refused by type.
 */
#include "lib/qr/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jpeglib.h>
#include <zlib.h>

#include <cmocka.h>

static const char vietnamese[] = "Huỳnh Hiếu Thuận|Lạng Sơn|đã tiêm 2 mũi";

static struct chl_qr_reader *reader;
static struct chl_qr_code code;
static struct chl_qr_symbol symbol;

static int open_reader(void **state)
{
    (void)state;
    return chl_qr_reader_new(&reader) == CHL_OK ? 0 : -1;
}

static int close_reader(void **state)
{
    (void)state;
    chl_qr_reader_free(reader);
    chl_qr_reader_free(NULL);
    return 0;
}

/** Grey pixels of the current symbol with its quiet zone; the caller frees them. */
static uint8_t *draw(unsigned scale, uint8_t ink, uint8_t paper, size_t *side)
{
    *side = (size_t)(symbol.side + 2 * CHL_QR_QUIET) * scale;
    uint8_t *pixels = malloc(*side * *side);
    assert_non_null(pixels);
    memset(pixels, paper, *side * *side);
    for (size_t y = 0; y < (size_t)symbol.side * scale; y++) {
        for (size_t x = 0; x < (size_t)symbol.side * scale; x++) {
            if (symbol.dark[y / scale * symbol.side + x / scale] != 0) {
                size_t quiet = (size_t)CHL_QR_QUIET * scale;
                pixels[(y + quiet) * *side + x + quiet] = ink;
            }
        }
    }
    return pixels;
}

static void assert_code_is(const char *text, size_t length)
{
    assert_int_equal(code.count, 1);
    assert_int_equal(code.length, length);
    assert_memory_equal(code.bytes, text, length);
}

static void encode(const char *text, chl_qr_level level)
{
    assert_int_equal(chl_qr_encode(text, strlen(text), level, &symbol), CHL_OK);
    assert_int_equal(symbol.side, 17 + 4 * symbol.version);
}

static void test_png_round_trip_keeps_vietnamese_bytes(void **state)
{
    (void)state;
    char folder[] = "/tmp/chl-qr-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    (void)snprintf(path, sizeof path, "%s/a.png", folder);
    static const chl_qr_level levels[] = {CHL_QR_L, CHL_QR_M, CHL_QR_Q, CHL_QR_H};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        encode(vietnamese, levels[i]);
        assert_int_equal(chl_qr_write_png(&symbol, 3, path), CHL_OK);
        assert_int_equal(chl_qr_read_file(reader, path, &code), CHL_OK);
        assert_code_is(vietnamese, strlen(vietnamese));
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* and no temporary file stayed behind */
}

static void test_alphanumeric_text_takes_the_small_version(void **state)
{
    (void)state;
    static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    char text[312];
    for (size_t i = 0; i < sizeof text - 1; i++) {
        text[i] = set[(i * 31 + i / 7) % 45];
    }
    text[311] = '\0';
    encode(text, CHL_QR_M); /* 311 characters are what 10-M holds in alphanumeric mode */
    assert_int_equal(symbol.version, 10);
    text[300] = 'a'; /* one small letter needs eight bits, and is not turned into a capital */
    encode(text, CHL_QR_M);
    assert_true(symbol.version > 10);
    size_t side = 0;
    uint8_t *pixels = draw(3, 0, 255, &side);
    assert_int_equal(chl_qr_read_gray(reader, pixels, side, side, side, &code), CHL_OK);
    assert_code_is(text, 311);
    free(pixels);
}

static void test_light_on_dark_and_padded_rows_are_read(void **state)
{
    (void)state;
    encode(vietnamese, CHL_QR_M);
    size_t side = 0;
    uint8_t *pixels = draw(4, 230, 10, &side);
    assert_int_equal(chl_qr_read_gray(reader, pixels, side, side, side, &code), CHL_OK);
    assert_code_is(vietnamese, strlen(vietnamese));
    uint8_t *padded = calloc(side, side + 13);
    assert_non_null(padded);
    for (size_t y = 0; y < side; y++) {
        memcpy(padded + y * (side + 13), pixels + y * side, side);
    }
    assert_int_equal(chl_qr_read_gray(reader, padded, side, side, side + 13, &code), CHL_OK);
    assert_code_is(vietnamese, strlen(vietnamese));
    free(padded);
    free(pixels);
}

static void test_one_pixel_a_module_is_read(void **state)
{
    (void)state;
    for (uint8_t paper = 0; paper <= 1; paper++) { /* both polarities */
        size_t side = 0;
        encode(vietnamese, CHL_QR_Q);
        uint8_t *pixels = draw(1, paper == 0 ? 0 : 255, paper == 0 ? 255 : 0, &side);
        assert_int_equal(chl_qr_read_gray(reader, pixels, side, side, side, &code), CHL_OK);
        assert_code_is(vietnamese, strlen(vietnamese));
        free(pixels);
    }
}

/* Each pixel becomes the mean of its neighbourhood, as a lens out of focus makes it. */
static void test_a_soft_picture_is_read(void **state)
{
    (void)state;
    enum { REACH = 1, COUNT = (2 * REACH + 1) * (2 * REACH + 1) };
    size_t side = 0;
    encode(vietnamese, CHL_QR_M);
    uint8_t *sharp = draw(3, 0, 255, &side);
    uint8_t *soft = calloc(side, side);
    assert_non_null(soft);
    memset(soft, 255, side * side);
    for (size_t at = (side + 1) * REACH; at < side * side - (side + 1) * REACH; at++) {
        unsigned sum = 0;
        for (size_t k = 0; k < COUNT; k++) {
            size_t down = k / (2 * REACH + 1), across = k % (2 * REACH + 1);
            sum += sharp[at + down * side + across - REACH * (side + 1)];
        }
        soft[at] = (uint8_t)(sum / COUNT);
    }
    assert_int_equal(chl_qr_read_gray(reader, soft, side, side, side, &code), CHL_OK);
    assert_code_is(vietnamese, strlen(vietnamese));
    free(soft);
    free(sharp);
}

static void test_jpeg_is_read(void **state)
{
    (void)state;
    encode(vietnamese, CHL_QR_Q);
    size_t side = 0;
    uint8_t *pixels = draw(5, 0, 255, &side);
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    uint8_t *bytes = NULL;
    unsigned long length = 0;
    jpeg_mem_dest(&jpeg, &bytes, &length);
    jpeg.image_width = (JDIMENSION)side;
    jpeg.image_height = (JDIMENSION)side;
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW row = pixels + jpeg.next_scanline * side;
        (void)jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    assert_int_equal(chl_qr_read_memory(reader, bytes, length, &code), CHL_OK);
    assert_code_is(vietnamese, strlen(vietnamese));
    for (size_t cut = 0; cut < length; cut += 53) { /* whatever it finds, it must come back */
        chl_err err = chl_qr_read_memory(reader, bytes, cut, &code);
        assert_true(err != CHL_OK || code.length == strlen(vietnamese));
    }
    free(bytes);
    free(pixels);
}

static void test_pgm_is_read_and_checked(void **state)
{
    (void)state;
    encode(vietnamese, CHL_QR_M);
    size_t side = 0;
    uint8_t *pixels = draw(3, 2, 100, &side);
    char *bytes = malloc(side * side + 64);
    assert_non_null(bytes);
    int head = sprintf(bytes, "P5 # made by hand\n%zu %zu\n100\n", side, side);
    size_t length = (size_t)head + side * side;
    memcpy(bytes + head, pixels, side * side);
    assert_int_equal(chl_qr_read_memory(reader, (uint8_t *)bytes, length, &code), CHL_OK);
    assert_code_is(vietnamese, strlen(vietnamese));
    assert_int_equal(chl_qr_read_memory(reader, (uint8_t *)bytes, length - 1, &code),
                     CHL_E_CORRUPT);
    free(bytes);
    free(pixels);
    static const struct {
        const char *text;
        chl_err expected;
    } bad[] = {
        {"P5", CHL_E_CORRUPT},
        {"P5 1", CHL_E_CORRUPT},
        {"P5 2 2 255", CHL_E_CORRUPT},
        {"P5 0 2 255 aaaa", CHL_E_CORRUPT},
        {"P5 2 2 65535 aaaaaaaa", CHL_E_NOTSUP},
        {"P5 2 2 0 aaaa", CHL_E_CORRUPT},
        {"P5 8193 1 255 a", CHL_E_LIMIT},
        {"P5 8192 8192 255 a", CHL_E_LIMIT},
        {"P5 99999999999999999999999 1 255 a", CHL_E_LIMIT},
        {"P5 #", CHL_E_CORRUPT},
        {"P6 2 2 255 aaaaaaaaaaaa", CHL_E_NOTSUP},
        {"", CHL_E_NOTSUP},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(
            chl_qr_read_memory(reader, (const uint8_t *)bad[i].text, strlen(bad[i].text), &code),
            bad[i].expected);
        assert_int_equal(code.length, 0);
    }
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static void test_a_png_that_promises_too_much_is_refused(void **state)
{
    (void)state;
    encode("1", CHL_QR_M);
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(chl_qr_png(&symbol, 1, &bytes, &length), CHL_OK);
    static const struct {
        uint32_t width, height;
        chl_err expected;
    } sizes[] = {{8193, 1, CHL_E_LIMIT},
                 {1, 8193, CHL_E_LIMIT},
                 {8192, 8192, CHL_E_LIMIT},
                 {0x7FFFFFFF, 0x7FFFFFFF, CHL_E_CORRUPT},
                 {0, 7, CHL_E_CORRUPT}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        put_u32(bytes + 16, sizes[i].width); /* IHDR: length 4, name 4, width, height, …, CRC */
        put_u32(bytes + 20, sizes[i].height);
        put_u32(bytes + 29, (uint32_t)crc32(0, bytes + 12, 17));
        assert_int_equal(chl_qr_read_memory(reader, bytes, length, &code), sizes[i].expected);
    }
    free(bytes);
}

static void test_a_damaged_png_never_gives_other_bytes(void **state)
{
    (void)state;
    encode("LS1:0123456789", CHL_QR_L);
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(chl_qr_png(&symbol, 2, &bytes, &length), CHL_OK);
    for (size_t cut = 0; cut < length; cut++) {
        uint8_t *shorter = malloc(cut + 1); /* exact, so that a sanitizer sees reading past it */
        assert_non_null(shorter);
        memcpy(shorter, bytes, cut);
        chl_err err = chl_qr_read_memory(reader, shorter, cut, &code);
        assert_true(err != CHL_OK || code.length == 14);
        free(shorter);
    }
    for (size_t at = 0; at < length; at++) {
        bytes[at] ^= 0xFF;
        chl_err err = chl_qr_read_memory(reader, bytes, length, &code);
        assert_true(err != CHL_OK || memcmp(code.bytes, "LS1:0123456789", 14) == 0);
        bytes[at] ^= 0xFF;
    }
    assert_int_equal(chl_qr_read_memory(reader, bytes, length, &code), CHL_OK);
    free(bytes);
}

static void test_files_that_are_no_picture_are_refused(void **state)
{
    (void)state;
    char folder[] = "/tmp/chl-qr-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    (void)snprintf(path, sizeof path, "%s/fifo.png", folder);
    assert_int_equal(chl_qr_read_file(reader, path, &code), CHL_E_IO);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(chl_qr_read_file(reader, path, &code), CHL_E_IO); /* and does not wait */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chl_qr_read_file(reader, folder, &code), CHL_E_IO);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), CHL_QR_FILE_MAX + 1), 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chl_qr_read_file(reader, path, &code), CHL_E_LIMIT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_empty_paper_has_no_code(void **state)
{
    (void)state;
    uint8_t *pixels = malloc(10000);
    assert_non_null(pixels);
    memset(pixels, 255, 10000);
    assert_int_equal(chl_qr_read_gray(reader, pixels, 100, 100, 100, &code), CHL_E_NOTFOUND);
    assert_int_equal(chl_qr_read_gray(reader, pixels, 100, 100, 99, &code), CHL_E_INVAL);
    assert_int_equal(chl_qr_read_gray(reader, pixels, 0, 100, 99, &code), CHL_E_INVAL);
    assert_int_equal(chl_qr_read_gray(reader, pixels, 8193, 1, 8193, &code), CHL_E_LIMIT);
    free(pixels);
}

static void test_text_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    static char text[7090];
    memset(text, 'x', sizeof text);
    assert_int_equal(chl_qr_encode(text, 2953, CHL_QR_L, &symbol), CHL_OK);
    assert_int_equal(symbol.version, 40);
    assert_int_equal(chl_qr_encode(text, 2954, CHL_QR_L, &symbol), CHL_E_LIMIT);
    assert_int_equal(chl_qr_encode(text, sizeof text, CHL_QR_L, &symbol), CHL_E_LIMIT);
    assert_int_equal(chl_qr_encode(text, 0, CHL_QR_L, &symbol), CHL_E_INVAL);
    assert_int_equal(chl_qr_encode("a\0b", 3, CHL_QR_L, &symbol), CHL_E_INVAL);
    assert_int_equal(chl_qr_encode("a", 1, (chl_qr_level)4, &symbol), CHL_E_INVAL);
}

static void test_svg_and_terminal_have_the_quiet_zone(void **state)
{
    (void)state;
    encode("A", CHL_QR_M); /* version 1: 21 + 8 modules */
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    assert_int_equal(chl_qr_write_svg(&symbol, 10, out), CHL_OK);
    assert_int_equal(chl_qr_write_svg(&symbol, 0, out), CHL_E_INVAL);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "viewBox=\"0 0 29 29\""));
    assert_non_null(strstr(text, "width=\"290\""));
    assert_non_null(strstr(text, "\"M4 4h7v1h-7z")); /* the finder's top edge, after the zone */
    free(text);
    out = open_memstream(&text, &length);
    assert_non_null(out);
    assert_int_equal(chl_qr_write_terminal(&symbol, out), CHL_OK);
    assert_int_equal(fclose(out), 0);
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    assert_int_equal(lines, 15);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png_round_trip_keeps_vietnamese_bytes),
        cmocka_unit_test(test_alphanumeric_text_takes_the_small_version),
        cmocka_unit_test(test_light_on_dark_and_padded_rows_are_read),
        cmocka_unit_test(test_one_pixel_a_module_is_read),
        cmocka_unit_test(test_a_soft_picture_is_read),
        cmocka_unit_test(test_jpeg_is_read),
        cmocka_unit_test(test_pgm_is_read_and_checked),
        cmocka_unit_test(test_a_png_that_promises_too_much_is_refused),
        cmocka_unit_test(test_a_damaged_png_never_gives_other_bytes),
        cmocka_unit_test(test_files_that_are_no_picture_are_refused),
        cmocka_unit_test(test_empty_paper_has_no_code),
        cmocka_unit_test(test_text_that_does_not_fit_is_refused),
        cmocka_unit_test(test_svg_and_terminal_have_the_quiet_zone),
    };
    return cmocka_run_group_tests(tests, open_reader, close_reader);
}
