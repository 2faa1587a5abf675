/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The state of a site as a picture of 80 columns.
 */
#ifndef CHL_CLI_STATUS_PRINT_H
#define CHL_CLI_STATUS_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** Print `status` of docs/control.md. What is missing in it shows as "-"; texts are cut to their
 *  column and lose control characters. */
void status_print(FILE *out, const json_t *status, bool colour);

#endif
