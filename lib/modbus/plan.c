/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a command writes, at a device that takes grants and at one that takes pulses.
 */
#include "lib/modbus/internal.h"

static void add(struct command *c, chl_register_role role, uint16_t row, uint16_t value)
{
    if (c->plan_count < PLAN_MAX) {
        c->plan[c->plan_count++] = (struct write){role, row, value};
    }
}

static void plan_mode(struct command *c, const struct gate *g, bool stale)
{
    const struct chl_profile *p = g->id.profile;
    const bool has_mode = gate_has_modes(g);
    const bool leave = has_mode && (!g->known || g->mode != CHL_MODE_NORMAL);
    switch (c->order.mode) {
    case CHL_MODE_EMERGENCY:
        if (has_mode) {
            add(c, CHL_REG_MODE, 0, p->mode_emergency);
        } else {
            add(c, CHL_REG_ENTRY_GRANT, 0, p->grant_free);
        }
        break;
    case CHL_MODE_FREE:
        if (leave) {
            add(c, CHL_REG_MODE, 0, p->mode_normal);
        }
        add(c, CHL_REG_ENTRY_GRANT, 0, p->grant_free);
        break;
    default:
        /* Blocked is never the device's own blocked mode: that one also closes the way out. The
         * grant goes first, so that leaving an emergency opens to nobody. */
        add(c, CHL_REG_ENTRY_GRANT, 0, p->grant_cancel);
        if (leave) {
            add(c, CHL_REG_MODE, 0, p->mode_normal);
        }
        break;
    }
    if (p->egress == CHL_EGRESS_GRANT &&
        (!g->known || stale || g->last.exit_left != p->grant_free)) {
        add(c, CHL_REG_EXIT_GRANT, 0, p->grant_free);
    }
}

/** End what a pulse began: the output off, and where there is one, the output that closes. */
static void plan_close(struct command *c, struct gate *g, int64_t now_ns)
{
    const struct chl_profile *p = g->id.profile;
    const struct chl_register *output = &p->registers[CHL_REG_OUTPUT];
    const bool open = c->order.action == CHL_GATE_CANCEL || pulses_left(&g->pulses, now_ns) != 0;
    pulses_end(g, now_ns);
    if (p->release_role == CHL_REG_PULSE_START) {
        add(c, CHL_REG_PULSE_START, g->row, 0);
    } else if (output->present && output->writable) {
        add(c, CHL_REG_OUTPUT, g->row, 0);
    }
    /* Never down on somebody who stands there; the wait that follows covers them. */
    if (g->id.close_row >= 0 && open && !(g->known && g->last.object_entry)) {
        const struct write w = pulses_write(g, (uint16_t)g->id.close_row);
        add(c, w.role, w.row, w.value);
    }
}

static void plan_pulses(struct command *c, struct gate *g, int64_t now_ns)
{
    const bool holds = c->order.action == CHL_GATE_MODE &&
                       (c->order.mode == CHL_MODE_EMERGENCY || c->order.mode == CHL_MODE_FREE);
    if (c->order.action == CHL_GATE_RELEASE) {
        const struct write w = pulses_write(g, g->row);
        pulses_order(g, c);
        add(c, w.role, w.row, w.value);
    } else if (holds && g->id.profile->hold == CHL_HOLD_LATCH) {
        add(c, CHL_REG_OUTPUT, g->row, 1);
    } else if (holds) {
        const struct write w = pulses_write(g, g->row);
        add(c, w.role, w.row, w.value);
    } else if (c->order.action != CHL_GATE_READ) {
        plan_close(c, g, now_ns);
    }
}

/** Fill its plan; one that stays empty only reads. */
void command_plan(struct command *c, struct gate *g, bool stale, int64_t now_ns)
{
    c->plan_count = 0;
    c->plan_at = 0;
    if (gate_by_pulses(g)) {
        plan_pulses(c, g, now_ns);
        return;
    }
    switch (c->order.action) {
    case CHL_GATE_RELEASE:
        add(c, CHL_REG_ENTRY_GRANT, 0, c->order.places);
        break;
    case CHL_GATE_CANCEL:
        add(c, CHL_REG_ENTRY_GRANT, 0, g->id.profile->grant_cancel);
        break;
    case CHL_GATE_MODE:
        plan_mode(c, g, stale);
        break;
    default: /* CHL_GATE_READ writes nothing */
        break;
    }
}

/** Whether it writes at all: an output that nobody can switch off ends by itself. */
bool command_writes(const struct command *c, const struct gate *g)
{
    const struct chl_profile *p = g->id.profile;
    const struct chl_register *output = &p->registers[CHL_REG_OUTPUT];
    const bool ends = c->order.action == CHL_GATE_CANCEL ||
                      (c->order.action == CHL_GATE_MODE && c->order.mode != CHL_MODE_EMERGENCY &&
                       c->order.mode != CHL_MODE_FREE);
    if (c->order.action == CHL_GATE_READ) {
        return false;
    }
    return !gate_by_pulses(g) || !ends || p->release_role == CHL_REG_PULSE_START ||
           (output->present && output->writable);
}
