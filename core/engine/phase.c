/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where a gate's cycle stands, and what is wrong at it: from readings to few records.
 *
 *  What a sensor says becomes a record only when it lasts, and ends only when it is gone for a
 * while: a flapping one costs a few records a minute.
 */
#include "core/engine/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <stdio.h>

/* A PASSED or NO_SHOW is told for so long; then the gate is simply locked. */
#define OUTCOME_NS (3 * CHL_NS_PER_S)
/* Longer than any device waits for a person (PERCo TTR-04CW: 30 s), and twice the site's own. */
#define STUCK_LEAST_NS (30 * CHL_NS_PER_S)

/* A board that noise keeps from answering once is not silent, and one that comes and goes is not
 * back. */
#define SILENT_BEGINS_NS (3 * CHL_NS_PER_S)
#define SILENT_ENDS_NS   (10 * CHL_NS_PER_S)

/* How long it is seen before it is a fact, and gone before it is none; the alarm that goes with it.
 */
static const struct {
    int64_t begins_ns, ends_ns;
    uint8_t alarm;
    const char *why;
} rules[CONDITION_COUNT] = {
    [CONDITION_OBJECT] = {5 * CHL_NS_PER_S, 2 * CHL_NS_PER_S, ALARM_OBJECT,
                          "something stands in the locked lane"},
    [CONDITION_STUCK] = {STUCK_LEAST_NS, 2 * CHL_NS_PER_S, ALARM_STUCK,
                         "somebody does not leave the passage"},
    [CONDITION_ERROR] = {CHL_NS_PER_S, 5 * CHL_NS_PER_S, ALARM_DEVICE_ERROR,
                         "the device reports an error"},
    [CONDITION_WRONG_WAY] = {0, 60 * CHL_NS_PER_S, ALARM_WRONG_WAY,
                             "passed against the lane's direction"},
    [CONDITION_TAMPER] = {0, 10 * CHL_NS_PER_S, ALARM_TAMPER, "the housing is open"},
    [CONDITION_UNFIT] = {0, 2 * CHL_NS_PER_S, ALARM_UNFIT, "settings differ from the site's"},
    [CONDITION_FIRE] = {0, 5 * CHL_NS_PER_S, ALARM_NONE, "the fire input is active"},
    [CONDITION_CHECK_SILENT] = {SILENT_BEGINS_NS, SILENT_ENDS_NS, ALARM_CHECK_SILENT,
                                "the second count does not answer"},
    [CONDITION_OBJECT_SILENT] = {SILENT_BEGINS_NS, SILENT_ENDS_NS, ALARM_OBJECT_SILENT,
                                 "the sensor in the passage does not answer"},
    [CONDITION_TAMPER_SILENT] = {SILENT_BEGINS_NS, SILENT_ENDS_NS, ALARM_TAMPER_SILENT,
                                 "the housing's contact does not answer"},
    [CONDITION_LAMPS_SILENT] = {SILENT_BEGINS_NS, SILENT_ENDS_NS, ALARM_LAMPS_SILENT,
                                "lamps and sounder do not answer"},
};

static bool stands_open(const struct engine_gate *gate)
{
    return gate->mode == CHL_MODE_FREE || gate->mode == CHL_MODE_EMERGENCY;
}

static engine_phase phase_with(const struct engine_gate *gate, unsigned conditions, int64_t now_ns)
{
    unsigned stuck = 1U << CONDITION_STUCK | 1U << CONDITION_ERROR;
    if ((conditions & stuck) != 0) {
        return PHASE_STUCK;
    }
    if (stands_open(gate)) {
        return PHASE_OPEN;
    }
    if (gate->grant.state != GRANT_NONE) {
        return gate->phase == PHASE_PASSING ? PHASE_PASSING : PHASE_RELEASED;
    }
    bool ended = gate->phase == PHASE_PASSED || gate->phase == PHASE_NO_SHOW;
    return ended && now_ns - gate->phase_ns < OUTCOME_NS ? (engine_phase)gate->phase : PHASE_LOCKED;
}

