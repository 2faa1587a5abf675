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

/** The services. A member counts only if it lies inside `size` (use CHL_HAS). */
struct chl_host {
    uint32_t size;

    /** Log one line of key=value pairs; never a payload or a name.
     *  Thread: any. Blocks: no (may drop under flood). Since: 1.0. */
    void (*log)(struct chl_ctx *ctx, chl_log_level level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

    /** Wall time, ns since 1970 UTC. Thread: any. Blocks: never. Since: 1.0. */
    int64_t (*now_wall_ns)(struct chl_ctx *ctx);

    /** Monotonic time, ns. Thread: any. Blocks: never. Since: 1.0. */
    int64_t (*now_mono_ns)(struct chl_ctx *ctx);

    /** Inspect a code with every credential plugin and post the result for its lane.
     *  @return CHL_OK, or CHL_E_BUSY: the lane was told *busy* and the scan is not kept.
     *  Thread: any (inspection runs in the caller's thread). Blocks: no. Since: 1.0. */
    chl_err (*post_scan)(struct chl_ctx *ctx, const struct chl_scan *scan);

    /** Post a gate report.
     *  @return CHL_OK, or CHL_E_BUSY: keep it and post it again later; nothing may be dropped.
     *  Thread: any. Blocks: never. Since: 1.0. */
    chl_err (*post_gate)(struct chl_ctx *ctx, const struct chl_gate_report *report);

    /** Raise an emergency: overtakes everything that waits.
     *  @param source short name of what raised it, copied.
     *  Thread: any. Blocks: never. Since: 1.0. */
    chl_err (*post_urgent)(struct chl_ctx *ctx, const char *source);

    /** Inspect a code without posting anything. `out->size` is set by the caller.
     *  Thread: any. Blocks: no. Since: 1.0. */
    chl_err (*inspect)(struct chl_ctx *ctx, const uint8_t *bytes, size_t length,
                       struct chl_inspection *out);

    /** Submit an operator's command: one JSON object as docs/control.md defines it, with `who`.
     *  Accepted only; its effect is seen in the journal. Thread: any. Blocks: never. Since: 1.0. */
    chl_err (*submit)(struct chl_ctx *ctx, const char *json, size_t length);

    /** Where the journal stands now. Thread: any. Blocks: short disk read. Since: 1.0. */
    chl_err (*journal_info)(struct chl_ctx *ctx, struct chl_journal_info *out);

    /** Read durable records from `from` on, at most `max`, in order; stops early when `visit`
     * returns an error, and returns that error. Reading past the head visits nothing and returns
     * CHL_OK. CHL_E_NOTFOUND: `from` was trimmed. Thread: any, one at a time per instance. Blocks:
     * disk read. Since: 1.0. */
    chl_err (*journal_read)(struct chl_ctx *ctx, uint64_t from, size_t max,
                            chl_err (*visit)(void *user, const struct chl_record *record),
                            void *user);

    /** An eventfd that becomes readable each time the journal grows; one per instance, host-owned.
     *  The plugin reads 8 bytes to re-arm. -1 when unavailable. Thread: any. Since: 1.0. */
    int (*journal_fd)(struct chl_ctx *ctx);

    /** Register or advance a durable subscriber (never moves it back, never past the head).
     *  Thread: any. Blocks: never (queued to the writer). Since: 1.0. */
    chl_err (*cursor_set)(struct chl_ctx *ctx, const struct chl_cursor *cursor);

    /** List durable subscribers. `*count` in: room, out: how many there are.
     *  Thread: any. Blocks: disk read. Since: 1.0. */
    chl_err (*cursor_list)(struct chl_ctx *ctx, struct chl_cursor *out, size_t *count);

    /** Drop a durable subscriber. Thread: any. Blocks: never (queued). Since: 1.0. */
    chl_err (*cursor_drop)(struct chl_ctx *ctx, const char *owner, const char *name);

    /** Copy the newest snapshot of *durable* state: JSON text of `*length` bytes into `out`
     *  (room in `*length`), with its sequence and chain hash. CHL_E_LIMIT: room too small,
     * `*length` says how much is needed. Thread: any. Blocks: disk read. Since: 1.0. */
    chl_err (*snapshot)(struct chl_ctx *ctx, char *out, size_t *length, uint64_t *sequence,
                        uint8_t hash[32]);

    /** Say how the instance is: `ok` true or false and one line why. Recorded when it changes.
     *  With `ok` false, a text that begins with `fatal:` asks to be stopped, destroyed and made
     *  anew, after a delay that grows. Thread: any. Blocks: never. Since: 1.0. */
    void (*set_health)(struct chl_ctx *ctx, bool ok, const char *text);
};

#ifdef __cplusplus
}
#endif
#endif
