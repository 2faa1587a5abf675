/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A rehearsal for people's eyes and for programs: a table, JSON, a plot.
 */
#ifndef SIM_REHEARSE_REPORT_H
#define SIM_REHEARSE_REPORT_H

#include "sim/rehearse/needed.h"

#include <stdio.h>

/** Everything that is told; borrowed. */
struct report {
    const struct config *config;
    const struct world *world;
    const struct arrivals *arrivals;
    const struct rehearse_options *options;
    const struct measure *measure;
    const struct measure_quantiles *waits;
    const struct needed *needed;
    size_t needed_count;
    bool english;
};

/** A table of 80 columns. */
void report_table(const struct report *report, FILE *out);
/** One JSON object; names of its members are English and stable.
 *  @return CHL_OK, CHL_E_NOMEM, CHL_E_LIMIT. */
chl_err report_json(const struct report *report, FILE *out);
/** An SVG picture: arrivals and entries, the line, people inside against the limit. Readable in
 *  greyscale: lines differ by dashes. */
void report_plot(const struct report *report, FILE *out);

#endif
