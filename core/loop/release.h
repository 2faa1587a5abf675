/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Gate commands that wait, in order, until their records are durable.
 *
 *  The journal's thread hands them to the gate plugin itself, right after the commit: one hop less
 *  between a scan and an open gate than by way of the loop.
 */
#ifndef CHL_CORE_RELEASE_H
#define CHL_CORE_RELEASE_H

#include <chilang/gate.h>

enum { RELEASE_MAX = 4096 };

/** A command and the record that must be durable first. */
struct release_item {
    uint64_t after;
    int instance;
    struct chl_gate_command command;
};

struct release_sink {
    void *user;
    /** Give it to the gate. Thread: the one that called. */
    chl_err (*submit)(void *user, int instance, const struct chl_gate_command *command);
    /** It will not be given: superseded, too late, or refused by the plugin. */
    void (*dropped)(void *user, const struct chl_gate_command *command, const char *why);
};

struct release;

chl_err release_new(const struct release_sink *sink, size_t gates, struct release **out);
void release_free(struct release *release);
/** Queue a command; given at once when its record is durable already, or when `urgent`.
 *  Thread: the loop's. */
void release_push(struct release *release, const struct release_item *item, bool urgent);
/** Records up to `last` are durable: give what waited for them. Thread: the journal's. */
void release_durable(struct release *release, uint64_t last);
/** The gate's commands of an older generation are void. Thread: the loop's. */
void release_generation(struct release *release, chl_gate_id gate, uint32_t generation);
/** Highest durable sequence. Thread: any. */
uint64_t release_head(const struct release *release);

#endif
