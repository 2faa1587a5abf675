/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The gate driver against a wire of plain arrays, with a clock that the test moves.
 */
#include "lib/modbus/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/time.h"

#define MS  CHL_NS_PER_MS
#define FAR INT64_MAX
#define T0  (100 * CHL_NS_PER_S)

enum { GATES = 3, REPORTS = 512, WIRE = 4096, TRANSACT_US = 200 };
enum {
    R_ENTRY,
    R_EXIT,
    R_ENTRY_OBJECT,
    R_EXIT_OBJECT,
    R_IN_LO,
    R_IN_HI,
    R_OUT_LO,
    R_OUT_HI,
    R_ERR
};

typedef enum { WELL, SILENT, DEAF_AFTER, REFUSES, WRONG, HANGS_UP } manner;

struct unit {
    manner manner; /**< DEAF_AFTER: acts, but the answer is lost */
    uint16_t block[9], mode, accumulate, start;
    int64_t heard_ns;
};

struct wired {
    int64_t at_ns;
    struct chl_modbus_request request;
};

struct bus {
    int64_t now_ns;
    bool reachable, open, host_busy;
    struct unit units[GATES + 1];
    struct chl_profile profile;
    struct chl_modbus *driver;
    struct chl_gate_report reports[REPORTS];
    size_t report_count;
    struct wired wire[WIRE];
    size_t wire_count;
    unsigned connects, closes;
    int64_t last_connect_ns;
};

static chl_err post(void *user, const struct chl_gate_report *report)
{
    struct bus *b = user;
    if (b->host_busy) {
        return CHL_E_BUSY;
    }
    assert_true(b->report_count < REPORTS);
    b->reports[b->report_count++] = *report;
    return CHL_OK;
}

static void profile_init(struct chl_profile *p)
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
                              .functions = 1u << 3 | 1u << 16};
    for (size_t i = 0; i < sizeof map / sizeof *map; i++) {
        p->registers[map[i].role] = (struct chl_register){.present = true,
                                                          .writable = map[i].writable,
                                                          .address = map[i].address,
                                                          .words = map[i].words,
                                                          .low_word_first = true,
                                                          .max = 0xFFFF,
                                                          .unit = "s"};
    }
}

static void bus_init_backoff(struct bus *b, size_t gates, int64_t gap_ns, int64_t backoff_max_ns)
{
    char why[200] = "";
    struct chl_modbus_device devices[GATES];
    memset(b, 0, sizeof *b);
    b->now_ns = T0;
    b->reachable = true;
    profile_init(&b->profile);
    for (size_t i = 0; i < gates; i++) {
        devices[i] = (struct chl_modbus_device){.gate = {(uint16_t)i},
                                                .unit = (uint16_t)(i + 1),
                                                .name = "G",
                                                .profile = &b->profile,
                                                .pass_time_ms = 7000};
        b->units[i + 1].start = 7;
    }
    const struct chl_modbus_settings settings = {.poll_ns = 250 * MS,
                                                 .gap_ns = gap_ns,
                                                 .backoff_min_ns = 200 * MS,
                                                 .backoff_max_ns = backoff_max_ns,
                                                 .seed = 1,
                                                 .user = b,
                                                 .post = post};
    assert_int_equal(chl_modbus_new(&settings, devices, gates, &b->driver, why, sizeof why),
                     CHL_OK);
}

static void bus_init(struct bus *b, size_t gates, int64_t gap_ns)
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
    if (r->write) {
        *word(u, r->address) = r->value;
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
    switch (u->manner) {
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

/** One step of the owner's loop; never sleeps past `until`. */
static void step(struct bus *b, int64_t until)
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
    }
}

static void run(struct bus *b, int64_t for_ns)
{
    const int64_t until = b->now_ns + for_ns;
    while (b->now_ns < until) {
        step(b, until);
    }
}

