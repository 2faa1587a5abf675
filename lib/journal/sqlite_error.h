/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What an SQLite result code means to a journal: no space, a failing disk, damage, or a
 * rival.
 */
#ifndef CHL_JOURNAL_SQLITE_ERROR_H
#define CHL_JOURNAL_SQLITE_ERROR_H

#include <chilang/types.h>
#include <sqlite3.h>

/** How long a connection waits for another's lock, ms. */
enum { CHL_SQLITE_BUSY_MS = 5000 };

/** @param code plain or extended.
 *  @param system_errno `errno` after the call that failed, 0 before it: a commit that fails does
 * not tell its cause through SQLite. Thread: any. Blocks: never. */
chl_err chl_sqlite_error(int code, int system_errno);

/** True when a file of that name exists. Thread: any. Blocks: disk. */
bool chl_file_exists(const char *path, const char *suffix);

#endif
