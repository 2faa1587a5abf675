/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Draws the people of a rehearsal from the arrivals a minute.
 */
#include "sim/rehearse/plan.h"

#include "lib/base/time.h"

#include <stdlib.h>

#define MINUTE_NS (60 * CHL_NS_PER_S)

/** splitmix64's last step: every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t plan_random(const struct plan *plan, uint32_t person, plan_draw draw, uint32_t again)
{
    uint64_t z = mix(plan->seed + UINT64_C(0x9E3779B97F4A7C15));
    z = mix(z ^ ((uint64_t)person << 32 | again));
    return mix(z + (uint64_t)draw * UINT64_C(0x9E3779B97F4A7C15));
}

int64_t plan_time(const struct plan *plan, uint32_t person, plan_draw draw, uint32_t again,
                  int64_t middle_ms, unsigned spread)
{
    int64_t middle_ns = middle_ms * CHL_NS_PER_MS;
    int64_t half_ns = middle_ns / 100 * (int64_t)spread;
    if (half_ns == 0) {
        return middle_ns;
    }
    uint64_t width = 2 * (uint64_t)half_ns + 1;
    return middle_ns - half_ns + (int64_t)(plan_random(plan, person, draw, again) % width);
}

static bool one_of(const struct plan *plan, uint32_t person, plan_draw draw, unsigned thousandths)
{
    return plan_random(plan, person, draw, 0) % 1000 < thousandths;
}

static void draw_row(struct plan *plan, const struct arrivals_row *row,
                     const struct rehearse_options *options)
{
    int64_t dwell_ms = row->dwell_ms >= 0 ? row->dwell_ms : options->dwell_ms;
    for (uint16_t minute = row->first; minute < row->end; minute++) {
        for (uint16_t i = 0; i < row->people; i++) {
            uint32_t index = plan->count++;
            int64_t within_ns =
                options->even
                    ? MINUTE_NS * i / row->people
                    : (int64_t)(plan_random(plan, index, DRAW_ARRIVAL, 0) % (uint64_t)MINUTE_NS);
            plan->people[index] = (struct plan_person){
                .arrival_ns = minute * MINUTE_NS + within_ns,
                .dwell_ns = plan_time(plan, index, DRAW_DWELL, 0, dwell_ms, options->spread),
                .to = row->to,
                .no_show = one_of(plan, index, DRAW_NO_SHOW, options->no_shows),
                .look = one_of(plan, index, DRAW_LOOK, options->looks),
            };
        }
    }
}

/* Of two who come at once, who stays shorter goes first: the order does not hang on the sort. */
static int earlier(const void *a, const void *b)
{
    const struct plan_person *left = a;
    const struct plan_person *right = b;
    if (left->arrival_ns != right->arrival_ns) {
        return left->arrival_ns < right->arrival_ns ? -1 : 1;
    }
    return left->dwell_ns < right->dwell_ns ? -1 : left->dwell_ns > right->dwell_ns;
}

chl_err plan_make(const struct arrivals *arrivals, const struct rehearse_options *options,
                  struct plan *out)
{
    *out = (struct plan){.seed = options->seed};
    out->people = calloc((size_t)arrivals->people + 1, sizeof *out->people);
    if (out->people == NULL) {
        return CHL_E_NOMEM;
    }
    for (size_t i = 0; i < arrivals->count; i++) {
        draw_row(out, &arrivals->rows[i], options);
    }
    qsort(out->people, out->count, sizeof *out->people, earlier);
    return CHL_OK;
}

void plan_free(struct plan *plan)
{
    free(plan->people);
    *plan = (struct plan){.people = NULL};
}
