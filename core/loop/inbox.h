/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What plugins' threads post to the loop: bounded, copied, emergencies first.
 */
#ifndef CHL_CORE_INBOX_H
#define CHL_CORE_INBOX_H

#include <chilang/gate.h>

#include "core/host/host.h"

enum { INBOX_URGENT = 16, INBOX_EVENTS = 2048, INBOX_SCANS = 256, INBOX_DROPPED = 4096 };

typedef enum {
    INBOX_EMERGENCY = 1,
    INBOX_REPORT,
    INBOX_DROP,     /**< a report too: of a command that was never given to its plugin */
    INBOX_OPERATOR, /**< JSON of an operator's command, from a plugin */
    INBOX_SCAN
} inbox_kind;

struct inbox_message {
    inbox_kind kind;
    int instance;
    int64_t posted_ns; /**< monotonic */
    union {
        struct host_scan scan;
        struct chl_gate_report report;
        struct {
            char *json; /**< malloc'ed; whoever takes the message frees it */
            size_t length;
        } act;
        char source[64];
    } as;
};

struct inbox;

/** Make one. `wake` is called after each push, on the pusher's thread. */
chl_err inbox_new(void (*wake)(void *user), void *user, struct inbox **out);
void inbox_free(struct inbox *inbox);
/** Copy a message in. CHL_E_BUSY: the queue of its kind is full. Thread: any. Blocks: never for
 * long. */
chl_err inbox_push(struct inbox *inbox, const struct inbox_message *message);
/** Take the next message: emergencies, drops, events, then scans. False when empty. Thread: the
 * loop's. */
bool inbox_take(struct inbox *inbox, struct inbox_message *out);

#endif
