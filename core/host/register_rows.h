/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The rows of a register as its reader makes them and its look-up finds them.
 */
#ifndef CHL_CORE_HOST_REGISTER_ROWS_H
#define CHL_CORE_HOST_REGISTER_ROWS_H

#include "core/host/register.h"

enum { ROW_NUMBER = 1, ROW_NAME = 2, ROW_ACCENTS = 4, ROW_DAY = 8 };

/** One person. Bytes only, zero where nothing is stated, so that rows compare and hash as bytes. */
struct register_row {
    uint8_t has;  /**< ROW_… */
    uint8_t kind; /**< chl_document_kind */
    uint8_t number[PSEUDONYM_SIZE], name[PSEUDONYM_SIZE];
    uint8_t accents[PSEUDONYM_SIZE], day[PSEUDONYM_SIZE];
};

struct register_content {
    uint8_t head[8]; /**< which layout this is */
    struct register_row rows[];
};

struct person_register {
    size_t count, number_count, name_count;
    size_t room; /**< rows that `content` has room for */
    struct register_content *content;
    const struct register_row **numbers, **names; /**< sorted views */
};

/** Sort, drop equal rows, make the views; no row may be added any more. */
chl_err register_finish(struct person_register *persons);

#endif
