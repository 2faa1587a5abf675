/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Error bars: by how many people a zone's count may be wrong, and why.
 */
#include "core/engine/internal.h"

bool errors_is_beside(const struct engine *engine, uint16_t gate, uint16_t zone)
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

/* What the audited bias makes of the passages since the last recount, rounded up. */
static int64_t bias_error(const struct engine_gate *gate)
{
    /* Far more than any gate counts between two recounts; and no product runs over. */
    const uint64_t most = UINT64_C(1000000000);
    uint64_t since = gate->since < most ? gate->since : most;
    return (int64_t)((since * gate->bias + 999) / 1000);
}

/* A gate between two zones forgets its passages with the recount of one: the other keeps the bar.
 */
static void keep_bias(struct engine *engine, uint16_t gate, uint16_t recounted)
{
    int64_t error = bias_error(&engine->state.gates[gate]);
    for (uint16_t z = 0; error > 0 && z < engine->config->zone_count; z++) {
        if (z != recounted && errors_is_beside(engine, gate, z)) {
            engine->state.zones[z].uncertain += error;
        }
    }
}

void errors_recount(struct engine *engine, uint16_t zone)
{
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        struct engine_gate *gate = &engine->state.gates[g];
        if (errors_is_beside(engine, g, zone)) {
            keep_bias(engine, g, zone);
            gate->since = 0;
            gate->check.off_entries = 0;
            gate->check.off_exits = 0;
        }
    }
    engine->state.zones[zone].uncertain = 0;
}

int64_t engine_zone_error(const struct engine *engine, uint16_t zone)
{
    int64_t error = engine->state.zones[zone].uncertain;
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        const struct engine_gate *gate = &engine->state.gates[g];
        if (gate->bias > 0 && errors_is_beside(engine, g, zone)) {
            error += bias_error(gate);
        }
    }
    return error;
}
