/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What an answer, or the lack of one, means for the link, the unit and the command.
 */
#include <stdio.h>

#include "lib/modbus/internal.h"

enum { ILLEGAL_ADDRESS = 2 };

/** Exceptions, and whether one proves that nothing was done (MODBUS V1.1b3 §7). */
static const struct {
    uint8_t code;
    bool refused; /**< nothing changed */
    bool silent;  /**< a gateway says that the unit itself did not answer */
    const char *name;
} exceptions[] = {
    {0x01, true, false, "illegal function"},
    {0x02, true, false, "illegal data address"},
    {0x03, true, false, "illegal data value"},
    {0x04, false, false, "device failure"},
    {0x05, false, false, "acknowledged, not finished"},
    {0x06, true, false, "device busy"},
    {0x0A, true, true, "gateway path unavailable"},
    {0x0B, false, true, "gateway target did not answer"},
};

static size_t exception_at(uint8_t code)
{
    size_t i = 0;
    while (i < sizeof exceptions / sizeof *exceptions && exceptions[i].code != code) {
        i++;
    }
    return i;
}

static void command_refused(struct chl_modbus *bus, const struct errand *e, bool refused,
                            const char *text, int64_t now_ns)
{
    struct command *c = e->command;
    const bool nothing = refused && !bus->was_sent;
    if (c->order.action == CHL_GATE_RELEASE && gate_by_pulses(e->gate)) {
        if (nothing) {
            pulses_end(e->gate, now_ns);
        } else {
            pulses_lost(e->gate, now_ns);
        }
    }
    command_finish(bus, e->gate, c, nothing ? CHL_COMMAND_FAILED : CHL_COMMAND_UNKNOWN, text);
    e->unit->stale = true; /* whatever it did, read it before the next write */
}

/** A write of our own was refused: tried again when the next poll shows that it is needed. */
static void act_refused(struct chl_modbus *bus, const struct errand *e, const char *text,
                        int64_t now_ns)
{
    struct gate *g = e->gate;
    driver_log(bus, CHL_LOG_WARNING, "gate=%s unit=%u refused=\"%s\"", g->id.name, e->unit->address,
               text);
    g->hold_exit = false;
    g->unblock = 0;
    if (e->purpose == FOR_PULSE) {
        pulses_lost(g, now_ns);
    } else if (e->purpose == FOR_HOLD) {
        pulses_hold(g, g->pulses.held_mode, now_ns);
    }
}

static void on_exception(struct chl_modbus *bus, const struct errand *e, uint8_t code,
                         int64_t now_ns)
{
    const size_t at = exception_at(code);
    const bool known = at < sizeof exceptions / sizeof *exceptions;
    struct unit *u = e->unit;
    char text[CHL_MODBUS_TEXT];
    (void)snprintf(text, sizeof text, "exception %u (%s) at register 0x%04X", code,
                   known ? exceptions[at].name : "not in the standard", bus->request.address);
    if (known && exceptions[at].silent && e->purpose != FOR_COMMAND) {
        unit_failed(bus, u, now_ns, text);
        return;
    }
    switch (e->purpose) {
    case FOR_COMMAND:
        command_refused(bus, e, known && exceptions[at].refused, text, now_ns);
        break;
    case FOR_POLL:
        if (code == ILLEGAL_ADDRESS && poll_split(u)) {
            driver_log(bus, CHL_LOG_WARNING, "unit=%u refused=\"%s\" act=\"read apart\"",
                       u->address, text);
        } else {
            unit_failed(bus, u, now_ns, text);
        }
        break;
    case FOR_CHECK:
        setup_refused(bus, u, text);
        break;
    case FOR_LAMP:
        lamps_refused(bus, e, text);
        break;
    default:
        act_refused(bus, e, text, now_ns);
        break;
    }
    if (known && exceptions[at].silent) {
        unit_failed(bus, u, now_ns, text);
    }
}

static void on_ok(struct chl_modbus *bus, const struct errand *e, const uint16_t *words,
                  int64_t now_ns)
{
    struct unit *u = e->unit;
    struct gate *g = e->gate;
    switch (e->purpose) {
    case FOR_POLL:
        if (poll_take(u, words)) {
            unit_round(bus, u, now_ns);
        }
        break;
    case FOR_COMMAND:
        command_written(bus, g, e->command, now_ns);
        break;
    case FOR_PULSE:
        pulses_written(g, now_ns);
        break;
    case FOR_HOLD:
        pulses_hold(g, g->pulses.held_mode, now_ns);
        break;
    case FOR_LAMP:
        lamps_written(bus, e, now_ns);
        break;
    case FOR_EXIT:
        g->hold_exit = false;
        unit_sooner(u, now_ns + u->released_poll_ns);
        break;
    case FOR_UNBLOCK_ENTRY:
        g->unblock = 2;
        break;
    case FOR_UNBLOCK_MODE:
        g->unblock = 0;
        u->slow_at_ns = now_ns;
        unit_sooner(u, now_ns + u->released_poll_ns);
        break;
    case FOR_CHECK:
        setup_answer(bus, u, words);
        break;
    default:
        break;
    }
}

static void all_down(struct chl_modbus *bus, const char *text)
{
    for (size_t i = 0; i < bus->unit_count; i++) {
        unit_down(bus, &bus->units[i], text);
    }
}

