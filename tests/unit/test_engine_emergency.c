/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The emergency: who and what raises it, what it opens, the count it keeps, how it ends.
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

static const struct engine_state *state_of(const struct site *site)
{
    return &site->engine.state;
}

static void report_fire(struct site *site, uint16_t gate, bool fire)
{
    struct chl_gate_report report = site_reading(site, gate);
    report.fire = fire;
    site->now_ns += CHL_NS_PER_S / 10;
    site_report(site, &report);
}

static void press(struct site *site, const char *who, const char *why)
{
    struct engine_input input = {.kind = INPUT_EMERGENCY};
    strcpy(input.as.emergency.source, "operator");
    strcpy(input.as.emergency.who, who);
    strcpy(input.as.emergency.why, why);
    site_decide(site, &input);
}

static chl_err reset(struct site *site)
{
    site_operator(site, (struct engine_operator){
                            .kind = OPERATOR_RESET, .who = "chief", .why = "drill is over"});
    const struct engine_effect *answer = site_effect(site, EFFECT_ANSWER);
    assert_non_null(answer);
    return answer->error;
}

/** Urgent commands that open a gate, in the last output. */
static size_t opened(const struct site *site)
{
    size_t count = 0;
    for (size_t i = 0; i < site->out.effect_count; i++) {
        const struct engine_effect *effect = &site->out.effects[i];
        count += effect->kind == EFFECT_COMMAND && effect->action == ACTION_MODE &&
                 effect->mode == CHL_MODE_EMERGENCY && effect->urgent;
    }
    return count;
}

static size_t records_of(const struct site *site, engine_record_type type)
{
    size_t count = 0;
    for (size_t i = 0; i < site->out.record_count; i++) {
        count += site->out.records[i].type == type;
    }
    return count;
}

static void test_fire_input_opens_every_gate(void **state)
{
    struct site *site = *state;
    report_fire(site, 1, true);
    assert_true(state_of(site)->emergency);
    assert_int_equal(opened(site), SITE_HAND);
    assert_string_equal(state_of(site)->emergency_source, "fire input at G2");
    struct engine_scan scan = site_scan(0, 1, 1);
    assert_int_equal(site_show(site, &scan), CHL_REASON_EMERGENCY_EXIT_ONLY);
    /* It stays active: said once. */
    report_fire(site, 1, true);
    assert_int_equal(site->out.record_count, 0);
    assert_int_equal(opened(site), 0);
}

/* Its counters may be torn and the gate unknown: the contact is another wire. */
static void test_fire_is_believed_of_a_gate_that_is_not(void **state)
{
    struct site *site = *state;
    struct engine_input down = {.kind = INPUT_REPORT};
    down.as.report.kind = CHL_REPORT_LINK;
    down.as.report.gate.index = 1;
    site_decide(site, &down);
    struct chl_gate_report report = site_reading(site, 1);
    report.reading.entry_count = UINT32_C(1) << 30;
    report.fire = true;
    site_report(site, &report);
    assert_true(state_of(site)->emergency);
    assert_int_equal(opened(site), SITE_HAND);
}

static void test_reset_waits_for_the_panel(void **state)
{
    struct site *site = *state;
    report_fire(site, 1, true);
    assert_int_equal(reset(site), CHL_E_STATE);
    const struct engine_effect *answer = site_effect(site, EFFECT_ANSWER);
    assert_int_equal(answer->gate, 1);
    assert_non_null(strstr(answer->text, "fire input"));
    assert_true(state_of(site)->emergency);
    /* Gone for a moment is not gone. */
    report_fire(site, 1, false);
    assert_int_equal(reset(site), CHL_E_STATE);
    site->now_ns += 6 * CHL_NS_PER_S;
    report_fire(site, 1, false);
    assert_int_equal(reset(site), CHL_OK);
    assert_false(state_of(site)->emergency);
    report_fire(site, 1, true);
    assert_true(state_of(site)->emergency);
}

static void test_active_input_holds_over_a_restart(void **state)
{
    struct site *site = *state;
    report_fire(site, 1, true);
    site_decide(site, &(struct engine_input){.kind = INPUT_START});
    assert_true(state_of(site)->emergency);
    report_fire(site, 1, true);
    assert_true(records_of(site, RECORD_GATE_PHASE) == 1);
    assert_int_equal(reset(site), CHL_E_STATE);
}

static void test_input_that_fires_while_reset_was_possible_raises_again(void **state)
{
    struct site *site = *state;
    report_fire(site, 1, true);
    site_decide(site, &(struct engine_input){.kind = INPUT_START});
    assert_int_equal(reset(site), CHL_OK);
    report_fire(site, 1, true);
    assert_true(state_of(site)->emergency);
    assert_int_equal(opened(site), SITE_HAND);
}

static void test_button_at_a_device_opens_the_site(void **state)
{
    struct site *site = *state;
    site->mode[0] = CHL_MODE_EMERGENCY;
    site_pass(site, 0, 0, 0);
    assert_true(state_of(site)->emergency);
    assert_int_equal(opened(site), SITE_HAND);
    assert_string_equal(state_of(site)->emergency_source, "device of G1");
}

