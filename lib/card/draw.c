/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What stands on a card, and where.
 */
#include "lib/card/internal.h"

#include "lib/base/text.h"
#include "lib/base/time.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Millimetres from the card's upper left corner. */
#define MARGIN    6.0
#define INNER     (CHL_CARD_WIDTH_MM - 2 * MARGIN)
#define CODE_SIDE 80.0
#define CODE_TOP  57.0
#define FOOT_TOP  137.5

enum { LINE_SIZE = 512, VIETNAM_OFFSET_S = 7 * 3600, ONE_COLUMN = 3 };

static unsigned pixels_of_module(const struct chl_qr_symbol *symbol)
{
    unsigned modules = symbol->side + 2 * CHL_QR_QUIET;
    return (unsigned)(CODE_SIDE / 25.4 * CHL_CARD_DPI) / modules;
}

unsigned chl_card_module_um(const struct chl_qr_symbol *symbol)
{
    return pixels_of_module(symbol) * 25400U / CHL_CARD_DPI;
}

/** Whole pixels of the PNG, so that no module is grey at its edge; the others look the same. */
static void draw_code(cairo_t *cairo, const struct chl_qr_symbol *symbol)
{
    const double pixel = 72.0 / CHL_CARD_DPI;
    const double module = pixels_of_module(symbol) * pixel;
    const double side = module * symbol->side;
    const double quiet = module * CHL_QR_QUIET;
    double x = round((CHL_CARD_WIDTH_MM * CARD_MM - side) / 2 / pixel) * pixel;
    double y = round((CODE_TOP * CARD_MM + (CODE_SIDE * CARD_MM - side) / 2) / pixel) * pixel;
    cairo_save(cairo);
    cairo_set_antialias(cairo, CAIRO_ANTIALIAS_NONE);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_rectangle(cairo, x - quiet, y - quiet, side + 2 * quiet, side + 2 * quiet);
    cairo_fill(cairo);
    cairo_set_source_rgb(cairo, 0, 0, 0);
    for (unsigned row = 0; row < symbol->side; row++) {
        const uint8_t *dark = symbol->dark + (size_t)row * symbol->side;
        for (unsigned at = 0; at < symbol->side; at++) {
            unsigned run = 0;
            while (at + run < symbol->side && dark[at + run] != 0) {
                run++;
            }
            if (run > 0) {
                cairo_rectangle(cairo, x + at * module, y + row * module, run * module, module);
                at += run;
            }
        }
    }
    cairo_fill(cairo);
    cairo_restore(cairo);
}

/** 1987, or 18/01/1987 as people here write it. */
static void birth_text(const char *birth, char out[16])
{
    if (strlen(birth) == sizeof "YYYY-MM-DD" - 1) {
        (void)snprintf(out, 16, "%.2s/%.2s/%.4s", birth + 8, birth + 5, birth);
    } else if (strlen(birth) == sizeof "YYYY-MM" - 1) {
        (void)snprintf(out, 16, "%.2s/%.4s", birth + 5, birth);
    } else {
        (void)snprintf(out, 16, "%.15s", birth);
    }
}

/** The clock of those who read it: 07:30 04/02/2022. */
static void when_text(int64_t seconds, char out[24])
{
    char text[CHL_RFC3339_SIZE];
    chl_time_format((seconds + VIETNAM_OFFSET_S) * CHL_NS_PER_S, text);
    (void)snprintf(out, 24, "%.5s %.2s/%.2s/%.4s", text + 11, text + 8, text + 5, text);
}

static void append(char line[LINE_SIZE], const char *separator, const char *label, const char *text)
{
    size_t length = strlen(line);
    if (text[0] != '\0') {
        (void)snprintf(line + length, LINE_SIZE - length, "%s%s%s", length > 0 ? separator : "",
                       label, text);
    }
}

static const char *sex_text(const struct chl_declaration *form)
{
    static const char *const texts[] = {"", "Nam", "Nữ", "Khác"};
    return form->sex < sizeof texts / sizeof *texts ? texts[form->sex] : "";
}

