/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Random histories: invariants 1 to 6 after every step, sums agree with the devices, replay
 * gives the same.
 */
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { HISTORIES = 300, STEPS = 600, DEVICES = 3 };

/** A turnstile that only lets through what was granted, or lets somebody slip behind. */
struct device {
    uint16_t left;
    uint64_t cancel_grant; /**< a cancel that has not completed yet */
    uint64_t release_grant;
};

struct world {
    struct site site;
    struct device devices[DEVICES];
    int64_t truth[2]; /**< people really in venue and court */
    bool slipped;     /**< somebody entered without a grant in this history */
    uint32_t generations[SITE_GATES];
    uint64_t last; /**< sequence of the last record */
    size_t seen[RECORD_TYPE_COUNT];
    uint32_t seed;
};

static uint32_t dice(struct world *world, uint32_t sides)
{
    world->seed = world->seed * 1664525U + 1013904223U;
    return (world->seed >> 8) % sides;
}

static void obey(struct world *world)
{
    for (size_t i = 0; i < world->site.out.effect_count; i++) {
        const struct engine_effect *effect = &world->site.out.effects[i];
        if (effect->kind != EFFECT_COMMAND) {
            continue;
        }
        struct device *device = &world->devices[effect->gate];
        if (effect->action == ACTION_RELEASE) {
            device->left = effect->places;
            device->release_grant = effect->grant;
        } else if (effect->action == ACTION_CANCEL) {
            device->left = 0;
            device->cancel_grant = effect->grant;
        } else if (effect->action == ACTION_MODE) {
            device->left = 0;
            world->site.mode[effect->gate] = effect->mode == CHL_MODE_EMERGENCY
                                                 ? (uint8_t)CHL_MODE_EMERGENCY
                                                 : (uint8_t)CHL_MODE_NORMAL;
        }
    }
}

static void check_limits(const struct world *world)
{
    for (size_t i = 0; i < world->site.out.record_count; i++) {
        const struct engine_record *record = &world->site.out.records[i];
        if (record->type != RECORD_DECISION || record->as.DECISION.places == 0) {
            continue;
        }
        for (int z = 0; z < 2; z++) {
            const struct engine_zone *zone = &world->site.engine.state.zones[z];
            bool counts = z == 1 || record->as.DECISION.gate != 2;
            if (counts) {
                assert_true(zone->inside + zone->reserved <= site_config.zones[z].hard);
            }
        }
    }
}

/* Invariants 1, 3 and 6 of one command that lets people in. */
static void check_release(const struct world *world, const struct engine_effect *effect)
{
    const struct engine *engine = &world->site.engine;
    const struct engine_gate *gate = &engine->state.gates[effect->gate];
    const struct engine_record *made = site_record(&world->site, RECORD_DECISION);
    assert_non_null(made);
    assert_int_equal(made->as.DECISION.verdict, CHL_ADMIT);
    assert_int_equal(made->as.DECISION.places, effect->places);
    assert_int_equal(made->sequence, effect->grant);
    assert_false(effect->urgent);
    assert_true(effect->after >= effect->grant);
    assert_int_equal(gate->state, GATE_OK);
    assert_int_equal(gate->mode, CHL_MODE_NORMAL);
    assert_int_equal(gate->mode_state, MODE_HELD);
    assert_false(engine->state.emergency);
    assert_false(engine_disperses(engine, effect->gate));
    assert_false(engine_runs_out(engine, effect->gate));
    unsigned barred = 1U << CONDITION_UNFIT | 1U << CONDITION_STUCK | 1U << CONDITION_ERROR |
                      1U << CONDITION_FIRE;
    assert_int_equal(gate->conditions & barred, 0);
}

static void check_commands(struct world *world)
{
    const struct engine *engine = &world->site.engine;
    for (size_t i = 0; i < world->site.out.effect_count; i++) {
        const struct engine_effect *effect = &world->site.out.effects[i];
        if (effect->kind != EFFECT_COMMAND) {
            continue;
        }
        /* One that the same decision overtook is dropped on its way; a release never is one. */
        uint32_t newest = engine->state.gates[effect->gate].generation;
        assert_true(effect->generation <= newest);
        assert_true(effect->action != ACTION_RELEASE || effect->generation == newest);
        assert_true(effect->not_after_ns > world->site.now_ns);
        if (effect->action == ACTION_RELEASE) {
            check_release(world, effect);
        }
    }
    for (uint16_t g = 0; g < SITE_GATES; g++) {
        assert_true(engine->state.gates[g].generation >= world->generations[g]);
        world->generations[g] = engine->state.gates[g].generation;
    }
}

