/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Whatever fails and whenever: what the gate driver never does.
 */
#include "tests/unit/modbus_board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LOT_1 = 1, LOT_2 = 4, RELAY = 2, COUNTER = 7, SEEDS = 12, STEPS = 1500, ORDERS = 4000 };

struct order {
    int64_t deadline_ns;
    uint32_t generation;
    uint16_t gate;
    uint8_t action;
    unsigned done, written;
    bool dead; /**< its gate was given a newer generation */
    int64_t dead_ns;
};

struct world {
    struct rig *rig;
    uint64_t random;
    size_t orders, looked, reported;
    struct order order[ORDERS + 1];
    uint32_t generation[3];
    unsigned passages, releases;
};

static uint32_t pick(struct world *w, uint32_t below)
{
    w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(w->random >> 33) % below;
}

static void make(struct world *w, uint64_t seed, bool serial)
{
    struct rig *r = rig_new(serial);
    *w = (struct world){.rig = r, .random = seed, .generation = {1, 1, 1}};
    (void)rig_board(r, LOT_1, "lot-turnstile");
    (void)rig_board(r, LOT_2, "lot-turnstile");
    (void)rig_board(r, RELAY, "waveshare-relay");
    (void)rig_board(r, COUNTER, "wirenboard-mr6c-v3");
    struct chl_modbus_device gates[] = {rig_gate(r, 0, LOT_1), rig_gate(r, 1, LOT_2),
                                        rig_gate(r, 2, RELAY)};
    gates[2].release_row = 0;
    gates[2].count = rig_part(r, COUNTER, 0, 1);
    gates[2].lamps = rig_part(r, RELAY, 2, 3);
    rig_start(r, gates, 3);
}

static void order_something(struct world *w)
{
    static const uint8_t modes[] = {CHL_MODE_NORMAL, CHL_MODE_BLOCKED, CHL_MODE_FREE_EXIT,
                                    CHL_MODE_EMERGENCY, CHL_MODE_FREE};
    const uint16_t gate = (uint16_t)pick(w, 3);
    const uint64_t id = w->orders + 1;
    struct chl_gate_command c = {.size = sizeof c,
                                 .action = (uint8_t)(1 + pick(w, 5)),
                                 .gate = {gate},
                                 .id = id,
                                 .places = gate == 2 ? (uint16_t)(1 + pick(w, 4)) : (uint16_t)id,
                                 .mode = modes[pick(w, gate == 2 ? 3 : 5)],
                                 .signal = (uint8_t)pick(w, CHL_SIGNAL_COUNT),
                                 .sound = (uint8_t)pick(w, CHL_SOUND_COUNT),
                                 .standing = pick(w, 2) == 0,
                                 .hold_ms = 300,
                                 .generation = w->generation[gate],
                                 .deadline_ns = w->rig->now_ns + (1 + pick(w, 10000)) * MS};
    if (chl_modbus_accept(w->rig->driver, &c, w->rig->now_ns) == CHL_OK) {
        w->orders++;
        w->order[id] = (struct order){.deadline_ns = c.deadline_ns,
                                      .generation = c.generation,
                                      .gate = gate,
                                      .action = c.action};
        w->releases += gate == 2 && c.action == CHL_GATE_RELEASE;
    }
}

static void raise_generation(struct world *w)
{
    const uint16_t gate = (uint16_t)pick(w, 3);
    w->generation[gate]++;
    chl_modbus_raise_generation(w->rig->driver, (chl_gate_id){gate}, w->generation[gate]);
    for (size_t i = 1; i <= w->orders; i++) {
        struct order *o = &w->order[i];
        if (o->gate == gate && !o->dead) {
            o->dead = true;
            o->dead_ns = w->rig->now_ns;
        }
    }
}

static void disturb(struct world *w)
{
    static const unsigned units[] = {LOT_1, LOT_2, RELAY, COUNTER};
    struct rig *r = w->rig;
    const unsigned unit = units[pick(w, 4)];
    switch (pick(w, 20)) {
    case 0:
        r->boards[unit].conduct = (conduct)pick(w, 4);
        break;
    case 1:
    case 2:
    case 3:
        r->boards[unit].conduct = OBEYS;
        break;
    case 4:
        chl_modbus_lost(r->driver, r->now_ns, "pulled");
        break;
    case 5:
        r->reachable = pick(w, 8) != 0;
        break;
    case 6:
        rig_pass(r, COUNTER, 0);
        w->passages++;
        break;
    case 7:
        raise_generation(w);
        break;
    default:
        order_something(w);
        break;
    }
}

