/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Cards as files: one as PNG, SVG or PDF, many as a PDF of A4 sheets.
 */
#include "lib/card/card.h"

#include "lib/card/internal.h"
#include "lib/card/memory.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH  (CHL_CARD_WIDTH_MM * CARD_MM)
#define HEIGHT (CHL_CARD_HEIGHT_MM * CARD_MM)
/* A4 is two A6 wide and high, but for a millimetre. */
#define SHEET_WIDTH  (210 * CARD_MM)
#define SHEET_HEIGHT (297 * CARD_MM)

enum { CARDS_PER_SHEET = 4 };

struct chl_card_sheets {
    struct card_memory memory;
    cairo_surface_t *surface;
    struct card_pen pen;
    unsigned count;
};

static chl_err check(const struct chl_card *card, char *why, size_t why_size)
{
    if (chl_card_module_um(card->symbol) < CHL_CARD_MODULE_MIN_UM) {
        (void)snprintf(why, why_size,
                       "a card's code expected modules of at least 0.%02d mm, got 0.%02u mm; leave "
                       "out notes or places, or take --level M",
                       CHL_CARD_MODULE_MIN_UM / 10, chl_card_module_um(card->symbol) / 10);
        return CHL_E_LIMIT;
    }
    return CHL_OK;
}

/** Letters without a picture would stand on the card as boxes. */
static chl_err check_letters(const struct card_pen *pen, char *why, size_t why_size)
{
    if (pen->unknown > 0) {
        (void)snprintf(why, why_size,
                       "no font here has every letter of this card; install fonts-dejavu-core, or "
                       "a font of the language");
        return CHL_E_NOTSUP;
    }
    return CHL_OK;
}

static cairo_surface_t *surface_for(chl_card_file file, struct card_memory *memory)
{
    const double scale = CHL_CARD_DPI / 72.0;
    switch (file) {
    case CHL_CARD_PDF:
        return cairo_pdf_surface_create_for_stream(card_memory_append, memory, WIDTH, HEIGHT);
    case CHL_CARD_SVG:
        return cairo_svg_surface_create_for_stream(card_memory_append, memory, WIDTH, HEIGHT);
    case CHL_CARD_PNG:
        break;
    }
    cairo_surface_t *surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, (int)(WIDTH * scale + 0.5), (int)(HEIGHT * scale + 0.5));
    cairo_surface_set_device_scale(surface, scale, scale);
    return surface;
}

static cairo_status_t finish(cairo_surface_t *surface, chl_card_file file,
                             struct card_memory *memory)
{
    if (file == CHL_CARD_PNG) {
        return cairo_surface_write_to_png_stream(surface, card_memory_append, memory);
    }
    cairo_surface_finish(surface);
    return cairo_surface_status(surface);
}

static void describe(cairo_surface_t *surface)
{
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, "Tờ khai y tế");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "chilang " CHL_VERSION);
}

chl_err chl_card_write(const struct chl_card *card, chl_card_file file, const char *path, char *why,
                       size_t why_size)
{
    struct card_memory memory = {0};
    struct card_pen pen = {0};
    cairo_surface_t *surface = NULL;
    chl_err err = check(card, why, why_size);
    if (err != CHL_OK) {
        return err;
    }
    (void)snprintf(why, why_size, "%s: out of memory", path);
    err = CHL_E_NOMEM;
    surface = surface_for(file, &memory);
    if (!card_pen_new(&pen, surface)) {
        goto out;
    }
    if (file == CHL_CARD_PDF) {
        describe(surface);
    }
    cairo_set_source_rgb(pen.cairo, 1, 1, 1);
    cairo_paint(pen.cairo);
    card_draw(&pen, card);
    err = check_letters(&pen, why, why_size);
    if (err == CHL_OK && finish(surface, file, &memory) != CAIRO_STATUS_SUCCESS) {
        err = CHL_E_NOMEM;
    }
    if (err == CHL_OK) {
        err = chl_qr_write_file(path, memory.bytes, memory.length);
        (void)snprintf(why, why_size, "%s: %s", path, strerrordesc_np(errno));
    }
out:
    card_pen_clear(&pen);
    cairo_surface_destroy(surface);
    free(memory.bytes);
    return err;
}

