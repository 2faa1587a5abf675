/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The table of ways to count a zone by hand.
 */
#include "lib/text/recounts.h"

#include <string.h>

static const struct {
    const char *name, *vi, *en;
} rows[CHL_RECOUNT_COUNT] = {
#define RECOUNT_ROW(id, name, vi, en) {name, vi, en},
    CHL_RECOUNTS(RECOUNT_ROW)
#undef RECOUNT_ROW
};

const char *chl_recount_name(chl_recount how)
{
    return (unsigned)how < CHL_RECOUNT_COUNT ? rows[how].name : "";
}

const char *chl_recount_text(chl_recount how, bool english)
{
    return (unsigned)how >= CHL_RECOUNT_COUNT ? "" : english ? rows[how].en : rows[how].vi;
}

chl_recount chl_recount_by_name(const char *name)
{
    for (int i = CHL_RECOUNT_NONE + 1; i < CHL_RECOUNT_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return (chl_recount)i;
        }
    }
    return CHL_RECOUNT_NONE;
}
