/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the files of this room share: the host, its instances, and who may touch what.
 */
#ifndef CHL_CORE_HOST_INTERNAL_H
#define CHL_CORE_HOST_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/host/host.h"
#include "core/host/pseudonym.h"
#include "core/host/register.h"
#include "lib/journal/journal.h"
#include "lib/pluginhost/credentials.h"
#include "lib/pluginhost/pluginhost.h"

/** Smallest sizes of what plugins hand over; frozen with ABI 1.0. */
#define END_OF(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define SCAN_SIZE_1_0        END_OF(struct chl_scan, unreadable)
#define REPORT_SIZE_1_0      END_OF(struct chl_gate_report, text)
#define COMMAND_SIZE_1_0     END_OF(struct chl_gate_command, deadline_ns)
#define CURSOR_SIZE_1_0      END_OF(struct chl_cursor, acknowledged)
#define INSPECTION_SIZE_1_0  840 /* 64-bit; claims have grown since */
#define INFO_SIZE_1_0        END_OF(struct chl_journal_info, head)

/** Where an instance stands. Only the supervisor changes it. */
enum instance_state { INSTANCE_NONE, INSTANCE_CREATED, INSTANCE_RUNNING, INSTANCE_ENDING };

/** A journal reader opened on first use, for one caller at a time. */
struct reader_slot {
    pthread_mutex_t lock;
    struct chl_journal_reader *reader;
};

/** Health as last told; guarded by `lock`, under which the sink is told too, so that it hears
 *  changes in their order. */
struct instance_health {
    pthread_mutex_t lock;
    bool told, ok;
    bool said;    /* by the instance itself, since its start began */
    bool by_host; /* told by the host itself: create, start or reload failed, or works again */
    char text[HOST_TEXT_MAX];
};

/** Log lines an instance may still write; guarded by `lock`. */
struct log_budget {
    pthread_mutex_t lock;
    int64_t refilled_ns;
    unsigned lines, dropped;
};

/** One instance; its address is the context that services are called with. */
struct chl_ctx {
    struct host *host;
    int index;
    const struct config_instance *config;
    struct chl_plugin_handle *handle;
    const struct chl_plugin *plugin;
    void *options;             /* the filled config struct */
    struct chl_yaml *document; /* of options made by the host itself, or NULL */
    struct chl_gate_device *devices;
    size_t device_count;
    struct chl_create create;

    struct chl_instance *instance; /* the supervisor's; others only between gate_enter and leave */
    int64_t retry_at_ns, backoff_ms, started_ns; /* the supervisor's */

    atomic_int state;    /* enum instance_state */
    atomic_uint users;   /* calls of `submit` that are under way */
    atomic_bool restart; /* the instance asked to be made anew */
    atomic_uint restarts;
    atomic_int event_fd; /* −1 until asked for; open until host_free */
    struct instance_health health;
    struct log_budget budget;
    struct reader_slot reading, asking; /* visits; short questions, also from inside a visit */
};

struct desk;

struct host {
    struct host_options options;
    const struct config *config;
    struct pseudonym_key key;
    struct chl_credentials *credentials;
    struct desk *desk; /* NULL when the site keeps none */
    pthread_rwlock_t persons_lock;
    struct person_register *persons; /* NULL = the site has none; guarded by its lock */
    size_t count;
    struct chl_ctx *instances;
    atomic_uint_fast64_t head;

    pthread_t supervisor;
    bool has_supervisor;
    atomic_bool settled;
    pthread_mutex_t lock; /* guards the rest; no plugin code runs under it */
    pthread_cond_t wake;  /* on the monotonic clock */
    bool stopping, finished, reload;
    void (*done)(void *user);
    void *done_user;
};

/** instance.c: one instance's steps; the supervisor's thread only. Failures are told as health. */
bool instance_create(struct chl_ctx *ctx);
/** The same, told to the caller only: `why` says what was expected. */
bool instance_make(struct chl_ctx *ctx, char *why, size_t why_size);
bool instance_start(struct chl_ctx *ctx);
void instance_quiesce(struct chl_ctx *ctx);
void instance_stop(struct chl_ctx *ctx);
void instance_destroy(struct chl_ctx *ctx);
/** Make a second instance of the same configuration; NULL and `why` on failure. */
struct chl_instance *instance_clone(struct chl_ctx *ctx, char *why, size_t why_size);
/** Ask all running credential instances, in the configuration's order. */
void instance_chain(struct host *host);

/** supervisor.c */
void *supervisor_run(void *argument);
void supervisor_wake(struct host *host);

/** services.c */
const struct chl_host *services_table(void);
void services_tell_failure(struct chl_ctx *ctx, const char *text);
/** A start begins: what the instance says from now on is about this one. */
void services_listen(struct chl_ctx *ctx);
/** What an instance said itself of why it can't start; empty when it said nothing. */
void services_last_words(struct chl_ctx *ctx, char *why, size_t why_size);
/** Takes back a failure that the host told; what the instance said itself stays. */
void services_tell_recovery(struct chl_ctx *ctx, const char *text);
void services_log(struct chl_ctx *ctx, chl_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** scan.c */
chl_err scan_post(struct chl_ctx *ctx, const struct chl_scan *scan);
chl_err scan_inspect(struct chl_ctx *ctx, const uint8_t *bytes, size_t length,
                     struct chl_inspection *out);

/** What was found, without the person: fills all but lane, instance and times. `bytes` make the
 * pseudonym when the claims have no identifier. */
chl_err scan_strip(struct host *host, const struct chl_inspection *found, const uint8_t *bytes,
                   size_t length, struct host_scan *to);

/** persons.c: the register of persons, at start, for a check without the key, and again. */
chl_err persons_load(struct host *host, char *why, size_t why_size);
chl_err persons_check(const struct host *host, char *why, size_t why_size);
void persons_reload(struct host *host);

/** gate.c */
chl_err gate_post(struct chl_ctx *ctx, const struct chl_gate_report *report);

/** follow.c: the journal as plugins see it. */
chl_err follow_info(struct chl_ctx *ctx, struct chl_journal_info *out);
chl_err follow_read(struct chl_ctx *ctx, uint64_t from, size_t max,
                    chl_err (*visit)(void *user, const struct chl_record *record), void *user);
int follow_fd(struct chl_ctx *ctx);
chl_err follow_cursors(struct chl_ctx *ctx, struct chl_cursor *out, size_t *count);
chl_err follow_cursor_set(struct chl_ctx *ctx, const struct chl_cursor *cursor);
chl_err follow_cursor_drop(struct chl_ctx *ctx, const char *owner, const char *name);
void follow_close(struct chl_ctx *ctx);

#endif
