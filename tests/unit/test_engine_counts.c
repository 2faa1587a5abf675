/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Raw counters of 16 and 32 bits become passages, gaps or reconciliation: one table.
 */
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** One story of a counter: what it showed, then what came. */
struct story {
    const char *name;
    uint8_t bits;
    uint32_t before;
    int64_t away_s; /**< since the reading before */
    bool silent;    /**< the gate was UNKNOWN meanwhile */
    bool forgot;    /**< the daemon was started anew meanwhile */
    uint8_t said;   /**< 1, 2: the first, the second reading says that the counters began anew */
    uint32_t shown;
    uint32_t again; /**< shown by the reading after, a second later */
    /* Expected after both. */
    uint32_t entered;
    bool gap, reconciled;
    int64_t uncertain; /**< people, −1 = any above 0 */
};

static const struct story stories[] = {
    {"a step", 32, 100, 1, false, false, 0, 103, 103, 3, false, false, 0},
    {"a step of 16 bits", 16, 100, 1, false, false, 0, 103, 103, 3, false, false, 0},
    {"16 bits wrap", 16, 0xFFFE, 1, false, false, 0, 1, 1, 3, false, false, 0},
    {"32 bits wrap", 32, 0xFFFFFFFE, 1, false, false, 0, 1, 1, 3, false, false, 0},
    {"32 bits pass a word's carry", 32, 0xFFFE, 1, false, false, 0, 0x10001, 0x10001, 3, false,
     false, 0},
    {"a reset that was said", 32, 500, 1, false, false, 1, 2, 2, 0, true, false, 8},
    {"torn low, which looks like a reset to the bus", 32, 0x1FFFF, 1, false, false, 1, 0x10000,
     0x20000, 1, false, false, 0},
    {"torn high, and its return looks like a reset", 32, 0x1FFFF, 1, false, false, 2, 0x2FFFF,
     0x20000, 1, false, false, 0},
    {"16 bits, reset after hours, looks like a step", 16, 100, 3600, true, false, 1, 700, 700, 0,
     true, false, -1},
    {"16 bits, reset near the end, looks like a wrap", 16, 0xFFFE, 1, false, false, 1, 3, 3, 0,
     true, false, 6},
    {"a reset to what it was", 16, 0, 1, false, false, 1, 0, 0, 0, true, false, 6},
    {"a reset that nobody said, 16 bits", 16, 500, 1, false, false, 0, 2, 2, 0, true, false, 8},
    {"a reset that nobody said, 32 bits", 32, 500, 1, false, false, 0, 2, 3, 0, true, false, 8},
    {"a torn counter", 32, 0x1FFFF, 1, false, false, 0, 0x2FFFF, 0x20000, 1, false, false, 0},
    {"a torn counter the other way", 32, 0x1FFFF, 1, false, false, 0, 0x10000, 0x20000, 1, false,
     false, 0},
    {"more than people can, 16 bits", 16, 10, 1, false, false, 0, 60, 61, 0, true, false, 8},
    {"away", 32, 100, 60, true, false, 0, 140, 141, 41, false, true, 0},
    {"away while the daemon was down", 32, 100, 60, false, true, 0, 140, 141, 41, false, true, 0},
    {"away, more than people can", 16, 100, 10, true, false, 0, 400, 400, 0, true, false, -1},
    {"away, through the end of 16 bits", 16, 65530, 60, true, false, 0, 4, 4, 10, false, true, 120},
    {"away, unchanged", 32, 100, 7200, true, false, 0, 100, 100, 0, false, false, 0},
};

static void report(struct site *site, const struct story *story, uint32_t count, bool restarted)
{
    struct engine_input input = {.kind = INPUT_REPORT};
    struct chl_gate_report *made = &input.as.report;
    made->kind = CHL_REPORT_READING;
    made->restarted = restarted;
    made->reading = (struct chl_gate_reading){.entry_count = count, .count_bits = story->bits};
    site_decide(site, &input);
}

static void link_down(struct site *site)
{
    struct engine_input input = {.kind = INPUT_REPORT};
    input.as.report.kind = CHL_REPORT_LINK;
    strcpy(input.as.report.text, "no answer");
    site_decide(site, &input);
}

