/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A second count of a gate's passages: it changes no count, it says how far that may be
 * off.
 *
 *  Every change of the difference widens the error bar by its size, also one back towards zero: two
 * counters that were wrong one after the other agree again, and the count is no better for it.
 */
#include "core/engine/internal.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

/* One counter sees a person before the other does: that is no disagreement yet. */
enum { TRANSIT = 3 };
/* Both counts have settled when neither moved for so long. */
#define STILL_NS (3 * CHL_NS_PER_S)
/* Where people never cease to pass, a larger difference is recorded no more often than this. */
#define AGAIN_NS (10 * CHL_NS_PER_S)
/* Last raw values are recorded anew after so many passages, or so long after the last passage, so
 * that a counter which begins anew while nobody looks is found by its step. */
enum { REBASE = 512 };
#define REBASE_NS (600 * CHL_NS_PER_S)

/** What moved since which reading; entries first, then exits. */
struct moves {
    int64_t drift[2];  /**< authority less second count since the last record of it */
    int64_t before[2]; /**< the same at the last reading that was believed */
    uint32_t step[2];  /**< of the second count since then */
    uint64_t own[2];   /**< of the authority since then */
    uint32_t since[2]; /**< of the second count since its last record */
    bool wrapped;      /**< a raw value is smaller than it was */
    bool has_before;   /**< `before` is known, not guessed */
};

static int64_t size_of(const int64_t both[2])
{
    int64_t first = both[0] < 0 ? -both[0] : both[0];
    int64_t second = both[1] < 0 ? -both[1] : both[1];
    return first + second;
}

static void look(const struct decision *decision, uint16_t index, struct moves *out)
{
    const struct chl_gate_report *report = &decision->input->as.report;
    const struct engine_gate_config *config = &decision->engine->config->gates[index];
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    const struct engine_watch *watch = &decision->engine->watch[index];
    const struct engine_check *check = &gate->check;
    const bool ways[2] = {config->check_entry, config->check_exit};
    const uint32_t now[2] = {report->check_entry_count, report->check_exit_count};
    const uint32_t base[2] = {check->entry_count, check->exit_count};
    const uint32_t last[2] = {watch->check_known ? watch->check_entry : base[0],
                              watch->check_known ? watch->check_exit : base[1]};
    const uint64_t counted[2] = {gate->entries, gate->exits};
    const uint64_t counted_base[2] = {check->entries, check->exits};
    const uint64_t counted_last[2] = {watch->check_known ? watch->entries : check->entries,
                                      watch->check_known ? watch->exits : check->exits};
    *out = (struct moves){.has_before = watch->check_known};
    for (int way = 0; way < 2; way++) {
        if (!ways[way]) {
            continue;
        }
        out->since[way] = count_step(now[way], base[way], report->check_bits);
        out->step[way] = count_step(now[way], last[way], report->check_bits);
        out->own[way] = counted[way] - counted_last[way];
        out->drift[way] = (int64_t)(counted[way] - counted_base[way]) - (int64_t)out->since[way];
        out->before[way] = out->drift[way] + (int64_t)out->step[way] - (int64_t)out->own[way];
        out->wrapped = out->wrapped || now[way] < last[way];
    }
}

/* A counter that runs through its end is where it should be by the other one's word. */
static bool is_plausible(const struct moves *moves, int64_t most)
{
    for (int way = 0; way < 2; way++) {
        int64_t own = (int64_t)moves->own[way];
        if (moves->step[way] > most || (moves->wrapped && moves->step[way] > 2 * own + REBASE)) {
            return false;
        }
    }
    return true;
}

/* What could not be compared any more is counted as wrong, as far as it was seen. */
static int64_t unsettled(const struct moves *moves)
{
    int64_t size = size_of(moves->before);
    return moves->has_before || size < TRANSIT ? size : TRANSIT;
}

static void record_gap(struct decision *decision, uint16_t index, const struct moves *moves)
{
    const struct chl_gate_report *report = &decision->input->as.report;
    const struct engine_check *check = &decision->engine->state.gates[index].check;
    struct engine_record record = record_make(RECORD_GAP);
    struct record_GAP *made = &record.as.GAP;
    made->gate = index;
    made->check = true;
    made->entry_before = check->entry_count;
    made->exit_before = check->exit_count;
    made->entry_count = report->check_entry_count;
    made->exit_count = report->check_exit_count;
    made->uncertain = (uint32_t)unsettled(moves);
    chl_copy(made->why, sizeof made->why, "second count moved further than people can: reset");
    emit(decision, &record);
}