/** Each release of a turnstile is written with a number of its own, so that every writing of it can
 *  be told. */
static void look_at_wire(struct world *w)
{
    const struct rig *r = w->rig;
    for (; w->looked < r->wire_count; w->looked++) {
        const struct chl_modbus_request *q = &r->wire[w->looked].request;
        const int64_t at = r->wire[w->looked].at_ns;
        if (!chl_modbus_writes(q) || (q->unit != LOT_1 && q->unit != LOT_2)) {
            continue;
        }
        assert_false(q->address == 0x41 && q->values[0] != 0xFFFF); /* the way out */
        assert_false(q->address == 0x3000 && q->values[0] == 1);    /* and its mode */
        if (q->address == 0x40 && q->values[0] != 0 && q->values[0] != 0xFFFF) {
            struct order *o = &w->order[q->values[0]];
            assert_int_equal(o->action, CHL_GATE_RELEASE);
            assert_true(at < o->deadline_ns);
            assert_true(!o->dead || at <= o->dead_ns);
            assert_int_equal(++o->written, 1);
        }
    }
}

static void look_at_reports(struct world *w)
{
    struct rig *r = w->rig;
    for (size_t i = 0; i < r->report_count; i++) {
        if (r->reports[i].kind == CHL_REPORT_DONE) {
            assert_in_range(r->reports[i].command_id, 1, w->orders);
            assert_int_equal(++w->order[r->reports[i].command_id].done, 1);
        }
    }
    r->report_count = 0;
}

static void heal(struct world *w)
{
    for (size_t i = 0; i < BOARDS; i++) {
        w->rig->boards[i].conduct = OBEYS;
    }
    w->rig->reachable = true;
    rig_run(w->rig, 20000 * MS);
    look_at_wire(w);
    look_at_reports(w);
    assert_int_equal(chl_modbus_up(w->rig->driver), 3);
    for (size_t i = 1; i <= w->orders; i++) {
        assert_int_equal(w->order[i].done, 1);
    }
    assert_int_equal(*rig_at(w->rig, LOT_1, CHL_REG_EXIT_GRANT, 0), 0xFFFF);
    assert_int_equal(*rig_at(w->rig, LOT_2, CHL_REG_EXIT_GRANT, 0), 0xFFFF);
    assert_in_range(w->rig->boards[RELAY].pulses[0], 0, w->releases + w->passages);
}

static void run_seed(uint64_t seed, bool serial)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    make(w, seed * 7919 + 1, serial);
    for (int i = 0; i < STEPS; i++) {
        disturb(w);
        rig_run(w->rig, pick(w, 120) * MS);
        look_at_wire(w);
        look_at_reports(w);
    }
    heal(w);
    unsigned written = 0;
    for (size_t i = 1; i <= w->orders; i++) {
        written += w->order[i].written;
    }
    assert_true(written >= STEPS / 100); /* the faults leave something to look at */
    rig_free(w->rig);
    free(w);
}

static void test_random_faults_over_tcp(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run_seed(seed, false);
    }
}

static void test_random_faults_on_a_line(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 100 + SEEDS; seed++) {
        run_seed(seed, true);
    }
}

/** On a line a lost answer costs the silence after it too; all of that together stays a fifth. */
static void test_dead_unit_on_a_line_costs_a_bounded_share(void **state)
{
    (void)state;
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    make(w, 1, true);
    rig_run(w->rig, 2000 * MS);
    w->rig->boards[LOT_2].conduct = MUTE;
    rig_run(w->rig, 1000 * MS);
    const size_t from = w->rig->wire_count;
    const int64_t begin = w->rig->now_ns;
    rig_run(w->rig, 60000 * MS);
    size_t probes = 0;
    for (size_t i = from; i < w->rig->wire_count; i++) {
        probes += w->rig->wire[i].request.unit == LOT_2;
    }
    assert_true(probes >= 5);
    /* LOT: 500 ms for an answer, and until 1000 ms after the request nobody speaks */
    assert_true((int64_t)probes * 1000 * MS <= (w->rig->now_ns - begin) / 4);
    assert_in_range(rig_count(w->rig, LOT_1, false, 0x40, from), 150, 240);
    rig_free(w->rig);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_faults_over_tcp),
        cmocka_unit_test(test_random_faults_on_a_line),
        cmocka_unit_test(test_dead_unit_on_a_line_costs_a_bounded_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
