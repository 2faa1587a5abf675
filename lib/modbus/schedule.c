/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which transaction is next: emergency, grant, cancel and mode, settings, signals, then the
 *  poll whose time came first.
 */
#include "lib/modbus/internal.h"

enum {
    RANK_EMERGENCY,
    RANK_EMERGENCY_SILENT,
    RANK_GRANT,
    RANK_ORDER,
    RANK_SETUP,
    RANK_SIGNAL,
    RANK_POLL
};

#define PLAN_SHIFT 48 /* first writes of all gates go before the second of any */

/** The best candidate so far: lowest rank, then lowest key. */
struct choice {
    int rank;
    int64_t key;
    struct errand errand;
};

static void offer(struct choice *best, int rank, int64_t key, struct errand errand)
{
    if (best->errand.purpose == FOR_NOTHING || rank < best->rank ||
        (rank == best->rank && key < best->key)) {
        *best = (struct choice){rank, key, errand};
    }
}

/** When a silent unit may be asked again. One that failed waits for its own backoff and for the
 *  bus's share of time that probes may take. */
static int64_t probe_time(const struct chl_modbus *bus, const struct unit *u)
{
    const bool shares = u->failures > 0 && !u->again;
    return shares && bus->probe_at_ns > u->retry_at_ns ? bus->probe_at_ns : u->retry_at_ns;
}

static bool may_ask(const struct chl_modbus *bus, const struct unit *u, int64_t now_ns)
{
    return u->up || now_ns >= probe_time(bus, u);
}

static bool fresh(const struct unit *u)
{
    return u->up && !u->stale;
}

static bool precedes(const struct command *a, const struct command *b)
{
    const bool urgent_a = command_is_emergency(a) && a->phase != PHASE_READING;
    const bool urgent_b = command_is_emergency(b) && b->phase != PHASE_READING;
    return urgent_a != urgent_b ? urgent_a : a->arrival < b->arrival;
}

/** The one command of a gate that may act: an emergency, else the oldest. */
static struct command *first_of(struct gate *g)
{
    struct command *first = NULL;
    for (size_t i = 0; g->open > 0 && i < GATE_COMMANDS; i++) {
        struct command *c = &g->commands[i];
        if (command_in_order(c) && (first == NULL || precedes(c, first))) {
            first = c;
        }
    }
    return first;
}

static void offer_poll(const struct chl_modbus *bus, struct unit *u, int rank, int64_t key,
                       int64_t now_ns, struct choice *best)
{
    if (may_ask(bus, u, now_ns)) {
        offer(best, rank, key, (struct errand){.purpose = FOR_POLL, .unit = u});
    }
}

static void offer_reading(struct chl_modbus *bus, struct gate *g, struct command *c, int64_t now_ns,
                          struct choice *best)
{
    struct unit *u = NULL;
    if (!c->asked && now_ns >= c->wait_until_ns) {
        command_ask(bus, g, c);
    }
    if (c->asked && command_awaits(bus, g, c, &u)) {
        offer_poll(bus, u, RANK_ORDER, (int64_t)c->arrival, now_ns, best);
    }
}

