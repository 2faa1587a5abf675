/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Zone arithmetic: who is counted where, what is reserved, which state a zone is in.
 */
#include "core/engine/internal.h"

bool zone_holds(const struct engine_config *config, uint16_t zone, uint16_t inner)
{
    for (int depth = 0; inner != ENGINE_NONE && depth < ENGINE_DEPTH_MAX; depth++) {
        if (inner == zone) {
            return true;
        }
        inner = config->zones[inner].parent;
    }
    return false;
}

/* Zones above `inner` that are not above `other`. */
static size_t difference(const struct engine_config *config, uint16_t inner, uint16_t other,
                         uint16_t out[ENGINE_DEPTH_MAX])
{
    size_t count = 0;
    while (inner != ENGINE_NONE && count < ENGINE_DEPTH_MAX && !zone_holds(config, inner, other)) {
        out[count++] = inner;
        inner = config->zones[inner].parent;
    }
    return count;
}

size_t zones_entered(const struct engine_config *config, uint16_t gate,
                     uint16_t out[ENGINE_DEPTH_MAX])
{
    return difference(config, config->gates[gate].to, config->gates[gate].from, out);
}

size_t zones_left(const struct engine_config *config, uint16_t gate, uint16_t out[ENGINE_DEPTH_MAX])
{
    return difference(config, config->gates[gate].from, config->gates[gate].to, out);
}

uint16_t zone_full(const struct engine *engine, uint16_t gate, uint16_t n)
{
    uint16_t chain[ENGINE_DEPTH_MAX];
    size_t count = zones_entered(engine->config, gate, chain);
    for (size_t i = 0; i < count; i++) {
        const struct engine_zone *zone = &engine->state.zones[chain[i]];
        int64_t hard = engine->config->zones[chain[i]].hard;
        if (hard > 0 && zone->inside + zone->reserved + n > hard) {
            return chain[i];
        }
    }
    return ENGINE_NONE;
}

static void add(struct engine_zone *zone, uint32_t n)
{
    zone->inside += n;
    zone->entered += n;
}

/* A count never goes below nothing: what is missing is an error of the count and widens its bar. */
static void take(struct engine_zone *zone, uint32_t n)
{
    zone->left += n;
    zone->inside -= n;
    if (zone->inside < 0) {
        zone->uncertain -= zone->inside;
        zone->inside = 0;
    }
}

void zones_move(struct engine *engine, uint16_t gate, engine_direction direction, uint32_t n)
{
    uint16_t gained[ENGINE_DEPTH_MAX];
    uint16_t lost[ENGINE_DEPTH_MAX];
    bool entry = direction == DIRECTION_ENTRY;
    size_t gains = entry ? zones_entered(engine->config, gate, gained)
                         : zones_left(engine->config, gate, gained);
    size_t losses =
        entry ? zones_left(engine->config, gate, lost) : zones_entered(engine->config, gate, lost);
    for (size_t i = 0; i < gains; i++) {
        add(&engine->state.zones[gained[i]], n);
    }
    for (size_t i = 0; i < losses; i++) {
        take(&engine->state.zones[lost[i]], n);
    }
}

void zones_reserve(struct engine *engine, uint16_t gate, int64_t n)
{
    uint16_t chain[ENGINE_DEPTH_MAX];
    size_t count = zones_entered(engine->config, gate, chain);
    for (size_t i = 0; i < count; i++) {
        engine->state.zones[chain[i]].reserved += n;
    }
}

/* True when a device that counts people of this zone is silent: its count may be wrong right now.
 */
static bool unwatched(const struct engine *engine, uint16_t zone)
{
    const struct engine_config *config = engine->config;
    for (uint16_t g = 0; g < config->gate_count; g++) {
        bool counts = zone_holds(config, zone, config->gates[g].to) !=
                      zone_holds(config, zone, config->gates[g].from);
        if (counts && engine->state.gates[g].state == GATE_UNKNOWN) {
            return true;
        }
    }
    return false;
}

/* Looked for once a decision: mostly there is none, and no zone needs to be looked at for it. */
static bool any_silent(const struct engine *engine)
{
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        if (engine->state.gates[g].state == GATE_UNKNOWN) {
            return true;
        }
    }
    return false;
}

/* Hysteresis: a state is left only when the count is clearly below it, so that one person going to
 * and fro does not make a storm of records. */
static engine_zone_state judge(const struct engine *engine, uint16_t index, bool silent)
{
    const struct engine_zone_config *limits = &engine->config->zones[index];
    const struct engine_zone *zone = &engine->state.zones[index];
    int64_t slack = limits->hard > 0 ? limits->hard / 20 : limits->warn / 20;
    if (limits->hard > 0 && zone->inside > limits->hard) {
        /* Also while a device is silent: an alarm is not hidden by what is not known. */
        return ZONE_ABOVE;
    }
    if (silent && unwatched(engine, index)) {
        return ZONE_UNKNOWN;
    }
    bool was_full = zone->announced == ZONE_AT_LIMIT || zone->announced == ZONE_ABOVE;
    if (limits->hard > 0 && zone->inside >= limits->hard - (was_full ? slack : 0)) {
        return ZONE_AT_LIMIT;
    }
    bool was_near = was_full || zone->announced == ZONE_APPROACHING;
    if (limits->warn > 0 && zone->inside >= limits->warn - (was_near ? slack : 0)) {
        return ZONE_APPROACHING;
    }
    return ZONE_NORMAL;
}

static void above_alarm(struct decision *decision, uint16_t zone, engine_zone_state before,
                        engine_zone_state after)
{
    if ((before == ZONE_ABOVE) == (after == ZONE_ABOVE)) {
        return;
    }
    struct engine_record record =
        record_make(after == ZONE_ABOVE ? RECORD_ALARM_RAISED : RECORD_ALARM_CLEARED);
    if (after == ZONE_ABOVE) {
        record.as.ALARM_RAISED.alarm = ALARM_ABOVE_LIMIT;
        record.as.ALARM_RAISED.zone = zone;
        record.as.ALARM_RAISED.n = (uint32_t)(decision->engine->state.zones[zone].inside -
                                              decision->engine->config->zones[zone].hard);
    } else {
        record.as.ALARM_CLEARED.alarm = ALARM_ABOVE_LIMIT;
        record.as.ALARM_CLEARED.zone = zone;
    }
    emit(decision, &record);
}

void settle_zones(struct decision *decision)
{
    struct engine *engine = decision->engine;
    bool silent = any_silent(engine);
    for (uint16_t z = 0; z < engine->config->zone_count; z++) {
        const struct engine_zone *zone = &engine->state.zones[z];
        engine_zone_state before = (engine_zone_state)zone->announced;
        engine_zone_state after = judge(engine, z, silent);
        if (before == after) {
            continue;
        }
        struct engine_record record = record_make(RECORD_LIMIT_STATE);
        record.as.LIMIT_STATE = (struct record_LIMIT_STATE){
            .zone = z,
            .state = (uint8_t)after,
            .before = (uint8_t)before,
            .inside = zone->inside,
            .reserved = zone->reserved,
            .limit = engine->config->zones[z].hard,
            .uncertain = engine_zone_error(engine, z),
        };
        emit(decision, &record);
        above_alarm(decision, z, before, after);
    }
}
