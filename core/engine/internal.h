/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the engine's files share: emitting records and effects, zone arithmetic.
 */
#ifndef CHL_ENGINE_INTERNAL_H
#define CHL_ENGINE_INTERNAL_H

#include "core/engine/engine.h"

/** One decision under way. */
struct decision {
    struct engine *engine;
    const struct engine_input *input;
    struct engine_output *out;
};

/** A zeroed record of a type, places set to ENGINE_NONE. */
struct engine_record record_make(engine_record_type type);
/** Number, stamp, apply and keep a record. @return its sequence. */
uint64_t emit(struct decision *decision, struct engine_record *record);
/** A zeroed effect that waits for what was emitted so far. NULL when there is no room. */
struct engine_effect *effect(struct decision *decision, engine_effect_kind kind);
/** Answer the operator who gave the input. */
void answer(struct decision *decision, chl_err error, const char *text);

void decide_scan(struct decision *decision);
void decide_resolve(struct decision *decision, const struct engine_operator *act);
/** Judge what was entered by hand; it resolves the CHECK that it answers. */
void decide_enter(struct decision *decision, const struct engine_operator *act);
void decide_report(struct decision *decision);
void decide_tick(struct decision *decision);
void decide_operator(struct decision *decision);
void decide_emergency(struct decision *decision);

/** modes.c: what an operator orders of a gate's mode, and of everybody's leaving. */
void decide_mode(struct decision *decision, const struct engine_operator *act);
void decide_schedule(struct decision *decision, const struct engine_operator *act);
void decide_disperse(struct decision *decision, const struct engine_operator *act);
/** Bring every gate into the mode that its way, its schedule, a dispersal and what a person chose
 *  ask for now. */
void settle_modes(struct decision *decision, const char *who, const char *why);
/** Give a gate a mode: what is granted there is taken back first. */
void order_mode(struct decision *decision, const struct record_GATE_MODE *order);

/** emergency.c: raise it, or say who did; end it. */
void raise_emergency(struct decision *decision, const struct record_EMERGENCY *cause);
void decide_reset(struct decision *decision, const struct engine_operator *act);

/** operator.c: keep who did it, and why. */
void audit(struct decision *decision, const struct engine_operator *act, const char *target);

/** phase.c: look at a report that holds a reading, after its passages were counted. */
void watch_gate(struct decision *decision, uint16_t index, const struct chl_gate_report *report);
/** Make conditions facts, or end them, that lasted long enough. */
void settle_conditions(struct decision *decision, uint16_t index);
/** When the next condition is due, INT64_MAX = none. */
int64_t conditions_due_ns(const struct engine *engine, uint16_t index);

static inline bool has_condition(const struct engine_gate *gate, engine_condition condition)
{
    return (gate->conditions & (1U << (unsigned)condition)) != 0;
}

/** Send a command to a gate; RELEASE and CANCEL name the gate's grant. */
void command(struct decision *decision, uint16_t gate, engine_action action);
/** Open a grant's cancellation, or end it at once at a gate by hand. */
void cancel_grant(struct decision *decision, uint16_t gate, const char *why);

/** Record what a device counted since the last reading.
 *  @return false when the counters moved further than people can: then nothing is recorded, and the
 *  next reading tells whether this one was torn or the counters began anew. */
bool count_passages(struct decision *decision, uint16_t index,
                    const struct chl_gate_reading *reading);
/** Difference at the declared width, so that a wrap is a small step and a reset a huge one. */
uint32_t count_step(uint32_t now, uint32_t before, uint8_t bits);
/** People who can have passed a gate one way since `then_ns` at most. */
int64_t count_most(const struct engine *engine, uint16_t gate, int64_t now_ns, int64_t then_ns);
/** Compare the second count with the authority's. `gap`: the authority's began anew just now;
 * `most`: people who can have passed since the last reading. */
void check_counts(struct decision *decision, uint16_t index, bool gap, int64_t most);

/** Show at the lamps what was decided and how things stand: the last effects of a decision. */
void settle_signals(struct decision *decision);
/** A gate reported something: it may have been away. */
void signal_heard(struct decision *decision, uint16_t gate, const struct chl_gate_report *report);
/** A signal's completion. */
void signal_done(struct decision *decision, uint16_t gate, const struct chl_gate_report *report);

/** Set a zone's count to what people counted. */
void decide_recount(struct decision *decision, const struct engine_operator *act);
/** Keep how far a gate's counter is off by what a person tapped. */
void decide_audit(struct decision *decision, const struct engine_operator *act);

/** True when whoever passes the gate enters or leaves the zone. */
bool errors_is_beside(const struct engine *engine, uint16_t gate, uint16_t zone);
/** Widen the error bar of every zone that a gate counts people of. */
void errors_widen(struct engine *engine, uint16_t gate, int64_t n);
/** Begin the error bar of a zone anew. */
void errors_recount(struct engine *engine, uint16_t zone);

/** A lost grant that may be cancelled now. The cancel takes away all entries, so it would close a
 * gate that stands open: there the places stay taken until its mode changes or they are used. */
static inline bool may_cancel(const struct engine_gate *gate)
{
    return gate->grant.state == GRANT_LOST &&
           (gate->mode == CHL_MODE_NORMAL || gate->mode == CHL_MODE_BLOCKED ||
            gate->mode == CHL_MODE_FREE_EXIT);
}

/** True when `zone` is `inner` or above it. */
bool zone_holds(const struct engine_config *config, uint16_t zone, uint16_t inner);
/** Zones in which a passage through the gate adds (entry) or removes (exit) people: above `to`, not
 * above `from`. Calls `each` for every one. */
size_t zones_entered(const struct engine_config *config, uint16_t gate,
                     uint16_t out[ENGINE_DEPTH_MAX]);
size_t zones_left(const struct engine_config *config, uint16_t gate,
                  uint16_t out[ENGINE_DEPTH_MAX]);
/** First zone in which `n` more would pass the hard limit, ENGINE_NONE when there is room. */
uint16_t zone_full(const struct engine *engine, uint16_t gate, uint16_t n);
/** Compare what is with what was announced; record every change of zone state and its alarm. */
void settle_zones(struct decision *decision);
/** Move `n` people through a gate. */
void zones_move(struct engine *engine, uint16_t gate, engine_direction direction, uint32_t n);
/** Change the reserved places behind a gate. */
void zones_reserve(struct engine *engine, uint16_t gate, int64_t n);

static inline uint16_t grant_left(const struct engine_grant *grant)
{
    return grant->state == GRANT_NONE ? 0 : (uint16_t)(grant->places - grant->passed);
}

#endif
