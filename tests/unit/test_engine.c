/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The engine's invariants, one story each, with a fake clock.
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

static uint64_t grant_of(const struct site *site, uint16_t gate)
{
    return site->engine.state.gates[gate].grant.id;
}

static int64_t inside(const struct site *site, int zone)
{
    return site->engine.state.zones[zone].inside;
}

static void admit(struct site *site, uint16_t lane, unsigned code)
{
    struct engine_scan scan = site_scan(lane, code, 1);
    assert_int_equal(site_show(site, &scan), CHL_REASON_OK);
}

/* Invariant 1. */
static void test_admit_releases_after_its_record(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    const struct engine_record *made = site_record(site, RECORD_DECISION);
    const struct engine_effect *release = site_effect(site, EFFECT_COMMAND);
    assert_non_null(release);
    assert_int_equal(release->action, ACTION_RELEASE);
    assert_int_equal(release->places, 1);
    assert_true(release->after >= made->sequence);
    assert_false(release->urgent);
    assert_int_equal(release->grant, made->sequence);
    assert_int_equal(site->engine.state.zones[1].reserved, 1);
    site_pass(site, 0, 1, 0);
    assert_int_equal(inside(site, 0), 1);
    assert_int_equal(inside(site, 1), 1);
    assert_int_equal(site->engine.state.zones[1].reserved, 0);
    assert_int_equal(grant_of(site, 0), 0);
}

/* Invariant 2. */
static void test_limit_counts_grants_in_flight(void **state)
{
    struct site *site = *state;
    struct engine_scan family = site_scan(0, 1, 3);
    assert_int_equal(site_show(site, &family), CHL_REASON_OK_GROUP);
    struct engine_scan pair = site_scan(1, 2, 2);
    assert_int_equal(site_show(site, &pair), CHL_REASON_ZONE_FULL);
    assert_null(site_effect(site, EFFECT_COMMAND));
    struct engine_scan one = site_scan(1, 3, 1);
    assert_int_equal(site_show(site, &one), CHL_REASON_OK);
    site_pass(site, 0, 3, 0);
    site_pass(site, 1, 1, 0);
    assert_int_equal(inside(site, 1), 4);
    assert_int_equal(site->engine.state.zones[1].announced, ZONE_AT_LIMIT);
    site_pass(site, 0, 0, 2);
    assert_int_equal(inside(site, 1), 2);
    assert_int_equal(site_show(site, &pair), CHL_REASON_OK_GROUP);
}

/* Invariant 2. */
static void test_limit_of_the_zone_above_binds(void **state)
{
    struct site *site = *state;
    for (unsigned i = 0; i < 5; i++) {
        struct engine_scan scan = site_scan(SITE_HAND, 100 + i, 1);
        assert_int_equal(site_show(site, &scan), CHL_REASON_OK);
        site_operator(site, (struct engine_operator){.kind = OPERATOR_PASS,
                                                     .gate = SITE_HAND,
                                                     .n = 1,
                                                     .direction = DIRECTION_ENTRY,
                                                     .who = "gate staff"});
    }
    assert_int_equal(inside(site, 0), 5);
    struct engine_scan pair = site_scan(0, 1, 2);
    assert_int_equal(site_show(site, &pair), CHL_REASON_ZONE_FULL);
    /* Within the venue nobody is added to it: only the court's limit binds. */
    struct engine_scan inner = site_scan(2, 2, 2);
    assert_int_equal(site_show(site, &inner), CHL_REASON_OK_GROUP);
    site_pass(site, 2, 2, 0);
    assert_int_equal(inside(site, 0), 5);
    assert_int_equal(inside(site, 1), 2);
}

/* Invariant 5. */
static void test_no_show_is_freed_only_after_cancel_and_reading(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    uint64_t grant = grant_of(site, 0);
    site->now_ns += SITE_PASS_S * CHL_NS_PER_S;
    struct engine_input tick = {.kind = INPUT_TICK};
    site_decide(site, &tick);
    assert_int_equal(site_effect(site, EFFECT_COMMAND)->action, ACTION_CANCEL);
    assert_int_equal(site->engine.state.zones[1].reserved, 1);
    site_complete(site, 0, ACTION_CANCEL, grant, CHL_COMMAND_DONE, true);
    assert_int_equal(site->engine.state.zones[1].reserved, 1);
    site_pass(site, 0, 0, 0);
    assert_non_null(site_record(site, RECORD_CANCELLED));
    assert_int_equal(site->engine.state.zones[1].reserved, 0);
    struct engine_scan again = site_scan(1, 1, 1);
    assert_int_equal(site_show(site, &again), CHL_REASON_OK);
}