static void record_disagreement(struct decision *decision, uint16_t index, const int64_t drift[2],
                                int64_t uncertain, const char *why)
{
    const struct chl_gate_report *report = &decision->input->as.report;
    const struct engine_check *check = &decision->engine->state.gates[index].check;
    struct engine_record record = record_make(RECORD_DISAGREEMENT);
    struct record_DISAGREEMENT *made = &record.as.DISAGREEMENT;
    made->gate = index;
    made->entries = check->off_entries + drift[0];
    made->exits = check->off_exits + drift[1];
    made->uncertain = (uint32_t)uncertain;
    made->entry_count = report->check_entry_count;
    made->exit_count = report->check_exit_count;
    chl_copy(made->why, sizeof made->why, why);
    emit(decision, &record);
}

static bool is_due(const struct decision *decision, uint16_t index, const struct moves *moves)
{
    const struct engine_watch *watch = &decision->engine->watch[index];
    const struct engine_check *check = &decision->engine->state.gates[index].check;
    int64_t now_ns = decision->input->now_ns;
    int64_t drift = size_of(moves->drift);
    int64_t age_ns = now_ns - check->checked_ns;
    uint64_t moved = (uint64_t)moves->since[0] + moves->since[1];
    bool still = now_ns - watch->moved_ns >= STILL_NS;
    if (still) {
        return drift > 0 || (moved > 0 && age_ns >= REBASE_NS);
    }
    return (drift > TRANSIT && age_ns >= AGAIN_NS) || moved >= REBASE;
}

static void remember(struct decision *decision, uint16_t index)
{
    const struct chl_gate_report *report = &decision->input->as.report;
    struct engine_watch *watch = &decision->engine->watch[index];
    watch->check_known = true;
    watch->check_ns = decision->input->now_ns;
    watch->check_suspect = false;
    watch->check_entry = report->check_entry_count;
    watch->check_exit = report->check_exit_count;
    watch->entries = decision->engine->state.gates[index].entries;
    watch->exits = decision->engine->state.gates[index].exits;
}

static void compare(struct decision *decision, uint16_t index, bool gap, int64_t most,
                    const struct moves *moves)
{
    static const int64_t none[2] = {0, 0};
    struct engine_watch *watch = &decision->engine->watch[index];
    if (!is_plausible(moves, most)) {
        if (!watch->check_suspect) {
            watch->check_suspect = true;
            return;
        }
        record_gap(decision, index, moves);
    } else if (gap) {
        /* The gap's own bar covers what passed since the last reading. */
        record_disagreement(decision, index, moves->has_before ? moves->before : none,
                            unsettled(moves), "gap");
    } else {
        bool moved = moves->step[0] + moves->step[1] > 0 || moves->own[0] + moves->own[1] > 0;
        if (moved || watch->moved_ns == 0) {
            watch->moved_ns = decision->input->now_ns;
        }
        if (is_due(decision, index, moves)) {
            int64_t size = size_of(moves->drift);
            record_disagreement(decision, index, moves->drift, size,
                                size > 0 ? "differs" : "agrees");
        }
    }
    remember(decision, index);
}

/* Whether the authority moved since this was asked last. */
static bool is_moving(const struct decision *decision, uint16_t index)
{
    const struct engine_gate *gate = &decision->engine->state.gates[index];
    struct engine_watch *watch = &decision->engine->watch[index];
    bool moved = watch->entries != gate->entries || watch->exits != gate->exits;
    watch->entries = gate->entries;
    watch->exits = gate->exits;
    return moved;
}

void check_counts(struct decision *decision, uint16_t index, bool gap, int64_t most)
{
    static const int64_t none[2] = {0, 0};
    const struct engine_check *check = &decision->engine->state.gates[index].check;
    const struct engine_watch *watch = &decision->engine->watch[index];
    if (!check->known && is_moving(decision, index)) {
        return; /* one counter has seen somebody whom the other has not: no base to start from */
    }
    if (!check->known) {
        record_disagreement(decision, index, none, 0, "baseline");
        remember(decision, index);
        return;
    }
    struct moves moves;
    look(decision, index, &moves);
    /* It may have been silent for longer than the authority. */
    int64_t then_ns = watch->check_known ? watch->check_ns : check->checked_ns;
    int64_t own_most = count_most(decision->engine, index, decision->input->now_ns, then_ns);
    compare(decision, index, gap, most > own_most ? most : own_most, &moves);
}
