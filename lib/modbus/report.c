/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reports to the host: kept while it is busy, in an order that never misleads.
 *
 *  Nothing is queued without bound: a completion stays in its command's place, the link keeps the
 *  one transition that the host has not heard, a reading is absolute so the newest one suffices.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/modbus/internal.h"

static struct chl_gate_report report_of(const struct device *d, chl_report_kind kind)
{
    return (struct chl_gate_report){.size = (uint32_t)sizeof(struct chl_gate_report),
                                    .kind = (uint8_t)kind,
                                    .gate = d->id.gate,
                                    .link_up = d->up,
                                    .generation = atomic_load(&d->generation)};
}

static bool post(struct chl_modbus *bus, const struct chl_gate_report *report)
{
    return bus->settings.post(bus->settings.user, report) != CHL_E_BUSY;
}

static struct command *oldest_finished(struct chl_modbus *bus, size_t device)
{
    struct command *oldest = NULL;
    for (size_t i = 0; i < bus->command_count; i++) {
        struct command *c = &bus->commands[i];
        if (c->phase == PHASE_FINISHED && c->device == device &&
            (oldest == NULL || c->arrival < oldest->arrival)) {
            oldest = c;
        }
    }
    return oldest;
}

static bool post_completions(struct chl_modbus *bus, size_t device)
{
    for (struct command *c = oldest_finished(bus, device); c != NULL;
         c = oldest_finished(bus, device)) {
        struct chl_gate_report report = report_of(&bus->devices[device], CHL_REPORT_DONE);
        report.status = (uint8_t)c->status;
        report.command_id = c->order.id;
        report.generation = c->order.generation;
        report.has_reading = c->has_reading;
        report.reading = c->reading;
        (void)chl_copy(report.text, sizeof report.text, c->text);
        if (!post(bus, &report)) {
            return false;
        }
        c->phase = PHASE_FREE;
    }
    return true;
}

static bool post_link(struct chl_modbus *bus, struct device *d, bool up, bool *owed)
{
    if (!*owed) {
        return true;
    }
    struct chl_gate_report report = report_of(d, CHL_REPORT_LINK);
    report.link_up = up;
    if (!up) {
        (void)chl_copy(report.text, sizeof report.text, d->why);
    }
    if (!post(bus, &report)) {
        return false;
    }
    *owed = false;
    return true;
}

static bool post_reading(struct chl_modbus *bus, struct device *d, int64_t now_ns)
{
    if (!d->owes_reading) {
        return true;
    }
    struct chl_gate_report report = report_of(d, CHL_REPORT_READING);
    report.has_reading = true;
    report.reading = d->last;
    if (!post(bus, &report)) {
        return false;
    }
    d->owes_reading = false;
    d->posted_ns = now_ns;
    return true;
}

/** Post all that waits. @return true when the host was busy and something still waits. */
bool reports_post(struct chl_modbus *bus, int64_t now_ns)
{
    for (size_t i = 0; i < bus->device_count; i++) {
        struct device *d = &bus->devices[i];
        if (!post_link(bus, d, false, &d->owes_down) || !post_completions(bus, i) ||
            !post_link(bus, d, true, &d->owes_up) || !post_reading(bus, d, now_ns)) {
            return true;
        }
    }
    return false;
}
