/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A count with its error bar, as every screen shows it.
 */
#ifndef CHL_CLI_COUNT_CELL_H
#define CHL_CLI_COUNT_CELL_H

#include <jansson.h>
#include <stddef.h>

/** `312 ± 7`, as short as `width` columns ask for, "-" when there is no count, "?" when it is not
 *  known: the last one that was is no count of now.
 *  @param what a zone, or any object with `inside`, `uncertain` and perhaps `state`. Thread: main.
 * Blocks: never. */
void count_cell(const json_t *what, char *out, size_t size, size_t width);

#endif
