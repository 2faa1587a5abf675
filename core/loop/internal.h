/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The loop's own parts, shared by its files.
 */
#ifndef CHL_CORE_LOOP_INTERNAL_H
#define CHL_CORE_LOOP_INTERNAL_H

#include <stdatomic.h>
#include <uv.h>

#include "core/control/server.h"
#include "core/engine/engine.h"
#include "core/host/host.h"
#include "core/journal/snapshot.h"
#include "core/journal/writer.h"
#include "core/loop/inbox.h"
#include "core/loop/loop.h"
#include "core/loop/release.h"
#include "core/loop/stats.h"
#include "core/loop/status.h"
#include "core/site/site.h"

enum {
    LOOP_STOP_MS = 15000,
    LOOP_TEXT = 256,
    LOOP_LINE = 8192,
    LOOP_TICK_MS = 50,
    LOOP_BACKLOG_MAX = 8192
};

/** Something to show or answer once `after` is durable. */
struct deferred {
    struct deferred *next;
    uint64_t after;
    control_token token; /**< 0 = broadcast */
    const char *member;  /**< static, NULL = none */
    size_t length;
    char text[]; /**< JSON */
};

/** What a plugin last said of itself. */
struct plugin_health {
    bool due; /**< not recorded yet */
    bool ok;
    char text[ENGINE_WHY];
    int64_t not_before_ns; /**< monotonic; the loop's alone */
};

struct loop {
    const struct config *config;
    const char *data_dir;
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t tick;
    uv_signal_t signals[3];
    struct site site;
    struct engine engine;
    struct engine folded; /**< the snapshot thread's own, of committed records only */
    struct engine_output out;
    struct inbox *inbox;
    struct release *release;
    struct writer *writer;
    struct snapshot *snapshot;
    struct host *host;
    struct control_server *control;
    struct stats stats;
    struct deferred *first, **last;
    struct chl_journal_head head; /**< as it was when the journal was opened */
    char epoch[37];
    int64_t anchor_wall_ns, anchor_mono_ns;
    int64_t clock_checked_ns, busy_told_ns;
    bool *restarted;      /**< per gate: said by a reading that was not decided */
    int64_t *heard_ns;    /**< per gate: when it last reported */
    int64_t *captured_ns; /**< per gate: capture of the scan that its grant answers, monotonic */
    uint64_t *measured;   /**< per gate: grant that `captured_ns` belongs to */
    _Atomic int journal_state;  /**< writer_state */
    _Atomic uint32_t busy;      /**< scans answered busy since last told */
    _Atomic uint8_t *lane_busy; /**< per lane: told busy, not yet shown */
    _Atomic bool host_done;
    char journal_text[LOOP_TEXT];  /**< written by the journal's thread */
    char journal_shown[LOOP_TEXT]; /**< the loop's copy */
    pthread_mutex_t text_lock;     /**< of journal_text and `health` */
    struct plugin_health *health;  /**< per instance */
    _Atomic bool health_due;
    struct told_register *registers; /**< what the host said, oldest first; under text_lock */
    _Atomic bool register_due;
    struct register_status persons;
    struct trust_status trust;
    _Atomic int credentials_told;          /**< loop_credentials, not yet acted on */
    char credentials_text[HOST_WHY_MAX];   /**< why they were refused; under text_lock */
    bool trust_reading, trust_again;       /**< a job reads it; it must be read once more */
    bool firmware_reading, firmware_again; /**< the same of the record of changed settings */
    unsigned jobs;                         /**< status queries on the thread pool */
    bool stopping;
    int64_t stop_by_ns; /**< monotonic: from then on nobody is waited for */
    bool handles_open;
    chl_err failed;
    char why[LOOP_TEXT];
};

/** Wall time that does not step: anchored to the monotonic clock. Thread: any. */
int64_t loop_now_ns(const struct loop *loop);
/** Decide one input: records to the writer, effects to where they wait. Thread: the loop's. */
void loop_decide(struct loop *loop, struct engine_input *input);
/** Keep a line until record `after` is durable. */
void loop_defer(struct loop *loop, uint64_t after, control_token token, const char *member,
                const char *json, size_t length);
