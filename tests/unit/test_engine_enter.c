/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What is entered by hand is judged as a code would be, and says who entered it.
 */
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int open_site(void **state)
{
    static struct site site;
    site_open(&site);
    site_ready(&site);
    *state = &site;
    return 0;
}

static int close_site(void **state)
{
    struct site *site = *state;
    bool same = site_replays(site);
    site_close(site);
    return same ? 0 : -1;
}

static struct engine_operator entry(uint16_t lane, unsigned code)
{
    struct engine_operator act = {
        .kind = OPERATOR_ENTER, .lane = lane, .who = "lane staff", .why = "no telephone"};
    act.entered = site_scan(lane, code, 1);
    act.entered.format = CHL_FORMAT_MANUAL;
    act.entered.is_signed = false;
    act.entered.contact = CHL_ANSWER_NO;
    return act;
}

/** Enter it and take the decision that came of it. */
static const struct record_DECISION *enter(struct site *site, struct engine_operator act)
{
    site_operator(site, act);
    const struct engine_record *made = site_record(site, RECORD_DECISION);
    assert_non_null(made);
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_OK);
    return &made->as.DECISION;
}

static uint64_t check_of(const struct site *site, uint16_t lane)
{
    return site->engine.state.lanes[lane].check;
}

/* Invariant 9. */
static void test_entry_admits_and_names_who(void **state)
{
    struct site *site = *state;
    const struct record_DECISION *made = enter(site, entry(0, 1));
    assert_int_equal(made->verdict, CHL_ADMIT);
    assert_int_equal(made->reason, CHL_REASON_OK);
    assert_int_equal(made->format, CHL_FORMAT_MANUAL);
    assert_string_equal(made->who, "lane staff");
    assert_string_equal(made->why, "no telephone");
    assert_int_equal(made->resolves, 0);
    assert_int_equal(site_effect(site, EFFECT_COMMAND)->action, ACTION_RELEASE);
    site_pass(site, 0, 1, 0);
    assert_int_equal(site->engine.state.zones[1].inside, 1);
}

static void test_entry_without_who_is_refused(void **state)
{
    struct site *site = *state;
    struct engine_operator act = entry(0, 1);
    act.who[0] = '\0';
    site_operator(site, act);
    assert_null(site_record(site, RECORD_DECISION));
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_E_DENIED);
    act = entry(SITE_GATES, 1);
    site_operator(site, act);
    assert_null(site_record(site, RECORD_DECISION));
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_E_NOTFOUND);
}

static void test_entry_resolves_the_check_it_answers(void **state)
{
    struct site *site = *state;
    struct engine_scan card = site_scan(0, 1, 1);
    card.format = CHL_FORMAT_CCCD;
    card.is_signed = false;
    assert_int_equal(site_show(site, &card), CHL_REASON_DECLARATION_MISSING);
    uint64_t check = check_of(site, 0);
    const struct record_DECISION *made = enter(site, entry(0, 1));
    assert_int_equal(made->verdict, CHL_ADMIT);
    assert_int_equal(made->resolves, check);
    assert_int_equal(check_of(site, 0), 0);
}

/* Another person's CHECK is not closed by somebody's entry. */
static void test_entry_leaves_what_it_does_not_answer(void **state)
{
    struct site *site = *state;
    struct engine_scan unwell = site_scan(0, 1, 1);
    unwell.symptomatic = CHL_ANSWER_YES;
    assert_int_equal(site_show(site, &unwell), CHL_REASON_HEALTH_CHECK);
    assert_int_equal(enter(site, entry(0, 2))->resolves, 0);
}

static void test_entry_for_an_older_check_is_refused(void **state)
{
    struct site *site = *state;
    struct engine_scan card = site_scan(0, 1, 1);
    card.format = CHL_FORMAT_CCCD;
    site_show(site, &card);
    struct engine_operator late = entry(0, 1);
    late.check = check_of(site, 0);
    struct engine_scan next = site_scan(0, 2, 1);
    next.format = CHL_FORMAT_CCCD;
    site_show(site, &next);
    site_operator(site, late);
    assert_null(site_record(site, RECORD_DECISION));
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_E_STATE);
    late.check = check_of(site, 0);
    assert_int_equal(enter(site, late)->resolves, late.check);
}

