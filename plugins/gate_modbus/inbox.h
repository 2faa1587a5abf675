/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Commands on their way from any thread to the bus's thread: bounded, never lost.
 */
#ifndef GATE_MODBUS_INBOX_H
#define GATE_MODBUS_INBOX_H

#include <pthread.h>

#include <chilang/gate.h>

struct inbox_gate {
    chl_gate_id gate;
    unsigned open; /**< accepted and not yet completed to the host */
};

struct inbox {
    pthread_mutex_t mutex;
    int wake_fd; /**< eventfd, readable when something was put */
    bool closed;
    size_t gate_count, capacity, first, count;
    struct inbox_gate *gates;
    struct chl_gate_command *ring;
};

/** Make a closed inbox for `count` gates; inbox_reopen() opens it. @return CHL_OK, CHL_E_NOMEM or
 * CHL_E_IO. */
chl_err inbox_init(struct inbox *inbox, size_t count);
void inbox_free(struct inbox *inbox);

/** Put a command, copied, and run `accepted` under the lock before anybody can take it.
 *  @return CHL_OK; CHL_E_BUSY: too many open for its gate; CHL_E_NOTFOUND: not on this bus;
 *  CHL_E_STATE: closed. Thread: any. Blocks: never (a short lock). */
chl_err inbox_put(struct inbox *inbox, const struct chl_gate_command *command,
                  void (*accepted)(void *user, const struct chl_gate_command *command), void *user);
/** Take the oldest. @return false when there is none. Thread: the bus's. */
bool inbox_take(struct inbox *inbox, struct chl_gate_command *out);
/** A command of `gate` was completed to the host: its place is free. Thread: the bus's. */
void inbox_completed(struct inbox *inbox, chl_gate_id gate);
/** Refuse everything from now on. Thread: any. */
void inbox_close(struct inbox *inbox);
/** Take commands again. Thread: supervisor. */
void inbox_reopen(struct inbox *inbox);
/** Make wake_fd readable. Thread: any. */
void inbox_wake(struct inbox *inbox);
/** Re-arm wake_fd. Thread: the bus's. */
void inbox_rearm(struct inbox *inbox);

#endif
