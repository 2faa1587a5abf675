/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The clock of a rehearsed day: what happens next, until everybody is home.
 */
#include "sim/rehearse/day.h"

#include "lib/base/time.h"
#include "sim/rehearse/day_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_NS (60 * CHL_NS_PER_S)

static bool before(const struct event *a, const struct event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static bool make_room(struct day *day)
{
    if (day->heap_count < day->heap_room) {
        return true;
    }
    size_t room = day->heap_room == 0 ? 1024 : 2 * day->heap_room;
    struct event *more = realloc(day->heap, room * sizeof *more);
    if (more == NULL) {
        day_fail(day, CHL_E_NOMEM, "out of memory");
        return false;
    }
    day->heap = more;
    day->heap_room = room;
    return true;
}

void day_at(struct day *day, int64_t at_ns, event_kind kind, uint16_t gate, uint32_t who)
{
    if (!make_room(day)) {
        return;
    }
    struct event event = {
        .at_ns = at_ns, .order = day->events++, .who = who, .gate = gate, .kind = (uint8_t)kind};
    size_t at = day->heap_count++;
    while (at > 0 && before(&event, &day->heap[(at - 1) / 2])) {
        day->heap[at] = day->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    day->heap[at] = event;
}

static struct event take_first(struct day *day)
{
    struct event first = day->heap[0];
    struct event last = day->heap[--day->heap_count];
    size_t at = 0;
    for (size_t child = 1; child < day->heap_count; child = 2 * at + 1) {
        if (child + 1 < day->heap_count && before(&day->heap[child + 1], &day->heap[child])) {
            child++;
        }
        if (!before(&day->heap[child], &last)) {
            break;
        }
        day->heap[at] = day->heap[child];
        at = child;
    }
    day->heap[at] = last;
    return first;
}

/** Time of the engine's next deadline if it comes first. */
static bool tick_is_due(const struct day *day, int64_t next_ns, int64_t *at_ns)
{
    int64_t deadline_ns = day_deadline(day);
    *at_ns = deadline_ns > day->now_ns ? deadline_ns : day->now_ns;
    /* Once at a time: what the engine leaves standing waits until the clock has moved. */
    return deadline_ns != INT64_MAX && *at_ns <= next_ns && *at_ns > day->ticked_ns;
}

static void tick(struct day *day)
{
    day->ticked_ns = day->now_ns;
    day_tick(day);
    for (uint16_t g = 0; g < day->world->config.gate_count; g++) {
        day_lost_green(day, g);
    }
}

static void arrive(struct day *day)
{
    struct measure_minute *minute = measure_now(day->measure, day->now_ns);
    if (minute != NULL) {
        minute->arrivals++;
    }
    day_join(day, day->arrived++);
}

/** Do what comes next. @return false when nothing does, or not before the end. */
static bool next(struct day *day, int64_t end_ns)
{
    bool more = day->arrived < day->plan->count;
    int64_t arrival_ns = more ? day->plan->people[day->arrived].arrival_ns : INT64_MAX;
    int64_t event_ns = day->heap_count > 0 ? day->heap[0].at_ns : INT64_MAX;
    int64_t next_ns = arrival_ns < event_ns ? arrival_ns : event_ns;
    int64_t tick_ns = 0;
    if (next_ns >= end_ns || day->failed != CHL_OK) {
        return false;
    }
    bool ticks = tick_is_due(day, next_ns, &tick_ns);
    day->now_ns = ticks ? tick_ns : next_ns;
    measure_until(day->measure, &day->engine, day->now_ns);
    if (ticks) {
        tick(day);
    } else if (next_ns == event_ns) {
        struct event event = take_first(day);
        day_take(day, &event);
    } else {
        arrive(day);
    }
    return true;
}

static chl_err set_up(struct day *day)
{
    uint16_t gates = day->world->config.gate_count;
    day->visitors = calloc((size_t)day->plan->count + 1, sizeof *day->visitors);
    day->gates = calloc((size_t)gates + 1, sizeof *day->gates);
    if (day->visitors == NULL || day->gates == NULL) {
        return CHL_E_NOMEM;
    }
    for (uint32_t i = 0; i < day->plan->count; i++) {
        day->visitors[i].place = ENGINE_NONE;
    }
    static const struct line empty = {NOBODY, NOBODY, 0};
    for (uint16_t g = 0; g < gates; g++) {
        day->gates[g] = (struct turnstile){.coming = empty,
                                           .going = empty,
                                           .scanning = NOBODY,
                                           .admitted = NOBODY,
                                           .passing = NOBODY,
                                           .busy_since = -1};
    }
    chl_err error = engine_init(&day->engine, &day->world->config);
    return error == CHL_OK ? engine_output_init(&day->out) : error;
}

static void still_waits(struct day *day, uint16_t gate, uint32_t who)
{
    const struct visitor *visitor = &day->visitors[who];
    struct measure_wait wait = {
        .ms = (uint32_t)((day->now_ns - visitor->joined_ns) / CHL_NS_PER_MS),
        .group = day->world->group_of[gate],
        .full = visitor->told,
        .open = true,
    };
    day->measure->still_queued++;
    if (measure_wait(day->measure, wait) != CHL_OK) {
        day_fail(day, CHL_E_NOMEM, "out of memory");
    }
}

static void close_day(struct day *day, int64_t end_ns)
{
    struct measure *measure = day->measure;
    measure->cut = day->waiting > 0 || measure->still_inside > 0;
    day->now_ns = measure->cut ? end_ns : day->now_ns;
    measure->end_ns = day->now_ns;
    measure_until(measure, &day->engine, day->now_ns + MINUTE_NS);
    for (uint16_t g = 0; g < day->world->config.gate_count; g++) {
        struct turnstile *turnstile = &day->gates[g];
        if (turnstile->busy_since >= 0) {
            measure->lane[g].passing_ns += day->now_ns - turnstile->busy_since;
        }
        if (turnstile->scanning != NOBODY) {
            still_waits(day, g, turnstile->scanning);
        }
        for (uint32_t who = turnstile->coming.first; who != NOBODY; who = day->visitors[who].next) {
            still_waits(day, g, who);
        }
    }
    for (uint16_t z = 0; z < day->world->config.zone_count; z++) {
        struct measure_zone *zone = &measure->zone[z];
        zone->full_for_ns += zone->since_ns >= 0 ? day->now_ns - zone->since_ns : 0;
    }
}

chl_err day_run(const struct world *world, const struct plan *plan, const struct arrivals *arrivals,
                const struct rehearse_options *options, struct measure *out, char why[REHEARSE_WHY])
{
    int64_t end_ns = (int64_t)(arrivals->end + DAY_AFTER_MINUTES) * MINUTE_NS;
    struct day *day = calloc(1, sizeof *day);
    chl_err error =
        measure_init(out, (size_t)arrivals->end + DAY_AFTER_MINUTES, world->config.zone_count,
                     world->config.gate_count, world->group_count);
    (void)snprintf(why, REHEARSE_WHY, "out of memory");
    if (day == NULL || error != CHL_OK) {
        free(day);
        measure_free(out);
        return CHL_E_NOMEM;
    }
    day->world = world;
    day->plan = plan;
    day->options = options;
    day->measure = out;
    day->why = why;
    day->ticked_ns = -1;
    day->now_ns = arrivals->first * MINUTE_NS;
    out->begin_ns = day->now_ns;
    out->changed_ns = day->now_ns;
    out->queued_until_ns = day->now_ns;
    day->failed = set_up(day);
    if (day->failed == CHL_OK) {
        day_open(day);
        while (next(day, end_ns)) {
        }
        close_day(day, end_ns);
    }
    error = day->failed;
    engine_free(&day->engine);
    engine_output_free(&day->out);
    free(day->visitors);
    free(day->gates);
    free(day->heap);
    free(day);
    if (error != CHL_OK) {
        measure_free(out);
    }
    return error;
}
