/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Whatever counters do, the truth lies within the error bar: random days with known truth.
 *
 *  Every gate has a turnstile's counters of 16 or 32 bits; some have a second count beside them.
 * Turnstiles miss people, both begin anew, links and the daemon go away. At most one count of a
 * gate is wrong between two moments of rest: nothing can find two that are wrong alike.
 */
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RIGHT = 0, MISSED = 1, RESET = 2 };
enum { DAYS = 200, STEPS = 1500, DEVICES = 3, TRANSIT = 3 };
/* People pass a lane no faster than two a second. */
#define PASS_NS (CHL_NS_PER_S / 2)

struct device {
    uint32_t counts[2], checks[2]; /**< raw; entries, exits */
    uint8_t bits, check_bits;
    bool has_check, silent, check_silent;
    uint8_t wronged; /**< which of its faults since the last rest */
    bool restarted;  /**< to be said with the next reading */
};

struct world {
    struct site site;
    struct device devices[DEVICES];
    int64_t truth[2]; /**< people really in venue and court */
    uint32_t seed;
    bool eventful; /**< on this day people count zones anew, and second counts fall silent */
    int missed, said, unsaid, check_resets, away, starts, recounts, check_away;
};

static uint32_t dice(struct world *world, uint32_t sides)
{
    world->seed = world->seed * 1664525U + 1013904223U;
    return (world->seed >> 8) % sides;
}

static uint32_t cut(uint32_t value, uint8_t bits)
{
    return bits == 16 ? value & 0xFFFFU : value;
}

static void report(struct world *world, uint16_t g)
{
    struct device *device = &world->devices[g];
    struct engine_input input = {.kind = INPUT_REPORT};
    struct chl_gate_report *made = &input.as.report;
    if (device->silent) {
        return;
    }
    made->kind = CHL_REPORT_READING;
    made->gate.index = g;
    made->restarted = device->restarted;
    made->reading = (struct chl_gate_reading){.entry_count = device->counts[0],
                                              .exit_count = device->counts[1],
                                              .count_bits = device->bits,
                                              .mode = CHL_MODE_NORMAL};
    made->has_check = device->has_check && !device->check_silent;
    made->check_bits = device->check_bits;
    made->check_entry_count = device->checks[0];
    made->check_exit_count = device->checks[1];
    device->restarted = false;
    site_decide(&world->site, &input);
}

/** So many seconds go by; every device that answers is read once in each. */
static void live(struct world *world, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        world->site.now_ns += CHL_NS_PER_S;
        for (uint16_t g = 0; g < DEVICES; g++) {
            report(world, g);
        }
    }
}

static void walk(struct world *world, uint16_t g)
{
    struct device *device = &world->devices[g];
    unsigned way = dice(world, 5) < 3 ? 0 : 1;
    if (way == 1 && (world->truth[1] == 0 || world->truth[0] == 0)) {
        way = 0;
    }
    int sign = way == 0 ? 1 : -1;
    if (g == 2 && way == 0 && world->truth[0] <= world->truth[1]) {
        return; /* nobody stands between venue and court */
    }
    world->site.now_ns += PASS_NS;
    world->truth[1] += sign;
    world->truth[0] += g == 2 ? 0 : sign;
    bool miss =
        device->has_check && !device->silent && device->wronged != RESET && dice(world, 40) == 0;
    if (miss) {
        device->wronged = MISSED;
        world->missed++;
    } else {
        device->counts[way] = cut(device->counts[way] + 1, device->bits);
    }
    device->checks[way] = cut(device->checks[way] + 1, device->check_bits);
    if (dice(world, 3) != 0) {
        report(world, g);
    }
}

/* A reset that nobody says is found where the counter was far from where a step could end. */
static void reset(struct world *world, uint16_t g)
{
    struct device *device = &world->devices[g];
    bool found = device->counts[0] > 2000 && device->counts[0] < 0xE000 && !device->silent;
    if (device->wronged) {
        return;
    }
    device->wronged = RESET;
    device->restarted = !found || dice(world, 2) == 0;
    world->said += device->restarted;
    world->unsaid += !device->restarted;
    device->counts[0] = 0;
    device->counts[1] = 0;
}

static void reset_check(struct world *world, uint16_t g)
{
    struct device *device = &world->devices[g];
    if (device->wronged || !device->has_check || device->silent || device->checks[0] < 2000) {
        return;
    }
    device->wronged = RESET;
    device->checks[0] = 0;
    device->checks[1] = 0;
    world->check_resets++;
}

static void link(struct world *world, uint16_t g)
{
    struct device *device = &world->devices[g];
    struct engine_input input = {.kind = INPUT_REPORT};
    device->silent = !device->silent;
    if (device->silent) {
        input.as.report.kind = CHL_REPORT_LINK;
        input.as.report.gate.index = g;
        strcpy(input.as.report.text, "cable pulled");
        site_decide(&world->site, &input);
        world->away++;
    } else {
        report(world, g);
    }
}

