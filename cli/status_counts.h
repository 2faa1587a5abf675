/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a status says of its counts: how far they may be off, since when, who counted anew.
 */
#ifndef CHL_CLI_STATUS_COUNTS_H
#define CHL_CLI_STATUS_COUNTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/** One line a zone that has something to say, and one for all: what these numbers are not.
 *  @param red starts a colour, "" for none. */
void status_counts(FILE *out, const json_t *status, const char *red, const char *plain,
                   size_t columns);

#endif
