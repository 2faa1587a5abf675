/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which settings of which unit are compared for which gate.
 */
#include <stdlib.h>

#include "lib/modbus/internal.h"

struct list {
    struct check *checks; /**< NULL: only counted */
    size_t count;
};

static void add(struct list *list, const struct check *check, size_t from)
{
    for (size_t i = from; list->checks != NULL && i < list->count; i++) {
        const struct check *c = &list->checks[i];
        if (c->setting == check->setting && c->row == check->row && c->wanted == check->wanted &&
            c->gate == check->gate) {
            return;
        }
    }
    if (list->checks != NULL) {
        list->checks[list->count] = *check;
    }
    list->count++;
}

/** Rows that light a lamp are outputs of another kind: what holds for a release is wrong there. */
static bool is_lamp(const struct chl_modbus *bus, const struct unit *u, int row)
{
    for (size_t i = 0; i < u->gate_count; i++) {
        const struct gate *g = &bus->gates[u->gates[i]];
        for (size_t k = 0; gate_unit(bus, g, PART_LAMPS) == u && k < LAMPS; k++) {
            if (g->lamps.rows[k] == row && g->lamps.role == CHL_REG_OUTPUT) {
                return true;
            }
        }
    }
    return false;
}

/** For the rows that release, or those that count, or count beside. What a site wishes of inputs
 *  binds on the gate's own board. */
static void add_setting(struct list *list, const struct chl_modbus *bus, const struct unit *u,
                        const struct gate *g, const struct chl_setting *s, gate_part part)
{
    const bool own = part == PART_RELEASE;
    const struct chl_modbus_device *d = &g->id;
    const size_t from = u->check_first;
    const bool wishes = own || (s->of == CHL_ROWS_INPUT && gate_unit(bus, g, PART_RELEASE) == u);
    const struct chl_wants wants = {own ? d->pass_time_ms : 0, d->on_link_loss,
                                    wishes ? d->wish_count : 0, d->wishes};
    const struct chl_modbus_part *counter = part == PART_CHECK ? &d->check : &d->count;
    const int rows[] = {own ? g->row : counter->rows[0], own ? d->close_row : counter->rows[1]};
    int64_t value = 0;
    /* Rows that only count open nothing when the link is lost, but their contacts must drive none.
     */
    if (s->of == (own ? CHL_ROWS_INPUT : CHL_ROWS_OUTPUT)) {
        return;
    }
    if (s->kind != CHL_SETTING_PLAIN || s->reg.write_only ||
        (!own && s->want == CHL_WANT_LINK_LOSS) || !chl_setting_wanted(s, &wants, &value)) {
        return;
    }
    struct check check = {.setting = s,
                          .wanted = (uint32_t)value,
                          .gate = (uint16_t)(g - bus->gates),
                          .aside = part == PART_CHECK,
                          .strict = s->want == CHL_WANT_LINK_LOSS || s->reg.needs_reboot ||
                                    !s->reg.writable || s->has_complement};
    for (size_t i = 0; i < (s->reg.rows > 1 ? 2U : 1U); i++) {
        const int row = s->reg.rows > 1 ? rows[i] : 0;
        if (row >= 0 && (row < s->reg.rows || row == 0) &&
            (own || s->reg.rows < 2 || s->of == CHL_ROWS_INPUT || !is_lamp(bus, u, row))) {
            check.row = (uint16_t)row;
            add(list, &check, from);
        }
    }
}

static void fill(struct list *list, struct chl_modbus *bus)
{
    for (size_t i = 0; i < bus->unit_count; i++) {
        struct unit *u = &bus->units[i];
        u->check_first = list->count;
        for (size_t k = 0; k < u->gate_count; k++) {
            const struct gate *g = &bus->gates[u->gates[k]];
            const bool own = gate_unit(bus, g, PART_RELEASE) == u;
            const bool counts = gate_unit(bus, g, PART_COUNT) == u;
            const bool checks = gate_unit(bus, g, PART_CHECK) == u;
            for (size_t s = 0; s < u->profile->setting_count; s++) {
                const struct chl_setting *setting = &u->profile->settings[s];
                if (own) {
                    add_setting(list, bus, u, g, setting, PART_RELEASE);
                }
                if (counts && (!own || setting->reg.rows > 1)) {
                    add_setting(list, bus, u, g, setting, PART_COUNT);
                }
                if (checks && !counts && (!own || setting->reg.rows > 1)) {
                    add_setting(list, bus, u, g, setting, PART_CHECK);
                }
            }
        }
        u->check_count = list->count - u->check_first;
        u->check_at = 0;
    }
}

chl_err checklist_build(struct chl_modbus *bus)
{
    struct list list = {NULL, 0};
    fill(&list, bus);
    bus->checks = calloc(list.count + 1, sizeof *bus->checks);
    if (bus->checks == NULL) {
        return CHL_E_NOMEM;
    }
    list = (struct list){bus->checks, 0};
    fill(&list, bus);
    bus->check_count = list.count;
    return CHL_OK;
}
