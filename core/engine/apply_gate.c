/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How records of gates change the state: modes, commands, conditions, the emergency.
 */
#include "core/engine/apply.h"
#include "lib/base/text.h"

chl_err apply_gate_state(struct engine *engine, const struct engine_record *record)
{
    struct engine_gate *gate = gate_at(engine, record->as.GATE_STATE.gate);
    if (gate == NULL) {
        return CHL_OK;
    }
    gate->state = record->as.GATE_STATE.state;
    gate->unknown_ns = gate->state == GATE_UNKNOWN ? record->time_ns : 0;
    if (gate->state == GATE_UNKNOWN && gate->grant.state != GRANT_NONE) {
        gate->grant.state = GRANT_LOST;
    }
    return CHL_OK;
}

static void ask_mode(struct engine *engine, uint16_t index, uint8_t mode, int64_t now_ns)
{
    struct engine_gate *gate = &engine->state.gates[index];
    gate->mode = mode;
    gate->mode_state = engine->config->gates[index].hand ? MODE_HELD : MODE_ASKED;
    gate->mode_asked_ns = now_ns;
    if (gate->grant.state != GRANT_NONE) {
        gate->grant.state = GRANT_LOST;
    }
}

/* An operator's order stands until it is given back. `normal` at a lane that is normal by itself
 * gives it back, and an emergency is ended by its reset alone. */
static void hold_mode(const struct engine *engine, uint16_t index, struct engine_gate *gate,
                      const struct record_GATE_MODE *made)
{
    if (made->by == ORDER_SITE) {
        gate->held = false;
    } else if (made->by == ORDER_OPERATOR && made->mode != CHL_MODE_EMERGENCY) {
        gate->held =
            made->mode != CHL_MODE_NORMAL || engine->config->gates[index].way == WAY_REVERSIBLE;
    }
    gate->held_mode = !gate->held                  ? (uint8_t)CHL_MODE_NORMAL
                      : made->by == ORDER_OPERATOR ? made->mode
                                                   : gate->held_mode;
}

chl_err apply_gate_mode(struct engine *engine, const struct engine_record *record)
{
    const struct record_GATE_MODE *made = &record->as.GATE_MODE;
    struct engine_gate *gate = gate_at(engine, made->gate);
    if (gate == NULL) {
        return CHL_OK;
    }
    ask_mode(engine, made->gate, made->mode, record->time_ns);
    hold_mode(engine, made->gate, gate, made);
    gate->generation = made->generation;
    return CHL_OK;
}

/* A mode that is written, or may have been, also took away what the device had granted. */
static void apply_mode_command(struct engine_gate *gate, const struct engine_record *record)
{
    const struct record_COMMAND *made = &record->as.COMMAND;
    if (made->generation != gate->generation) {
        return;
    }
    if (made->status == STATUS_DONE) {
        gate->mode_state = MODE_HELD;
        return;
    }
    gate->mode_state = made->status == STATUS_ISSUED ? MODE_ASKED : MODE_MISSED;
    gate->mode_asked_ns = made->status == STATUS_ISSUED ? record->time_ns : gate->mode_asked_ns;
    if (gate->grant.state != GRANT_NONE) {
        gate->grant.state = GRANT_LOST;
    }
}

chl_err apply_command(struct engine *engine, const struct engine_record *record)
{
    const struct record_COMMAND *made = &record->as.COMMAND;
    struct engine_gate *gate = gate_at(engine, made->gate);
    if (gate != NULL && made->action == ACTION_MODE) {
        apply_mode_command(gate, record);
        return CHL_OK;
    }
    if (gate == NULL || made->grant == 0 || made->grant != gate->grant.id) {
        return CHL_OK;
    }
    bool cancel = made->action == ACTION_CANCEL;
    if (made->status == STATUS_ISSUED && cancel) {
        gate->grant.state = GRANT_CANCELLING;
        gate->grant.expires_ns = record->time_ns;
    } else if (made->status == STATUS_DONE && cancel) {
        gate->grant.state = GRANT_CONFIRMED;
    } else {
        gate->grant.state = GRANT_LOST;
    }
    return CHL_OK;
}

static void name_emergency(struct engine_state *state, const struct record_EMERGENCY *made)
{
    if (made->who[0] != '\0') {
        chl_copy(state->emergency_who, sizeof state->emergency_who, made->who);
    }
}

chl_err apply_emergency(struct engine *engine, const struct engine_record *record)
{
    const struct record_EMERGENCY *made = &record->as.EMERGENCY;
    struct engine_state *state = &engine->state;
    if (made->active && state->emergency) {
        name_emergency(state, made); /* who pressed it is told afterwards */
        return CHL_OK;
    }
    bool all = made->active || !made->local;
    state->emergency = made->active;
    state->emergency_ns = made->active ? record->time_ns : 0;
    chl_copy(state->emergency_source, sizeof state->emergency_source,
             made->active ? made->source : "");
    state->emergency_who[0] = '\0';
    if (made->active) {
        name_emergency(state, made);
    }
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        struct engine_gate *gate = &state->gates[g];
        if (!all && gate->mode != CHL_MODE_EMERGENCY) {
            continue;
        }
        ask_mode(engine, g, made->active ? CHL_MODE_EMERGENCY : CHL_MODE_NORMAL, record->time_ns);
        gate->generation++;
        gate->held = made->active && gate->held;
        gate->held_mode = gate->held ? gate->held_mode : (uint8_t)CHL_MODE_NORMAL;
    }
    for (uint16_t z = 0; !made->active && !made->local && z < engine->config->zone_count; z++) {
        state->zones[z].recount_due = true;
    }
    return CHL_OK;
}

chl_err apply_gate_phase(struct engine *engine, const struct engine_record *record)
{
    const struct record_GATE_PHASE *made = &record->as.GATE_PHASE;
    struct engine_gate *gate = gate_at(engine, made->gate);
    if (gate == NULL) {
        return CHL_OK;
    }
    if (made->condition != CONDITION_NONE) {
        unsigned bit = 1U << made->condition;
        gate->conditions =
            (uint16_t)(made->active ? gate->conditions | bit : gate->conditions & ~bit);
        gate->condition_ns[made->condition] = made->active ? record->time_ns : 0;
    } else if (gate->grant.state != GRANT_NONE) {
        gate->phase = made->phase;
        gate->phase_ns = record->time_ns;
    }
    return CHL_OK;
}

chl_err apply_dispersal(struct engine *engine, const struct engine_record *record)
{
    const struct record_DISPERSAL *made = &record->as.DISPERSAL;
    struct engine_zone *zone = zone_at(engine, made->zone);
    if (made->whole) {
        engine->state.disperses = made->active;
    } else if (zone != NULL) {
        zone->disperses = made->active;
    }
    return CHL_OK;
}

chl_err apply_at_alarm(struct engine *engine, const struct engine_record *record)
{
    struct engine_zone *zone = zone_at(engine, record->as.AT_ALARM.zone);
    if (zone != NULL) {
        zone->alarm_ns = record->time_ns;
        zone->alarm_inside = record->as.AT_ALARM.inside;
        zone->alarm_uncertain = record->as.AT_ALARM.uncertain;
        zone->alarm_state = record->as.AT_ALARM.state;
    }
    return CHL_OK;
}
