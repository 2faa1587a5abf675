/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Camera frames made from nothing: a code on a tilted surface, out of focus, badly lit.
 */
#ifndef CHL_TESTS_FRAMES_FRAMES_H
#define CHL_TESTS_FRAMES_FRAMES_H

#include "lib/qr/symbol.h"

enum { FRAME_WIDTH = 1280, FRAME_HEIGHT = 720 };

/** A flat picture: the code with its quiet zone, or any other. */
struct frame_card {
    size_t width, height;
    uint8_t *texels; /* free() */
};

/** How a card is seen. */
struct frame_look {
    double texel_px;         /* size of a module before the lens, pixels */
    double turn, tilt, lean; /* radians: in the plane, about the two other axes */
    double at_x, at_y;       /* centre of the card, from the picture's */
    double blur_px;          /* radius of what is out of focus */
    double noise;            /* standard deviation, grey levels */
    double ink, paper;       /* grey levels: ink above paper is an inverted code */
    double shade;            /* 0: even light; 1: one side is dark */
    uint32_t seed;
};

/** One texel a module, with the quiet zone. @return false: no memory. */
bool frame_card_of_symbol(const struct chl_qr_symbol *symbol, struct frame_card *out);

/** The look of frame `index` out of `count`: from easy to hopeless; every fourth is inverted.
 *  The same arguments give the same look. */
void frame_look_of(size_t index, size_t count, struct frame_look *out);

/** A cluttered background without any code. */
void frame_background(uint32_t seed, uint8_t *pixels);
/** Lay a card over what is there; blur and noise then take the whole frame. */
void frame_lay(const struct frame_card *card, const struct frame_look *look, uint8_t *pixels);
void frame_spoil(const struct frame_look *look, uint8_t *pixels);
/** All three. `pixels` holds FRAME_WIDTH × FRAME_HEIGHT. */
void frame_draw(const struct frame_card *card, const struct frame_look *look, uint8_t *pixels);

/** For looking at one. */
bool frame_write_pgm(const char *path, const uint8_t *pixels);

#endif
