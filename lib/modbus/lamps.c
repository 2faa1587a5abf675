/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a lane's lamps should show, and the writes that are still missing.
 */
#include "lib/modbus/internal.h"

enum { SHORT_MS = 200, LONG_MS = 1000, TENTH_MS = 100, FOREVER = 0xFFFF };

/** The signal of the moment: a passing one over the standing one. */
static uint8_t current(const struct lamps *l, int64_t now_ns)
{
    return now_ns < l->momentary_until_ns ? l->momentary : l->standing;
}

void lamps_order(struct gate *g, const struct chl_gate_command *order, int64_t now_ns)
{
    struct lamps *l = &g->lamps;
    l->any = true;
    if (order->standing) {
        l->standing = order->signal;
        l->alarm = order->sound == CHL_SOUND_ALARM;
    } else {
        l->momentary = order->signal;
        l->momentary_until_ns = now_ns + order->hold_ms * CHL_NS_PER_MS;
    }
    if (order->sound == CHL_SOUND_SHORT || order->sound == CHL_SOUND_LONG) {
        l->beep_ms = order->sound == CHL_SOUND_SHORT ? SHORT_MS : LONG_MS;
    }
}

static bool wanted(const struct lamps *l, size_t i, int64_t now_ns)
{
    static const uint8_t of[] = {CHL_SIGNAL_GREEN, CHL_SIGNAL_BLUE, CHL_SIGNAL_AMBER,
                                 CHL_SIGNAL_RED};
    if (i == SOUNDER) {
        return l->alarm || now_ns < l->sound_until_ns;
    }
    return current(l, now_ns) == of[i];
}

/** The next lamp that does not show what it should; those that go out first, so that two colours
 *  never burn together longer than need be. */
bool lamps_next(const struct gate *g, int64_t now_ns, struct errand *errand)
{
    const struct lamps *l = &g->lamps;
    if (!l->any || g->units[PART_LAMPS] == NO_UNIT) {
        return false;
    }
    for (int on = 0; on < 2; on++) {
        for (size_t i = 0; i < LAMPS; i++) {
            const bool want = wanted(l, i, now_ns);
            if (l->rows[i] >= 0 && want == (on != 0) &&
                l->shown[i] != (want ? SHOWN_ON : SHOWN_OFF)) {
                errand->lamp = i;
                errand->on = want;
                errand->timed = false;
                return true;
            }
        }
    }
    if (l->beep_ms > 0 && l->rows[SOUNDER] >= 0 && !l->alarm) {
        errand->lamp = SOUNDER;
        errand->on = true;
        errand->timed = true;
        return true;
    }
    return false;
}

struct chl_modbus_request lamps_request(const struct unit *u, const struct gate *g,
                                        const struct errand *e)
{
    const struct lamps *l = &g->lamps;
    const uint16_t row = (uint16_t)l->rows[e->lamp];
    struct write w = {CHL_REG_OUTPUT, row, e->on};
    if (l->role == CHL_REG_LAMP) {
        struct chl_modbus_request r;
        w.role = CHL_REG_LAMP;
        r = request_write(u, &w);
        r.function = 16;
        r.count = 3; /* on, off, total: half a lamp is none */
        r.values[0] = e->on ? 1 : 0;
        r.values[1] = 0;
        r.values[2] = !e->on ? 0 : e->timed ? (uint16_t)(l->beep_ms / TENTH_MS) : (uint16_t)FOREVER;
        return r;
    }
    if (e->timed && u->profile->registers[CHL_REG_FLASH].present && u->profile->flash_tick_ms > 0) {
        const int64_t ticks = l->beep_ms / u->profile->flash_tick_ms;
        w = (struct write){CHL_REG_FLASH, row, (uint16_t)(ticks > 0 ? ticks : 1)};
    }
    return request_write(u, &w);
}

/** Finish what is shown completely; begin the pause before the unit's next signal. */
void lamps_settle(struct chl_modbus *bus, struct gate *g, int64_t now_ns)
{
    struct errand next = {.purpose = FOR_LAMP};
    if (lamps_next(g, now_ns, &next)) {
        return;
    }
    for (size_t i = 0; i < GATE_COMMANDS; i++) {
        struct command *c = &g->commands[i];
        if (command_is_open(c) && c->order.action == CHL_GATE_SIGNAL) {
            command_finish(bus, g, c, CHL_COMMAND_DONE, "");
        }
    }
}

void lamps_written(struct chl_modbus *bus, const struct errand *e, int64_t now_ns)
{
    struct gate *g = e->gate;
    struct lamps *l = &g->lamps;
    struct errand next = {.purpose = FOR_LAMP};
    const bool ends_itself =
        l->role == CHL_REG_LAMP || (bus->request.values[0] != 0xFF00 && bus->request.function == 5);
    if (e->timed) {
        l->sound_until_ns = ends_itself ? 0 : now_ns + l->beep_ms * CHL_NS_PER_MS;
        l->beep_ms = 0;
        l->shown[e->lamp] = ends_itself ? SHOWN_OFF : SHOWN_ON;
    } else {
        l->shown[e->lamp] = e->on ? SHOWN_ON : SHOWN_OFF;
    }
    if (!lamps_next(g, now_ns, &next)) {
        e->unit->signal_at_ns = now_ns + SIGNAL_EVERY_NS;
    }
    lamps_settle(bus, g, now_ns);
}

/** A lamp that the device refuses stays as it is: what it shows harms nobody. */
void lamps_refused(struct chl_modbus *bus, const struct errand *e, const char *text)
{
    struct gate *g = e->gate;
    driver_log(bus, CHL_LOG_WARNING, "gate=%s unit=%u lamp=%zu refused=\"%s\"", g->id.name,
               e->unit->address, e->lamp, text);
    g->lamps.shown[e->lamp] = e->on ? SHOWN_ON : SHOWN_OFF;
    g->lamps.beep_ms = 0;
    for (size_t i = 0; i < GATE_COMMANDS; i++) {
        struct command *c = &g->commands[i];
        if (command_is_open(c) && c->order.action == CHL_GATE_SIGNAL) {
            command_finish(bus, g, c, CHL_COMMAND_FAILED, text);
        }
    }
}

/** When a lamp changes by itself; INT64_MAX when none does. */
int64_t lamps_wake(const struct gate *g, int64_t now_ns)
{
    const struct lamps *l = &g->lamps;
    int64_t at = INT64_MAX;
    if (l->any && l->momentary_until_ns > now_ns) {
        at = l->momentary_until_ns;
    }
    if (l->any && l->sound_until_ns > now_ns && l->sound_until_ns < at) {
        at = l->sound_until_ns;
    }
    return at;
}
