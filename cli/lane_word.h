/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The verdict in letters that can be read from across the lane.
 */
#ifndef CHL_CLI_LANE_WORD_H
#define CHL_CLI_LANE_WORD_H

#include <stdbool.h>
#include <stddef.h>

enum { LANE_WORD_ROWS = 6, LANE_WORD_LINE = 256 };

/** One row of a verdict's word, drawn with "█"; empty for no verdict.
 *  @param verdict name of docs/control.md: ADMIT, WAIT, CHECK, DENY.
 *  @return columns it takes, the same for every row. */
size_t lane_word(const char *verdict, bool english, size_t row, char out[LANE_WORD_LINE]);

#endif
