/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What gates report: modes, silence, and completions that become certainty about grants.
 */
#include "core/engine/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <stdio.h>

/* A cancel waits this long for the wire: it must arrive, late or not. */
#define COMMAND_TTL_NS (30 * CHL_NS_PER_S)
/* A mode that did not get there is sent again no sooner than this. */
#define MODE_AGAIN_NS (2 * CHL_NS_PER_S)
/* Entries that a device allows while it stands open. */
#define ENTRY_FREE 0xFFFF
/* A completion that is still owed so long after the command's own end was lost with its plugin. */
#define OWED_NS (COMMAND_TTL_NS + 10 * CHL_NS_PER_S)

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
    /* What saves life waits for no disk. */
    made->urgent = action == ACTION_MODE && state->mode == CHL_MODE_EMERGENCY;
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

/* A device that answered and then is in its emergency mode: somebody pressed a button we do not
 * see, and the site opens, unless it was told otherwise. One *found* so after silence is adopted
 * alone. Not while a mode of ours is on its way: then it is the picture of before.
 * @return true when the gate has a mode that its device must hear of. */
static bool adopt_mode(struct decision *decision, uint16_t index,
                       const struct chl_gate_reading *reading)
{
    const struct engine_config *config = decision->engine->config;
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    if (reading->mode != CHL_MODE_EMERGENCY || gate->mode == CHL_MODE_EMERGENCY ||
        gate->mode_state != MODE_HELD) {
        return false;
    }
    if (gate->state == GATE_OK && !config->device_emergency_is_local) {
        struct record_EMERGENCY cause = {.active = true};
        (void)snprintf(cause.source, sizeof cause.source, "device of %.48s",
                       config->gates[index].id);
        raise_emergency(decision, &cause);
        return false;
    }
    struct engine_record record = record_make(RECORD_GATE_MODE);
    record.as.GATE_MODE.gate = index;
    record.as.GATE_MODE.mode = CHL_MODE_EMERGENCY;
    record.as.GATE_MODE.by = ORDER_DEVICE;
    record.as.GATE_MODE.generation = gate->generation + 1;
    chl_copy(record.as.GATE_MODE.who, sizeof record.as.GATE_MODE.who, "device");
    chl_copy(record.as.GATE_MODE.why, sizeof record.as.GATE_MODE.why,
             "found in its emergency mode");
    emit(decision, &record);
    return true;
}

static bool mode_is_due(const struct engine_gate *gate, int64_t now_ns)
{
    int64_t age_ns = now_ns - gate->mode_asked_ns;
    return (gate->mode_state == MODE_MISSED && age_ns >= MODE_AGAIN_NS) ||
           (gate->mode_state == MODE_ASKED && age_ns >= OWED_NS);
}

static bool cancel_is_due(const struct engine_gate *gate, int64_t now_ns)
{
    struct engine_gate owed = *gate;
    if (gate->grant.state == GRANT_CANCELLING && now_ns - gate->grant.expires_ns >= OWED_NS) {
        owed.grant.state = GRANT_LOST;
    }
    return may_cancel(&owed);
}

static void send_mode(struct decision *decision, uint16_t index, bool astray)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    if (astray || gate->mode_state == MODE_MISSED || mode_is_due(gate, decision->input->now_ns)) {
        record_command(decision, index, ACTION_MODE, STATUS_ISSUED,
                       astray ? "it left its mode by itself" : "again");
    }
    command(decision, index, ACTION_MODE);
}

/* As far as a reading tells: who may enter without a grant, or only with one. */
static bool is_as_ordered(const struct engine_gate *gate, const struct chl_gate_reading *reading)
{
    bool free = reading->entry_left == ENTRY_FREE;
    return gate->mode == CHL_MODE_EMERGENCY ? reading->mode == CHL_MODE_EMERGENCY
           : gate->mode == CHL_MODE_FREE    ? free
                                            : !free;
}

