/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The journal's tables and its facts about itself, for the writing and the reading side.
 */
#ifndef CHL_JOURNAL_SCHEMA_H
#define CHL_JOURNAL_SCHEMA_H

#include "lib/journal/store.h"

#include <sqlite3.h>

enum {
    CHL_JOURNAL_FORMAT = 1,
    CHL_JOURNAL_APPLICATION = 0x43484c4a, /**< "CHLJ", what file(1) and SQLite tools see */
    CHL_JOURNAL_CURSORS_MAX = 256,
    CHL_JOURNAL_CONTENT_MAX = 8 * 1024 * 1024
};

/** Create the tables and the facts in one transaction. */
int chl_schema_create(sqlite3 *db, const struct chl_store_meta *fresh);
/** Read the facts. CHL_E_NOTFOUND: an empty file, nothing was ever made. CHL_E_NOTSUP: another
 *  format. CHL_E_CORRUPT: not a journal. `why` says expected, came, what to do. */
chl_err chl_schema_read(sqlite3 *db, struct chl_store_meta *out, char *why, size_t why_size);
/** Fill a record from the columns sequence, topic, header, body; borrowed until the next step.
 *  @return CHL_OK or CHL_E_CORRUPT (types or lengths that no journal writes). */
chl_err chl_schema_row(sqlite3_stmt *row, struct chl_record *out);

#endif
