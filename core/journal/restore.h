/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Folding of committed records into a state, for the start and for the snapshot's thread.
 */
#ifndef CHL_CORE_JOURNAL_RESTORE_H
#define CHL_CORE_JOURNAL_RESTORE_H

#include "core/journal/snapshot.h"
#include "lib/journal/journal.h"

/** `<journal>.snapshot`. False: too long. */
bool restore_path(const char *journal_path, char *out, size_t size);
/** A fresh state to what the snapshot holds, or to nothing; no record is folded yet. */
chl_err restore_begin(struct chl_journal_reader *reader, const char *snapshot_path,
                      const struct snapshot_fold *fold, struct snapshot_mark *mark);
/** Fold every record after `mark` and move it along. `why` may be NULL. */
chl_err restore_tail(struct chl_journal_reader *reader, const struct snapshot_fold *fold,
                     struct snapshot_mark *mark, char *why, size_t why_size);

#endif
