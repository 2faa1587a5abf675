/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What every scan plugin needs around its device: a thread that wakes at once, posts for
 *  its lane and says how it is.
 */
#ifndef CHL_SCANNER_H
#define CHL_SCANNER_H

#include <chilang/plugin.h>

#include <pthread.h>
#include <stdatomic.h>

/** One scanner; a member of the plugin's instance. */
struct chl_scanner {
    const struct chl_host *host;
    struct chl_ctx *ctx;
    chl_lane_id lane;
    pthread_t thread;
    bool running;
    atomic_bool ending;
    int wake_fd; /**< eventfd: readable once it has to end; −1 when not started */
    void (*run)(void *user);
    void *user;
    bool health_known, healthy;
    char health_text[256];
};

/** How a wait ended. */
enum chl_scanner_wake { CHL_SCANNER_READY, CHL_SCANNER_TIMEOUT, CHL_SCANNER_ENDING };

/** Delays between attempts to open a device: short at first, so that a cable put back is found at
 *  once, then bounded. */
struct chl_scanner_backoff {
    int delay_ms;
};

/** Set up from what `create` was given; nothing to free.
 *  @return CHL_OK; CHL_E_NOTSUP and `why`: the host has no post_scan or set_health.
 *  Thread: supervisor. Blocks: no. */
chl_err chl_scanner_init(struct chl_scanner *scanner, const struct chl_create *args, char *why,
                         size_t why_size);
/** Start a thread that calls `run(user)` once; it returns soon after chl_scanner_is_ending().
 *  @return CHL_OK, CHL_E_IO, CHL_E_NOMEM. Thread: supervisor. Blocks: no. */
chl_err chl_scanner_start(struct chl_scanner *scanner, void (*run)(void *user), void *user);
/** Nothing more is posted. Thread: supervisor. Blocks: never. */
void chl_scanner_quiesce(struct chl_scanner *scanner);
/** End the thread. Thread: supervisor. Blocks: until `run` has returned. */
void chl_scanner_stop(struct chl_scanner *scanner);

/* Called in the scanner's own thread, as all that follow. */

/** Wait until one of two descriptors (−1 = none) is readable or broken, the time is over (−1 =
 *  never), or the scanner has to end. */
enum chl_scanner_wake chl_scanner_wait(struct chl_scanner *scanner, int a, int b, int timeout_ms);
bool chl_scanner_is_ending(const struct chl_scanner *scanner);
int64_t chl_scanner_now_ns(const struct chl_scanner *scanner);
/** Hand a code over. `bytes` NULL: something was shown that could not be read. */
void chl_scanner_post(struct chl_scanner *scanner, const uint8_t *bytes, size_t length,
                      int64_t captured_ns);
/** Say that the scanner itself refuses what it read; `refusal` is of docs/plugins.md. */
void chl_scanner_refuse(struct chl_scanner *scanner, const char *refusal, int64_t captured_ns);
/** Report health when it changed. */
void chl_scanner_health(struct chl_scanner *scanner, bool ok, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The device works: the next failure is followed by a short delay again. */
void chl_scanner_reset(struct chl_scanner_backoff *backoff);
/** Wait before the next attempt, or until the scanner has to end. */
void chl_scanner_pause(struct chl_scanner *scanner, struct chl_scanner_backoff *backoff);

#endif
