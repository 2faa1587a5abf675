/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The site as people walk it: which gates lead where, and the same site with more lanes.
 */
#ifndef SIM_REHEARSE_WORLD_H
#define SIM_REHEARSE_WORLD_H

#include "core/site/site.h"
#include "sim/rehearse/arrivals.h"

/** Lanes that lead from the same place to the same place. */
struct world_group {
    uint16_t from, to; /**< zones, ENGINE_NONE = outside */
    uint16_t lanes;
    uint16_t first; /**< its first gate that does not turn round by a schedule, if there is one */
};

enum { WORLD_PLACES = ENGINE_ZONES_MAX + 1, WORLD_FAR = 0xFFFF };

struct world {
    struct engine_config config; /**< its gates and lanes are the world's own */
    struct engine_gate_config gates[ENGINE_GATES_MAX];
    struct engine_lane_config lanes[ENGINE_LANES_MAX];
    uint16_t lane_of[ENGINE_GATES_MAX];  /**< lane of a gate, ENGINE_NONE = nobody is let in */
    uint16_t group_of[ENGINE_GATES_MAX]; /**< ENGINE_NONE without a lane */
    /** A gate that the arrivals may name, and what stands for it where its group was changed. */
    uint16_t stands_for[ENGINE_GATES_MAX], alias[ENGINE_GATES_MAX];
    struct world_group groups[ENGINE_GATES_MAX];
    uint16_t group_count;
    uint16_t to_outside[WORLD_PLACES]; /**< gates still to pass, by place */
    bool out_by_any;                   /**< somewhere only lanes that lead inwards lead out */
    /** The same towards each zone, counted inwards; towards a gate it is its `from`. */
    uint16_t towards[WORLD_PLACES][WORLD_PLACES];
};

/** The site as it is. `out` is large: keep it on the heap. */
void world_make(const struct engine_config *site, struct world *out);
/** The site with `lanes` lanes like the first in one group.
 *  @return CHL_OK, CHL_E_LIMIT (more gates than an engine holds). */
chl_err world_vary(const struct world *site, uint16_t group, uint16_t lanes, struct world *out);
/** True when somebody outside can get there through lanes. */
bool world_reaches(const struct world *world, const struct target *to);
/** True when a person who stands at `place` wants to go through this gate next.
 *  @param place zone, ENGINE_NONE = outside. */
bool world_leads_in(const struct world *world, uint16_t gate, uint16_t place,
                    const struct target *to);
/** True when a person who came through `gate` is where they wanted to be. */
bool world_arrived(const struct world *world, uint16_t gate, const struct target *to);
/** True when the way out of `place` is through this gate. Lanes that lead inwards only are taken
 * where there is no other way. */
bool world_leads_out(const struct world *world, uint16_t gate, uint16_t place);

#endif
