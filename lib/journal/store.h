/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the journal needs of a store, as a struct of functions, so that a test can let each
 *         step fail.
 *
 *  Thread: all of one store's functions on one thread. Blocks: all may wait for the disk.
 *  Legal errors of each, unless it says otherwise: CHL_E_FULL, CHL_E_IO, CHL_E_NOMEM, CHL_E_BUSY,
 *  CHL_E_CORRUPT.
 */
#ifndef CHL_JOURNAL_STORE_H
#define CHL_JOURNAL_STORE_H

#include "lib/journal/journal.h"

/** What a store knows of the journal besides its rows. */
struct chl_store_meta {
    char site[CHL_WIRE_SITE_MAX + 1];
    uint8_t epoch[16];
    uint64_t first;                /**< oldest kept sequence, 1 until something is trimmed */
    uint8_t anchor[CHL_WIRE_HASH]; /**< hash of first − 1 */
};

struct chl_store_ops {
    /** Open; when nothing is there, create it with `fresh`. `stored` gets what is there afterwards.
     *  Also CHL_E_NOTSUP: another format version. On error nothing is left open. */
    chl_err (*open)(void *store, const struct chl_store_meta *fresh, struct chl_store_meta *stored,
                    char *why, size_t why_size);
    void (*close)(void *store);
    /** Free the store itself; closed before. */
    void (*destroy)(void *store);

    chl_err (*begin)(void *store);
    chl_err (*insert)(void *store, const struct chl_record *record);
    /** Insert, or advance; never back. CHL_E_LIMIT: too many cursors. */
    chl_err (*set_cursor)(void *store, const struct chl_cursor *cursor);
    /** CHL_E_NOTFOUND: no such cursor. */
    chl_err (*drop_cursor)(void *store, const char *owner, const char *name);
    chl_err (*put_content)(void *store, const uint8_t digest[32], const void *bytes, size_t length);
    /** Durable when it returns CHL_OK. */
    chl_err (*commit)(void *store);
    /** Take back everything since `begin`; harmless when there is nothing. */
    void (*rollback)(void *store);

    /** Header of a record; `*sequence` 0 asks for the last one (and stays 0 when there is none).
     *  CHL_E_NOTFOUND: that one is not there. */
    chl_err (*record)(void *store, uint64_t *sequence,
                      chl_err (*visit)(void *user, const struct chl_record *record), void *user);
    /** Move what waits in the log into the main file when at least `pages` wait. `pages` 0: all of
     *  it, and CHL_E_BUSY when a reader is in the way. */
    chl_err (*checkpoint)(void *store, int pages);
    /** Text of the last error, never NULL. */
    const char *(*error)(void *store);
};

/** A store on SQLite; destroy it with ops->destroy. */
chl_err chl_store_sqlite(const char *path, void **out);
extern const struct chl_store_ops chl_store_sqlite_ops;

/** Open a journal on any store. The journal owns the store from here on, also when this fails. */
chl_err chl_journal_open_on(const struct chl_store_ops *ops, void *store, const char *site,
                            struct chl_journal **out, char *why, size_t why_size);

#endif
