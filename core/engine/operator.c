/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What people do: modes, taps, counts by hand, the emergency and its reset. Each has a who.
 */
#include "core/engine/internal.h"
#include "lib/base/text.h"

#include <string.h>

static const struct {
    const char *name;
    bool needs_why;
} acts[] = {
    [OPERATOR_RESOLVE] = {"resolve", false}, [OPERATOR_PASS] = {"pass", false},
    [OPERATOR_MODE] = {"mode", true},        [OPERATOR_RESET] = {"reset", true},
    [OPERATOR_RECOUNT] = {"recount", true},  [OPERATOR_ENTER] = {"enter", false},
};

static void audit(struct decision *decision, const struct engine_operator *act, const char *target)
{
    struct engine_record record = record_make(RECORD_OPERATOR);
    chl_copy(record.as.OPERATOR.who, sizeof record.as.OPERATOR.who, act->who);
    chl_copy(record.as.OPERATOR.why, sizeof record.as.OPERATOR.why, act->why);
    chl_copy(record.as.OPERATOR.action, sizeof record.as.OPERATOR.action, acts[act->kind].name);
    chl_copy(record.as.OPERATOR.target, sizeof record.as.OPERATOR.target, target);
    emit(decision, &record);
}

static void set_mode(struct decision *decision, const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    if (act->gate >= engine->config->gate_count || act->mode >= CHL_MODE_COUNT) {
        answer(decision, CHL_E_NOTFOUND, "no such gate or mode: `chilang status` lists the gates");
        return;
    }
    if (engine->state.emergency || act->mode == CHL_MODE_EMERGENCY) {
        answer(decision, CHL_E_STATE, "an emergency is raised and reset for the whole site");
        return;
    }
    audit(decision, act, engine->config->gates[act->gate].id);
    struct engine_record record = record_make(RECORD_GATE_MODE);
    record.as.GATE_MODE.gate = act->gate;
    record.as.GATE_MODE.mode = act->mode;
    record.as.GATE_MODE.generation = engine->state.gates[act->gate].generation + 1;
    chl_copy(record.as.GATE_MODE.who, sizeof record.as.GATE_MODE.who, act->who);
    chl_copy(record.as.GATE_MODE.why, sizeof record.as.GATE_MODE.why, act->why);
    emit(decision, &record);
    if (!engine->config->gates[act->gate].hand) {
        command(decision, act->gate, ACTION_MODE);
    }
    if (may_cancel(&engine->state.gates[act->gate])) {
        cancel_grant(decision, act->gate, "mode changed");
    }
    answer(decision, CHL_OK, "");
}

static void pass_by_hand(struct decision *decision, const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    if (act->gate >= engine->config->gate_count || !engine->config->gates[act->gate].hand) {
        answer(decision, CHL_E_STATE, "only a gate without a device is passed by a tap");
        return;
    }
    const struct engine_grant *grant = &engine->state.gates[act->gate].grant;
    uint16_t left = grant_left(grant);
    if (act->n == 0 || (act->direction == DIRECTION_ENTRY && act->n > left)) {
        answer(decision, CHL_E_LIMIT, "more people than the decision allowed; scan each code");
        return;
    }
    struct engine_record record = record_make(RECORD_PASSAGE);
    record.as.PASSAGE.gate = act->gate;
    record.as.PASSAGE.direction = act->direction;
    record.as.PASSAGE.kind = PASSAGE_HAND;
    record.as.PASSAGE.n = act->n;
    record.as.PASSAGE.grant = act->direction == DIRECTION_ENTRY ? grant->id : 0;
    chl_copy(record.as.PASSAGE.who, sizeof record.as.PASSAGE.who, act->who);
    emit(decision, &record);
    answer(decision, CHL_OK, "");
}

