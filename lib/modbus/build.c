/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Units and gates made from what a site names: who looks at which register of whom.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/modbus/internal.h"

enum { GATE_ITEMS = 20, MS_PER_TICK_MIN = 1 };

static struct unit *find_unit(struct chl_modbus *bus, uint16_t address)
{
    for (size_t i = 0; i < bus->unit_count; i++) {
        if (bus->units[i].address == address) {
            return &bus->units[i];
        }
    }
    return NULL;
}

/** A watchdog is spoken to three times in its time, whatever the poll. */
static int64_t heartbeat(const struct chl_modbus_device *d, const struct chl_profile *p)
{
    const struct chl_wants wants = {d->pass_time_ms, d->on_link_loss, d->wish_count, d->wishes};
    const struct chl_setting *s = p->watchdog && p->timeout_setting != NULL
                                      ? chl_profile_setting(p, p->timeout_setting)
                                      : NULL;
    int64_t value = 0;
    if (s == NULL) {
        return INT64_MAX;
    }
    if (!chl_setting_wanted(s, &wants, &value) || value < 1) {
        value = s->reg.dflt > 0 ? (int64_t)s->reg.dflt : 1;
    }
    return value * (p->timeout_tick_ms > 0 ? p->timeout_tick_ms : MS_PER_TICK_MIN) * CHL_NS_PER_MS /
           3;
}

static struct unit *add_unit(struct chl_modbus *bus, const struct chl_modbus_device *d,
                             uint16_t address, const struct chl_profile *p)
{
    struct unit *u = find_unit(bus, address);
    const struct chl_modbus_settings *s = &bus->settings;
    if (u == NULL) {
        u = &bus->units[bus->unit_count++];
        u->address = address;
        u->profile = p;
        u->stale = true;
        u->uptime = -1;
        u->heartbeat_ns = INT64_MAX;
        u->response_ns = s->response_ns > 0 ? s->response_ns : p->response_ms * CHL_NS_PER_MS;
        u->delay_ns = s->delay_max_ns > 0   ? s->delay_max_ns
                      : p->delay_max_ms > 0 ? p->delay_max_ms * CHL_NS_PER_MS
                                            : SERIAL_DELAY_NS;
        u->released_poll_ns = p->released_poll_ms * CHL_NS_PER_MS;
        if (u->released_poll_ns <= 0 || u->released_poll_ns > s->poll_ns) {
            u->released_poll_ns = s->poll_ns;
        }
        if (s->gap_ns < 0 && p->gap_ms * CHL_NS_PER_MS > bus->gap_ns) {
            bus->gap_ns = p->gap_ms * CHL_NS_PER_MS;
        }
    }
    const int64_t beat = heartbeat(d, p);
    u->heartbeat_ns = beat < u->heartbeat_ns ? beat : u->heartbeat_ns;
    return u;
}

/** Something to be read; two gates that look at the same place share it. @return −1 when the device
 *  has no such register, or it cannot be read. */
static int add_item(struct unit *u, chl_register_role role, unsigned row, bool slow)
{
    const struct chl_register *r = &u->profile->registers[role];
    if (!r->present || r->write_only) {
        return -1;
    }
    const uint16_t address = chl_register_at(r, row);
    for (size_t i = 0; i < u->item_count; i++) {
        if (u->items[i].role == role && u->items[i].address == address) {
            u->items[i].slow = u->items[i].slow && slow;
            return (int)i;
        }
    }
    u->items[u->item_count] = (struct item){.role = role,
                                            .area = r->area,
                                            .address = address,
                                            .words = r->words > 0 ? r->words : 1,
                                            .at = (uint16_t)u->word_count,
                                            .slow = slow};
    u->word_count += u->items[u->item_count].words;
    return (int)u->item_count++;
}

static void link_gate(struct chl_modbus *bus, struct gate *g, gate_part which, struct unit *u)
{
    const uint16_t index = (uint16_t)(g - bus->gates);
    g->units[which] = (uint16_t)(u - bus->units);
    for (size_t i = 0; i < u->gate_count; i++) {
        if (u->gates[i] == index) {
            return;
        }
    }
    u->gates[u->gate_count++] = index;
}

