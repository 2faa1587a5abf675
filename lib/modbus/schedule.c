/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which transaction is next: emergency, grant, cancel and mode, settings, then the poll
 *  whose time came first.
 */
#include "lib/modbus/internal.h"

enum { RANK_EMERGENCY, RANK_EMERGENCY_SILENT, RANK_GRANT, RANK_ORDER, RANK_SETUP, RANK_POLL };

/** The best candidate so far: lowest rank, then lowest key. */
struct choice {
    purpose purpose;
    int rank;
    int64_t key;
    size_t device;
    struct command *command;
};

static void offer(struct choice *best, struct choice candidate)
{
    if (best->purpose == FOR_NOTHING || candidate.rank < best->rank ||
        (candidate.rank == best->rank && candidate.key < best->key)) {
        *best = candidate;
    }
}

/** When a silent device may be asked again. One that failed waits for its own backoff and for the
 *  bus's share of time that probes may take. */
static int64_t probe_time(const struct chl_modbus *bus, const struct device *d)
{
    return d->failures > 0 && bus->probe_at_ns > d->retry_at_ns ? bus->probe_at_ns : d->retry_at_ns;
}

static bool has_own_mode_read(const struct device *d)
{
    return d->id.profile->registers[CHL_REG_MODE].present;
}

static purpose refresh(const struct device *d, int64_t now_ns)
{
    const bool mode = d->want_mode || d->stale ? d->want_mode : now_ns >= d->mode_at_ns;
    return mode && has_own_mode_read(d) ? FOR_MODE : FOR_BLOCK;
}

static bool precedes(const struct command *a, const struct command *b)
{
    const bool urgent_a = command_is_emergency(a) && a->phase != PHASE_READING;
    const bool urgent_b = command_is_emergency(b) && b->phase != PHASE_READING;
    return urgent_a != urgent_b ? urgent_a : a->arrival < b->arrival;
}

/** The one command of its gate that may act: an emergency, else the oldest. */
static bool is_first(const struct chl_modbus *bus, const struct command *c)
{
    for (size_t i = 0; i < bus->command_count; i++) {
        const struct command *other = &bus->commands[i];
        if (other != c && command_is_open(other) && other->device == c->device &&
            precedes(other, c)) {
            return false;
        }
    }
    return true;
}

static void offer_command(struct chl_modbus *bus, struct command *c, int64_t now_ns,
                          struct choice *best)
{
    struct device *d = &bus->devices[c->device];
    const bool urgent = command_is_emergency(c) && c->phase != PHASE_READING;
    const int64_t ready = urgent ? d->retry_at_ns : probe_time(bus, d);
    if ((!d->up && now_ns < ready) || !is_first(bus, c)) {
        return;
    }
    struct choice candidate = {.purpose = FOR_COMMAND,
                               .rank = RANK_ORDER,
                               .key = (int64_t)c->arrival,
                               .device = c->device,
                               .command = c};
    if (urgent) {
        candidate.rank = d->up ? RANK_EMERGENCY : RANK_EMERGENCY_SILENT;
    } else if (c->order.action == CHL_GATE_RELEASE) {
        candidate.rank = RANK_GRANT;
    }
    if (!urgent && (d->stale || !d->up || c->phase == PHASE_READING)) {
        candidate.purpose = refresh(d, now_ns);
        candidate.command = NULL;
    }
    offer(best, candidate);
}

static void offer_device(struct chl_modbus *bus, size_t at, int64_t now_ns, struct choice *best)
{
    struct device *d = &bus->devices[at];
    struct choice candidate = {.device = at, .rank = RANK_POLL};
    if (!d->up) {
        candidate.key = probe_time(bus, d);
        candidate.purpose = refresh(d, now_ns);
        if (now_ns >= candidate.key) {
            offer(best, candidate);
        }
        return;
    }
    if (d->stale) {
        /* Those that answered a moment ago are read back before a silent one is probed. */
        candidate.purpose = refresh(d, now_ns);
        candidate.rank = RANK_ORDER;
        offer(best, candidate);
        return;
    }
    if (d->hold_exit || d->unblock != 0) {
        candidate.purpose = d->hold_exit      ? FOR_EXIT
                            : d->unblock == 1 ? FOR_UNBLOCK_ENTRY
                                              : FOR_UNBLOCK_MODE;
        candidate.rank = RANK_ORDER;
        offer(best, candidate);
    } else if (d->setup_at < SETUP_COUNT) {
        candidate.purpose = d->setup_write ? FOR_SETUP_WRITE : FOR_SETUP_READ;
        candidate.rank = RANK_SETUP;
        offer(best, candidate);
    } else if (now_ns >= d->poll_at_ns) {
        candidate.purpose = refresh(d, now_ns);
        candidate.key = d->poll_at_ns;
        offer(best, candidate);
    }
}

