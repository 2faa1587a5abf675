/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Counters since start, and how long it takes from a scan to an open gate.
 */
#ifndef CHL_CORE_STATS_H
#define CHL_CORE_STATS_H

#include "core/engine/engine.h"

enum { STATS_SAMPLES = 16384, STATS_LAST = 64 };

struct stats {
    uint64_t scans, busy;
    uint64_t verdicts[CHL_DENY + 1];
    uint64_t reasons[CHL_REASON_COUNT];
    uint64_t passages[PASSAGE_COUNT];
    uint64_t latencies;                 /**< samples ever taken */
    uint32_t latency_us[STATS_SAMPLES]; /**< the newest ones */
};

void stats_record(struct stats *stats, const struct engine_record *record);
void stats_latency(struct stats *stats, int64_t ns);
/** Write the member `stats` into an open JSON object. */
struct chl_json;
void stats_json(const struct stats *stats, struct chl_json *json);

#endif
