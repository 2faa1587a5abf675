/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Texts of strangers made fit for a terminal: no control characters, no more than fits.
 */
#ifndef CHL_CLI_PLAIN_H
#define CHL_CLI_PLAIN_H

#include <stddef.h>

/** Columns that a text takes; Vietnamese letters take one each, combining marks none. */
size_t plain_columns(const char *text);
/** Copy a text without control characters, cut to `columns` with "…". What is not UTF-8 becomes
 *  empty. @param size of `out`, at least 1. */
void plain_copy(char *out, size_t size, const char *text, size_t columns);

#endif