/** show.c: tell watchers of the zones and gates that the last decision changed. */
void loop_show_places(struct loop *loop);
/** Refuse now: a refusal never waits for the disk. */
void loop_refuse(struct loop *loop, control_token token, chl_err error, const char *text);
/** Give what waited and is durable now. */
void loop_settle(struct loop *loop);
/** True once the journal is closed: nothing is decided any more. Thread: the loop's. */
bool loop_is_over(const struct loop *loop);
/** True while the journal takes no records. Thread: the loop's. */
bool loop_is_stuck(const struct loop *loop);
void loop_fail(struct loop *loop, chl_err error, const char *why);
void loop_view(struct loop *loop, struct status_view *view);

/** Room that the status needs at most. */
size_t loop_status_room(const struct loop *loop);
/** Answer with the status of committed records, read off the loop. */
void loop_status_durable(struct loop *loop, control_token token);

/** Record the digests of what is loaded at start: configuration and trust. Blocks: disk. */
void loop_record_loads(struct loop *loop);
/** Take the new lines of who changed controllers' settings into the journal, each once: at start.
 *  Blocks: disk. */
void loop_record_firmware(struct loop *loop);
/** The same later, off the loop. Blocks: never. */
void loop_read_firmware(struct loop *loop);
/** Ask for the credential plugins to be made anew; what they trust then is recorded once they have
 * it. Blocks: never. */
void loop_reload_trust(struct loop *loop);
/** What the host says of the credential plugins; the supervisor's thread. */
void loop_sink_credentials(void *user, const char *why);
/** Act on it. Thread: the loop's. */
void loop_tell_credentials(struct loop *loop);

/** Read all that is trusted once more, for its number and age. Thread: any. Blocks: disk. */
void loop_read_trust(const struct config *config, struct trust_status *out);
/** Keep and record it. Thread: the loop's. */
void loop_take_trust(struct loop *loop, const struct trust_status *read);
/** True when the oldest of what is believed is older than the site accepts. */
bool loop_trust_is_old(const struct loop *loop, int64_t now_ns);
/** Record that it became old, or fresh, as time passed. Thread: the loop's. */
void loop_check_trust(struct loop *loop, int64_t now_ns);

/** register.c: what the host says of the register of persons; any thread. */
void loop_sink_register(void *user, const struct host_register *told);
/** Record it. Thread: the loop's. */
void loop_tell_register(struct loop *loop);
/** Free what was never recorded. */
void loop_drop_register(struct loop *loop);
/** What the host found out about the person, for the engine. */
void loop_take_identity(const struct host_identity *identity, struct engine_scan *scan);

/** Requests at the operator's door. */
void loop_request(void *user, control_token token, const struct control_request *request);
/** What was entered by hand at a lane, and whom the lane scanned last. */
void loop_enter(struct loop *loop, control_token token, const struct control_request *request);
void loop_desk(struct loop *loop, control_token token, const struct control_request *request);
/** Wipe from the desk whom the last decisions are over for. */
void loop_clear_desks(struct loop *loop);
/** A scan as the engine takes it. */
void loop_scan(const struct host_scan *scan, struct engine_scan *out);
/** One message of the inbox. */
void loop_message(struct loop *loop, struct inbox_message *message);
/** Record what plugins said of themselves, `all` or only what its rate allows. */
void loop_tell_health(struct loop *loop, bool all);
/** Services behind the host. */
void loop_sink(struct loop *loop, struct host_sink *sink);
/** Callbacks of the loop's handles, of the journal's thread and of the release queue. */
void loop_on_wake(uv_async_t *handle);
void loop_on_tick(uv_timer_t *handle);
void loop_on_signal(uv_signal_t *handle, int number);
void loop_on_durable(void *user, uint64_t last);
void loop_on_journal_state(void *user, enum writer_state state, const char *text);
chl_err loop_give_command(void *user, int instance, const struct chl_gate_command *command);
void loop_drop_command(void *user, const struct chl_gate_command *command, const char *why);

/** How an engine is folded from records and written down. */
void loop_fold_interface(struct engine *engine, struct snapshot_fold *fold);
/** Open the journal and fold it into the engine. */
chl_err loop_open_journal(struct loop *loop, char *why, size_t why_size);

#endif