static void tell(const struct story *story)
{
    struct site site;
    struct engine_input start = {.kind = INPUT_START};
    site_open(&site);
    site_decide(&site, &start);
    report(&site, story, story->before, false);
    if (story->silent) {
        link_down(&site);
    }
    site.now_ns += story->away_s * CHL_NS_PER_S;
    if (story->forgot) {
        site_decide(&site, &start);
    }
    bool gap = false, reconciled = false;
    for (int i = 0; i < 2; i++) {
        report(&site, story, i == 0 ? story->shown : story->again, story->said == i + 1);
        const struct engine_record *record = site_record(&site, RECORD_GAP);
        gap = gap || record != NULL;
        if (record != NULL) {
            assert_int_equal(record->as.GAP.entry_before, story->before);
        }
        reconciled = reconciled || site_record(&site, RECORD_RECONCILED) != NULL;
        site.now_ns += CHL_NS_PER_S;
    }
    const struct engine_zone *zone = &site.engine.state.zones[1];
    assert_int_equal(site.engine.state.gates[0].entry_count, story->again);
    assert_int_equal(zone->entered, story->entered);
    assert_int_equal(zone->inside, story->entered);
    assert_int_equal(gap, story->gap);
    assert_int_equal(reconciled, story->reconciled);
    if (story->uncertain < 0) {
        assert_true(engine_zone_error(&site.engine, 1) > 0);
    } else {
        assert_int_equal(engine_zone_error(&site.engine, 1), story->uncertain);
    }
    assert_true(site_replays(&site));
    site_close(&site);
}

static void test_counters_tell_their_stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        print_message("  %s\n", stories[i].name);
        tell(&stories[i]);
    }
}

/* A cancel is done only when a reading that is believed was taken after it. */
static void test_torn_completion_frees_no_place(void **state)
{
    (void)state;
    struct site site;
    site_open(&site);
    site_ready(&site);
    struct engine_scan scan = site_scan(0, 1, 1);
    assert_int_equal(site_show(&site, &scan), CHL_REASON_OK);
    uint64_t grant = site.engine.state.gates[0].grant.id;
    site.now_ns += 60 * CHL_NS_PER_S;
    site_decide(&site, &(struct engine_input){.kind = INPUT_TICK});
    assert_int_equal(site.engine.state.gates[0].grant.state, GRANT_CANCELLING);
    site.entry[0] += 0x10000;
    site_complete(&site, 0, ACTION_CANCEL, grant, CHL_COMMAND_DONE, false);
    assert_int_equal(site.engine.state.gates[0].grant.state, GRANT_LOST);
    assert_int_equal(site.engine.state.zones[1].reserved, 1);
    site.entry[0] -= 0x10000;
    site_pass(&site, 0, 0, 0);
    site_complete(&site, 0, ACTION_CANCEL, grant, CHL_COMMAND_DONE, false);
    assert_int_equal(site.engine.state.zones[1].reserved, 0);
    assert_int_equal(engine_zone_error(&site.engine, 1), 0);
    assert_true(site_replays(&site));
    site_close(&site);
}

/** Readings every 250 ms, each with so many more leaving. @return records of gaps. */
static int leave(struct site *site, int readings, uint32_t first, uint32_t second)
{
    int gaps = 0;
    for (int i = 0; i < readings; i++) {
        site->now_ns += CHL_NS_PER_S / 4;
        site_pass(site, 0, 0, i % 2 == 0 ? first : second);
        gaps += site_record(site, RECORD_GAP) != NULL ? 1 : 0;
    }
    return gaps;
}

/* A crowd that leaves as quickly as people can is counted; a contact that chatters is none: it is
 * told of a few times a minute, adds no crowd, and the bar holds those who did leave meanwhile. */
static void test_chatter_is_no_crowd(void **state)
{
    (void)state;
    struct site site;
    site_open(&site);
    site_ready(&site);
    assert_int_equal(leave(&site, 240, 1, 0), 0);
    assert_int_equal(site.engine.state.zones[1].left, 120);
    int64_t bar = engine_zone_error(&site.engine, 1);
    assert_in_range(leave(&site, 240, 12, 12), 3, 7);
    assert_in_range(leave(&site, 240, 3, 1), 3, 7); /* as quick as it is, or eight a second */
    assert_in_range(site.engine.state.zones[1].left, 120, 140);
    assert_true(engine_zone_error(&site.engine, 1) - bar >= 120);
    assert_in_range(leave(&site, 80, 0, 0), 0, 1); /* it ends */
    assert_int_equal(leave(&site, 240, 1, 0), 0);
    assert_in_range(site.engine.state.zones[1].left, 240, 260);
    assert_true(site_replays(&site));
    site_close(&site);
}

/* The completion of a command that counts nobody may be the one that says it. */
static void test_restart_said_by_a_completion_is_a_gap(void **state)
{
    (void)state;
    struct site site;
    struct engine_input done = {.kind = INPUT_REPORT};
    site_open(&site);
    site_ready(&site);
    site_pass(&site, 0, 5, 0);
    done.as.report.kind = CHL_REPORT_DONE;
    done.as.report.status = CHL_COMMAND_DONE;
    done.as.report.command_id = ACTION_MODE;
    done.as.report.restarted = true;
    site_decide(&site, &done);
    site.entry[0] = 6;
    site_pass(&site, 0, 0, 0);
    assert_non_null(site_record(&site, RECORD_GAP));
    site_pass(&site, 0, 1, 0);
    assert_null(site_record(&site, RECORD_GAP));
    assert_int_equal(site.engine.state.zones[1].inside, 6);
    assert_true(site_replays(&site));
    site_close(&site);
}