static void test_button_may_be_its_own_gate_s(void **state)
{
    struct site *site = *state;
    struct engine_config config = site_config;
    config.device_emergency_is_local = true;
    site->engine.config = &config;
    site->mode[0] = CHL_MODE_EMERGENCY;
    site_pass(site, 0, 0, 0);
    assert_false(state_of(site)->emergency);
    assert_int_equal(state_of(site)->gates[0].mode, CHL_MODE_EMERGENCY);
    assert_int_equal(state_of(site)->gates[1].mode, CHL_MODE_NORMAL);
    assert_int_equal(reset(site), CHL_OK);
    assert_true(site_replays(site));
    site->engine.config = &site_config;
}

static void test_found_open_after_silence_is_that_gate_alone(void **state)
{
    struct site *site = *state;
    struct engine_input down = {.kind = INPUT_REPORT};
    down.as.report.kind = CHL_REPORT_LINK;
    site_decide(site, &down);
    site->mode[0] = CHL_MODE_EMERGENCY;
    site_pass(site, 0, 0, 0);
    assert_false(state_of(site)->emergency);
    assert_int_equal(state_of(site)->gates[0].mode, CHL_MODE_EMERGENCY);
}

/* Its reset is nobody else's: other lanes keep their grants and what people chose there. */
static void test_reset_of_one_gate_leaves_the_others_alone(void **state)
{
    struct site *site = *state;
    struct engine_input down = {.kind = INPUT_REPORT};
    down.as.report.kind = CHL_REPORT_LINK;
    down.as.report.gate.index = 2;
    site_decide(site, &down);
    site->mode[2] = CHL_MODE_EMERGENCY;
    site_pass(site, 2, 0, 0);
    assert_int_equal(state_of(site)->gates[2].mode, CHL_MODE_EMERGENCY);
    site_operator(site, (struct engine_operator){.kind = OPERATOR_MODE,
                                                 .gate = 1,
                                                 .mode = CHL_MODE_FREE,
                                                 .who = "chief",
                                                 .why = "rehearsal"});
    struct engine_scan scan = site_scan(0, 1, 1);
    assert_int_equal(site_show(site, &scan), CHL_REASON_OK);
    uint32_t generation = state_of(site)->gates[0].generation;
    assert_int_equal(reset(site), CHL_OK);
    assert_int_equal(state_of(site)->gates[2].mode, CHL_MODE_NORMAL);
    assert_int_equal(state_of(site)->gates[1].mode, CHL_MODE_FREE);
    assert_int_equal(state_of(site)->gates[0].grant.state, GRANT_OPEN);
    assert_int_equal(state_of(site)->gates[0].generation, generation);
    /* Gate 2 leads from the venue into the court. */
    assert_false(state_of(site)->zones[0].recount_due);
    assert_true(state_of(site)->zones[1].recount_due);
    assert_int_equal(reset(site), CHL_E_STATE);
}

