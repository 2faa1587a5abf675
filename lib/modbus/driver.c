/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The driver's frame: made from gates that can be driven, asked for its next step.
 */
#include "lib/modbus/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/modbus/internal.h"

enum { RETRY_POST_MS = 2, TURN_MS = 50 };

chl_err chl_modbus_new(const struct chl_modbus_settings *settings,
                       const struct chl_modbus_device *devices, size_t count,
                       struct chl_modbus **out, char *why, size_t why_size)
{
    chl_err err = validate_devices(devices, count, why, why_size);
    if (err != CHL_OK) {
        return err;
    }
    struct chl_modbus *bus = calloc(1, sizeof *bus);
    if (bus == NULL) {
        return CHL_E_NOMEM;
    }
    bus->settings = *settings;
    bus->gap_ns = settings->gap_ns > 0 ? settings->gap_ns : 0;
    bus->random = settings->seed != 0 ? settings->seed : UINT64_C(0x9E3779B97F4A7C15);
    bus->gate_count = count;
    bus->gates = calloc(count, sizeof *bus->gates);
    bus->units = calloc(count * PARTS, sizeof *bus->units);
    err = bus->gates == NULL || bus->units == NULL ? CHL_E_NOMEM : build_all(bus, devices);
    if (err != CHL_OK) {
        chl_modbus_free(bus);
        return err;
    }
    *out = bus;
    return CHL_OK;
}

void chl_modbus_free(struct chl_modbus *bus)
{
    if (bus != NULL) {
        build_free(bus);
        free(bus);
    }
}

size_t chl_modbus_up(const struct chl_modbus *bus)
{
    size_t up = 0;
    for (size_t i = 0; i < bus->gate_count; i++) {
        up += bus->gates[i].up;
    }
    return up;
}

/** A unit whose turn never came is as unknown as one that does not answer. A long line has long
 *  turns, and a serial one falls silent after each lost answer. */
static void drop_silent(struct chl_modbus *bus, int64_t now_ns)
{
    const int64_t turns = (int64_t)bus->unit_count * TURN_MS * CHL_NS_PER_MS;
    for (size_t i = 0; i < bus->unit_count; i++) {
        struct unit *u = &bus->units[i];
        const int64_t age = now_ns - u->heard_ns;
        const int64_t cost = unit_loss_ns(bus, u);
        if (u->up && age > bus->settings.poll_ns + 2 * cost + turns) {
            char text[CHL_MODBUS_TEXT];
            (void)snprintf(text, sizeof text, "not heard for %lld ms",
                           (long long)(age / CHL_NS_PER_MS));
            unit_down(bus, u, text);
            u->retry_at_ns = now_ns;
        }
    }
}

static int64_t earliest_deadline(const struct chl_modbus *bus, int64_t now_ns, int64_t wake_ns)
{
    for (size_t i = 0; bus->open > 0 && i < bus->gate_count; i++) {
        for (size_t k = 0; bus->gates[i].open > 0 && k < GATE_COMMANDS; k++) {
            const struct command *c = &bus->gates[i].commands[k];
            if (command_is_open(c) && c->order.deadline_ns > now_ns &&
                c->order.deadline_ns < wake_ns) {
                wake_ns = c->order.deadline_ns;
            }
        }
    }
    return wake_ns;
}

static void next_action(struct chl_modbus *bus, int64_t now_ns, struct chl_modbus_step *step)
{
    switch (bus->link) {
    case LINK_BROKEN:
        bus->link = LINK_CLOSED;
        step->action = CHL_MODBUS_CLOSE;
        return;
    case LINK_CLOSED:
        if (now_ns >= bus->link_at_ns) {
            bus->link = LINK_CONNECTING;
            step->action = CHL_MODBUS_CONNECT;
        } else {
            step->wake_ns = earliest_deadline(bus, now_ns, bus->link_at_ns);
        }
        return;
    case LINK_OPEN:
        if (bus->flush_at_ns > now_ns) {
            step->wake_ns = earliest_deadline(bus, now_ns, bus->flush_at_ns);
        } else if (bus->flush_at_ns != 0) {
            bus->flush_at_ns = 0;
            step->action = CHL_MODBUS_FLUSH;
        } else if (bus->at.purpose == FOR_NOTHING && schedule_pick(bus, now_ns)) {
            step->action = CHL_MODBUS_TRANSACT;
            step->request = bus->request;
        } else {
            step->wake_ns = schedule_wake(bus, now_ns);
        }
        return;
    case LINK_CONNECTING:
        break;
    }
    step->wake_ns = now_ns + CHL_NS_PER_S;
}

void chl_modbus_next(struct chl_modbus *bus, int64_t now_ns, struct chl_modbus_step *step)
{
    *step = (struct chl_modbus_step){.action = CHL_MODBUS_WAIT};
    drop_silent(bus, now_ns);
    commands_drop(bus, now_ns);
    const bool waiting = reports_post(bus, now_ns);
    next_action(bus, now_ns, step);
    const int64_t again = now_ns + RETRY_POST_MS * CHL_NS_PER_MS;
    if (step->action == CHL_MODBUS_WAIT && waiting && step->wake_ns > again) {
        step->wake_ns = again;
    }
}