/* Invariant 5, 6. */
static void test_cancel_that_timed_out_keeps_the_place(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    uint64_t grant = grant_of(site, 0);
    site->now_ns += SITE_PASS_S * CHL_NS_PER_S;
    struct engine_input tick = {.kind = INPUT_TICK};
    site_decide(site, &tick);
    site_complete(site, 0, ACTION_CANCEL, grant, CHL_COMMAND_UNKNOWN, false);
    assert_int_equal(site->engine.state.zones[1].reserved, 1);
    site_pass(site, 0, 1, 0);
    assert_int_equal(inside(site, 1), 1);
    assert_int_equal(site->engine.state.zones[1].reserved, 0);
    struct engine_scan again = site_scan(0, 1, 1);
    assert_int_equal(site_show(site, &again), CHL_REASON_ALREADY_USED);
}

/* Invariant 6. */
static void test_release_never_sent_ends_the_grant(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    site_complete(site, 0, ACTION_RELEASE, grant_of(site, 0), CHL_COMMAND_ABORTED, false);
    assert_int_equal(site->engine.state.zones[1].reserved, 0);
    admit(site, 0, 1);
}

static void test_used_code_says_when_and_where_and_one_tap_admits(void **state)
{
    struct site *site = *state;
    int64_t when = site->now_ns;
    admit(site, 0, 1);
    site_pass(site, 0, 1, 0);
    site->now_ns += CHL_NS_PER_S;
    struct engine_scan again = site_scan(1, 1, 1);
    assert_int_equal(site_show(site, &again), CHL_REASON_ALREADY_USED);
    const struct engine_record *made = site_record(site, RECORD_DECISION);
    assert_int_equal(made->as.DECISION.used_at, when);
    assert_int_equal(made->as.DECISION.used_gate, 0);
    site_operator(site,
                  (struct engine_operator){
                      .kind = OPERATOR_RESOLVE, .lane = 1, .admit = true, .who = "shift leader"});
    made = site_record(site, RECORD_DECISION);
    assert_int_equal(made->as.DECISION.verdict, CHL_ADMIT);
    assert_string_equal(made->as.DECISION.who, "shift leader");
    assert_non_null(site_effect(site, EFFECT_COMMAND));
}

static void test_same_code_at_the_released_gate_is_one_grant(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    struct engine_scan again = site_scan(0, 1, 1);
    assert_int_equal(site_show(site, &again), CHL_REASON_OK);
    assert_null(site_effect(site, EFFECT_COMMAND));
    assert_int_equal(site->engine.state.zones[1].reserved, 1);
    struct engine_scan other = site_scan(0, 2, 1);
    assert_int_equal(site_show(site, &other), CHL_REASON_LANE_BUSY);
}

/* Invariant 2, 5. */
static void test_tailgate_and_forced_are_counted_and_alarmed(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    site_pass(site, 0, 2, 0);
    assert_int_equal(inside(site, 1), 2);
    assert_int_equal(site_record(site, RECORD_ALARM_RAISED)->as.ALARM_RAISED.alarm, ALARM_TAILGATE);
    site->now_ns += 60 * CHL_NS_PER_S;
    site_pass(site, 1, 1, 0);
    assert_int_equal(site_record(site, RECORD_ALARM_RAISED)->as.ALARM_RAISED.alarm, ALARM_FORCED);
    assert_int_equal(site_record(site, RECORD_PASSAGE)->as.PASSAGE.kind, PASSAGE_FORCED);
    site_pass(site, 1, 2, 0);
    assert_int_equal(site->engine.state.zones[1].announced, ZONE_ABOVE);
}

/* Invariant 3. */
static void test_refusals_keep_their_reasons(void **state)
{
    struct site *site = *state;
    struct engine_scan scan = site_scan(0, 1, 1);
    scan.outcome = CHL_NOT_MINE;
    assert_int_equal(site_show(site, &scan), CHL_REASON_FORMAT_UNKNOWN);
    scan.unreadable = true;
    assert_int_equal(site_show(site, &scan), CHL_REASON_CODE_UNREADABLE);
    scan = site_scan(0, 1, 1);
    scan.outcome = CHL_REFUSED;
    scan.stage = CHL_STAGE_SIGNATURE;
    strcpy(scan.refusal, "signature_invalid");
    assert_int_equal(site_show(site, &scan), CHL_REASON_SIGNATURE_INVALID);
    strcpy(scan.refusal, "never heard of");
    site_show(site, &scan);
    assert_int_not_equal(site_record(site, RECORD_DECISION)->as.DECISION.verdict, CHL_ADMIT);
    scan = site_scan(0, 1, 1);
    scan.symptomatic = CHL_ANSWER_YES;
    assert_int_equal(site_show(site, &scan), CHL_REASON_HEALTH_CHECK);
    scan.symptomatic = CHL_ANSWER_NO;
    scan.test_result = CHL_RESULT_POSITIVE;
    assert_int_equal(site_show(site, &scan), CHL_REASON_TEST_POSITIVE);
    scan = site_scan(0, 1, 1);
    scan.is_signed = false;
    assert_int_equal(site_show(site, &scan), CHL_REASON_ISSUER_UNKNOWN);
    scan = site_scan(0, 1, 1);
    scan.outcome = CHL_REFUSED;
    strcpy(scan.refusal, "verifier_absent");
    assert_int_equal(site_show(site, &scan), CHL_REASON_VERIFY_DATA_STALE);
    scan = site_scan(0, 1, 1);
    scan.format = CHL_FORMAT_CCCD;
    assert_int_equal(site_show(site, &scan), CHL_REASON_DECLARATION_MISSING);
    assert_null(site_effect(site, EFFECT_COMMAND));
}