static void order(struct bus *b, uint16_t gate, chl_gate_action action, uint16_t n, uint64_t id,
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

static const struct chl_gate_report *done(const struct bus *b, uint64_t id)
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

static const struct chl_gate_report *newest(const struct bus *b, uint16_t gate,
                                            chl_report_kind kind)
{
    for (size_t i = b->report_count; i > 0; i--) {
        if (b->reports[i - 1].kind == kind && b->reports[i - 1].gate.index == gate) {
            return &b->reports[i - 1];
        }
    }
    return NULL;
}

static size_t count_wire(const struct bus *b, uint16_t unit, bool write, uint16_t address,
                         size_t from)
{
    size_t n = 0;
    for (size_t i = from; i < b->wire_count; i++) {
        const struct chl_modbus_request *r = &b->wire[i].request;
        n += r->unit == unit && r->write == write && r->address == address;
    }
    return n;
}

static void settle(struct bus *b)
{
    run(b, 600 * MS);
    b->wire_count = 0;
    b->report_count = 0;
}

static void test_start_reads_before_it_writes(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    b.units[1].block[R_IN_LO] = 0xFFFE;
    b.units[1].block[R_IN_HI] = 1;
    b.units[2].mode = 2;
    run(&b, 300 * MS);
    for (uint16_t unit = 1; unit <= 2; unit++) {
        size_t i = 0;
        while (b.wire[i].request.unit != unit || b.wire[i].request.address != 0x40 ||
               b.wire[i].request.write) {
            assert_false(b.wire[i].request.unit == unit && b.wire[i].request.write);
            i++;
        }
        assert_int_equal(b.wire[i].request.count, 9);
        assert_int_equal(b.units[unit].block[R_EXIT], 0xFFFF);
    }
    assert_int_equal(b.reports[0].kind, CHL_REPORT_LINK);
    assert_true(b.reports[0].link_up);
    assert_int_equal(b.reports[1].kind, CHL_REPORT_READING);
    assert_int_equal(b.reports[1].reading.entry_count, 131070);
    assert_int_equal(b.reports[1].reading.count_bits, 32);
    assert_int_equal(newest(&b, 1, CHL_REPORT_READING)->reading.mode, CHL_MODE_EMERGENCY);
    assert_int_equal(b.units[2].mode, 2); /* adopted, not ended */
    chl_modbus_free(b.driver);
}

static void test_gap_kept_and_overridden(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, GATES, -1);
    run(&b, 2000 * MS);
    for (size_t i = 1; i < b.wire_count; i++) {
        assert_true(b.wire[i].at_ns - b.wire[i - 1].at_ns >= 5 * MS);
    }
    chl_modbus_free(b.driver);
    bus_init(&b, GATES, 0);
    run(&b, 2000 * MS);
    size_t back_to_back = 0;
    for (size_t i = 1; i < b.wire_count; i++) {
        back_to_back += b.wire[i].at_ns - b.wire[i - 1].at_ns < MS;
    }
    assert_true(back_to_back > 0);
    chl_modbus_free(b.driver);
}

static void test_exit_asserted_again(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    b.units[1].block[R_EXIT] = 0;
    run(&b, 300 * MS);
    assert_int_equal(b.units[1].block[R_EXIT], 0xFFFF);
    assert_int_equal(count_wire(&b, 1, true, 0x41, 0), 1);
    run(&b, 1000 * MS);
    assert_int_equal(count_wire(&b, 1, true, 0x41, 0), 1);
    chl_modbus_free(b.driver);
}

static void test_found_blocked_is_opened_outwards(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    b.units[1].mode = 1;
    b.units[1].block[R_ENTRY] = 4;
    run(&b, 500 * MS);
    assert_int_equal(b.units[1].mode, 0);
    assert_int_equal(b.units[1].block[R_ENTRY], 0); /* before the mode: nobody gets in by it */
    for (size_t i = 0; i < b.report_count; i++) {
        if (b.reports[i].kind == CHL_REPORT_READING) {
            assert_int_equal(b.reports[i].reading.mode, CHL_MODE_BLOCKED);
            break;
        }
    }
    chl_modbus_free(b.driver);
}

