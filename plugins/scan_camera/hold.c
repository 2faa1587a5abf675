/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Remembers the codes lately in view, and says which one is a new scan.
 */
#include "hold.h"

#include <string.h>

#define SMALLER 0.7

enum { NS_PER_MS = 1000000 };

void hold_init(struct hold *hold, int64_t repeat_after_ms)
{
    memset(hold, 0, sizeof *hold);
    hold->repeat_after_ns = repeat_after_ms * NS_PER_MS;
    hold->front_hold_ns = (int64_t)HOLD_FRONT_MS * NS_PER_MS;
}

uint64_t hold_digest(const uint8_t *bytes, size_t length)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325) ^ length; /* FNV-1a */
    for (size_t i = 0; i < length; i++) {
        digest = (digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return digest == 0 ? 1 : digest;
}

static struct hold_code *find(struct hold *hold, uint64_t digest)
{
    for (size_t i = 0; i < HOLD_CODES; i++) {
        if (hold->codes[i].digest == digest) {
            return &hold->codes[i];
        }
    }
    return NULL;
}

/** A free place, or that of the code longest out of view. */
static struct hold_code *make_room(struct hold *hold)
{
    struct hold_code *oldest = &hold->codes[0];
    for (size_t i = 0; i < HOLD_CODES; i++) {
        if (hold->codes[i].digest == 0) {
            return &hold->codes[i];
        }
        if (hold->codes[i].seen_ns < oldest->seen_ns) {
            oldest = &hold->codes[i];
        }
    }
    return oldest;
}

/** True when a known code that is in view again has been away long enough to be a new scan. */
static bool has_returned(const struct hold *hold, const struct hold_code *code, int64_t now_ns)
{
    int64_t absence_ns = now_ns - code->seen_ns;
    bool other_between = code->posted < hold->posts;
    return absence_ns >= hold->repeat_after_ns ||
           (other_between && absence_ns >= (int64_t)HOLD_RETURN_MS * NS_PER_MS) ||
           now_ns >= code->again_ns;
}

/** The largest in the frame, or −1 when one that is larger has only just been lost. */
static int nearest(struct hold *hold, const struct hold_sighting *sightings, size_t count,
                   int64_t now_ns)
{
    int best = -1;
    for (size_t i = 0; i < count; i++) {
        if (best < 0 || sightings[i].area_px > sightings[best].area_px) {
            best = (int)i;
        }
    }
    if (best < 0) {
        return -1;
    }
    const struct hold_code *known = find(hold, sightings[best].digest);
    bool would_post = known == NULL || has_returned(hold, known, now_ns);
    /* The corners found of one code move by a pixel or two between frames: not every difference
     * makes one the smaller. */
    bool is_behind = sightings[best].area_px < SMALLER * hold->front_area &&
                     now_ns - hold->front_ns < hold->front_hold_ns;
    if (would_post && is_behind) {
        return -1;
    }
    hold->front_area = sightings[best].area_px;
    hold->front_ns = now_ns;
    return best;
}

int hold_frame(struct hold *hold, const struct hold_sighting *sightings, size_t count,
               int64_t now_ns)
{
    int best = nearest(hold, sightings, count, now_ns);
    struct hold_code *code = best < 0 ? NULL : find(hold, sightings[best].digest);
    bool is_new = best >= 0 && (code == NULL || has_returned(hold, code, now_ns));
    for (size_t i = 0; i < count; i++) {
        struct hold_code *seen = find(hold, sightings[i].digest);
        /* One that is back but not nearest keeps its absence: its turn may still come. */
        if (seen != NULL && ((int)i == best || !has_returned(hold, seen, now_ns))) {
            seen->seen_ns = now_ns;
        }
    }
    if (!is_new) {
        return -1;
    }
    code = code == NULL ? make_room(hold) : code;
    *code = (struct hold_code){.digest = sightings[best].digest,
                               .seen_ns = now_ns,
                               .again_ns = INT64_MAX,
                               .posted = ++hold->posts};
    return best;
}

void hold_keep(struct hold *hold, int64_t now_ns)
{
    for (size_t i = 0; i < HOLD_CODES; i++) {
        struct hold_code *code = &hold->codes[i];
        if (code->digest != 0 && code->posted == hold->posts && !has_returned(hold, code, now_ns)) {
            code->seen_ns = now_ns;
        }
    }
}

void hold_not_taken(struct hold *hold, uint64_t digest, int64_t now_ns)
{
    struct hold_code *code = find(hold, digest);
    if (code != NULL) {
        code->again_ns = now_ns + (int64_t)HOLD_AGAIN_MS * NS_PER_MS;
    }
}
