/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How gates stand, as JSON: cycle, conditions, way, and the emergency they opened for.
 */
#include "core/loop/status_put.h"

#include "lib/base/time.h"

/* A forced entry and a tailgate are told for so long. */
#define RECENT_NS (60 * CHL_NS_PER_S)

static void put_grant(struct chl_json *json, const struct engine_grant *grant, int64_t now_ns)
{
    static const char *const states[] = {"none", "open", "cancelling", "cancelled", "unknown"};
    if (grant->state == GRANT_NONE) {
        chl_json_null(json, "grant");
        return;
    }
    chl_json_object(json, "grant");
    chl_json_uint(json, "id", grant->id);
    chl_json_uint(json, "places", grant->places);
    chl_json_uint(json, "passed", grant->passed);
    chl_json_string(json, "state", states[grant->state]);
    chl_json_string(json, "direction", status_name(FIELD_DIRECTION, DIRECTION_ENTRY));
    if (grant->state == GRANT_OPEN) {
        int64_t left_ms = (grant->expires_ns - now_ns) / CHL_NS_PER_MS;
        chl_json_int(json, "deadline_ms", left_ms > 0 ? left_ms : 0);
    } else {
        chl_json_null(json, "deadline_ms");
    }
    chl_json_close_object(json);
}

static bool is_recent(int64_t now_ns, int64_t then_ns)
{
    return then_ns != 0 && now_ns - then_ns < RECENT_NS;
}

static void put_conditions(struct chl_json *json, const struct engine_gate *gate, int64_t now_ns)
{
    chl_json_array(json, "conditions");
    if (gate->state == GATE_UNKNOWN) {
        chl_json_string(json, NULL, status_name(FIELD_GATE_STATE, GATE_UNKNOWN));
    }
    for (int c = CONDITION_NONE + 1; c < CONDITION_COUNT; c++) {
        if ((gate->conditions & (1U << (unsigned)c)) != 0) {
            chl_json_string(json, NULL, status_name(FIELD_CONDITION, (uint8_t)c));
        }
    }
    if (is_recent(now_ns, gate->forced_ns)) {
        chl_json_string(json, NULL, "FORCED");
    }
    if (is_recent(now_ns, gate->tailgate_ns)) {
        chl_json_string(json, NULL, "TAILGATE");
    }
    chl_json_close_array(json);
}

/* Parts that do not answer: the gate goes on without them. */
static void put_silent(struct chl_json *json, const struct engine_gate *gate)
{
    static const struct {
        engine_condition condition;
        const char *part; /* as the site file names it */
    } parts[] = {{CONDITION_CHECK_SILENT, "check"},
                 {CONDITION_OBJECT_SILENT, "object"},
                 {CONDITION_TAMPER_SILENT, "tamper"},
                 {CONDITION_LAMPS_SILENT, "lamps"}};
    chl_json_array(json, "silent");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if ((gate->conditions & (1U << (unsigned)parts[i].condition)) != 0) {
            chl_json_object(json, NULL);
            chl_json_string(json, "part", parts[i].part);
            status_put_time(json, "since", gate->condition_ns[parts[i].condition]);
            chl_json_close_object(json);
        }
    }
    chl_json_close_array(json);
}

/* How far its counter is off: by an audit in a thousand, by its second count since the recount. */
static void put_counter(struct chl_json *json, const struct engine_gate *gate)
{
    if (gate->audited_ns != 0) {
        chl_json_uint(json, "bias", gate->bias);
        status_put_time(json, "audited", gate->audited_ns);
    } else {
        chl_json_null(json, "bias");
        chl_json_null(json, "audited");
    }
    if (!gate->check.known) {
        chl_json_null(json, "disagreement");
        return;
    }
    chl_json_object(json, "disagreement");
    chl_json_int(json, "entries", gate->check.off_entries);
    chl_json_int(json, "exits", gate->check.off_exits);
    chl_json_close_object(json);
}

/* Which way the lane runs now. */
static const char *direction_of(const struct status_view *view, uint16_t g)
{
    config_way way = view->config->gates[g].way;
    return engine_runs_out(view->engine, g) ? "out" : way == CONFIG_WAY_BOTH ? "both" : "in";
}

/* Of a gate that does not answer nobody knows where it stands. */
static void put_phase(struct chl_json *json, const struct status_view *view, uint16_t g)
{
    engine_phase phase = engine_gate_phase(view->engine, g, view->now_ns);
    bool unknown = view->engine->state.gates[g].state == GATE_UNKNOWN;
    chl_json_string(json, "phase",
                    unknown ? status_name(FIELD_GATE_STATE, GATE_UNKNOWN)
                            : status_name(FIELD_PHASE, (uint8_t)phase));
}

void status_put_gate(struct chl_json *json, const struct status_view *view, uint16_t g)
{
    const struct engine_gate *gate = &view->engine->state.gates[g];
    const struct config_gate *config = &view->config->gates[g];
    chl_json_string(json, "id", config->id);
    chl_json_string(json, "name", config->name);
    chl_json_string(json, "state", status_name(FIELD_GATE_STATE, gate->state));
    put_phase(json, view, g);
    put_conditions(json, gate, view->now_ns);
    put_silent(json, gate);
    chl_json_string(json, "mode", status_name(FIELD_MODE, gate->mode));
    chl_json_bool(json, "mode_confirmed",
                  gate->state != GATE_UNKNOWN && gate->mode_state == MODE_HELD);
    chl_json_bool(json, "held", gate->held);
    chl_json_string(json, "runs", direction_of(view, g));
    chl_json_uint(json, "generation", gate->generation);
    chl_json_int(json, "age_ms", status_age_ms(view->now_ns, view->heard_ns[g]));
    chl_json_uint(json, "entries", gate->entries);
    chl_json_uint(json, "exits", gate->exits);
    put_counter(json, gate);
    put_grant(json, &gate->grant, view->now_ns);
}

void status_put_emergency(struct chl_json *json, const struct status_view *view)
{
    const struct engine_state *state = &view->engine->state;
    if (!state->emergency) {
        chl_json_null(json, "alarm");
        return;
    }
    chl_json_object(json, "alarm");
    chl_json_string(json, "source", state->emergency_source);
    chl_json_string(json, "who", state->emergency_who);
    status_put_time(json, "since", state->emergency_ns);
    chl_json_close_object(json);
}

void status_put_alarm_count(struct chl_json *json, const struct engine_zone *zone)
{
    if (zone->alarm_ns == 0) {
        chl_json_null(json, "at_alarm");
        return;
    }
    chl_json_object(json, "at_alarm");
    chl_json_int(json, "inside", zone->alarm_inside);
    chl_json_int(json, "uncertain", zone->alarm_uncertain);
    chl_json_string(json, "state", status_name(FIELD_ZONE_STATE, zone->alarm_state));
    status_put_time(json, "time", zone->alarm_ns);
    chl_json_close_object(json);
}