static void test_settings_compared(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    b.units[1].accumulate = 1;
    b.units[1].start = 30;
    run(&b, 500 * MS);
    assert_int_equal(b.units[1].accumulate, 0);
    assert_int_equal(b.units[1].start, 7);
    chl_modbus_free(b.driver);
}

static void test_release_goes_out_at_once(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, GATES, 0);
    settle(&b);
    order(&b, 1, CHL_GATE_RELEASE, 3, 77, 1, FAR);
    const int64_t at = b.now_ns;
    step(&b, FAR);
    assert_int_equal(b.wire_count, 1);
    assert_int_equal(b.wire[0].at_ns, at);
    assert_true(b.wire[0].request.write);
    assert_int_equal(b.wire[0].request.address, 0x40);
    assert_int_equal(b.units[2].block[R_ENTRY], 3);
    assert_int_equal(done(&b, 77)->status, CHL_COMMAND_DONE);
    chl_modbus_free(b.driver);
}

static void test_released_gate_polled_fast(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    settle(&b);
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 1, FAR);
    run(&b, 1000 * MS);
    const size_t fast = count_wire(&b, 1, false, 0x40, 0);
    const size_t slow = count_wire(&b, 2, false, 0x40, 0);
    assert_in_range(fast, 40, 51);
    assert_in_range(slow, 4, 6);
    b.units[1].block[R_ENTRY] = 0; /* walked through */
    b.units[1].block[R_IN_LO]++;
    const size_t from = b.wire_count;
    run(&b, 1000 * MS);
    assert_in_range(count_wire(&b, 1, false, 0x40, from), 4, 7);
    assert_int_equal(newest(&b, 0, CHL_REPORT_READING)->reading.entry_count, 1);
    chl_modbus_free(b.driver);
}

static void test_priority_order(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, GATES, -1);
    settle(&b);
    order(&b, 0, CHL_GATE_CANCEL, 0, 1, 1, FAR);
    order(&b, 1, CHL_GATE_RELEASE, 2, 2, 1, FAR);
    order(&b, 2, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 3, 1, FAR);
    run(&b, 100 * MS);
    assert_int_equal(b.wire[0].request.unit, 3);
    assert_int_equal(b.wire[0].request.address, 0x3000);
    assert_int_equal(b.wire[0].request.value, 2);
    assert_int_equal(b.wire[1].request.unit, 2);
    assert_int_equal(b.wire[2].request.unit, 1);
    for (uint64_t id = 1; id <= 3; id++) {
        assert_int_equal(done(&b, id)->status, CHL_COMMAND_DONE);
    }
    assert_int_equal(done(&b, 3)->reading.mode, CHL_MODE_EMERGENCY);
    chl_modbus_free(b.driver);
}

/** A cancel ordered before a grant of the same gate must not end that grant. */
static void test_one_gate_keeps_its_order(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    order(&b, 0, CHL_GATE_CANCEL, 0, 1, 1, FAR);
    order(&b, 0, CHL_GATE_RELEASE, 2, 2, 1, FAR);
    run(&b, 100 * MS);
    assert_int_equal(b.units[1].block[R_ENTRY], 2);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_DONE);
    assert_int_equal(done(&b, 1)->reading.entry_left, 0);
    chl_modbus_free(b.driver);
}

static void test_deadline_never_reaches_the_wire(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 1, b.now_ns);
    order(&b, 0, CHL_GATE_RELEASE, 1, 2, 1, b.now_ns + 1);
    run(&b, 300 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_DONE); /* it was in time */
    b.reachable = false;
    b.units[1].manner = HANGS_UP;
    run(&b, 300 * MS);
    order(&b, 0, CHL_GATE_RELEASE, 1, 3, 1, b.now_ns + 50 * MS);
    run(&b, 60 * MS);
    assert_int_equal(done(&b, 3)->status, CHL_COMMAND_ABORTED);
    chl_modbus_free(b.driver);
}

