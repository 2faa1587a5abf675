/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin instances of a running daemon: made, started, watched and stopped on a thread
 *  of their own, so that the core loop never waits for one.
 */
#ifndef CHL_CORE_HOST_H
#define CHL_CORE_HOST_H

#include <chilang/plugin.h>

#include "core/config/config.h"

enum { HOST_PSEUDONYM = 16, HOST_ALIASES = 8, HOST_TEXT_MAX = 256, HOST_WHY_MAX = 512 };

/** Who a code speaks of, beside its own pseudonym. */
struct host_identity {
    uint8_t alias_count; /**< a pseudonym for each document number of the person */
    uint8_t aliases[HOST_ALIASES][HOST_PSEUDONYM];
    uint8_t register_hit; /**< register of persons: 0 nothing, 1 possible (by name), 2 match */
};

/** A register of persons that was read, or why it was not. Hashes only. */
struct host_register {
    const void *content; /**< borrowed; NULL when it was refused */
    size_t length, count;
    const char *why; /**< NULL when it was read; the former one stays in use otherwise */
};

/** A scan after inspection: all that may reach the loop. Names, document numbers and phones are
 *  gone; the person is a pseudonym. */
struct host_scan {
    chl_lane_id lane;
    int instance; /**< index of the scanner's instance */
    uint8_t outcome, format, stage;
    bool is_signed;
    bool unreadable; /**< a picture without a code, a code too long, or a credential plugin's fault
                      */
    char reason[32];
    uint8_t pseudonym[HOST_PSEUDONYM]; /**< zero when there were no bytes */
    struct host_identity identity;
    int64_t captured_ns;  /**< monotonic: the scanner had the bytes */
    int64_t inspected_ns; /**< monotonic: inspection was done */
    uint16_t party;       /**< 1 or more */
    uint16_t symptoms;
    uint8_t symptomatic, contact, test_kind, test_result, doses, doses_of, recovered;
    char certificate_kind;
    int64_t issued_at, not_before, expires_at; /**< seconds since 1970 UTC, 0 = not stated */
    int64_t test_sampled_at, recovered_from, recovered_until;
    int64_t trusted_at; /**< when what vouches for it was last known to be current, 0 = no age */
    char from_area[12], to_area[12];
};

/** What the loop offers. Called from plugins' threads and the supervisor's; nothing here may block
 *  or call back into the host. Every pointer is borrowed until return. */
struct host_sink {
    void *user;
    /** A scan for its lane. CHL_E_BUSY: the lane was told *busy*. Thread: any. */
    chl_err (*scan)(void *user, const struct host_scan *scan);
    /** A gate's report, checked: `gate` is one of `instance`'s. CHL_E_BUSY: it will be posted
     *  again. Thread: any. */
    chl_err (*gate)(void *user, int instance, const struct chl_gate_report *report);
    /** Raise an emergency. Thread: any. */
    chl_err (*urgent)(void *user, const char *source);
    /** Health of an instance changed. Thread: any. */
    void (*health)(void *user, int instance, bool ok, const char *text);
    /** The credential instances were made anew, and with them what they trust; or they could not
     *  be, and the former ones stay: then `why` says so, else it is NULL. May be NULL. Thread: the
     *  supervisor's. */
    void (*credentials)(void *user, const char *why);
    /** The register of persons was read or refused, at start (on host_start's thread) or at a
     *  reload; always before a scan that was looked up in it. May be NULL. Thread: any. */
    void (*person_register)(void *user, const struct host_register *told);
    /** An operator's command (JSON of docs/control.md), at most 64 KiB. Thread: any. */
    chl_err (*submit)(void *user, int instance, const char *json, size_t length);
    /** Queue for the journal's writer. Thread: any. */
    chl_err (*cursor_set)(void *user, const struct chl_cursor *cursor);
    chl_err (*cursor_drop)(void *user, const char *owner, const char *name);
    /** As `snapshot` of chilang/host.h; may read the disk. Thread: any. */
    chl_err (*snapshot)(void *user, char *out, size_t *length, uint64_t *sequence,
                        uint8_t hash[32]);
};

struct host_options {
    const struct config *config; /**< borrowed for the host's life */
    const char *plugin_dir;      /**< NULL = where chl_plugin_load() looks */
    const char *data_dir;
    struct host_sink sink;
    int64_t backoff_first_ms, backoff_max_ms; /**< 0 = 1 s and 60 s */
};

struct host;

/** Load, check and configure every plugin the site uses; none of their functions runs yet. This is
 *  all that `--check-config` needs.
 *  @param out the caller's; end it with host_free().
 *  @param why the refusal, ready to print: file, expected, got (or file:line:column).
 *  Thread: main, before the loop runs. Blocks: disk. */
