/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The life of one command: accepted, written, confirmed, completed exactly once.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/modbus/internal.h"

static const gate_part awaited[3] = {PART_RELEASE, PART_COUNT, PART_OBJECT};

bool command_is_emergency(const struct command *c)
{
    return c->order.action == CHL_GATE_MODE && c->order.mode == CHL_MODE_EMERGENCY;
}

bool command_is_open(const struct command *c)
{
    return c->phase != PHASE_FREE && c->phase != PHASE_FINISHED;
}

/** Signals go beside the commands that open and close: neither waits for the other. */
bool command_in_order(const struct command *c)
{
    return command_is_open(c) && c->order.action != CHL_GATE_SIGNAL;
}

void command_finish(struct chl_modbus *bus, struct gate *g, struct command *c,
                    chl_command_status status, const char *text)
{
    c->phase = PHASE_FINISHED;
    c->status = status;
    g->open--;
    g->finished++;
    bus->open--;
    (void)chl_copy(c->text, sizeof c->text, text);
}

/** Begin the rounds that can confirm it: whatever was read before its last write proves nothing. */
void command_ask(struct chl_modbus *bus, struct gate *g, struct command *c)
{
    const bool slow = c->order.action != CHL_GATE_CANCEL || g->id.profile->hold == CHL_HOLD_LATCH;
    for (size_t i = 0; i < 3; i++) {
        struct unit *u = gate_unit(bus, g, awaited[i]);
        if (u != NULL) {
            poll_begin(u, slow && i == 0);
        }
    }
    for (size_t i = 0; i < 3; i++) {
        const struct unit *u = gate_unit(bus, g, awaited[i]);
        c->need[i] = u != NULL ? u->round : 0;
    }
    c->asked = true;
}

/** Whether it waits for a unit to be read, and for which. An emergency is confirmed by the device
 *  that opens; a silent sensor in the lane holds nothing up. */
bool command_awaits(const struct chl_modbus *bus, const struct gate *g, const struct command *c,
                    struct unit **out)
{
    const size_t count = command_is_emergency(c) ? 1 : 3;
    for (size_t i = 0; i < count; i++) {
        struct unit *u = gate_unit(bus, g, awaited[i]);
        if (u != NULL && u->done < c->need[i] && (i < 2 || u->up)) {
            *out = u;
            return true;
        }
    }
    return false;
}

/** Its last write was acknowledged: a release is complete, all else is compared by a reading. */
void command_written(struct chl_modbus *bus, struct gate *g, struct command *c, int64_t now_ns)
{
    c->plan_at++;
    if (c->plan_at < c->plan_count) {
        return;
    }
    const bool pulses = gate_by_pulses(g);
    if (c->order.action == CHL_GATE_RELEASE) {
        if (pulses) {
            pulses_written(g, now_ns);
        }
        for (size_t i = 0; i < 3; i++) {
            struct unit *u = gate_unit(bus, g, awaited[i]);
            if (u != NULL) {
                unit_sooner(u, now_ns + u->released_poll_ns);
            }
        }
        command_finish(bus, g, c, CHL_COMMAND_DONE, "");
        return;
    }
    if (pulses && c->order.action == CHL_GATE_MODE &&
        (c->order.mode == CHL_MODE_EMERGENCY || c->order.mode == CHL_MODE_FREE)) {
        pulses_hold(g, c->order.mode, now_ns);
    }
    c->phase = PHASE_READING;
    command_ask(bus, g, c);
}

/** A write of it got no answer. A release is over: repeating it could let in another person. What
 *  closes or saves stays, and is written again only after the device was read. */
void command_unanswered(struct chl_modbus *bus, struct gate *g, struct command *c, const char *text,
                        int64_t now_ns)
{
    if (c->order.action == CHL_GATE_RELEASE) {
        if (gate_by_pulses(g)) {
            pulses_lost(g, now_ns);
        }
        command_finish(bus, g, c, CHL_COMMAND_UNKNOWN, text);
    } else {
        c->phase = PHASE_QUEUED;
    }
}

static void drop(struct chl_modbus *bus, struct gate *g, struct command *c, int64_t now_ns)
{
    const bool signal = c->order.action == CHL_GATE_SIGNAL;
    const bool late = c->order.deadline_ns <= now_ns;
    /* A lamp that shows the room's state is right whatever was granted meanwhile. */
    const bool old =
        c->superseded || (!signal && c->order.generation < atomic_load(&g->generation));
    if (c->order.action == CHL_GATE_RELEASE && g->unfit && !c->sent && !late && !old) {
        char text[CHL_MODBUS_TEXT];
        (void)snprintf(text, sizeof text, "unfit: %.80s", g->unfit_text);
        command_finish(bus, g, c, CHL_COMMAND_FAILED, text);
        return;
    }
    if (!late && !old) {
        return;
    }
    const char *why = late ? "past its deadline" : "superseded";
    if (!c->sent) {
        command_finish(bus, g, c, CHL_COMMAND_ABORTED, why);
    } else if (c->phase != PHASE_READING || !g->up) {
        /* Reading on does no harm and may still tell; writing on would. */
        command_finish(bus, g, c, CHL_COMMAND_UNKNOWN, why);
    }
}

void commands_drop(struct chl_modbus *bus, int64_t now_ns)
{
    for (size_t i = 0; bus->open > 0 && i < bus->gate_count; i++) {
        struct gate *g = &bus->gates[i];
        for (size_t k = 0; g->open > 0 && k < GATE_COMMANDS; k++) {
            if (command_is_open(&g->commands[k])) {
                drop(bus, g, &g->commands[k], now_ns);
            }
        }
    }
}