static void test_older_generation_aborted(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    settle(&b);
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 4, FAR);
    chl_modbus_raise_generation(b.driver, (chl_gate_id){0}, 5);
    order(&b, 1, CHL_GATE_RELEASE, 1, 2, 1, FAR); /* generations are each gate's own */
    order(&b, 0, CHL_GATE_RELEASE, 1, 3, 4, FAR);
    run(&b, 100 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(done(&b, 3)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_DONE);
    assert_int_equal(count_wire(&b, 1, true, 0x40, 0), 0);
    chl_modbus_free(b.driver);
}

static void test_emergency_voids_what_came_before(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    order(&b, 0, CHL_GATE_MODE, CHL_MODE_NORMAL, 1, 1, FAR);
    order(&b, 0, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 2, 1, FAR);
    run(&b, 200 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_DONE);
    assert_int_equal(b.units[1].mode, 2);
    order(&b, 0, CHL_GATE_MODE, CHL_MODE_NORMAL, 3, 2, FAR);
    run(&b, 200 * MS);
    assert_int_equal(done(&b, 3)->status, CHL_COMMAND_DONE);
    assert_int_equal(b.units[1].mode, 0);
    chl_modbus_free(b.driver);
}

static void test_modes_never_block_the_way_out(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    uint64_t id = 0;
    for (int from = 0; from < CHL_MODE_COUNT; from++) {
        for (int to = 0; to < CHL_MODE_COUNT; to++) {
            order(&b, 0, CHL_GATE_MODE, (uint16_t)from, ++id, 1, FAR);
            run(&b, 100 * MS);
            order(&b, 0, CHL_GATE_MODE, (uint16_t)to, ++id, 1, FAR);
            run(&b, 100 * MS);
            assert_int_equal(done(&b, id)->status, CHL_COMMAND_DONE);
            assert_int_equal(b.units[1].block[R_EXIT], 0xFFFF);
            assert_int_equal(b.units[1].mode, to == CHL_MODE_EMERGENCY ? 2 : 0);
            if (to != CHL_MODE_EMERGENCY) {
                assert_int_equal(b.units[1].block[R_ENTRY], to == CHL_MODE_FREE ? 0xFFFF : 0);
            }
            b.report_count = 0;
        }
    }
    for (size_t i = 0; i < b.wire_count; i++) {
        const struct chl_modbus_request *r = &b.wire[i].request;
        assert_false(r->write && r->address == 0x3000 && r->value == 1);
        assert_false(r->write && r->address == 0x41 && r->value != 0xFFFF);
    }
    chl_modbus_free(b.driver);
}

/** A release whose answer is lost is UNKNOWN, is read back first, and is never written again. */
static void test_lost_answer_is_unknown(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    b.units[1].manner = DEAF_AFTER;
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 1, FAR);
    run(&b, 110 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_UNKNOWN);
    assert_false(newest(&b, 0, CHL_REPORT_LINK)->link_up);
    assert_true(b.closes > 0);
    b.units[1].manner = WELL;
    const size_t from = b.wire_count;
    order(&b, 0, CHL_GATE_CANCEL, 0, 2, 1, FAR);
    run(&b, 2000 * MS);
    size_t i = from;
    while (b.wire[i].request.address != 0x40 || b.wire[i].request.write) {
        assert_false(b.wire[i].request.write);
        i++;
    }
    assert_true(newest(&b, 0, CHL_REPORT_LINK)->link_up);
    assert_int_equal(count_wire(&b, 1, true, 0x40, 0), 2); /* the release and the cancel */
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_DONE);
    assert_true(done(&b, 2)->has_reading);
    chl_modbus_free(b.driver);
}

static void test_cancel_survives_the_link(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    b.units[1].block[R_ENTRY] = 2;
    b.units[1].manner = HANGS_UP;
    order(&b, 0, CHL_GATE_CANCEL, 0, 1, 1, FAR);
    order(&b, 0, CHL_GATE_CANCEL, 0, 2, 1, b.now_ns + 500 * MS);
    run(&b, 1000 * MS);
    assert_null(done(&b, 1));
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_ABORTED);
    b.units[1].manner = WELL;
    run(&b, 4000 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_DONE);
    assert_int_equal(b.units[1].block[R_ENTRY], 0);
    chl_modbus_free(b.driver);
}

