/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Lamps and sounders: what a lane shows by itself, and to whom it answers.
 *
 *  They follow the records; they are none. A signal that did not get there is sent again with a
 * later report of its gate, and never holds up a grant: it is the last effect of a decision.
 */
#include "core/engine/signals.h"

#include "core/engine/internal.h"
#include "lib/base/time.h"

/* An answer is for the person who stands there: nobody else may take it for theirs. */
#define ANSWER_NS (3 * CHL_NS_PER_S)
/* A standing one is worth showing for so long; then it is sent again. */
#define STANDING_TTL_NS (30 * CHL_NS_PER_S)
/* One that did not get there is sent again: a lamp that is dead for long must not cost the bus. */
#define AGAIN_NS (2 * CHL_NS_PER_S)
enum { TRIES_MOST = 5 };
/* One whose completion is owed for longer was lost with its plugin. */
#define OWED_NS (STANDING_TTL_NS + 10 * CHL_NS_PER_S)

static const struct {
    uint8_t signal, sound;
} standings[STANDING_COUNT] = {
#define STANDING_ROW(id, text, signal, sound) [id] = {signal, sound},
    ENGINE_STANDINGS(STANDING_ROW)
#undef STANDING_ROW
};

static const struct {
    uint8_t signal, sound;
} answers[] = {
#define ANSWER_ROW(verdict, signal, sound) [verdict] = {signal, sound},
    ENGINE_ANSWERS(ANSWER_ROW)
#undef ANSWER_ROW
};

static bool is_closed(const struct engine *engine, uint16_t gate)
{
    uint8_t mode = engine->state.gates[gate].mode;
    return mode == CHL_MODE_BLOCKED || mode == CHL_MODE_FREE_EXIT ||
           engine_runs_out(engine, gate) || engine_disperses(engine, gate);
}

static bool any_zone(const struct engine *engine, uint16_t gate, unsigned states)
{
    uint16_t zones[ENGINE_DEPTH_MAX];
    size_t count = zones_entered(engine->config, gate, zones);
    for (size_t i = 0; i < count; i++) {
        if ((states & (1U << engine->state.zones[zones[i]].announced)) != 0) {
            return true;
        }
    }
    return false;
}

engine_standing engine_stands_for(const struct engine *engine, uint16_t gate)
{
    const struct engine_gate *state = &engine->state.gates[gate];
    bool unfit = (state->conditions & (1U << CONDITION_UNFIT)) != 0;
    if (engine->state.emergency || state->mode == CHL_MODE_EMERGENCY) {
        return STANDING_EMERGENCY;
    }
    if (is_closed(engine, gate)) {
        return STANDING_CLOSED;
    }
    if (state->state == GATE_UNKNOWN || unfit || any_zone(engine, gate, 1U << ZONE_UNKNOWN)) {
        return STANDING_UNKNOWN;
    }
    if (any_zone(engine, gate, 1U << ZONE_AT_LIMIT | 1U << ZONE_ABOVE)) {
        return STANDING_FULL;
    }
    return state->mode == CHL_MODE_FREE ? STANDING_OPEN : STANDING_READY;
}

static struct engine_effect *send_signal(struct decision *decision, uint16_t gate)
{
    struct engine_effect *made = effect(decision, EFFECT_COMMAND);
    if (made != NULL) {
        made->gate = gate;
        made->action = ACTION_SIGNAL;
        made->generation = decision->engine->state.gates[gate].generation;
        /* No grant: a number of its own, by which its completion is known. */
        made->grant = ++decision->engine->signals[gate].sent;
    }
    return made;
}

