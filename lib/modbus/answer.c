/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What an answer, or the lack of one, means for the link, the device and the command.
 */
#include <stdio.h>

#include "lib/modbus/internal.h"

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

static void on_exception(struct chl_modbus *bus, struct device *d, struct command *c, purpose why,
                         uint8_t code, int64_t now_ns)
{
    const size_t at = exception_at(code);
    const bool known = at < sizeof exceptions / sizeof *exceptions;
    char text[CHL_MODBUS_TEXT];
    (void)snprintf(text, sizeof text, "exception %u (%s) at register 0x%04X", code,
                   known ? exceptions[at].name : "not in the standard", bus->request.address);
    if (why == FOR_COMMAND) {
        const bool refused = known && exceptions[at].refused && !bus->was_sent;
        command_finish(c, refused ? CHL_COMMAND_FAILED : CHL_COMMAND_UNKNOWN, text);
        d->stale = true; /* whatever it did, read it before the next write */
    } else if (why == FOR_MODE || why == FOR_BLOCK) {
        device_failed(bus, d, now_ns, text);
    } else {
        driver_log(bus, CHL_LOG_WARNING, "gate=%s unit=%u refused=\"%s\"", d->id.name, d->id.unit,
                   text);
        d->hold_exit = false; /* tried again when the next poll shows it */
        d->unblock = 0;
        if (why == FOR_SETUP_READ || why == FOR_SETUP_WRITE) {
            d->setup_at++;
            d->setup_write = false;
        }
    }
    if (known && exceptions[at].silent) {
        device_failed(bus, d, now_ns, text);
    }
}

static void on_setup_read(struct chl_modbus *bus, struct device *d, uint16_t found)
{
    chl_register_role role = CHL_REG_ACCUMULATE;
    uint16_t wanted = 0;
    (void)device_setup(d, &role, &wanted);
    if (found == wanted) {
        d->setup_at++;
    } else {
        driver_log(bus, CHL_LOG_INFO, "gate=%s unit=%u register=0x%04X found=%u set=%u", d->id.name,
                   d->id.unit, bus->request.address, found, wanted);
        d->setup_write = true;
    }
}

static void on_ok(struct chl_modbus *bus, struct device *d, struct command *c, purpose why,
                  const uint16_t *words, int64_t now_ns)
{
    switch (why) {
    case FOR_MODE:
        device_mode(bus, d, words[0], now_ns);
        break;
    case FOR_BLOCK:
        device_block(bus, d, words, now_ns);
        command_judge(bus, d);
        break;
    case FOR_COMMAND:
        command_written(bus, c, now_ns);
        break;
    case FOR_EXIT:
        d->hold_exit = false;
        d->poll_at_ns = now_ns + d->released_poll_ns;
        break;
    case FOR_UNBLOCK_ENTRY:
        d->unblock = 2;
        break;
    case FOR_UNBLOCK_MODE:
        d->unblock = 0;
        d->want_mode = true;
        d->poll_at_ns = now_ns + d->released_poll_ns;
        break;
    case FOR_SETUP_READ:
        on_setup_read(bus, d, words[0]);
        break;
    case FOR_SETUP_WRITE:
        d->setup_write = false;
        d->setup_at++;
        break;
    default:
        break;
    }
}

static void all_down(struct chl_modbus *bus, const char *text)
{
    for (size_t i = 0; i < bus->device_count; i++) {
        device_down(bus, &bus->devices[i], text);
    }
}

/** Close the link. One that had proven itself is opened again at once: its devices are not down
 *  before that fails too. */
static void break_link(struct chl_modbus *bus, int64_t now_ns, const char *down)
{
    bus->link = LINK_BROKEN;
    bus->under_way = FOR_NOTHING;
    if (bus->proven) {
        bus->link_at_ns = now_ns;
        return;
    }
    bus->failures++;
    bus->link_at_ns = now_ns + device_backoff(bus, bus->failures);
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

static void on_silence(struct chl_modbus *bus, struct device *d, struct command *c,
                       const struct chl_modbus_answer *answer, int64_t now_ns)
{
    char text[CHL_MODBUS_TEXT];
    if (answer->status == CHL_MODBUS_TIMEOUT) {
        (void)snprintf(text, sizeof text, "no answer within %lld ms",
                       (long long)(bus->request.response_ns / CHL_NS_PER_MS));
    } else {
        (void)snprintf(text, sizeof text, "%s", answer->text);
    }
    if (c != NULL && answer->status == CHL_MODBUS_UNSENT) {
        c->sent = bus->was_sent;
        c->phase = PHASE_QUEUED;
    } else if (c != NULL) {
        command_unanswered(c, text);
    }
    d->stale = true;
    if (answer->status == CHL_MODBUS_TIMEOUT || answer->status == CHL_MODBUS_BAD) {
        /* A late answer to this question must not be taken for the next one's: the link goes. */
        device_failed(bus, d, now_ns, text);
        break_link(bus, now_ns, NULL);
    } else {
        break_link(bus, now_ns, text);
    }
}

void chl_modbus_answered(struct chl_modbus *bus, int64_t now_ns,
                         const struct chl_modbus_answer *answer)
{
    if (bus->under_way == FOR_NOTHING) {
        return;
    }
    const purpose why = bus->under_way;
    struct device *d = &bus->devices[bus->at_device];
    struct command *c = bus->at_command;
    bus->under_way = FOR_NOTHING;
    bus->at_command = NULL;
    bus->quiet_until_ns = now_ns + bus->gap_ns;
    if (answer->status == CHL_MODBUS_OK) {
        device_heard(bus, d, now_ns);
        on_ok(bus, d, c, why, answer->words, now_ns);
    } else if (answer->status == CHL_MODBUS_EXCEPTION) {
        device_heard(bus, d, now_ns);
        on_exception(bus, d, c, why, answer->exception, now_ns);
    } else {
        on_silence(bus, d, c, answer, now_ns);
    }
    (void)reports_post(bus, now_ns);
}

void chl_modbus_connected(struct chl_modbus *bus, int64_t now_ns, bool ok, const char *text)
{
    if (!ok) {
        bus->link = LINK_CLOSED;
        bus->failures++;
        bus->link_at_ns = now_ns + device_backoff(bus, bus->failures);
        all_down(bus, text);
        return;
    }
    bus->link = LINK_OPEN;
    bus->proven = false;
    for (size_t i = 0; i < bus->device_count; i++) {
        struct device *d = &bus->devices[i];
        d->stale = true;
        d->want_mode = true;
        if (bus->failures > 0) {
            d->failures = 0;
            d->retry_at_ns = now_ns;
        }
    }
}
