/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A device's counters become passages: granted, free, behind somebody, forced, or a gap.
 */
#include "core/engine/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

/* A passage this soon after a grant was used up is somebody following behind, not a break-in. */
#define TAILGATE_NS (3 * CHL_NS_PER_S)
/* Nobody passes a turnstile faster; anything above is a counter that was reset. */
#define PERSONS_PER_S   INT64_C(4)
#define PLAUSIBLE_LEAST INT64_C(40)
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

/* People in the emptiest of the zones that are left by the way out. */
static int64_t fewest_inside(const struct engine *engine, uint16_t gate)
{
    uint16_t zones[ENGINE_DEPTH_MAX];
    size_t zone_count = zones_entered(engine->config, gate, zones);
    int64_t fewest = INT64_MAX;
    for (size_t i = 0; i < zone_count; i++) {
        int64_t inside = engine->state.zones[zones[i]].inside;
        fewest = inside < fewest ? inside : fewest;
    }
    return fewest;
}

void count_passages(struct decision *decision, uint16_t index,
                    const struct chl_gate_reading *reading)
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
    /* Who left makes room before who entered fills it, except where some of those who left can only
     * be among those who entered: a count never goes below nothing. */
    bool exits_first = exits <= fewest_inside(decision->engine, index);
    if (exits > 0 && exits_first) {
        pass(decision, index, PASSAGE_EXIT, exits, gate->entry_count, reading->exit_count);
    }
    if (entries > 0) {
        count_entries(decision, index, entries, reading);
    }
    if (exits > 0 && !exits_first) {
        pass(decision, index, PASSAGE_EXIT, exits, gate->entry_count, reading->exit_count);
    }
}
