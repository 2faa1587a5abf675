/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Records of a CSV file, one after the other, in bounded memory.
 */
#ifndef CHL_CSV_H
#define CHL_CSV_H

#include <stdio.h>

#include <chilang/types.h>

enum { CSV_RECORD_MAX = 16 * 1024, CSV_COLUMNS_MAX = 64 };

/** A reader; zero it, then set `file`. */
struct csv {
    FILE *file;
    unsigned line;  /**< on which the last record began, from 1 */
    unsigned lines; /**< read so far */
    size_t count;   /**< columns of the last record */
    const char *columns[CSV_COLUMNS_MAX];
    char text[CSV_RECORD_MAX];
};

/** Read the next record; empty lines are passed over, a byte order mark is dropped.
 *  @return CHL_OK, CHL_E_CLOSED (end), CHL_E_CORRUPT (quotes), CHL_E_LIMIT, CHL_E_IO.
 *  Source: RFC 4180. */
chl_err csv_next(struct csv *csv);

#endif