/** Who it is, and how they come. @return the y below, in millimetres. */
static double draw_person(struct card_pen *pen, const struct chl_card *card, double y)
{
    static const struct card_style large = {.size = 17, .size_min = 10, .bold = true, .lines = 3};
    static const struct card_style small = {.size = 13, .size_min = 9, .bold = true, .lines = 3};
    static const struct card_style plain = {.size = 9, .size_min = 7, .lines = 1};
    const struct chl_claims *claims = &card->form->claims;
    const struct card_style *name = claims->companion_count > ONE_COLUMN ? &small : &large;
    char line[LINE_SIZE] = "";
    char birth[16];
    y += card_text(pen, MARGIN * CARD_MM, y * CARD_MM, INNER * CARD_MM, name, claims->name) /
             CARD_MM +
         0.5;
    birth_text(claims->birth, birth);
    append(line, " · ", "Sinh: ", birth);
    append(line, " · ", "", sex_text(card->form));
    append(line, " · ", "Xe: ", claims->vehicle);
    append(line, " · ", "Ghế: ", claims->seat);
    y += card_text(pen, MARGIN * CARD_MM, y * CARD_MM, INNER * CARD_MM, &plain, line) / CARD_MM;
    line[0] = '\0';
    append(line, "  →  ", "", card->from);
    append(line, "  →  ", card->from[0] == '\0' ? "→ " : "", card->to);
    if (line[0] != '\0') {
        y += card_text(pen, MARGIN * CARD_MM, y * CARD_MM, INNER * CARD_MM, &plain, line) / CARD_MM;
    }
    return y + 0.5;
}

/** Those who come on the same code, in two columns. */
static void draw_companions(struct card_pen *pen, const struct chl_claims *claims, double y)
{
    static const struct card_style head = {.size = 8, .size_min = 7, .bold = true, .lines = 1};
    static const struct card_style wide = {.size = 7.5, .size_min = 5.5, .lines = 1};
    static const struct card_style narrow = {.size = 6.5, .size_min = 5, .lines = 2};
    char line[LINE_SIZE];
    char birth[16];
    if (claims->party <= 1) {
        return;
    }
    (void)snprintf(line, sizeof line, "Mã này dùng cho %u người, cùng đi với:", claims->party);
    if (claims->companion_count == 0) {
        (void)snprintf(line, sizeof line, "Mã này dùng cho %u người", claims->party);
    }
    y += card_text(pen, MARGIN * CARD_MM, y * CARD_MM, INNER * CARD_MM, &head, line) / CARD_MM;
    bool two = claims->companion_count > ONE_COLUMN;
    double width = two ? (INNER - 2) / 2 : INNER;
    double row = 0;
    for (size_t i = 0; i < claims->companion_count; i++) {
        const struct chl_companion *person = &claims->companions[i];
        double x = two && i % 2 == 1 ? MARGIN + width + 2 : MARGIN;
        birth_text(person->birth, birth);
        (void)snprintf(line, sizeof line, "%s (%.*s)", person->name, two ? 4 : (int)sizeof birth,
                       two ? person->birth : birth); /* in half the width the year alone */
        double height =
            card_text(pen, x * CARD_MM, y * CARD_MM, width * CARD_MM, two ? &narrow : &wide, line) /
            CARD_MM;
        row = height > row ? height : row;
        if (!two || i % 2 == 1) {
            y += row;
            row = 0;
        }
    }
}

static void draw_foot(struct card_pen *pen, const struct chl_claims *claims)
{
    static const struct card_style until = {.size = 9, .size_min = 7, .bold = true, .lines = 1};
    static const struct card_style small = {.size = 6.5, .size_min = 5, .lines = 1};
    char line[LINE_SIZE];
    char when[24];
    double y = FOOT_TOP;
    when_text(claims->expires_at, when);
    (void)snprintf(line, sizeof line, "Có giá trị đến %s", when);
    y += card_text(pen, MARGIN * CARD_MM, y * CARD_MM, INNER * CARD_MM, &until, line) / CARD_MM;
    (void)snprintf(line, sizeof line, "Nơi cấp: %s · Mã số: %s", claims->issuer, claims->id);
    (void)card_text(pen, MARGIN * CARD_MM, y * CARD_MM, INNER * CARD_MM, &small, line);
}

void card_draw(struct card_pen *pen, const struct chl_card *card)
{
    static const struct card_style title = {.size = 10, .size_min = 8, .bold = true, .lines = 1};
    static const struct card_style hint = {.size = 6.5, .size_min = 5, .lines = 1};
    double y = MARGIN - 1;
    cairo_set_source_rgb(pen->cairo, 0, 0, 0);
    y += card_text(pen, MARGIN * CARD_MM, y * CARD_MM, INNER * CARD_MM, &title,
                   "TỜ KHAI Y TẾ · Health declaration") /
         CARD_MM;
    if (card->form->claims.companion_count <= ONE_COLUMN) { /* names need the room */
        y += card_text(pen, MARGIN * CARD_MM, y * CARD_MM, INNER * CARD_MM, &hint,
                       "Đưa mã cho máy quét tại chốt; giữ phẳng, không gấp qua mã.") /
                 CARD_MM +
             1.5; /* tone marks stand above the line */
    }
    y += 0.5;
    y = draw_person(pen, card, y);
    draw_companions(pen, &card->form->claims, y);
    draw_code(pen->cairo, card->symbol);
    draw_foot(pen, &card->form->claims);
}
