/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which of the codes in view is a new scan: the same code held before the lens is one.
 *
 *  Without I/O and without a clock: frames and their times come in. The rules:
 *  - a code is posted when it comes into view, and again only after it was out of view for
 *    `repeat_after`; for HOLD_RETURN_MS when another code was posted meanwhile;
 *  - of several codes in a frame the largest counts, which is the nearest; a smaller one behind it
 *    is not posted until nothing larger was in view for HOLD_FRONT_MS;
 *  - two alike in size are posted once each and then held, so a pair never alternates.
 */
#ifndef SCAN_CAMERA_HOLD_H
#define SCAN_CAMERA_HOLD_H

#include <chilang/types.h>

enum {
    HOLD_CODES = 16,       /**< codes remembered; the one longest out of view makes room */
    HOLD_RETURN_MS = 1000, /**< shortest absence that counts */
    HOLD_FRONT_MS = 500,   /**< the nearest code keeps its place for so long after it was read */
    HOLD_AGAIN_MS = 1000   /**< a code that the host had no room for is posted again after this */
};

struct hold_code {
    uint64_t digest; /**< 0: free */
    int64_t seen_ns;
    int64_t again_ns; /**< when to post it again though held; INT64_MAX: not */
    uint64_t posted;  /**< number of the post */
};

struct hold {
    int64_t repeat_after_ns;
    struct hold_code codes[HOLD_CODES];
    uint64_t posts;
    int64_t front_hold_ns; /**< HOLD_FRONT_MS; 0 where frames are pictures of different moments */
    double front_area;
    int64_t front_ns;
};

/** A code in a frame. */
struct hold_sighting {
    uint64_t digest; /**< hold_digest() of its bytes */
    double area_px;
};

/** Start with nothing seen. @param repeat_after_ms at least HOLD_RETURN_MS. */
void hold_init(struct hold *hold, int64_t repeat_after_ms);

/** A number that stands for a code's bytes; never 0. */
uint64_t hold_digest(const uint8_t *bytes, size_t length);

/** Take a frame's codes.
 *  @param now_ns time of the frame, monotonic, never before the former one's.
 *  @return index of the one to post now, or −1. It counts as posted. */
int hold_frame(struct hold *hold, const struct hold_sighting *sightings, size_t count,
               int64_t now_ns);

/** Some code is in view that can't be read just now: take it for the one last posted, so that a
 * code read only now and then is one scan too. */
void hold_keep(struct hold *hold, int64_t now_ns);

/** The host had no room for the code just posted: post it again while it is still held. */
void hold_not_taken(struct hold *hold, uint64_t digest, int64_t now_ns);

#endif
