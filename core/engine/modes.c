/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which mode a gate should be in: an emergency, a dispersal, a person, its schedule, its
 * way outrank each other in this order. None of them ever binds the way out.
 */
#include "core/engine/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

enum { DAY_MIN = 24 * 60, DAYS = 7, MINUTE_S = 60, THURSDAY = 3 };

/** A moment as people at the site read it. */
struct local_time {
    unsigned day; /**< 0 = Monday */
    unsigned minute;
};

static struct local_time local_time(const struct engine *engine)
{
    int64_t minutes = (engine->looked_ns / CHL_NS_PER_S + engine->utc_offset_s) / MINUTE_S;
    minutes = minutes < 0 ? 0 : minutes;
    /* The first day of 1970 was a Thursday. */
    return (struct local_time){.day = (unsigned)((minutes / DAY_MIN + THURSDAY) % DAYS),
                               .minute = (unsigned)(minutes % DAY_MIN)};
}

static bool begins_on(const struct engine_slot *slot, unsigned day)
{
    return (slot->days & (1U << day)) != 0;
}

static bool slot_holds(const struct engine_slot *slot, struct local_time now)
{
    if (slot->from_min < slot->to_min) {
        return begins_on(slot, now.day) && now.minute >= slot->from_min &&
               now.minute < slot->to_min;
    }
    /* Past midnight: its tail belongs to the day on which it began. */
    return (begins_on(slot, now.day) && now.minute >= slot->from_min) ||
           (begins_on(slot, (now.day + DAYS - 1) % DAYS) && now.minute < slot->to_min);
}

static bool scheduled_out(const struct engine *engine, const struct engine_gate_config *gate)
{
    struct local_time now = local_time(engine);
    for (uint16_t i = 0; i < gate->slot_count; i++) {
        if (slot_holds(&gate->slots[i], now)) {
            return gate->slots[i].out;
        }
    }
    return false;
}

bool engine_disperses(const struct engine *engine, uint16_t gate)
{
    const struct engine_config *config = engine->config;
    bool found = engine->state.disperses;
    uint16_t zone = gate < config->gate_count ? config->gates[gate].to : ENGINE_NONE;
    for (int depth = 0; !found && zone != ENGINE_NONE && depth < ENGINE_DEPTH_MAX; depth++) {
        found = engine->state.zones[zone].disperses;
        zone = config->zones[zone].parent;
    }
    return found;
}

bool engine_runs_out(const struct engine *engine, uint16_t gate)
{
    return engine->config->gates[gate].way == WAY_OUT ||
           engine->state.gates[gate].mode == CHL_MODE_FREE_EXIT;
}

/* The mode that way, schedule, dispersal and, where `held`, a person ask for; and which of them. */
static void wish(const struct engine *engine, uint16_t index, bool held,
                 struct record_GATE_MODE *out)
{
    const struct engine_gate_config *config = &engine->config->gates[index];
    const struct engine_gate *gate = &engine->state.gates[index];
    bool out_only = config->way == WAY_OUT;
    bool reversible = config->way == WAY_REVERSIBLE;
    out->gate = index;
    if (engine_disperses(engine, index)) {
        /* Who closed it altogether had a reason of their own. */
        bool shut = held && gate->held_mode == CHL_MODE_BLOCKED;
        out->mode = !shut && (out_only || reversible) ? CHL_MODE_FREE_EXIT : CHL_MODE_BLOCKED;
        out->by = ORDER_DISPERSAL;
    } else if (held) {
        out->mode = gate->held_mode;
        out->by = ORDER_DISPERSAL; /* it ended: what the person chose holds again */
    } else {
        bool outward = out_only || (reversible && scheduled_out(engine, config));
        out->mode = outward ? CHL_MODE_FREE_EXIT : CHL_MODE_NORMAL;
        out->by = ORDER_SITE;
    }
}

void order_mode(struct decision *decision, const struct record_GATE_MODE *order)
{
    struct engine *engine = decision->engine;
    struct engine_record record = record_make(RECORD_GATE_MODE);
    record.as.GATE_MODE = *order;
    record.as.GATE_MODE.generation = engine->state.gates[order->gate].generation + 1;
    emit(decision, &record);
    /* What is granted goes first: nobody is let in by a lane that turns round. */
    const struct engine_gate *gate = &engine->state.gates[order->gate];
    bool hand = engine->config->gates[order->gate].hand;
    if (may_cancel(gate) || (hand && gate->grant.state != GRANT_NONE)) {
        cancel_grant(decision, order->gate, "mode changed");
    }
    if (!hand) {
        command(decision, order->gate, ACTION_MODE);
    }
}