/** Close the link. One that had proven itself is opened again at once: its units are not down
 *  before that fails too. */
static void break_link(struct chl_modbus *bus, int64_t now_ns, const char *down)
{
    bus->link = LINK_BROKEN;
    bus->at.purpose = FOR_NOTHING;
    bus->flush_at_ns = 0;
    if (bus->proven) {
        bus->link_at_ns = now_ns;
        return;
    }
    bus->failures++;
    bus->link_at_ns = now_ns + unit_backoff(bus, bus->failures);
    if (down != NULL) {
        all_down(bus, down);
    }
}

void chl_modbus_lost(struct chl_modbus *bus, int64_t now_ns, const char *text)
{
    if (bus->link == LINK_OPEN) {
        break_link(bus, now_ns, text);
    }
}

/** What a write without an answer may have done. */
static void unanswered(struct chl_modbus *bus, const struct errand *e, bool unsent,
                       const char *text, int64_t now_ns)
{
    if (e->command != NULL && unsent) {
        e->command->sent = bus->was_sent;
        e->command->phase = PHASE_QUEUED;
    } else if (e->command != NULL) {
        command_unanswered(bus, e->gate, e->command, text, now_ns);
    } else if (e->purpose == FOR_PULSE && !unsent) {
        pulses_lost(e->gate, now_ns);
    } else if (e->purpose == FOR_LAMP) {
        e->gate->lamps.shown[e->lamp] = SHOWN_UNKNOWN;
    } else if (e->purpose == FOR_CHECK) {
        e->unit->check_step = CHECK_READ;
    }
    e->unit->stale = true;
    e->unit->in_round = false;
}

/** How long after now an answer can still begin. The moment of asking says nothing about it: the
 *  line was waited for, then the frame took its time. But a timeout ends the answer's time after
 * the last byte of the question, and of any other end the question was out before. */
static int64_t owed_ns(const struct unit *u, chl_modbus_status status, int64_t response_ns)
{
    const int64_t passed_ns = status == CHL_MODBUS_TIMEOUT ? response_ns : 0;
    return u->delay_ns > passed_ns ? u->delay_ns - passed_ns : 0;
}

static void on_silence(struct chl_modbus *bus, const struct errand *e,
                       const struct chl_modbus_answer *answer, int64_t now_ns)
{
    char text[CHL_MODBUS_TEXT];
    if (answer->status == CHL_MODBUS_TIMEOUT) {
        (void)snprintf(text, sizeof text, "no answer within %lld ms",
                       (long long)(bus->request.response_ns / CHL_NS_PER_MS));
    } else {
        (void)snprintf(text, sizeof text, "%s", answer->text);
    }
    unanswered(bus, e, answer->status == CHL_MODBUS_UNSENT, text, now_ns);
    if (answer->status == CHL_MODBUS_LOST || answer->status == CHL_MODBUS_UNSENT) {
        break_link(bus, now_ns, text);
        return;
    }
    unit_failed(bus, e->unit, now_ns, text);
    if (bus->settings.serial) {
        /* Nothing on a line tells a late answer from the next one's: silence until none can come
         * any more. The line stays open, the others are asked after it. */
        bus->flush_at_ns = now_ns + owed_ns(e->unit, answer->status, bus->request.response_ns);
    } else {
        /* A late answer to this question must not be taken for the next one's: the link goes. */
        break_link(bus, now_ns, NULL);
    }
}

/** Nothing was sent and nothing is known anew: the next step drops what is over. */
static void on_stale(struct chl_modbus *bus, const struct errand *e)
{
    if (e->command != NULL) {
        e->command->sent = bus->was_sent;
        e->command->phase = PHASE_QUEUED;
    }
}

void chl_modbus_answered(struct chl_modbus *bus, int64_t now_ns,
                         const struct chl_modbus_answer *answer)
{
    const struct errand e = bus->at;
    if (e.purpose == FOR_NOTHING) {
        return;
    }
    bus->at = (struct errand){.purpose = FOR_NOTHING};
    bus->quiet_until_ns = now_ns + bus->gap_ns;
    if (answer->status == CHL_MODBUS_OK) {
        unit_heard(bus, e.unit, now_ns);
        on_ok(bus, &e, answer->words, now_ns);
    } else if (answer->status == CHL_MODBUS_EXCEPTION) {
        unit_heard(bus, e.unit, now_ns);
        on_exception(bus, &e, answer->exception, now_ns);
    } else if (answer->status == CHL_MODBUS_STALE) {
        on_stale(bus, &e);
    } else {
        on_silence(bus, &e, answer, now_ns);
    }
    (void)reports_post(bus, now_ns);
}

void chl_modbus_connected(struct chl_modbus *bus, int64_t now_ns, bool ok, const char *text)
{
    if (!ok) {
        bus->link = LINK_CLOSED;
        bus->failures++;
        bus->link_at_ns = now_ns + unit_backoff(bus, bus->failures);
        all_down(bus, text);
        return;
    }
    bus->link = LINK_OPEN;
    bus->proven = false;
    bus->flush_at_ns = 0;
    for (size_t i = 0; i < bus->unit_count; i++) {
        struct unit *u = &bus->units[i];
        u->stale = true;
        u->in_round = false;
        if (bus->failures > 0) {
            u->failures = 0;
            u->retry_at_ns = now_ns;
        }
    }
}
