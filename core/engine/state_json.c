/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The state as canonical JSON, for snapshots and for proving that replay gives the same
 * state.
 */
#include "core/engine/codes.h"
#include "core/engine/internal.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { FIXED = 4096, PER_ZONE = 1024, PER_GATE = 3072, PER_LANE = 1024, PER_CODE = 192 };

size_t engine_state_bound(const struct engine *engine)
{
    const struct engine_config *config = engine->config;
    return (size_t)FIXED + config->zone_count * (size_t)PER_ZONE +
           config->gate_count * (size_t)PER_GATE + config->lane_count * (size_t)PER_LANE +
           engine->state.codes.count * (size_t)PER_CODE;
}

static void put_code(struct chl_json *json, const char *key, const uint8_t code[ENGINE_CODE])
{
    char hex[2 * ENGINE_CODE + 1];
    chl_hex(code, ENGINE_CODE, hex);
    chl_json_string(json, key, hex);
}

static void put_zones(struct chl_json *json, const struct engine *engine)
{
    chl_json_object(json, "zones");
    for (uint16_t z = 0; z < engine->config->zone_count; z++) {
        const struct engine_zone *zone = &engine->state.zones[z];
        size_t count = 0;
        chl_json_object(json, engine->config->zones[z].id);
        chl_json_int(json, "inside", zone->inside);
        chl_json_int(json, "reserved", zone->reserved);
        chl_json_int(json, "uncertain", zone->uncertain);
        chl_json_uint(json, "entered", zone->entered);
        chl_json_uint(json, "left", zone->left);
        chl_json_int(json, "limit", engine->config->zones[z].hard);
        chl_json_string(json, "state",
                        engine_field_names(FIELD_ZONE_STATE, &count)[zone->announced]);
        chl_json_bool(json, "recount_due", zone->recount_due);
        chl_json_int(json, "announced", zone->announced_ns);
        chl_json_int(json, "recounted", zone->recounted_ns);
        chl_json_string(json, "recounted_by", zone->recounted_by);
        chl_json_string(json, "recounted_how", chl_recount_name((chl_recount)zone->recounted_how));
        chl_json_bool(json, "disperses", zone->disperses);
        chl_json_int(json, "alarm", zone->alarm_ns);
        chl_json_int(json, "alarm_inside", zone->alarm_inside);
        chl_json_int(json, "alarm_uncertain", zone->alarm_uncertain);
        chl_json_string(json, "alarm_state",
                        engine_field_names(FIELD_ZONE_STATE, &count)[zone->alarm_state]);
        chl_json_close_object(json);
    }
    chl_json_close_object(json);
}

static void put_grant(struct chl_json *json, const struct engine_grant *grant)
{
    chl_json_object(json, "grant");
    chl_json_uint(json, "id", grant->id);
    chl_json_int(json, "expires", grant->expires_ns);
    put_code(json, "code", grant->code);
    chl_json_uint(json, "places", grant->places);
    chl_json_uint(json, "passed", grant->passed);
    chl_json_uint(json, "state", grant->state);
    chl_json_close_object(json);
}

static void put_phase(struct chl_json *json, const struct engine_gate *gate)
{
    size_t count = 0;
    chl_json_string(json, "phase", engine_field_names(FIELD_PHASE, &count)[gate->phase]);
    chl_json_int(json, "phase_at", gate->phase_ns);
    chl_json_uint(json, "conditions", gate->conditions);
    chl_json_object(json, "conditions_since");
    for (int c = CONDITION_NONE + 1; c < CONDITION_COUNT; c++) {
        if (gate->condition_ns[c] != 0) {
            chl_json_int(json, engine_field_names(FIELD_CONDITION, &count)[c],
                         gate->condition_ns[c]);
        }
    }
    chl_json_close_object(json);
    chl_json_int(json, "unknown", gate->unknown_ns);
    chl_json_bool(json, "held", gate->held);
    chl_json_string(json, "held_mode", engine_field_names(FIELD_MODE, &count)[gate->held_mode]);
    chl_json_int(json, "forced", gate->forced_ns);
    chl_json_int(json, "tailgate", gate->tailgate_ns);
}

static void put_check(struct chl_json *json, const struct engine_check *check)
{
    chl_json_object(json, "check");
    chl_json_uint(json, "entry_count", check->entry_count);
    chl_json_uint(json, "exit_count", check->exit_count);
    chl_json_uint(json, "entries", check->entries);
    chl_json_uint(json, "exits", check->exits);
    chl_json_int(json, "checked", check->checked_ns);
    chl_json_int(json, "off_entries", check->off_entries);
    chl_json_int(json, "off_exits", check->off_exits);
    chl_json_close_object(json);
}

