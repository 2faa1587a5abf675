/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The durable, hash-chained journal of one site, on SQLite (WAL, synchronous=FULL).
 *
 *  One `chl_journal` writes (and checkpoints) and is used by one thread; any number of
 *  `chl_journal_reader` read on connections of their own and never checkpoint.
 */
#ifndef CHL_JOURNAL_JOURNAL_H
#define CHL_JOURNAL_JOURNAL_H

#include <chilang/host.h>
#include <chilang/types.h>

#include "lib/wire/wire.h"

/** One record to append. Everything is borrowed until the call returns. The sequence was given by
 * the core and must be head + 1, + 2, … */
struct chl_journal_entry {
    uint64_t sequence, cause;
    int64_t wall_ns;
    uint8_t event_class;
    const char *type; /**< topic's last part */
    const uint8_t *body;
    size_t body_length;
};

struct chl_journal_head {
    uint8_t epoch[16];
    uint64_t first, last;        /**< last = 0: empty */
    uint8_t hash[CHL_WIRE_HASH]; /**< chain hash of `last` (zero when empty) */
    int64_t last_wall_ns;
};

struct chl_journal;
struct chl_journal_reader;

/** Open or create. `why` gets file, expected, came, what to do. A new one gets a random epoch.
 *  CHL_E_CONFIG: it belongs to another site; CHL_E_BUSY: another process writes it; CHL_E_NOTSUP:
 *  another format; CHL_E_CORRUPT: no journal, or its last record does not hold; CHL_E_FULL;
 *  CHL_E_IO. Thread: any; afterwards one thread at a time. Blocks: disk. */
chl_err chl_journal_open(const char *path, const char *site, struct chl_journal **out, char *why,
                         size_t why_size);
void chl_journal_close(struct chl_journal *journal);
void chl_journal_head(const struct chl_journal *journal, struct chl_journal_head *out);

/** Append all entries in one transaction, durable when this returns CHL_OK. On any error nothing of
 * it is kept and the same call may be repeated: CHL_E_FULL (no space), CHL_E_IO (reopen),
 * CHL_E_STATE (sequence not contiguous), CHL_E_CORRUPT. Blocks: disk. */
chl_err chl_journal_append(struct chl_journal *journal, const struct chl_journal_entry *entries,
                           size_t count);
/** What one transaction makes durable. Everything is borrowed until the call returns. */
struct chl_journal_batch {
    const struct chl_journal_entry *entries;
    size_t count;
    const struct chl_cursor
        *cursors;        /**< registered or advanced; never back, never past the head */
    size_t cursor_count; /**< one too many (the store keeps 256) is not kept */
};
/** As chl_journal_append, with cursors in the same transaction. */
chl_err chl_journal_commit(struct chl_journal *journal, const struct chl_journal_batch *batch);
/** Text of the last error: what was being done and what the disk said. Never NULL; valid until the
 *  next call. */
const char *chl_journal_error(const struct chl_journal *journal);
/** After CHL_E_IO: reopen and compare sequence and hash with what was acknowledged. CHL_OK: go on;
 *  CHL_E_CORRUPT: it is another history, stop. */
chl_err chl_journal_reopen(struct chl_journal *journal, char *why, size_t why_size);
/** Checkpoint when at least `pages` pages wait in the WAL; called when idle. `pages` 0: all of it,
 *  CHL_E_BUSY when a reader is in the way. On an error nothing is lost: the WAL keeps it. */
chl_err chl_journal_checkpoint(struct chl_journal *journal, int pages);
/** Content stored once by its SHA-256 (configuration, presets, trust lists), at most 8 MiB. Durable
 *  when it returns. CHL_E_INVAL: the digest is not that of the bytes; CHL_E_LIMIT: too long. */
chl_err chl_journal_put_content(struct chl_journal *journal, const uint8_t digest[32],
                                const void *bytes, size_t length);
chl_err chl_journal_set_cursor(struct chl_journal *journal, const struct chl_cursor *cursor);
chl_err chl_journal_drop_cursor(struct chl_journal *journal, const char *owner, const char *name);

chl_err chl_journal_reader_open(const char *path, struct chl_journal_reader **out, char *why,
                                size_t why_size);
void chl_journal_reader_close(struct chl_journal_reader *reader);
chl_err chl_journal_reader_head(struct chl_journal_reader *reader, struct chl_journal_head *out);
/** Site the journal belongs to; valid while the reader is open. */
const char *chl_journal_reader_site(const struct chl_journal_reader *reader);
/** Visit records from `from`, at most `max`, in order. See `journal_read` of chilang/host.h. */
chl_err chl_journal_read(struct chl_journal_reader *reader, uint64_t from, size_t max,
                         chl_err (*visit)(void *user, const struct chl_record *record), void *user);
chl_err chl_journal_list_cursors(struct chl_journal_reader *reader, struct chl_cursor *out,
                                 size_t *count);

/** What a verification found. */
struct chl_journal_report {
    struct chl_journal_head head;
    uint64_t records;      /**< good records before the first bad one */
    uint64_t bad_sequence; /**< 0 = none */
    char reason[256];      /**< of the bad one: expected, came */
};

/** One content by its digest. `*length` in: room, out: its length. CHL_E_NOTFOUND; CHL_E_LIMIT: no
 *  room, `*length` says how much is needed. */
chl_err chl_journal_content(struct chl_journal_reader *reader, const uint8_t digest[32], void *out,
                            size_t *length);
/** Text of the reader's last error. Never NULL; valid until the next call. */
const char *chl_journal_reader_error(const struct chl_journal_reader *reader);

/** Prove the chain from the first kept record to the last. CHL_OK: whole; CHL_E_CORRUPT: the report
 *  names the first bad record; anything else: it could not be read, `reason` says why.
 *  Thread: any. Blocks: disk, for as long as reading all of it takes. */
chl_err chl_journal_verify(const char *path, struct chl_journal_report *report);

#endif