/** A release is written to a gate whose units were read, compared and found fit. */
static void offer_release(struct chl_modbus *bus, struct gate *g, struct command *c, int64_t now_ns,
                          struct choice *best)
{
    struct unit *const units[] = {gate_unit(bus, g, PART_RELEASE), gate_unit(bus, g, PART_COUNT)};
    for (size_t i = 0; i < 2; i++) {
        if (!fresh(units[i])) {
            offer_poll(bus, units[i], RANK_GRANT, (int64_t)c->arrival, now_ns, best);
            return;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        if (units[i]->check_at < units[i]->check_count) {
            offer(best, RANK_GRANT, (int64_t)c->arrival,
                  (struct errand){.purpose = FOR_CHECK, .unit = units[i]});
            return;
        }
    }
    offer(best, RANK_GRANT, (int64_t)c->arrival,
          (struct errand){FOR_COMMAND, units[0], g, c, 0, false, false});
}

static void offer_command(struct chl_modbus *bus, struct gate *g, int64_t now_ns,
                          struct choice *best)
{
    struct command *c = first_of(g);
    struct unit *u = gate_unit(bus, g, PART_RELEASE);
    if (c == NULL) {
        return;
    }
    const struct errand act = {FOR_COMMAND, u, g, c, 0, false, false};
    if (c->phase == PHASE_QUEUED && !command_writes(c, g)) {
        c->phase = PHASE_READING;
        if (c->order.action != CHL_GATE_READ) {
            pulses_end(g, now_ns);
        }
    }
    if (c->phase == PHASE_READING) {
        offer_reading(bus, g, c, now_ns, best);
    } else if (command_is_emergency(c)) {
        if (u->up || now_ns >= u->retry_at_ns) {
            const uint8_t at = c->phase == PHASE_QUEUED ? 0 : c->plan_at;
            offer(best, u->up ? RANK_EMERGENCY : RANK_EMERGENCY_SILENT,
                  (int64_t)at << PLAN_SHIFT | (int64_t)c->arrival, act);
        }
    } else if (c->order.action == CHL_GATE_RELEASE) {
        offer_release(bus, g, c, now_ns, best);
    } else if (fresh(u)) {
        offer(best, RANK_ORDER, (int64_t)c->arrival, act);
    } else {
        offer_poll(bus, u, RANK_ORDER, (int64_t)c->arrival, now_ns, best);
    }
}

static void offer_gate(struct chl_modbus *bus, struct gate *g, int64_t now_ns, struct choice *best)
{
    struct unit *u = gate_unit(bus, g, PART_RELEASE);
    struct unit *lamps = gate_unit(bus, g, PART_LAMPS);
    struct errand errand = {.unit = u, .gate = g};
    if (g->open > 0) {
        offer_command(bus, g, now_ns, best);
    }
    if (fresh(u)) {
        if (g->hold_exit || g->unblock != 0) {
            errand.purpose = g->hold_exit      ? FOR_EXIT
                             : g->unblock == 1 ? FOR_UNBLOCK_ENTRY
                                               : FOR_UNBLOCK_MODE;
            offer(best, RANK_ORDER, 0, errand);
        }
        const struct unit *count = gate_unit(bus, g, PART_COUNT);
        if (g->pulses.due && pulses_due(g, now_ns) && fresh(count)) {
            errand.purpose = FOR_PULSE;
            offer(best, RANK_GRANT, 0, errand);
        }
        if (g->pulses.held && now_ns >= g->pulses.hold_at_ns) {
            errand.purpose = FOR_HOLD;
            offer(best, RANK_POLL, g->pulses.hold_at_ns, errand);
        }
    }
    if (g->lamps.any && lamps != NULL && fresh(lamps) && now_ns >= lamps->signal_at_ns) {
        errand = (struct errand){.purpose = FOR_LAMP, .unit = lamps, .gate = g};
        if (lamps_next(g, now_ns, &errand)) {
            offer(best, RANK_SIGNAL, lamps->signal_at_ns, errand);
        }
    }
}

static void offer_unit(const struct chl_modbus *bus, struct unit *u, int64_t now_ns,
                       struct choice *best)
{
    if (!u->up) {
        offer_poll(bus, u, RANK_POLL, probe_time(bus, u), now_ns, best);
    } else if (u->stale) {
        /* Those that answered a moment ago are read back before a silent one is probed. */
        offer_poll(bus, u, RANK_ORDER, 0, now_ns, best);
    } else if (u->check_at < u->check_count) {
        offer(best, RANK_SETUP, u->poll_at_ns, (struct errand){.purpose = FOR_CHECK, .unit = u});
    }
    if (u->up && !u->stale && (u->in_round || now_ns >= u->poll_at_ns)) {
        offer_poll(bus, u, RANK_POLL, u->poll_at_ns, now_ns, best);
    }
}

static struct chl_modbus_request command_request(struct gate *g, struct command *c,
                                                 const struct unit *u, int64_t now_ns)
{
    if (c->phase == PHASE_QUEUED) {
        command_plan(c, g, u->stale, now_ns);
        c->phase = PHASE_WRITING;
    }
    return request_write(u, &c->plan[c->plan_at]);
}

static struct chl_modbus_request gate_request(const struct errand *e)
{
    const struct chl_profile *p = e->unit->profile;
    struct write w = {CHL_REG_EXIT_GRANT, 0, p->grant_free};
    switch (e->purpose) {
    case FOR_UNBLOCK_ENTRY:
        w = (struct write){CHL_REG_ENTRY_GRANT, 0, p->grant_cancel};
        break;
    case FOR_UNBLOCK_MODE:
        w = (struct write){CHL_REG_MODE, 0, p->mode_normal};
        break;
    case FOR_PULSE:
        w = pulses_write(e->gate, e->gate->row);
        break;
    case FOR_HOLD:
        w = p->hold == CHL_HOLD_LATCH ? (struct write){CHL_REG_OUTPUT, e->gate->row, 1}
                                      : pulses_write(e->gate, e->gate->row);
        break;
    case FOR_LAMP:
        return lamps_request(e->unit, e->gate, e);
    default:
        break;
    }
    return request_write(e->unit, &w);
}

static struct chl_modbus_request poll_next(struct unit *u, int64_t now_ns)
{
    struct chl_modbus_request request = {.function = 0};
    if (!u->in_round || !poll_request(u, &request)) {
        poll_begin(u, u->stale || !u->up || now_ns >= u->slow_at_ns);
        (void)poll_request(u, &request);
    }
    return request;
}

static struct chl_modbus_request request_for(const struct chl_modbus *bus, const struct errand *e,
                                             int64_t now_ns)
{
    if (e->purpose == FOR_POLL) {
        return poll_next(e->unit, now_ns);
    }
    if (e->purpose == FOR_CHECK) {
        return setup_request(bus, e->unit);
    }
    return e->purpose == FOR_COMMAND ? command_request(e->gate, e->command, e->unit, now_ns)
                                     : gate_request(e);
}

/** What may be too late once the line is quiet goes with its deadline and generation. */
static void bind(struct chl_modbus_request *request, const struct errand *e)
{
    const struct command *c = e->command;
    if (c != NULL) {
        request->not_after_ns = c->order.deadline_ns;
        /* A lamp that shows the room's state is right whatever was granted meanwhile. */
        request->newest = c->order.action == CHL_GATE_SIGNAL ? NULL : &e->gate->generation;
        request->generation = c->order.generation;
    } else if (e->purpose == FOR_PULSE) {
        request->not_after_ns = e->gate->pulses.deadline_ns;
        request->newest = &e->gate->generation;
        request->generation = e->gate->pulses.generation;
    }
}

/** Choose and begin the next transaction.
 *  @return false when nothing is due, or when the gap after the last one is not over. */
bool schedule_pick(struct chl_modbus *bus, int64_t now_ns)
{
    struct choice best = {.errand = {.purpose = FOR_NOTHING}};
    for (size_t i = 0; i < bus->gate_count; i++) {
        offer_gate(bus, &bus->gates[i], now_ns, &best);
    }
    for (size_t i = 0; i < bus->unit_count; i++) {
        offer_unit(bus, &bus->units[i], now_ns, &best);
    }
    bus->is_due = best.errand.purpose != FOR_NOTHING;
    if (!bus->is_due || now_ns < bus->quiet_until_ns) {
        return false;
    }
    bus->at = best.errand;
    bus->request = request_for(bus, &bus->at, now_ns);
    bind(&bus->request, &bus->at);
    if (bus->at.command != NULL) {
        bus->was_sent = bus->at.command->sent;
        bus->at.command->sent = true;
    }
    return true;
}

static void sooner(int64_t *wake, int64_t at, int64_t now_ns)
{
    if (at > now_ns && at < *wake) {
        *wake = at;
    }
}

static void gate_wake(const struct chl_modbus *bus, const struct gate *g, int64_t now_ns,
                      int64_t *wake)
{
    const struct unit *lamps = gate_unit(bus, g, PART_LAMPS);
    for (size_t i = 0; g->open > 0 && i < GATE_COMMANDS; i++) {
        if (command_is_open(&g->commands[i])) {
            sooner(wake, g->commands[i].order.deadline_ns, now_ns);
            sooner(wake, g->commands[i].wait_until_ns, now_ns);
        }
    }
    if (g->pulses.held) {
        sooner(wake, g->pulses.hold_at_ns, now_ns);
    }
    if (g->pulses.due) {
        sooner(wake, g->pulses.ends_ns, now_ns);
    }
    if (lamps != NULL && g->lamps.any) {
        sooner(wake, lamps->signal_at_ns, now_ns);
        sooner(wake, lamps_wake(g, now_ns), now_ns);
    }
}

/** When schedule_pick() may have something, after it had nothing. */
int64_t schedule_wake(const struct chl_modbus *bus, int64_t now_ns)
{
    if (bus->is_due) {
        return bus->quiet_until_ns;
    }
    int64_t wake = now_ns + SLOW_EVERY_NS;
    for (size_t i = 0; i < bus->unit_count; i++) {
        const struct unit *u = &bus->units[i];
        sooner(&wake, u->up ? u->poll_at_ns : probe_time(bus, u), now_ns);
    }
    for (size_t i = 0; i < bus->gate_count; i++) {
        gate_wake(bus, &bus->gates[i], now_ns, &wake);
    }
    return wake;
}
