/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Services that the host lends to a plugin. Nothing else reaches into the core.
 */
#ifndef CHL_HOST_H
#define CHL_HOST_H

#include <chilang/credential.h>
#include <chilang/gate.h>
#include <chilang/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct chl_ctx; /**< the host's; passed back in every call */

/** One durable record, as it goes over the wire. All pointers are borrowed until return. */
struct chl_record {
    uint32_t size;
    uint64_t sequence;
    const char *topic; /**< `v1/<site>/<class>/<type>/`, not NUL-terminated */
    size_t topic_length;
    const uint8_t *header; /**< 80 bytes */
    const uint8_t *body;   /**< CloudEvents JSON, UTF-8 */
    size_t body_length;
};

/** Where the journal stands. */
struct chl_journal_info {
    uint32_t size;
    char site[49];
    uint8_t epoch[16];
    uint64_t first; /**< oldest kept sequence; head + 1 when none is kept */
    uint64_t head;  /**< newest durable sequence, 0 = none */
};

/** A durable subscriber's position. */
struct chl_cursor {
    uint32_t size;
    char name[64];
    char owner[64];        /**< principal */
    uint64_t acknowledged; /**< highest sequence the subscriber has stored */
};

/** The services. A member counts only if it lies inside `size` (use CHL_HAS).
 *
 *  `ctx` is in every call the one that `create` was given; the host owns it, and it is valid until
 *  `destroy` returns. Whatever else is passed by pointer stays the plugin's and is borrowed until
 *  the call returns. A later host may return errors not listed here: take them as a failure. */
struct chl_host {
    uint32_t size;

