/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What loading and finding share.
 */
#ifndef CHL_AREAS_INTERNAL_H
#define CHL_AREAS_INTERNAL_H

#include "lib/areas/areas.h"

enum { AREAS_LEVELS = CHL_AREAS_COMMUNE + 1 };

/** Areas of one level in the order of their codes. */
struct areas_table {
    size_t count;
    struct chl_area *rows;
};

struct chl_areas {
    struct areas_table tables[AREAS_LEVELS];
};

#endif
