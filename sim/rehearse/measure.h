/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a rehearsed day showed: lines, waits, zones, minute by minute.
 */
#ifndef SIM_REHEARSE_MEASURE_H
#define SIM_REHEARSE_MEASURE_H

#include "core/engine/engine.h"
#include "lib/text/reasons.h"

/** One person's wait in one line, from joining it to the green light. */
struct measure_wait {
    uint32_t ms;
    uint16_t group;
    bool full; /**< was told at least once that it is full */
    bool open; /**< still in line when the rehearsal ended: at least so long */
};

struct measure_minute {
    uint32_t arrivals, entered, left;
    uint32_t queue, most; /**< people in line at its end, and at most */
};

struct measure_lane {
    uint32_t entered, left, queue, most;
    int64_t passing_ns; /**< somebody was at the scanner or in the passage */
};

/** The lines of one group of lanes together. */
struct measure_line {
    uint32_t queue, most;
};

/** A zone with a hard limit; times −1 = never. */
struct measure_zone {
    int64_t peak, near_ns, full_ns, clear_ns, since_ns, full_for_ns;
    unsigned times;
};

struct measure {
    size_t minutes, zones, gates, groups; /**< sizes of the tables below */
    size_t minute_count;                  /**< of them used */
    struct measure_minute *minute;
    uint32_t *inside; /**< people in zone z at the end of minute m: [m × zones + z] */
    struct measure_lane *lane;
    struct measure_line *line; /**< by group of lanes */
    struct measure_zone *zone;
    struct measure_wait *waits;
    size_t wait_count, wait_room;
    uint32_t queue, most;
    int64_t most_ns, queue_us, queued_until_ns, changed_ns; /**< queue_us: people × µs */
    uint32_t verdicts[CHL_REASON_COUNT];
    uint32_t entered, left, told, missed; /**< missed: let in, did not walk */
    uint32_t still_queued, still_inside, refused;
    int64_t begin_ns, end_ns;
    bool cut; /**< ended before everybody was home */
};

chl_err measure_init(struct measure *measure, size_t minutes, size_t zones, size_t gates,
                     size_t groups);
void measure_free(struct measure *measure);
/** Somebody joined or left the line of a gate, which belongs to a group of lanes. */
void measure_queue(struct measure *measure, uint16_t gate, uint16_t group, int change,
                   int64_t now_ns);
/** A wait ended, or the rehearsal did. @return CHL_OK or CHL_E_NOMEM. */
chl_err measure_wait(struct measure *measure, struct measure_wait wait);
/** Look at the engine's records of a decision. */
void measure_records(struct measure *measure, const struct engine_output *out, int64_t now_ns);
/** Close all minutes that ended up to `now_ns`. */
void measure_until(struct measure *measure, const struct engine *engine, int64_t now_ns);
/** The minute under way, NULL past the end of the tables. */
struct measure_minute *measure_now(struct measure *measure, int64_t now_ns);

/** Waits in order. */
struct measure_quantiles {
    uint32_t p50_ms, p95_ms, longest_ms;
    bool p95_open, longest_open; /**< at least so long: somebody was still in line */
    size_t count, full;          /**< waits; of them told that it is full */
};
enum { MEASURE_ALL = -1 };
/** Of one group of lanes, or MEASURE_ALL. @return CHL_OK or CHL_E_NOMEM. */
chl_err measure_quantiles(const struct measure *measure, int group, struct measure_quantiles *out);
/** Mean number of people in line, in hundredths, from the first arrivals to the last in line. */
int64_t measure_mean_queue(const struct measure *measure);
/** Minutes in which more than `people` stood in line. */
unsigned measure_minutes_above(const struct measure *measure, unsigned people);

#endif