/* A gate between two zones of the same level: whoever is not counted is wrong in both. */
static void test_recount_ends_the_bar_of_its_zone_only(void **state)
{
    (void)state;
    struct site site;
    site_open(&site);
    site_ready(&site);
    const struct story lost = {.bits = 32};
    report(&site, &lost, 0, true);
    int64_t venue = engine_zone_error(&site.engine, 0);
    assert_true(venue > 0);
    assert_int_equal(engine_zone_error(&site.engine, 1), venue);
    site_operator(&site, (struct engine_operator){.kind = OPERATOR_RECOUNT,
                                                  .how = CHL_RECOUNT_SWEEP,
                                                  .who = "Lan",
                                                  .why = "after a reset",
                                                  .zone = 1,
                                                  .inside = 2});
    assert_int_equal(engine_zone_error(&site.engine, 1), 0);
    assert_int_equal(engine_zone_error(&site.engine, 0), venue);
    assert_true(site_replays(&site));
    site_close(&site);
}

static chl_err act_audit(struct site *site, const char *who, struct engine_audit counted)
{
    site_operator(site, (struct engine_operator){.kind = OPERATOR_AUDIT, .who = "", .gate = 0});
    assert_int_equal(site_effect(site, EFFECT_ANSWER)->error, CHL_E_DENIED);
    struct engine_operator act = {.kind = OPERATOR_AUDIT, .gate = 0, .audit = counted};
    snprintf(act.who, sizeof act.who, "%s", who);
    site_operator(site, act);
    return site_effect(site, EFFECT_ANSWER)->error;
}

static void test_audit_sets_the_bar_of_what_was_counted(void **state)
{
    (void)state;
    static const struct {
        struct engine_audit counted;
        chl_err error;
        uint32_t bias;
        int64_t bar; /**< of 30 passages */
    } audits[] = {
        {{180, 19, 0, 19, 0, false}, CHL_E_LIMIT, 0, 0},
        {{180, 0, 0, 7, 0, true}, CHL_E_LIMIT, 0, 0},
        {{180, 10, 10, 10, 10, false}, CHL_OK, 0, 0},
        {{180, 5, 5, 4, 5, true}, CHL_OK, 100, 3},
        {{180, 60, 40, 57, 41, false}, CHL_OK, 40, 2},
        {{180, 300, 0, 299, 0, false}, CHL_OK, 4, 1},
        {{180, 20, 0, 100000, 0, false}, CHL_OK, 10000, 300},
    };
    for (size_t i = 0; i < sizeof audits / sizeof *audits; i++) {
        struct site site;
        site_open(&site);
        site_ready(&site);
        for (int n = 0; n < 10; n++) {
            site.now_ns += 10 * CHL_NS_PER_S;
            site_pass(&site, 0, 2, 1);
        }
        assert_int_equal(act_audit(&site, "Lan", audits[i].counted), audits[i].error);
        assert_int_equal(site.engine.state.gates[0].bias, audits[i].bias);
        assert_int_equal(engine_zone_error(&site.engine, 1), audits[i].bar);
        assert_int_equal(engine_zone_error(&site.engine, 0), audits[i].bar);
        /* The court is counted anew; the venue, which the gate also leads to, keeps its bar. */
        site_operator(&site, (struct engine_operator){.kind = OPERATOR_RECOUNT,
                                                      .how = CHL_RECOUNT_CLICKER,
                                                      .who = "Lan",
                                                      .why = "evening",
                                                      .zone = 1,
                                                      .inside = 10});
        assert_int_equal(engine_zone_error(&site.engine, 1), 0);
        assert_int_equal(engine_zone_error(&site.engine, 0), audits[i].bar);
        assert_string_equal(site.engine.state.zones[1].recounted_by, "Lan");
        assert_true(site_replays(&site));
        site_close(&site);
    }
}

static void test_recount_without_a_way_is_refused(void **state)
{
    (void)state;
    struct site site;
    site_open(&site);
    site_ready(&site);
    struct engine_operator act = {.kind = OPERATOR_RECOUNT, .who = "Lan", .why = "x", .zone = 1};
    site_operator(&site, act);
    assert_int_equal(site_effect(&site, EFFECT_ANSWER)->error, CHL_E_DENIED);
    assert_null(site_record(&site, RECORD_RECOUNT));
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_tell_their_stories),
        cmocka_unit_test(test_torn_completion_frees_no_place),
        cmocka_unit_test(test_chatter_is_no_crowd),
        cmocka_unit_test(test_restart_said_by_a_completion_is_a_gap),
        cmocka_unit_test(test_audit_sets_the_bar_of_what_was_counted),
        cmocka_unit_test(test_recount_without_a_way_is_refused),
        cmocka_unit_test(test_recount_ends_the_bar_of_its_zone_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