chl_err chl_card_sheets_new(struct chl_card_sheets **out)
{
    struct chl_card_sheets *sheets = calloc(1, sizeof *sheets);
    if (sheets == NULL) {
        return CHL_E_NOMEM;
    }
    sheets->surface = cairo_pdf_surface_create_for_stream(card_memory_append, &sheets->memory,
                                                          SHEET_WIDTH, SHEET_HEIGHT);
    if (!card_pen_new(&sheets->pen, sheets->surface)) {
        chl_card_sheets_drop(sheets);
        return CHL_E_NOMEM;
    }
    describe(sheets->surface);
    *out = sheets;
    return CHL_OK;
}

/** Hair lines through the middle of the sheet. */
static void draw_cuts(cairo_t *cairo)
{
    cairo_save(cairo);
    cairo_set_source_rgb(cairo, 0.6, 0.6, 0.6);
    cairo_set_line_width(cairo, 0.25);
    cairo_move_to(cairo, SHEET_WIDTH / 2, 0);
    cairo_line_to(cairo, SHEET_WIDTH / 2, SHEET_HEIGHT);
    cairo_move_to(cairo, 0, SHEET_HEIGHT / 2);
    cairo_line_to(cairo, SHEET_WIDTH, SHEET_HEIGHT / 2);
    cairo_stroke(cairo);
    cairo_restore(cairo);
}

/** Draw it where it belongs, off the page first: a card that cannot be set leaves no trace. */
static chl_err try_letters(const struct chl_card *card, char *why, size_t why_size)
{
    struct card_pen pen = {0};
    cairo_surface_t *nowhere = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
    chl_err err = CHL_E_NOMEM;
    if (card_pen_new(&pen, nowhere)) {
        card_draw(&pen, card);
        err = check_letters(&pen, why, why_size);
    } else {
        (void)snprintf(why, why_size, "out of memory");
    }
    card_pen_clear(&pen);
    cairo_surface_destroy(nowhere);
    return err;
}

chl_err chl_card_sheets_add(struct chl_card_sheets *sheets, const struct chl_card *card, char *why,
                            size_t why_size)
{
    cairo_t *cairo = sheets->pen.cairo;
    unsigned place = sheets->count % CARDS_PER_SHEET;
    chl_err err = check(card, why, why_size);
    if (err == CHL_OK) {
        err = try_letters(card, why, why_size);
    }
    if (err != CHL_OK) {
        return err;
    }
    if (place == 0) {
        if (sheets->count > 0) {
            cairo_show_page(cairo);
        }
        draw_cuts(cairo);
    }
    cairo_save(cairo);
    cairo_translate(cairo, place % 2 == 0 ? 0 : SHEET_WIDTH / 2, place < 2 ? 0 : SHEET_HEIGHT / 2);
    card_draw(&sheets->pen, card);
    cairo_restore(cairo);
    sheets->count++;
    if (cairo_status(cairo) != CAIRO_STATUS_SUCCESS) {
        (void)snprintf(why, why_size, "the sheets are larger than %d MiB; make two batches",
                       CARD_FILE_MAX >> 20);
        return CHL_E_LIMIT;
    }
    return CHL_OK;
}

chl_err chl_card_sheets_end(struct chl_card_sheets *sheets, const char *path)
{
    chl_err err = CHL_E_STATE;
    if (sheets->count > 0) {
        cairo_show_page(sheets->pen.cairo);
        cairo_surface_finish(sheets->surface);
        err = cairo_surface_status(sheets->surface) == CAIRO_STATUS_SUCCESS
                  ? chl_qr_write_file(path, sheets->memory.bytes, sheets->memory.length)
                  : CHL_E_NOMEM;
    }
    int why = errno;
    chl_card_sheets_drop(sheets);
    errno = why;
    return err;
}

void chl_card_sheets_drop(struct chl_card_sheets *sheets)
{
    if (sheets != NULL) {
        card_pen_clear(&sheets->pen);
        cairo_surface_destroy(sheets->surface);
        free(sheets->memory.bytes);
        free(sheets);
    }
}
