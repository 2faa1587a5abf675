/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A rehearsed day against what can be worked out by hand, and the engine's invariants.
 */
#include "tests/unit/rehearse_world.h"

#include "lib/base/time.h"
#include "sim/rehearse/day_internal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct target anywhere = {TARGET_ANY, 0};

#define HOUR_MS   (INT64_C(3600) * 1000)
#define MINUTE_MS (INT64_C(60) * 1000)
#define MINUTE_NS (60 * CHL_NS_PER_S)

static void test_sixty_a_minute_at_two_lanes_grow_by_twenty(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2, 0);
    stage->options.dwell_ms = 40 * HOUR_MS;
    stage_come(stage, 0, 30, 60, anywhere);
    stage_run(stage); /* 0.5 s + 2.5 s a person: 20 a minute and lane */
    for (int m = 0; m < 30; m++) {
        assert_in_range(stage->measure.minute[m].queue, 20 * (m + 1) - 3, 20 * (m + 1) + 3);
    }
    /* 600 people are left when nobody comes any more; 40 a minute go in. */
    assert_in_range(stage->measure.minute[39].queue, 197, 203);
    assert_in_range(stage->measure.queued_until_ns / CHL_NS_PER_S, 45 * 60 - 6, 45 * 60 + 6);
    assert_in_range(stage->measure.most, 597, 603);
    stage_free(stage);
}

static void test_time_to_full_is_limit_over_rate(void **state)
{
    (void)state;
    struct stage *stage = stage_new(4, 300);
    stage->options.dwell_ms = 20 * MINUTE_MS;
    stage_come(stage, 0, 15, 30, anywhere);
    stage_run(stage);
    const struct measure_zone *zone = &stage->measure.zone[0];
    assert_in_range(zone->full_ns / CHL_NS_PER_S, 600, 606);
    assert_int_equal(zone->peak, 300);
    /* 150 wait; 30 a minute go from minute 20 on and make room for them until 25, give or take
     * the half minute between two looks; 16 fewer, and the limit's mark is gone. */
    assert_in_range(zone->clear_ns / CHL_NS_PER_S, 25 * 60, 26 * 60 + 30);
    assert_true(stage->measure.told >= 4);
    assert_int_equal(stage->measure.left, 450);
    assert_false(stage->measure.cut);
    stage_free(stage);
}

/** Knuth's: people of a minute when each comes by chance. */
static uint16_t poisson(double mean, uint64_t *seed)
{
    double bound = exp(-mean);
    double product = 1;
    uint16_t count = 0;
    for (;;) {
        *seed = *seed * UINT64_C(6364136223846793005) + 1;
        product *= (double)(*seed >> 11) / 9007199254740992.0;
        if (product <= bound) {
            return count;
        }
        count++;
    }
}

static void test_one_lane_waits_as_pollaczek_and_khinchin_say(void **state)
{
    (void)state;
    /* M/D/1: 16 a minute, 3 s each: rho 0.8, mean wait rho × 3 s / (2 (1 − rho)) = 6 s. */
    struct stage *stage = stage_new(1, 0);
    uint64_t seed = 7;
    stage->options.even = false;
    stage->options.scan_ms = 0;
    stage->options.pass_ms = 3000;
    stage->options.dwell_ms = 72 * HOUR_MS;
    for (uint16_t m = 0; m < 2400; m++) {
        stage_come(stage, m, (uint16_t)(m + 1), poisson(16, &seed), anywhere);
    }
    stage_run(stage);
    double sum = 0;
    for (size_t i = 0; i < stage->measure.wait_count; i++) {
        sum += stage->measure.waits[i].ms;
    }
    double mean_ms = sum / (double)stage->measure.wait_count;
    print_message("mean wait %.0f ms of %zu people, expected 6000\n", mean_ms,
                  stage->measure.wait_count);
    assert_true(mean_ms > 5400 && mean_ms < 6600);
    /* Little's law: people in line = rate × wait. */
    double rate = (double)stage->measure.wait_count / (2400.0 * 60);
    double mean_line = (double)measure_mean_queue(&stage->measure) / 100;
    assert_true(fabs(mean_line - rate * mean_ms / 1000) < 0.05);
    stage_free(stage);
}