static void add_counts(struct chl_modbus *bus, struct gate *g, gate_part which,
                       const struct chl_modbus_part *from, struct counts *c)
{
    struct unit *u = find_unit(bus, from->unit);
    const struct chl_profile *p = from->profile;
    c->kind = p->passage;
    c->bits = 32;
    for (int way = 0; way < 2; way++) {
        c->item[way] = -1;
        if (p->passage == CHL_PASSAGE_COUNT) {
            c->item[way] =
                add_item(u, way == 0 ? CHL_REG_ENTRY_COUNT : CHL_REG_EXIT_COUNT, 0, false);
        } else if (from->rows[way] >= 0) {
            const bool edge = p->passage == CHL_PASSAGE_EDGE;
            c->item[way] = add_item(u, edge ? CHL_REG_INPUT : CHL_REG_COUNTER,
                                    (unsigned)from->rows[way], false);
            u->edges = u->edges || edge;
        }
        if (c->item[way] >= 0 && c->kind != CHL_PASSAGE_EDGE) {
            c->bits = u->items[c->item[way]].words < 2 ? 16 : 32;
        }
    }
    u->uptime = u->uptime >= 0 ? u->uptime : add_item(u, CHL_REG_UPTIME, 0, true);
    link_gate(bus, g, which, u);
}

static void add_release(struct chl_modbus *bus, struct gate *g)
{
    struct unit *u = find_unit(bus, g->id.unit);
    const bool grant = u->profile->release == CHL_RELEASE_GRANT;
    g->item_entry_left = grant ? add_item(u, CHL_REG_ENTRY_GRANT, 0, false) : -1;
    g->item_exit_left =
        u->profile->egress == CHL_EGRESS_GRANT ? add_item(u, CHL_REG_EXIT_GRANT, 0, false) : -1;
    g->item_object[0] = grant ? add_item(u, CHL_REG_ENTRY_OBJECT, 0, false) : -1;
    g->item_object[1] = grant ? add_item(u, CHL_REG_EXIT_OBJECT, 0, false) : -1;
    g->item_error = add_item(u, CHL_REG_ERROR, 0, false);
    g->item_mode = grant ? add_item(u, CHL_REG_MODE, 0, true) : -1;
    g->item_output = grant ? -1 : add_item(u, CHL_REG_OUTPUT, g->row, true);
    if (!grant && g->item_output < 0) {
        (void)add_item(u, u->profile->release_role, g->row, true);
    }
    link_gate(bus, g, PART_RELEASE, u);
}

static void add_inputs(struct chl_modbus *bus, struct gate *g)
{
    const struct chl_modbus_part *const inputs[] = {&g->id.object, &g->id.fire, &g->id.tamper};
    for (size_t i = 0; i < 3; i++) {
        g->item_input[i] = -1;
        if (inputs[i]->unit != 0) {
            struct unit *u = find_unit(bus, inputs[i]->unit);
            g->item_input[i] = add_item(u, CHL_REG_INPUT, (unsigned)inputs[i]->rows[0], false);
            link_gate(bus, g, (gate_part)(PART_OBJECT + i), u);
        }
    }
    if (g->id.fire.unit != 0) {
        /* Until it was read once. */
        g->fire_blind = true;
        g->unfit = true;
        (void)snprintf(g->unfit_text, sizeof g->unfit_text,
                       "the fire input of unit %u was not read yet", g->id.fire.unit);
    }
}

static void add_lamps(struct chl_modbus *bus, struct gate *g)
{
    const struct chl_modbus_part *from = &g->id.lamps;
    if (from->unit == 0) {
        return;
    }
    struct unit *u = find_unit(bus, from->unit);
    g->lamps.role = from->profile->registers[CHL_REG_LAMP].present ? CHL_REG_LAMP : CHL_REG_OUTPUT;
    for (size_t i = 0; i < LAMPS; i++) {
        g->lamps.rows[i] = from->rows[i];
        g->lamps.shown[i] = SHOWN_UNKNOWN;
        if (u->item_count == 0 && from->rows[i] >= 0) {
            (void)add_item(u, g->lamps.role, (unsigned)from->rows[i], true);
        }
    }
    link_gate(bus, g, PART_LAMPS, u);
}

