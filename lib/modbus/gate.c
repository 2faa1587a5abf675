/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One gate's picture, put together from the units that it is made of.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/modbus/internal.h"

struct unit *gate_unit(const struct chl_modbus *bus, const struct gate *g, gate_part which)
{
    return g->units[which] == NO_UNIT ? NULL : &bus->units[g->units[which]];
}

bool gate_has_modes(const struct gate *g)
{
    const struct chl_register *mode = &g->id.profile->registers[CHL_REG_MODE];
    return mode->present && mode->writable && !gate_by_pulses(g);
}

bool gate_by_pulses(const struct gate *g)
{
    return g->id.profile->release != CHL_RELEASE_GRANT;
}

/** Whether all its settings were compared since its units came up. */
bool gate_checked(const struct chl_modbus *bus, const struct gate *g)
{
    const struct unit *release = gate_unit(bus, g, PART_RELEASE);
    const struct unit *count = gate_unit(bus, g, PART_COUNT);
    return release->check_at >= release->check_count && count->check_at >= count->check_count;
}

void gate_down(struct chl_modbus *bus, struct gate *g, const char *why)
{
    if (g->up || !g->told) {
        (void)chl_copy(g->why, sizeof g->why, why);
        g->owes_down = true;
        g->told = true;
        driver_log(bus, CHL_LOG_WARNING, "gate=%s unit=%u link=down why=\"%s\"", g->id.name,
                   g->id.unit, why);
    }
    g->up = false;
    g->owes_up = false;
    g->owes_reading = false;
}

/** The mode register's word. */
static void take_mode(struct chl_modbus *bus, struct gate *g, uint16_t word)
{
    const struct chl_profile *p = g->id.profile;
    bool odd = false;
    if (word == p->mode_normal) {
        g->mode = CHL_MODE_NORMAL;
    } else if (word == p->mode_emergency) {
        g->mode = CHL_MODE_EMERGENCY;
    } else {
        /* Not known to let anyone in, so not shown as if it did. */
        g->mode = CHL_MODE_BLOCKED;
        odd = word != p->mode_blocked;
    }
    if (odd && !g->mode_odd) {
        driver_log(bus, CHL_LOG_WARNING, "gate=%s unit=%u mode=%u why=\"not in the profile\"",
                   g->id.name, g->id.unit, word);
    }
    g->mode_odd = odd;
    if (word == p->mode_blocked && g->unblock == 0 && gate_has_modes(g)) {
        driver_log(bus, CHL_LOG_WARNING, "gate=%s unit=%u found=blocked act=\"way out freed\"",
                   g->id.name, g->id.unit);
        g->unblock = 1;
    }
}

/** What the unit that releases says beside the numbers. */
static void take_release(struct chl_modbus *bus, struct gate *g, const struct unit *u, bool full,
                         int64_t now_ns)
{
    const struct chl_profile *p = g->id.profile;
    if (gate_by_pulses(g)) {
        g->mode = g->pulses.held && g->pulses.held_mode == CHL_MODE_EMERGENCY ? CHL_MODE_EMERGENCY
                                                                              : CHL_MODE_NORMAL;
        if (full && g->item_output >= 0) {
            pulses_output(bus, g, poll_value(u, g->item_output) != 0, now_ns);
        }
    } else if (g->item_mode >= 0 && full) {
        take_mode(bus, g, (uint16_t)poll_value(u, g->item_mode));
    }
    if (g->item_exit_left >= 0) {
        g->hold_exit = poll_value(u, g->item_exit_left) != p->grant_free;
    }
}

static void take_counts(struct gate *g, const struct unit *u, int64_t now_ns)
{
    const uint32_t before = g->count.value[0];
    const bool known = g->count.known;
    const bool restarted = counts_take(&g->count, u, now_ns);
    if (restarted) {
        g->owes_restart = true;
        g->restart_ns = now_ns;
    } else if (known) {
        const uint32_t mask = g->count.bits < 32 ? (UINT32_C(1) << g->count.bits) - 1 : UINT32_MAX;
        pulses_passed(g, (g->count.value[0] - before) & mask, now_ns);
    }
}

/** A contact, true when it speaks. */
static bool speaks(const struct unit *u, int item, const struct chl_modbus_part *part)
{
    return (poll_value(u, item) != 0) != part->active_open;
}

