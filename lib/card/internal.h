/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What drawing and writing share. Lengths are in points (1/72 inch) unless named.
 */
#ifndef CHL_CARD_INTERNAL_H
#define CHL_CARD_INTERNAL_H

#include "lib/card/card.h"

#include <pango/pangocairo.h>

#define CARD_MM (72.0 / 25.4)

/** A pen that sets text: one font map for all cards of a file. */
struct card_pen {
    cairo_t *cairo;
    PangoFontMap *fonts;
    PangoContext *context;
    int unknown; /**< letters for which no font had a picture */
    int cut;     /**< texts that did not fit even at their smallest */
};

/** How a text is set. */
struct card_style {
    double size;     /**< of the letters */
    double size_min; /**< it may shrink to this before it is cut off with an ellipsis */
    bool bold;
    int lines; /**< at most */
};

/** Set a text at x, y within `width`. @return its height. */
double card_text(struct card_pen *pen, double x, double y, double width,
                 const struct card_style *style, const char *text);
/** Draw a card at the origin. */
void card_draw(struct card_pen *pen, const struct chl_card *card);

bool card_pen_new(struct card_pen *pen, cairo_surface_t *surface);
void card_pen_clear(struct card_pen *pen);

#endif