static struct chl_modbus_request write_to(const struct device *d, chl_register_role role,
                                          uint16_t value)
{
    return (struct chl_modbus_request){.function = 16,
                                       .unit = d->id.unit,
                                       .address = d->id.profile->registers[role].address,
                                       .count = 1,
                                       .values = {value},
                                       .response_ns = d->response_ns};
}

static struct chl_modbus_request read_of(const struct device *d, uint16_t address, uint16_t count)
{
    return (struct chl_modbus_request){.function = 3,
                                       .unit = d->id.unit,
                                       .address = address,
                                       .count = count,
                                       .response_ns = d->response_ns};
}

static struct chl_modbus_request command_request(struct command *c, const struct device *d)
{
    if (c->phase == PHASE_QUEUED) {
        command_plan(c, d);
        c->phase = PHASE_WRITING;
    }
    const struct write *w = &c->plan[c->plan_at];
    return write_to(d, w->role, w->value);
}

static struct chl_modbus_request request_for(const struct choice *choice, const struct device *d)
{
    const struct chl_profile *p = d->id.profile;
    chl_register_role role = CHL_REG_MODE;
    uint16_t value = 0;
    switch (choice->purpose) {
    case FOR_COMMAND:
        return command_request(choice->command, d);
    case FOR_EXIT:
        return write_to(d, CHL_REG_EXIT_GRANT, p->grant_free);
    case FOR_UNBLOCK_ENTRY:
        return write_to(d, CHL_REG_ENTRY_GRANT, p->grant_cancel);
    case FOR_UNBLOCK_MODE:
        return write_to(d, CHL_REG_MODE, p->mode_normal);
    case FOR_SETUP_READ:
        (void)device_setup(d, &role, &value);
        return read_of(d, p->registers[role].address, 1);
    case FOR_SETUP_WRITE:
        (void)device_setup(d, &role, &value);
        return write_to(d, role, value);
    case FOR_MODE:
        return read_of(d, p->registers[CHL_REG_MODE].address, 1);
    default:
        return read_of(d, p->read_block_start, p->read_block_count);
    }
}

/** Commands that write nothing go straight to the reading. */
static void skip_writes(struct chl_modbus *bus)
{
    for (size_t i = 0; i < bus->command_count; i++) {
        struct command *c = &bus->commands[i];
        if (c->phase == PHASE_QUEUED && c->order.action == CHL_GATE_READ && is_first(bus, c)) {
            c->phase = PHASE_READING;
            bus->devices[c->device].want_mode = true;
        }
    }
}

/** Settings that the profile lacks or that must not be written need no transaction. */
static void skip_setup(struct device *d)
{
    chl_register_role role = CHL_REG_MODE;
    uint16_t value = 0;
    while (device_setup(d, &role, &value)) {
        const struct chl_register *r = &d->id.profile->registers[role];
        const bool unasked = role == CHL_REG_START_TIME && d->id.pass_time_ms <= 0;
        if (r->present && r->writable && !unasked) {
            return;
        }
        d->setup_at++;
    }
}

/** Choose and begin the next transaction.
 *  @return false when nothing is due, or when the gap after the last one is not over. */
bool schedule_pick(struct chl_modbus *bus, int64_t now_ns)
{
    struct choice best = {.purpose = FOR_NOTHING};
    skip_writes(bus);
    for (size_t i = 0; i < bus->command_count; i++) {
        if (command_is_open(&bus->commands[i])) {
            offer_command(bus, &bus->commands[i], now_ns, &best);
        }
    }
    for (size_t i = 0; i < bus->device_count; i++) {
        skip_setup(&bus->devices[i]);
        offer_device(bus, i, now_ns, &best);
    }
    bus->is_due = best.purpose != FOR_NOTHING;
    if (!bus->is_due || now_ns < bus->quiet_until_ns) {
        return false;
    }
    bus->under_way = best.purpose;
    bus->at_device = best.device;
    bus->at_command = best.command;
    bus->request = request_for(&best, &bus->devices[best.device]);
    if (best.command != NULL) {
        bus->was_sent = best.command->sent;
        best.command->sent = true;
    }
    return true;
}

static void sooner(int64_t *wake, int64_t at)
{
    if (at < *wake) {
        *wake = at;
    }
}

/** When schedule_pick() may have something, after it had nothing. */
int64_t schedule_wake(const struct chl_modbus *bus, int64_t now_ns)
{
    if (bus->is_due) {
        return bus->quiet_until_ns;
    }
    int64_t wake = now_ns + MODE_EVERY_NS;
    for (size_t i = 0; i < bus->device_count; i++) {
        const struct device *d = &bus->devices[i];
        sooner(&wake, d->up ? d->poll_at_ns : probe_time(bus, d));
    }
    for (size_t i = 0; i < bus->command_count; i++) {
        if (command_is_open(&bus->commands[i])) {
            sooner(&wake, bus->commands[i].order.deadline_ns);
        }
    }
    return wake;
}
