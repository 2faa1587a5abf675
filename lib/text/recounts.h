/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How people count a zone by hand: one table for requests, records, tools and documents.
 */
#ifndef CHL_TEXT_RECOUNTS_H
#define CHL_TEXT_RECOUNTS_H

#include <stdbool.h>

/** Identifier, name on the wire and in records, Vietnamese, English. */
#define CHL_RECOUNTS(X)                                                                            \
    X(CHL_RECOUNT_NONE, "", "", "")                                                                \
    X(CHL_RECOUNT_CLICKER, "clicker", "đếm tay ở cửa", "by clicker at the doors")                  \
    X(CHL_RECOUNT_SWEEP, "sweep", "đi đếm khắp khu", "by walking through")                         \
    X(CHL_RECOUNT_TICKETS, "tickets", "theo vé", "by tickets")                                     \
    X(CHL_RECOUNT_CAMERAS, "cameras", "theo camera", "by cameras")                                 \
    X(CHL_RECOUNT_OTHER, "other", "cách khác", "otherwise")

typedef enum {
#define CHL_RECOUNT_ENUM(id, name, vi, en) id,
    CHL_RECOUNTS(CHL_RECOUNT_ENUM)
#undef CHL_RECOUNT_ENUM
        CHL_RECOUNT_COUNT
} chl_recount;

/** Name of a way to count, "" for none. Thread: any. Blocks: never. */
const char *chl_recount_name(chl_recount how);
/** In Vietnamese or English. Thread: any. Blocks: never. */
const char *chl_recount_text(chl_recount how, bool english);
/** The way of that name, CHL_RECOUNT_NONE when there is none. Thread: any. Blocks: never. */
chl_recount chl_recount_by_name(const char *name);

#endif
