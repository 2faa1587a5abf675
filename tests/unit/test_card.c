/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Cards: whatever is printed is read back, nothing is cut away, every letter has a picture.
 */
#include "declaration_keys.h"

#include "lib/base/text.h"
#include "lib/card/card.h"
#include "lib/card/internal.h"
#include "lib/qr/picture.h"
#include "lib/qr/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static char path[128];
static char why[512];
static struct test_issuer issuer;
static struct chl_declaration form;
static struct chl_qr_symbol symbol;
static char code[CHL_ISSUE_CODE_MAX];
static const struct chl_card card = {.form = &form,
                                     .symbol = &symbol,
                                     .from = "thị trấn Đồng Đăng, Huyện Cao Lộc",
                                     .to = "phường Vĩnh Trại, Thành phố Lạng Sơn"};

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/chl-card-XXXXXX");
    test_issuer_make(&issuer, "P-256");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_issuer_clear(&issuer);
    return rmdir(folder); /* every test takes its own files away */
}

static const char *in_folder(const char *name)
{
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/** Sign `form` and draw its symbol. */
static void sign(chl_qr_level level)
{
    assert_int_equal(
        chl_declaration_issue(issuer.issuer, &form, code, sizeof code, why, sizeof why), CHL_OK);
    assert_int_equal(chl_qr_encode(code, strlen(code), level, &symbol), CHL_OK);
}

static void assert_reads(const char *file)
{
    static struct chl_qr_code read;
    struct chl_qr_reader *reader = NULL;
    assert_int_equal(chl_qr_reader_new(&reader), CHL_OK);
    assert_int_equal(chl_qr_read_file(reader, file, &read), CHL_OK);
    assert_int_equal(read.count, 1);
    assert_int_equal(read.length, strlen(code));
    assert_memory_equal(read.bytes, code, read.length);
    chl_qr_reader_free(reader);
}

static void write_and_read(void)
{
    if (chl_card_write(&card, CHL_CARD_PNG, in_folder("card.png"), why, sizeof why) != CHL_OK) {
        fail_msg("%s", why);
    }
    assert_reads(path);
    assert_int_equal(unlink(path), 0);
}

static void test_a_printed_card_is_read(void **state)
{
    (void)state;
    test_fill_minimal(&form);
    sign(CHL_QR_Q);
    assert_true(chl_card_module_um(&symbol) >= 900);
    write_and_read();
    test_fill_full(&form);
    sign(CHL_QR_Q);
    assert_true(chl_card_module_um(&symbol) >= 700);
    write_and_read();
    test_fill_everything(&form);
    sign(CHL_QR_Q);
    assert_true(chl_card_module_um(&symbol) >= 500);
    write_and_read();
}

/** Dark pixels of the card's picture in the rows between two heights in millimetres. */
static unsigned ink_between(double top_mm, double bottom_mm)
{
    cairo_surface_t *picture = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_surface_status(picture), CAIRO_STATUS_SUCCESS);
    int width = cairo_image_surface_get_width(picture);
    int stride = cairo_image_surface_get_stride(picture);
    const unsigned char *pixels = cairo_image_surface_get_data(picture);
    unsigned dark = 0;
    for (int y = (int)(top_mm / 25.4 * CHL_CARD_DPI); y < (int)(bottom_mm / 25.4 * CHL_CARD_DPI);
         y++) {
        for (int x = 0; x < width; x++) {
            dark += pixels[(ptrdiff_t)y * stride + 4 * x] < 128 ? 1 : 0;
        }
    }
    cairo_surface_destroy(picture);
    return dark;
}

/** The longest names and as many companions as a code names leave the code's quiet zone clear. */
static void test_much_text_fits(void **state)
{
    (void)state;
    static const char longest[] = "Nguyễn Phước Tôn Nữ Hoàng Thị Quỳnh Như Ý Thiên Hương Diễm Kiều "
                                  "Nguyệt Ánh Tuyết Băng Tâm Đoan Trang";
    test_fill_full(&form);
    (void)chl_copy(form.claims.name, sizeof form.claims.name, longest);
    for (int i = 0; i < CHL_CLAIM_COMPANIONS_MAX; i++) {
        assert_int_equal(
            chl_declaration_accompany(&form, "Công Tằng Tôn Nữ Huỳnh Thị Ngọc Ánh", "2/3/2019", ""),
            CHL_OK);
    }
    form.claims.party = 1;
    sign(CHL_QR_M);
    struct card_pen pen;
    cairo_surface_t *nowhere = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
    assert_true(card_pen_new(&pen, nowhere));
    card_draw(&pen, &card);
    assert_int_equal(pen.cut, 0);
    card_pen_clear(&pen);
    cairo_surface_destroy(nowhere);
    assert_int_equal(chl_card_write(&card, CHL_CARD_PNG, in_folder("card.png"), why, sizeof why),
                     CHL_OK);
    assert_reads(path);
    assert_int_equal(ink_between(57.0, 58.5), 0);
    assert_true(ink_between(40.0, 56.0) > 0);
    assert_int_equal(ink_between(146.5, 148.0), 0);
    assert_int_equal(unlink(path), 0);
}

