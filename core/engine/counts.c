/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A device's counters become passages: granted, free, behind somebody, forced, or a gap.
 */
#include "core/engine/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

/* A passage this soon after a grant was used up is somebody following behind, not a break-in. */
#define TAILGATE_NS (3 * CHL_NS_PER_S)
/* Nobody passes a lane for one faster one way; anything above is a counter that began anew. */
#define PERSONS_PER_S INT64_C(2)
/* Beside that, seconds' worth of people: readings come late, and a contact may bounce. */
#define AT_ONCE_S INT64_C(5)
/* A counter that runs away is told of so often, not at every reading. */
#define ASTRAY_NS (10 * CHL_NS_PER_S)
#define MILLI     INT64_C(1000)
/* Beside that of what may have been lost with a counter. */
#define LOST_S INT64_C(2)
/* A gap that may hide more than these is worth that somebody counts. */
#define GAP_WORTH INT64_C(10)

static void raise_alarm(struct decision *decision, engine_alarm alarm, uint16_t gate, uint32_t n)
{
    struct engine_record record = record_make(RECORD_ALARM_RAISED);
    record.as.ALARM_RAISED.alarm = (uint8_t)alarm;
    record.as.ALARM_RAISED.gate = gate;
    record.as.ALARM_RAISED.zone = decision->engine->config->gates[gate].to;
    record.as.ALARM_RAISED.n = n;
    emit(decision, &record);
}

uint32_t count_step(uint32_t now, uint32_t before, uint8_t bits)
{
    uint32_t mask = bits >= 32 ? UINT32_MAX : (UINT32_C(1) << bits) - 1;
    return (now - before) & mask;
}

static int64_t seconds_between(int64_t now_ns, int64_t then_ns)
{
    int64_t away_ns = now_ns - then_ns;
    return away_ns > 0 ? (away_ns + CHL_NS_PER_S - 1) / CHL_NS_PER_S : 0;
}

static int64_t flow_max(const struct engine *engine, uint16_t gate)
{
    uint16_t most = engine->config->gates[gate].flow_max;
    return most > 0 ? most : PERSONS_PER_S;
}

int64_t count_most(const struct engine *engine, uint16_t gate, int64_t now_ns, int64_t then_ns)
{
    return flow_max(engine, gate) * (AT_ONCE_S + seconds_between(now_ns, then_ns));
}

/* Since the last reading that was believed; where none was, since the last record of the counts. A
 * device's own time is the better one where a report lay in a queue. */
static int64_t most_since(const struct decision *decision, uint16_t index,
                          const struct chl_gate_reading *reading)
{
    const struct engine_watch *watch = &decision->engine->watch[index];
    int64_t now_ns = decision->input->now_ns;
    int64_t then_ns =
        watch->heard_ns != 0 ? watch->heard_ns : decision->engine->state.gates[index].counted_ns;
    int64_t most = count_most(decision->engine, index, now_ns, then_ns);
    int64_t taken = watch->taken_ns != 0 && reading->taken_ns != 0
                        ? count_most(decision->engine, index, reading->taken_ns, watch->taken_ns)
                        : 0;
    return most > taken ? most : taken;
}

/* What can have passed since the last reading: so many a second, and a few at once; what those few
 * were is only given back with time, or a contact that chatters would be a crowd. */
static int64_t budget(const struct decision *decision, uint16_t index,
                      const struct chl_gate_reading *reading)
{
    const struct engine_watch *watch = &decision->engine->watch[index];
    if (watch->heard_ns == 0) {
        return most_since(decision, index, reading) * MILLI;
    }
    int64_t away_ns = decision->input->now_ns - watch->heard_ns;
    int64_t taken_ns =
        watch->taken_ns != 0 && reading->taken_ns != 0 ? reading->taken_ns - watch->taken_ns : 0;
    away_ns = taken_ns > away_ns ? taken_ns : away_ns;
    away_ns = away_ns > 0 ? away_ns : 0;
    return watch->spare + flow_max(decision->engine, index) * (away_ns / (CHL_NS_PER_S / MILLI));
}

static void spend(struct decision *decision, uint16_t index, int64_t left)
{
    struct engine_watch *watch = &decision->engine->watch[index];
    int64_t most = flow_max(decision->engine, index) * AT_ONCE_S * MILLI;
    watch->spare = left > most ? most : left > 0 ? left : 0;
}

/* A counter that still moves faster than people between two readings has not begun anew: it runs
 * away, and what it says is waited for, up to a while. */
