/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Makes sure that what can be read of a journal is also on the disk.
 */
#ifndef CHL_JOURNAL_DURABLE_H
#define CHL_JOURNAL_DURABLE_H

#include <chilang/types.h>

/** Sync the folder of a new file: without it a power cut may take the file's name.
 *  Thread: any. Blocks: disk. */
chl_err chl_durable_folder(const char *path);

/** Write the bytes of `<path>-wal` over themselves and sync them, before SQLite opens it.
 *  A failed sync leaves pages that can be read but never reach the disk, and a later sync that
 *  succeeds says nothing about them; only pages written anew are certain. Nothing to do when there
 *  is no log. No other process may be writing.
 *  @return an SQLite result code.
 *  Thread: any. Blocks: disk. */
int chl_durable_log(const char *path);

#endif