static void test_everybody_gets_in_and_home_under_the_limit(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct stage *stage = stage_new(3, 150);
        const struct target court = {TARGET_ZONE, 1};
        stage_add_court(stage, 20);
        stage->options = (struct rehearse_options)REHEARSE_USUAL;
        stage->options.seed = seed;
        stage->options.no_shows = 100;
        stage->options.looks = 50;
        stage->options.dwell_ms = 20 * MINUTE_MS;
        stage_come(stage, 0, 60, 14, anywhere);
        stage_come(stage, 10, 50, 2, court);
        stage_run(stage);
        const struct measure *measure = &stage->measure;
        assert_int_equal(measure->entered, stage->arrivals.people);
        assert_int_equal(measure->left, stage->arrivals.people);
        assert_int_equal(measure->lane[3].entered, 80);
        assert_int_equal(measure->lane[3].left, 80);
        assert_int_equal(measure->zone[0].peak, 150);
        assert_true(measure->zone[1].peak > 0 && measure->zone[1].peak <= 20);
        assert_true(measure->told > 0 && measure->missed > 40);
        assert_true(measure->verdicts[CHL_REASON_LANE_BUSY] > 0);
        assert_true(measure->verdicts[CHL_REASON_HEALTH_CHECK] > 20);
        assert_int_equal(measure->refused, 0);
        assert_false(measure->cut);
        stage_free(stage);
    }
}

static void test_passages_slower_than_a_grant_still_end_well(void **state)
{
    (void)state;
    /* Every grant's time runs out while its person stands in the passage. */
    struct stage *stage = stage_new(2, 50);
    stage->options.pass_ms = 9000;
    stage->options.dwell_ms = 5 * MINUTE_MS;
    stage_come(stage, 0, 30, 10, anywhere);
    stage_run(stage);
    assert_int_equal(stage->measure.entered, 300);
    assert_int_equal(stage->measure.left, 300);
    assert_false(stage->measure.cut);
    stage_free(stage);
}

static void test_a_day_that_does_not_end_says_so(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1, 10);
    struct measure_quantiles waits;
    stage->options.dwell_ms = 40 * HOUR_MS;
    stage_come(stage, 0, 2, 10, anywhere);
    stage_run(stage);
    assert_true(stage->measure.cut);
    assert_int_equal(stage->measure.still_inside, 10);
    assert_int_equal(stage->measure.still_queued, 10);
    assert_int_equal(stage->measure.zone[0].clear_ns, -1);
    assert_int_equal(measure_quantiles(&stage->measure, MEASURE_ALL, &waits), CHL_OK);
    assert_int_equal(waits.count, 20);
    assert_true(waits.p95_open && waits.longest_open);
    assert_true(waits.longest_ms > 11 * HOUR_MS);
    stage_free(stage);
}

static void test_lanes_have_their_way(void **state)
{
    (void)state;
    struct stage *stage = stage_new(3, 0);
    stage->gates[0].way = WAY_IN;
    stage->gates[1].way = WAY_BOTH;
    stage->gates[2].way = WAY_OUT;
    stage->options.dwell_ms = 5 * MINUTE_MS;
    stage_come(stage, 0, 30, 20, anywhere);
    stage_run(stage);
    const struct measure_lane *lane = stage->measure.lane;
    assert_true(lane[0].entered > 100 && lane[1].entered > 100);
    assert_int_equal(lane[2].entered, 0);
    assert_int_equal(lane[0].left, 0);
    assert_true(lane[1].left > 100 && lane[2].left > 100);
    assert_int_equal(stage->measure.left, 600);
    stage_free(stage);
    /* Where every lane leads inwards people leave all the same: nobody is ever kept in. */
    stage = stage_new(2, 0);
    stage->gates[0].way = WAY_IN;
    stage->gates[1].way = WAY_IN;
    stage_come(stage, 0, 10, 10, anywhere);
    stage_run(stage);
    assert_int_equal(stage->measure.left, 100);
    stage_free(stage);
}

static void test_a_lane_that_turns_round_sends_its_line_to_the_others(void **state)
{
    (void)state;
    static const struct engine_slot evening = {
        .from_min = 30, .to_min = 60, .days = 0x7F, .out = true};
    struct stage *stage = stage_new(2, 0);
    stage->gates[0].way = WAY_IN;
    stage->gates[1].way = WAY_REVERSIBLE;
    stage->gates[1].slots = &evening;
    stage->gates[1].slot_count = 1;
    stage->options.dwell_ms = 31 * MINUTE_MS;
    stage_come(stage, 0, 30, 45, anywhere); /* 40 a minute get in: 150 wait when it turns */
    stage_run(stage);
    const struct measure *measure = &stage->measure;
    assert_in_range(measure->minute[29].queue, 147, 153);
    assert_in_range(measure->lane[1].entered, 595, 603); /* none after half an hour */
    assert_in_range(measure->lane[0].entered, 745, 755);
    assert_true(measure->lane[1].left > 700);
    assert_int_equal(measure->left, 30 * 45);
    assert_true(measure->verdicts[CHL_REASON_LANE_RUNS_OUT] >= 1);
    /* Their wait goes on counting where they go: the last of 150 at 20 a minute. */
    struct measure_quantiles waits;
    assert_int_equal(measure_quantiles(measure, MEASURE_ALL, &waits), CHL_OK);
    assert_in_range(waits.longest_ms, 7 * 60 * 1000, 12 * 60 * 1000);
    stage_free(stage);
}

