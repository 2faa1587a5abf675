/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Commands compared with what was read after them.
 */
#include <stdio.h>

#include "lib/modbus/internal.h"

static bool agrees(const struct command *c, const struct gate *g)
{
    const struct chl_profile *p = g->id.profile;
    const bool pulses = gate_by_pulses(g);
    const bool has_mode = gate_has_modes(g);
    const bool normal = !has_mode || g->mode == CHL_MODE_NORMAL;
    const uint16_t free = pulses ? FREE : p->grant_free;
    const uint16_t none = pulses ? 0 : p->grant_cancel;
    if (c->order.action == CHL_GATE_READ) {
        return true;
    }
    if (command_is_emergency(c)) {
        return has_mode ? g->mode == CHL_MODE_EMERGENCY
                        : g->last.entry_left == free || (pulses && g->pulses.held);
    }
    if (c->order.action == CHL_GATE_MODE && c->order.mode == CHL_MODE_FREE) {
        return normal && g->last.entry_left == free;
    }
    return g->last.entry_left == none && (c->order.action == CHL_GATE_CANCEL || normal);
}

static void disagree(struct chl_modbus *bus, struct gate *g, struct command *c, int64_t now_ns)
{
    const bool holds = c->order.action == CHL_GATE_MODE &&
                       (c->order.mode == CHL_MODE_EMERGENCY || c->order.mode == CHL_MODE_FREE);
    c->asked = false;
    if (gate_by_pulses(g) && !holds && !g->pulses.held && g->pulses.open_until_ns > now_ns) {
        c->wait_until_ns = g->pulses.open_until_ns; /* the mechanism still lets somebody through */
        return;
    }
    if (++c->tries < TRIES_MAX) {
        c->phase = PHASE_QUEUED;
        return;
    }
    char text[CHL_MODBUS_TEXT];
    (void)snprintf(text, sizeof text,
                   "acknowledged %d times, but it reads entries left %u, mode %u", TRIES_MAX,
                   g->last.entry_left, g->last.mode);
    c->has_reading = true;
    c->reading = g->last;
    command_finish(bus, g, c, CHL_COMMAND_FAILED, text);
}

/** Compare every command that waits for it with the picture that just became whole. */
void commands_judge(struct chl_modbus *bus, struct gate *g, int64_t now_ns)
{
    for (size_t i = 0; g->open > 0 && i < GATE_COMMANDS; i++) {
        struct command *c = &g->commands[i];
        struct unit *u = NULL;
        if (c->phase != PHASE_READING || !c->asked || command_awaits(bus, g, c, &u) ||
            (!g->up && !command_is_emergency(c))) {
            continue;
        }
        if (agrees(c, g)) {
            c->has_reading = g->up;
            c->reading = g->last;
            command_finish(bus, g, c, CHL_COMMAND_DONE, "");
        } else {
            disagree(bus, g, c, now_ns);
        }
    }
}
