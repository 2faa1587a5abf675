/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Who comes when: a CSV file of arrivals a minute, checked against the site.
 */
#ifndef SIM_REHEARSE_ARRIVALS_H
#define SIM_REHEARSE_ARRIVALS_H

#include "core/config/config.h"
#include "sim/rehearse/options.h"

#include <stdio.h>

enum {
    ARRIVALS_ROWS_MAX = 20000,
    ARRIVALS_PEOPLE_MAX = 200000, /**< in the whole file */
    ARRIVALS_MINUTE_MAX = 5000,   /**< in one row's minute */
    ARRIVALS_MINUTES = 2880       /**< two days: what goes on after midnight is 24:30 */
};

/** Where people want to go. */
typedef enum {
    TARGET_ANY = 0, /**< in by any gate from outside */
    TARGET_ZONE,
    TARGET_GATE /**< in by this gate */
} target_kind;

struct target {
    target_kind kind;
    uint16_t index; /**< of the site's zone or gate */
};

/** `people` come in each of the minutes `first` ≤ m < `end`. */
struct arrivals_row {
    unsigned line;
    uint16_t first, end, people;
    struct target to;
    int64_t dwell_ms; /**< −1 = not stated */
};

struct arrivals {
    struct arrivals_row *rows;
    size_t count;
    uint32_t people;
    uint16_t first, end; /**< minutes in which somebody comes: first ≤ m < end */
    bool clock;          /**< minutes are times of day */
    bool dwell_missing;  /**< some row does not say how long people stay */
};

/** Read a file of arrivals.
 *  @param out freed with arrivals_free, also after an error.
 *  @param why on failure the line to print: file, line, what was expected, what came.
 *  @return CHL_OK, CHL_E_IO, CHL_E_CONFIG, CHL_E_LIMIT, CHL_E_NOMEM. Blocks: reads a file. */
chl_err arrivals_load(const char *path, const struct config *config, struct arrivals *out,
                      char why[REHEARSE_WHY]);
/** The same from an open file, which stays the caller's; `name` stands for it in messages. */
chl_err arrivals_read(FILE *file, const char *name, const struct config *config,
                      struct arrivals *out, char why[REHEARSE_WHY]);
void arrivals_free(struct arrivals *arrivals);

#endif