/* Somebody turns a key at the device while the emergency lasts. */
static void test_device_that_leaves_its_emergency_is_told_again(void **state)
{
    struct site *site = *state;
    press(site, "Lan", "smoke");
    site_complete(site, 0, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    assert_int_equal(state_of(site)->gates[0].mode_state, MODE_HELD);
    site->mode[0] = CHL_MODE_NORMAL; /* a picture of before it was told */
    site_pass(site, 0, 0, 0);
    assert_int_equal(opened(site), 0);
    site->mode[0] = CHL_MODE_EMERGENCY;
    site_pass(site, 0, 0, 0);
    assert_int_equal(opened(site), 0);
    site->mode[0] = CHL_MODE_NORMAL;
    site_pass(site, 0, 0, 0);
    assert_int_equal(opened(site), 1);
    assert_int_equal(state_of(site)->gates[0].mode_state, MODE_ASKED);
    /* Told once; a completion, or its absence, says whether again. */
    site_pass(site, 0, 0, 0);
    assert_int_equal(opened(site), 0);
    site_complete(site, 0, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    site->mode[0] = CHL_MODE_EMERGENCY;
    site_pass(site, 0, 0, 0);
    assert_int_equal(state_of(site)->gates[0].mode_state, MODE_HELD);
    assert_true(state_of(site)->emergency);
}

static void test_count_at_the_alarm_says_that_a_gate_was_silent(void **state)
{
    struct site *site = *state;
    struct engine_input down = {.kind = INPUT_REPORT};
    down.as.report.kind = CHL_REPORT_LINK;
    down.as.report.gate.index = 2;
    site_decide(site, &down);
    press(site, "", "");
    assert_int_equal(state_of(site)->zones[1].alarm_state, ZONE_UNKNOWN);
    assert_int_equal(state_of(site)->zones[0].alarm_state, ZONE_NORMAL);
}

static void test_count_at_the_alarm_stays_until_the_recount(void **state)
{
    struct site *site = *state;
    struct engine_scan scan = site_scan(0, 1, 2);
    (void)site_show(site, &scan);
    site_pass(site, 0, 1, 0);
    press(site, "", "");
    assert_int_equal(records_of(site, RECORD_AT_ALARM), 2);
    const struct engine_zone *court = &state_of(site)->zones[1];
    assert_int_equal(court->alarm_inside, 1);
    /* The second of the party was just being let in. */
    assert_int_equal(court->alarm_uncertain, 1);
    site_pass(site, 0, 0, 1);
    assert_int_equal(court->inside, 0);
    assert_int_equal(court->alarm_inside, 1);
    assert_int_equal(reset(site), CHL_OK);
    assert_true(court->recount_due);
    assert_int_equal(court->alarm_inside, 1);
    site_operator(site, (struct engine_operator){.kind = OPERATOR_RECOUNT,
                                                 .how = CHL_RECOUNT_SWEEP,
                                                 .zone = 1,
                                                 .inside = 0,
                                                 .who = "chief",
                                                 .why = "walked through"});
    assert_int_equal(court->alarm_ns, 0);
    assert_false(court->recount_due);
}

static void test_who_pressed_is_told_afterwards(void **state)
{
    struct site *site = *state;
    press(site, "", "");
    uint32_t generation = state_of(site)->gates[0].generation;
    int64_t since_ns = state_of(site)->emergency_ns;
    site->now_ns += 60 * CHL_NS_PER_S;
    press(site, "Lan", "smoke in the hall");
    assert_string_equal(state_of(site)->emergency_who, "Lan");
    assert_int_equal(state_of(site)->emergency_ns, since_ns);
    assert_int_equal(state_of(site)->gates[0].generation, generation);
    assert_int_equal(records_of(site, RECORD_AT_ALARM), 0);
    assert_int_equal(records_of(site, RECORD_EMERGENCY), 1);
    /* Pressed again it opens again, and says nothing new. */
    press(site, "", "");
    assert_int_equal(site->out.record_count, 0);
    assert_int_equal(opened(site), SITE_HAND);
}

static void test_what_people_had_closed_is_closed_after_it(void **state)
{
    struct site *site = *state;
    static const uint8_t chosen[] = {CHL_MODE_BLOCKED, CHL_MODE_FREE};
    for (uint16_t g = 0; g < 2; g++) {
        site_operator(site, (struct engine_operator){.kind = OPERATOR_MODE,
                                                     .gate = g,
                                                     .mode = chosen[g],
                                                     .who = "chief",
                                                     .why = "rehearsal"});
    }
    press(site, "Lan", "smoke");
    assert_int_equal(state_of(site)->gates[0].mode, CHL_MODE_EMERGENCY);
    assert_int_equal(reset(site), CHL_OK);
    assert_int_equal(state_of(site)->gates[0].mode, CHL_MODE_BLOCKED);
    assert_int_equal(state_of(site)->gates[1].mode, CHL_MODE_NORMAL);
}

static void test_dispersal_holds_after_an_emergency(void **state)
{
    struct site *site = *state;
    site_operator(site, (struct engine_operator){.kind = OPERATOR_DISPERSE,
                                                 .zone = ENGINE_NONE,
                                                 .who = "chief",
                                                 .why = "the festival is over"});
    press(site, "", "");
    assert_int_equal(state_of(site)->gates[0].mode, CHL_MODE_EMERGENCY);
    assert_int_equal(reset(site), CHL_OK);
    assert_int_equal(state_of(site)->gates[0].mode, CHL_MODE_BLOCKED);
}

static void test_device_emergency_survives_a_schedule(void **state)
{
    struct site *site = *state;
    press(site, "", "");
    site->now_ns += INT64_C(3600) * CHL_NS_PER_S;
    site_decide(site, &(struct engine_input){.kind = INPUT_TICK});
    for (uint16_t g = 0; g < SITE_GATES; g++) {
        assert_int_equal(state_of(site)->gates[g].mode, CHL_MODE_EMERGENCY);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_fire_input_opens_every_gate),
        CASE(test_fire_is_believed_of_a_gate_that_is_not),
        CASE(test_reset_waits_for_the_panel),
        CASE(test_active_input_holds_over_a_restart),
        CASE(test_input_that_fires_while_reset_was_possible_raises_again),
        CASE(test_button_at_a_device_opens_the_site),
        CASE(test_button_may_be_its_own_gate_s),
        CASE(test_found_open_after_silence_is_that_gate_alone),
        CASE(test_reset_of_one_gate_leaves_the_others_alone),
        CASE(test_count_at_the_alarm_says_that_a_gate_was_silent),
        CASE(test_device_that_leaves_its_emergency_is_told_again),
        CASE(test_count_at_the_alarm_stays_until_the_recount),
        CASE(test_who_pressed_is_told_afterwards),
        CASE(test_what_people_had_closed_is_closed_after_it),
        CASE(test_dispersal_holds_after_an_emergency),
        CASE(test_device_emergency_survives_a_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