/* A device that was as ordered and is not any more, because somebody turned a key there, another
 * master wrote to it, or it restarted too quickly to be missed, is told again: an emergency is
 * latched, and nobody enters for nothing. */
static bool went_astray(struct decision *decision, uint16_t index,
                        const struct chl_gate_reading *reading)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    struct engine_watch *watch = &decision->engine->watch[index];
    int64_t now_ns = decision->input->now_ns;
    bool held = gate->mode_state == MODE_HELD;
    bool good = is_as_ordered(gate, reading);
    if (!held || good) {
        watch->settled = held;
        watch->settled_ns = gate->mode_asked_ns;
        watch->astray_ns = 0;
        return false;
    }
    watch->astray_ns = watch->astray_ns == 0 ? now_ns : watch->astray_ns;
    int64_t wait_ns = gate->mode == CHL_MODE_EMERGENCY ? 0 : MODE_AGAIN_NS;
    bool settled = watch->settled && watch->settled_ns == gate->mode_asked_ns;
    bool astray = settled && now_ns - watch->astray_ns >= wait_ns;
    watch->settled = settled && !astray;
    return astray;
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
    bool adopted = adopt_mode(decision, index, reading);
    bool astray = went_astray(decision, index, reading);
    bool believed = count_passages(decision, index, reading);
    if (was_unknown && believed) {
        set_state(decision, index, GATE_OK, "answers");
    }
    /* What stands at a device that was silent may be older than what stands here: say it again. */
    int64_t now_ns = decision->input->now_ns;
    if (was_unknown || mode_is_due(gate, now_ns) || adopted || astray) {
        send_mode(decision, index, astray);
    }
    if (cancel_is_due(gate, now_ns)) {
        cancel_grant(decision, index, "found open after silence");
    } else if (believed && gate->grant.state == GRANT_CONFIRMED && passage_clear(reading)) {
        end_grant(decision, index, "deadline");
    }
}

/* How a command ended that was not done. */
static engine_status miss(const struct chl_gate_report *report)
{
    return report->status == CHL_COMMAND_ABORTED  ? STATUS_ABORTED
           : report->status == CHL_COMMAND_FAILED ? STATUS_FAILED
                                                  : STATUS_UNKNOWN;
}

static void cancel_done(struct decision *decision, uint16_t index,
                        const struct chl_gate_report *report)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    if (report->status == CHL_COMMAND_DONE && report->has_reading) {
        if (!count_passages(decision, index, &report->reading)) {
            record_command(decision, index, ACTION_CANCEL, STATUS_UNKNOWN,
                           "its counters were not believed: read again");
            return;
        }
        if (gate->grant.id != 0 && passage_clear(&report->reading)) {
            end_grant(decision, index, "deadline");
        } else if (gate->grant.id != 0) {
            record_command(decision, index, ACTION_CANCEL, STATUS_DONE, "somebody in the passage");
        }
        return;
    }
    record_command(decision, index, ACTION_CANCEL, miss(report), report->text);
}

static void mode_done(struct decision *decision, uint16_t index,
                      const struct chl_gate_report *report)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    if (report->generation != gate->generation) {
        return;
    }
    if (report->status != CHL_COMMAND_DONE) {
        record_command(decision, index, ACTION_MODE, miss(report), report->text);
    } else if (gate->mode_state != MODE_HELD) {
        record_command(decision, index, ACTION_MODE, STATUS_DONE, "");
    }
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
    if (action == ACTION_MODE) {
        mode_done(decision, index, report);
        return;
    }
    if (action == ACTION_SIGNAL) {
        signal_done(decision, index, report);
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
    struct engine_watch *watch = &decision->engine->watch[index];
    watch->restarted = watch->restarted || report->restarted;
    signal_heard(decision, index, report);
    switch (report->kind) {
    case CHL_REPORT_READING:
        take_reading(decision, index, &report->reading);
        watch_gate(decision, index, report);
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
        settle_conditions(decision, g);
    }
    settle_modes(decision, "site", "schedule");
}
