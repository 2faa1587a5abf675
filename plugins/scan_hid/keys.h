/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Key strokes of a scanner that plays a keyboard, to the bytes it means.
 *
 *  No I/O and no clock: events in, one meaning out. Source: linux/input-event-codes.h; US layout.
 */
#ifndef SCAN_HID_KEYS_H
#define SCAN_HID_KEYS_H

#include <linux/input.h>
#include <stdbool.h>
#include <stdint.h>

/** What an event means. */
enum keys_meaning {
    KEYS_NOTHING, /**< part of a stroke */
    KEYS_BYTE,    /**< `byte` was typed */
    KEYS_END,     /**< Enter or Tab: the code is complete */
    KEYS_STRANGE, /**< a key or number that is no character of this layout */
    KEYS_LOST     /**< the kernel dropped events: what was typed is not whole */
};

/** What is held down. Zeroed at the start; `caps` as the device's lamp says. */
struct keys {
    bool left_shift, right_shift, left_control, right_control, left_alt, right_alt, meta;
    bool caps;
    bool dropping;   /**< events are thrown away up to the next report */
    uint8_t digits;  /**< typed while Alt is held */
    uint16_t number; /**< their value */
    uint8_t byte;    /**< of KEYS_BYTE */
};

enum keys_meaning keys_take(struct keys *keys, const struct input_event *event);
/** The device was opened anew: nothing is held down. */
void keys_release(struct keys *keys);

#endif