static void recount(struct decision *decision, const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    if (act->zone >= engine->config->zone_count || act->inside < 0) {
        answer(decision, CHL_E_NOTFOUND,
               "no such zone, or a negative count: `chilang status` lists the zones");
        return;
    }
    audit(decision, act, engine->config->zones[act->zone].id);
    bool due = engine->state.zones[act->zone].recount_due;
    struct engine_record record = record_make(RECORD_RECOUNT);
    record.as.RECOUNT.zone = act->zone;
    record.as.RECOUNT.before = engine->state.zones[act->zone].inside;
    record.as.RECOUNT.inside = act->inside;
    chl_copy(record.as.RECOUNT.who, sizeof record.as.RECOUNT.who, act->who);
    chl_copy(record.as.RECOUNT.why, sizeof record.as.RECOUNT.why, act->why);
    emit(decision, &record);
    if (due) {
        struct engine_record cleared = record_make(RECORD_ALARM_CLEARED);
        cleared.as.ALARM_CLEARED.alarm = ALARM_RECOUNT_DUE;
        cleared.as.ALARM_CLEARED.zone = act->zone;
        emit(decision, &cleared);
    }
    answer(decision, CHL_OK, "");
}

static void command_all(struct decision *decision, bool urgent)
{
    for (uint16_t g = 0; g < decision->engine->config->gate_count; g++) {
        if (decision->engine->config->gates[g].hand) {
            continue;
        }
        size_t before = decision->out->effect_count;
        command(decision, g, ACTION_MODE);
        if (decision->out->effect_count > before) {
            decision->out->effects[before].urgent = urgent;
        }
    }
}

static void reset(struct decision *decision, const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    bool any = engine->state.emergency;
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        any = any || engine->state.gates[g].mode == CHL_MODE_EMERGENCY;
    }
    if (!any) {
        answer(decision, CHL_E_STATE, "there is no emergency to reset");
        return;
    }
    audit(decision, act, "site");
    struct engine_record record = record_make(RECORD_EMERGENCY);
    record.as.EMERGENCY.active = false;
    chl_copy(record.as.EMERGENCY.source, sizeof record.as.EMERGENCY.source, "reset");
    chl_copy(record.as.EMERGENCY.who, sizeof record.as.EMERGENCY.who, act->who);
    chl_copy(record.as.EMERGENCY.why, sizeof record.as.EMERGENCY.why, act->why);
    emit(decision, &record);
    command_all(decision, false);
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        if (may_cancel(&engine->state.gates[g])) {
            cancel_grant(decision, g, "emergency");
        }
    }
    for (uint16_t z = 0; z < engine->config->zone_count; z++) {
        struct engine_record due = record_make(RECORD_ALARM_RAISED);
        due.as.ALARM_RAISED.alarm = ALARM_RECOUNT_DUE;
        due.as.ALARM_RAISED.zone = z;
        emit(decision, &due);
    }
    answer(decision, CHL_OK, "");
}

void decide_operator(struct decision *decision)
{
    const struct engine_operator *act = &decision->input->as.operator_act;
    if (act->who[0] == '\0' || (acts[act->kind].needs_why && act->why[0] == '\0')) {
        answer(decision, CHL_E_DENIED,
               acts[act->kind].needs_why ? "this act needs a who and a why"
                                         : "this act needs a who");
        return;
    }
    bool at_lane = act->kind == OPERATOR_RESOLVE || act->kind == OPERATOR_ENTER;
    if (at_lane && act->lane >= decision->engine->config->lane_count) {
        answer(decision, CHL_E_NOTFOUND, "no such lane: `chilang status` lists them");
        return;
    }
    switch (act->kind) {
    case OPERATOR_RESOLVE:
        decide_resolve(decision, act);
        return;
    case OPERATOR_ENTER:
        decide_enter(decision, act);
        return;
    case OPERATOR_PASS:
        pass_by_hand(decision, act);
        return;
    case OPERATOR_MODE:
        set_mode(decision, act);
        return;
    case OPERATOR_RESET:
        reset(decision, act);
        return;
    case OPERATOR_RECOUNT:
        recount(decision, act);
        return;
    }
}

/* It opens first and asks afterwards: the commands do not wait for the disk. */
void decide_emergency(struct decision *decision)
{
    if (!decision->engine->state.emergency) {
        struct engine_record record = record_make(RECORD_EMERGENCY);
        record.as.EMERGENCY = decision->input->as.emergency;
        record.as.EMERGENCY.active = true;
        emit(decision, &record);
    }
    command_all(decision, true);
    answer(decision, CHL_OK, "");
}
