/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What stands in for a scanner's device: a pseudo-terminal for a serial line, recorded key
 *  strokes for a keyboard.
 */
#ifndef CHL_SCAN_DEVICES_H
#define CHL_SCAN_DEVICES_H

#include <linux/input.h>
#include <stddef.h>
#include <stdint.h>

/** Make a pseudo-terminal and put a link to it at `path`, in one step. @return our end. */
int device_pty(const char *path);
/** Write all of it, waiting while the other side does not read; fails the test after 20 s. */
void device_write(int fd, const void *bytes, size_t length);

enum { KEY_EVENTS_MAX = 8 };
/** The events of one stroke of a US keyboard; '\n' is Enter, '\t' Tab. @return how many, 0 = no
 * such character. */
size_t key_events(char c, struct input_event out[KEY_EVENTS_MAX]);
/** One event and the report that ends it. */
size_t key_event(uint16_t code, int32_t value, struct input_event out[2]);

#endif
