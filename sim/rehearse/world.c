/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Ways through a site, by the number of gates that are still to pass.
 */
#include "sim/rehearse/world.h"

#include <string.h>

/** Places are numbered from 0 = outside. */
static size_t place_index(uint16_t zone)
{
    return zone == ENGINE_NONE ? 0 : (size_t)zone + 1;
}

/** True when people may go that way through the gate without going the wrong way. */
static bool is_open(const struct world *world, uint16_t gate, bool inwards)
{
    return inwards ? world->lane_of[gate] != ENGINE_NONE
                   : world->out_by_any || world->gates[gate].way != WAY_IN;
}

/** Gates still to pass to `goal`, inwards through lanes or outwards. */
static void spread(const struct world *world, size_t goal, bool inwards, uint16_t steps[])
{
    size_t places = (size_t)world->config.zone_count + 1;
    for (size_t i = 0; i < places; i++) {
        steps[i] = i == goal ? 0 : WORLD_FAR;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (uint16_t g = 0; g < world->config.gate_count; g++) {
            size_t outer = place_index(world->gates[g].from);
            size_t inner = place_index(world->gates[g].to);
            size_t begin = inwards ? outer : inner;
            size_t end = inwards ? inner : outer;
            if (is_open(world, g, inwards) && steps[end] != WORLD_FAR &&
                steps[end] + 1 < steps[begin]) {
                steps[begin] = (uint16_t)(steps[end] + 1);
                changed = true;
            }
        }
    }
}

static void find_ways(struct world *world)
{
    spread(world, 0, false, world->to_outside);
    for (uint16_t g = 0; g < world->config.gate_count; g++) {
        bool stuck = world->to_outside[place_index(world->gates[g].to)] == WORLD_FAR;
        world->out_by_any = world->out_by_any || stuck;
    }
    spread(world, 0, false, world->to_outside);
    for (size_t place = 0; place <= world->config.zone_count; place++) {
        spread(world, place, true, world->towards[place]);
    }
}

static void put_in_group(struct world *world, uint16_t gate)
{
    const struct engine_gate_config *config = &world->gates[gate];
    world->group_of[gate] = ENGINE_NONE;
    if (world->lane_of[gate] == ENGINE_NONE) {
        return;
    }
    uint16_t i = 0;
    while (i < world->group_count &&
           (world->groups[i].from != config->from || world->groups[i].to != config->to)) {
        i++;
    }
    if (i == world->group_count) {
        world->groups[world->group_count++] =
            (struct world_group){.from = config->from, .to = config->to, .first = gate};
    }
    struct world_group *group = &world->groups[i];
    if (world->gates[group->first].way == WAY_REVERSIBLE && config->way != WAY_REVERSIBLE) {
        group->first = gate;
    }
    group->lanes++;
    world->group_of[gate] = i;
}

static void own(struct world *world)
{
    world->config.gates = world->gates;
    world->config.lanes = world->lanes;
    for (uint16_t g = 0; g < world->config.gate_count; g++) {
        put_in_group(world, g);
    }
    find_ways(world);
}

void world_make(const struct engine_config *site, struct world *out)
{
    memset(out, 0, sizeof *out);
    out->config = *site;
    for (uint16_t g = 0; g < site->gate_count; g++) {
        out->gates[g] = site->gates[g];
        out->lane_of[g] = ENGINE_NONE;
        out->stands_for[g] = g;
        out->alias[g] = g;
    }
    for (uint16_t l = 0; l < site->lane_count; l++) {
        out->lanes[l] = site->lanes[l];
        bool there = site->lanes[l].gate < site->gate_count;
        if (there && site->gates[site->lanes[l].gate].way != WAY_OUT) {
            out->lane_of[site->lanes[l].gate] = l;
        }
    }
    own(out);
}

static void copy_gate(const struct world *site, uint16_t from, struct world *out, bool lane)
{
    uint16_t gate = out->config.gate_count++;
    out->gates[gate] = site->gates[from];
    out->stands_for[gate] = from;
    out->lane_of[gate] = ENGINE_NONE;
    if (lane) {
        uint16_t l = out->config.lane_count++;
        out->lanes[l] = (struct engine_lane_config){.id = site->gates[from].id, .gate = gate};
        out->lane_of[gate] = l;
    }
}

chl_err world_vary(const struct world *site, uint16_t group, uint16_t lanes, struct world *out)
{
    const struct world_group *varied = &site->groups[group];
    if ((size_t)site->config.gate_count - varied->lanes + lanes > ENGINE_GATES_MAX) {
        return CHL_E_LIMIT;
    }
    memset(out, 0, sizeof *out);
    out->config = site->config;
    out->config.gate_count = 0;
    out->config.lane_count = 0;
    for (uint16_t g = 0; g < site->config.gate_count; g++) {
        bool in_group = site->group_of[g] == group;
        out->alias[g] = in_group ? varied->first : g;
        if (!in_group) {
            copy_gate(site, g, out, site->lane_of[g] != ENGINE_NONE);
        }
    }
    for (uint16_t i = 0; i < lanes; i++) {
        copy_gate(site, varied->first, out, true);
    }
    own(out);
    return CHL_OK;
}

/** The gate that the target names, as it is called in this world. */
static bool is_named(const struct world *world, uint16_t gate, const struct target *to)
{
    return world->stands_for[gate] == world->alias[to->index];
}

/** Where people go for a target: its zone, or the place before its gate. */
static size_t goal_of(const struct world *world, const struct target *to)
{
    if (to->kind == TARGET_ZONE) {
        return place_index(to->index);
    }
    for (uint16_t g = 0; g < world->config.gate_count; g++) {
        if (is_named(world, g, to)) {
            return place_index(world->gates[g].from);
        }
    }
    return 0;
}

bool world_reaches(const struct world *world, const struct target *to)
{
    if (to->kind != TARGET_ANY) {
        return world->towards[goal_of(world, to)][0] != WORLD_FAR;
    }
    for (uint16_t i = 0; i < world->group_count; i++) {
        if (world->groups[i].from == ENGINE_NONE) {
            return true;
        }
    }
    return false;
}

bool world_leads_in(const struct world *world, uint16_t gate, uint16_t place,
                    const struct target *to)
{
    const struct engine_gate_config *config = &world->gates[gate];
    if (world->lane_of[gate] == ENGINE_NONE || config->from != place) {
        return false;
    }
    if (to->kind == TARGET_ANY) {
        return true;
    }
    size_t goal = goal_of(world, to);
    if (to->kind == TARGET_GATE && goal == place_index(place)) {
        return is_named(world, gate, to);
    }
    const uint16_t *steps = world->towards[goal];
    uint16_t left = steps[place_index(place)];
    return left != WORLD_FAR && left != 0 && steps[place_index(config->to)] + 1 == left;
}

bool world_arrived(const struct world *world, uint16_t gate, const struct target *to)
{
    return to->kind == TARGET_ANY || (to->kind == TARGET_ZONE ? world->gates[gate].to == to->index
                                                              : is_named(world, gate, to));
}

bool world_leads_out(const struct world *world, uint16_t gate, uint16_t place)
{
    const struct engine_gate_config *config = &world->gates[gate];
    return config->to == place && is_open(world, gate, false) &&
           world->to_outside[place_index(config->from)] + 1 ==
               world->to_outside[place_index(place)];
}
