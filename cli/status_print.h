/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The state of a site as a picture of 80 columns.
 */
#ifndef CHL_CLI_STATUS_PRINT_H
#define CHL_CLI_STATUS_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** How the picture may look. */
struct status_look {
    int columns; /**< from 80: all of it; fewer: what fits in 60 */
    bool colour;
};

/** Print `status` of docs/control.md. What is missing in it shows as "-"; texts are cut to their
 *  column and lose control characters. */
void status_print(FILE *out, const json_t *status, const struct status_look *look);

#endif
