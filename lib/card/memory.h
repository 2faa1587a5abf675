/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A file that is made in memory, so that on disk it is whole or not there.
 */
#ifndef CHL_CARD_MEMORY_H
#define CHL_CARD_MEMORY_H

#include <cairo.h>
#include <chilang/types.h>

enum { CARD_FILE_MAX = 64 * 1024 * 1024 };

/** Zeroed at first; `bytes` is the owner's to free(). */
struct card_memory {
    uint8_t *bytes;
    size_t length, room;
};

/** A cairo_write_func_t; the closure is a struct card_memory. */
cairo_status_t card_memory_append(void *closure, const unsigned char *bytes, unsigned length);

#endif