engine_phase engine_gate_phase(const struct engine *engine, uint16_t gate, int64_t now_ns)
{
    const struct engine_gate *state = &engine->state.gates[gate];
    return phase_with(state, state->conditions, now_ns);
}

static int64_t begins_ns(const struct engine *engine, uint16_t gate, engine_condition condition)
{
    int64_t twice_ns = 2 * engine->config->gates[gate].pass_time_ns;
    return condition == CONDITION_STUCK && twice_ns > STUCK_LEAST_NS ? twice_ns
                                                                     : rules[condition].begins_ns;
}

/* A silent gate says nothing new: what was known of it stands. Fire is believed of a gate whose
 * counters are not. */
static int64_t due_ns(const struct engine *engine, uint16_t gate, engine_condition condition)
{
    const struct engine_seen *seen = &engine->seen[gate][condition];
    const struct engine_gate *state = &engine->state.gates[gate];
    bool listens = state->state == GATE_OK || condition == CONDITION_FIRE;
    if (seen->since_ns == 0 || !listens || seen->on == has_condition(state, condition)) {
        return INT64_MAX;
    }
    return seen->since_ns +
           (seen->on ? begins_ns(engine, gate, condition) : rules[condition].ends_ns);
}

int64_t conditions_due_ns(const struct engine *engine, uint16_t index)
{
    int64_t next = INT64_MAX;
    for (int c = CONDITION_NONE + 1; c < CONDITION_COUNT; c++) {
        int64_t due = due_ns(engine, index, (engine_condition)c);
        next = due < next ? due : next;
    }
    return next;
}

static void see(struct decision *decision, uint16_t gate, engine_condition condition, bool on)
{
    struct engine_seen *seen = &decision->engine->seen[gate][condition];
    if (seen->since_ns == 0 || seen->on != on) {
        *seen = (struct engine_seen){.on = on, .since_ns = decision->input->now_ns};
    }
}

static void record_phase(struct decision *decision, const struct record_GATE_PHASE *made)
{
    struct engine_record record = record_make(RECORD_GATE_PHASE);
    record.as.GATE_PHASE = *made;
    emit(decision, &record);
}

static void tell_alarm(struct decision *decision, const struct record_GATE_PHASE *made)
{
    if (rules[made->condition].alarm == ALARM_NONE) {
        return;
    }
    struct engine_record record =
        record_make(made->active ? RECORD_ALARM_RAISED : RECORD_ALARM_CLEARED);
    if (made->active) {
        record.as.ALARM_RAISED.alarm = rules[made->condition].alarm;
        record.as.ALARM_RAISED.gate = made->gate;
        record.as.ALARM_RAISED.n = made->n;
    } else {
        record.as.ALARM_CLEARED.alarm = rules[made->condition].alarm;
        record.as.ALARM_CLEARED.gate = made->gate;
    }
    emit(decision, &record);
}

static void settle(struct decision *decision, uint16_t gate, engine_condition condition,
                   uint32_t error, const char *why)
{
    if (due_ns(decision->engine, gate, condition) > decision->input->now_ns) {
        return;
    }
    struct record_GATE_PHASE made = {.gate = gate,
                                     .condition = (uint8_t)condition,
                                     .active = decision->engine->seen[gate][condition].on,
                                     .n = error};
    const struct engine_gate *state = &decision->engine->state.gates[gate];
    unsigned bit = 1U << (unsigned)condition;
    unsigned after = made.active ? state->conditions | bit : state->conditions & ~bit;
    made.phase = (uint8_t)phase_with(state, after, decision->input->now_ns);
    chl_copy(made.why, sizeof made.why,
             !made.active                    ? "gone"
             : why != NULL && why[0] != '\0' ? why
                                             : rules[condition].why);
    record_phase(decision, &made);
    tell_alarm(decision, &made);
}

