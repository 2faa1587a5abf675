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

/* All schedules in one array. */
static chl_err make_slots(const struct config *config, struct site *out)
{
    size_t total = 0;
    for (size_t i = 0; i < config->gate_count; i++) {
        total += config->gates[i].slot_count;
    }
    out->slots = calloc(total + 1, sizeof *out->slots);
    if (out->slots == NULL) {
        return CHL_E_NOMEM;
    }
    struct engine_slot *next = out->slots;
    for (size_t i = 0; i < config->gate_count; i++) {
        const struct config_gate *gate = &config->gates[i];
        out->gates[i].slots = next;
        out->gates[i].slot_count = (uint16_t)gate->slot_count;
        for (size_t s = 0; s < gate->slot_count; s++) {
            *next++ = (struct engine_slot){.from_min = gate->slots[s].from_min,
                                           .to_min = gate->slots[s].to_min,
                                           .days = gate->slots[s].days,
                                           .out = gate->slots[s].out};
        }
    }
    return CHL_OK;
}

static uint8_t way_of(config_way way)
{
    return way == CONFIG_WAY_IN           ? WAY_IN
           : way == CONFIG_WAY_OUT        ? WAY_OUT
           : way == CONFIG_WAY_REVERSIBLE ? WAY_REVERSIBLE
                                          : WAY_BOTH;
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
                                        .way = way_of(gate->way),
                                        .vehicle = gate->vehicle,
                                        .lamps = gate->lamps.unit != 0,
                                        .check_entry = gate->check.entry >= 0,
                                        .check_exit = gate->check.exit >= 0,
                                        .flow_max = (uint16_t)gate->flow_max,
                                        .pass_time_ns = gate->pass_time_ms * CHL_NS_PER_MS};
    }
    if (make_slots(config, out) != CHL_OK) {
        site_free(out);
        return CHL_E_NOMEM;
    }
    for (size_t i = 0; i < config->lane_count; i++) {
        out->lanes[i] = (struct engine_lane_config){.id = config->lanes[i].id,
                                                    .gate = place(config->lanes[i].gate)};
    }
    out->engine =
        (struct engine_config){.zones = out->zones,
                               .gates = out->gates,
                               .lanes = out->lanes,
                               .zone_count = (uint16_t)config->zone_count,
                               .gate_count = (uint16_t)config->gate_count,
                               .lane_count = (uint16_t)config->lane_count,
                               .level = config->level,
                               .device_emergency_is_local = config->device_emergency_is_local,
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
    free(site->slots);
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
