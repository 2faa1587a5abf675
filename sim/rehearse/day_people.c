/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The people's side of a day: lines, the scanner, the passage, the way home.
 */
#include "lib/base/time.h"
#include "sim/rehearse/day_internal.h"

#include <string.h>

/* Nobody shows a code again sooner. */
#define AGAIN_MS INT64_C(1000)

static void push(struct day *day, struct line *line, uint32_t who)
{
    day->visitors[who].next = NOBODY;
    if (line->last == NOBODY) {
        line->first = who;
    } else {
        day->visitors[line->last].next = who;
    }
    line->last = who;
    line->length++;
}

static uint32_t pop(struct day *day, struct line *line)
{
    uint32_t who = line->first;
    if (who != NOBODY) {
        line->first = day->visitors[who].next;
        line->last = line->first == NOBODY ? NOBODY : line->last;
        line->length--;
    }
    return who;
}

static int64_t drawn(const struct day *day, uint32_t who, plan_draw draw, int64_t middle_ms)
{
    return plan_time(day->plan, who, draw, day->visitors[who].shown, middle_ms,
                     day->options->spread);
}

/** People before one who joins here. */
static uint32_t length(const struct turnstile *turnstile, bool outwards)
{
    if (outwards) {
        return turnstile->going.length + (turnstile->passing != NOBODY && turnstile->outwards);
    }
    return turnstile->coming.length + (turnstile->scanning != NOBODY) +
           (turnstile->admitted != NOBODY);
}

/** What the signs over the gate say now: a lane that runs outward takes nobody in, and one that
 * leads inward is not where people go to leave. */
static bool invites(const struct day *day, uint16_t gate, bool outwards)
{
    uint8_t way = day->world->gates[gate].way;
    bool runs_out = engine_runs_out(&day->engine, gate);
    return outwards ? way == WAY_BOTH || runs_out
                    : !runs_out && day->engine.state.gates[gate].mode != CHL_MODE_BLOCKED;
}

static bool leads(const struct day *day, uint16_t gate, uint32_t who, bool outwards)
{
    uint16_t place = day->visitors[who].place;
    return outwards ? world_leads_out(day->world, gate, place)
                    : world_leads_in(day->world, gate, place, &day->plan->people[who].to);
}

/** The shortest line that invites, else the shortest; of equal ones by chance, so that no lane is
 * every one's first. */
static uint16_t shortest(const struct day *day, uint32_t who, bool outwards)
{
    uint16_t gates = day->world->config.gate_count;
    uint16_t from = (uint16_t)(plan_random(day->plan, who, DRAW_TIE, outwards) % gates);
    uint16_t best = ENGINE_NONE;
    bool invited = false;
    for (uint16_t i = 0; i < gates; i++) {
        uint16_t g = (uint16_t)((from + i) % gates);
        if (!leads(day, g, who, outwards)) {
            continue;
        }
        bool invites_now = invites(day, g, outwards);
        bool shorter = best == ENGINE_NONE ||
                       length(&day->gates[g], outwards) < length(&day->gates[best], outwards);
        if ((invites_now && !invited) || (invites_now == invited && shorter)) {
            best = g;
            invited = invites_now;
        }
    }
    return best;
}

static void stand(struct day *day, uint32_t who)
{
    uint16_t gate = shortest(day, who, false);
    if (gate == ENGINE_NONE) {
        day_fail(day, CHL_E_STATE, "expected a lane that leads on, got none for a person");
        return;
    }
    push(day, &day->gates[gate].coming, who);
    day->waiting++;
    measure_queue(day->measure, gate, day->world->group_of[gate], 1, day->now_ns);
    day_move(day, gate);
}

void day_join(struct day *day, uint32_t who)
{
    day->visitors[who].joined_ns = day->now_ns;
    day->visitors[who].told = false;
    stand(day, who);
}

void day_leave(struct day *day, uint32_t who)
{
    uint16_t gate = shortest(day, who, true);
    if (gate == ENGINE_NONE) {
        day_fail(day, CHL_E_STATE, "expected a way out, got none for a person inside");
        return;
    }
    push(day, &day->gates[gate].going, who);
    day_move(day, gate);
}

static void step_aside(struct day *day, uint16_t gate, uint32_t who)
{
    day->waiting--;
    measure_queue(day->measure, gate, day->world->group_of[gate], -1, day->now_ns);
    stand(day, who);
}