static void test_refused_write_fails(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    order(&b, 0, CHL_GATE_RELEASE, 0xFFFF, 1, 1, FAR); /* would be "free" at the device */
    order(&b, 0, CHL_GATE_RELEASE, 0, 2, 1, FAR);
    b.units[1].manner = REFUSES;
    order(&b, 0, CHL_GATE_RELEASE, 1, 3, 1, FAR);
    run(&b, 20 * MS);
    for (uint64_t id = 1; id <= 3; id++) {
        assert_int_equal(done(&b, id)->status, CHL_COMMAND_FAILED);
    }
    assert_non_null(strstr(done(&b, 3)->text, "illegal data address"));
    chl_modbus_free(b.driver);
}

/** The others keep their rate beside a dead unit: each probe costs one answer time, and at most a
 *  fifth of the bus. */
static void test_dead_unit_costs_a_bounded_share(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, GATES, -1);
    b.units[2].manner = SILENT;
    settle(&b);
    run(&b, 10000 * MS);
    size_t probes = 0;
    for (size_t i = 0; i < b.wire_count; i++) {
        probes += b.wire[i].request.unit == 2;
    }
    assert_in_range(probes, 2, 10); /* backoff: at most every 2.4 s in the end */
    assert_in_range(count_wire(&b, 1, false, 0x40, 0), 36, 60);
    assert_in_range(count_wire(&b, 3, false, 0x40, 0), 36, 60);
    for (size_t i = 0; i < b.report_count; i++) {
        assert_false(b.reports[i].kind == CHL_REPORT_LINK && b.reports[i].gate.index != 1);
    }
    b.units[2].manner = WELL;
    run(&b, 4000 * MS);
    assert_true(newest(&b, 1, CHL_REPORT_LINK)->link_up);
    assert_int_equal(chl_modbus_up(b.driver), GATES);
    chl_modbus_free(b.driver);
}

/** However short the backoff, all dead units together get a fifth of the bus. */
static void test_probes_share_the_bus(void **state)
{
    (void)state;
    struct bus b;
    bus_init_backoff(&b, GATES, -1, 200 * MS);
    b.units[2].manner = SILENT;
    b.units[3].manner = SILENT;
    settle(&b);
    run(&b, 10000 * MS);
    const size_t probes =
        b.wire_count - count_wire(&b, 1, false, 0x40, 0) - count_wire(&b, 1, false, 0x3000, 0);
    assert_in_range(probes, 10, 10000 / 500 + 1); /* 100 ms of each 500 ms */
    assert_null(newest(&b, 0, CHL_REPORT_LINK));
    chl_modbus_free(b.driver);
}

/** A link that came back at once: what happened to the device meanwhile is read first. */
static void test_release_after_reconnect_is_read_first(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    chl_modbus_lost(b.driver, b.now_ns, "closed");
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 1, FAR);
    run(&b, 100 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_DONE);
    size_t i = 0;
    while (!b.wire[i].request.write) {
        i++;
    }
    assert_int_equal(i, 2);                      /* the mode, the block */
    assert_null(newest(&b, 0, CHL_REPORT_LINK)); /* it was never down */
    chl_modbus_free(b.driver);
}

static void test_silent_unit_down_within_its_timeout(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    b.units[1].manner = SILENT;
    run(&b, (250 + 100 + 10) * MS); /* one poll, one answer time */
    assert_false(newest(&b, 0, CHL_REPORT_LINK)->link_up);
    assert_non_null(strstr(newest(&b, 0, CHL_REPORT_LINK)->text, "no answer"));
    chl_modbus_free(b.driver);
}