/* Invariant 10. */
static void test_silent_gate_admits_nobody_and_reconciles(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    struct engine_input down = {.kind = INPUT_REPORT};
    down.as.report.kind = CHL_REPORT_LINK;
    site_decide(site, &down);
    assert_int_equal(site->engine.state.zones[1].announced, ZONE_UNKNOWN);
    struct engine_scan other = site_scan(0, 2, 1);
    assert_int_equal(site_show(site, &other), CHL_REASON_GATE_NOT_READY);
    assert_int_equal(site->engine.state.zones[1].reserved, 1);
    site_pass(site, 0, 1, 1);
    const struct engine_record *made = site_record(site, RECORD_RECONCILED);
    assert_non_null(made);
    assert_int_equal(made->as.RECONCILED.granted, 1);
    assert_int_equal(site->engine.state.zones[1].reserved, 0);
    assert_int_equal(inside(site, 1), 0);
    assert_int_equal(site->engine.state.zones[1].announced, ZONE_NORMAL);
}

static void test_counter_reset_is_a_gap(void **state)
{
    struct site *site = *state;
    site->entry[0] = 500;
    site->now_ns += 3600 * CHL_NS_PER_S;
    site_pass(site, 0, 0, 0);
    int64_t before = inside(site, 1);
    site->entry[0] = 2;
    site_pass(site, 0, 0, 0);
    /* One reading may have been torn: the second one settles it. */
    assert_null(site_record(site, RECORD_GAP));
    site_pass(site, 0, 0, 0);
    assert_non_null(site_record(site, RECORD_GAP));
    assert_int_equal(inside(site, 1), before);
    assert_true(site->engine.state.zones[1].uncertain > 0);
}

static void test_counter_wraps_at_its_width(void **state)
{
    struct site *site = *state;
    site->engine.state.gates[0].entry_count = UINT32_MAX;
    site->entry[0] = UINT32_MAX;
    /* Changing the state behind the records is for this test only: replay is checked elsewhere. */
    site->journal_length = 0;
    site_pass(site, 0, 2, 0);
    assert_int_equal(site_record(site, RECORD_PASSAGE)->as.PASSAGE.n, 2);
    site_close(site);
    site_open(site);
}

/* Invariant 6, 9. */
static void test_emergency_is_urgent_and_kills_grants(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    uint32_t generation = site->engine.state.gates[0].generation;
    struct engine_input fire = {.kind = INPUT_EMERGENCY};
    strcpy(fire.as.emergency.source, "fire panel");
    site_decide(site, &fire);
    const struct engine_effect *open = site_effect(site, EFFECT_COMMAND);
    assert_true(open->urgent);
    assert_int_equal(open->mode, CHL_MODE_EMERGENCY);
    assert_int_equal(open->generation, generation + 1);
    struct engine_scan scan = site_scan(1, 2, 1);
    assert_int_equal(site_show(site, &scan), CHL_REASON_EMERGENCY_EXIT_ONLY);
    site_pass(site, 0, 0, 1);
    site_operator(site, (struct engine_operator){.kind = OPERATOR_RESET, .who = "chief"});
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_E_DENIED);
    site_operator(site, (struct engine_operator){
                            .kind = OPERATOR_RESET, .who = "chief", .why = "drill is over"});
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_OK);
    assert_int_equal(site->engine.state.gates[0].mode, CHL_MODE_NORMAL);
    assert_true(site->engine.state.zones[0].recount_due);
}

