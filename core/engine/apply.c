/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The only code that changes the state: one function a record type.
 */
#include "core/engine/apply.h"
#include "core/engine/account.h"
#include "core/engine/codes.h"
#include "core/engine/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <string.h>

/* Expired codes are forgotten at sequences of this stride, so that replay forgets the same ones. */
enum { FORGET_STRIDE = 1 << 16 };

struct engine_gate *gate_at(struct engine *engine, uint16_t index)
{
    return index < engine->config->gate_count ? &engine->state.gates[index] : NULL;
}

struct engine_zone *zone_at(struct engine *engine, uint16_t index)
{
    return index < engine->config->zone_count ? &engine->state.zones[index] : NULL;
}

static void set_phase(struct engine_gate *gate, engine_phase phase, int64_t now_ns)
{
    gate->phase = (uint8_t)phase;
    gate->phase_ns = now_ns;
}

static void close_grant(struct engine *engine, uint16_t index, int64_t now_ns)
{
    struct engine_gate *gate = &engine->state.gates[index];
    zones_reserve(engine, index, -(int64_t)grant_left(&gate->grant));
    set_phase(gate, gate->grant.passed > 0 ? PHASE_PASSED : PHASE_NO_SHOW, now_ns);
    gate->grant = (struct engine_grant){0};
    gate->grant_closed_ns = now_ns;
}

static void use_grant(struct engine *engine, uint16_t index, uint32_t n, int64_t now_ns)
{
    struct engine_grant *grant = &engine->state.gates[index].grant;
    uint16_t left = grant_left(grant);
    uint16_t used = n > left ? left : (uint16_t)n;
    grant->passed = (uint16_t)(grant->passed + used);
    zones_reserve(engine, index, -(int64_t)used);
    if (used > 0 && grant->passed == grant->places) {
        close_grant(engine, index, now_ns);
    } else if (used > 0) {
        /* The next of the group. */
        set_phase(&engine->state.gates[index], PHASE_RELEASED, now_ns);
    }
}

static chl_err open_grant(struct engine *engine, const struct engine_record *record)
{
    const struct record_DECISION *made = &record->as.DECISION;
    struct engine_gate *gate = gate_at(engine, made->gate);
    if (gate == NULL || made->places == 0) {
        return CHL_OK;
    }
    chl_err error = account_take(&engine->state.codes, record);
    if (error != CHL_OK) {
        return error;
    }
    gate->grant = (struct engine_grant){.id = record->sequence,
                                        .expires_ns = made->expires,
                                        .places = made->places,
                                        .state = GRANT_OPEN};
    memcpy(gate->grant.code, account_key(made), ENGINE_CODE);
    zones_reserve(engine, made->gate, made->places);
    set_phase(gate, PHASE_RELEASED, record->time_ns);
    return CHL_OK;
}

static chl_err apply_decision(struct engine *engine, const struct engine_record *record)
{
    const struct record_DECISION *made = &record->as.DECISION;
    if (made->lane < engine->config->lane_count) {
        struct engine_lane *lane = &engine->state.lanes[made->lane];
        /* A WAIT after the tap leaves the CHECK standing: one more tap is enough later. One after
         * an entry by hand stands itself: there is no code to show again. */
        bool entered = made->format == CHL_FORMAT_MANUAL;
        lane->check = made->verdict == CHL_CHECK || (made->verdict == CHL_WAIT && entered)
                          ? record->sequence
                      : made->verdict == CHL_WAIT ? made->resolves
                                                  : 0;
        memcpy(lane->code, made->code, ENGINE_CODE);
        lane->aliases = made->aliases;
        lane->bar = made->bar;
        /* Asked now, answered by the tap; asked about something else first, it is still to come. */
        lane->possible =
            made->register_hit == REGISTER_POSSIBLE && made->reason != CHL_REASON_REGISTER_POSSIBLE;
        lane->format = made->format;
        lane->party = made->party;
        lane->valid_until = made->valid_until;
        lane->verdict = made->verdict;
        lane->reason = made->reason;
        lane->decided_ns = record->time_ns;
    }
    /* A repeated scan names the grant it belongs to and opens none. */
    if (made->verdict == CHL_ADMIT && made->grant == record->sequence) {
        return open_grant(engine, record);
    }
    return CHL_OK;
}

static void set_counts(struct engine_gate *gate, uint32_t entry, uint32_t exit_count,
                       int64_t now_ns)
{
    gate->entry_count = entry;
    gate->exit_count = exit_count;
    gate->has_count = true;
    gate->counted_ns = now_ns;
}