static void test_a_seed_gives_the_same_day_again(void **state)
{
    (void)state;
    struct measure first = {.minutes = 0};
    for (int run = 0; run < 3; run++) {
        struct stage *stage = stage_new(3, 200);
        stage->options = (struct rehearse_options)REHEARSE_USUAL;
        stage->options.seed = run < 2 ? 5 : 6;
        stage_come(stage, 0, 40, 25, anywhere);
        stage_run(stage);
        size_t bytes = stage->measure.minute_count * sizeof *stage->measure.minute;
        if (run == 0) {
            first = stage->measure;
            stage->measure = (struct measure){.minutes = 0};
        } else {
            bool same = first.minute_count == stage->measure.minute_count &&
                        memcmp(first.minute, stage->measure.minute, bytes) == 0;
            assert_true(same == (run == 1));
        }
        stage_free(stage);
    }
    measure_free(&first);
}

static void test_a_wrong_count_stops_the_rehearsal(void **state)
{
    (void)state;
    struct stage *stage = stage_new(1, 10);
    struct day *day = calloc(1, sizeof *day);
    struct turnstile turnstile = {.scanning = NOBODY, .admitted = NOBODY, .passing = NOBODY};
    assert_non_null(day);
    stage_come(stage, 0, 1, 5, anywhere);
    stage_run(stage);
    *day = (struct day){.world = &stage->world,
                        .plan = &stage->plan,
                        .options = &stage->options,
                        .measure = &stage->measure,
                        .gates = &turnstile,
                        .why = stage->why};
    assert_int_equal(engine_init(&day->engine, &stage->world.config), CHL_OK);
    assert_int_equal(engine_output_init(&day->out), CHL_OK);
    day_open(day);
    day_scan(day, 0, 0);
    assert_int_equal(day->failed, CHL_OK);
    assert_int_equal(day->verdict, CHL_ADMIT);
    assert_int_equal(turnstile.left, 1);
    /* Two go through where one is counted. */
    day->truth[0] = 1;
    day_count(day, 0, false);
    assert_int_equal(day->failed, CHL_E_STATE);
    assert_non_null(strstr(stage->why, "venue"));
    engine_free(&day->engine);
    engine_output_free(&day->out);
    free(day);
    stage_free(stage);
}

static void test_twenty_thousand_people_in_seconds(void **state)
{
    (void)state;
    struct stage *stage = stage_new(8, 5000);
    stage->options = (struct rehearse_options)REHEARSE_USUAL;
    stage_come(stage, 480, 880, 50, anywhere);
    int64_t begin_ns = chl_mono_ns();
    stage_run(stage);
    int64_t took_ms = (chl_mono_ns() - begin_ns) / CHL_NS_PER_MS;
    print_message("20000 people: %d ms\n", (int)took_ms);
    assert_int_equal(stage->measure.entered, 20000);
    assert_true(took_ms < 10000);
    stage_free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sixty_a_minute_at_two_lanes_grow_by_twenty),
        cmocka_unit_test(test_time_to_full_is_limit_over_rate),
        cmocka_unit_test(test_one_lane_waits_as_pollaczek_and_khinchin_say),
        cmocka_unit_test(test_everybody_gets_in_and_home_under_the_limit),
        cmocka_unit_test(test_passages_slower_than_a_grant_still_end_well),
        cmocka_unit_test(test_a_day_that_does_not_end_says_so),
        cmocka_unit_test(test_lanes_have_their_way),
        cmocka_unit_test(test_a_lane_that_turns_round_sends_its_line_to_the_others),
        cmocka_unit_test(test_a_seed_gives_the_same_day_again),
        cmocka_unit_test(test_a_wrong_count_stops_the_rehearsal),
        cmocka_unit_test(test_twenty_thousand_people_in_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