/** The screen sends everybody of this line to another lane. @return false: there is none. */
static bool move_over(struct day *day, uint16_t gate, uint32_t who)
{
    struct turnstile *turnstile = &day->gates[gate];
    uint16_t other = shortest(day, who, false);
    if (invites(day, gate, false) || !invites(day, other, false)) {
        return false;
    }
    struct line line = turnstile->coming;
    turnstile->coming = (struct line){NOBODY, NOBODY, 0};
    turnstile->scanning = NOBODY;
    step_aside(day, gate, who);
    for (uint32_t next = pop(day, &line); next != NOBODY; next = pop(day, &line)) {
        step_aside(day, gate, next);
    }
    day_move(day, gate);
    return true;
}

/** The line ends for this person, with a green light or without. */
static void end_wait(struct day *day, uint16_t gate, uint32_t who, bool open)
{
    struct visitor *visitor = &day->visitors[who];
    struct measure_wait wait = {
        .ms = (uint32_t)((day->now_ns - visitor->joined_ns) / CHL_NS_PER_MS),
        .group = day->world->group_of[gate],
        .full = visitor->told,
        .open = open,
    };
    day->waiting--;
    measure_queue(day->measure, gate, day->world->group_of[gate], -1, day->now_ns);
    if (measure_wait(day->measure, wait) != CHL_OK) {
        day_fail(day, CHL_E_NOMEM, "out of memory");
    }
}

static void step_up(struct day *day, uint16_t gate)
{
    struct turnstile *turnstile = &day->gates[gate];
    if (turnstile->scanning != NOBODY || turnstile->admitted != NOBODY ||
        turnstile->coming.length == 0) {
        return;
    }
    turnstile->scanning = pop(day, &turnstile->coming);
    turnstile->resolves = false;
    day_at(day, day->now_ns + drawn(day, turnstile->scanning, DRAW_SCAN, day->options->scan_ms),
           EVENT_SCANNED, gate, turnstile->scanning);
}

/** Into the passage: who has a green light first, then who leaves. */
static void walk(struct day *day, uint16_t gate)
{
    struct turnstile *turnstile = &day->gates[gate];
    if (turnstile->passing != NOBODY) {
        return;
    }
    turnstile->outwards = turnstile->admitted == NOBODY;
    turnstile->passing = turnstile->outwards ? pop(day, &turnstile->going) : turnstile->admitted;
    if (turnstile->passing != NOBODY) {
        uint32_t who = turnstile->passing;
        int64_t takes_ns =
            drawn(day, who, turnstile->outwards ? DRAW_EXIT : DRAW_PASS, day->options->pass_ms);
        /* By hand the staff tap as somebody walks past them. */
        if (day->world->gates[gate].hand) {
            day_count(day, gate, turnstile->outwards);
        }
        day_at(day, day->now_ns + takes_ns, turnstile->outwards ? EVENT_LEFT : EVENT_ENTERED, gate,
               who);
    }
}

void day_move(struct day *day, uint16_t gate)
{
    struct turnstile *turnstile = &day->gates[gate];
    walk(day, gate);
    step_up(day, gate);
    bool busy = turnstile->scanning != NOBODY || turnstile->passing != NOBODY;
    if (busy && turnstile->busy_since < 0) {
        turnstile->busy_since = day->now_ns;
    } else if (!busy && turnstile->busy_since >= 0) {
        day->measure->lane[gate].passing_ns += day->now_ns - turnstile->busy_since;
        turnstile->busy_since = -1;
    }
}

static void green(struct day *day, uint16_t gate, uint32_t who)
{
    struct turnstile *turnstile = &day->gates[gate];
    struct visitor *visitor = &day->visitors[who];
    turnstile->scanning = NOBODY;
    end_wait(day, gate, who, false);
    if (day->plan->people[who].no_show && !visitor->back) {
        visitor->back = true;
        day->measure->missed++;
        day_at(day, day->now_ns + day->options->away_ms * CHL_NS_PER_MS, EVENT_COME_BACK, gate,
               who);
    } else {
        turnstile->admitted = who;
    }
    day_move(day, gate);
}

static void again(struct day *day, uint16_t gate, uint32_t who)
{
    struct visitor *visitor = &day->visitors[who];
    bool full = day->reason == CHL_REASON_ZONE_FULL;
    bool soon = day->reason == CHL_REASON_LANE_BUSY;
    int64_t after_ms = soon ? day->options->scan_ms : day->options->retry_ms;
    if (full && !visitor->ever_told) {
        visitor->ever_told = true;
        day->measure->told++;
    }
    visitor->told = visitor->told || full;
    if (!full && move_over(day, gate, who)) {
        return;
    }
    after_ms = after_ms > AGAIN_MS ? after_ms : AGAIN_MS;
    day_at(day, day->now_ns + after_ms * CHL_NS_PER_MS, EVENT_SCANNED, gate, who);
}

