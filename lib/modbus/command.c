/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The life of one command: accepted, written, confirmed, completed exactly once.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/modbus/internal.h"

bool command_is_emergency(const struct command *c)
{
    return c->order.action == CHL_GATE_MODE && c->order.mode == CHL_MODE_EMERGENCY;
}

bool command_is_open(const struct command *c)
{
    return c->phase != PHASE_FREE && c->phase != PHASE_FINISHED;
}

void command_finish(struct command *c, chl_command_status status, const char *text)
{
    c->phase = PHASE_FINISHED;
    c->status = status;
    (void)chl_copy(c->text, sizeof c->text, text);
}

static void plan_add(struct command *c, chl_register_role role, uint16_t value)
{
    if (c->plan_count < PLAN_MAX) {
        c->plan[c->plan_count++] = (struct write){role, value};
    }
}

static void plan_mode(struct command *c, const struct device *d)
{
    const struct chl_profile *p = d->id.profile;
    const bool has_mode = device_can_unblock(d);
    const bool leave = has_mode && (!d->known || d->mode != CHL_MODE_NORMAL);
    switch (c->order.mode) {
    case CHL_MODE_EMERGENCY:
        if (has_mode) {
            plan_add(c, CHL_REG_MODE, p->mode_emergency);
        } else {
            plan_add(c, CHL_REG_ENTRY_GRANT, p->grant_free);
        }
        break;
    case CHL_MODE_FREE:
        if (leave) {
            plan_add(c, CHL_REG_MODE, p->mode_normal);
        }
        plan_add(c, CHL_REG_ENTRY_GRANT, p->grant_free);
        break;
    default:
        /* Blocked is never the device's own blocked mode: that one also closes the way out. The
         * grant goes first, so that leaving an emergency opens to nobody. */
        plan_add(c, CHL_REG_ENTRY_GRANT, p->grant_cancel);
        if (leave) {
            plan_add(c, CHL_REG_MODE, p->mode_normal);
        }
        break;
    }
    if (!d->known || d->stale || d->last.exit_left != p->grant_free) {
        plan_add(c, CHL_REG_EXIT_GRANT, p->grant_free);
    }
}

void command_plan(struct command *c, const struct device *d)
{
    c->plan_count = 0;
    c->plan_at = 0;
    switch (c->order.action) {
    case CHL_GATE_RELEASE:
        plan_add(c, CHL_REG_ENTRY_GRANT, c->order.places);
        break;
    case CHL_GATE_CANCEL:
        plan_add(c, CHL_REG_ENTRY_GRANT, d->id.profile->grant_cancel);
        break;
    case CHL_GATE_MODE:
        plan_mode(c, d);
        break;
    default: /* CHL_GATE_READ writes nothing */
        break;
    }
}

/** Its last write was acknowledged: a release is complete, all else is compared by a reading. */
void command_written(struct chl_modbus *bus, struct command *c, int64_t now_ns)
{
    struct device *d = &bus->devices[c->device];
    c->plan_at++;
    if (c->plan_at < c->plan_count) {
        return;
    }
    if (c->order.action == CHL_GATE_RELEASE) {
        if (d->poll_at_ns > now_ns + d->released_poll_ns) {
            d->poll_at_ns = now_ns + d->released_poll_ns;
        }
        command_finish(c, CHL_COMMAND_DONE, "");
        return;
    }
    c->phase = PHASE_READING;
    d->want_mode = c->order.action != CHL_GATE_CANCEL;
}

static bool agrees(const struct command *c, const struct device *d)
{
    const struct chl_profile *p = d->id.profile;
    const bool has_mode = device_can_unblock(d);
    const bool normal = !has_mode || d->last.mode == CHL_MODE_NORMAL;
    if (c->order.action == CHL_GATE_READ) {
        return true;
    }
    if (c->order.action == CHL_GATE_MODE && c->order.mode == CHL_MODE_EMERGENCY) {
        return has_mode ? d->last.mode == CHL_MODE_EMERGENCY : d->last.entry_left == p->grant_free;
    }
    if (c->order.action == CHL_GATE_MODE && c->order.mode == CHL_MODE_FREE) {
        return normal && d->last.entry_left == p->grant_free;
    }
    return d->last.entry_left == p->grant_cancel && (c->order.action == CHL_GATE_CANCEL || normal);
}

/** Compare every command that waits for a reading of `d` with the one that just arrived. */
void command_judge(struct chl_modbus *bus, struct device *d)
{
    for (size_t i = 0; i < bus->command_count; i++) {
        struct command *c = &bus->commands[i];
        if (c->phase != PHASE_READING || &bus->devices[c->device] != d) {
            continue;
        }
        if (agrees(c, d)) {
            c->has_reading = true;
            c->reading = d->last;
            command_finish(c, CHL_COMMAND_DONE, "");
        } else if (++c->tries >= TRIES_MAX) {
            char text[CHL_MODBUS_TEXT];
            (void)snprintf(text, sizeof text,
                           "acknowledged %d times, but it reads entries left %u, mode %u",
                           TRIES_MAX, d->last.entry_left, d->last.mode);
            c->has_reading = true;
            c->reading = d->last;
            command_finish(c, CHL_COMMAND_FAILED, text);
        } else {
            c->phase = PHASE_QUEUED;
        }
    }
}