/* Somebody counts a zone right, whoever is silent meanwhile. */
static void recount(struct world *world)
{
    uint16_t zone = (uint16_t)dice(world, 2);
    live(world, 1);
    site_operator(&world->site, (struct engine_operator){.kind = OPERATOR_RECOUNT,
                                                         .how = CHL_RECOUNT_SWEEP,
                                                         .who = "Lan",
                                                         .why = "test",
                                                         .zone = zone,
                                                         .inside = world->truth[zone]});
    world->recounts++;
}

/** All answer, nobody moves: the counts have said all they know. */
static void rest(struct world *world)
{
    for (uint16_t g = 0; g < DEVICES; g++) {
        world->devices[g].check_silent = false;
        if (world->devices[g].silent) {
            link(world, g);
        }
    }
    live(world, 6);
    for (uint16_t g = 0; g < DEVICES; g++) {
        world->devices[g].wronged = RIGHT;
    }
}

static void within(const struct world *world, int64_t slack)
{
    for (uint16_t z = 0; z < 2; z++) {
        int64_t off = world->site.engine.state.zones[z].inside - world->truth[z];
        off = off < 0 ? -off : off;
        if (off > engine_zone_error(&world->site.engine, z) + slack) {
            print_error("zone %u: %lld inside, %lld really, bar %lld\n", z,
                        (long long)world->site.engine.state.zones[z].inside,
                        (long long)world->truth[z],
                        (long long)engine_zone_error(&world->site.engine, z));
            fail();
        }
    }
}

static void step(struct world *world)
{
    uint16_t g = (uint16_t)dice(world, DEVICES);
    uint32_t what = dice(world, 400);
    if (what < 340) {
        walk(world, g);
    } else if (what < 384) {
        live(world, 1 + (int)dice(world, 3));
    } else if (what < 386) {
        reset(world, g);
    } else if (what < 388) {
        reset_check(world, g);
    } else if (what < 391) {
        link(world, g);
    } else if (what < 392) {
        world->starts++;
        site_decide(&world->site, &(struct engine_input){.kind = INPUT_START});
    } else if (what < 393 && world->eventful) {
        recount(world);
    } else if (what < 394 && world->eventful) {
        world->devices[g].check_silent = !world->devices[g].check_silent;
        world->check_away++;
    } else {
        rest(world);
        within(world, 0);
    }
}

static void begin(struct world *world, uint32_t seed, const struct engine_config *config)
{
    memset(world, 0, sizeof *world);
    world->seed = seed;
    site_open(&world->site);
    world->site.engine.config = config;
    for (uint16_t g = 0; g < DEVICES; g++) {
        struct device *device = &world->devices[g];
        device->bits = dice(world, 2) == 0 ? 16 : 32;
        device->check_bits = dice(world, 2) == 0 ? 16 : 32;
        device->has_check = dice(world, 2) == 0;
        for (int way = 0; way < 2; way++) {
            bool near = dice(world, 4) == 0;
            device->counts[way] =
                cut(near ? UINT32_MAX - 40 : 2100 + dice(world, 9000), device->bits);
            device->checks[way] =
                cut(dice(world, 4) == 0 ? UINT32_MAX - 60 : 2100, device->check_bits);
        }
    }
    site_decide(&world->site, &(struct engine_input){.kind = INPUT_START});
    live(world, 1);
}

static void test_truth_lies_within_the_bar(void **state)
{
    (void)state;
    static struct world world;
    static struct engine_gate_config gates[SITE_GATES];
    struct engine_config config = site_config;
    int seen[8] = {0};
    size_t narrow[2] = {0};
    memcpy(gates, site_config.gates, sizeof gates);
    for (int g = 0; g < DEVICES; g++) {
        gates[g].check_entry = true;
        gates[g].check_exit = true;
    }
    config.gates = gates;
    for (uint32_t day = 0; day < DAYS; day++) {
        begin(&world, day + 1, &config);
        world.eventful = day % 2 == 1;
        for (int i = 0; i < STEPS; i++) {
            step(&world);
        }
        rest(&world);
        within(&world, 0);
        int64_t passages = 0;
        for (uint16_t g = 0; g < DEVICES; g++) {
            passages += (int64_t)world.site.engine.state.gates[g].since;
        }
        narrow[world.eventful] += engine_zone_error(&world.site.engine, 1) < passages / 3;
        assert_true(site_replays(&world.site));
        int counts[8] = {world.missed, world.said,   world.unsaid,   world.check_resets,
                         world.away,   world.starts, world.recounts, world.check_away};
        for (int k = 0; k < 8; k++) {
            seen[k] += counts[k];
        }
        site_close(&world.site);
    }
    print_message("missed %d, resets said %d, unsaid %d, of second counts %d, away %d, starts %d, "
                  "recounts %d, second counts away %d; bars below a third of the passages on %zu "
                  "of %d plain days and %zu eventful ones\n",
                  seen[0], seen[1], seen[2], seen[3], seen[4], seen[5], seen[6], seen[7], narrow[0],
                  (int)DAYS / 2, narrow[1]);
    for (int k = 0; k < 8; k++) {
        assert_true(seen[k] > DAYS / 4);
    }
    /* A bar that is always as wide as the day would hold everything and say nothing. */
    assert_true(narrow[0] > DAYS / 2 * 8 / 10);
    assert_true(narrow[1] > DAYS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_truth_lies_within_the_bar)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