void settle_conditions(struct decision *decision, uint16_t index)
{
    for (int c = CONDITION_NONE + 1; c < CONDITION_COUNT; c++) {
        settle(decision, index, (engine_condition)c, 0, NULL);
    }
}

/* A passage of this decision that went against the lane's direction. It is counted already. */
static bool went_wrong(const struct decision *decision, uint16_t index,
                       const struct record_PASSAGE *made)
{
    const struct engine *engine = decision->engine;
    uint8_t way = engine->config->gates[index].way;
    bool outward = engine_runs_out(engine, index);
    bool inward = !outward && (way == WAY_IN || way == WAY_REVERSIBLE);
    bool entry = made->direction == DIRECTION_ENTRY;
    return !stands_open(&engine->state.gates[index]) && (entry ? outward : inward);
}

static void see_passages(struct decision *decision, uint16_t index)
{
    bool moved = false;
    bool wrong = false;
    for (size_t i = 0; i < decision->out->record_count; i++) {
        const struct engine_record *record = &decision->out->records[i];
        if (record->type == RECORD_PASSAGE && record->as.PASSAGE.gate == index) {
            moved = true;
            wrong = wrong || went_wrong(decision, index, &record->as.PASSAGE);
        }
    }
    if (moved) {
        /* Whoever stands there is the next one: a crowd that leaves is nothing in the lane. */
        see(decision, index, CONDITION_STUCK, false);
        see(decision, index, CONDITION_OBJECT, false);
    }
    see(decision, index, CONDITION_WRONG_WAY, wrong);
}

static void see_lane(struct decision *decision, uint16_t index,
                     const struct chl_gate_reading *reading)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    bool object = reading->object_entry || reading->object_exit;
    bool open = stands_open(gate);
    bool released = gate->grant.state != GRANT_NONE;
    if (object && gate->grant.state == GRANT_OPEN && gate->phase == PHASE_RELEASED && !open) {
        record_phase(decision,
                     &(struct record_GATE_PHASE){.gate = index,
                                                 .phase = PHASE_PASSING,
                                                 .why = "somebody stands in the passage"});
    }
    see(decision, index, CONDITION_STUCK, object && released && !open);
    see(decision, index, CONDITION_OBJECT, object && !released && !open);
}

void watch_gate(struct decision *decision, uint16_t index, const struct chl_gate_report *report)
{
    const struct chl_gate_reading *reading = &report->reading;
    see_passages(decision, index);
    see_lane(decision, index, reading);
    see(decision, index, CONDITION_ERROR, reading->error != 0);
    see(decision, index, CONDITION_TAMPER, report->tamper);
    see(decision, index, CONDITION_UNFIT, report->unfit);
    see(decision, index, CONDITION_FIRE, report->fire);
    see(decision, index, CONDITION_CHECK_SILENT, (report->silent & CHL_SILENT_CHECK) != 0);
    see(decision, index, CONDITION_OBJECT_SILENT, (report->silent & CHL_SILENT_OBJECT) != 0);
    see(decision, index, CONDITION_TAMPER_SILENT, (report->silent & CHL_SILENT_TAMPER) != 0);
    see(decision, index, CONDITION_LAMPS_SILENT, (report->silent & CHL_SILENT_LAMPS) != 0);
    settle(decision, index, CONDITION_ERROR, reading->error, NULL);
    settle(decision, index, CONDITION_UNFIT, 0, report->text);
    bool burned = has_condition(&decision->engine->state.gates[index], CONDITION_FIRE);
    settle_conditions(decision, index);
    if (burned || !has_condition(&decision->engine->state.gates[index], CONDITION_FIRE)) {
        return;
    }
    struct record_EMERGENCY cause = {.active = true};
    (void)snprintf(cause.source, sizeof cause.source, "fire input at %.40s",
                   decision->engine->config->gates[index].id);
    raise_emergency(decision, &cause);
}