/** Every letter of Vietnamese, with every tone mark, has a picture; one that none has is refused.
 */
static void test_every_letter_has_a_picture(void **state)
{
    (void)state;
    static const char letters[] =
        "aáàảãạăắằẳẵặâấầẩẫậeéèẻẽẹêếềểễệiíìỉĩịoóòỏõọôốồổỗộơớờởỡợuúùủũụưứừửữựyýỳỷỹỵđ"
        "AÁÀẢÃẠĂẮẰẲẴẶÂẤẦẨẪẬEÉÈẺẼẸÊẾỀỂỄỆIÍÌỈĨỊOÓÒỎÕỌÔỐỒỔỖỘƠỚỜỞỠỢUÚÙỦŨỤƯỨỪỬỮỰYÝỲỶỸỴĐ";
    static const struct card_style style = {.size = 9, .size_min = 9, .lines = 9};
    struct card_pen pen;
    cairo_surface_t *nowhere = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
    assert_true(card_pen_new(&pen, nowhere));
    assert_true(card_text(&pen, 0, 0, 260, &style, letters) > 9);
    assert_int_equal(pen.unknown, 0);
    card_pen_clear(&pen);
    cairo_surface_destroy(nowhere);
    test_fill_minimal(&form);
    (void)chl_copy(form.claims.name, sizeof form.claims.name, "An \xF3\xB0\x80\x81"); /* private */
    sign(CHL_QR_Q);
    assert_int_equal(chl_card_write(&card, CHL_CARD_PNG, in_folder("card.png"), why, sizeof why),
                     CHL_E_NOTSUP);
    assert_non_null(strstr(why, "fonts-dejavu-core"));
    assert_int_not_equal(access(path, F_OK), 0);
}

static void test_modules_too_small_are_refused(void **state)
{
    (void)state;
    static char digits[7000];
    memset(digits, '7', sizeof digits - 1);
    test_fill_minimal(&form);
    sign(CHL_QR_Q);
    assert_int_equal(chl_qr_encode(digits, 7000 - 1, CHL_QR_L, &symbol), CHL_OK);
    assert_int_equal(chl_card_write(&card, CHL_CARD_PNG, in_folder("card.png"), why, sizeof why),
                     CHL_E_LIMIT);
    assert_non_null(strstr(why, "expected modules of at least 0.50 mm"));
}

static size_t file_text(const char *file, char *out, size_t size)
{
    FILE *in = fopen(file, "r");
    assert_non_null(in);
    size_t length = fread(out, 1, size - 1, in);
    (void)fclose(in);
    out[length] = '\0';
    return length;
}