/* Invariant 2. */
static void test_blocked_binds_entry_only(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    site_pass(site, 0, 1, 0);
    site_operator(site, (struct engine_operator){.kind = OPERATOR_MODE,
                                                 .gate = 0,
                                                 .mode = CHL_MODE_BLOCKED,
                                                 .who = "chief",
                                                 .why = "cleaning"});
    struct engine_scan scan = site_scan(0, 2, 1);
    assert_int_equal(site_show(site, &scan), CHL_REASON_GATE_NOT_READY);
    site_pass(site, 0, 0, 1);
    assert_int_equal(inside(site, 1), 0);
}

/* Invariant 3, 10. */
static void test_start_makes_everything_unknown(void **state)
{
    struct site *site = *state;
    admit(site, 0, 1);
    struct engine_input start = {.kind = INPUT_START};
    site_decide(site, &start);
    assert_int_equal(site->engine.state.gates[0].state, GATE_UNKNOWN);
    assert_int_equal(site->engine.state.zones[1].reserved, 1);
    struct engine_scan scan = site_scan(0, 2, 1);
    assert_int_equal(site_show(site, &scan), CHL_REASON_GATE_NOT_READY);
    site_pass(site, 0, 0, 0);
    assert_non_null(site_record(site, RECORD_COMMAND));
    site_complete(site, 0, ACTION_CANCEL, grant_of(site, 0), CHL_COMMAND_DONE, false);
    assert_int_equal(site->engine.state.zones[1].reserved, 0);
    admit(site, 0, 1);
}

static void test_clock_in_doubt_blames_nobody(void **state)
{
    struct site *site = *state;
    struct engine_input clock = {.kind = INPUT_CLOCK};
    clock.as.clock.doubt = true;
    site_decide(site, &clock);
    struct engine_scan scan = site_scan(0, 1, 1);
    scan.valid_until = 1;
    assert_int_equal(site_show(site, &scan), CHL_REASON_VERIFY_DATA_STALE);
    scan.outcome = CHL_REFUSED;
    scan.stage = CHL_STAGE_TIME;
    strcpy(scan.refusal, "expired");
    assert_int_equal(site_show(site, &scan), CHL_REASON_VERIFY_DATA_STALE);
}

static void test_count_never_goes_below_nothing(void **state)
{
    struct site *site = *state;
    site_pass(site, 0, 0, 2);
    assert_int_equal(inside(site, 1), 0);
    assert_int_equal(site->engine.state.zones[1].uncertain, 2);
    site_operator(site, (struct engine_operator){.kind = OPERATOR_RECOUNT,
                                                 .how = CHL_RECOUNT_SWEEP,
                                                 .zone = 1,
                                                 .inside = 3,
                                                 .who = "steward",
                                                 .why = "counted by two"});
    assert_int_equal(inside(site, 1), 3);
    assert_int_equal(site->engine.state.zones[1].uncertain, 0);
}

static void test_removed_gate_reserves_nothing(void **state)
{
    struct site *site = *state;
    admit(site, 1, 1);
    char text[16384];
    size_t length = engine_state_encode(&site->engine, text, sizeof text);
    assert_true(length > 0);
    struct engine_config smaller = site_config;
    struct engine_gate_config renamed[SITE_GATES];
    memcpy(renamed, site_config.gates, sizeof renamed);
    renamed[1].id = "G9";
    smaller.gates = renamed;
    struct engine loaded;
    assert_int_equal(engine_init(&loaded, &smaller), CHL_OK);
    assert_int_equal(engine_state_decode(&loaded, text, length), CHL_OK);
    assert_int_equal(loaded.state.zones[1].reserved, 0);
    assert_int_equal(loaded.state.gates[1].state, GATE_UNKNOWN);
    engine_free(&loaded);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_admit_releases_after_its_record),
        STORY(test_limit_counts_grants_in_flight),
        STORY(test_limit_of_the_zone_above_binds),
        STORY(test_no_show_is_freed_only_after_cancel_and_reading),
        STORY(test_cancel_that_timed_out_keeps_the_place),
        STORY(test_release_never_sent_ends_the_grant),
        STORY(test_used_code_says_when_and_where_and_one_tap_admits),
        STORY(test_same_code_at_the_released_gate_is_one_grant),
        STORY(test_tailgate_and_forced_are_counted_and_alarmed),
        STORY(test_refusals_keep_their_reasons),
        STORY(test_silent_gate_admits_nobody_and_reconciles),
        STORY(test_counter_reset_is_a_gap),
        STORY(test_counter_wraps_at_its_width),
        STORY(test_emergency_is_urgent_and_kills_grants),
        STORY(test_blocked_binds_entry_only),
        STORY(test_start_makes_everything_unknown),
        STORY(test_clock_in_doubt_blames_nobody),
        STORY(test_count_never_goes_below_nothing),
        STORY(test_removed_gate_reserves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
