/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The snapshot's file: whole or not there, and provable.
 *
 *  Big-endian: "CHLS", u8 version 1, 3 bytes zero, 16 bytes epoch, u64 sequence, 32 bytes chain
 * hash of that record, u64 length, 32 bytes SHA-256 of everything before it and the content,
 * content.
 */
#ifndef CHL_CORE_JOURNAL_SNAPSHOT_FILE_H
#define CHL_CORE_JOURNAL_SNAPSHOT_FILE_H

#include "core/journal/snapshot.h"

/** Write beside, sync, rename, sync the folder. CHL_E_FULL, CHL_E_IO. Blocks: disk. */
chl_err snapshot_file_write(const char *path, const struct snapshot_mark *mark, const char *bytes,
                            size_t length);
/** Read and check the digest. `*bytes` is the caller's to free.
 *  CHL_E_NOTFOUND: no file; CHL_E_CORRUPT: `why`; CHL_E_NOMEM; CHL_E_IO. Blocks: disk. */
chl_err snapshot_file_read(const char *path, struct snapshot_mark *mark, char **bytes,
                           size_t *length, char *why, size_t why_size);

#endif
