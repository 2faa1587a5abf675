/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One decision from input to records and effects: numbering, applying, settling.
 */
#include "core/engine/internal.h"

#include "core/engine/codes.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE_NS (60 * CHL_NS_PER_S)

chl_err engine_output_init(struct engine_output *out)
{
    *out = (struct engine_output){0};
    out->records = calloc(ENGINE_RECORDS_MAX, sizeof *out->records);
    out->effects = calloc(ENGINE_EFFECTS_MAX, sizeof *out->effects);
    if (out->records == NULL || out->effects == NULL) {
        engine_output_free(out);
        return CHL_E_NOMEM;
    }
    return CHL_OK;
}

void engine_output_free(struct engine_output *out)
{
    free(out->records);
    free(out->effects);
    *out = (struct engine_output){0};
}

chl_err engine_init(struct engine *engine, const struct engine_config *config)
{
    if (config->zone_count > ENGINE_ZONES_MAX || config->gate_count > ENGINE_GATES_MAX ||
        config->lane_count > ENGINE_LANES_MAX) {
        return CHL_E_LIMIT;
    }
    memset(engine, 0, sizeof *engine);
    engine->config = config;
    for (uint16_t g = 0; g < config->gate_count; g++) {
        engine->state.gates[g].state = config->gates[g].hand ? GATE_HAND : GATE_UNKNOWN;
    }
    return CHL_OK;
}

void engine_free(struct engine *engine)
{
    codes_free(&engine->state.codes);
}

struct engine_record record_make(engine_record_type type)
{
    struct engine_record record;
    memset(&record, 0, sizeof record);
    record.type = type;
    const struct engine_record_info *info = engine_record_info(type);
    for (size_t i = 0; i < info->field_count; i++) {
        engine_field_kind kind = info->fields[i].kind;
        if (kind == FIELD_GATE || kind == FIELD_LANE || kind == FIELD_ZONE) {
            *(uint16_t *)(void *)((char *)&record.as + info->fields[i].offset) = ENGINE_NONE;
        }
    }
    return record;
}

uint64_t emit(struct decision *decision, struct engine_record *record)
{
    struct engine_output *out = decision->out;
    if (out->record_count == ENGINE_RECORDS_MAX) {
        return decision->engine->state.sequence;
    }
    record->sequence = decision->engine->state.sequence + 1;
    record->time_ns = decision->input->now_ns;
    /* Times of records never run backwards, whatever the caller's clock did. */
    if (record->time_ns < decision->engine->state.time_ns) {
        record->time_ns = decision->engine->state.time_ns;
    }
    if (out->record_count > 0 && record->cause == 0) {
        record->cause = out->records[0].sequence;
    }
    chl_err error = engine_apply(decision->engine, record);
    if (error != CHL_OK) {
        decision->engine->failed = error;
    }
    out->records[out->record_count++] = *record;
    return record->sequence;
}

struct engine_effect *effect(struct decision *decision, engine_effect_kind kind)
{
    struct engine_output *out = decision->out;
    if (out->effect_count == ENGINE_EFFECTS_MAX) {
        return NULL;
    }
    struct engine_effect *made = &out->effects[out->effect_count++];
    memset(made, 0, sizeof *made);
    made->kind = kind;
    made->after = decision->engine->state.sequence;
    made->token = decision->input->token;
    made->gate = ENGINE_NONE;
    made->lane = ENGINE_NONE;
    made->used_gate = ENGINE_NONE;
    return made;
}

void answer(struct decision *decision, chl_err error, const char *text)
{
    struct engine_effect *made = effect(decision, EFFECT_ANSWER);
    if (made != NULL) {
        made->error = error;
        made->text = text;
    }
}

/* A start makes every device unknown: it is asked before it is believed. */
static void decide_plain(struct decision *decision)
{
    static const struct {
        engine_input_kind input;
        engine_record_type record;
    } plain[] = {{INPUT_START, RECORD_STARTED}, {INPUT_STOP, RECORD_STOPPED},
                 {INPUT_LOADED, RECORD_LOADED}, {INPUT_PLUGIN, RECORD_PLUGIN},
                 {INPUT_CLOCK, RECORD_CLOCK},   {INPUT_BUSY, RECORD_INBOX}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (plain[i].input != decision->input->kind) {
            continue;
        }
        struct engine_record record = record_make(plain[i].record);
        /* The input carries the record's own struct; all of them begin at the union's start. */
        switch (decision->input->kind) {
        case INPUT_START:
            memset(decision->engine->signals, 0, sizeof decision->engine->signals);
            memset(decision->engine->watch, 0, sizeof decision->engine->watch);
            record.as.STARTED = decision->input->as.started;
            break;
        case INPUT_STOP:
            record.as.STOPPED = decision->input->as.stopped;
            break;
        case INPUT_LOADED:
            record.as.LOADED = decision->input->as.loaded;
            break;
        case INPUT_PLUGIN:
            record.as.PLUGIN = decision->input->as.plugin;
            break;
        case INPUT_CLOCK:
            record.as.CLOCK = decision->input->as.clock;
            break;
        default:
            record.as.INBOX = decision->input->as.inbox;
            break;
        }
        emit(decision, &record);
    }
}

/* Who must renew the list is told when it grows old and when it is fresh again. */
static void decide_trust(struct decision *decision)
{
    struct engine_record record = record_make(RECORD_TRUST);
    record.as.TRUST = decision->input->as.trust;
    bool was_old = decision->engine->state.trust_old;
    emit(decision, &record);
    if (was_old == record.as.TRUST.old) {
        return;
    }
    struct engine_record alarm = record_make(was_old ? RECORD_ALARM_CLEARED : RECORD_ALARM_RAISED);
    if (was_old) {
        alarm.as.ALARM_CLEARED.alarm = ALARM_TRUST_OLD;
    } else {
        alarm.as.ALARM_RAISED.alarm = ALARM_TRUST_OLD;
    }
    emit(decision, &alarm);
}

void engine_decide(struct engine *engine, const struct engine_input *input,
                   struct engine_output *out)
{
    struct decision decision = {engine, input, out};
    out->record_count = 0;
    out->effect_count = 0;
    switch (input->kind) {
    case INPUT_SCAN:
        decide_scan(&decision);
        break;
    case INPUT_REPORT:
        decide_report(&decision);
        break;
    case INPUT_OPERATOR:
        decide_operator(&decision);
        break;
    case INPUT_EMERGENCY:
        decide_emergency(&decision);
        break;
    case INPUT_TRUST:
        decide_trust(&decision);
        break;
    case INPUT_TICK:
        decide_tick(&decision);
        break;
    case INPUT_START:
        decide_plain(&decision);
        settle_modes(&decision, "site", "start");
        break;
    default:
        decide_plain(&decision);
        break;
    }
    settle_zones(&decision);
    settle_signals(&decision);
}

int64_t engine_next_deadline(const struct engine *engine)
{
    int64_t next = INT64_MAX;
    for (uint16_t g = 0; g < engine->config->gate_count; g++) {
        const struct engine_grant *grant = &engine->state.gates[g].grant;
        if (grant->state == GRANT_OPEN && grant->expires_ns < next) {
            next = grant->expires_ns;
        }
        int64_t due = conditions_due_ns(engine, g);
        next = due < next ? due : next;
        /* Looked at once a minute: a change of the local time's offset needs no rule of its own. */
        int64_t look = (engine->looked_ns / MINUTE_NS + 1) * MINUTE_NS;
        next = engine->config->gates[g].slot_count > 0 && look < next ? look : next;
    }
    return next;
}