static void build_gate(struct chl_modbus *bus, struct gate *g, const struct chl_modbus_device *from)
{
    const struct chl_profile *p = from->profile;
    g->id = *from;
    g->id.count = count_part(from);
    const int row = from->release_row >= 0 ? from->release_row : p->release_row;
    g->row = (uint16_t)(row >= 0 && p->release != CHL_RELEASE_GRANT ? row : 0);
    /* Whoever names the output that opens names the one that closes, or there is none. */
    if (from->close_row < 0 && from->release_row < 0) {
        g->id.close_row = p->close_row;
    }
    atomic_init(&g->generation, 0);
    g->mode = CHL_MODE_NORMAL;
    for (size_t i = 0; i < PARTS; i++) {
        g->units[i] = NO_UNIT;
    }
    const struct chl_modbus_part *const parts[PARTS - 1] = {
        &g->id.count, &g->id.check, &g->id.object, &g->id.fire, &g->id.tamper, &g->id.lamps};
    (void)add_unit(bus, from, from->unit, p);
    for (size_t i = 0; i < PARTS - 1; i++) {
        if (parts[i]->unit != 0) {
            (void)add_unit(bus, from, parts[i]->unit, parts[i]->profile);
        }
    }
}

static chl_err allocate(struct chl_modbus *bus, size_t gates)
{
    for (size_t i = 0; i < bus->unit_count; i++) {
        struct unit *u = &bus->units[i];
        const size_t items = gates * GATE_ITEMS + 1;
        u->items = calloc(items, sizeof *u->items);
        u->order = calloc(items, sizeof *u->order);
        u->chunks = calloc(items, sizeof *u->chunks);
        u->words = calloc(items * 3, sizeof *u->words);
        u->gates = calloc(gates + 1, sizeof *u->gates);
        if (u->items == NULL || u->order == NULL || u->chunks == NULL || u->words == NULL ||
            u->gates == NULL) {
            return CHL_E_NOMEM;
        }
    }
    return CHL_OK;
}

/** Give back what was allocated for the worst case: most units are looked at by one gate. */
static void trim(struct unit *u)
{
    void *smaller = realloc(u->items, (u->item_count + 1) * sizeof *u->items);
    u->items = smaller != NULL ? smaller : u->items;
    smaller = realloc(u->order, (u->item_count + 1) * sizeof *u->order);
    u->order = smaller != NULL ? smaller : u->order;
    smaller = realloc(u->chunks, (u->item_count + 1) * sizeof *u->chunks);
    u->chunks = smaller != NULL ? smaller : u->chunks;
    smaller = realloc(u->words, (u->word_count + 1) * sizeof *u->words);
    u->words = smaller != NULL ? smaller : u->words;
}

chl_err build_all(struct chl_modbus *bus, const struct chl_modbus_device *devices)
{
    for (size_t i = 0; i < bus->gate_count; i++) {
        build_gate(bus, &bus->gates[i], &devices[i]);
    }
    chl_err err = allocate(bus, bus->gate_count);
    if (err != CHL_OK) {
        return err;
    }
    for (size_t i = 0; i < bus->gate_count; i++) {
        struct gate *g = &bus->gates[i];
        add_release(bus, g);
        add_counts(bus, g, PART_COUNT, &g->id.count, &g->count);
        if (g->id.check.unit != 0) {
            add_counts(bus, g, PART_CHECK, &g->id.check, &g->check);
        }
        add_inputs(bus, g);
    }
    for (size_t i = 0; i < bus->gate_count; i++) {
        add_lamps(bus, &bus->gates[i]);
    }
    for (size_t i = 0; i < bus->unit_count; i++) {
        poll_plan(&bus->units[i]);
        trim(&bus->units[i]);
    }
    return checklist_build(bus);
}

void build_free(struct chl_modbus *bus)
{
    for (size_t i = 0; bus->units != NULL && i < bus->unit_count; i++) {
        struct unit *u = &bus->units[i];
        free(u->items);
        free(u->order);
        free(u->chunks);
        free(u->words);
        free(u->gates);
    }
    free(bus->units);
    free(bus->gates);
    free(bus->checks);
}
