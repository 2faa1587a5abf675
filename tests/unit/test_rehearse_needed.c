/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How many lanes are needed, against what can be worked out by hand, and the ways through a
 *  site with more and fewer of them.
 */
#include "tests/unit/rehearse_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct target anywhere = {TARGET_ANY, 0};

static struct needed *find(struct stage *stage, uint16_t group)
{
    struct needed *needed = calloc(1, sizeof *needed);
    assert_non_null(needed);
    chl_err error = needed_find(&stage->world, group, &stage->plan, &stage->arrivals,
                                &stage->options, &stage->measure, needed, stage->why);
    if (error != CHL_OK) {
        fail_msg("%s", stage->why);
    }
    return needed;
}

static const struct needed_try *tried(const struct needed *needed, uint16_t lanes)
{
    for (size_t i = 0; i < needed->try_count; i++) {
        if (needed->tries[i].lanes == lanes) {
            return &needed->tries[i];
        }
    }
    return NULL;
}

static void test_lanes_needed_are_rate_over_service(void **state)
{
    (void)state;
    /* A lane serves 20 a minute. Nobody leaves, nothing is by chance. */
    static const struct {
        uint16_t rate, lanes;
    } cases[] = {{20, 1}, {21, 2}, {60, 3}, {70, 4}, {200, 10}, {590, 30}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage *stage = stage_new(2, 0);
        stage->options.dwell_ms = INT64_C(40) * 3600 * 1000;
        stage->options.target_ms = 3500;
        stage_come(stage, 0, 90, cases[i].rate, anywhere);
        stage_run(stage);
        struct needed *needed = find(stage, 0);
        assert_int_equal(needed->lanes, cases[i].lanes);
        assert_false(needed->limit_binds);
        const struct needed_try *best = tried(needed, cases[i].lanes);
        assert_non_null(best);
        assert_true(best->good);
        const struct needed_try *fewer = tried(needed, (uint16_t)(cases[i].lanes - 1));
        assert_true(cases[i].lanes == 1 || (fewer != NULL && !fewer->good));
        for (size_t t = 1; t < needed->try_count; t++) {
            assert_true(needed->tries[t - 1].lanes < needed->tries[t].lanes);
        }
        free(needed);
        stage_free(stage);
    }
}

static void test_a_limit_that_binds_is_told_from_too_few_lanes(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2, 100);
    stage->options.dwell_ms = INT64_C(3600) * 1000;
    stage_come(stage, 0, 60, 20, anywhere);
    stage_run(stage);
    struct needed *needed = find(stage, 0);
    assert_int_equal(needed->lanes, 0);
    assert_int_equal(needed->most_lanes, REHEARSE_LANES_MAX);
    assert_true(needed->limit_binds);
    free(needed);
    stage_free(stage);
}

static void test_numbers_asked_for_are_tried_too(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2, 0);
    stage->options.tries[0] = 7;
    stage->options.tries[1] = 2;
    stage->options.try_count = 2;
    stage_come(stage, 0, 10, 30, anywhere);
    stage_run(stage);
    struct needed *needed = find(stage, 0);
    assert_non_null(tried(needed, 7));
    const struct needed_try *now = tried(needed, 2);
    assert_non_null(now);
    assert_int_equal(now->most, stage->measure.most);
    free(needed);
    stage_free(stage);
}

