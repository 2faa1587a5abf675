/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The emergency: raised by a person, an input or a device, latched, and ended by name.
 */
#include "core/engine/internal.h"
#include "lib/base/text.h"

#include <string.h>

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

/* Who was being let in may be inside by now, so they widen the bar. */
static void keep_count(struct decision *decision)
{
    const struct engine *engine = decision->engine;
    for (uint16_t z = 0; z < engine->config->zone_count; z++) {
        const struct engine_zone *zone = &engine->state.zones[z];
        struct engine_record record = record_make(RECORD_AT_ALARM);
        record.as.AT_ALARM.zone = z;
        record.as.AT_ALARM.inside = zone->inside;
        record.as.AT_ALARM.uncertain = engine_zone_error(decision->engine, z) + zone->reserved;
        record.as.AT_ALARM.state = zone->announced;
        emit(decision, &record);
    }
}

void raise_emergency(struct decision *decision, const struct record_EMERGENCY *cause)
{
    struct engine *engine = decision->engine;
    bool raised = !engine->state.emergency;
    bool names = cause->who[0] != '\0' || cause->why[0] != '\0';
    if (raised || names) {
        struct engine_record record = record_make(RECORD_EMERGENCY);
        record.as.EMERGENCY = *cause;
        record.as.EMERGENCY.active = true;
        emit(decision, &record);
    }
    if (raised) {
        keep_count(decision);
    }
    command_all(decision, true);
}

/* It opens first and asks afterwards: the commands do not wait for the disk. */
void decide_emergency(struct decision *decision)
{
    raise_emergency(decision, &decision->input->as.emergency);
    answer(decision, CHL_OK, "");
}

/* @return false when there is nothing to end, or an input still speaks. */
static bool may_reset(struct decision *decision)
{
    const struct engine *engine = decision->engine;
    bool any = engine->state.emergency;
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        any = any || engine->state.gates[g].mode == CHL_MODE_EMERGENCY;
    }
    if (!any) {
        answer(decision, CHL_E_STATE, "there is no emergency to reset");
        return false;
    }
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        if (!has_condition(&engine->state.gates[g], CONDITION_FIRE)) {
            continue;
        }
        size_t before = decision->out->effect_count;
        answer(decision, CHL_E_STATE,
               "a fire input is still active or cannot be read: silence the panel or mend its "
               "wire, then reset; it is wired to gate");
        if (decision->out->effect_count > before) {
            decision->out->effects[before].gate = g;
        }
        return false;
    }
    return true;
}

/* What a person had closed is closed again; what they had opened, and everything else, is as the
 * site is by itself. */
static void give_back(struct decision *decision, const struct engine_operator *act,
                      const uint8_t *closed, const bool *ended)
{
    const struct engine *engine = decision->engine;
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        if (ended[g] && closed[g] != CHL_MODE_NORMAL) {
            struct record_GATE_MODE order = {.gate = g,
                                             .mode = closed[g],
                                             .by = ORDER_OPERATOR,
                                             .why = "as before the emergency"};
            chl_copy(order.who, sizeof order.who, act->who);
            order_mode(decision, &order);
        }
    }
    settle_modes(decision, act->who, "after the emergency");
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        if (!ended[g] || engine->state.gates[g].mode != CHL_MODE_NORMAL) {
            continue;
        }
        if (!engine->config->gates[g].hand) {
            command(decision, g, ACTION_MODE);
        }
        if (may_cancel(&engine->state.gates[g])) {
            cancel_grant(decision, g, "emergency");
        }
    }
}

/* Where people passed uncounted by grants, people count: everywhere, or beside those gates. */
static void ask_recounts(struct decision *decision, const bool *ended)
{
    const struct engine *engine = decision->engine;
    for (uint16_t z = 0; z < engine->config->zone_count; z++) {
        bool beside = false;
        for (uint16_t g = 0; g < engine->config->gate_count; g++) {
            beside = beside || (ended[g] && errors_is_beside(engine, g, z));
        }
        if (beside) {
            struct engine_record due = record_make(RECORD_ALARM_RAISED);
            due.as.ALARM_RAISED.alarm = ALARM_RECOUNT_DUE;
            due.as.ALARM_RAISED.zone = z;
            emit(decision, &due);
        }
    }
}

void decide_reset(struct decision *decision, const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    uint8_t closed[ENGINE_GATES_MAX] = {CHL_MODE_NORMAL};
    bool ended[ENGINE_GATES_MAX] = {false};
    if (!may_reset(decision)) {
        return;
    }
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        const struct engine_gate *gate = &engine->state.gates[g];
        bool shut = gate->held &&
                    (gate->held_mode == CHL_MODE_BLOCKED || gate->held_mode == CHL_MODE_FREE_EXIT);
        closed[g] = shut ? gate->held_mode : (uint8_t)CHL_MODE_NORMAL;
        ended[g] = engine->state.emergency || gate->mode == CHL_MODE_EMERGENCY;
    }
    audit(decision, act, "site");
    struct engine_record record = record_make(RECORD_EMERGENCY);
    record.as.EMERGENCY.active = false;
    record.as.EMERGENCY.local = !engine->state.emergency;
    chl_copy(record.as.EMERGENCY.source, sizeof record.as.EMERGENCY.source, "reset");
    chl_copy(record.as.EMERGENCY.who, sizeof record.as.EMERGENCY.who, act->who);
    chl_copy(record.as.EMERGENCY.why, sizeof record.as.EMERGENCY.why, act->why);
    emit(decision, &record);
    give_back(decision, act, closed, ended);
    ask_recounts(decision, ended);
    answer(decision, CHL_OK, "");
}
