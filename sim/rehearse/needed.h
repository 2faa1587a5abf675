/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How many lanes are needed: the same crowd again, with more and fewer of them.
 */
#ifndef SIM_REHEARSE_NEEDED_H
#define SIM_REHEARSE_NEEDED_H

#include "sim/rehearse/day.h"

/** One run with another number of lanes in one group. */
struct needed_try {
    uint16_t lanes;
    uint32_t most; /**< people in line at once, at the lanes of the group */
    struct measure_quantiles waits;
    bool good; /**< 95 of 100 wait no longer than the target */
};

enum { NEEDED_TRIES = 32 };

/** What was found for a group. */
struct needed {
    uint16_t group;
    uint16_t lanes;      /**< fewest that are enough, 0 = none up to `most_lanes` */
    uint16_t most_lanes; /**< the search went so far */
    bool limit_binds;    /**< not even the most were enough, and people were told it is full */
    size_t try_count;    /**< by number of lanes */
    struct needed_try tries[NEEDED_TRIES];
};

/** Search one group. `site` is the site as it is, and `now` its own day.
 *  @param why on failure, one line.
 *  @return CHL_OK, CHL_E_NOMEM, CHL_E_STATE. */
chl_err needed_find(const struct world *site, uint16_t group, const struct plan *plan,
                    const struct arrivals *arrivals, const struct rehearse_options *options,
                    const struct measure *now, struct needed *out, char why[REHEARSE_WHY]);

#endif