static void test_entry_is_judged_like_a_code(void **state)
{
    struct site *site = *state;
    struct engine_operator unwell = entry(0, 1);
    unwell.entered.symptomatic = CHL_ANSWER_YES;
    assert_int_equal(enter(site, unwell)->reason, CHL_REASON_HEALTH_CHECK);
    struct engine_operator near_patient = entry(0, 1);
    near_patient.entered.contact = CHL_ANSWER_YES;
    assert_int_equal(enter(site, near_patient)->reason, CHL_REASON_HEALTH_CHECK);
    struct engine_operator positive = entry(0, 1);
    positive.entered.test_result = CHL_RESULT_POSITIVE;
    assert_int_equal(enter(site, positive)->reason, CHL_REASON_TEST_POSITIVE);
    assert_null(site_effect(site, EFFECT_COMMAND));
    /* Whatever else it claims to be, it is what was entered by hand. */
    struct engine_operator disguised = entry(0, 1);
    disguised.entered.format = CHL_FORMAT_HCERT;
    disguised.entered.is_signed = true;
    assert_int_equal(enter(site, disguised)->format, CHL_FORMAT_MANUAL);
    site_pass(site, 0, 1, 0);
    const struct record_DECISION *again = enter(site, entry(1, 1));
    assert_int_equal(again->reason, CHL_REASON_ALREADY_USED);
    assert_int_equal(again->used_gate, 0);
}

/* There is no code to show again: when there is room a tap is enough. */
static void test_entry_that_waits_is_let_in_by_a_tap(void **state)
{
    struct site *site = *state;
    struct engine_operator family = entry(0, 1);
    family.entered.party = 4;
    assert_int_equal(enter(site, family)->reason, CHL_REASON_OK_GROUP);
    site_pass(site, 0, 4, 0);
    const struct record_DECISION *made = enter(site, entry(1, 2));
    assert_int_equal(made->verdict, CHL_WAIT);
    assert_int_equal(made->reason, CHL_REASON_ZONE_FULL);
    assert_true(check_of(site, 1) != 0);
    site_pass(site, 0, 0, 1);
    site_operator(site,
                  (struct engine_operator){
                      .kind = OPERATOR_RESOLVE, .lane = 1, .admit = true, .who = "lane staff"});
    assert_int_equal(site_record(site, RECORD_DECISION)->as.DECISION.verdict, CHL_ADMIT);
    assert_int_equal(site_effect(site, EFFECT_COMMAND)->gate, 1);
}

static void test_entry_does_not_ask_the_clock(void **state)
{
    struct site *site = *state;
    struct engine_input clock = {.kind = INPUT_CLOCK};
    clock.as.clock.doubt = true;
    site_decide(site, &clock);
    struct engine_operator act = entry(0, 1);
    act.entered.valid_until = site->now_ns / CHL_NS_PER_S + 3600;
    assert_int_equal(enter(site, act)->reason, CHL_REASON_OK);
}

static void test_emergency_stops_entries(void **state)
{
    struct site *site = *state;
    struct engine_input emergency = {.kind = INPUT_EMERGENCY};
    site_decide(site, &emergency);
    assert_int_equal(enter(site, entry(0, 1))->reason, CHL_REASON_EMERGENCY_EXIT_ONLY);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_entry_admits_and_names_who),
        STORY(test_entry_without_who_is_refused),
        STORY(test_entry_resolves_the_check_it_answers),
        STORY(test_entry_leaves_what_it_does_not_answer),
        STORY(test_entry_for_an_older_check_is_refused),
        STORY(test_entry_is_judged_like_a_code),
        STORY(test_entry_that_waits_is_let_in_by_a_tap),
        STORY(test_entry_does_not_ask_the_clock),
        STORY(test_emergency_stops_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
