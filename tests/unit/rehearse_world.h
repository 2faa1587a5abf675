/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Small sites and days for tests of the rehearsal.
 */
#ifndef TEST_REHEARSE_WORLD_H
#define TEST_REHEARSE_WORLD_H

#include "sim/rehearse/needed.h"

enum { STAGE_GATES = 8, STAGE_ROWS = 2880 };

/** One zone from outside, or a second one inside it behind a gate by hand. */
struct stage {
    struct engine_zone_config zones[2];
    struct engine_gate_config gates[STAGE_GATES];
    struct engine_lane_config lanes[STAGE_GATES];
    struct engine_config config;
    struct world world;
    struct arrivals_row rows[STAGE_ROWS];
    struct arrivals arrivals;
    struct rehearse_options options;
    struct plan plan;
    struct measure measure;
    char why[REHEARSE_WHY];
};

/** `lanes` turnstiles lead into `venue`; nothing is left to chance. */
struct stage *stage_new(uint16_t lanes, int64_t hard);
/** A gate by hand into `court`, inside the venue. */
void stage_add_court(struct stage *stage, int64_t hard);
/** So many people in each minute from `first` until before `end`. */
void stage_come(struct stage *stage, uint16_t first, uint16_t end, uint16_t people,
                struct target to);
/** Run the day; the test fails when the rehearsal does. */
void stage_run(struct stage *stage);
void stage_free(struct stage *stage);

#endif
