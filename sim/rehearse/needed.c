/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Halves the range of numbers of lanes until the fewest that are enough is left.
 */
#include "sim/rehearse/needed.h"

#include <stdio.h>
#include <stdlib.h>

/** One search under way. */
struct search {
    const struct world *site;
    const struct plan *plan;
    const struct arrivals *arrivals;
    const struct rehearse_options *options;
    struct world *varied;
    struct needed *out;
    char *why;
};

static const struct needed_try *known(const struct needed *needed, uint16_t lanes)
{
    for (size_t i = 0; i < needed->try_count; i++) {
        if (needed->tries[i].lanes == lanes) {
            return &needed->tries[i];
        }
    }
    return NULL;
}

/** `group` as the world of that day numbers it. */
static chl_err keep(struct search *search, uint16_t lanes, uint16_t group,
                    const struct measure *measure)
{
    struct needed *out = search->out;
    struct needed_try made = {.lanes = lanes, .most = measure->line[group].most};
    chl_err error = measure_quantiles(measure, group, &made.waits);
    if (error != CHL_OK || out->try_count == NEEDED_TRIES) {
        return error;
    }
    made.good = made.waits.p95_ms <= search->options->target_ms && !made.waits.p95_open;
    size_t at = out->try_count++;
    while (at > 0 && out->tries[at - 1].lanes > lanes) {
        out->tries[at] = out->tries[at - 1];
        at--;
    }
    out->tries[at] = made;
    return CHL_OK;
}

/** Run the day with so many lanes, unless that was done. */
static chl_err try_lanes(struct search *search, uint16_t lanes, bool *good)
{
    const struct needed_try *done = known(search->out, lanes);
    if (done == NULL) {
        struct measure measure;
        chl_err error = world_vary(search->site, search->out->group, lanes, search->varied);
        if (error == CHL_OK) {
            error = day_run(search->varied, search->plan, search->arrivals, search->options,
                            &measure, search->why);
        }
        if (error != CHL_OK) {
            return error;
        }
        /* Its lanes were put behind all other gates. */
        uint16_t last = (uint16_t)(search->varied->config.gate_count - 1);
        error = keep(search, lanes, search->varied->group_of[last], &measure);
        measure_free(&measure);
        done = known(search->out, lanes);
        if (error != CHL_OK || done == NULL) {
            return error;
        }
    }
    *good = done->good;
    return CHL_OK;
}

static chl_err halve(struct search *search)
{
    uint16_t enough = search->out->most_lanes;
    uint16_t too_few = 0;
    bool good = false;
    chl_err error = try_lanes(search, enough, &good);
    if (error != CHL_OK || !good) {
        search->out->limit_binds =
            known(search->out, enough) != NULL && known(search->out, enough)->waits.full > 0;
        return error;
    }
    while (error == CHL_OK && enough - too_few > 1) {
        /* Sites have few lanes: look near the small end first. */
        unsigned middle_of = too_few == 0 && enough > 8 ? 4U : (too_few + enough) / 2U;
        uint16_t middle = (uint16_t)middle_of;
        error = try_lanes(search, middle, &good);
        enough = good ? middle : enough;
        too_few = good ? too_few : middle;
    }
    search->out->lanes = enough;
    return error;
}

chl_err needed_find(const struct world *site, uint16_t group, const struct plan *plan,
                    const struct arrivals *arrivals, const struct rehearse_options *options,
                    const struct measure *now, struct needed *out, char why[REHEARSE_WHY])
{
    size_t others = (size_t)site->config.gate_count - site->groups[group].lanes;
    size_t room = ENGINE_GATES_MAX - others;
    *out = (struct needed){
        .group = group,
        .most_lanes = (uint16_t)(room < REHEARSE_LANES_MAX ? room : (size_t)REHEARSE_LANES_MAX)};
    struct search search = {.site = site,
                            .plan = plan,
                            .arrivals = arrivals,
                            .options = options,
                            .varied = calloc(1, sizeof *search.varied),
                            .out = out,
                            .why = why};
    (void)snprintf(why, REHEARSE_WHY, "out of memory");
    if (search.varied == NULL) {
        return CHL_E_NOMEM;
    }
    chl_err error = keep(&search, site->groups[group].lanes, group, now);
    error = error == CHL_OK ? halve(&search) : error;
    for (unsigned i = 0; error == CHL_OK && i < options->try_count; i++) {
        bool good = false;
        if (options->tries[i] <= room) {
            error = try_lanes(&search, (uint16_t)options->tries[i], &good);
        }
    }
    free(search.varied);
    return error;
}
