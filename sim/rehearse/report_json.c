/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A rehearsal as one JSON object, for programs.
 */
#include "sim/rehearse/report.h"

#include "lib/base/json.h"
#include "lib/base/time.h"

#include <stdlib.h>

#define MINUTE_NS (60 * CHL_NS_PER_S)

/** Minutes from the first midnight; null = never. */
static void put_minute(struct chl_json *json, const char *key, int64_t ns)
{
    if (ns < 0) {
        chl_json_null(json, key);
    } else {
        chl_json_int(json, key, ns / MINUTE_NS);
    }
}

static void put_waits(struct chl_json *json, const struct measure_quantiles *waits)
{
    chl_json_object(json, "wait");
    chl_json_uint(json, "people", waits->count);
    chl_json_uint(json, "told_full", waits->full);
    chl_json_uint(json, "p50_ms", waits->p50_ms);
    chl_json_uint(json, "p95_ms", waits->p95_ms);
    chl_json_bool(json, "p95_at_least", waits->p95_open);
    chl_json_uint(json, "longest_ms", waits->longest_ms);
    chl_json_bool(json, "longest_at_least", waits->longest_open);
    chl_json_close_object(json);
}

static void put_assumed(struct chl_json *json, const struct report *report)
{
    const struct rehearse_options *options = report->options;
    chl_json_object(json, "assumed");
    chl_json_int(json, "scan_ms", options->scan_ms);
    chl_json_int(json, "pass_ms", options->pass_ms);
    if (report->arrivals->dwell_missing) {
        chl_json_int(json, "dwell_ms", options->dwell_ms);
    } else {
        chl_json_null(json, "dwell_ms");
    }
    chl_json_int(json, "retry_ms", options->retry_ms);
    chl_json_int(json, "away_ms", options->away_ms);
    chl_json_int(json, "look_ms", options->look_ms);
    chl_json_uint(json, "spread_percent", options->spread);
    chl_json_uint(json, "no_show_per_mille", options->no_shows);
    chl_json_uint(json, "look_per_mille", options->looks);
    chl_json_bool(json, "even", options->even);
    chl_json_uint(json, "seed", options->seed);
    chl_json_close_object(json);
}

static void put_totals(struct chl_json *json, const struct report *report)
{
    const struct measure *measure = report->measure;
    chl_json_uint(json, "arrivals", report->arrivals->people);
    chl_json_uint(json, "entered", measure->entered);
    chl_json_uint(json, "left", measure->left);
    chl_json_uint(json, "no_shows", measure->missed);
    chl_json_uint(json, "told_full", measure->told);
    chl_json_bool(json, "over", !measure->cut);
    chl_json_uint(json, "still_in_line", measure->still_queued);
    chl_json_uint(json, "still_inside", measure->still_inside);
    put_minute(json, "ended", measure->end_ns);
    chl_json_object(json, "line");
    chl_json_int(json, "mean_hundredths", measure_mean_queue(measure));
    chl_json_uint(json, "most", measure->most);
    put_minute(json, "most_at", measure->most > 0 ? measure->most_ns : -1);
    chl_json_uint(json, "long_is_above", report->options->long_queue);
    chl_json_uint(json, "long_minutes",
                  measure_minutes_above(measure, report->options->long_queue));
    chl_json_close_object(json);
    put_waits(json, report->waits);
    chl_json_object(json, "verdicts");
    for (size_t i = 1; i < CHL_REASON_COUNT; i++) {
        if (measure->verdicts[i] > 0) {
            chl_json_uint(json, chl_reason_get((chl_reason)i)->id, measure->verdicts[i]);
        }
    }
    chl_json_close_object(json);
}

static void put_zones(struct chl_json *json, const struct report *report)
{
    chl_json_array(json, "zones");
    for (size_t z = 0; z < report->config->zone_count; z++) {
        const struct measure_zone *zone = &report->measure->zone[z];
        chl_json_object(json, NULL);
        chl_json_string(json, "id", report->config->zones[z].id);
        if (report->config->zones[z].hard > 0) {
            chl_json_int(json, "limit", report->config->zones[z].hard);
        } else {
            chl_json_null(json, "limit");
        }
        chl_json_int(json, "peak", zone->peak);
        put_minute(json, "near", zone->near_ns);
        put_minute(json, "full", zone->full_ns);
        put_minute(json, "clear", zone->clear_ns);
        chl_json_int(json, "full_minutes", zone->full_for_ns / MINUTE_NS);
        chl_json_uint(json, "times", zone->times);
        chl_json_close_object(json);
    }
    chl_json_close_array(json);
}