/* Invariant 5: places are taken by grants that live, and by nothing else. */
static void check_places(const struct world *world)
{
    const struct engine_state *state = &world->site.engine.state;
    int64_t held[2] = {0, 0};
    for (uint16_t g = 0; g < SITE_GATES; g++) {
        const struct engine_grant *grant = &state->gates[g].grant;
        int64_t left = grant->state == GRANT_NONE ? 0 : grant->places - grant->passed;
        held[0] += g == 2 ? 0 : left;
        held[1] += g == SITE_HAND ? 0 : left;
    }
    assert_int_equal(state->zones[0].reserved, held[0]);
    assert_int_equal(state->zones[1].reserved, held[1]);
}

/* Invariant 9, and numbers without a hole. */
static void check_records(struct world *world)
{
    for (size_t i = 0; i < world->site.out.record_count; i++) {
        const struct engine_record *record = &world->site.out.records[i];
        assert_int_equal(record->sequence, world->last + 1);
        world->last = record->sequence;
        world->seen[record->type]++;
        if (record->type == RECORD_OPERATOR) {
            assert_true(record->as.OPERATOR.who[0] != '\0');
        } else if (record->type == RECORD_DISPERSAL) {
            assert_true(record->as.DISPERSAL.who[0] != '\0');
        } else if (record->type == RECORD_EMERGENCY && !record->as.EMERGENCY.active) {
            assert_true(record->as.EMERGENCY.who[0] != '\0');
            /* Never while an input says that it burns. */
            for (uint16_t g = 0; g < SITE_GATES; g++) {
                unsigned fire = 1U << CONDITION_FIRE;
                assert_int_equal(world->site.engine.state.gates[g].conditions & fire, 0);
            }
        }
    }
}

/* Every output on its way: what it says, and what the devices make of it. */
static void look(struct world *world)
{
    check_records(world);
    check_limits(world);
    check_commands(world);
    check_places(world);
    obey(world);
}

static void move(struct world *world, uint16_t gate, int entries, int exits)
{
    int venue = gate == 2 ? 0 : 1;
    world->truth[0] += venue * (entries - exits);
    world->truth[1] += entries - exits;
}

