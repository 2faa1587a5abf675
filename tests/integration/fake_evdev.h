/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief An ioctl() that answers for a terminal as an input device of the kernel would, so that
 *  libevdev itself runs where no device can be made. Only for programs with exported symbols.
 */
#ifndef CHL_FAKE_EVDEV_H
#define CHL_FAKE_EVDEV_H

#include <stdatomic.h>
#include <stdbool.h>

/** How the device stands; set before the plugin starts. */
struct fake_evdev {
    atomic_bool present;  /**< terminals answer as input devices */
    atomic_bool keyboard; /**< it has the keys of one */
    atomic_bool caps_lit;
    atomic_int grab_error; /**< errno of a grab, 0 = it works */
    atomic_int grabs;      /**< how often it was taken, less how often it was let go */
};

extern struct fake_evdev fake_evdev;

#endif
