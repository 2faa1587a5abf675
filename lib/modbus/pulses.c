/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Grants at devices that know only pulses: one pulse a place, the next after a passage.
 *
 *  The device ends each pulse by itself, so nothing here has to be taken back. What it cannot tell,
 *  how many may still pass, is kept here, and errs on the side of "somebody may".
 */
#include "lib/modbus/internal.h"

enum { HOLD_MIN_MS = 100 };

static int64_t pulse_ns(const struct chl_profile *p)
{
    return p->pulse_ms * CHL_NS_PER_MS;
}

/** Entries that may still come. */
uint16_t pulses_left(const struct pulses *p, int64_t now_ns)
{
    if (p->held) {
        return FREE;
    }
    if (p->due || now_ns < p->open_until_ns) {
        return p->left > 0 ? p->left : 1;
    }
    return 0;
}

/** A release is about to be written: its first pulse. */
void pulses_order(struct gate *g, const struct command *c)
{
    g->pulses.left = c->order.places;
    g->pulses.due = false;
    g->pulses.last = false;
    g->pulses.generation = c->order.generation;
    g->pulses.deadline_ns = c->order.deadline_ns;
}

/** The device acknowledged a pulse. */
void pulses_written(struct gate *g, int64_t now_ns)
{
    const struct chl_profile *p = g->id.profile;
    g->pulses.due = false;
    g->pulses.ends_ns = now_ns + pulse_ns(p);
    g->pulses.open_until_ns = g->pulses.ends_ns + p->waits_ms * CHL_NS_PER_MS;
    g->released = true;
}

/** A pulse got no answer: one person may pass, and no further pulse follows. */
void pulses_lost(struct gate *g, int64_t now_ns)
{
    pulses_written(g, now_ns);
    g->pulses.left = 1;
    g->pulses.last = true;
}

/** Entry is held open from now on; a pulse ends unless another follows. */
void pulses_hold(struct gate *g, uint8_t mode, int64_t now_ns)
{
    const int64_t again = pulse_ns(g->id.profile) * 3 / 4;
    const int64_t least = HOLD_MIN_MS * CHL_NS_PER_MS;
    pulses_written(g, now_ns);
    g->pulses.left = 0;
    g->pulses.held = true;
    g->pulses.held_mode = mode;
    g->pulses.hold_at_ns = g->id.profile->hold == CHL_HOLD_LATCH
                               ? INT64_MAX
                               : now_ns + (again > least ? again : least);
}

/** Nothing more is released. What was, the mechanism still waits out. */
void pulses_end(struct gate *g, int64_t now_ns)
{
    if (g->pulses.held) {
        pulses_written(g, now_ns);
    }
    g->pulses.held = false;
    g->pulses.left = 0;
    g->pulses.due = false;
    g->pulses.last = true;
}

/** Somebody passed: their place is used up, and the mechanism closes behind them. */
void pulses_passed(struct gate *g, uint32_t passages, int64_t now_ns)
{
    struct pulses *p = &g->pulses;
    if (passages == 0 || p->held || (p->left == 0 && now_ns >= p->open_until_ns)) {
        return;
    }
    p->left =
        g->id.count.profile->party || passages >= p->left ? 0 : (uint16_t)(p->left - passages);
    p->open_until_ns = p->ends_ns < p->open_until_ns ? p->ends_ns : p->open_until_ns;
    p->due = p->left > 0 && !p->last;
}

/** Whether the next pulse of an open grant may go out now; an old or late one never does. */
bool pulses_due(struct gate *g, int64_t now_ns)
{
    struct pulses *p = &g->pulses;
    if (p->due &&
        (p->deadline_ns <= now_ns || p->generation < atomic_load(&g->generation) || g->unfit)) {
        p->due = false;
        p->left = 0;
    }
    /* Over a running pulse the device would only prolong it: two would pass on one. */
    return p->due && !p->held && now_ns >= p->ends_ns;
}

/** The output as it was read. A held one that fell is held again. */
void pulses_output(struct chl_modbus *bus, struct gate *g, bool on, int64_t now_ns)
{
    struct pulses *p = &g->pulses;
    if (g->id.profile->hold != CHL_HOLD_LATCH) {
        return;
    }
    if (p->held && !on && p->hold_at_ns == INT64_MAX) {
        driver_log(bus, CHL_LOG_WARNING, "gate=%s unit=%u hold=lost act=\"held again\"", g->id.name,
                   g->id.unit);
        p->hold_at_ns = now_ns;
    } else if (!p->held && on && now_ns >= p->ends_ns) {
        /* Held open by somebody else: shown as free until a mode or a cancel ends it. */
        p->open_until_ns = now_ns + 2 * SLOW_EVERY_NS;
    }
}

struct write pulses_write(const struct gate *g, uint16_t row)
{
    const struct chl_profile *p = g->id.profile;
    uint16_t value = 1;
    if (p->release == CHL_RELEASE_FLASH && p->flash_tick_ms > 0) {
        value = (uint16_t)(p->pulse_ms / p->flash_tick_ms);
    }
    return (struct write){p->release_role, row, value};
}
