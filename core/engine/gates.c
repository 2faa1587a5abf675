/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What gates report: counters become passages, completions become certainty about grants.
 */
#include "core/engine/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <string.h>

/* A passage this soon after a grant was used up is somebody following behind, not a break-in. */
#define TAILGATE_NS (3 * CHL_NS_PER_S)
/* Nobody passes a turnstile faster; anything above is a counter that was reset. */
#define PERSONS_PER_S   INT64_C(4)
#define PLAUSIBLE_LEAST INT64_C(40)
/* A cancel waits this long for the wire: it must arrive, late or not. */
#define COMMAND_TTL_NS (30 * CHL_NS_PER_S)

void command(struct decision *decision, uint16_t gate, engine_action action)
{
    const struct engine_gate *state = &decision->engine->state.gates[gate];
    struct engine_effect *made = effect(decision, EFFECT_COMMAND);
    if (made == NULL) {
        return;
    }
    made->gate = gate;
    made->action = (uint8_t)action;
    made->mode = state->mode;
    made->generation = state->generation;
    made->grant = state->grant.id;
    made->places = grant_left(&state->grant);
    made->not_after_ns = decision->input->now_ns + COMMAND_TTL_NS;
}

static void end_grant(struct decision *decision, uint16_t gate, const char *why)
{
    const struct engine_grant *grant = &decision->engine->state.gates[gate].grant;
    struct engine_record record = record_make(RECORD_CANCELLED);
    record.as.CANCELLED.gate = gate;
    record.as.CANCELLED.grant = grant->id;
    record.as.CANCELLED.unused = grant_left(grant);
    chl_copy(record.as.CANCELLED.why, sizeof record.as.CANCELLED.why, why);
    emit(decision, &record);
}

static void record_command(struct decision *decision, uint16_t gate, engine_action action,
                           engine_status status, const char *why)
{
    const struct engine_gate *state = &decision->engine->state.gates[gate];
    struct engine_record record = record_make(RECORD_COMMAND);
    record.as.COMMAND.gate = gate;
    record.as.COMMAND.action = (uint8_t)action;
    record.as.COMMAND.status = (uint8_t)status;
    record.as.COMMAND.grant = state->grant.id;
    record.as.COMMAND.generation = state->generation;
    chl_copy(record.as.COMMAND.why, sizeof record.as.COMMAND.why, why);
    emit(decision, &record);
}

void cancel_grant(struct decision *decision, uint16_t gate, const char *why)
{
    if (decision->engine->config->gates[gate].hand) {
        end_grant(decision, gate, why);
        return;
    }
    record_command(decision, gate, ACTION_CANCEL, STATUS_ISSUED, why);
    command(decision, gate, ACTION_CANCEL);
}

static void set_state(struct decision *decision, uint16_t gate, engine_gate_state state,
                      const char *why)
{
    if (decision->engine->state.gates[gate].state == state) {
        return;
    }
    struct engine_record record = record_make(RECORD_GATE_STATE);
    record.as.GATE_STATE.gate = gate;
    record.as.GATE_STATE.state = (uint8_t)state;
    chl_copy(record.as.GATE_STATE.why, sizeof record.as.GATE_STATE.why, why);
    emit(decision, &record);
    bool silent = state == GATE_UNKNOWN;
    struct engine_record alarm = record_make(silent ? RECORD_ALARM_RAISED : RECORD_ALARM_CLEARED);
    if (silent) {
        alarm.as.ALARM_RAISED.alarm = ALARM_GATE_SILENT;
        alarm.as.ALARM_RAISED.gate = gate;
    } else {
        alarm.as.ALARM_CLEARED.alarm = ALARM_GATE_SILENT;
        alarm.as.ALARM_CLEARED.gate = gate;
    }
    emit(decision, &alarm);
}

static void raise_alarm(struct decision *decision, engine_alarm alarm, uint16_t gate, uint32_t n)
{
    struct engine_record record = record_make(RECORD_ALARM_RAISED);
    record.as.ALARM_RAISED.alarm = (uint8_t)alarm;
    record.as.ALARM_RAISED.gate = gate;
    record.as.ALARM_RAISED.zone = decision->engine->config->gates[gate].to;
    record.as.ALARM_RAISED.n = n;
    emit(decision, &record);
}

/* Difference at the declared width, so that a wrap is a small step and a reset a huge one. */
static uint32_t step(uint32_t now, uint32_t before, uint8_t bits)
{
    uint32_t mask = bits >= 32 ? UINT32_MAX : (UINT32_C(1) << bits) - 1;
    return (now - before) & mask;
}

static bool plausible(const struct engine_gate *gate, int64_t now_ns, uint32_t n)
{
    int64_t away_s = (now_ns - gate->counted_ns) / CHL_NS_PER_S;
    int64_t most = PLAUSIBLE_LEAST + PERSONS_PER_S * (away_s > 0 ? away_s : 0);
    return n <= most;
}

