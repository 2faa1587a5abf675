/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A code as it is typed: strokes gathered up to Enter, and whether they can be believed.
 */
#ifndef SCAN_HID_TYPED_H
#define SCAN_HID_TYPED_H

#include "keys.h"
#include "lib/scanline/scanline.h"

/** How a typed code is to be taken. */
enum typed_state {
    TYPED_WHOLE,  /**< `bytes` are the code */
    TYPED_BROKEN, /**< too long, or events were lost: unreadable */
    TYPED_MANGLED /**< the keyboard changed it: nobody's fault who stands at the lane */
};

/** A code that is being typed. Set up by typed_init(). */
struct typed {
    struct keys keys;
    struct chl_scanline line;
    bool strange, lost; /**< of the code that is being typed */
};

/** `bytes` are borrowed until return, NULL unless whole. */
typedef void typed_visit(void *user, enum typed_state state, const uint8_t *bytes, size_t length);

void typed_init(struct typed *typed);
void typed_take(struct typed *typed, const struct input_event *event, typed_visit *visit,
                void *user);
/** Nothing was typed for a while: what came is a code, if anything came. */
void typed_end(struct typed *typed, typed_visit *visit, void *user);
/** The device was opened anew, with its lamp as it is. @return true when a code was cut. */
bool typed_reset(struct typed *typed, bool caps);
bool typed_is_open(const struct typed *typed);

#endif
