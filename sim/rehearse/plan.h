/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The people of a rehearsal, drawn once, so that runs with more or fewer lanes see the same
 *  crowd.
 */
#ifndef SIM_REHEARSE_PLAN_H
#define SIM_REHEARSE_PLAN_H

#include "sim/rehearse/arrivals.h"

/** One person; times from the rehearsal's first midnight. */
struct plan_person {
    int64_t arrival_ns;
    int64_t dwell_ns;
    struct target to;
    bool no_show; /**< is let in once, does not walk, comes back later */
    bool look;    /**< a steward must look */
};

struct plan {
    struct plan_person *people; /**< by time of arrival */
    uint32_t count;
    uint64_t seed;
};

chl_err plan_make(const struct arrivals *arrivals, const struct rehearse_options *options,
                  struct plan *out);
void plan_free(struct plan *plan);

/** What is drawn for a person: the same whatever else happens. */
typedef enum {
    DRAW_ARRIVAL = 1,
    DRAW_DWELL,
    DRAW_NO_SHOW,
    DRAW_LOOK,
    DRAW_SCAN,
    DRAW_PASS,
    DRAW_EXIT,
    DRAW_CODE,
    DRAW_TIE
} plan_draw;

/** 64 bits of chance of one person and one purpose. */
uint64_t plan_random(const struct plan *plan, uint32_t person, plan_draw draw, uint32_t again);
/** A time around `middle_ms`, evenly within ± `spread` percent, in ns. */
int64_t plan_time(const struct plan *plan, uint32_t person, plan_draw draw, uint32_t again,
                  int64_t middle_ms, unsigned spread);

#endif
