/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modes that a device did not take, panic at a device, grants that outlive a restart,
 * readings that were missed: nothing is lost, nothing stays taken for ever.
 */
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int open_site(void **state)
{
    struct site *site = calloc(1, sizeof *site);
    if (site == NULL) {
        return -1;
    }
    site_open(site);
    site_ready(site);
    *state = site;
    return 0;
}

static int close_site(void **state)
{
    struct site *site = *state;
    bool same = site_replays(site);
    site_close(site);
    free(site);
    return same ? 0 : -1;
}

static const struct engine_gate *gate_of(const struct site *site, uint16_t gate)
{
    return &site->engine.state.gates[gate];
}

static void admit(struct site *site, uint16_t lane, unsigned code)
{
    struct engine_scan scan = site_scan(lane, code, 1);
    assert_int_equal(site_show(site, &scan), CHL_REASON_OK);
}

static void set_mode(struct site *site, uint16_t gate, chl_gate_mode mode)
{
    site_operator(site, (struct engine_operator){.kind = OPERATOR_MODE,
                                                 .gate = gate,
                                                 .mode = (uint8_t)mode,
                                                 .who = "chief",
                                                 .why = "rehearsal"});
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_OK);
}

static void reset(struct site *site)
{
    site_operator(site, (struct engine_operator){
                            .kind = OPERATOR_RESET, .who = "chief", .why = "drill is over"});
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_OK);
}

static void link_down(struct site *site, uint16_t gate)
{
    struct engine_input down = {.kind = INPUT_REPORT};
    down.as.report.kind = CHL_REPORT_LINK;
    down.as.report.gate.index = gate;
    site_decide(site, &down);
}

/** Commands of one action to a gate in the last output. */
static size_t commands(const struct site *site, uint16_t gate, engine_action action)
{
    size_t count = 0;
    for (size_t i = 0; i < site->out.effect_count; i++) {
        const struct engine_effect *effect = &site->out.effects[i];
        count += effect->kind == EFFECT_COMMAND && effect->gate == gate && effect->action == action;
    }
    return count;
}

