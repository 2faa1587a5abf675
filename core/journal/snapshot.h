/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Snapshots of the state, folded from committed records alone by a low-priority thread.
 *
 *  Neither the core loop nor the journal's writer waits for it: it has its own read-only connection
 *  and its own copy of the state. What it writes is `<journal>.snapshot`.
 */
#ifndef CHL_CORE_JOURNAL_SNAPSHOT_H
#define CHL_CORE_JOURNAL_SNAPSHOT_H

#include <chilang/host.h>

enum { SNAPSHOT_MAX = 64 * 1024 * 1024 /**< bytes of an encoded state */ };

/** A state and how records change it. All are called by one thread at a time. */
struct snapshot_fold {
    void *state;
    /** Apply one committed record. An error stops the fold: the journal does not fit the state. */
    chl_err (*apply)(void *state, const struct chl_record *record);
    /** Write the state into `out`; at most `size` bytes.
     *  @return the length needed (when it is more than `size`, `out` holds nothing); 0: failed. */
    size_t (*encode)(void *state, char *out, size_t size);
    /** Replace a fresh state by an encoded one; on an error it is left fresh. */
    chl_err (*load)(void *state, const char *bytes, size_t length);
};

/** Which record a state is the sum of. */
struct snapshot_mark {
    uint8_t epoch[16];
    uint64_t sequence; /**< 0: nothing yet */
    uint8_t hash[32];
};

struct snapshot_options {
    const char *journal_path; /**< copied */
    uint64_t every_records;   /**< write when so many are new; 0: 10 000 */
    unsigned every_s;         /**< or when the last one is so old and something is new; 0: 60 */
};

struct snapshot;

/** Bring a fresh state to the journal's end: from the snapshot when it holds (digest right, and the
 *  journal has that record with that hash), else from record 1; then every record after it, its
 *  place in the chain proven. A snapshot that does not hold is ignored with a warning.
 *  @param why what was expected, what came.
 *  @return CHL_OK; CHL_E_NOTFOUND: the beginning was trimmed and no snapshot holds; CHL_E_CORRUPT:
 *          the chain breaks; what `apply` refused; CHL_E_IO. After an error the state is in
 * between. Thread: any. Blocks: disk. */
chl_err snapshot_restore(const char *journal_path, const struct snapshot_fold *fold,
                         struct snapshot_mark *mark, char *why, size_t why_size);

/** Start the thread. `fold->state` must be fresh and is used by nobody else until snapshot_stop.
 *  CHL_E_NOTFOUND: no journal; CHL_E_NOMEM; CHL_E_IO. Thread: any. Blocks: short disk read. */
chl_err snapshot_start(const struct snapshot_options *options, const struct snapshot_fold *fold,
                       struct snapshot **out);
/** Records up to `durable` are committed. Thread: any. Blocks: never. */
void snapshot_wake(struct snapshot *snapshot, uint64_t durable);
/** As `snapshot` of chilang/host.h: fold up to the newest committed record and copy the state.
 *  Thread: any. Blocks: disk read. */
chl_err snapshot_copy(struct snapshot *snapshot, char *out, size_t *length, uint64_t *sequence,
                      uint8_t hash[32]);
/** Write a last snapshot when something is new, and end the thread. Thread: any. Blocks: disk. */
void snapshot_stop(struct snapshot *snapshot);

#endif
