/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief When a code that is plainly in view but cannot be read is worth a word to the staff.
 *
 *  Without I/O and without a clock. Once for each time that one comes into view; never for an empty
 *  lane, nor for a code that was read while it was in view.
 */
#ifndef SCAN_CAMERA_GLIMPSE_H
#define SCAN_CAMERA_GLIMPSE_H

#include <chilang/types.h>

enum {
    GLIMPSE_GONE_MS = 1000, /**< unseen for so long = it left */
    GLIMPSE_FRAMES_MIN = 5  /**< frames that must have shown it */
};

struct glimpse {
    int64_t after_ns; /**< 0: never */
    int64_t first_ns, last_ns;
    unsigned frames;
    bool in_view, is_settled;
};

/** @param after_ms how long one may be unreadable before it is said; 0: never. */
void glimpse_init(struct glimpse *glimpse, int64_t after_ms);

/** Take a frame.
 *  @param marked the corner marks of a code are in it; @param read a code was read in it.
 *  @return true when *unreadable* is to be posted now. */
bool glimpse_frame(struct glimpse *glimpse, bool marked, bool read, int64_t now_ns);

#endif
