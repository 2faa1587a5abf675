/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the lane's screen shows, and how: a picture of lines from plain facts.
 */
#ifndef CHL_CLI_LANE_VIEW_H
#define CHL_CLI_LANE_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/control/control.h"

enum { LANE_LINE = 256, LANE_ROWS = 24, LANE_COLUMNS = 80, LANE_ZONES = 4 };

/** Everything on the screen. Texts are the daemon's, as they came. */
struct lane_view {
    char lane[CHL_CONTROL_NAME_MAX], who[CHL_CONTROL_WHO_MAX];
    char site[LANE_LINE];
    bool english, colour;
    bool online;
    int64_t lost_ms;     /**< wall time, ms since 1970: when the daemon was heard last, 0 = never */
    int64_t now_ms;      /**< wall time, ms since 1970 */
    const json_t *event; /**< last `verdict` event of this lane, NULL = none yet */
    int64_t event_ms;    /**< when it came */
    uint64_t check;      /**< what may be resolved now, 0 = nothing */
    const json_t *desk;  /**< last answer of `desk`, NULL or null = nobody */
    const json_t *zones; /**< of status, NULL = not known */
    char message[LANE_LINE]; /**< answer to the last key */
};

/** Write the whole screen at once, from its first line on.
 *  @param rows, columns of the terminal; what does not fit is left out from below and cut. */
void lane_draw(FILE *out, const struct lane_view *view, size_t rows, size_t columns);

#endif