/** A write of it got no answer. A release is over: repeating it could let in another person. What
 *  closes or saves stays, and is written again only after the device was read. */
void command_unanswered(struct command *c, const char *text)
{
    if (c->order.action == CHL_GATE_RELEASE) {
        command_finish(c, CHL_COMMAND_UNKNOWN, text);
    } else {
        c->phase = PHASE_QUEUED;
    }
}

static void drop(struct command *c, const struct device *d, int64_t now_ns)
{
    const bool late = c->order.deadline_ns <= now_ns;
    const bool old = c->superseded || c->order.generation < atomic_load(&d->generation);
    if (!late && !old) {
        return;
    }
    const char *why = late ? "past its deadline" : "superseded";
    if (!c->sent) {
        command_finish(c, CHL_COMMAND_ABORTED, why);
    } else if (c->phase != PHASE_READING || !d->up) {
        /* Reading on does no harm and may still tell; writing on would. */
        command_finish(c, CHL_COMMAND_UNKNOWN, why);
    }
}

void commands_drop(struct chl_modbus *bus, int64_t now_ns)
{
    for (size_t i = 0; i < bus->command_count; i++) {
        struct command *c = &bus->commands[i];
        if (command_is_open(c)) {
            drop(c, &bus->devices[c->device], now_ns);
        }
    }
}

static struct device *find_device(struct chl_modbus *bus, chl_gate_id gate)
{
    for (size_t i = 0; i < bus->device_count; i++) {
        if (bus->devices[i].id.gate.index == gate.index) {
            return &bus->devices[i];
        }
    }
    return NULL;
}

void chl_modbus_raise_generation(struct chl_modbus *bus, chl_gate_id gate, uint32_t generation)
{
    struct device *d = find_device(bus, gate);
    if (d == NULL) {
        return;
    }
    uint32_t seen = atomic_load(&d->generation);
    while (seen < generation && !atomic_compare_exchange_weak(&d->generation, &seen, generation)) {
    }
}

static struct command *take_slot(struct chl_modbus *bus, size_t device, bool urgent)
{
    struct command *slot = NULL;
    unsigned open = 0;
    for (size_t i = 0; i < bus->command_count; i++) {
        struct command *c = &bus->commands[i];
        if (c->phase == PHASE_FREE) {
            slot = slot == NULL ? c : slot;
        } else if (c->device == device) {
            open++;
        }
    }
    const unsigned room = CHL_MODBUS_GATE_COMMANDS + (urgent ? CHL_MODBUS_GATE_URGENT : 0u);
    return open < room ? slot : NULL;
}

/** An emergency voids what was ordered before it, and does not wait for a backoff to end. */
static void overtake(struct chl_modbus *bus, const struct command *emergency, int64_t now_ns)
{
    struct device *d = &bus->devices[emergency->device];
    for (size_t i = 0; i < bus->command_count; i++) {
        struct command *c = &bus->commands[i];
        if (command_is_open(c) && c->device == emergency->device && !command_is_emergency(c) &&
            c->order.generation <= emergency->order.generation) {
            c->superseded = true;
        }
    }
    d->retry_at_ns = now_ns;
    if (bus->link == LINK_CLOSED) {
        bus->link_at_ns = now_ns;
    }
}

chl_err chl_modbus_accept(struct chl_modbus *bus, const struct chl_gate_command *order,
                          int64_t now_ns)
{
    struct device *d = find_device(bus, order->gate);
    if (d == NULL) {
        return CHL_E_NOTFOUND;
    }
    const bool mode = order->action == CHL_GATE_MODE;
    if (order->action < CHL_GATE_RELEASE || order->action > CHL_GATE_READ ||
        (mode && order->mode >= CHL_MODE_COUNT)) {
        return CHL_E_INVAL;
    }
    const size_t at = (size_t)(d - bus->devices);
    struct command *c = take_slot(bus, at, mode && order->mode == CHL_MODE_EMERGENCY);
    if (c == NULL) {
        return CHL_E_BUSY;
    }
    *c = (struct command){.phase = PHASE_QUEUED, .device = at, .arrival = ++bus->arrivals};
    c->order = *order;
    const struct chl_profile *p = d->id.profile;
    if (order->action == CHL_GATE_RELEASE &&
        (order->places == p->grant_cancel || order->places == p->grant_free ||
         order->places > p->grant_max)) {
        char text[CHL_MODBUS_TEXT];
        (void)snprintf(text, sizeof text, "expected 1 to %u places, got %u", p->grant_max,
                       order->places);
        command_finish(c, CHL_COMMAND_FAILED, text);
    }
    chl_modbus_raise_generation(bus, order->gate, order->generation);
    if (command_is_emergency(c)) {
        overtake(bus, c, now_ns);
    }
    return CHL_OK;
}

size_t chl_modbus_abort(struct chl_modbus *bus, int64_t now_ns)
{
    size_t left = 0;
    for (size_t i = 0; i < bus->command_count; i++) {
        struct command *c = &bus->commands[i];
        if (command_is_open(c)) {
            command_finish(c, c->sent ? CHL_COMMAND_UNKNOWN : CHL_COMMAND_ABORTED, "stopping");
        }
    }
    (void)reports_post(bus, now_ns);
    for (size_t i = 0; i < bus->command_count; i++) {
        left += bus->commands[i].phase != PHASE_FREE;
    }
    return left;
}
