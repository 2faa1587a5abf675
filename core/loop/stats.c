/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Counting and percentiles for `stats`.
 */
#include "core/loop/stats.h"

#include "lib/base/json.h"

#include <stdlib.h>
#include <string.h>

void stats_record(struct stats *stats, const struct engine_record *record)
{
    if (record->type == RECORD_DECISION) {
        const struct record_DECISION *made = &record->as.DECISION;
        stats->scans += made->resolves == 0 ? 1 : 0;
        stats->verdicts[made->verdict]++;
        stats->reasons[made->reason]++;
    } else if (record->type == RECORD_PASSAGE) {
        stats->passages[record->as.PASSAGE.kind] += record->as.PASSAGE.n;
    } else if (record->type == RECORD_RECONCILED) {
        stats->passages[PASSAGE_GRANTED] += record->as.RECONCILED.entries;
        stats->passages[PASSAGE_EXIT] += record->as.RECONCILED.exits;
    }
}

void stats_latency(struct stats *stats, int64_t ns)
{
    int64_t us = ns / 1000;
    us = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : us;
    stats->latency_us[stats->latencies % STATS_SAMPLES] = (uint32_t)us;
    stats->latencies++;
}

static int ascending(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b ? 1 : 0;
}

static void latency_json(const struct stats *stats, struct chl_json *json)
{
    size_t count = stats->latencies < STATS_SAMPLES ? (size_t)stats->latencies : STATS_SAMPLES;
    uint32_t *sorted = calloc(count + 1, sizeof *sorted);
    chl_json_object(json, "latency_us");
    chl_json_uint(json, "count", stats->latencies);
    if (sorted != NULL && count > 0) {
        memcpy(sorted, stats->latency_us, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, ascending);
        chl_json_uint(json, "p50", sorted[(count - 1) / 2]);
        chl_json_uint(json, "p99", sorted[(count - 1) * 99 / 100]);
        chl_json_uint(json, "max", sorted[count - 1]);
    }
    chl_json_array(json, "last");
    size_t shown = count < STATS_LAST ? count : STATS_LAST;
    for (size_t i = 0; i < shown; i++) {
        chl_json_uint(json, NULL,
                      stats->latency_us[(stats->latencies - shown + i) % STATS_SAMPLES]);
    }
    chl_json_close_array(json);
    chl_json_close_object(json);
    free(sorted);
}

void stats_json(const struct stats *stats, struct chl_json *json)
{
    size_t count = 0;
    chl_json_object(json, "stats");
    chl_json_uint(json, "scans", stats->scans);
    chl_json_uint(json, "busy", stats->busy);
    chl_json_object(json, "verdicts");
    const char *const *verdicts = engine_field_names(FIELD_VERDICT, &count);
    for (size_t i = CHL_ADMIT; i <= CHL_DENY; i++) {
        chl_json_uint(json, verdicts[i], stats->verdicts[i]);
    }
    chl_json_close_object(json);
    chl_json_object(json, "reasons");
    for (int i = 1; i < (int)CHL_REASON_COUNT; i++) {
        if (stats->reasons[i] > 0) {
            chl_json_uint(json, chl_reason_get((chl_reason)i)->id, stats->reasons[i]);
        }
    }
    chl_json_close_object(json);
    chl_json_object(json, "passages");
    const char *const *passages = engine_field_names(FIELD_PASSAGE, &count);
    for (size_t i = 0; i < count; i++) {
        chl_json_uint(json, passages[i], stats->passages[i]);
    }
    chl_json_uint(json, "entry",
                  stats->passages[PASSAGE_GRANTED] + stats->passages[PASSAGE_FREE] +
                      stats->passages[PASSAGE_TAILGATE] + stats->passages[PASSAGE_FORCED] +
                      stats->passages[PASSAGE_HAND]);
    chl_json_close_object(json);
    latency_json(stats, json);
    chl_json_close_object(json);
}
