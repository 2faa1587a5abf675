/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The thread that owns the journal's writing connection: it commits whatever has gathered
 * as soon as the last commit is done.
 *
 *  One record alone when it is quiet, hundreds together when it is busy, no timer: a batch is what
 *  came in while the disk was busy with the one before. When there is no space the batch is kept
 *  and the same bytes are tried again; after an I/O error the journal is reopened and compared.
 */
#ifndef CHL_CORE_JOURNAL_WRITER_H
#define CHL_CORE_JOURNAL_WRITER_H

#include "lib/journal/journal.h"

enum {
    WRITER_RECORDS_MAX = 128 * 1024,     /**< records that may wait */
    WRITER_BYTES_MAX = 64 * 1024 * 1024, /**< and their bodies */
    WRITER_COMMIT_MAX = 4096,            /**< records in one transaction */
    WRITER_CURSORS_MAX = 256,            /**< different cursors that may wait */
    WRITER_CURSOR_DELAY_MS = 1000,       /**< a cursor alone waits so long for a record */
    WRITER_BACKOFF_MIN_MS = 20,          /**< first pause after a failure, doubled each time */
    WRITER_BACKOFF_MAX_MS = 1000,
    WRITER_CHECKPOINT_IDLE_PAGES = 2000,     /**< 8 MiB of log, moved when nothing waits */
    WRITER_CHECKPOINT_BUSY_PAGES = 16 * 1000 /**< 64 MiB, moved although something waits */
};

enum writer_state {
    WRITER_OK,    /**< commits again */
    WRITER_FULL,  /**< no space: the batch is kept, the same bytes are tried again */
    WRITER_FAILED /**< the disk fails; it goes on trying unless the text says it stopped */
};

/** What the writer tells. Both are called on the writer's thread and must be short; they may call
 *  every function here but writer_stop. */
struct writer_hooks {
    void *user;
    /** Everything up to `last_sequence` is durable. Right after each commit. */
    void (*on_durable)(void *user, uint64_t last_sequence);
    /** The state changed. `text` is borrowed. May be NULL. */
    void (*on_state)(void *user, enum writer_state state, const char *text);
};

struct writer;

/** Start the thread. It owns `journal` from here on (not when this fails).
 *  @return CHL_OK, CHL_E_NOMEM. Thread: any. Blocks: no. */
chl_err writer_start(struct chl_journal *journal, const struct writer_hooks *hooks,
                     struct writer **out);

/** Queue records, all of them or none, copied. Their sequences follow the last one queued.
 *  @return CHL_OK; CHL_E_BUSY: the queue is full, nothing was taken, offer them again; CHL_E_STATE:
 *          not the next sequence, or the writer has stopped; CHL_E_INVAL: a record that the
 *          protocol does not allow; CHL_E_NOMEM.
 *  Thread: any (order is the caller's). Blocks: never on the disk. */
chl_err writer_push(struct writer *writer, const struct chl_journal_entry *entries, size_t count);

/** Queue content, copied; durable before any record queued after it.
 *  CHL_E_LIMIT: longer than the journal takes; else as writer_push. A digest that is not that of
 *  the bytes is logged and dropped. */
chl_err writer_put_content(struct writer *writer, const uint8_t digest[32], const void *bytes,
                           size_t length);

/** Register or advance a durable subscriber; committed with the next record, or within
 *  WRITER_CURSOR_DELAY_MS when none comes. CHL_E_BUSY: too many different ones wait.
 *  Thread: any. Blocks: never on the disk. */
chl_err writer_set_cursor(struct writer *writer, const struct chl_cursor *cursor);
/** Drop a durable subscriber; one that is not there is no error. As writer_set_cursor. */
chl_err writer_drop_cursor(struct writer *writer, const char *owner, const char *name);

/** Records queued and not yet durable. Thread: any. Blocks: never. */
size_t writer_backlog(const struct writer *writer);

/** Commit what waits, close the journal and end the thread. When the disk does not take it after
 *  one more attempt it is given up: it was never acknowledged.
 *  @return CHL_OK, or CHL_E_IO when something was given up.
 *  Thread: any but the writer's. Blocks: disk. */
chl_err writer_stop(struct writer *writer);

#endif