static void answer_at(struct decision *decision, uint16_t gate, uint8_t verdict)
{
    struct engine *engine = decision->engine;
    if (engine_stands_for(engine, gate) == STANDING_EMERGENCY || verdict == CHL_VERDICT_NONE ||
        verdict >= sizeof answers / sizeof *answers) {
        return;
    }
    struct engine_effect *made = send_signal(decision, gate);
    if (made == NULL) {
        return;
    }
    int64_t pass_ms = engine->config->gates[gate].pass_time_ns / CHL_NS_PER_MS;
    int64_t hold_ms = verdict == CHL_ADMIT ? pass_ms : ANSWER_NS / CHL_NS_PER_MS;
    made->signal = answers[verdict].signal;
    made->sound = answers[verdict].sound;
    made->hold_ms = (uint16_t)(hold_ms < UINT16_MAX ? hold_ms : UINT16_MAX);
    made->not_after_ns = decision->input->now_ns + ANSWER_NS;
}

static bool is_due(const struct engine_signal *shown, engine_standing now, int64_t now_ns)
{
    int64_t age_ns = now_ns - shown->sent_ns;
    return shown->standing != (uint8_t)now + 1 ||
           (shown->missed && age_ns >= AGAIN_NS << shown->tries) ||
           (shown->owed && age_ns >= OWED_NS);
}

static void stand(struct decision *decision, uint16_t gate)
{
    struct engine_signal *shown = &decision->engine->signals[gate];
    engine_standing now = engine_stands_for(decision->engine, gate);
    int64_t now_ns = decision->input->now_ns;
    if (!shown->heard || !is_due(shown, now, now_ns)) {
        return;
    }
    struct engine_effect *made = send_signal(decision, gate);
    if (made == NULL) {
        return;
    }
    made->signal = standings[now].signal;
    made->sound = standings[now].sound;
    made->standing = true;
    made->urgent = now == STANDING_EMERGENCY;
    made->not_after_ns = now_ns + STANDING_TTL_NS;
    shown->tries = shown->standing == (uint8_t)now + 1 ? shown->tries : 0;
    shown->standing = (uint8_t)now + 1;
    shown->number = made->grant;
    shown->sent_ns = now_ns;
    shown->missed = false;
    shown->owed = true;
}

void settle_signals(struct decision *decision)
{
    const struct engine_config *config = decision->engine->config;
    size_t count = decision->out->effect_count;
    for (size_t i = 0; i < count; i++) {
        const struct engine_effect *made = &decision->out->effects[i];
        if (made->kind == EFFECT_VERDICT && made->gate < config->gate_count &&
            config->gates[made->gate].lamps) {
            answer_at(decision, made->gate, made->verdict);
        }
    }
    /* What lamps stand for is in the state: without a record only the gate that spoke may be due.
     */
    const struct engine_input *input = decision->input;
    uint16_t spoke = input->kind == INPUT_REPORT ? input->as.report.gate.index : ENGINE_NONE;
    bool changed = decision->out->record_count > 0;
    for (uint16_t g = changed ? 0 : spoke; g < config->gate_count; g++) {
        if (config->gates[g].lamps) {
            stand(decision, g);
        }
        if (!changed) {
            return;
        }
    }
}

void signal_heard(struct decision *decision, uint16_t gate, const struct chl_gate_report *report)
{
    struct engine_signal *shown = &decision->engine->signals[gate];
    bool down = report->kind == CHL_REPORT_LINK && !report->link_up;
    shown->heard = true;
    if (report->kind == CHL_REPORT_LINK) {
        /* Whoever was away may show what was true before. */
        shown->missed = shown->missed || !down;
        shown->sent_ns = down ? shown->sent_ns : 0;
        shown->tries = down ? shown->tries : 0;
    }
}

void signal_done(struct decision *decision, uint16_t gate, const struct chl_gate_report *report)
{
    struct engine_signal *shown = &decision->engine->signals[gate];
    if (report->command_id >> 3 == shown->number) {
        shown->owed = false;
        shown->missed = report->status != CHL_COMMAND_DONE;
        bool again = shown->missed && shown->tries < TRIES_MOST;
        shown->tries = again ? (uint8_t)(shown->tries + 1) : shown->missed ? shown->tries : 0;
    }
}
