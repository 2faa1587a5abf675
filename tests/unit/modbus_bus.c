/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The wire, the units and the clock of modbus_bus.h.
 */
#include "tests/unit/modbus_bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

chl_err bus_post(void *user, const struct chl_gate_report *report)
{
    struct bus *b = user;
    if (b->host_busy) {
        return CHL_E_BUSY;
    }
    assert_true(b->report_count < REPORTS);
    b->reports[b->report_count++] = *report;
    return CHL_OK;
}

void bus_profile_init(struct chl_profile *p)
{
    const struct {
        chl_register_role role;
        uint16_t address;
        uint8_t words;
        bool writable;
    } map[] = {{CHL_REG_ENTRY_GRANT, 0x40, 1, true},   {CHL_REG_EXIT_GRANT, 0x41, 1, true},
               {CHL_REG_ENTRY_OBJECT, 0x42, 1, false}, {CHL_REG_EXIT_OBJECT, 0x43, 1, false},
               {CHL_REG_ENTRY_COUNT, 0x44, 2, false},  {CHL_REG_EXIT_COUNT, 0x46, 2, false},
               {CHL_REG_ERROR, 0x48, 1, false},        {CHL_REG_MODE, 0x3000, 1, true},
               {CHL_REG_ACCUMULATE, 0x3010, 1, true},  {CHL_REG_START_TIME, 0x3011, 1, true}};
    *p = (struct chl_profile){.id = "test",
                              .name = "test",
                              .read_block_start = 0x40,
                              .read_block_count = 9,
                              .grant_free = 0xFFFF,
                              .grant_max = 0xFFFE,
                              .mode_blocked = 1,
                              .mode_emergency = 2,
                              .gap_ms = 5,
                              .response_ms = 100,
                              .released_poll_ms = 20,
                              .units_max = 32,
                              .exit_direction = "exit",
                              .release = CHL_RELEASE_GRANT,
                              .release_role = CHL_REG_ENTRY_GRANT,
                              .release_row = -1,
                              .close_row = -1,
                              .passage = CHL_PASSAGE_COUNT,
                              .egress = CHL_EGRESS_GRANT,
                              .functions = 1u << 3 | 1u << 16};
    for (size_t i = 0; i < sizeof map / sizeof *map; i++) {
        p->registers[map[i].role] = (struct chl_register){.present = true,
                                                          .writable = map[i].writable,
                                                          .address = map[i].address,
                                                          .words = map[i].words,
                                                          .rows = 1,
                                                          .low_word_first = true,
                                                          .max = 0xFFFF,
                                                          .unit = "s"};
    }
}

void bus_init_backoff(struct bus *b, size_t gates, int64_t gap_ns, int64_t backoff_max_ns)
{
    char why[200] = "";
    struct chl_modbus_device devices[GATES];
    memset(b, 0, sizeof *b);
    b->now_ns = T0;
    b->reachable = true;
    bus_profile_init(&b->profile);
    b->settings[0] = (struct chl_setting){.name = "accumulate",
                                          .reg = b->profile.registers[CHL_REG_ACCUMULATE],
                                          .want = CHL_WANT_VALUE};
    b->settings[1] = (struct chl_setting){.name = "start-time",
                                          .reg = b->profile.registers[CHL_REG_START_TIME],
                                          .want = CHL_WANT_PASS_TIME,
                                          .tick_ms = 1000};
    b->profile.settings = b->settings;
    b->profile.setting_count = 2;
    for (size_t i = 0; i < gates; i++) {
        devices[i] = (struct chl_modbus_device){.gate = {(uint16_t)i},
                                                .unit = (uint16_t)(i + 1),
                                                .name = "G",
                                                .profile = &b->profile,
                                                .release_row = -1,
                                                .close_row = -1,
                                                .pass_time_ms = 7000};
        b->units[i + 1].start = 7;
    }
    const struct chl_modbus_settings settings = {.poll_ns = 250 * MS,
                                                 .gap_ns = gap_ns,
                                                 .backoff_min_ns = 200 * MS,
                                                 .backoff_max_ns = backoff_max_ns,
                                                 .seed = 1,
                                                 .user = b,
                                                 .post = bus_post};
    assert_int_equal(chl_modbus_new(&settings, devices, gates, &b->driver, why, sizeof why),
                     CHL_OK);
}

void bus_init(struct bus *b, size_t gates, int64_t gap_ns)
{
    bus_init_backoff(b, gates, gap_ns, 3200 * MS);
}

static uint16_t *word(struct unit *u, uint16_t address)
{
    if (address >= 0x40 && address <= 0x48) {
        return &u->block[address - 0x40];
    }
    assert_in_range(address, 0x3000, 0x3011);
    return address == 0x3000 ? &u->mode : address == 0x3010 ? &u->accumulate : &u->start;
}

