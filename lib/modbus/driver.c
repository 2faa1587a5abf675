/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The driver's frame: made from devices that can be driven, asked for its next step.
 */
#include "lib/modbus/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/modbus/internal.h"

enum { UNIT_MAX = 255, RETRY_POST_MS = 2 };

static bool in_block(const struct chl_profile *p, chl_register_role role)
{
    const struct chl_register *r = &p->registers[role];
    return r->present && r->address >= p->read_block_start &&
           (unsigned)r->address + r->words <= (unsigned)p->read_block_start + p->read_block_count;
}

/** A poll must tell everything in one transaction: a count torn between two reads is a lie. */
static chl_err check_device(const struct chl_modbus_device *device, char *why, size_t why_size)
{
    static const chl_register_role needed[] = {CHL_REG_ENTRY_GRANT, CHL_REG_EXIT_GRANT,
                                               CHL_REG_ENTRY_COUNT, CHL_REG_EXIT_COUNT};
    const struct chl_profile *p = device->profile;
    const unsigned units = p->units_max > 0 ? p->units_max : CHL_MODBUS_DEVICES_MAX;
    if (device->unit < 1 || device->unit > units || device->unit > UNIT_MAX) {
        (void)snprintf(why, why_size, "gate %s: expected unit 1 to %u, got %u; change `unit`",
                       device->name, units, device->unit);
        return CHL_E_CONFIG;
    }
    if (p->read_block_count < 1 || p->read_block_count > CHL_MODBUS_READ_MAX) {
        (void)snprintf(why, why_size,
                       "gate %s: profile %s: expected a read block of 1 to %d words, got %u",
                       device->name, p->id, CHL_MODBUS_READ_MAX, p->read_block_count);
        return CHL_E_CONFIG;
    }
    const uint32_t functions = UINT32_C(1) << 3 | UINT32_C(1) << 16;
    if ((p->functions & functions) != functions ||
        (p->exit_direction != NULL && strcmp(p->exit_direction, "exit") != 0)) {
        (void)snprintf(why, why_size,
                       "gate %s: profile %s: expected functions 3 and 16 and exit-direction exit; "
                       "this driver knows no other device",
                       device->name, p->id);
        return CHL_E_CONFIG;
    }
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!in_block(p, needed[i])) {
            (void)snprintf(why, why_size,
                           "gate %s: profile %s: expected its grant and count registers inside the "
                           "read block 0x%04X+%u; widen the block",
                           device->name, p->id, p->read_block_start, p->read_block_count);
            return CHL_E_CONFIG;
        }
    }
    return CHL_OK;
}

static chl_err check_devices(const struct chl_modbus_device *devices, size_t count, char *why,
                             size_t why_size)
{
    if (count < 1 || count > CHL_MODBUS_DEVICES_MAX) {
        (void)snprintf(why, why_size, "expected 1 to %d gates on a bus, got %zu",
                       CHL_MODBUS_DEVICES_MAX, count);
        return CHL_E_CONFIG;
    }
    for (size_t i = 0; i < count; i++) {
        const chl_err err = check_device(&devices[i], why, why_size);
        if (err != CHL_OK) {
            return err;
        }
        for (size_t k = 0; k < i; k++) {
            if (devices[k].unit == devices[i].unit) {
                (void)snprintf(why, why_size,
                               "gates %s and %s: expected different units, got %u twice",
                               devices[k].name, devices[i].name, devices[i].unit);
                return CHL_E_CONFIG;
            }
        }
    }
    return CHL_OK;
}

static void device_init(struct chl_modbus *bus, size_t at, const struct chl_modbus_device *from)
{
    struct device *d = &bus->devices[at];
    const struct chl_profile *p = from->profile;
    d->id = *from;
    atomic_init(&d->generation, 0);
    d->response_ns =
        bus->settings.response_ns > 0 ? bus->settings.response_ns : p->response_ms * CHL_NS_PER_MS;
    d->released_poll_ns = p->released_poll_ms * CHL_NS_PER_MS;
    if (d->released_poll_ns <= 0 || d->released_poll_ns > bus->settings.poll_ns) {
        d->released_poll_ns = bus->settings.poll_ns;
    }
    d->stale = true;
    d->want_mode = true;
    d->mode = CHL_MODE_NORMAL;
    if (bus->settings.gap_ns < 0 && p->gap_ms * CHL_NS_PER_MS > bus->gap_ns) {
        bus->gap_ns = p->gap_ms * CHL_NS_PER_MS;
    }
}

chl_err chl_modbus_new(const struct chl_modbus_settings *settings,
                       const struct chl_modbus_device *devices, size_t count,
                       struct chl_modbus **out, char *why, size_t why_size)
{
    chl_err err = check_devices(devices, count, why, why_size);
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
    bus->device_count = count;
    bus->command_count = count * (CHL_MODBUS_GATE_COMMANDS + CHL_MODBUS_GATE_URGENT);
    bus->devices = calloc(count, sizeof *bus->devices);
    bus->commands = calloc(bus->command_count, sizeof *bus->commands);
    if (bus->devices == NULL || bus->commands == NULL) {
        chl_modbus_free(bus);
        return CHL_E_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        device_init(bus, i, &devices[i]);
    }
    *out = bus;
    return CHL_OK;
}

void chl_modbus_free(struct chl_modbus *bus)
{
    if (bus != NULL) {
        free(bus->devices);
        free(bus->commands);
        free(bus);
    }
}

size_t chl_modbus_up(const struct chl_modbus *bus)
{
    size_t up = 0;
    for (size_t i = 0; i < bus->device_count; i++) {
        up += bus->devices[i].up;
    }
    return up;
}

/** A device whose turn never came is as unknown as one that does not answer. */
static void drop_silent(struct chl_modbus *bus, int64_t now_ns)
{
    for (size_t i = 0; i < bus->device_count; i++) {
        struct device *d = &bus->devices[i];
        const int64_t age = now_ns - d->heard_ns;
        if (d->up && age > bus->settings.poll_ns + 2 * d->response_ns) {
            char text[CHL_MODBUS_TEXT];
            (void)snprintf(text, sizeof text, "not heard for %lld ms",
                           (long long)(age / CHL_NS_PER_MS));
            device_down(bus, d, text);
            d->retry_at_ns = now_ns;
        }
    }
}

static int64_t earliest_deadline(const struct chl_modbus *bus, int64_t wake_ns)
{
    for (size_t i = 0; i < bus->command_count; i++) {
        const struct command *c = &bus->commands[i];
        if (command_is_open(c) && c->order.deadline_ns < wake_ns) {
            wake_ns = c->order.deadline_ns;
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
            step->wake_ns = earliest_deadline(bus, bus->link_at_ns);
        }
        return;
    case LINK_OPEN:
        if (bus->under_way == FOR_NOTHING && schedule_pick(bus, now_ns)) {
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
