/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the reading of a batch's rows and the making of its codes share.
 */
#ifndef CHL_CLI_DECLARE_BATCH_H
#define CHL_CLI_DECLARE_BATCH_H

#include <limits.h>

#include "cli/declare_card.h"
#include "lib/csv/csv.h"

enum { BATCH_COLUMN_SIZE = 32, BATCH_FILE_SIZE = NAME_MAX + 1, BATCH_GROUP_SIZE = 64 };

/** Rows that share a code, as far as they are read. */
struct batch_family {
    unsigned rows, mistakes;
    unsigned line; /* of the first one */
    char group[BATCH_GROUP_SIZE];
    char file[BATCH_FILE_SIZE]; /* "" = numbered */
    struct chl_declaration form;
};

struct batch {
    const struct declare *declare;
    struct csv csv;
    size_t columns;
    size_t group; /* column, or SIZE_MAX */
    char names[CSV_COLUMNS_MAX][BATCH_COLUMN_SIZE];
    FILE *manifest; /* NULL without --out */
    struct chl_card_sheets *sheets;
    unsigned skipped;             /* numbers that pictures of earlier batches have */
    unsigned good, bad, unplaced; /* made, refused, made without an origin */
    struct chl_qr_symbol symbol;
    struct batch_family family;
};

/** Read the first row: names of fields, `file`, `group`, `issued_at`, `expires_at`. */
chl_err batch_read_header(struct batch *batch, char why[DECLARE_WHY]);
/** Fill a form from the row that was read; `file` stays "" when the row names none. */
chl_err batch_read_row(const struct batch *batch, struct chl_declaration *form,
                       char file[BATCH_FILE_SIZE], char why[DECLARE_WHY]);
/** What makes the row one of a family; "" = it stands alone. */
const char *batch_group(const struct batch *batch);

#endif