    /** Log one line of key=value pairs; never a payload or a name.
     *  @param level how grave it is.
     *  @param format as printf's, without a newline; what it names is copied.
     *  Errors: none; above 40 lines at once and 10 a second lines are dropped and counted.
     *  Thread: any. Blocks: no. Since: 1.0. */
    void (*log)(struct chl_ctx *ctx, chl_log_level level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

    /** Tell the wall time; it can jump when the clock is set.
     *  @return ns since 1970 UTC. Errors: none.
     *  Thread: any. Blocks: never. Since: 1.0. */
    int64_t (*now_wall_ns)(struct chl_ctx *ctx);

    /** Tell the monotonic time, which every deadline and capture is measured by.
     *  @return ns since an arbitrary start. Errors: none.
     *  Thread: any. Blocks: never. Since: 1.0. */
    int64_t (*now_mono_ns)(struct chl_ctx *ctx);

    /** Inspect a code with every credential plugin, in the caller's thread, and post the result for
     *  its lane. A code that is too long or trips a plugin is posted as unreadable.
     *  @param scan what was read, `size` set; `captured_ns` in monotonic ns; copied.
     *  @return CHL_OK; CHL_E_BUSY: the lane was told *busy* and the scan is not kept; CHL_E_INVAL:
     *  no scan, its `size` is below 1.0's, or there is no such lane.
     *  Thread: any. Blocks: no; as long as the inspection takes. Since: 1.0. */
    chl_err (*post_scan)(struct chl_ctx *ctx, const struct chl_scan *scan);

    /** Post a gate report.
     *  @param report `size` set, times in monotonic ns; copied.
     *  @return CHL_OK; CHL_E_BUSY: keep it and post it again later, nothing may be dropped;
     *  CHL_E_INVAL: no report, its `size` is below 1.0's, an unknown kind or status, or the gate is
     *  not on this instance's bus.
     *  Thread: any. Blocks: never. Since: 1.0. */
    chl_err (*post_gate)(struct chl_ctx *ctx, const struct chl_gate_report *report);

    /** Raise an emergency: overtakes everything that waits.
     *  @param source short name of what raised it, NUL-terminated; its first 63 bytes are copied.
     *  @return CHL_OK; CHL_E_BUSY: 16 wait already, post it again; CHL_E_INVAL: no source.
     *  Thread: any. Blocks: never. Since: 1.0. */
    chl_err (*post_urgent)(struct chl_ctx *ctx, const char *source);

    /** Inspect a code without posting anything.
     *  @param bytes the code, borrowed.
     *  @param length of `bytes`, at most CHL_CODE_MAX bytes.
     *  @param out the caller's, `size` set by it; filled only with CHL_OK.
     *  @return CHL_OK whatever `out` says; CHL_E_INVAL: no bytes, no `out` or its `size` is below
     *  1.0's; CHL_E_LIMIT: longer than CHL_CODE_MAX; CHL_E_NOMEM.
     *  Thread: any. Blocks: no; as long as the inspection takes. Since: 1.0. */
    chl_err (*inspect)(struct chl_ctx *ctx, const uint8_t *bytes, size_t length,
                       struct chl_inspection *out);

    /** Submit an operator's command. Accepted only: its effect is seen in the journal, and one that
     *  is malformed or refused later is logged.
     *  @param json one JSON object as docs/control.md defines it, with `who`; copied.
     *  @param length of `json`, in bytes, at most 64 KiB.
     *  @return CHL_OK: accepted; CHL_E_BUSY: the queue is full, nothing was taken; CHL_E_INVAL:
     *  nothing given; CHL_E_LIMIT: longer than 64 KiB; CHL_E_NOMEM.
     *  Thread: any. Blocks: never. Since: 1.0. */
    chl_err (*submit)(struct chl_ctx *ctx, const char *json, size_t length);

    /** Tell where the journal stands now.
     *  @param out the caller's, `size` set by it; filled only with CHL_OK.
     *  @return CHL_OK; CHL_E_INVAL: no `out`, or its `size` is below 1.0's, or the journal's path
     *  is not a file; CHL_E_NOTFOUND: there is no journal yet; CHL_E_BUSY: it is locked, ask again;
     *  CHL_E_IO, CHL_E_FULL: it cannot be read; CHL_E_CORRUPT: it is damaged; CHL_E_NOTSUP: another
     *  version's;
     *  CHL_E_NOMEM.
     *  Thread: any. Blocks: short disk read. Since: 1.0. */
    chl_err (*journal_info)(struct chl_ctx *ctx, struct chl_journal_info *out);

    /** Read durable records in order. Reading past the head visits nothing and returns CHL_OK.
     *  @param from sequence of the first record wanted, 1 or more.
     *  @param max how many records at most.
     *  @param visit called for each, in the caller's thread; the record is borrowed until it
     *  returns. An error it returns ends the reading. It must not call `journal_read`.
     *  @param user the caller's, handed to `visit`.
     *  @return CHL_OK; what `visit` returned; CHL_E_INVAL: no `visit`, or `from` is 0, or the
     *  journal's path is not a file; CHL_E_NOTFOUND: `from` was trimmed, or there is no journal
     *  yet; CHL_E_BUSY: it is locked, ask again; CHL_E_IO, CHL_E_FULL: it cannot be read;
     *  CHL_E_CORRUPT: it is damaged; CHL_E_NOTSUP: another version's; CHL_E_NOMEM.
     *  Thread: any, one at a time per instance, others wait. Blocks: disk read. Since: 1.0. */
    chl_err (*journal_read)(struct chl_ctx *ctx, uint64_t from, size_t max,
                            chl_err (*visit)(void *user, const struct chl_record *record),
                            void *user);

    /** Give an eventfd that becomes readable each time the journal grows. It begins readable; read
     *  8 bytes to re-arm it.
     *  @return the descriptor, one per instance, the host's: never close it; -1: the system gives
     *  none, ask again later. Other errors: none.
     *  Thread: any. Blocks: never. Since: 1.0. */
    int (*journal_fd)(struct chl_ctx *ctx);

    /** Register or advance a durable subscriber; never moves it back.
     *  @param cursor `size` set, name and owner not empty, UTF-8; copied.
     *  @return CHL_OK: queued to the writer; CHL_E_INVAL: a member is missing or too long;
     *  CHL_E_LIMIT: past the journal's head; CHL_E_BUSY: too many wait, set it again; CHL_E_STATE:
     *  the writer is stopping or has failed; CHL_E_NOMEM.
     *  Thread: any. Blocks: never. Since: 1.0. */
    chl_err (*cursor_set)(struct chl_ctx *ctx, const struct chl_cursor *cursor);

    /** List durable subscribers.
     *  @param out the caller's, room for `*count`; may be NULL when that is 0.
     *  @param count the caller's; in: room, out: how many there are, also when more than the room.
     *  @return CHL_OK; CHL_E_INVAL: no `count`, or room without `out`; CHL_E_NOTFOUND, CHL_E_BUSY,
     *  CHL_E_IO, CHL_E_FULL, CHL_E_CORRUPT, CHL_E_NOTSUP, CHL_E_NOMEM: as `journal_info`.
     *  Thread: any. Blocks: disk read. Since: 1.0. */
    chl_err (*cursor_list)(struct chl_ctx *ctx, struct chl_cursor *out, size_t *count);

    /** Drop a durable subscriber; one that does not exist is no error.
     *  @param owner principal, NUL-terminated, 1 to 63 bytes of UTF-8; copied.
     *  @param name of the subscriber, in the same form; copied.
     *  @return CHL_OK: queued to the writer; CHL_E_INVAL: no such form; CHL_E_BUSY: too many wait,
     *  drop it again; CHL_E_STATE: the writer is stopping or has failed; CHL_E_NOMEM.
     *  Thread: any. Blocks: never. Since: 1.0. */
    chl_err (*cursor_drop)(struct chl_ctx *ctx, const char *owner, const char *name);

    /** Copy the newest snapshot of *durable* state.
     *  @param out the caller's; JSON text, not NUL-terminated; may be NULL when `*length` is 0.
     *  @param length the caller's; in: room in bytes, out: bytes of the text.
     *  @param sequence the caller's; the last record that the snapshot holds.
     *  @param hash the caller's 32 bytes; chain hash of that record.
     *  @return CHL_OK; CHL_E_LIMIT: the room is too small, `*length` says how much is needed;
     *  CHL_E_INVAL: a pointer is missing; CHL_E_STATE: the state cannot be written;
     *  CHL_E_NOTFOUND, CHL_E_BUSY, CHL_E_IO, CHL_E_FULL, CHL_E_CORRUPT, CHL_E_NOTSUP, CHL_E_NOMEM:
     * the journal cannot be read, as `journal_read`. Thread: any. Blocks: disk read. Since: 1.0. */
    chl_err (*snapshot)(struct chl_ctx *ctx, char *out, size_t *length, uint64_t *sequence,
                        uint8_t hash[32]);

    /** Say how the instance is; recorded when it changes.
     *  @param ok false: it does not do its work.
     *  @param text one line why, NUL-terminated, at most 255 bytes are copied; NULL reads as empty.
     *  With `ok` false, a text that begins with `fatal:` asks to be stopped, destroyed and made
     *  anew, after a delay that grows.
     *  Errors: none. Thread: any. Blocks: never. Since: 1.0. */
    void (*set_health)(struct chl_ctx *ctx, bool ok, const char *text);
};

#ifdef __cplusplus
}
#endif
#endif
