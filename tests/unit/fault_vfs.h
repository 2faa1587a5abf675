/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief An SQLite VFS over the real one that lets a chosen write or sync fail, and knows what a
 *         power cut would leave on the disk.
 *
 *  The model of the disk: a write is pending until its file is synced. A power cut keeps what was
 *  synced and, of what is pending, some writes and not others. A sync that fails loses what was
 *  pending for ever, although it can still be read; later syncs say nothing about it.
 */
#ifndef CHL_TESTS_FAULT_VFS_H
#define CHL_TESTS_FAULT_VFS_H

#include <stdbool.h>

enum fault {
    FAULT_NONE,
    FAULT_FULL, /**< no space: a write does nothing; other steps are done */
    FAULT_IO,   /**< a write does nothing; a sync loses what was pending */
    FAULT_TORN  /**< half of a write is done; a sync loses what was pending */
};

struct fault_plan {
    enum fault kind;
    int at;        /**< number of the write, truncation or sync that fails, from 1; 0: none */
    int cut_at;    /**< power goes before this one; 0: it does not */
    unsigned seed; /**< which pending writes survive the cut */
};

/** Make it the default VFS. @return false: SQLite did not take it. */
bool fault_vfs_install(void);
/** Forget all files and begin counting anew. */
void fault_vfs_begin(const struct fault_plan *plan);
/** Steps so far. */
int fault_vfs_steps(void);
/** True when step `at` was a sync. */
bool fault_vfs_hit_sync(void);
/** True since the power went: every step fails from then on. */
bool fault_vfs_cut(void);
/** Write what the disk holds after the cut, as `path`, `path`-wal and `path`-journal. */
bool fault_vfs_save(const char *path);

#endif