static void answered(struct day *day, uint16_t gate, uint32_t who)
{
    struct turnstile *turnstile = &day->gates[gate];
    switch (day->verdict) {
    case CHL_ADMIT:
        green(day, gate, who);
        return;
    case CHL_WAIT:
        again(day, gate, who);
        return;
    case CHL_CHECK:
        day_at(day, day->now_ns + drawn(day, who, DRAW_LOOK, day->options->look_ms), EVENT_LOOKED,
               gate, who);
        return;
    default:
        day->measure->refused++;
        end_wait(day, gate, who, false);
        turnstile->scanning = NOBODY;
        day_move(day, gate);
        return;
    }
}

static void scanned(struct day *day, uint16_t gate, uint32_t who)
{
    day->visitors[who].shown++;
    day->verdict = CHL_VERDICT_NONE;
    if (day->gates[gate].resolves) {
        day_resolve(day, gate);
    } else {
        day_scan(day, gate, who);
    }
    answered(day, gate, who);
}

static void entered(struct day *day, uint16_t gate, uint32_t who)
{
    struct turnstile *turnstile = &day->gates[gate];
    struct measure_minute *minute = measure_now(day->measure, day->now_ns);
    turnstile->passing = NOBODY;
    turnstile->admitted = NOBODY;
    if (!day->world->gates[gate].hand) {
        day_count(day, gate, false);
    }
    day->visitors[who].place = day->world->gates[gate].to;
    day->measure->lane[gate].entered++;
    if (day->world->gates[gate].from == ENGINE_NONE) {
        day->measure->entered++;
        day->measure->still_inside++;
        if (minute != NULL) {
            minute->entered++;
        }
    }
    if (world_arrived(day->world, gate, &day->plan->people[who].to)) {
        day_at(day, day->now_ns + day->plan->people[who].dwell_ns, EVENT_GO_HOME, gate, who);
    } else {
        day_join(day, who);
    }
    day_move(day, gate);
}

static void went_out(struct day *day, uint16_t gate, uint32_t who)
{
    struct measure_minute *minute = measure_now(day->measure, day->now_ns);
    day->gates[gate].passing = NOBODY;
    if (!day->world->gates[gate].hand) {
        day_count(day, gate, true);
    }
    day->visitors[who].place = day->world->gates[gate].from;
    day->measure->lane[gate].left++;
    if (day->visitors[who].place == ENGINE_NONE) {
        day->measure->left++;
        day->measure->still_inside--;
        if (minute != NULL) {
            minute->left++;
        }
    } else {
        day_leave(day, who);
    }
    day_move(day, gate);
}

void day_lost_green(struct day *day, uint16_t gate)
{
    struct turnstile *turnstile = &day->gates[gate];
    if (turnstile->admitted == NOBODY || turnstile->passing == turnstile->admitted ||
        day->engine.state.gates[gate].grant.state != GRANT_NONE) {
        return;
    }
    /* The way was taken by somebody who left: the same person shows the code once more. */
    uint32_t who = turnstile->admitted;
    turnstile->admitted = NOBODY;
    turnstile->scanning = who;
    turnstile->resolves = false;
    day->visitors[who].joined_ns = day->now_ns;
    day->waiting++;
    measure_queue(day->measure, gate, day->world->group_of[gate], 1, day->now_ns);
    day_at(day, day->now_ns + drawn(day, who, DRAW_SCAN, day->options->scan_ms), EVENT_SCANNED,
           gate, who);
}

void day_take(struct day *day, const struct event *event)
{
    switch ((event_kind)event->kind) {
    case EVENT_SCANNED:
        scanned(day, event->gate, event->who);
        return;
    case EVENT_LOOKED:
        day->gates[event->gate].resolves = true;
        scanned(day, event->gate, event->who);
        return;
    case EVENT_ENTERED:
        entered(day, event->gate, event->who);
        return;
    case EVENT_LEFT:
        went_out(day, event->gate, event->who);
        return;
    case EVENT_GO_HOME:
        day_leave(day, event->who);
        return;
    case EVENT_COME_BACK:
        day_join(day, event->who);
        return;
    }
}