/** A mode, an emergency or its reset: none of them may lose or give away a place. */
static void order(struct world *world, uint16_t gate)
{
    struct engine_operator act = {.who = "chief", .why = "rehearsal", .gate = gate};
    struct engine_input fire = {.kind = INPUT_EMERGENCY};
    switch (dice(world, 24)) {
    case 0:
        site_decide(&world->site, &fire);
        break;
    case 8:
    case 9:
    case 10:
        act.kind = OPERATOR_DISPERSE;
        act.zone = dice(world, 2) == 0 ? (uint16_t)dice(world, 2) : (uint16_t)ENGINE_NONE;
        act.ends = dice(world, 6) != 0;
        site_operator(&world->site, act);
        break;
    case 11:
        act.kind = OPERATOR_SCHEDULE;
        site_operator(&world->site, act);
        break;
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
        act.kind = OPERATOR_RESET;
        site_operator(&world->site, act);
        break;
    default:
        act.kind = OPERATOR_MODE;
        act.mode = dice(world, 4) == 0 ? (uint8_t)dice(world, CHL_MODE_COUNT) : CHL_MODE_NORMAL;
        site_operator(&world->site, act);
        break;
    }
    for (uint16_t g = 0; g < DEVICES && dice(world, 4) != 0; g++) {
        look(world);
        site_complete(&world->site, g, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    }
}

/* Sixty people with a declaration, a card and a number each; some numbers are shared by a family,
 * and some cards show the number of before. */
static struct engine_scan any_scan(struct world *world, uint16_t lane)
{
    unsigned person = dice(world, 60);
    unsigned kind = dice(world, 3);
    struct engine_scan scan =
        site_scan(lane, person + 100 * kind, (uint16_t)(1 + (kind == 0 ? dice(world, 3) : 0)));
    unsigned count = dice(world, 4);
    for (unsigned i = 0; i < count; i++) {
        uint8_t *key = scan.aliases.keys[scan.aliases.count++];
        unsigned number = dice(world, 4) == 0 ? person / 3 : person;
        memcpy(key, &number, sizeof number);
        key[15] = (uint8_t)(2 + dice(world, 2));
    }
    if (kind > 0) {
        scan.format = CHL_FORMAT_CCCD;
        scan.is_signed = false;
    } else {
        int64_t now_s = world->site.now_ns / CHL_NS_PER_S;
        scan.issued_at = now_s - (int64_t)dice(world, 60);
        scan.valid_until = now_s + (int64_t)dice(world, 120);
    }
    return scan;
}

/** A reading that says more than its counters: sensors, contacts, a button, an input. */
static void sense(struct world *world, uint16_t gate)
{
    struct site *site = &world->site;
    struct chl_gate_report report = site_reading(site, gate);
    report.reading.object_entry = dice(world, 2) == 0;
    report.reading.error = dice(world, 16) == 0 ? (uint16_t)dice(world, 3) : 0;
    report.tamper = dice(world, 8) == 0;
    report.unfit = dice(world, 40) == 0;
    report.fire = dice(world, 120) == 0;
    if (dice(world, 160) == 0) {
        site->mode[gate] = CHL_MODE_EMERGENCY; /* somebody pressed it */
        report.reading.mode = CHL_MODE_EMERGENCY;
    }
    site->now_ns += (int64_t)dice(world, 2000) * CHL_NS_PER_MS;
    site_report(site, &report);
}

static void step(struct world *world)
{
    struct site *site = &world->site;
    uint16_t gate = (uint16_t)dice(world, DEVICES);
    struct device *device = &world->devices[gate];
    /* A step may do nothing: what was said before is not said again. */
    site->out.record_count = 0;
    site->out.effect_count = 0;
    switch (dice(world, 16)) {
    case 0:
    case 1:
    case 2:
    case 3: {
        struct engine_scan scan = any_scan(world, gate);
        site_show(site, &scan);
        break;
    }
    case 4:
    case 5:
    case 6:
        if (device->left > 0) {
            device->left--;
            move(world, gate, 1, 0);
            site_pass(site, gate, 1, 0);
        }
        break;
    case 7:
        if (world->truth[1] > 0) {
            move(world, gate, 0, 1);
            site_pass(site, gate, 0, 1);
        }
        break;
    case 8:
        site->now_ns += (int64_t)(1 + dice(world, 9)) * CHL_NS_PER_S;
        site_decide(site, &(struct engine_input){.kind = INPUT_TICK});
        break;
    case 9:
        if (device->cancel_grant != 0) {
            uint64_t grant = device->cancel_grant;
            device->cancel_grant = 0;
            site_complete(site, gate, ACTION_CANCEL, grant,
                          dice(world, 3) == 0 ? CHL_COMMAND_UNKNOWN : CHL_COMMAND_DONE, false);
        }
        break;
    case 10: {
        struct engine_input input = {.kind = INPUT_REPORT};
        input.as.report.kind = CHL_REPORT_LINK;
        input.as.report.gate.index = gate;
        if (dice(world, 4) == 0) {
            input = (struct engine_input){.kind = INPUT_START};
        }
        site_decide(site, &input);
        break;
    }
    case 11:
        site_complete(site, gate, ACTION_MODE, 0,
                      dice(world, 3) == 0 ? CHL_COMMAND_ABORTED : CHL_COMMAND_DONE, false);
        break;
    case 12:
        order(world, gate);
        break;
    case 13:
    case 14:
        sense(world, gate);
        break;
    default:
        if (dice(world, 8) == 0) {
            world->slipped = true;
            move(world, gate, 1, 0);
            site_pass(site, gate, 1, 0);
        } else {
            site_pass(site, gate, 0, 0);
        }
        break;
    }
    look(world);
}

/** Nobody stands anywhere, nothing burns, nothing is broken: until all of it is believed. */
static void calm(struct world *world)
{
    struct site *site = &world->site;
    for (int i = 0; i < 4; i++) {
        site->now_ns += 30 * CHL_NS_PER_S;
        for (uint16_t g = 0; g < DEVICES; g++) {
            site_pass(site, g, 0, 0);
            look(world);
        }
        site_decide(site, &(struct engine_input){.kind = INPUT_TICK});
        look(world);
    }
}

/** All devices answer and all is normal again: then no place may be taken any more. */
static void come_to_rest(struct world *world)
{
    struct site *site = &world->site;
    struct engine_operator act = {.kind = OPERATOR_RESET, .who = "chief", .why = "over"};
    calm(world);
    site_operator(site, act);
    look(world);
    act.kind = OPERATOR_DISPERSE;
    act.ends = true;
    for (int z = -1; z < 2; z++) {
        act.zone = z < 0 ? (uint16_t)ENGINE_NONE : (uint16_t)z;
        site_operator(site, act);
        look(world);
    }
    act.kind = OPERATOR_MODE;
    act.mode = CHL_MODE_NORMAL;
    for (act.gate = 0; act.gate < DEVICES; act.gate++) {
        site_operator(site, act);
        look(world);
    }
    for (int i = 0; i < 4; i++) {
        site->now_ns += 60 * CHL_NS_PER_S;
        site_decide(site, &(struct engine_input){.kind = INPUT_TICK});
        look(world);
        for (uint16_t g = 0; g < DEVICES; g++) {
            const struct engine_grant *grant = &site->engine.state.gates[g].grant;
            site_pass(site, g, 0, 0);
            look(world);
            site_complete(site, g, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
            look(world);
            site_complete(site, g, ACTION_CANCEL, grant->id, CHL_COMMAND_DONE, false);
            look(world);
        }
    }
    for (int z = 0; z < 2; z++) {
        assert_int_equal(site->engine.state.zones[z].reserved, 0);
    }
    for (uint16_t g = 0; g < DEVICES; g++) {
        assert_int_equal(site->engine.state.gates[g].mode_state, MODE_HELD);
        assert_int_equal(site->engine.state.gates[g].conditions, 0);
    }
}

/* Every other site has lanes of one way and one that turns round all the time. */
static void make_config(struct engine_config *config, struct engine_gate_config *gates, bool ways)
{
    static const struct engine_slot slots[] = {
        {.from_min = 8 * 60, .to_min = 8 * 60 + 2, .days = 0x7F, .out = true},
        {.from_min = 8 * 60 + 4, .to_min = 8 * 60 + 7, .days = 0x7F, .out = true}};
    *config = site_config;
    memcpy(gates, site_config.gates, SITE_GATES * sizeof *gates);
    config->gates = gates;
    config->enough_up_to[CHL_FORMAT_CCCD] = 4;
    config->reuse_after_s = 40;
    if (ways) {
        gates[0].way = WAY_IN;
        gates[1].way = WAY_REVERSIBLE;
        gates[1].slots = slots;
        gates[1].slot_count = 2;
        config->device_emergency_is_local = true;
    }
}

/* Invariants 1 to 6 and 9. */
static void test_random_histories(void **state)
{
    (void)state;
    static struct world world;
    static struct engine_config config;
    size_t grants = 0, aliases = 0, counted_elsewhere = 0, used = 0;
    static struct engine_gate_config gates[SITE_GATES];
    size_t records[RECORD_TYPE_COUNT] = {0};
    for (uint32_t h = 0; h < HISTORIES; h++) {
        memset(&world, 0, sizeof world);
        world.seed = h + 1;
        make_config(&config, gates, h % 2 == 1);
        site_open(&world.site);
        world.site.utc_offset_s = 8 * 3600;
        world.site.engine.config = &config;
        site_ready(&world.site);
        world.last = world.site.engine.state.sequence;
        obey(&world);
        for (int i = 0; i < STEPS; i++) {
            step(&world);
            const struct engine_record *made = site_record(&world.site, RECORD_DECISION);
            const uint8_t none[ENGINE_CODE] = {0};
            if (made != NULL) {
                aliases += made->as.DECISION.aliases.count;
                counted_elsewhere += memcmp(made->as.DECISION.counted, none, ENGINE_CODE) != 0;
                used += made->as.DECISION.reason == CHL_REASON_ALREADY_USED;
            }
        }
        for (uint16_t g = 0; g < DEVICES; g++) {
            site_pass(&world.site, g, 0, 0);
            look(&world);
            grants += world.site.engine.state.gates[g].entries;
        }
        for (int z = 0; z < 2; z++) {
            const struct engine_zone *zone = &world.site.engine.state.zones[z];
            /* G3 takes people out of the court that the venue never counted in when the draw says
             * so: only then may the count differ, and never by more than the bar says. */
            int64_t off = zone->inside - world.truth[z];
            off = off < 0 ? -off : off;
            assert_true(off <= zone->uncertain);
        }
        come_to_rest(&world);
        assert_true(site_replays(&world.site));
        for (size_t t = 0; t < RECORD_TYPE_COUNT; t++) {
            records[t] += world.seen[t];
        }
        site_close(&world.site);
    }
    assert_true(grants > HISTORIES);
    /* The histories did what they are about. */
    assert_true(records[RECORD_GATE_PHASE] > HISTORIES && records[RECORD_DISPERSAL] > HISTORIES &&
                records[RECORD_EMERGENCY] > HISTORIES && records[RECORD_AT_ALARM] > HISTORIES &&
                records[RECORD_GATE_MODE] > HISTORIES);
    assert_true(aliases > HISTORIES && counted_elsewhere > 0 && used > HISTORIES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_histories)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
