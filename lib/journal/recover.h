/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The inside of a writing journal, shared by writing and recovery.
 *
 *  What was acknowledged (`head`) and what the disk holds (`stored`) are kept apart: after a failed
 *  sync the disk may hold more than was ever acknowledged. The same bytes are then offered again,
 *  and must match.
 */
#ifndef CHL_JOURNAL_RECOVER_H
#define CHL_JOURNAL_RECOVER_H

#include "lib/journal/store.h"

struct chl_journal {
    const struct chl_store_ops *ops;
    void *store;
    struct chl_store_meta meta;
    struct chl_journal_head head; /**< acknowledged */
    uint64_t stored;              /**< last sequence on disk, ≥ head.last */
    bool broken;                  /**< an I/O error came: nothing goes on before a reopen */
    char error[256];
};

/** Header of the record at `*sequence` (0: the last one, 0 stays when there is none), checked
 *  against its place. CHL_E_NOTFOUND, CHL_E_CORRUPT, or the store's error. */
chl_err chl_journal_read_header(struct chl_journal *j, uint64_t *sequence,
                                struct chl_wire_header *out);
/** The last record and its link to the one before it, so that new ones join a chain that holds. */
chl_err chl_journal_recover_head(struct chl_journal *j, struct chl_journal_head *head);

#endif