static void test_unreachable_backs_off_with_jitter(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    b.reachable = false;
    int64_t waits[8];
    int64_t last = 0;
    for (size_t i = 0; i < 8; i++) {
        const unsigned before = b.connects;
        while (b.connects == before) {
            step(&b, FAR);
        }
        waits[i] = b.last_connect_ns - last;
        last = b.last_connect_ns;
    }
    for (size_t i = 1; i < 8; i++) {
        int64_t full = 200 * MS;
        for (size_t k = 1; k < i; k++) {
            full = full * 2 < 3200 * MS ? full * 2 : 3200 * MS;
        }
        assert_in_range(waits[i], full * 3 / 4, full);
    }
    assert_true(waits[6] != waits[7]); /* both at the longest, apart by jitter */
    assert_false(newest(&b, 0, CHL_REPORT_LINK)->link_up);
    assert_false(newest(&b, 1, CHL_REPORT_LINK)->link_up);
    b.reachable = true;
    run(&b, 4000 * MS);
    assert_int_equal(chl_modbus_up(b.driver), 2);
    chl_modbus_free(b.driver);
}

static void test_emergency_does_not_wait_for_backoff(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    b.reachable = false;
    run(&b, 10000 * MS);
    b.reachable = true;
    order(&b, 0, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 1, 1, FAR);
    run(&b, 50 * MS);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_DONE);
    assert_int_equal(b.units[1].mode, 2);
    chl_modbus_free(b.driver);
}

static void test_wrong_answer_closes_the_link(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    const unsigned closes = b.closes;
    b.units[1].manner = WRONG;
    order(&b, 0, CHL_GATE_RELEASE, 1, 1, 1, FAR);
    run(&b, 10 * MS);
    assert_int_equal(b.closes, closes + 1);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_UNKNOWN);
    chl_modbus_free(b.driver);
}

static void test_readings_at_least_once_a_second(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 1, -1);
    settle(&b);
    run(&b, 10000 * MS);
    size_t readings = 0;
    int64_t last = 0;
    for (size_t i = 0; i < b.report_count; i++) {
        assert_int_equal(b.reports[i].kind, CHL_REPORT_READING);
        assert_true(last == 0 || b.reports[i].reading.taken_ns - last <= 1000 * MS);
        last = b.reports[i].reading.taken_ns;
        readings++;
    }
    assert_in_range(readings, 10, 15);
    chl_modbus_free(b.driver);
}

static void test_busy_host_loses_nothing(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    settle(&b);
    b.host_busy = true;
    for (uint64_t id = 1; id <= CHL_MODBUS_GATE_COMMANDS; id++) {
        order(&b, 0, CHL_GATE_READ, 0, id, 1, FAR);
    }
    run(&b, 200 * MS);
    const struct chl_gate_command more = {
        .size = sizeof more, .action = CHL_GATE_READ, .generation = 1, .deadline_ns = FAR};
    assert_int_equal(chl_modbus_accept(b.driver, &more, b.now_ns), CHL_E_BUSY);
    order(&b, 0, CHL_GATE_MODE, CHL_MODE_EMERGENCY, 100, 1, FAR); /* has places of its own */
    b.units[2].manner = SILENT;
    run(&b, 500 * MS);
    b.units[2].manner = WELL;
    run(&b, 5000 * MS);
    assert_int_equal(b.report_count, 0);
    b.host_busy = false;
    run(&b, 10 * MS);
    for (uint64_t id = 1; id <= CHL_MODBUS_GATE_COMMANDS; id++) {
        assert_int_equal(done(&b, id)->status, CHL_COMMAND_DONE);
    }
    assert_int_equal(done(&b, 100)->status, CHL_COMMAND_DONE);
    bool was_down = false;
    for (size_t i = 0; i < b.report_count; i++) {
        if (b.reports[i].kind == CHL_REPORT_LINK) {
            assert_int_equal(b.reports[i].gate.index, 1);
            assert_true(b.reports[i].link_up == was_down); /* down was told before up */
            was_down = !b.reports[i].link_up;
        }
    }
    assert_true(newest(&b, 1, CHL_REPORT_LINK)->link_up);
    chl_modbus_free(b.driver);
}

