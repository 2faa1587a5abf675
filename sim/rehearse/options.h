/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a rehearsal takes for granted: every number that the file of arrivals does not say.
 */
#ifndef SIM_REHEARSE_OPTIONS_H
#define SIM_REHEARSE_OPTIONS_H

#include <chilang/types.h>

enum { REHEARSE_LANES_MAX = 64, REHEARSE_TRIES_MAX = 16, REHEARSE_WHY = 512 };

/** Times are the middle of an even spread of ± `spread` percent. */
struct rehearse_options {
    int64_t scan_ms;  /**< a person steps up, shows the code, reads the verdict */
    int64_t pass_ms;  /**< walks through, from green to the counter */
    int64_t dwell_ms; /**< stays inside, where the file does not say */
    int64_t retry_ms; /**< told to wait because it is full: shows the code again after so long */
    int64_t away_ms;  /**< who was let in and did not walk comes back after so long */
    int64_t look_ms;  /**< a steward looks at what the lane asks about */
    unsigned spread;  /**< percent, 0–100 */
    unsigned no_shows, looks; /**< of a thousand people: do not walk; need a steward's look */
    bool even;                /**< arrivals evenly spaced in their minute, not by chance */
    int64_t target_ms;        /**< 95 of 100 people wait no longer */
    unsigned long_queue;      /**< minutes with more people in line are counted */
    unsigned try_count;       /**< numbers of lanes to try, beside those that the search tries */
    unsigned tries[REHEARSE_TRIES_MAX];
    uint64_t seed;
    int64_t date_ns; /**< midnight of the day, by the site's own clock; schedules ask for it */
};

/** The first day of the year of the tiger: any day would do. */
#define REHEARSE_USUAL_DATE (INT64_C(1643673600) * 1000000000)

/** What the field measured: a scan 2–5 s, a turnstile 20–30 passages a minute when nothing is
 *  checked; one after the other they give the 11 people a minute of the Green Guide. */
#define REHEARSE_USUAL                                                                             \
    {                                                                                              \
        .scan_ms = 3000, .pass_ms = 2500, .dwell_ms = 7200000, .retry_ms = 30000,                  \
        .away_ms = 300000, .look_ms = 30000, .spread = 40, .no_shows = 10, .target_ms = 600000,    \
        .long_queue = 50, .seed = 1, .date_ns = REHEARSE_USUAL_DATE,                               \
    }

/** A duration as people write it: `2.5 s`, `90 min`, `2h`, `500 ms`.
 *  @return false: neither number nor unit, or more than seven days. */
bool rehearse_duration(const char *text, int64_t *out_ms);
/** Text that came from outside, for a message: at most 40 bytes of it, control characters as `?`.
 */
void rehearse_shown(const char *text, char out[48]);

#endif
