/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Sets a text so that it fits: smaller first, cut off last; and sees letters no font has.
 */
#include "lib/card/internal.h"

bool card_pen_new(struct card_pen *pen, cairo_surface_t *surface)
{
    *pen = (struct card_pen){.cairo = cairo_create(surface), .fonts = pango_cairo_font_map_new()};
    pen->context = pen->fonts == NULL ? NULL : pango_font_map_create_context(pen->fonts);
    if (pen->context == NULL || cairo_status(pen->cairo) != CAIRO_STATUS_SUCCESS) {
        card_pen_clear(pen);
        return false;
    }
    pango_cairo_context_set_resolution(pen->context, 72.0); /* sizes are points of the page */
    /* Letters keep their own widths, whatever the pixels of a screen would like. */
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(pen->context, options);
    cairo_font_options_destroy(options);
    return true;
}

void card_pen_clear(struct card_pen *pen)
{
    g_clear_object(&pen->context);
    g_clear_object(&pen->fonts);
    if (pen->cairo != NULL) {
        cairo_destroy(pen->cairo);
        pen->cairo = NULL;
    }
}

static bool fits(PangoLayout *layout, const struct card_style *style)
{
    return pango_layout_get_line_count(layout) <= style->lines;
}

double card_text(struct card_pen *pen, double x, double y, double width,
                 const struct card_style *style, const char *text)
{
    int height = 0;
    PangoLayout *layout = pango_layout_new(pen->context);
    PangoFontDescription *font = pango_font_description_from_string("sans");
    pango_font_description_set_weight(font, style->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_width(layout, pango_units_from_double(width));
    pango_layout_set_text(layout, text, -1);
    double size = style->size;
    for (;;) {
        pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
        pango_layout_set_font_description(layout, font);
        if (fits(layout, style) || size - 0.5 < style->size_min) {
            break;
        }
        size -= 0.5;
    }
    if (!fits(layout, style)) {
        pango_layout_set_height(layout, -style->lines);
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
        pen->cut++;
    }
    pango_cairo_update_layout(pen->cairo, layout);
    pen->unknown += pango_layout_get_unknown_glyphs_count(layout);
    cairo_move_to(pen->cairo, x, y);
    pango_cairo_show_layout(pen->cairo, layout);
    pango_layout_get_size(layout, NULL, &height);
    pango_font_description_free(font);
    g_object_unref(layout);
    return pango_units_to_double(height);
}