static chl_err apply_passage(struct engine *engine, const struct engine_record *record)
{
    const struct record_PASSAGE *made = &record->as.PASSAGE;
    struct engine_gate *gate = gate_at(engine, made->gate);
    if (gate == NULL) {
        return CHL_OK;
    }
    if (made->kind != PASSAGE_HAND) {
        set_counts(gate, made->entry_count, made->exit_count, record->time_ns);
    }
    gate->since += made->n;
    if (made->direction == DIRECTION_ENTRY) {
        gate->entries += made->n;
    } else {
        gate->exits += made->n;
    }
    gate->forced_ns = made->kind == PASSAGE_FORCED ? record->time_ns : gate->forced_ns;
    gate->tailgate_ns = made->kind == PASSAGE_TAILGATE ? record->time_ns : gate->tailgate_ns;
    if (made->grant != 0 && made->grant == gate->grant.id) {
        use_grant(engine, made->gate, made->n, record->time_ns);
    }
    zones_move(engine, made->gate, (engine_direction)made->direction, made->n);
    return CHL_OK;
}

static chl_err apply_cancelled(struct engine *engine, const struct engine_record *record)
{
    const struct record_CANCELLED *made = &record->as.CANCELLED;
    struct engine_gate *gate = gate_at(engine, made->gate);
    if (gate == NULL || gate->grant.id != made->grant) {
        return CHL_OK;
    }
    account_give_back(&engine->state.codes, gate->grant.code, made->unused);
    close_grant(engine, made->gate, record->time_ns);
    return CHL_OK;
}

static chl_err apply_reconciled(struct engine *engine, const struct engine_record *record)
{
    const struct record_RECONCILED *made = &record->as.RECONCILED;
    struct engine_gate *gate = gate_at(engine, made->gate);
    if (gate == NULL) {
        return CHL_OK;
    }
    set_counts(gate, made->entry_count, made->exit_count, record->time_ns);
    gate->entries += made->entries;
    gate->exits += made->exits;
    gate->since += (uint64_t)made->entries + made->exits;
    errors_widen(engine, made->gate, made->uncertain);
    if (made->grant != 0 && made->grant == gate->grant.id) {
        use_grant(engine, made->gate, made->granted, record->time_ns);
    }
    zones_move(engine, made->gate, DIRECTION_ENTRY, made->entries);
    zones_move(engine, made->gate, DIRECTION_EXIT, made->exits);
    return CHL_OK;
}

static void set_check(struct engine_gate *gate, uint32_t entry, uint32_t exit_count, int64_t now_ns)
{
    gate->check.known = true;
    gate->check.entry_count = entry;
    gate->check.exit_count = exit_count;
    gate->check.entries = gate->entries;
    gate->check.exits = gate->exits;
    gate->check.checked_ns = now_ns;
}

static chl_err apply_gap(struct engine *engine, const struct engine_record *record)
{
    const struct record_GAP *made = &record->as.GAP;
    struct engine_gate *gate = gate_at(engine, made->gate);
    if (gate == NULL) {
        return CHL_OK;
    }
    if (made->check) {
        set_check(gate, made->entry_count, made->exit_count, record->time_ns);
    } else {
        set_counts(gate, made->entry_count, made->exit_count, record->time_ns);
    }
    errors_widen(engine, made->gate, made->uncertain);
    return CHL_OK;
}

static chl_err apply_count_audit(struct engine *engine, const struct engine_record *record)
{
    struct engine_gate *gate = gate_at(engine, record->as.COUNT_AUDIT.gate);
    if (gate != NULL) {
        gate->bias = record->as.COUNT_AUDIT.bias;
        gate->audited_ns = record->time_ns;
    }
    return CHL_OK;
}

static chl_err apply_disagreement(struct engine *engine, const struct engine_record *record)
{
    const struct record_DISAGREEMENT *made = &record->as.DISAGREEMENT;
    struct engine_gate *gate = gate_at(engine, made->gate);
    if (gate == NULL) {
        return CHL_OK;
    }
    set_check(gate, made->entry_count, made->exit_count, record->time_ns);
    gate->check.off_entries = made->entries;
    gate->check.off_exits = made->exits;
    errors_widen(engine, made->gate, made->uncertain);
    return CHL_OK;
}

static chl_err apply_limit_state(struct engine *engine, const struct engine_record *record)
{
    struct engine_zone *zone = zone_at(engine, record->as.LIMIT_STATE.zone);
    if (zone != NULL) {
        zone->announced = record->as.LIMIT_STATE.state;
        zone->announced_ns = record->time_ns;
    }
    return CHL_OK;
}

static chl_err apply_recount(struct engine *engine, const struct engine_record *record)
{
    struct engine_zone *zone = zone_at(engine, record->as.RECOUNT.zone);
    if (zone != NULL) {
        zone->inside = record->as.RECOUNT.inside;
        errors_recount(engine, record->as.RECOUNT.zone);
        zone->recounted_ns = record->time_ns;
        zone->recounted_how = record->as.RECOUNT.how;
        chl_copy(zone->recounted_by, sizeof zone->recounted_by, record->as.RECOUNT.who);
        zone->recount_due = false;
        zone->alarm_ns = zone->alarm_inside = zone->alarm_uncertain = 0;
        zone->alarm_state = ZONE_NORMAL;
    }
    return CHL_OK;
}

