/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The file of a list of what was taken back, as bytes.
 */
#ifndef CHL_DECLARATION_REVOKED_FILE_H
#define CHL_DECLARATION_REVOKED_FILE_H

#include <chilang/types.h>

/** Read it whole; `*text` is the caller's to free().
 *  @return CHL_OK, CHL_E_IO, CHL_E_LIMIT (too large, no regular file), CHL_E_NOMEM. Blocks: disk.
 */
chl_err revoked_read(const char *path, char **text, size_t *length, char *why, size_t why_size);

#endif
