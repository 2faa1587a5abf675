/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The boards, the wire and the clock of modbus_board.h.
 */
#include "tests/unit/modbus_board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TAKES_US = 2000 };

static chl_err post(void *user, const struct chl_gate_report *report)
{
    struct rig *r = user;
    if (r->report_count == BOARD_REPORTS) { /* keep the newer half */
        r->report_count /= 2;
        memmove(r->reports, r->reports + r->report_count, r->report_count * sizeof r->reports[0]);
    }
    r->reports[r->report_count++] = *report;
    return CHL_OK;
}

struct rig *rig_new(bool serial)
{
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->now_ns = 100 * CHL_NS_PER_S;
    r->taking_ns = TAKES_US * INT64_C(1000);
    r->serial = serial;
    r->reachable = true;
    return r;
}

void rig_free(struct rig *r)
{
    chl_modbus_free(r->driver);
    for (size_t i = 0; i < BOARDS; i++) {
        chl_profile_free(r->boards[i].profile);
    }
    free(r);
}

static void set_right(struct board *b)
{
    const struct chl_wants wants = {7000, CHL_LINK_HOLD, 0, NULL};
    for (size_t i = 0; i < b->profile->setting_count; i++) {
        const struct chl_setting *s = &b->profile->settings[i];
        int64_t value = s->reg.dflt;
        (void)chl_setting_wanted(s, &wants, &value);
        for (unsigned row = 0; row < s->reg.rows; row++) {
            const uint16_t at = chl_register_at(&s->reg, row);
            const bool two = s->reg.words > 1;
            b->tables[s->reg.area][at] = (uint16_t)(two ? value >> 16 : value);
            if (two) {
                b->tables[s->reg.area][at + 1] = (uint16_t)value;
            }
        }
    }
}

struct chl_profile *rig_board(struct rig *r, unsigned unit, const char *name)
{
    char path[512];
    struct chl_yaml_error error = {0};
    struct board *b = &r->boards[unit];
    (void)snprintf(path, sizeof path, "%s/firmware-config/%s.yaml", CHL_SOURCE_DIR, name);
    if (chl_profile_load(path, &b->profile, &error) != CHL_OK) {
        fail_msg("%s", error.text);
    }
    set_right(b);
    return b->profile;
}

struct chl_modbus_device rig_gate(struct rig *r, uint16_t gate, unsigned unit)
{
    return (struct chl_modbus_device){.gate = {gate},
                                      .unit = (uint16_t)unit,
                                      .name = "G",
                                      .profile = r->boards[unit].profile,
                                      .pass_time_ms = 7000,
                                      .release_row = -1,
                                      .close_row = -1};
}

struct chl_modbus_part rig_part(struct rig *r, unsigned unit, int first, int second)
{
    return (struct chl_modbus_part){.unit = (uint16_t)unit,
                                    .profile = r->boards[unit].profile,
                                    .rows = {(int16_t)first, (int16_t)second, -1, -1, -1}};
}

void rig_start(struct rig *r, const struct chl_modbus_device *gates, size_t count)
{
    char why[256] = "";
    const struct chl_modbus_settings settings = {.poll_ns = 250 * MS,
                                                 .gap_ns = -1,
                                                 .backoff_min_ns = 200 * MS,
                                                 .backoff_max_ns = 3200 * MS,
                                                 .seed = 1,
                                                 .serial = r->serial,
                                                 .user = r,
                                                 .post = post};
    if (chl_modbus_new(&settings, gates, count, &r->driver, why, sizeof why) != CHL_OK) {
        fail_msg("%s", why);
    }
}

static void tick(struct rig *r)
{
    for (size_t i = 0; i < BOARDS; i++) {
        struct board *b = &r->boards[i];
        for (unsigned row = 0; b->profile != NULL && row < PULSES; row++) {
            if (b->until_ns[row] != 0 && r->now_ns >= b->until_ns[row]) {
                b->until_ns[row] = 0;
                *rig_at(r, (unsigned)i, CHL_REG_OUTPUT, row) = 0;
            }
        }
    }
}

static bool is_row(const struct board *b, chl_register_role role,
                   const struct chl_modbus_request *q, unsigned *row)
{
    const struct chl_register *reg = &b->profile->registers[role];
    *row = (unsigned)(q->address - reg->address);
    return reg->present && reg->area == CHL_AREA_COIL && q->address >= reg->address &&
           *row < reg->rows && *row < PULSES;
}

static void begin_pulse(struct rig *r, struct board *b, unsigned row, int64_t ms)
{
    b->pulses[row]++;
    b->until_ns[row] = r->now_ns + ms * MS;
    *rig_at(r, (unsigned)(b - r->boards), CHL_REG_OUTPUT, row) = 1;
}

static void set_coil(struct rig *r, struct board *b, const struct chl_modbus_request *q)
{
    unsigned row = 0;
    if (is_row(b, CHL_REG_FLASH, q, &row)) {
        assert_true(q->values[0] >= 1 && q->values[0] != 0xFF00);
        begin_pulse(r, b, row, q->values[0] * b->profile->flash_tick_ms);
        return;
    }
    assert_true(q->values[0] == 0xFF00 || q->values[0] == 0);
    b->tables[CHL_AREA_COIL][q->address] = q->values[0] != 0;
    if (is_row(b, CHL_REG_OUTPUT, q, &row)) {
        b->until_ns[row] = 0;
    }
    if (q->values[0] != 0 && b->profile->release == CHL_RELEASE_PULSE &&
        is_row(b, b->profile->release_role, q, &row)) {
        begin_pulse(r, b, row, b->profile->pulse_ms);
    }
}

