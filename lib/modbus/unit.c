/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The health of one unit, and what a whole round of its registers means.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/modbus/internal.h"

void driver_log(const struct chl_modbus *bus, chl_log_level level, const char *format, ...)
{
    if (bus->settings.log == NULL) {
        return;
    }
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started in the line above */
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bus->settings.log(bus->settings.user, level, text);
}

/* xorshift64*: jitter only has to differ between sites that lost the same switch. */
static uint64_t random_next(struct chl_modbus *bus)
{
    bus->random ^= bus->random >> 12;
    bus->random ^= bus->random << 25;
    bus->random ^= bus->random >> 27;
    return bus->random * UINT64_C(2685821657736338717);
}

/** Doubles from the least to the longest wait, then takes 75–100 % of it. */
int64_t unit_backoff(struct chl_modbus *bus, unsigned failures)
{
    int64_t wait = bus->settings.backoff_min_ns;
    for (unsigned i = 1; i < failures && wait < bus->settings.backoff_max_ns; i++) {
        wait *= 2;
    }
    if (wait > bus->settings.backoff_max_ns) {
        wait = bus->settings.backoff_max_ns;
    }
    const int64_t spread = wait / 4;
    return wait - (spread > 0 ? (int64_t)(random_next(bus) % (uint64_t)spread) : 0);
}

static void forget(struct chl_modbus *bus, struct gate *g, const struct unit *u)
{
    if (gate_unit(bus, g, PART_COUNT) == u && g->count.kind == CHL_PASSAGE_EDGE) {
        g->count.known = false; /* nobody watched the contacts meanwhile */
    }
    if (gate_unit(bus, g, PART_CHECK) == u && g->check.kind == CHL_PASSAGE_EDGE) {
        g->check.known = false;
    }
    for (size_t i = 0; gate_unit(bus, g, PART_LAMPS) == u && i < LAMPS; i++) {
        g->lamps.shown[i] = SHOWN_UNKNOWN;
    }
    /* A pulled cable is no fire: nobody may be let in until the contact is read again. */
    if (gate_unit(bus, g, PART_FIRE) == u) {
        g->fire_blind = true;
        setup_conclude(bus, g);
    }
}

void unit_down(struct chl_modbus *bus, struct unit *u, const char *why)
{
    if (u->up || !u->told) {
        (void)chl_copy(u->why, sizeof u->why, why);
        u->told = true;
        driver_log(bus, CHL_LOG_WARNING, "unit=%u link=down why=\"%s\"", u->address, why);
    }
    u->up = false;
    u->stale = true;
    u->in_round = false;
    for (size_t i = 0; i < u->gate_count; i++) {
        struct gate *g = &bus->gates[u->gates[i]];
        forget(bus, g, u);
        if (gate_unit(bus, g, PART_RELEASE) == u || gate_unit(bus, g, PART_COUNT) == u) {
            gate_down(bus, g, why);
        }
    }
}

int64_t unit_loss_ns(const struct chl_modbus *bus, const struct unit *u)
{
    return bus->settings.serial && u->delay_ns > u->response_ns ? u->delay_ns : u->response_ns;
}

void unit_failed(struct chl_modbus *bus, struct unit *u, int64_t now_ns, const char *why)
{
    const int64_t cost = unit_loss_ns(bus, u);
    u->failures++;
    u->retry_at_ns = now_ns + unit_backoff(bus, u->failures);
    /* Who spoke until now is asked again soon: one answer that noise spoilt must not keep a gate
     * closed. Not while the share is still used up, so that one that comes and goes takes no more.
     */
    u->again = u->up && now_ns >= bus->probe_at_ns;
    bus->probe_at_ns = now_ns + PROBE_SHARE * cost;
    unit_down(bus, u, why);
}

void unit_heard(struct chl_modbus *bus, struct unit *u, int64_t now_ns)
{
    u->heard_ns = now_ns;
    bus->proven = true;
    bus->failures = 0;
}

void unit_sooner(struct unit *u, int64_t at_ns)
{
    if (u->poll_at_ns > at_ns) {
        u->poll_at_ns = at_ns;
    }
}

/** First whole round after silence: compare its settings, and let the others be tried. */
static void rose(struct chl_modbus *bus, struct unit *u, int64_t now_ns)
{
    bool first = true;
    for (size_t i = 0; i < bus->unit_count; i++) {
        first = first && !bus->units[i].up;
    }
    for (size_t i = 0; first && i < bus->unit_count; i++) {
        bus->units[i].retry_at_ns = now_ns;
        bus->probe_at_ns = now_ns;
    }
    u->up = true;
    u->told = true;
    u->failures = 0;
    driver_log(bus, CHL_LOG_INFO, "unit=%u link=up", u->address);
    setup_begin(u);
}

/** A clock that went back: it was switched off in between, and its counters and settings with it.
 */
static void look_at_clock(struct chl_modbus *bus, struct unit *u)
{
    u->restarted = false;
    if (u->uptime < 0 || !u->full) {
        return;
    }
    const uint32_t now = poll_value(u, u->uptime);
    if (u->uptime_known && now < u->uptime_last) {
        driver_log(bus, CHL_LOG_WARNING, "unit=%u found=restarted uptime=%u", u->address, now);
        u->restarted = true;
        for (size_t i = 0; i < u->gate_count; i++) {
            struct gate *g = &bus->gates[u->gates[i]];
            for (size_t k = 0; gate_unit(bus, g, PART_LAMPS) == u && k < LAMPS; k++) {
                g->lamps.shown[k] = SHOWN_UNKNOWN;
            }
        }
        if (u->check_at >= u->check_count) {
            setup_begin(u);
        }
    }
    u->uptime_last = now;
    u->uptime_known = true;
}

static int64_t interval(const struct chl_modbus *bus, const struct unit *u)
{
    bool fast = u->edges;
    for (size_t i = 0; i < u->gate_count && !fast; i++) {
        const struct gate *g = &bus->gates[u->gates[i]];
        fast = g->released &&
               (gate_unit(bus, g, PART_RELEASE) == u || gate_unit(bus, g, PART_COUNT) == u ||
                gate_unit(bus, g, PART_OBJECT) == u);
    }
    const int64_t time = fast ? u->released_poll_ns : bus->settings.poll_ns;
    return time < u->heartbeat_ns ? time : u->heartbeat_ns;
}

void unit_round(struct chl_modbus *bus, struct unit *u, int64_t now_ns)
{
    const bool full = u->full;
    look_at_clock(bus, u);
    if (!u->up) {
        rose(bus, u, now_ns);
    }
    u->stale = false;
    u->read_ns = now_ns;
    if (full) {
        u->slow_at_ns = now_ns + SLOW_EVERY_NS;
    }
    for (size_t i = 0; i < u->gate_count; i++) {
        gate_update(bus, &bus->gates[u->gates[i]], u, now_ns);
    }
    u->full = false;
    u->poll_at_ns = now_ns + interval(bus, u);
    for (size_t i = 0; i < u->gate_count; i++) {
        commands_judge(bus, &bus->gates[u->gates[i]], now_ns);
    }
}
