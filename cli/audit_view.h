/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a counter audit shows: while it runs, and what came out.
 */
#ifndef CHL_CLI_AUDIT_VIEW_H
#define CHL_CLI_AUDIT_VIEW_H

#include <stdint.h>
#include <stdio.h>

#include "cli/audit_tap.h"

/** Both counts of one gate over the same time, people. */
struct audit_result {
    uint32_t seconds;
    uint32_t tapped_in, tapped_out, counted_in, counted_out;
};

/** Texts that stand alone. */
typedef enum {
    AUDIT_SAY_BEGIN,   /**< before the first tap */
    AUDIT_SAY_SETTLE,  /**< the time is over */
    AUDIT_SAY_SHORT,   /**< ended too early: nothing is kept */
    AUDIT_SAY_FEW,     /**< too few people: nothing is kept */
    AUDIT_SAY_STOPPED, /**< given up */
    AUDIT_SAY_SILENT,  /**< the gate did not answer all the time */
    AUDIT_SAY_COUNT
} audit_say;

/** In the language of the environment. */
const char *audit_text(audit_say what);
/** The screen while it runs, at most 80 columns. @param left_ms time that is left */
void audit_draw(FILE *out, const char *gate, const struct audit_taps *taps, int64_t left_ms);
/** What was tapped beside what was counted. */
void audit_print(FILE *out, const char *gate, const struct audit_result *result);
/** That it is recorded, and what it makes of the gate. @param bias people in a thousand */
void audit_print_bias(FILE *out, const char *gate, long long bias);

#endif