/* Kept for the deadline of the next look. */
static void look_at_clock(struct decision *decision)
{
    decision->engine->looked_ns = decision->input->now_ns;
    decision->engine->utc_offset_s = decision->input->utc_offset_s;
}

void settle_modes(struct decision *decision, const char *who, const char *why)
{
    struct engine *engine = decision->engine;
    look_at_clock(decision);
    for (uint16_t g = 0; !engine->state.emergency && g < engine->config->gate_count; g++) {
        struct record_GATE_MODE order = {.gate = g};
        wish(engine, g, engine->state.gates[g].held, &order);
        uint8_t mode = engine->state.gates[g].mode;
        if (mode == order.mode || mode == CHL_MODE_EMERGENCY) {
            continue;
        }
        chl_copy(order.who, sizeof order.who, who);
        chl_copy(order.why, sizeof order.why, why);
        order_mode(decision, &order);
    }
}

static bool refuse_mode(struct decision *decision, const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    if (act->gate >= engine->config->gate_count || act->mode >= CHL_MODE_COUNT) {
        answer(decision, CHL_E_NOTFOUND, "no such gate or mode: `chilang status` lists the gates");
        return true;
    }
    if (engine->state.emergency || act->mode == CHL_MODE_EMERGENCY ||
        engine->state.gates[act->gate].mode == CHL_MODE_EMERGENCY) {
        answer(decision, CHL_E_STATE, "an emergency is raised and reset for the whole site");
        return true;
    }
    bool opens = act->mode == CHL_MODE_NORMAL || act->mode == CHL_MODE_FREE;
    if (opens && engine->config->gates[act->gate].way == WAY_OUT) {
        answer(decision, CHL_E_STATE,
               "this lane only leads out (`way: out`): it takes free-exit, blocked or schedule");
        return true;
    }
    if (opens && engine_disperses(engine, act->gate)) {
        answer(decision, CHL_E_STATE,
               "everybody leaves and entry is closed: `chilang disperse --end` comes first");
        return true;
    }
    return false;
}

void decide_mode(struct decision *decision, const struct engine_operator *act)
{
    if (refuse_mode(decision, act)) {
        return;
    }
    audit(decision, act, decision->engine->config->gates[act->gate].id);
    struct record_GATE_MODE order = {.gate = act->gate, .mode = act->mode, .by = ORDER_OPERATOR};
    chl_copy(order.who, sizeof order.who, act->who);
    chl_copy(order.why, sizeof order.why, act->why);
    order_mode(decision, &order);
    answer(decision, CHL_OK, "");
}

void decide_schedule(struct decision *decision, const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    if (act->gate >= engine->config->gate_count) {
        answer(decision, CHL_E_NOTFOUND, "no such gate: `chilang status` lists them");
        return;
    }
    if (engine->state.emergency || engine->state.gates[act->gate].mode == CHL_MODE_EMERGENCY) {
        answer(decision, CHL_E_STATE, "an emergency is raised and reset for the whole site");
        return;
    }
    audit(decision, act, engine->config->gates[act->gate].id);
    look_at_clock(decision);
    struct record_GATE_MODE order = {.gate = act->gate};
    wish(engine, act->gate, false, &order);
    order.by = ORDER_SITE; /* gives the gate back, whatever the mode is */
    chl_copy(order.who, sizeof order.who, act->who);
    chl_copy(order.why, sizeof order.why, act->why);
    if (engine->state.gates[act->gate].held || engine->state.gates[act->gate].mode != order.mode) {
        order_mode(decision, &order);
    }
    answer(decision, CHL_OK, "");
}

void decide_disperse(struct decision *decision, const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    bool whole = act->zone == ENGINE_NONE;
    if (!whole && act->zone >= engine->config->zone_count) {
        answer(decision, CHL_E_NOTFOUND, "no such zone: `chilang status` lists them");
        return;
    }
    bool disperses = whole ? engine->state.disperses : engine->state.zones[act->zone].disperses;
    if (disperses != act->ends) {
        answer(decision, CHL_E_STATE,
               act->ends ? "no dispersal is under way there: `chilang status` shows where"
                         : "it is under way there already: `chilang disperse --end` ends it");
        return;
    }
    audit(decision, act, whole ? "site" : engine->config->zones[act->zone].id);
    struct engine_record record = record_make(RECORD_DISPERSAL);
    record.as.DISPERSAL.active = !act->ends;
    record.as.DISPERSAL.whole = whole;
    record.as.DISPERSAL.zone = act->zone;
    chl_copy(record.as.DISPERSAL.who, sizeof record.as.DISPERSAL.who, act->who);
    chl_copy(record.as.DISPERSAL.why, sizeof record.as.DISPERSAL.why, act->why);
    emit(decision, &record);
    settle_modes(decision, act->who, act->why);
    answer(decision, CHL_OK, "");
}