static void put_lanes(struct chl_json *json, const struct report *report)
{
    chl_json_array(json, "gates");
    for (size_t g = 0; g < report->config->gate_count; g++) {
        const struct measure_lane *lane = &report->measure->lane[g];
        chl_json_object(json, NULL);
        chl_json_string(json, "id", report->config->gates[g].id);
        chl_json_uint(json, "entered", lane->entered);
        chl_json_uint(json, "left", lane->left);
        chl_json_int(json, "busy_ms", lane->passing_ns / CHL_NS_PER_MS);
        chl_json_uint(json, "most_in_line", lane->most);
        chl_json_close_object(json);
    }
    chl_json_close_array(json);
}

static void put_place(struct chl_json *json, const char *key, const struct report *report,
                      uint16_t zone)
{
    if (zone == ENGINE_NONE) {
        chl_json_null(json, key);
    } else {
        chl_json_string(json, key, report->config->zones[zone].id);
    }
}

static void put_needed(struct chl_json *json, const struct report *report)
{
    chl_json_int(json, "target_ms", report->options->target_ms);
    chl_json_array(json, "needed");
    for (size_t i = 0; i < report->needed_count; i++) {
        const struct needed *needed = &report->needed[i];
        const struct world_group *group = &report->world->groups[needed->group];
        chl_json_object(json, NULL);
        put_place(json, "from", report, group->from);
        put_place(json, "to", report, group->to);
        chl_json_uint(json, "now", group->lanes);
        if (needed->lanes > 0) {
            chl_json_uint(json, "lanes", needed->lanes);
        } else {
            chl_json_null(json, "lanes");
        }
        chl_json_uint(json, "searched_to", needed->most_lanes);
        chl_json_bool(json, "limit_binds", needed->limit_binds);
        chl_json_array(json, "tries");
        for (size_t t = 0; t < needed->try_count; t++) {
            chl_json_object(json, NULL);
            chl_json_uint(json, "lanes", needed->tries[t].lanes);
            chl_json_bool(json, "enough", needed->tries[t].good);
            chl_json_uint(json, "most_in_line", needed->tries[t].most);
            put_waits(json, &needed->tries[t].waits);
            chl_json_close_object(json);
        }
        chl_json_close_array(json);
        chl_json_close_object(json);
    }
    chl_json_close_array(json);
}

/** One array a column: programs plot columns. */
static void put_minutes(struct chl_json *json, const struct report *report)
{
    const struct measure *measure = report->measure;
    chl_json_object(json, "minutes");
    chl_json_uint(json, "first", report->arrivals->first);
    static const struct {
        const char *name;
        size_t offset;
    } columns[] = {{"arrivals", offsetof(struct measure_minute, arrivals)},
                   {"entered", offsetof(struct measure_minute, entered)},
                   {"left", offsetof(struct measure_minute, left)},
                   {"line", offsetof(struct measure_minute, queue)},
                   {"line_most", offsetof(struct measure_minute, most)}};
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        chl_json_array(json, columns[c].name);
        for (size_t m = report->arrivals->first; m < measure->minute_count; m++) {
            const char *row = (const char *)&measure->minute[m];
            chl_json_uint(json, NULL, *(const uint32_t *)(const void *)(row + columns[c].offset));
        }
        chl_json_close_array(json);
    }
    chl_json_object(json, "inside");
    for (size_t z = 0; z < measure->zones; z++) {
        chl_json_array(json, report->config->zones[z].id);
        for (size_t m = report->arrivals->first; m < measure->minute_count; m++) {
            chl_json_uint(json, NULL, measure->inside[m * measure->zones + z]);
        }
        chl_json_close_array(json);
    }
    chl_json_close_object(json);
    chl_json_close_object(json);
}

chl_err report_json(const struct report *report, FILE *out)
{
    const struct measure *measure = report->measure;
    /* A number of a series takes at most 11 bytes; an object with its members far less than 1 KiB,
     * a try included. */
    size_t objects = report->config->zone_count + report->config->gate_count +
                     report->needed_count * (NEEDED_TRIES + 1) + CHL_REASON_COUNT + 16;
    size_t size = measure->minute_count * (measure->zones + 5) * 11 + objects * 1024;
    char *text = malloc(size);
    if (text == NULL) {
        return CHL_E_NOMEM;
    }
    struct chl_json json;
    chl_json_begin(&json, text, size);
    chl_json_object(&json, NULL);
    chl_json_string(&json, "site", report->config->site_id);
    put_assumed(&json, report);
    put_totals(&json, report);
    put_zones(&json, report);
    put_lanes(&json, report);
    put_needed(&json, report);
    put_minutes(&json, report);
    chl_json_close_object(&json);
    chl_err error = chl_json_end(&json);
    if (error == CHL_OK) {
        fprintf(out, "%s\n", text);
    }
    free(text);
    return error;
}
