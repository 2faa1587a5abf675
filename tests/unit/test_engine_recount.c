/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief When people must count, and what a count is worth that was made while a gate was silent.
 */
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { VENUE = 0, COURT = 1 };

static int open_site(void **state)
{
    static struct site site;
    site_open(&site);
    site_decide(&site, &(struct engine_input){.kind = INPUT_START});
    site_ready(&site);
    *state = &site;
    return 0;
}

static int close_site(void **state)
{
    bool same = site_replays(*state);
    site_close(*state);
    return same ? 0 : -1;
}

static void recount(struct site *site, uint16_t zone, int64_t inside)
{
    site_operator(site, (struct engine_operator){.kind = OPERATOR_RECOUNT,
                                                 .how = CHL_RECOUNT_SWEEP,
                                                 .who = "Lan",
                                                 .why = "test",
                                                 .zone = zone,
                                                 .inside = inside});
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_OK);
}

static void link_down(struct site *site, uint16_t gate)
{
    struct engine_input input = {.kind = INPUT_REPORT};
    input.as.report.kind = CHL_REPORT_LINK;
    input.as.report.gate.index = gate;
    strcpy(input.as.report.text, "no answer");
    site_decide(site, &input);
}

static void later(struct site *site, int64_t seconds)
{
    site->now_ns += seconds * CHL_NS_PER_S;
}

static const struct engine_zone *zone_of(const struct site *site, uint16_t zone)
{
    return &site->engine.state.zones[zone];
}

/* Of the three who came while the gate was silent, some were counted by the sweep in between. */
static void test_count_made_while_a_gate_was_silent_keeps_a_bar(void **state)
{
    struct site *site = *state;
    link_down(site, 0);
    later(site, 30);
    recount(site, COURT, 3);
    later(site, 30);
    site_pass(site, 0, 3, 1);
    assert_non_null(site_record(site, RECORD_RECONCILED));
    /* Really inside: between 2 and 5. */
    assert_int_equal(zone_of(site, COURT)->inside, 5);
    assert_int_equal(engine_zone_error(&site->engine, COURT), 3);
}

static void test_count_made_before_the_silence_is_exact(void **state)
{
    struct site *site = *state;
    recount(site, COURT, 1);
    later(site, 30);
    link_down(site, 0);
    later(site, 30);
    site_pass(site, 0, 2, 0);
    assert_int_equal(zone_of(site, COURT)->inside, 3);
    assert_int_equal(engine_zone_error(&site->engine, COURT), 0);
}

/* Nobody can count while the daemon is down; after it is back, before its gates are, they can. */
static void test_count_made_after_a_start_keeps_a_bar(void **state)
{
    struct site *site = *state;
    recount(site, COURT, 1);
    later(site, 60);
    site_decide(site, &(struct engine_input){.kind = INPUT_START});
    site_pass(site, 0, 1, 0);
    assert_int_equal(engine_zone_error(&site->engine, COURT), 0);
    assert_int_equal(zone_of(site, COURT)->inside, 2);
    later(site, 60);
    site_decide(site, &(struct engine_input){.kind = INPUT_START});
    recount(site, COURT, 2);
    later(site, 1);
    site_pass(site, 0, 1, 0);
    assert_int_equal(engine_zone_error(&site->engine, COURT), 1);
}

static void begins_anew(struct site *site, uint16_t gate)
{
    struct chl_gate_report report = {
        .kind = CHL_REPORT_READING, .gate.index = gate, .restarted = true};
    report.reading = (struct chl_gate_reading){.count_bits = 32, .entry_left = 0};
    site->entry[gate] = site->exit_count[gate] = 0;
    site_report(site, &report);
    assert_non_null(site_record(site, RECORD_GAP));
}

/* A counter that was gone for long hid so many that people must count. */
static void test_gap_after_long_silence_asks_for_a_recount(void **state)
{
    struct site *site = *state;
    later(site, 1);
    begins_anew(site, 0);
    assert_false(zone_of(site, COURT)->recount_due);
    link_down(site, 0);
    later(site, 600);
    begins_anew(site, 0);
    const struct engine_record *raised = site_record(site, RECORD_ALARM_RAISED);
    assert_non_null(raised);
    assert_int_equal(raised->as.ALARM_RAISED.alarm, ALARM_RECOUNT_DUE);
    assert_true(zone_of(site, COURT)->recount_due);
    assert_true(zone_of(site, VENUE)->recount_due);
    /* It is asked once, and answered for one zone at a time. */
    later(site, 600);
    begins_anew(site, 0);
    assert_null(site_record(site, RECORD_ALARM_RAISED));
    recount(site, COURT, 0);
    assert_non_null(site_record(site, RECORD_ALARM_CLEARED));
    assert_false(zone_of(site, COURT)->recount_due);
    assert_true(zone_of(site, VENUE)->recount_due);
}

static chl_err tap(struct site *site, uint8_t direction, uint16_t n)
{
    site_operator(site, (struct engine_operator){.kind = OPERATOR_PASS,
                                                 .gate = SITE_HAND,
                                                 .direction = direction,
                                                 .n = n,
                                                 .who = "Lan"});
    return site_effect(site, EFFECT_ANSWER)->error;
}

/* A lane without a device that is open to all lets in whom no decision names: they count. */
static void test_open_lane_by_hand_counts_who_comes(void **state)
{
    struct site *site = *state;
    assert_int_equal(tap(site, DIRECTION_ENTRY, 1), CHL_E_LIMIT);
    int64_t before = zone_of(site, VENUE)->inside;
    struct engine_scan early = site_scan(SITE_HAND, 9, 1);
    assert_int_equal(site_show(site, &early), CHL_REASON_OK);
    assert_int_equal(zone_of(site, VENUE)->reserved, 1);
    site_operator(site, (struct engine_operator){.kind = OPERATOR_MODE,
                                                 .gate = SITE_HAND,
                                                 .mode = CHL_MODE_FREE,
                                                 .who = "Lan",
                                                 .why = "rain"});
    assert_int_equal(zone_of(site, VENUE)->reserved, 0); /* no device holds it any more */
    struct engine_scan scan = site_scan(SITE_HAND, 1, 1);
    assert_int_equal(site_show(site, &scan), CHL_REASON_OK);
    assert_int_equal(tap(site, DIRECTION_ENTRY, 2), CHL_OK);
    assert_int_equal(zone_of(site, VENUE)->inside, before + 2);
    site_operator(site,
                  (struct engine_operator){
                      .kind = OPERATOR_SCHEDULE, .gate = SITE_HAND, .who = "Lan", .why = "dry"});
    assert_int_equal(tap(site, DIRECTION_ENTRY, 1), CHL_E_LIMIT);
    struct engine_input emergency = {.kind = INPUT_EMERGENCY};
    site_decide(site, &emergency);
    assert_int_equal(tap(site, DIRECTION_ENTRY, 1), CHL_OK);
    assert_int_equal(zone_of(site, VENUE)->inside, before + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)
        CASE(test_count_made_while_a_gate_was_silent_keeps_a_bar),
        CASE(test_count_made_before_the_silence_is_exact),
        CASE(test_count_made_after_a_start_keeps_a_bar),
        CASE(test_gap_after_long_silence_asks_for_a_recount),
        CASE(test_open_lane_by_hand_counts_who_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
