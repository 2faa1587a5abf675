/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The state as canonical JSON, for snapshots and for proving that replay gives the same
 * state.
 */
#include "core/engine/codes.h"
#include "core/engine/internal.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { FIXED = 4096, PER_ZONE = 1024, PER_GATE = 2048, PER_LANE = 1024, PER_CODE = 192 };

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
        chl_json_bool(json, "disperses", zone->disperses);
        chl_json_int(json, "alarm", zone->alarm_ns);
        chl_json_int(json, "alarm_inside", zone->alarm_inside);
        chl_json_int(json, "alarm_uncertain", zone->alarm_uncertain);
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
    put_zones(&json, engine);
    put_gates(&json, engine);
    put_lanes(&json, engine);
    if (!put_codes(&json, engine)) {
        return 0;
    }
    chl_json_close_object(&json);
    return chl_json_end(&json) == CHL_OK ? json.length : 0;
}

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
            .disperses = json_is_true(json_object_get(from, "disperses")),
            .alarm_ns = number(from, "alarm"),
            .alarm_inside = number(from, "alarm_inside"),
            .alarm_uncertain = number(from, "alarm_uncertain"),
        };
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
    gate->conditions = (uint8_t)number(from, "conditions");
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