static bool refused(const struct board *b, const struct chl_modbus_request *q)
{
    const bool missing = q->function == 4 && b->missing != 0 && q->address <= b->missing &&
                         q->address + q->count > b->missing;
    return (b->profile->functions >> q->function & 1U) == 0 || q->address + q->count > TABLE ||
           missing || (b->no_joins && q->count > 2) ||
           (q->function == 5 && b->fixed != 0 && q->address == b->fixed);
}

static void act(struct rig *r, struct board *b, const struct chl_modbus_request *q,
                struct chl_modbus_answer *a)
{
    static const chl_area areas[] = {
        [1] = CHL_AREA_COIL, [2] = CHL_AREA_DISCRETE, [3] = CHL_AREA_HOLDING, [4] = CHL_AREA_INPUT};
    if (refused(b, q)) {
        a->status = CHL_MODBUS_EXCEPTION;
        a->exception = 2;
        return;
    }
    a->status = CHL_MODBUS_OK;
    if (q->function == 5) {
        set_coil(r, b, q);
    }
    for (uint16_t i = 0; i < q->count && q->function != 5; i++) {
        if (chl_modbus_writes(q)) {
            b->tables[CHL_AREA_HOLDING][q->address + i] = q->values[i];
        } else {
            a->words[i] = b->tables[areas[q->function]][q->address + i];
        }
    }
}

static void transact(struct rig *r, const struct chl_modbus_request *q)
{
    struct chl_modbus_answer a;
    memset(&a, 0, sizeof a);
    assert_true(r->open && q->unit < BOARDS && r->boards[q->unit].profile != NULL);
    struct board *b = &r->boards[q->unit];
    assert_true(r->wire_count < BOARD_WIRE);
    r->wire[r->wire_count].at_ns = r->now_ns;
    r->wire[r->wire_count++].request = *q;
    r->now_ns += r->taking_ns;
    tick(r);
    if (b->conduct == OBEYS || b->conduct == ACTS_MUTE) {
        act(r, b, q, &a);
    }
    if (b->conduct != OBEYS) {
        a.status = b->conduct == GARBLES ? CHL_MODBUS_BAD : CHL_MODBUS_TIMEOUT;
        r->now_ns += b->conduct == GARBLES ? 0 : q->response_ns;
    }
    chl_modbus_answered(r->driver, r->now_ns, &a);
}

static void step(struct rig *r, int64_t until)
{
    struct chl_modbus_step s;
    tick(r);
    chl_modbus_next(r->driver, r->now_ns, &s);
    switch (s.action) {
    case CHL_MODBUS_WAIT:
        assert_true(s.wake_ns > r->now_ns);
        r->now_ns = s.wake_ns < until ? s.wake_ns : until;
        break;
    case CHL_MODBUS_CONNECT:
        r->open = r->reachable;
        chl_modbus_connected(r->driver, r->now_ns, r->reachable, "refused");
        break;
    case CHL_MODBUS_CLOSE:
        r->open = false;
        r->closes++;
        break;
    case CHL_MODBUS_TRANSACT:
        transact(r, &s.request);
        break;
    case CHL_MODBUS_FLUSH:
        r->flushes++;
        r->flush_ns = r->now_ns;
        break;
    }
}

void rig_run(struct rig *r, int64_t for_ns)
{
    const int64_t until = r->now_ns + for_ns;
    while (r->now_ns < until) {
        step(r, until);
    }
}

void rig_order(struct rig *r, struct chl_gate_command command)
{
    command.size = sizeof command;
    command.deadline_ns = command.deadline_ns != 0 ? command.deadline_ns : FAR;
    assert_int_equal(chl_modbus_accept(r->driver, &command, r->now_ns), CHL_OK);
}

const struct chl_gate_report *rig_done(const struct rig *r, uint64_t id)
{
    const struct chl_gate_report *found = NULL;
    for (size_t i = 0; i < r->report_count; i++) {
        if (r->reports[i].kind == CHL_REPORT_DONE && r->reports[i].command_id == id) {
            assert_null(found); /* exactly once */
            found = &r->reports[i];
        }
    }
    return found;
}

const struct chl_gate_report *rig_newest(const struct rig *r, uint16_t gate, chl_report_kind kind)
{
    for (size_t i = r->report_count; i > 0; i--) {
        if (r->reports[i - 1].kind == kind && r->reports[i - 1].gate.index == gate) {
            return &r->reports[i - 1];
        }
    }
    return NULL;
}

uint16_t *rig_at(struct rig *r, unsigned unit, chl_register_role role, unsigned row)
{
    const struct chl_register *reg = &r->boards[unit].profile->registers[role];
    return &r->boards[unit].tables[reg->area][chl_register_at(reg, row)];
}

uint16_t *rig_setting(struct rig *r, unsigned unit, const char *name, unsigned row)
{
    const struct chl_setting *s = chl_profile_setting(r->boards[unit].profile, name);
    assert_non_null(s);
    return &r->boards[unit].tables[s->reg.area][chl_register_at(&s->reg, row)];
}

void rig_pass(struct rig *r, unsigned unit, unsigned row)
{
    const struct chl_register *reg = &r->boards[unit].profile->registers[CHL_REG_COUNTER];
    uint16_t *at = rig_at(r, unit, CHL_REG_COUNTER, row);
    at[reg->words > 1 && !reg->low_word_first ? 1 : 0]++;
}

size_t rig_count(const struct rig *r, unsigned unit, bool write, uint16_t address, size_t from)
{
    size_t n = 0;
    for (size_t i = from; i < r->wire_count; i++) {
        const struct chl_modbus_request *q = &r->wire[i].request;
        n += q->unit == unit && chl_modbus_writes(q) == write && q->address == address;
    }
    return n;
}