static void test_stop_completes_everything(void **state)
{
    (void)state;
    struct bus b;
    bus_init(&b, 2, -1);
    settle(&b);
    b.units[1].manner = HANGS_UP;
    b.units[1].block[R_ENTRY] = 1;
    order(&b, 0, CHL_GATE_CANCEL, 0, 1, 1, FAR); /* sent, unconfirmed */
    order(&b, 0, CHL_GATE_RELEASE, 1, 2, 1, FAR);
    run(&b, 20 * MS);
    order(&b, 1, CHL_GATE_RELEASE, 1, 3, 1, FAR);
    b.host_busy = true;
    assert_int_equal(chl_modbus_abort(b.driver, b.now_ns), 3);
    b.host_busy = false;
    assert_int_equal(chl_modbus_abort(b.driver, b.now_ns), 0);
    assert_int_equal(done(&b, 1)->status, CHL_COMMAND_UNKNOWN);
    assert_int_equal(done(&b, 2)->status, CHL_COMMAND_ABORTED);
    assert_int_equal(done(&b, 3)->status, CHL_COMMAND_ABORTED);
    chl_modbus_free(b.driver);
}

static void test_what_cannot_be_driven_is_refused(void **state)
{
    (void)state;
    struct chl_profile p;
    char why[200];
    struct chl_modbus *driver = NULL;
    profile_init(&p);
    struct chl_modbus_device d[2] = {{.unit = 1, .name = "A", .profile = &p},
                                     {.gate = {1}, .unit = 1, .name = "B", .profile = &p}};
    const struct chl_modbus_settings s = {.post = post, .poll_ns = 250 * MS};
    assert_int_equal(chl_modbus_new(&s, d, 2, &driver, why, sizeof why), CHL_E_CONFIG);
    assert_non_null(strstr(why, "different units"));
    d[0].unit = 33;
    assert_int_equal(chl_modbus_new(&s, d, 1, &driver, why, sizeof why), CHL_E_CONFIG);
    d[0].unit = 1;
    p.read_block_count = 6; /* the exit count's high word would come from another moment */
    assert_int_equal(chl_modbus_new(&s, d, 1, &driver, why, sizeof why), CHL_E_CONFIG);
    p.read_block_count = 9;
    p.functions = 1u << 3;
    assert_int_equal(chl_modbus_new(&s, d, 1, &driver, why, sizeof why), CHL_E_CONFIG);
    assert_null(driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_reads_before_it_writes),
        cmocka_unit_test(test_gap_kept_and_overridden),
        cmocka_unit_test(test_exit_asserted_again),
        cmocka_unit_test(test_found_blocked_is_opened_outwards),
        cmocka_unit_test(test_settings_compared),
        cmocka_unit_test(test_release_goes_out_at_once),
        cmocka_unit_test(test_released_gate_polled_fast),
        cmocka_unit_test(test_priority_order),
        cmocka_unit_test(test_one_gate_keeps_its_order),
        cmocka_unit_test(test_deadline_never_reaches_the_wire),
        cmocka_unit_test(test_older_generation_aborted),
        cmocka_unit_test(test_emergency_voids_what_came_before),
        cmocka_unit_test(test_modes_never_block_the_way_out),
        cmocka_unit_test(test_lost_answer_is_unknown),
        cmocka_unit_test(test_cancel_survives_the_link),
        cmocka_unit_test(test_refused_write_fails),
        cmocka_unit_test(test_dead_unit_costs_a_bounded_share),
        cmocka_unit_test(test_probes_share_the_bus),
        cmocka_unit_test(test_release_after_reconnect_is_read_first),
        cmocka_unit_test(test_silent_unit_down_within_its_timeout),
        cmocka_unit_test(test_unreachable_backs_off_with_jitter),
        cmocka_unit_test(test_emergency_does_not_wait_for_backoff),
        cmocka_unit_test(test_wrong_answer_closes_the_link),
        cmocka_unit_test(test_readings_at_least_once_a_second),
        cmocka_unit_test(test_busy_host_loses_nothing),
        cmocka_unit_test(test_stop_completes_everything),
        cmocka_unit_test(test_what_cannot_be_driven_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
