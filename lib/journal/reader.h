/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What verification needs of a reader besides the public calls.
 */
#ifndef CHL_JOURNAL_READER_H
#define CHL_JOURNAL_READER_H

#include "lib/journal/schema.h"

/** Site, epoch, first and anchor; valid while the reader is open. */
const struct chl_store_meta *chl_journal_reader_meta(const struct chl_journal_reader *reader);

#endif
