/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The state back from its JSON; what an older version did not write is as it was then.
 */
#include "core/engine/codes.h"
#include "core/engine/internal.h"
#include "lib/base/text.h"

#include <jansson.h>
#include <string.h>

static int64_t number(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void get_text(json_t *object, const char *key, char out[ENGINE_WHO])
{
    const char *text = json_string_value(json_object_get(object, key));
    chl_copy(out, ENGINE_WHO, text != NULL ? text : "");
}

static uint8_t name_of(json_t *object, const char *key, engine_field_kind kind)
{
    const char *text = json_string_value(json_object_get(object, key));
    size_t count = 0;
    const char *const *names = engine_field_names(kind, &count);
    for (size_t i = 0; text != NULL && i < count; i++) {
        if (strcmp(names[i], text) == 0) {
            return (uint8_t)i;
        }
    }
    return 0;
}

static bool code_of(json_t *value, uint8_t out[ENGINE_CODE])
{
    const char *text = json_string_value(value);
    return text != NULL && chl_unhex(text, strlen(text), out, ENGINE_CODE) == CHL_OK;
}

/* What is reserved is what open grants still hold; a gate that is gone holds nothing. */
static void restore_reserved(struct engine *engine)
{
    for (uint16_t z = 0; z < engine->config->zone_count; z++) {
        engine->state.zones[z].reserved = 0;
    }
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        zones_reserve(engine, g, grant_left(&engine->state.gates[g].grant));
    }
}

static void get_zones(struct engine *engine, json_t *zones)
{
    for (uint16_t z = 0; z < engine->config->zone_count; z++) {
        json_t *from = json_object_get(zones, engine->config->zones[z].id);
        if (from == NULL) {
            continue;
        }
        engine->state.zones[z] = (struct engine_zone){
            .inside = number(from, "inside"),
            .uncertain = number(from, "uncertain"),
            .entered = (uint64_t)number(from, "entered"),
            .left = (uint64_t)number(from, "left"),
            .announced = name_of(from, "state", FIELD_ZONE_STATE),
            .recount_due = json_is_true(json_object_get(from, "recount_due")),
            .announced_ns = number(from, "announced"),
            .recounted_ns = number(from, "recounted"),
            .recounted_how = name_of(from, "recounted_how", FIELD_HOW),
            .disperses = json_is_true(json_object_get(from, "disperses")),
            .alarm_ns = number(from, "alarm"),
            .alarm_inside = number(from, "alarm_inside"),
            .alarm_uncertain = number(from, "alarm_uncertain"),
            .alarm_state = name_of(from, "alarm_state", FIELD_ZONE_STATE),
        };
        get_text(from, "recounted_by", engine->state.zones[z].recounted_by);
    }
}

static bool get_grant(struct engine_grant *grant, json_t *from)
{
    grant->id = (uint64_t)number(from, "id");
    grant->expires_ns = number(from, "expires");
    grant->places = (uint16_t)number(from, "places");
    grant->passed = (uint16_t)number(from, "passed");
    grant->state = (uint8_t)number(from, "state");
    return code_of(json_object_get(from, "code"), grant->code) && grant->state <= GRANT_LOST &&
           grant->passed <= grant->places;
}

/* Who wrote it before there were schedules knew one kind of order only: a person's. */
static void get_phase(struct engine *engine, uint16_t index, json_t *from)
{
    struct engine_gate *gate = &engine->state.gates[index];
    gate->phase = name_of(from, "phase", FIELD_PHASE);
    gate->phase_ns = number(from, "phase_at");
    gate->conditions = (uint16_t)number(from, "conditions");
    gate->unknown_ns = number(from, "unknown");
    size_t count = 0;
    const char *const *names = engine_field_names(FIELD_CONDITION, &count);
    for (size_t c = CONDITION_NONE + 1; c < CONDITION_COUNT; c++) {
        gate->condition_ns[c] = number(json_object_get(from, "conditions_since"), names[c]);
    }
    gate->held_mode = name_of(from, "held_mode", FIELD_MODE);
    gate->held = json_is_true(json_object_get(from, "held"));
    gate->forced_ns = number(from, "forced");
    gate->tailgate_ns = number(from, "tailgate");
    if (json_object_get(from, "held") == NULL) {
        gate->held = gate->mode == CHL_MODE_BLOCKED || gate->mode == CHL_MODE_FREE;
        gate->held_mode = gate->held ? gate->mode : (uint8_t)CHL_MODE_NORMAL;
    }
}

static void get_check(struct engine_check *check, json_t *from)
{
    if (from == NULL) {
        return;
    }
    *check = (struct engine_check){
        .known = true,
        .entry_count = (uint32_t)number(from, "entry_count"),
        .exit_count = (uint32_t)number(from, "exit_count"),
        .entries = (uint64_t)number(from, "entries"),
        .exits = (uint64_t)number(from, "exits"),
        .checked_ns = number(from, "checked"),
        .off_entries = number(from, "off_entries"),
        .off_exits = number(from, "off_exits"),
    };
}

