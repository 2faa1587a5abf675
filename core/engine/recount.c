/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What people count: a zone anew, or a gate's passers for some minutes to see how far its
 * counter is off.
 */
#include "core/engine/internal.h"
#include "lib/base/text.h"

/* Of fewer passers a bias says nothing. */
enum { PASSERS_LEAST = 20, PERMILLE = 1000 };
/* A counter that is wrong by more is no counter. */
#define BIAS_MOST INT64_C(10000)

void decide_recount(struct decision *decision, const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    if (act->zone >= engine->config->zone_count || act->inside < 0) {
        answer(decision, CHL_E_NOTFOUND,
               "no such zone, or a negative count: `chilang status` lists the zones");
        return;
    }
    if (act->how == CHL_RECOUNT_NONE || act->how >= CHL_RECOUNT_COUNT) {
        answer(decision, CHL_E_DENIED, "a recount says how it was made: --how clicker, sweep, …");
        return;
    }
    audit(decision, act, engine->config->zones[act->zone].id);
    bool due = engine->state.zones[act->zone].recount_due;
    struct engine_record record = record_make(RECORD_RECOUNT);
    record.as.RECOUNT.zone = act->zone;
    record.as.RECOUNT.before = engine->state.zones[act->zone].inside;
    record.as.RECOUNT.inside = act->inside;
    record.as.RECOUNT.uncertain = engine_zone_error(engine, act->zone);
    record.as.RECOUNT.how = act->how;
    chl_copy(record.as.RECOUNT.who, sizeof record.as.RECOUNT.who, act->who);
    chl_copy(record.as.RECOUNT.why, sizeof record.as.RECOUNT.why, act->why);
    emit(decision, &record);
    if (due) {
        struct engine_record cleared = record_make(RECORD_ALARM_CLEARED);
        cleared.as.ALARM_CLEARED.alarm = ALARM_RECOUNT_DUE;
        cleared.as.ALARM_CLEARED.zone = act->zone;
        emit(decision, &cleared);
    }
    answer(decision, CHL_OK, "");
}

static int64_t between(uint32_t one, uint32_t other)
{
    return one > other ? (int64_t)one - other : (int64_t)other - one;
}

/* Both ways together: what came out too many one way and too few the other is wrong twice. */
static uint32_t bias_of(const struct engine_audit *counted)
{
    int64_t passers = (int64_t)counted->tapped_in + counted->tapped_out;
    int64_t off = between(counted->tapped_in, counted->counted_in) +
                  between(counted->tapped_out, counted->counted_out);
    int64_t bias = (off * PERMILLE + passers - 1) / passers;
    return (uint32_t)(bias < BIAS_MOST ? bias : BIAS_MOST);
}

void decide_audit(struct decision *decision, const struct engine_operator *act)
{
    struct engine *engine = decision->engine;
    const struct engine_audit *counted = &act->audit;
    uint64_t passers = (uint64_t)counted->tapped_in + counted->tapped_out;
    if (act->gate >= engine->config->gate_count) {
        answer(decision, CHL_E_NOTFOUND, "no such gate: `chilang status` lists them");
        return;
    }
    if (passers == 0 || (passers < PASSERS_LEAST && !act->audit.few)) {
        answer(decision, CHL_E_LIMIT,
               "fewer than 20 passers say nothing of a counter: audit again when more people come");
        return;
    }
    audit(decision, act, engine->config->gates[act->gate].id);
    struct engine_record record = record_make(RECORD_COUNT_AUDIT);
    record.as.COUNT_AUDIT.gate = act->gate;
    record.as.COUNT_AUDIT.seconds = counted->seconds;
    record.as.COUNT_AUDIT.tapped_in = counted->tapped_in;
    record.as.COUNT_AUDIT.tapped_out = counted->tapped_out;
    record.as.COUNT_AUDIT.counted_in = counted->counted_in;
    record.as.COUNT_AUDIT.counted_out = counted->counted_out;
    record.as.COUNT_AUDIT.bias = bias_of(counted);
    chl_copy(record.as.COUNT_AUDIT.who, sizeof record.as.COUNT_AUDIT.who, act->who);
    emit(decision, &record);
    answer(decision, CHL_OK, "");
}
