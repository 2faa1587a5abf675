/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How the monitor shows records: one line each, or one JSON object a line.
 */
#ifndef CHL_CLI_MONITOR_PRINT_H
#define CHL_CLI_MONITOR_PRINT_H

#include <stdio.h>

#include "lib/stream/client.h"

/** The point first; cut at the terminal's width, whole when `out` is no terminal. */
void monitor_print_line(FILE *out, const struct chl_stream_received *record);
void monitor_print_json(FILE *out, const struct chl_stream_received *record);
/** What was received, what was wrong. */
void monitor_print_summary(FILE *out, bool json, const struct chl_stream_client *client);

#endif