static void take_inputs(struct chl_modbus *bus, struct gate *g, const struct unit *u, bool *object)
{
    if (gate_unit(bus, g, PART_FIRE) == u) {
        if (g->fire_blind) {
            g->fire_blind = false;
            setup_conclude(bus, g);
        }
        g->fire = speaks(u, g->item_input[1], &g->id.fire);
    }
    if (gate_unit(bus, g, PART_TAMPER) == u) {
        g->tamper = speaks(u, g->item_input[2], &g->id.tamper);
    }
    const struct unit *o = gate_unit(bus, g, PART_OBJECT);
    *object = o != NULL && o->up && speaks(o, g->item_input[0], &g->id.object);
}

static struct chl_gate_reading compose(const struct chl_modbus *bus, const struct gate *g,
                                       bool object, int64_t now_ns)
{
    const struct unit *r = gate_unit(bus, g, PART_RELEASE);
    const struct unit *c = gate_unit(bus, g, PART_COUNT);
    const bool pulses = gate_by_pulses(g);
    return (struct chl_gate_reading){
        .size = (uint32_t)sizeof(struct chl_gate_reading),
        .entry_count = g->count.value[0],
        .exit_count = g->count.value[1],
        .entry_left =
            pulses ? pulses_left(&g->pulses, now_ns) : (uint16_t)poll_value(r, g->item_entry_left),
        .exit_left = g->item_exit_left >= 0 ? (uint16_t)poll_value(r, g->item_exit_left) : FREE,
        .count_bits = g->count.bits,
        .mode = g->mode,
        .object_entry = poll_value(r, g->item_object[0]) != 0 || object,
        .object_exit = poll_value(r, g->item_object[1]) != 0 || object,
        .error = (uint16_t)poll_value(r, g->item_error),
        .taken_ns = r == c ? now_ns : c->read_ns,
    };
}

static bool differs(const struct chl_gate_reading *a, const struct chl_gate_reading *b)
{
    return a->entry_count != b->entry_count || a->exit_count != b->exit_count ||
           a->entry_left != b->entry_left || a->exit_left != b->exit_left || a->mode != b->mode ||
           a->object_entry != b->object_entry || a->object_exit != b->object_exit ||
           a->error != b->error;
}

static void rise(struct chl_modbus *bus, struct gate *g)
{
    g->up = true;
    g->told = true;
    g->owes_up = true;
    g->owes_reading = true;
    driver_log(bus, CHL_LOG_INFO, "gate=%s unit=%u link=up", g->id.name, g->id.unit);
}

/** A whole round of `u` was read. */
void gate_update(struct chl_modbus *bus, struct gate *g, const struct unit *u, int64_t now_ns)
{
    const struct unit *r = gate_unit(bus, g, PART_RELEASE);
    const struct unit *c = gate_unit(bus, g, PART_COUNT);
    const struct chl_profile *p = g->id.profile;
    const bool fire = g->fire, tamper = g->tamper, full = u->full;
    const uint32_t check[2] = {g->check.value[0], g->check.value[1]};
    bool object = false;
    if (c == u) {
        take_counts(g, u, now_ns);
    }
    if (gate_unit(bus, g, PART_CHECK) == u) {
        (void)counts_take(&g->check, u, now_ns);
    }
    if (r == u) {
        take_release(bus, g, u, full, now_ns);
    }
    take_inputs(bus, g, u, &object);
    if (!r->up || r->stale || !c->up || c->stale) {
        return;
    }
    const struct chl_gate_reading reading = compose(bus, g, object, now_ns);
    if (!g->up) {
        rise(bus, g);
    }
    const int64_t least = g->released ? r->released_poll_ns : bus->settings.poll_ns;
    g->owes_reading = g->owes_reading || !g->known || differs(&reading, &g->last) ||
                      fire != g->fire || tamper != g->tamper || g->owes_restart ||
                      memcmp(check, g->check.value, sizeof check) != 0 ||
                      now_ns + least - g->posted_ns > REPORT_EVERY_NS;
    g->last = reading;
    g->known = true;
    g->released = reading.entry_left != p->grant_cancel && reading.entry_left != FREE &&
                  (gate_by_pulses(g) || reading.entry_left != p->grant_free);
}