static void pass(struct decision *decision, uint16_t gate, engine_passage kind, uint32_t n,
                 uint32_t entry_count, uint32_t exit_count)
{
    struct engine_record record = record_make(RECORD_PASSAGE);
    struct record_PASSAGE *made = &record.as.PASSAGE;
    made->gate = gate;
    made->kind = (uint8_t)kind;
    made->direction = kind == PASSAGE_EXIT ? DIRECTION_EXIT : DIRECTION_ENTRY;
    made->n = n;
    made->entry_count = entry_count;
    made->exit_count = exit_count;
    if (kind == PASSAGE_GRANTED) {
        made->grant = decision->engine->state.gates[gate].grant.id;
    }
    emit(decision, &record);
}

static void count_entries(struct decision *decision, uint16_t index, uint32_t entries,
                          const struct chl_gate_reading *reading)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    uint32_t base = gate->entry_count;
    uint16_t left = grant_left(&gate->grant);
    uint32_t granted = entries < left ? entries : left;
    if (granted > 0) {
        pass(decision, index, PASSAGE_GRANTED, granted, base + granted, gate->exit_count);
    }
    uint32_t more = entries - granted;
    if (more == 0) {
        return;
    }
    bool free_mode = gate->mode == CHL_MODE_FREE || gate->mode == CHL_MODE_EMERGENCY;
    bool behind = granted > 0 || (gate->grant_closed_ns != 0 &&
                                  decision->input->now_ns - gate->grant_closed_ns < TAILGATE_NS);
    engine_passage kind = free_mode ? PASSAGE_FREE : behind ? PASSAGE_TAILGATE : PASSAGE_FORCED;
    pass(decision, index, kind, more, reading->entry_count, gate->exit_count);
    if (!free_mode) {
        raise_alarm(decision, behind ? ALARM_TAILGATE : ALARM_FORCED, index, more);
    }
}

static void record_gap(struct decision *decision, uint16_t index,
                       const struct chl_gate_reading *reading)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    struct engine_record record = record_make(RECORD_GAP);
    struct record_GAP *made = &record.as.GAP;
    made->gate = index;
    made->entry_before = gate->entry_count;
    made->exit_before = gate->exit_count;
    made->entry_count = reading->entry_count;
    made->exit_count = reading->exit_count;
    /* Since the reset at least this many passed; before it, as many as the grant still held. */
    uint32_t since = reading->entry_count + reading->exit_count;
    made->uncertain = (since < PLAUSIBLE_LEAST ? since : (uint32_t)PLAUSIBLE_LEAST) +
                      grant_left(&gate->grant) + 1;
    chl_copy(made->why, sizeof made->why, "counter moved further than people can; taken as reset");
    emit(decision, &record);
}

static void reconcile(struct decision *decision, uint16_t index, uint32_t entries, uint32_t exits,
                      const struct chl_gate_reading *reading)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    struct engine_record record = record_make(RECORD_RECONCILED);
    struct record_RECONCILED *made = &record.as.RECONCILED;
    uint16_t left = grant_left(&gate->grant);
    made->gate = index;
    made->entries = entries;
    made->exits = exits;
    made->granted = entries < left ? entries : left;
    made->grant = gate->grant.id;
    made->entry_count = reading->entry_count;
    made->exit_count = reading->exit_count;
    chl_copy(made->why, sizeof made->why, gate->has_count ? "away" : "baseline");
    emit(decision, &record);
}

static void count(struct decision *decision, uint16_t index, const struct chl_gate_reading *reading)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    if (!gate->has_count) {
        reconcile(decision, index, 0, 0, reading);
        return;
    }
    uint32_t entries = step(reading->entry_count, gate->entry_count, reading->count_bits);
    uint32_t exits = step(reading->exit_count, gate->exit_count, reading->count_bits);
    if (entries == 0 && exits == 0) {
        return;
    }
    int64_t now_ns = decision->input->now_ns;
    if (!plausible(gate, now_ns, entries) || !plausible(gate, now_ns, exits)) {
        record_gap(decision, index, reading);
        return;
    }
    if (gate->state == GATE_UNKNOWN) {
        reconcile(decision, index, entries, exits, reading);
        return;
    }
    /* Exits first: who left makes room in the count before who entered fills it. */
    if (exits > 0) {
        pass(decision, index, PASSAGE_EXIT, exits, gate->entry_count, reading->exit_count);
    }
    if (entries > 0) {
        count_entries(decision, index, entries, reading);
    }
}

/* A device found in its emergency mode is adopted as such: somebody pressed a button we do not see.
 */