static void act(struct unit *u, const struct chl_modbus_request *r, struct chl_modbus_answer *a)
{
    if (chl_modbus_writes(r)) {
        *word(u, r->address) = r->values[0];
    } else {
        for (uint16_t i = 0; i < r->count; i++) {
            a->words[i] = *word(u, (uint16_t)(r->address + i));
        }
    }
    a->status = CHL_MODBUS_OK;
}

static void transact(struct bus *b, const struct chl_modbus_request *r)
{
    struct chl_modbus_answer a;
    memset(&a, 0, sizeof a);
    struct unit *u = &b->units[r->unit];
    assert_true(b->open);
    assert_true(b->wire_count < WIRE);
    b->wire[b->wire_count++] = (struct wired){b->now_ns, *r};
    b->now_ns += TRANSACT_US * INT64_C(1000);
    if (u->manner == WAITED_FOR && chl_modbus_writes(r)) {
        b->now_ns += 100 * MS;
    }
    switch (u->manner) {
    case WAITED_FOR:
        if (r->not_after_ns != 0 && b->now_ns >= r->not_after_ns) {
            a.status = CHL_MODBUS_STALE;
            break;
        }
        /* fall through */
    case WELL:
        act(u, r, &a);
        break;
    case DEAF_AFTER:
        act(u, r, &a);
        a.status = CHL_MODBUS_TIMEOUT;
        b->now_ns += r->response_ns;
        break;
    case SILENT:
        a.status = CHL_MODBUS_TIMEOUT;
        b->now_ns += r->response_ns;
        break;
    case REFUSES:
        a.status = CHL_MODBUS_EXCEPTION;
        a.exception = 2;
        break;
    case WRONG:
        a.status = CHL_MODBUS_BAD;
        break;
    case HANGS_UP:
        a.status = CHL_MODBUS_LOST;
        break;
    }
    u->heard_ns = a.status == CHL_MODBUS_OK ? b->now_ns : u->heard_ns;
    chl_modbus_answered(b->driver, b->now_ns, &a);
}

void bus_step(struct bus *b, int64_t until)
{
    struct chl_modbus_step s;
    chl_modbus_next(b->driver, b->now_ns, &s);
    switch (s.action) {
    case CHL_MODBUS_WAIT:
        assert_true(s.wake_ns > b->now_ns);
        b->now_ns = s.wake_ns < until ? s.wake_ns : until;
        break;
    case CHL_MODBUS_CONNECT:
        b->connects++;
        b->last_connect_ns = b->now_ns;
        b->open = b->reachable;
        chl_modbus_connected(b->driver, b->now_ns, b->reachable, "refused");
        break;
    case CHL_MODBUS_CLOSE:
        b->closes++;
        b->open = false;
        break;
    case CHL_MODBUS_TRANSACT:
        transact(b, &s.request);
        break;
    case CHL_MODBUS_FLUSH:
        break;
    }
}

void bus_run(struct bus *b, int64_t for_ns)
{
    const int64_t until = b->now_ns + for_ns;
    while (b->now_ns < until) {
        bus_step(b, until);
    }
}

void order(struct bus *b, uint16_t gate, chl_gate_action action, uint16_t n, uint64_t id,
           uint32_t generation, int64_t deadline_ns)
{
    const struct chl_gate_command c = {.size = sizeof c,
                                       .action = (uint8_t)action,
                                       .mode = (uint8_t)n,
                                       .places = n,
                                       .gate = {gate},
                                       .id = id,
                                       .generation = generation,
                                       .deadline_ns = deadline_ns};
    assert_int_equal(chl_modbus_accept(b->driver, &c, b->now_ns), CHL_OK);
}

const struct chl_gate_report *done(const struct bus *b, uint64_t id)
{
    const struct chl_gate_report *found = NULL;
    for (size_t i = 0; i < b->report_count; i++) {
        if (b->reports[i].kind == CHL_REPORT_DONE && b->reports[i].command_id == id) {
            assert_null(found); /* exactly once */
            found = &b->reports[i];
        }
    }
    return found;
}

const struct chl_gate_report *newest(const struct bus *b, uint16_t gate, chl_report_kind kind)
{
    for (size_t i = b->report_count; i > 0; i--) {
        if (b->reports[i - 1].kind == kind && b->reports[i - 1].gate.index == gate) {
            return &b->reports[i - 1];
        }
    }
    return NULL;
}

size_t count_wire(const struct bus *b, uint16_t unit, bool write, uint16_t address, size_t from)
{
    size_t n = 0;
    for (size_t i = from; i < b->wire_count; i++) {
        const struct chl_modbus_request *r = &b->wire[i].request;
        n += r->unit == unit && chl_modbus_writes(r) == write && r->address == address;
    }
    return n;
}

void bus_settle(struct bus *b)
{
    bus_run(b, 600 * MS);
    b->wire_count = 0;
    b->report_count = 0;
}