static chl_err apply_started(struct engine *engine, const struct engine_record *record)
{
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        struct engine_gate *gate = &engine->state.gates[g];
        bool hand = engine->config->gates[g].hand;
        gate->unknown_ns = hand                          ? 0
                           : gate->state == GATE_UNKNOWN ? gate->unknown_ns
                                                         : record->time_ns;
        gate->state = hand ? GATE_HAND : GATE_UNKNOWN;
        if (gate->grant.state != GRANT_NONE) {
            /* No device will speak of a grant by hand: its deadline ends it, as before. */
            gate->grant.state = hand ? GRANT_OPEN : GRANT_LOST;
        }
        /* A new process numbers its commands anew: no completion of the old one may be believed. */
        gate->generation++;
        /* An input that is still active says so again; one that was taken away must not bind. */
        gate->conditions &= (uint16_t) ~(1U << CONDITION_FIRE);
        gate->condition_ns[CONDITION_FIRE] = 0;
    }
    for (uint16_t l = 0; l < engine->config->lane_count; l++) {
        engine->state.lanes[l] = (struct engine_lane){0};
    }
    engine->state.clock_doubt = false;
    codes_forget(&engine->state.codes, record->time_ns / CHL_NS_PER_S);
    return CHL_OK;
}

static chl_err apply_clock(struct engine *engine, const struct engine_record *record)
{
    engine->state.clock_doubt = record->as.CLOCK.doubt;
    return CHL_OK;
}

static chl_err apply_trust(struct engine *engine, const struct engine_record *record)
{
    engine->state.trust_old = record->as.TRUST.old;
    return CHL_OK;
}

static chl_err apply_operator(struct engine *engine, const struct engine_record *record)
{
    engine->state.firmware_lines +=
        strcmp(record->as.OPERATOR.action, ENGINE_ACT_FIRMWARE) == 0 ? 1 : 0;
    return CHL_OK;
}

/* What asks for a recount besides the end of an emergency. */
static chl_err apply_alarm(struct engine *engine, const struct engine_record *record)
{
    struct engine_zone *zone = zone_at(engine, record->as.ALARM_RAISED.zone);
    if (zone != NULL && record->as.ALARM_RAISED.alarm == ALARM_RECOUNT_DUE) {
        zone->recount_due = true;
    }
    return CHL_OK;
}

static chl_err apply_nothing(struct engine *engine, const struct engine_record *record)
{
    (void)engine;
    (void)record;
    return CHL_OK;
}

typedef chl_err (*apply_function)(struct engine *, const struct engine_record *);

static const apply_function appliers[RECORD_TYPE_COUNT] = {
    [RECORD_DECISION] = apply_decision,
    [RECORD_PASSAGE] = apply_passage,
    [RECORD_CANCELLED] = apply_cancelled,
    [RECORD_RECONCILED] = apply_reconciled,
    [RECORD_DISAGREEMENT] = apply_disagreement,
    [RECORD_COUNT_AUDIT] = apply_count_audit,
    [RECORD_LIMIT_STATE] = apply_limit_state,
    [RECORD_RECOUNT] = apply_recount,
    [RECORD_GATE_STATE] = apply_gate_state,
    [RECORD_GATE_MODE] = apply_gate_mode,
    [RECORD_GATE_PHASE] = apply_gate_phase,
    [RECORD_DISPERSAL] = apply_dispersal,
    [RECORD_AT_ALARM] = apply_at_alarm,
    [RECORD_COMMAND] = apply_command,
    [RECORD_EMERGENCY] = apply_emergency,
    [RECORD_ALARM_RAISED] = apply_alarm,
    [RECORD_ALARM_CLEARED] = apply_nothing,
    [RECORD_OPERATOR] = apply_operator,
    [RECORD_LOADED] = apply_nothing,
    [RECORD_STARTED] = apply_started,
    [RECORD_STOPPED] = apply_nothing,
    [RECORD_PLUGIN] = apply_nothing,
    [RECORD_CLOCK] = apply_clock,
    [RECORD_GAP] = apply_gap,
    [RECORD_INBOX] = apply_nothing,
    [RECORD_TRUST] = apply_trust,
};

chl_err engine_apply(struct engine *engine, const struct engine_record *record)
{
    if (record->sequence != engine->state.sequence + 1) {
        return CHL_E_STATE;
    }
    chl_err error = appliers[record->type](engine, record);
    engine->state.sequence = record->sequence;
    engine->state.time_ns = record->time_ns;
    if (record->sequence % FORGET_STRIDE == 0) {
        codes_forget(&engine->state.codes, record->time_ns / CHL_NS_PER_S);
    }
    return error;
}
