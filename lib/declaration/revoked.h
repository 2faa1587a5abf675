/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Declarations that their issuer took back, and issuers' keys that are believed no longer.
 *
 *  A text file, one a line: `id HEX` (the code's identifier) or `key HEX` (a key's), then, for
 * people alone, when and why; `#` begins a comment. It is not signed: who may write it may write
 * the trust folder beside it too. A list, once loaded, is read-only.
 */
#ifndef CHL_DECLARATION_REVOKED_H
#define CHL_DECLARATION_REVOKED_H

#include "lib/cose/trust.h"

enum {
    CHL_REVOKED_MAX = 100000,                /**< entries */
    CHL_REVOKED_FILE_MAX = 16 * 1024 * 1024, /**< bytes */
    CHL_REVOKED_ID_MIN = 8,                  /**< bytes of an identifier */
    CHL_REVOKED_ID_MAX = 16
};

struct chl_revoked;

/** What an entry takes back. */
typedef enum { CHL_REVOKED_ID = 1, CHL_REVOKED_KEY = 2 } chl_revoked_kind;

/** Read a list. `name` stands for the file in messages; an empty text is an empty list.
 *  @param out the caller's, freed with chl_revoked_free.
 *  @param why capacity `why_size`: file and line, what was expected, what to do.
 *  @return CHL_OK, CHL_E_CONFIG (a line is none), CHL_E_LIMIT (too many), CHL_E_NOMEM.
 *  Thread: any. Blocks: never. */
chl_err chl_revoked_parse(const char *name, const char *text, size_t length,
                          struct chl_revoked **out, char *why, size_t why_size);
/** The same from a file. @return also CHL_E_IO. Blocks: disk. */
chl_err chl_revoked_load(const char *path, struct chl_revoked **out, char *why, size_t why_size);
/** Free a list; NULL is allowed. */
void chl_revoked_free(struct chl_revoked *list);

/** Entries; 0 for NULL. Thread: any. */
size_t chl_revoked_count(const struct chl_revoked *list);
/** True when it is listed; a NULL list has nothing. O(log n), allocates nothing.
 *  Thread: any, concurrently. Blocks: never. */
bool chl_revoked_has(const struct chl_revoked *list, chl_revoked_kind kind, struct chl_bytes id);

/** Add a line to a list file, made when it is missing. The whole file is written anew beside it and
 *  takes its name only when it is on disk, so that a reader sees the list before or after; writers
 *  wait for each other.
 *  @param hex 16 to 32 hexadecimal digits; 16 for a key.
 *  @param note why, may be NULL; one line.
 *  @param wall_ns when, for people.
 *  @return CHL_OK, CHL_E_INVAL (hex, note), CHL_E_STATE (it is listed already), errors of
 *  chl_revoked_load. Blocks: disk. */
chl_err chl_revoked_append(const char *path, chl_revoked_kind kind, const char *hex,
                           const char *note, int64_t wall_ns, char *why, size_t why_size);

#endif