chl_err host_new(const struct host_options *options, struct host **out, char *why, size_t why_size);

/** Make every instance and free it again, so that what its own files hold is checked too: trust,
 * keys, addresses. Nothing is started. Only before host_start().
 *  @param refused called once for each instance that could not be made, with what was expected.
 *  @return how many. Thread: main. Blocks: disk. */
size_t host_check(struct host *host, void (*refused)(const char *instance, const char *why));

/** Read or make the pseudonym key (`<state_dir>/pseudonym.key`), read the register of persons and
 *  start the supervisor, which
 *  creates all instances, then starts all. An instance that fails is named through `health` and
 *  made again with growing delays. Returns at once. */
chl_err host_start(struct host *host, char *why, size_t why_size);

/** True once every instance was given its first chance to start. Thread: any. */
bool host_is_settled(const struct host *host);

/** Ask the supervisor to quiesce, stop and destroy everything, in reverse. Returns at once;
 *  scans and reports may come until `done` is called (on the supervisor thread, may be NULL). */
void host_stop(struct host *host, void (*done)(void *user), void *user);

/** Wait until stopped. CHL_E_TIMEOUT: an instance's `stop` did not return; then the process should
 *  end without host_free(). Blocks. */
chl_err host_join(struct host *host, int64_t timeout_ms);

/** Unload and free. Only before host_start() or after host_join() returned CHL_OK. */
void host_free(struct host *host);

/** Give a command to the gate plugin of an instance. CHL_E_STATE: it is not running; other errors
 *  are the plugin's. No allocation, no hop. Thread: any. Blocks: never. */
chl_err host_gate_submit(struct host *host, int instance, const struct chl_gate_command *command);

/** The journal is durable up to `head`: wake those that follow it. Called once before host_start()
 *  too, as no cursor may be set past it. Thread: any. Blocks: never. */
void host_journal_grew(struct host *host, uint64_t head);

/** Make every credential instance anew with the trust as it is on disk now, and swap them in one
 *  step; read the register of persons anew. On failure the old ones stay and `health` says so.
 * Returns at once. Thread: any. */
void host_reload_credentials(struct host *host);

/** Whom a lane scanned last, for who stands at that lane and compares name and face. Never written
 *  anywhere: the owner wipes it. */
struct host_desk {
    uint8_t outcome, format; /**< chl_outcome, chl_format */
    bool is_signed;
    char reason[32];              /**< of a refusal */
    uint8_t code[HOST_PSEUDONYM]; /**< pseudonym of the scan */
    int64_t seen_ns;              /**< monotonic */
    struct chl_claims claims;
};

/** Look at a lane's desk.
 *  @return CHL_OK; CHL_E_NOTFOUND nobody was scanned there lately, or the decision is over;
 *  CHL_E_NOTSUP the site keeps no desk. Thread: any. Blocks: never for long. */
chl_err host_desk_look(struct host *host, uint16_t lane, struct host_desk *out);
/** The decision about that code ends at `by_ns` (monotonic, 0 = now): wipe it then. Nothing happens
 *  when the lane has scanned another since. Thread: any. Blocks: never for long. */
void host_desk_end(struct host *host, uint16_t lane, const uint8_t code[HOST_PSEUDONYM],
                   int64_t by_ns);
/** Wipe what has been seen long enough; to be called often. Thread: any. */
void host_desk_tick(struct host *host);

/** What the staff entered by hand, as a scan of its lane: format manual, claimed, without any name.
 *  Equal documents give equal pseudonyms; without a document each entry has its own.
 *  @param claims borrowed; the caller wipes it.
 *  @return CHL_OK, CHL_E_NOTFOUND (lane), CHL_E_IO (cryptography, randomness). Thread: any after
 *  host_start(). Blocks: never. */
chl_err host_enter(struct host *host, uint16_t lane, const struct chl_claims *claims,
                   struct host_scan *out);

/** How one instance is. */
struct host_status {
    const char *name, *use; /**< the configuration's */
    uint32_t kind;          /**< chl_kind */
    bool running, ok;
    char text[HOST_TEXT_MAX];
    uint32_t restarts;
};

size_t host_count(const struct host *host);
/** Thread: any. Blocks: never. */
void host_status(struct host *host, size_t instance, struct host_status *out);

/** Who the claims speak of, as pseudonyms, and what the register of persons says. Of a party every
 *  named member is looked up; the aliases are the holder's.
 *  @param believed false: what a forger may have written; then there are no aliases, as nobody's
 *  number may be used up by another.
 *  Only after host_start(). Thread: any. Blocks: while a reload swaps the register, which is short.
 */
void host_identify(struct host *host, const struct chl_claims *claims, bool believed,
                   struct host_identity *out);

#endif