static void test_mode_that_failed_is_sent_again(void **state)
{
    struct site *site = *state;
    struct engine_input fire = {.kind = INPUT_EMERGENCY};
    strcpy(fire.as.emergency.source, "fire panel");
    site_decide(site, &fire);
    site_complete(site, 0, ACTION_MODE, 0, CHL_COMMAND_ABORTED, false);
    site->now_ns += 3 * CHL_NS_PER_S;
    site_pass(site, 0, 0, 0);
    assert_int_equal(commands(site, 0, ACTION_MODE), 1);
    assert_true(site_effect(site, EFFECT_COMMAND)->urgent);
    assert_int_equal(site_effect(site, EFFECT_COMMAND)->mode, CHL_MODE_EMERGENCY);
    /* Under way: not sent with every reading. */
    site->now_ns += 3 * CHL_NS_PER_S;
    site_pass(site, 0, 0, 0);
    assert_int_equal(commands(site, 0, ACTION_MODE), 0);
    site->mode[0] = CHL_MODE_EMERGENCY;
    site_complete(site, 0, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    site->now_ns += 3 * CHL_NS_PER_S;
    site_pass(site, 0, 0, 0);
    assert_int_equal(commands(site, 0, ACTION_MODE), 0);
}

static void test_nobody_is_admitted_before_the_mode_is_confirmed(void **state)
{
    struct site *site = *state;
    set_mode(site, 0, CHL_MODE_BLOCKED);
    site_complete(site, 0, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    set_mode(site, 0, CHL_MODE_NORMAL);
    struct engine_scan scan = site_scan(0, 1, 1);
    assert_int_equal(site_show(site, &scan), CHL_REASON_GATE_NOT_READY);
    site_complete(site, 0, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    admit(site, 0, 1);
}

static void test_reset_while_a_gate_is_down_holds_when_it_returns(void **state)
{
    struct site *site = *state;
    struct engine_input fire = {.kind = INPUT_EMERGENCY};
    site_decide(site, &fire);
    for (uint16_t g = 0; g < SITE_HAND; g++) {
        site->mode[g] = CHL_MODE_EMERGENCY;
        site_complete(site, g, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    }
    link_down(site, 0);
    reset(site);
    site_complete(site, 0, ACTION_MODE, 0, CHL_COMMAND_ABORTED, false);
    site_pass(site, 0, 0, 0);
    assert_int_equal(gate_of(site, 0)->mode, CHL_MODE_NORMAL);
    assert_int_equal(commands(site, 0, ACTION_MODE), 1);
    assert_int_equal(site_effect(site, EFFECT_COMMAND)->mode, CHL_MODE_NORMAL);
}

static void test_panic_at_a_running_device_is_adopted(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    uint32_t generation = gate_of(site, 0)->generation;
    site->mode[0] = CHL_MODE_EMERGENCY;
    site_pass(site, 0, 2, 0);
    assert_int_equal(gate_of(site, 0)->mode, CHL_MODE_EMERGENCY);
    assert_int_equal(gate_of(site, 0)->generation, generation + 1);
    assert_int_equal(commands(site, 0, ACTION_MODE), 1); /* voids what is on its way */
    assert_int_equal(commands(site, 0, ACTION_CANCEL), 0);
    site_complete(site, 0, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    struct engine_scan scan = site_scan(0, 2, 1);
    assert_int_equal(site_show(site, &scan), CHL_REASON_EMERGENCY_EXIT_ONLY);
    /* After the reset an older picture does not bring it back. */
    reset(site);
    site_pass(site, 0, 0, 0);
    assert_int_equal(gate_of(site, 0)->mode, CHL_MODE_NORMAL);
}

static void test_open_gate_is_not_closed_by_the_cancel_of_a_former_grant(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    set_mode(site, 0, CHL_MODE_FREE);
    assert_int_equal(commands(site, 0, ACTION_CANCEL), 0);
    site_complete(site, 0, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    site_pass(site, 0, 0, 0);
    assert_int_equal(commands(site, 0, ACTION_CANCEL), 0);
    set_mode(site, 0, CHL_MODE_NORMAL);
    assert_int_equal(commands(site, 0, ACTION_CANCEL), 1);
    site_complete(site, 0, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    site_complete(site, 0, ACTION_CANCEL, gate_of(site, 0)->grant.id, CHL_COMMAND_DONE, false);
    assert_int_equal(site->engine.state.zones[1].reserved, 0);
}

static void test_grant_by_hand_ends_after_a_restart(void **state)
{
    struct site *site = *state;
    admit(site, SITE_HAND, 1);
    struct engine_input start = {.kind = INPUT_START};
    site_decide(site, &start);
    site->now_ns += SITE_PASS_S * CHL_NS_PER_S;
    assert_true(engine_next_deadline(&site->engine) <= site->now_ns);
    struct engine_input tick = {.kind = INPUT_TICK};
    site_decide(site, &tick);
    assert_int_equal(site->engine.state.zones[0].reserved, 0);
    admit(site, SITE_HAND, 2);
}

static void test_completions_that_were_lost_are_not_waited_for(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    site->now_ns += SITE_PASS_S * CHL_NS_PER_S;
    struct engine_input tick = {.kind = INPUT_TICK};
    site_decide(site, &tick);
    set_mode(site, 1, CHL_MODE_FREE);
    site->now_ns += 20 * CHL_NS_PER_S;
    site_pass(site, 0, 0, 0);
    assert_int_equal(commands(site, 0, ACTION_CANCEL), 0);
    site->now_ns += 20 * CHL_NS_PER_S;
    site_pass(site, 0, 0, 0);
    assert_int_equal(commands(site, 0, ACTION_CANCEL), 1);
    site_pass(site, 1, 0, 0);
    assert_int_equal(commands(site, 1, ACTION_MODE), 1);
    site->now_ns += CHL_NS_PER_S;
    site_pass(site, 0, 0, 0);
    assert_int_equal(commands(site, 0, ACTION_CANCEL), 0);
    site_pass(site, 1, 0, 0);
    assert_int_equal(commands(site, 1, ACTION_MODE), 0);
}

static void test_missed_readings_are_counted_to_the_person(void **state)
{
    struct site *site = *state;
    site_pass(site, 0, 2, 0);
    /* The journal was stuck: ten more came and eight left before the next reading was taken. */
    site->now_ns += 600 * CHL_NS_PER_S;
    site_pass(site, 0, 10, 8);
    assert_int_equal(site->engine.state.zones[1].inside, 4);
    assert_int_equal(site->engine.state.zones[1].uncertain, 0);
}

static void test_above_stays_announced_while_a_gate_is_silent(void **state)
{
    struct site *site = *state;
    site_pass(site, 0, 5, 0);
    assert_int_equal(site->engine.state.zones[1].announced, ZONE_ABOVE);
    link_down(site, 1);
    assert_int_equal(site->engine.state.zones[1].announced, ZONE_ABOVE);
    site_pass(site, 0, 0, 3);
    assert_int_equal(site->engine.state.zones[1].announced, ZONE_UNKNOWN);
    assert_non_null(site_record(site, RECORD_ALARM_CLEARED));
}

static void test_tap_in_a_full_zone_leaves_the_check(void **state)
{
    struct site *site = *state;
    site_pass(site, 1, 4, 0);
    struct engine_scan scan = site_scan(0, 1, 1);
    scan.symptomatic = CHL_ANSWER_YES;
    assert_int_equal(site_show(site, &scan), CHL_REASON_HEALTH_CHECK);
    struct engine_operator tap = {
        .kind = OPERATOR_RESOLVE, .lane = 0, .admit = true, .who = "medic"};
    site_operator(site, tap);
    assert_int_equal(site_record(site, RECORD_DECISION)->as.DECISION.reason, CHL_REASON_ZONE_FULL);
    site_pass(site, 1, 0, 1);
    site_operator(site, tap);
    assert_int_equal(site_record(site, RECORD_DECISION)->as.DECISION.verdict, CHL_ADMIT);
    assert_int_equal(site->engine.state.lanes[0].check, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_mode_that_failed_is_sent_again),
        STORY(test_nobody_is_admitted_before_the_mode_is_confirmed),
        STORY(test_reset_while_a_gate_is_down_holds_when_it_returns),
        STORY(test_panic_at_a_running_device_is_adopted),
        STORY(test_open_gate_is_not_closed_by_the_cancel_of_a_former_grant),
        STORY(test_grant_by_hand_ends_after_a_restart),
        STORY(test_completions_that_were_lost_are_not_waited_for),
        STORY(test_missed_readings_are_counted_to_the_person),
        STORY(test_above_stays_announced_while_a_gate_is_silent),
        STORY(test_tap_in_a_full_zone_leaves_the_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