static bool get_gates(struct engine *engine, json_t *gates)
{
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        json_t *from = json_object_get(gates, engine->config->gates[g].id);
        if (from == NULL) {
            continue;
        }
        struct engine_gate *gate = &engine->state.gates[g];
        *gate = (struct engine_gate){
            .state = name_of(from, "state", FIELD_GATE_STATE),
            .mode = name_of(from, "mode", FIELD_MODE),
            .mode_state = (uint8_t)number(from, "mode_state"),
            .mode_asked_ns = number(from, "mode_asked"),
            .has_count = json_is_true(json_object_get(from, "has_count")),
            .generation = (uint32_t)number(from, "generation"),
            .entry_count = (uint32_t)number(from, "entry_count"),
            .exit_count = (uint32_t)number(from, "exit_count"),
            .counted_ns = number(from, "counted"),
            .grant_closed_ns = number(from, "grant_closed"),
            .entries = (uint64_t)number(from, "entries"),
            .exits = (uint64_t)number(from, "exits"),
            .since = (uint64_t)number(from, "since"),
            .bias = (uint32_t)number(from, "bias"),
            .audited_ns = number(from, "audited"),
        };
        get_phase(engine, g, from);
        get_check(&gate->check, json_object_get(from, "check"));
        json_t *grant = json_object_get(from, "grant");
        if (grant != NULL && !get_grant(&gate->grant, grant)) {
            return false;
        }
    }
    return true;
}

static uint8_t reason_of(json_t *object, const char *key)
{
    const char *id = json_string_value(json_object_get(object, key));
    return (uint8_t)(id != NULL && id[0] != '\0' ? chl_reason_by_id(id) : CHL_REASON_NONE);
}

static bool get_aliases(json_t *from, struct engine_aliases *out)
{
    size_t index = 0;
    json_t *entry = NULL;
    if (json_array_size(from) > ENGINE_ALIASES) {
        return false;
    }
    json_array_foreach(from, index, entry)
    {
        if (!code_of(entry, out->keys[index])) {
            return false;
        }
    }
    out->count = (uint8_t)json_array_size(from);
    return true;
}

static bool get_lanes(struct engine *engine, json_t *lanes)
{
    for (uint16_t l = 0; l < engine->config->lane_count; l++) {
        json_t *from = json_object_get(lanes, engine->config->lanes[l].id);
        if (from == NULL) {
            continue;
        }
        struct engine_lane *lane = &engine->state.lanes[l];
        *lane = (struct engine_lane){
            .check = (uint64_t)number(from, "check"),
            .format = (uint8_t)number(from, "format"),
            .party = (uint16_t)number(from, "party"),
            .valid_until = number(from, "valid_until"),
            .verdict = (uint8_t)number(from, "verdict"),
            .reason = reason_of(from, "reason"),
            .bar = reason_of(from, "bar"),
            .possible = json_is_true(json_object_get(from, "possible")),
            .decided_ns = number(from, "decided"),
        };
        if (!code_of(json_object_get(from, "code"), lane->code) ||
            !get_aliases(json_object_get(from, "aliases"), &lane->aliases)) {
            return false;
        }
    }
    return true;
}

static uint16_t gate_by_id(const struct engine_config *config, const char *id)
{
    for (uint16_t g = 0; id != NULL && g < config->gate_count; g++) {
        if (strcmp(config->gates[g].id, id) == 0) {
            return g;
        }
    }
    return ENGINE_NONE;
}

static bool get_entry(const struct engine_config *config, json_t *entry, struct engine_code *code)
{
    if (json_array_size(entry) == 2) {
        code->kind = CODE_ALIAS;
        return code_of(json_array_get(entry, 1), code->main);
    }
    code->used_ns = json_integer_value(json_array_get(entry, 1));
    code->until_s = json_integer_value(json_array_get(entry, 2));
    code->gate = gate_by_id(config, json_string_value(json_array_get(entry, 3)));
    code->left = (uint16_t)json_integer_value(json_array_get(entry, 4));
    /* Before it was counted, an entry was made by a use. */
    code->taken =
        json_array_size(entry) > 5 ? (uint16_t)json_integer_value(json_array_get(entry, 5)) : 1;
    return true;
}

static chl_err get_codes(struct engine *engine, json_t *codes)
{
    size_t index = 0;
    json_t *entry = NULL;
    json_array_foreach(codes, index, entry)
    {
        uint8_t key[ENGINE_CODE];
        if (!code_of(json_array_get(entry, 0), key)) {
            return CHL_E_CORRUPT;
        }
        struct engine_code *code = codes_put(&engine->state.codes, key);
        if (code == NULL) {
            return CHL_E_NOMEM;
        }
        if (!get_entry(engine->config, entry, code)) {
            return CHL_E_CORRUPT;
        }
    }
    return CHL_OK;
}

chl_err engine_state_decode(struct engine *engine, const char *json, size_t length)
{
    json_t *root = json_loadb(json, length, JSON_REJECT_DUPLICATES, NULL);
    chl_err error = CHL_E_CORRUPT;
    if (!json_is_object(root)) {
        goto out;
    }
    engine->state.sequence = (uint64_t)number(root, "sequence");
    engine->state.time_ns = number(root, "time");
    engine->state.emergency = json_is_true(json_object_get(root, "emergency"));
    engine->state.disperses = json_is_true(json_object_get(root, "disperses"));
    engine->state.emergency_ns = number(root, "emergency_at");
    get_text(root, "emergency_source", engine->state.emergency_source);
    get_text(root, "emergency_who", engine->state.emergency_who);
    engine->state.clock_doubt = json_is_true(json_object_get(root, "clock_doubt"));
    engine->state.trust_old = json_is_true(json_object_get(root, "trust_old"));
    engine->state.firmware_lines =
        (uint64_t)json_integer_value(json_object_get(root, "firmware_lines"));
    get_zones(engine, json_object_get(root, "zones"));
    if (!get_gates(engine, json_object_get(root, "gates")) ||
        !get_lanes(engine, json_object_get(root, "lanes"))) {
        goto out;
    }
    restore_reserved(engine);
    error = get_codes(engine, json_object_get(root, "codes"));
out:
    json_decref(root);
    return error;
}