static struct gate *find_gate(struct chl_modbus *bus, chl_gate_id gate)
{
    for (size_t i = 0; i < bus->gate_count; i++) {
        if (bus->gates[i].id.gate.index == gate.index) {
            return &bus->gates[i];
        }
    }
    return NULL;
}

void chl_modbus_raise_generation(struct chl_modbus *bus, chl_gate_id gate, uint32_t generation)
{
    struct gate *g = find_gate(bus, gate);
    if (g == NULL) {
        return;
    }
    uint32_t seen = atomic_load(&g->generation);
    while (seen < generation && !atomic_compare_exchange_weak(&g->generation, &seen, generation)) {
    }
}

static struct command *take_slot(struct gate *g, bool urgent)
{
    const unsigned room = CHL_MODBUS_GATE_COMMANDS + (urgent ? CHL_MODBUS_GATE_URGENT : 0U);
    for (size_t i = 0; g->open + g->finished < room && i < GATE_COMMANDS; i++) {
        if (g->commands[i].phase == PHASE_FREE) {
            return &g->commands[i];
        }
    }
    return NULL;
}

/** An emergency voids what was ordered before it, and does not wait for a backoff to end. */
static void overtake(struct chl_modbus *bus, struct gate *g, const struct command *emergency,
                     int64_t now_ns)
{
    for (size_t i = 0; i < GATE_COMMANDS; i++) {
        struct command *c = &g->commands[i];
        if (command_in_order(c) && !command_is_emergency(c) &&
            c->order.generation <= emergency->order.generation) {
            c->superseded = true;
        }
    }
    g->pulses.due = false;
    gate_unit(bus, g, PART_RELEASE)->retry_at_ns = now_ns;
    if (bus->link == LINK_CLOSED) {
        bus->link_at_ns = now_ns;
    }
}

/** The newest signal of its kind is the one that counts. */
static void take_signal(struct chl_modbus *bus, struct gate *g, struct command *signal,
                        int64_t now_ns)
{
    for (size_t i = 0; i < GATE_COMMANDS; i++) {
        struct command *c = &g->commands[i];
        if (c != signal && command_is_open(c) && c->order.action == CHL_GATE_SIGNAL &&
            c->order.standing == signal->order.standing) {
            c->superseded = true;
        }
    }
    if (gate_unit(bus, g, PART_LAMPS) == NULL) {
        command_finish(bus, g, signal, CHL_COMMAND_FAILED, "the gate has no lamps");
        return;
    }
    lamps_order(g, &signal->order, now_ns);
    lamps_settle(bus, g, now_ns);
}

static void take_release(struct chl_modbus *bus, struct gate *g, struct command *c)
{
    const struct chl_profile *p = g->id.profile;
    const bool pulses = gate_by_pulses(g);
    const uint16_t places = c->order.places;
    const uint16_t most = pulses ? FREE - 1 : p->grant_max;
    if (places < 1 || places > most ||
        (!pulses && (places == p->grant_cancel || places == p->grant_free))) {
        char text[CHL_MODBUS_TEXT];
        (void)snprintf(text, sizeof text, "expected 1 to %u places, got %u", most, places);
        command_finish(bus, g, c, CHL_COMMAND_FAILED, text);
    }
}

static bool is_order(const struct chl_gate_command *order)
{
    return order->action >= CHL_GATE_RELEASE && order->action <= CHL_GATE_SIGNAL &&
           (order->action != CHL_GATE_MODE || order->mode < CHL_MODE_COUNT) &&
           (order->action != CHL_GATE_SIGNAL ||
            (order->signal < CHL_SIGNAL_COUNT && order->sound < CHL_SOUND_COUNT));
}

chl_err chl_modbus_accept(struct chl_modbus *bus, const struct chl_gate_command *order,
                          int64_t now_ns)
{
    struct gate *g = find_gate(bus, order->gate);
    if (g == NULL) {
        return CHL_E_NOTFOUND;
    }
    if (!is_order(order)) {
        return CHL_E_INVAL;
    }
    const bool mode = order->action == CHL_GATE_MODE;
    struct command *c = take_slot(g, mode && order->mode == CHL_MODE_EMERGENCY);
    if (c == NULL) {
        return CHL_E_BUSY;
    }
    *c = (struct command){.phase = PHASE_QUEUED, .arrival = ++bus->arrivals};
    c->order = *order;
    g->open++;
    bus->open++;
    chl_modbus_raise_generation(bus, order->gate, order->generation);
    if (order->action == CHL_GATE_RELEASE) {
        take_release(bus, g, c);
    } else if (order->action == CHL_GATE_SIGNAL) {
        take_signal(bus, g, c, now_ns);
    } else if (command_is_emergency(c)) {
        overtake(bus, g, c, now_ns);
    }
    return CHL_OK;
}

size_t chl_modbus_abort(struct chl_modbus *bus, int64_t now_ns)
{
    size_t left = 0;
    for (size_t i = 0; i < bus->gate_count; i++) {
        struct gate *g = &bus->gates[i];
        for (size_t k = 0; k < GATE_COMMANDS; k++) {
            struct command *c = &g->commands[k];
            if (command_is_open(c)) {
                command_finish(bus, g, c, c->sent ? CHL_COMMAND_UNKNOWN : CHL_COMMAND_ABORTED,
                               "stopping");
            }
        }
    }
    (void)reports_post(bus, now_ns);
    for (size_t i = 0; i < bus->gate_count; i++) {
        left += bus->gates[i].finished;
    }
    return left;
}
