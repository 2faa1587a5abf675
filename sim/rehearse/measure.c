/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Keeps count of a rehearsed day.
 */
#include "sim/rehearse/measure.h"

#include "lib/base/time.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE_NS (60 * CHL_NS_PER_S)

chl_err measure_init(struct measure *measure, size_t minutes, size_t zones, size_t gates,
                     size_t groups)
{
    *measure =
        (struct measure){.minutes = minutes, .zones = zones, .gates = gates, .groups = groups};
    measure->minute = calloc(minutes + 1, sizeof *measure->minute);
    measure->inside = calloc((minutes + 1) * (zones + 1), sizeof *measure->inside);
    measure->lane = calloc(gates + 1, sizeof *measure->lane);
    measure->line = calloc(groups + 1, sizeof *measure->line);
    measure->zone = calloc(zones + 1, sizeof *measure->zone);
    if (measure->minute == NULL || measure->inside == NULL || measure->lane == NULL ||
        measure->line == NULL || measure->zone == NULL) {
        measure_free(measure);
        return CHL_E_NOMEM;
    }
    for (size_t z = 0; z < zones; z++) {
        measure->zone[z] =
            (struct measure_zone){.near_ns = -1, .full_ns = -1, .clear_ns = -1, .since_ns = -1};
    }
    return CHL_OK;
}

void measure_free(struct measure *measure)
{
    free(measure->minute);
    free(measure->inside);
    free(measure->lane);
    free(measure->line);
    free(measure->zone);
    free(measure->waits);
    *measure = (struct measure){.minutes = 0};
}

struct measure_minute *measure_now(struct measure *measure, int64_t now_ns)
{
    int64_t minute = now_ns / MINUTE_NS;
    return minute >= 0 && (size_t)minute < measure->minutes ? &measure->minute[minute] : NULL;
}

void measure_queue(struct measure *measure, uint16_t gate, uint16_t group, int change,
                   int64_t now_ns)
{
    struct measure_lane *lane = &measure->lane[gate];
    struct measure_minute *minute = measure_now(measure, now_ns);
    measure->queue_us += measure->queue * ((now_ns - measure->changed_ns) / 1000);
    measure->changed_ns = now_ns;
    measure->queued_until_ns = now_ns;
    measure->queue += (uint32_t)change;
    lane->queue += (uint32_t)change;
    lane->most = lane->queue > lane->most ? lane->queue : lane->most;
    if (group < measure->groups) {
        struct measure_line *line = &measure->line[group];
        line->queue += (uint32_t)change;
        line->most = line->queue > line->most ? line->queue : line->most;
    }
    if (measure->queue > measure->most) {
        measure->most = measure->queue;
        measure->most_ns = now_ns;
    }
    if (minute != NULL && measure->queue > minute->most) {
        minute->most = measure->queue;
    }
}

chl_err measure_wait(struct measure *measure, struct measure_wait wait)
{
    if (measure->wait_count == measure->wait_room) {
        size_t room = measure->wait_room == 0 ? 4096 : 2 * measure->wait_room;
        struct measure_wait *more = realloc(measure->waits, room * sizeof *more);
        if (more == NULL) {
            return CHL_E_NOMEM;
        }
        measure->waits = more;
        measure->wait_room = room;
    }
    measure->waits[measure->wait_count++] = wait;
    return CHL_OK;
}

static void zone_state(struct measure_zone *zone, uint8_t state, int64_t now_ns)
{
    bool full = state == ZONE_AT_LIMIT || state == ZONE_ABOVE;
    if (zone->near_ns < 0 && (full || state == ZONE_APPROACHING)) {
        zone->near_ns = now_ns;
    }
    if (full && zone->since_ns < 0) {
        zone->full_ns = zone->full_ns < 0 ? now_ns : zone->full_ns;
        zone->since_ns = now_ns;
        zone->clear_ns = -1;
        zone->times++;
    } else if (!full && zone->since_ns >= 0) {
        zone->full_for_ns += now_ns - zone->since_ns;
        zone->since_ns = -1;
        zone->clear_ns = now_ns;
    }
}

void measure_records(struct measure *measure, const struct engine_output *out, int64_t now_ns)
{
    for (size_t i = 0; i < out->record_count; i++) {
        const struct engine_record *record = &out->records[i];
        if (record->type == RECORD_LIMIT_STATE && record->as.LIMIT_STATE.zone < measure->zones) {
            zone_state(&measure->zone[record->as.LIMIT_STATE.zone], record->as.LIMIT_STATE.state,
                       now_ns);
        } else if (record->type == RECORD_DECISION &&
                   record->as.DECISION.reason < CHL_REASON_COUNT) {
            measure->verdicts[record->as.DECISION.reason]++;
        }
    }
}

void measure_until(struct measure *measure, const struct engine *engine, int64_t now_ns)
{
    while (measure->minute_count < measure->minutes &&
           (int64_t)(measure->minute_count + 1) * MINUTE_NS <= now_ns) {
        size_t m = measure->minute_count++;
        measure->minute[m].queue = measure->queue;
        measure->minute[m + 1].most = measure->queue;
        for (size_t z = 0; z < measure->zones; z++) {
            int64_t inside = engine->state.zones[z].inside;
            measure->inside[m * measure->zones + z] = (uint32_t)inside;
        }
    }
}

static int by_length(const void *a, const void *b)
{
    const struct measure_wait *left = a;
    const struct measure_wait *right = b;
    return left->ms < right->ms ? -1 : left->ms > right->ms;
}

/** Nearest rank: the smallest wait that so many of a hundred do not exceed. */
static uint32_t rank(const struct measure_wait *sorted, size_t count, size_t percent)
{
    return sorted[(count * percent + 99) / 100 - 1].ms;
}

chl_err measure_quantiles(const struct measure *measure, int group, struct measure_quantiles *out)
{
    *out = (struct measure_quantiles){.count = 0};
    struct measure_wait *sorted = calloc(measure->wait_count + 1, sizeof *sorted);
    if (sorted == NULL) {
        return CHL_E_NOMEM;
    }
    uint32_t open_ms = UINT32_MAX; /* the shortest of those that had not ended */
    for (size_t i = 0; i < measure->wait_count; i++) {
        const struct measure_wait *wait = &measure->waits[i];
        if (group != MEASURE_ALL && wait->group != group) {
            continue;
        }
        sorted[out->count++] = *wait;
        out->full += wait->full ? 1 : 0;
        open_ms = wait->open && wait->ms < open_ms ? wait->ms : open_ms;
    }
    if (out->count > 0) {
        qsort(sorted, out->count, sizeof *sorted, by_length);
        out->p50_ms = rank(sorted, out->count, 50);
        out->p95_ms = rank(sorted, out->count, 95);
        out->longest_ms = sorted[out->count - 1].ms;
        out->p95_open = open_ms <= out->p95_ms;
        out->longest_open = open_ms != UINT32_MAX;
    }
    free(sorted);
    return CHL_OK;
}

int64_t measure_mean_queue(const struct measure *measure)
{
    int64_t span_us = (measure->queued_until_ns - measure->begin_ns) / 1000;
    return span_us > 0 ? measure->queue_us * 100 / span_us : 0;
}

unsigned measure_minutes_above(const struct measure *measure, unsigned people)
{
    unsigned count = 0;
    for (size_t m = 0; m < measure->minute_count; m++) {
        count += measure->minute[m].most > people ? 1U : 0U;
    }
    return count;
}