static void adopt_mode(struct decision *decision, uint16_t index,
                       const struct chl_gate_reading *reading)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    if (reading->mode != CHL_MODE_EMERGENCY || gate->mode == CHL_MODE_EMERGENCY ||
        gate->state == GATE_OK) {
        return;
    }
    struct engine_record record = record_make(RECORD_GATE_MODE);
    record.as.GATE_MODE.gate = index;
    record.as.GATE_MODE.mode = CHL_MODE_EMERGENCY;
    record.as.GATE_MODE.generation = gate->generation + 1;
    chl_copy(record.as.GATE_MODE.who, sizeof record.as.GATE_MODE.who, "device");
    chl_copy(record.as.GATE_MODE.why, sizeof record.as.GATE_MODE.why,
             "found in its emergency mode");
    emit(decision, &record);
}

/* Nobody in the passage and nothing granted: only then are a cancelled grant's places free again.
 */
static bool passage_clear(const struct chl_gate_reading *reading)
{
    return reading->entry_left == 0 && !reading->object_entry;
}

static void take_reading(struct decision *decision, uint16_t index,
                         const struct chl_gate_reading *reading)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    bool was_unknown = gate->state == GATE_UNKNOWN;
    adopt_mode(decision, index, reading);
    count(decision, index, reading);
    if (was_unknown) {
        set_state(decision, index, GATE_OK, "answers");
        /* What stands at the device may be older than what stands here: say it again. */
        command(decision, index, ACTION_MODE);
    }
    if (gate->grant.state == GRANT_LOST) {
        cancel_grant(decision, index, "found open after silence");
    } else if (gate->grant.state == GRANT_CONFIRMED && passage_clear(reading)) {
        end_grant(decision, index, "deadline");
    }
}

static void cancel_done(struct decision *decision, uint16_t index,
                        const struct chl_gate_report *report)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    if (report->status == CHL_COMMAND_DONE && report->has_reading) {
        count(decision, index, &report->reading);
        if (gate->grant.id != 0 && passage_clear(&report->reading)) {
            end_grant(decision, index, "deadline");
        } else if (gate->grant.id != 0) {
            record_command(decision, index, ACTION_CANCEL, STATUS_DONE, "somebody in the passage");
        }
        return;
    }
    record_command(decision, index, ACTION_CANCEL,
                   report->status == CHL_COMMAND_ABORTED  ? STATUS_ABORTED
                   : report->status == CHL_COMMAND_FAILED ? STATUS_FAILED
                                                          : STATUS_UNKNOWN,
                   report->text);
}

static void release_done(struct decision *decision, uint16_t index,
                         const struct chl_gate_report *report)
{
    switch (report->status) {
    case CHL_COMMAND_DONE:
        return;
    case CHL_COMMAND_ABORTED:
        /* Never sent, so nobody can have passed on it. */
        end_grant(decision, index, "never-sent");
        return;
    case CHL_COMMAND_FAILED:
        record_command(decision, index, ACTION_RELEASE, STATUS_FAILED, report->text);
        return;
    default:
        record_command(decision, index, ACTION_RELEASE, STATUS_UNKNOWN, report->text);
        return;
    }
}

/* Completions carry the grant's id and the action in the command id: see command_id in core/loop.
 */
static void take_completion(struct decision *decision, uint16_t index,
                            const struct chl_gate_report *report)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    engine_action action = (engine_action)(report->command_id & 7U);
    uint64_t grant = report->command_id >> 3;
    if (action == ACTION_MODE && report->status != CHL_COMMAND_DONE &&
        report->generation == gate->generation) {
        record_command(decision, index, ACTION_MODE,
                       report->status == CHL_COMMAND_FAILED ? STATUS_FAILED : STATUS_UNKNOWN,
                       report->text);
        return;
    }
    if (grant == 0 || grant != gate->grant.id) {
        return;
    }
    if (action == ACTION_CANCEL && gate->grant.state == GRANT_CANCELLING) {
        cancel_done(decision, index, report);
    } else if (action == ACTION_RELEASE && gate->grant.state == GRANT_OPEN) {
        release_done(decision, index, report);
    }
}

void decide_report(struct decision *decision)
{
    const struct chl_gate_report *report = &decision->input->as.report;
    uint16_t index = report->gate.index;
    if (index >= decision->engine->config->gate_count ||
        decision->engine->config->gates[index].hand) {
        return;
    }
    switch (report->kind) {
    case CHL_REPORT_READING:
        take_reading(decision, index, &report->reading);
        return;
    case CHL_REPORT_DONE:
        take_completion(decision, index, report);
        return;
    case CHL_REPORT_LINK:
        /* A link that came up proves nothing yet: the first reading does. */
        if (!report->link_up) {
            set_state(decision, index, GATE_UNKNOWN, report->text);
        }
        return;
    default:
        return;
    }
}

void decide_tick(struct decision *decision)
{
    const struct engine *engine = decision->engine;
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        const struct engine_grant *grant = &engine->state.gates[g].grant;
        if (grant->state == GRANT_OPEN && grant->expires_ns <= decision->input->now_ns) {
            cancel_grant(decision, g, "deadline");
        }
    }
}