static bool runs_away(struct decision *decision, uint16_t index,
                      const struct chl_gate_reading *reading)
{
    struct engine_watch *watch = &decision->engine->watch[index];
    int64_t now_ns = decision->input->now_ns;
    bool first = !watch->suspect;
    int64_t most = count_most(decision->engine, index, now_ns, watch->raw_ns) -
                   flow_max(decision->engine, index) * (AT_ONCE_S - LOST_S);
    bool quick = count_step(reading->entry_count, watch->raw_entry, reading->count_bits) > most ||
                 count_step(reading->exit_count, watch->raw_exit, reading->count_bits) > most;
    bool again = watch->gap_ns != 0 && now_ns - watch->gap_ns < ASTRAY_NS;
    watch->suspect = true;
    watch->suspect_ns = first ? now_ns : watch->suspect_ns;
    watch->raw_entry = reading->entry_count;
    watch->raw_exit = reading->exit_count;
    watch->raw_ns = now_ns;
    /* Two words of a counter may have been read around its carry: the next reading tells. */
    return first || ((quick || again) && now_ns - watch->suspect_ns < ASTRAY_NS);
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

/* Nobody knows how many passed with the counter: people must count. */
static void ask_recount(struct decision *decision, uint16_t gate)
{
    const struct engine *engine = decision->engine;
    for (uint16_t z = 0; z < engine->config->zone_count; z++) {
        if (!errors_is_beside(engine, gate, z) || engine->state.zones[z].recount_due) {
            continue;
        }
        struct engine_record due = record_make(RECORD_ALARM_RAISED);
        due.as.ALARM_RAISED.alarm = ALARM_RECOUNT_DUE;
        due.as.ALARM_RAISED.gate = gate;
        due.as.ALARM_RAISED.zone = z;
        emit(decision, &due);
    }
}

static void record_gap(struct decision *decision, uint16_t index,
                       const struct chl_gate_reading *reading, int64_t most)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    struct engine_record record = record_make(RECORD_GAP);
    struct record_GAP *made = &record.as.GAP;
    made->gate = index;
    made->entry_before = gate->entry_count;
    made->exit_before = gate->exit_count;
    made->entry_count = reading->entry_count;
    made->exit_count = reading->exit_count;
    /* Some passed before it, some since: together as many as can have since the last reading. */
    int64_t flow = flow_max(decision->engine, index);
    int64_t lost = most - flow * (AT_ONCE_S - LOST_S) + grant_left(&gate->grant);
    made->uncertain = lost < UINT32_MAX ? (uint32_t)lost : UINT32_MAX;
    chl_copy(made->why, sizeof made->why,
             decision->engine->watch[index].restarted
                 ? "the device says that its counters began anew"
                 : "counter moved further than people can; taken as reset");
    emit(decision, &record);
    if (lost > GAP_WORTH) {
        ask_recount(decision, index);
    }
}

/* A counter that is smaller than before ran through its end, or began anew unsaid and unseen: then
 * so many as it shows passed, and perhaps as many more as could. */
static int64_t doubt(uint32_t now, uint32_t before, uint32_t moved, int64_t most)
{
    if (now >= before || moved == 0) {
        return 0;
    }
    int64_t fewer = (int64_t)moved - now;
    int64_t more = most - (int64_t)moved;
    return fewer > more ? fewer : more;
}

/* Who counted a zone while its gate was silent counted some of those who are added now: nobody
 * knows which. */
static int64_t counted_twice(const struct engine *engine, uint16_t index, uint32_t entries,
                             uint32_t exits)
{
    int64_t since_ns = engine->state.gates[index].unknown_ns;
    for (uint16_t z = 0; z < engine->config->zone_count; z++) {
        int64_t recounted_ns = engine->state.zones[z].recounted_ns;
        if (recounted_ns != 0 && recounted_ns >= since_ns && errors_is_beside(engine, index, z)) {
            return entries > exits ? entries : exits;
        }
    }
    return 0;
}

static void reconcile(struct decision *decision, uint16_t index, uint32_t entries, uint32_t exits,
                      const struct chl_gate_reading *reading, int64_t most)
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
    made->uncertain = (uint32_t)(doubt(reading->entry_count, gate->entry_count, entries, most) +
                                 doubt(reading->exit_count, gate->exit_count, exits, most) +
                                 counted_twice(decision->engine, index, entries, exits));
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

/* Those who passed while the gate was watched, each as what they were. */
static void count_watched(struct decision *decision, uint16_t index, uint32_t entries,
                          uint32_t exits, const struct chl_gate_reading *reading)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
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

/** What was made of a reading. */
typedef enum { COUNTED, BEGAN_ANEW, NOT_BELIEVED } believed;

static believed count_authority(struct decision *decision, uint16_t index,
                                const struct chl_gate_reading *reading, int64_t most)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    struct engine_watch *watch = &decision->engine->watch[index];
    bool restarted = watch->restarted;
    if (!gate->has_count) {
        spend(decision, index, INT64_MAX);
        reconcile(decision, index, 0, 0, reading, 0);
        return COUNTED;
    }
    uint32_t entries = count_step(reading->entry_count, gate->entry_count, reading->count_bits);
    uint32_t exits = count_step(reading->exit_count, gate->exit_count, reading->count_bits);
    int64_t moved = entries > exits ? entries : exits;
    int64_t left = budget(decision, index, reading) - moved * MILLI;
    bool plausible = left >= 0;
    /* Who saw it fall and rise again says that it began anew; it stands where it should. */
    bool torn = plausible && watch->suspect;
    if (!plausible && runs_away(decision, index, reading)) {
        return NOT_BELIEVED;
    }
    spend(decision, index, left);
    if ((restarted && !torn) || !plausible) {
        record_gap(decision, index, reading, most);
        watch->gap_ns = decision->input->now_ns;
        return BEGAN_ANEW;
    }
    if (entries == 0 && exits == 0) {
        return COUNTED;
    }
    if (gate->state == GATE_UNKNOWN) {
        reconcile(decision, index, entries, exits, reading, most);
    } else {
        count_watched(decision, index, entries, exits, reading);
    }
    return COUNTED;
}

bool count_passages(struct decision *decision, uint16_t index,
                    const struct chl_gate_reading *reading)
{
    struct engine_watch *watch = &decision->engine->watch[index];
    int64_t most = most_since(decision, index, reading);
    believed made = count_authority(decision, index, reading, most);
    if (made == NOT_BELIEVED) {
        return false;
    }
    if (decision->input->as.report.has_check) {
        check_counts(decision, index, made == BEGAN_ANEW, most);
    }
    watch->suspect = false;
    watch->restarted = false;
    watch->heard_ns = decision->input->now_ns;
    watch->taken_ns = reading->taken_ns;
    return true;
}
