/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What people do: taps and counts by hand here, the rest in its own file. Each has a who.
 */
#include "core/engine/internal.h"
#include "lib/base/text.h"

#include <string.h>

static const struct {
    const char *name;
    bool needs_why;
} acts[] = {
    [OPERATOR_RESOLVE] = {"resolve", false},   [OPERATOR_PASS] = {"pass", false},
    [OPERATOR_MODE] = {"mode", true},          [OPERATOR_RESET] = {"reset", true},
    [OPERATOR_RECOUNT] = {"recount", true},    [OPERATOR_ENTER] = {"enter", false},
    [OPERATOR_SCHEDULE] = {"schedule", true},  [OPERATOR_DISPERSE] = {"disperse", true},
    [OPERATOR_AUDIT] = {"count-audit", false}, [OPERATOR_FIRMWARE] = {ENGINE_ACT_FIRMWARE, true},
};

void audit(struct decision *decision, const struct engine_operator *act, const char *target)
{
    struct engine_record record = record_make(RECORD_OPERATOR);
    chl_copy(record.as.OPERATOR.who, sizeof record.as.OPERATOR.who, act->who);
    chl_copy(record.as.OPERATOR.why, sizeof record.as.OPERATOR.why, act->why);
    chl_copy(record.as.OPERATOR.action, sizeof record.as.OPERATOR.action, acts[act->kind].name);
    chl_copy(record.as.OPERATOR.target, sizeof record.as.OPERATOR.target, target);
    emit(decision, &record);
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
    uint8_t mode = engine->state.gates[act->gate].mode;
    /* Where entry is free nobody needs a decision, and who came in is counted all the same. */
    bool open = mode == CHL_MODE_FREE || mode == CHL_MODE_EMERGENCY;
    bool entry = act->direction == DIRECTION_ENTRY;
    if (act->n == 0 || (entry && !open && act->n > left)) {
        answer(decision, CHL_E_LIMIT, "more people than the decision allowed; scan each code");
        return;
    }
    struct engine_record record = record_make(RECORD_PASSAGE);
    record.as.PASSAGE.gate = act->gate;
    record.as.PASSAGE.direction = act->direction;
    record.as.PASSAGE.kind = PASSAGE_HAND;
    record.as.PASSAGE.n = act->n;
    record.as.PASSAGE.grant = entry ? grant->id : 0;
    chl_copy(record.as.PASSAGE.who, sizeof record.as.PASSAGE.who, act->who);
    emit(decision, &record);
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
        decide_mode(decision, act);
        return;
    case OPERATOR_SCHEDULE:
        decide_schedule(decision, act);
        return;
    case OPERATOR_DISPERSE:
        decide_disperse(decision, act);
        return;
    case OPERATOR_RESET:
        decide_reset(decision, act);
        return;
    case OPERATOR_AUDIT:
        decide_audit(decision, act);
        return;
    case OPERATOR_FIRMWARE:
        audit(decision, act,
              act->gate < decision->engine->config->gate_count
                  ? decision->engine->config->gates[act->gate].id
                  : "");
        return;
    case OPERATOR_RECOUNT:
        decide_recount(decision, act);
        return;
    }
}
