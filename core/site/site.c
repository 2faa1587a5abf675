/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Configuration to engine: the same indices, plain numbers.
 */
#include "core/site/site.h"

#include "lib/base/time.h"

#include <stdlib.h>
#include <string.h>

static uint16_t place(int index)
{
    return index < 0 ? ENGINE_NONE : (uint16_t)index;
}

chl_err site_make(const struct config *config, struct site *out)
{
    *out = (struct site){0};
    out->zones = calloc(config->zone_count + 1, sizeof *out->zones);
    out->gates = calloc(config->gate_count + 1, sizeof *out->gates);
    out->lanes = calloc(config->lane_count + 1, sizeof *out->lanes);
    if (out->zones == NULL || out->gates == NULL || out->lanes == NULL) {
        site_free(out);
        return CHL_E_NOMEM;
    }
    for (size_t i = 0; i < config->zone_count; i++) {
        const struct config_zone *zone = &config->zones[i];
        out->zones[i] = (struct engine_zone_config){.id = zone->id,
                                                    .parent = place(zone->parent),
                                                    .warn = zone->warn,
                                                    .soft = zone->soft,
                                                    .hard = zone->hard};
    }
    for (size_t i = 0; i < config->gate_count; i++) {
        const struct config_gate *gate = &config->gates[i];
        out->gates[i] =
            (struct engine_gate_config){.id = gate->id,
                                        .from = place(gate->from),
                                        .to = place(gate->to),
                                        .hand = gate->instance < 0,
                                        .check_entry = gate->check.entry >= 0,
                                        .check_exit = gate->check.exit >= 0,
                                        .pass_time_ns = gate->pass_time_ms * CHL_NS_PER_MS};
    }
    for (size_t i = 0; i < config->lane_count; i++) {
        out->lanes[i] = (struct engine_lane_config){.id = config->lanes[i].id,
                                                    .gate = place(config->lanes[i].gate)};
    }
    out->engine = (struct engine_config){.zones = out->zones,
                                         .gates = out->gates,
                                         .lanes = out->lanes,
                                         .zone_count = (uint16_t)config->zone_count,
                                         .gate_count = (uint16_t)config->gate_count,
                                         .lane_count = (uint16_t)config->lane_count,
                                         .level = config->level,
                                         .trust_max_age_s = config->trust_max_age_ms / 1000,
                                         .reuse_after_s = config->reuse_after_ms / 1000};
    memcpy(out->engine.enough_up_to, config->enough_up_to, sizeof out->engine.enough_up_to);
    return CHL_OK;
}

void site_free(struct site *site)
{
    free(site->zones);
    free(site->gates);
    free(site->lanes);
    *site = (struct site){0};
}

uint16_t site_gate(const struct site *site, const char *id)
{
    for (uint16_t i = 0; i < site->engine.gate_count; i++) {
        if (strcmp(site->gates[i].id, id) == 0) {
            return i;
        }
    }
    return ENGINE_NONE;
}

uint16_t site_lane(const struct site *site, const char *id)
{
    for (uint16_t i = 0; i < site->engine.lane_count; i++) {
        if (strcmp(site->lanes[i].id, id) == 0) {
            return i;
        }
    }
    return ENGINE_NONE;
}

uint16_t site_zone(const struct site *site, const char *id)
{
    for (uint16_t i = 0; i < site->engine.zone_count; i++) {
        if (strcmp(site->zones[i].id, id) == 0) {
            return i;
        }
    }
    return ENGINE_NONE;
}