static void test_other_files_are_what_they_say(void **state)
{
    (void)state;
    static char text[512 * 1024];
    test_fill_minimal(&form);
    sign(CHL_QR_Q);
    assert_int_equal(chl_card_write(&card, CHL_CARD_SVG, in_folder("card.svg"), why, sizeof why),
                     CHL_OK);
    assert_true(file_text(path, text, sizeof text) > 1000);
    assert_non_null(strstr(text, "<svg"));
    assert_non_null(strstr(text, "</svg>"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chl_card_write(&card, CHL_CARD_PDF, in_folder("card.pdf"), why, sizeof why),
                     CHL_OK);
    assert_true(file_text(path, text, sizeof text) > 1000);
    assert_memory_equal(text, "%PDF-", 5);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(
        chl_card_write(&card, CHL_CARD_PDF, "/nowhere/at/all/card.pdf", why, sizeof why), CHL_E_IO);
    assert_non_null(strstr(why, "/nowhere/at/all"));
}

/** Pages of a PDF as its viewer draws them at 200 dpi, one picture each. */
static bool draw_pages(const char *pdf)
{
    char command[512];
    int length =
        snprintf(command, sizeof command,
                 "command -v pdftoppm >/dev/null && pdftoppm -r 200 -gray %s %s/page", pdf, folder);
    assert_true(length > 0 && (size_t)length < sizeof command);
    return system(command) == 0; /* NOLINT(cert-env33-c): a fixed tool on the test's own file */
}

/** Which of the codes is read in a part of the picture, -1 = none. One card at a time, as a scanner
 *  sees them: one look at four of them now and then misses one. */
static int code_in(const struct picture *page, size_t column, size_t row,
                   char codes[][CHL_ISSUE_CODE_MAX], int count)
{
    static struct chl_qr_code read;
    struct chl_qr_reader *reader = NULL;
    size_t width = page->width / 2, height = page->height / 2;
    assert_int_equal(chl_qr_reader_new(&reader), CHL_OK);
    chl_err err =
        chl_qr_read_gray(reader, page->pixels + row * height * page->width + column * width, width,
                         height, page->width, &read);
    chl_qr_reader_free(reader);
    if (err != CHL_OK) {
        assert_int_equal(err, CHL_E_NOTFOUND);
        return -1;
    }
    assert_int_equal(read.count, 1);
    for (int i = 0; i < count; i++) {
        if (read.length == strlen(codes[i]) && memcmp(read.bytes, codes[i], read.length) == 0) {
            return i;
        }
    }
    fail_msg("expected one of the sheet's codes, got another");
    return -1;
}

static void test_sheets_hold_four_cards_each(void **state)
{
    (void)state;
    enum { CARDS = 6, PAGES = 2 };
    static char codes[CARDS][CHL_ISSUE_CODE_MAX];
    char pdf[128];
    struct chl_card_sheets *sheets = NULL;
    assert_int_equal(chl_card_sheets_new(&sheets), CHL_OK);
    for (int i = 0; i < CARDS; i++) {
        test_fill_full(&form);
        sign(CHL_QR_Q);
        memcpy(codes[i], code, sizeof code);
        assert_int_equal(chl_card_sheets_add(sheets, &card, why, sizeof why), CHL_OK);
        (void)chl_copy(form.claims.name, sizeof form.claims.name, "\xF3\xB0\x80\x81");
        assert_int_equal(chl_card_sheets_add(sheets, &card, why, sizeof why), CHL_E_NOTSUP);
    }
    (void)snprintf(pdf, sizeof pdf, "%s", in_folder("sheets.pdf"));
    assert_int_equal(chl_card_sheets_end(sheets, pdf), CHL_OK);
    if (!draw_pages(pdf)) {
        assert_int_equal(unlink(pdf), 0);
        print_message("SKIPPED: pdftoppm (poppler-utils) is not there\n");
        skip();
    }
    unsigned seen = 0;
    for (int page = 1; page <= PAGES; page++) {
        struct picture picture = {0};
        uint8_t *bytes = NULL;
        size_t length = 0;
        char name[32];
        int cards = 0;
        (void)snprintf(name, sizeof name, "page-%d.pgm", page);
        assert_int_equal(picture_load(in_folder(name), &bytes, &length), CHL_OK);
        assert_int_equal(picture_decode(bytes, length, &picture), CHL_OK);
        for (size_t part = 0; part < 4; part++) {
            int which = code_in(&picture, part % 2, part / 2, codes, CARDS);
            assert_true(which < 0 || (seen >> which & 1U) == 0);
            seen |= which < 0 ? 0 : 1U << which;
            cards += which < 0 ? 0 : 1;
        }
        assert_int_equal(cards, page == 1 ? 4 : CARDS - 4);
        picture_clear(&picture);
        free(bytes);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(seen, (1U << CARDS) - 1); /* each of them, once */
    assert_int_equal(unlink(pdf), 0);
    assert_int_equal(chl_card_sheets_new(&sheets), CHL_OK);
    assert_int_equal(chl_card_sheets_end(sheets, pdf), CHL_E_STATE); /* no card, no file */
    assert_int_not_equal(access(pdf, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_printed_card_is_read),
        cmocka_unit_test(test_much_text_fits),
        cmocka_unit_test(test_every_letter_has_a_picture),
        cmocka_unit_test(test_modules_too_small_are_refused),
        cmocka_unit_test(test_other_files_are_what_they_say),
        cmocka_unit_test(test_sheets_hold_four_cards_each),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