static void test_an_inner_gate_is_searched_by_its_own_line(void **state)
{
    (void)state;
    struct stage *stage = stage_new(3, 0);
    const struct target court = {TARGET_ZONE, 1};
    stage_add_court(stage, 0);
    stage->options.target_ms = 30000;
    stage->options.dwell_ms = 600000;
    stage_come(stage, 0, 60, 45, court); /* 60 a minute fit outside, 20 at the inner gate */
    stage_run(stage);
    struct measure_quantiles outer;
    struct measure_quantiles inner;
    assert_int_equal(stage->world.group_count, 2);
    assert_int_equal(measure_quantiles(&stage->measure, 0, &outer), CHL_OK);
    assert_int_equal(measure_quantiles(&stage->measure, 1, &inner), CHL_OK);
    assert_true(outer.p95_ms < 30000);
    assert_true(inner.p95_ms > 600000);
    struct needed *needed = find(stage, 1);
    assert_in_range(needed->lanes, 3, 4); /* people go home through them as well */
    const struct needed_try *best = tried(needed, needed->lanes);
    assert_int_equal(best->waits.count, 2700);
    assert_true(best->waits.p95_ms <= 30000);
    /* 2700 come to the inner gate; in the hour it passes 1200, of whom some go home. */
    assert_in_range(tried(needed, 1)->most, 1500, 2100);
    free(needed);
    needed = find(stage, 0);
    assert_int_equal(needed->lanes, 3);
    /* Theirs is the line of the outer gate alone, however long the inner one grew. */
    assert_in_range(tried(needed, 3)->most, 1, 60);
    assert_true(stage->measure.most > 1000);
    free(needed);
    stage_free(stage);
}

static void test_a_gate_that_is_named_is_the_one_taken(void **state)
{
    (void)state;
    struct stage *stage = stage_new(3, 0);
    const struct target second = {TARGET_GATE, 1};
    stage_come(stage, 0, 20, 10, second);
    stage_run(stage);
    assert_int_equal(stage->measure.lane[0].entered, 0);
    assert_int_equal(stage->measure.lane[1].entered, 200);
    assert_int_equal(stage->measure.lane[2].entered, 0);
    /* Home by any of them. */
    assert_true(stage->measure.lane[0].left > 20);
    assert_true(stage->measure.lane[2].left > 20);
    stage_free(stage);
}

static void test_a_varied_site_keeps_what_was_not_varied(void **state)
{
    (void)state;
    struct stage *stage = stage_new(2, 0);
    struct world *more = calloc(1, sizeof *more);
    const struct target gate = {TARGET_GATE, 0};
    const struct target court = {TARGET_ZONE, 1};
    assert_non_null(more);
    stage_add_court(stage, 0);
    world_make(&stage->config, &stage->world);
    assert_int_equal(world_vary(&stage->world, 0, 5, more), CHL_OK);
    assert_int_equal(more->config.gate_count, 6);
    assert_int_equal(more->config.lane_count, 6);
    assert_string_equal(more->gates[0].id, "H");
    assert_true(more->gates[0].hand);
    unsigned ways = 0;
    for (uint16_t g = 0; g < more->config.gate_count; g++) {
        ways += world_leads_in(more, g, ENGINE_NONE, &gate) ? 1U : 0U;
        assert_true(world_leads_in(more, g, ENGINE_NONE, &court) == (g > 0));
        assert_true(world_leads_in(more, g, 0, &court) == (g == 0));
        assert_true(world_leads_out(more, g, 1) == (g == 0));
        assert_true(world_leads_out(more, g, 0) == (g > 0));
    }
    assert_int_equal(ways, 5);
    assert_true(world_reaches(more, &gate) && world_reaches(more, &court));
    /* Without the inner lane nobody gets there. */
    stage->config.lane_count--;
    world_make(&stage->config, &stage->world);
    assert_false(world_reaches(&stage->world, &court));
    assert_true(world_reaches(&stage->world, &anywhere));
    assert_int_equal(world_vary(&stage->world, 0, ENGINE_GATES_MAX, more), CHL_E_LIMIT);
    free(more);
    stage_free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lanes_needed_are_rate_over_service),
        cmocka_unit_test(test_a_limit_that_binds_is_told_from_too_few_lanes),
        cmocka_unit_test(test_numbers_asked_for_are_tried_too),
        cmocka_unit_test(test_an_inner_gate_is_searched_by_its_own_line),
        cmocka_unit_test(test_a_gate_that_is_named_is_the_one_taken),
        cmocka_unit_test(test_a_varied_site_keeps_what_was_not_varied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
