/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Error bars: by how many people a zone's count may be wrong, and why.
 */
#include "core/engine/internal.h"

static bool is_beside(const struct engine *engine, uint16_t gate, uint16_t zone)
{
    const struct engine_gate_config *config = &engine->config->gates[gate];
    return zone_holds(engine->config, zone, config->to) !=
           zone_holds(engine->config, zone, config->from);
}

static void widen_all(struct engine *engine, const uint16_t *zones, size_t count, int64_t n)
{
    for (size_t i = 0; i < count; i++) {
        engine->state.zones[zones[i]].uncertain += n;
    }
}

void errors_widen(struct engine *engine, uint16_t gate, int64_t n)
{
    uint16_t zones[ENGINE_DEPTH_MAX];
    size_t count = zones_entered(engine->config, gate, zones);
    widen_all(engine, zones, count, n);
    count = zones_left(engine->config, gate, zones);
    widen_all(engine, zones, count, n);
}

void errors_recount(struct engine *engine, uint16_t zone)
{
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        struct engine_gate *gate = &engine->state.gates[g];
        if (is_beside(engine, g, zone)) {
            gate->since = 0;
            gate->check.off_entries = 0;
            gate->check.off_exits = 0;
        }
    }
    engine->state.zones[zone].uncertain = 0;
}

int64_t engine_zone_error(const struct engine *engine, uint16_t zone)
{
    return engine->state.zones[zone].uncertain;
}