static void put_gates(struct chl_json *json, const struct engine *engine)
{
    chl_json_object(json, "gates");
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        const struct engine_gate *gate = &engine->state.gates[g];
        size_t count = 0;
        chl_json_object(json, engine->config->gates[g].id);
        chl_json_string(json, "state", engine_field_names(FIELD_GATE_STATE, &count)[gate->state]);
        chl_json_string(json, "mode", engine_field_names(FIELD_MODE, &count)[gate->mode]);
        chl_json_uint(json, "mode_state", gate->mode_state);
        chl_json_int(json, "mode_asked", gate->mode_asked_ns);
        chl_json_uint(json, "generation", gate->generation);
        chl_json_bool(json, "has_count", gate->has_count);
        chl_json_uint(json, "entry_count", gate->entry_count);
        chl_json_uint(json, "exit_count", gate->exit_count);
        chl_json_int(json, "counted", gate->counted_ns);
        chl_json_int(json, "grant_closed", gate->grant_closed_ns);
        chl_json_uint(json, "entries", gate->entries);
        chl_json_uint(json, "exits", gate->exits);
        put_phase(json, gate);
        chl_json_uint(json, "since", gate->since);
        chl_json_uint(json, "bias", gate->bias);
        chl_json_int(json, "audited", gate->audited_ns);
        if (gate->check.known) {
            put_check(json, &gate->check);
        }
        if (gate->grant.state != GRANT_NONE) {
            put_grant(json, &gate->grant);
        }
        chl_json_close_object(json);
    }
    chl_json_close_object(json);
}

static const char *reason_id(uint8_t reason)
{
    return reason != 0 ? chl_reason_get((chl_reason)reason)->id : "";
}

static void put_lanes(struct chl_json *json, const struct engine *engine)
{
    chl_json_object(json, "lanes");
    for (uint16_t l = 0; l < engine->config->lane_count; l++) {
        const struct engine_lane *lane = &engine->state.lanes[l];
        chl_json_object(json, engine->config->lanes[l].id);
        chl_json_uint(json, "check", lane->check);
        put_code(json, "code", lane->code);
        chl_json_array(json, "aliases");
        for (size_t i = 0; i < lane->aliases.count; i++) {
            put_code(json, NULL, lane->aliases.keys[i]);
        }
        chl_json_close_array(json);
        chl_json_string(json, "bar", reason_id(lane->bar));
        chl_json_bool(json, "possible", lane->possible);
        chl_json_uint(json, "format", lane->format);
        chl_json_uint(json, "party", lane->party);
        chl_json_int(json, "valid_until", lane->valid_until);
        chl_json_uint(json, "verdict", lane->verdict);
        chl_json_string(json, "reason", reason_id(lane->reason));
        chl_json_int(json, "decided", lane->decided_ns);
        chl_json_close_object(json);
    }
    chl_json_close_object(json);
}

static int by_key(const void *left, const void *right)
{
    const struct engine_code *a = *(const struct engine_code *const *)left;
    const struct engine_code *b = *(const struct engine_code *const *)right;
    return memcmp(a->key, b->key, ENGINE_CODE);
}

/* After its key: of an alias the key it leads to, of a main entry what is counted there. */
static void put_entry(struct chl_json *json, const struct engine_config *config,
                      const struct engine_code *code)
{
    if (code->kind == CODE_ALIAS) {
        put_code(json, NULL, code->main);
        return;
    }
    chl_json_int(json, NULL, code->used_ns);
    chl_json_int(json, NULL, code->until_s);
    chl_json_string(json, NULL,
                    code->gate < config->gate_count ? config->gates[code->gate].id : "");
    chl_json_uint(json, NULL, code->left);
    chl_json_uint(json, NULL, code->taken);
}

static bool put_codes(struct chl_json *json, const struct engine *engine)
{
    const struct engine_codes *codes = &engine->state.codes;
    const struct engine_code **sorted = calloc(codes->count + 1, sizeof(struct engine_code *));
    if (sorted == NULL) {
        return false;
    }
    size_t count = 0;
    for (size_t i = 0; i < codes->capacity; i++) {
        if (codes->slots[i].kind != CODE_FREE) {
            sorted[count++] = &codes->slots[i];
        }
    }
    qsort(sorted, count, sizeof(struct engine_code *), by_key);
    chl_json_array(json, "codes");
    for (size_t i = 0; i < count; i++) {
        chl_json_array(json, NULL);
        put_code(json, NULL, sorted[i]->key);
        put_entry(json, engine->config, sorted[i]);
        chl_json_close_array(json);
    }
    chl_json_close_array(json);
    free(sorted);
    return true;
}

size_t engine_state_encode(const struct engine *engine, char *out, size_t size)
{
    struct chl_json json;
    chl_json_begin(&json, out, size);
    chl_json_object(&json, NULL);
    chl_json_uint(&json, "sequence", engine->state.sequence);
    chl_json_int(&json, "time", engine->state.time_ns);
    chl_json_bool(&json, "emergency", engine->state.emergency);
    chl_json_bool(&json, "disperses", engine->state.disperses);
    chl_json_int(&json, "emergency_at", engine->state.emergency_ns);
    chl_json_string(&json, "emergency_source", engine->state.emergency_source);
    chl_json_string(&json, "emergency_who", engine->state.emergency_who);
    chl_json_bool(&json, "clock_doubt", engine->state.clock_doubt);
    chl_json_bool(&json, "trust_old", engine->state.trust_old);
    chl_json_uint(&json, "firmware_lines", engine->state.firmware_lines);
    put_zones(&json, engine);
    put_gates(&json, engine);
    put_lanes(&json, engine);
    if (!put_codes(&json, engine)) {
        return 0;
    }
    chl_json_close_object(&json);
    return chl_json_end(&json) == CHL_OK ? json.length : 0;
}
