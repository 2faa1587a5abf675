/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where a gate's cycle stands, what is wrong at it, and which way its lane runs.
 */
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { IN = 0, REVERSIBLE = 1, OUT = 2, GMT7_S = 7 * 3600 };

/* Evenings outward, and over the night from Saturday to Sunday. */
static const struct engine_slot slots[] = {
    {.from_min = 17 * 60, .to_min = 22 * 60, .days = 0x7F, .out = true},
    {.from_min = 23 * 60, .to_min = 2 * 60, .days = 1U << 5, .out = true}};
static struct engine_gate_config gates[SITE_GATES];
static struct engine_config config;

/* A Tuesday, 10:00 in Hanoi. */
#define MORNING_NS (INT64_C(1643684400) * CHL_NS_PER_S)
#define HOUR_NS    (INT64_C(3600) * CHL_NS_PER_S)

static int open_site(void **state)
{
    struct site *site = calloc(1, sizeof *site);
    if (site == NULL) {
        return -1;
    }
    config = site_config;
    memcpy(gates, site_config.gates, sizeof gates);
    gates[IN].way = WAY_IN;
    gates[REVERSIBLE].way = WAY_REVERSIBLE;
    gates[REVERSIBLE].slots = slots;
    gates[REVERSIBLE].slot_count = 2;
    gates[OUT].way = WAY_OUT;
    config.gates = gates;
    site_open(site);
    site->engine.config = &config;
    site->now_ns = MORNING_NS;
    site->utc_offset_s = GMT7_S;
    site_ready(site);
    for (uint16_t g = 0; g < SITE_HAND; g++) {
        site_complete(site, g, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    }
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

static engine_phase phase_of(const struct site *site, uint16_t gate)
{
    return engine_gate_phase(&site->engine, gate, site->now_ns);
}

static bool has(const struct site *site, uint16_t gate, engine_condition condition)
{
    return (gate_of(site, gate)->conditions & (1U << (unsigned)condition)) != 0;
}

static void admit(struct site *site, uint16_t lane, unsigned code, uint16_t party)
{
    struct engine_scan scan = site_scan(lane, code, party);
    chl_reason reason = site_show(site, &scan);
    assert_true(reason == CHL_REASON_OK || reason == CHL_REASON_OK_GROUP);
}

static chl_reason shown(struct site *site, uint16_t lane, unsigned code)
{
    struct engine_scan scan = site_scan(lane, code, 1);
    return site_show(site, &scan);
}

static void tick(struct site *site)
{
    site_decide(site, &(struct engine_input){.kind = INPUT_TICK});
}

/** Readings twice a second for so long. @return records that they made. */
static size_t stand(struct site *site, uint16_t gate, int64_t for_ns, bool object)
{
    size_t records = 0;
    for (int64_t end_ns = site->now_ns + for_ns; site->now_ns < end_ns;) {
        site->now_ns += CHL_NS_PER_S / 2;
        struct chl_gate_report report = site_reading(site, gate);
        report.reading.object_entry = object;
        site_report(site, &report);
        records += site->out.record_count;
        if (engine_next_deadline(&site->engine) <= site->now_ns) {
            tick(site);
            records += site->out.record_count;
        }
    }
    return records;
}

static void order(struct site *site, engine_operator_kind kind, uint16_t gate, uint8_t mode)
{
    struct engine_operator act = {.kind = kind,
                                  .gate = gate,
                                  .mode = mode,
                                  .zone = ENGINE_NONE,
                                  .who = "chief",
                                  .why = "rehearsal"};
    site_operator(site, act);
}

static chl_err answered(const struct site *site)
{
    const struct engine_effect *effect = site_effect(site, EFFECT_ANSWER);
    assert_non_null(effect);
    return effect->error;
}

static void test_cycle_of_one_passage(void **state)
{
    struct site *site = *state;
    assert_int_equal(phase_of(site, IN), PHASE_LOCKED);
    admit(site, IN, 1, 1);
    assert_int_equal(phase_of(site, IN), PHASE_RELEASED);
    assert_int_equal(stand(site, IN, CHL_NS_PER_S, true), 1);
    assert_int_equal(phase_of(site, IN), PHASE_PASSING);
    site_pass(site, IN, 1, 0);
    assert_int_equal(phase_of(site, IN), PHASE_PASSED);
    site->now_ns += 4 * CHL_NS_PER_S;
    assert_int_equal(phase_of(site, IN), PHASE_LOCKED);
}

static void test_group_passes_one_by_one(void **state)
{
    struct site *site = *state;
    admit(site, IN, 1, 2);
    (void)stand(site, IN, CHL_NS_PER_S, true);
    assert_int_equal(phase_of(site, IN), PHASE_PASSING);
    site_pass(site, IN, 1, 0);
    assert_int_equal(phase_of(site, IN), PHASE_RELEASED);
    (void)stand(site, IN, CHL_NS_PER_S, true);
    site_pass(site, IN, 1, 0);
    assert_int_equal(phase_of(site, IN), PHASE_PASSED);
}

static void test_nobody_comes(void **state)
{
    struct site *site = *state;
    admit(site, IN, 1, 1);
    uint64_t grant = gate_of(site, IN)->grant.id;
    site->now_ns += (SITE_PASS_S + 1) * CHL_NS_PER_S;
    tick(site);
    assert_int_equal(phase_of(site, IN), PHASE_RELEASED);
    site_complete(site, IN, ACTION_CANCEL, grant, CHL_COMMAND_DONE, false);
    assert_int_equal(phase_of(site, IN), PHASE_NO_SHOW);
}

static void test_somebody_does_not_leave(void **state)
{
    struct site *site = *state;
    admit(site, IN, 1, 1);
    uint64_t grant = gate_of(site, IN)->grant.id;
    (void)stand(site, IN, 10 * CHL_NS_PER_S, true);
    site_complete(site, IN, ACTION_CANCEL, grant, CHL_COMMAND_DONE, true);
    (void)stand(site, IN, 25 * CHL_NS_PER_S, true);
    assert_int_equal(phase_of(site, IN), PHASE_STUCK);
    assert_int_equal(shown(site, IN, 2), CHL_REASON_GATE_NOT_READY);
    (void)stand(site, IN, 3 * CHL_NS_PER_S, false);
    assert_int_equal(phase_of(site, IN), PHASE_NO_SHOW);
    assert_false(has(site, IN, CONDITION_STUCK));
}

static void test_object_in_a_locked_lane(void **state)
{
    struct site *site = *state;
    (void)stand(site, IN, 4 * CHL_NS_PER_S, true);
    assert_false(has(site, IN, CONDITION_OBJECT));
    /* The condition and its alarm; then nothing more, however long it stands there. */
    assert_int_equal(stand(site, IN, 2 * CHL_NS_PER_S, true), 2);
    assert_true(has(site, IN, CONDITION_OBJECT));
    assert_int_equal(stand(site, IN, 60 * CHL_NS_PER_S, true), 0);
    assert_int_equal(phase_of(site, IN), PHASE_LOCKED);
    assert_int_equal(stand(site, IN, 4 * CHL_NS_PER_S, false), 2);
    assert_false(has(site, IN, CONDITION_OBJECT));
}

/* A crowd that leaves by a locked lane covers its sensor all the time. */
static void test_crowd_that_leaves_is_no_object(void **state)
{
    struct site *site = *state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(stand(site, IN, 3 * CHL_NS_PER_S, true), 0);
        site->exit_count[IN]++;
        struct chl_gate_report report = site_reading(site, IN);
        report.reading.object_exit = true;
        site_report(site, &report);
        assert_false(has(site, IN, CONDITION_OBJECT));
    }
    assert_true(stand(site, IN, 6 * CHL_NS_PER_S, true) > 0);
    assert_true(has(site, IN, CONDITION_OBJECT));
}

static void test_flapping_sensor_fills_no_journal(void **state)
{
    struct site *site = *state;
    size_t records = 0;
    for (int i = 0; i < 600; i++) {
        struct chl_gate_report report = site_reading(site, IN);
        report.reading.object_entry = i % 2 == 0;
        report.reading.error = i % 3 == 0 ? 7 : 0;
        report.tamper = i % 2 == 0;
        site->now_ns += CHL_NS_PER_S / 10;
        site_report(site, &report);
        records += site->out.record_count;
    }
    /* The tamper contact and its alarm; nothing else lasted. */
    assert_int_equal(records, 2);
    assert_true(has(site, IN, CONDITION_TAMPER));
}

static void test_device_error_stops_the_lane(void **state)
{
    struct site *site = *state;
    bool raised = false;
    for (int i = 0; i < 4; i++) {
        struct chl_gate_report report = site_reading(site, IN);
        report.reading.error = 0x2000;
        site->now_ns += CHL_NS_PER_S / 2;
        site_report(site, &report);
        const struct engine_record *alarm = site_record(site, RECORD_ALARM_RAISED);
        if (alarm != NULL) {
            raised = true;
            assert_int_equal(alarm->as.ALARM_RAISED.alarm, ALARM_DEVICE_ERROR);
            assert_int_equal(alarm->as.ALARM_RAISED.n, 0x2000);
        }
    }
    assert_true(raised);
    assert_int_equal(phase_of(site, IN), PHASE_STUCK);
    assert_int_equal(shown(site, IN, 1), CHL_REASON_GATE_NOT_READY);
    (void)stand(site, IN, 7 * CHL_NS_PER_S, false);
    assert_int_equal(phase_of(site, IN), PHASE_LOCKED);
    admit(site, IN, 1, 1);
}

/* Another master opens the device: it is told again, and nobody is granted anything meanwhile. */
static void test_device_that_stands_open_is_told_again(void **state)
{
    struct site *site = *state;
    (void)stand(site, IN, CHL_NS_PER_S, false);
    struct chl_gate_report report = site_reading(site, IN);
    report.reading.entry_left = 0xFFFF;
    site_report(site, &report);
    assert_int_equal(site->out.record_count, 0); /* once is no fact */
    site->now_ns += 3 * CHL_NS_PER_S;
    site_report(site, &report);
    const struct engine_effect *told = site_effect(site, EFFECT_COMMAND);
    assert_non_null(told);
    assert_int_equal(told->action, ACTION_MODE);
    assert_int_equal(told->mode, CHL_MODE_NORMAL);
    assert_int_equal(gate_of(site, IN)->mode_state, MODE_ASKED);
    assert_int_equal(shown(site, IN, 1), CHL_REASON_GATE_NOT_READY);
    site_report(site, &report);
    assert_int_equal(site->out.record_count, 0);
    site_complete(site, IN, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    (void)stand(site, IN, CHL_NS_PER_S, false);
    assert_int_equal(shown(site, IN, 2), CHL_REASON_OK);
}

static void test_unfit_controller_gets_no_grants(void **state)
{
    struct site *site = *state;
    struct chl_gate_report report = site_reading(site, IN);
    report.unfit = true;
    strcpy(report.text, "poll-timeout is 0 s, the site promises 10 s");
    site_report(site, &report);
    const struct engine_record *made = site_record(site, RECORD_GATE_PHASE);
    assert_non_null(made);
    assert_string_equal(made->as.GATE_PHASE.why, report.text);
    assert_non_null(site_record(site, RECORD_ALARM_RAISED));
    assert_int_equal(shown(site, IN, 1), CHL_REASON_GATE_UNFIT);
    (void)stand(site, IN, 3 * CHL_NS_PER_S, false);
    admit(site, IN, 1, 1);
}

static void test_exit_by_a_way_in_is_counted_and_told(void **state)
{
    struct site *site = *state;
    admit(site, IN, 1, 1);
    site_pass(site, IN, 1, 0);
    assert_false(has(site, IN, CONDITION_WRONG_WAY));
    site_pass(site, IN, 0, 1);
    assert_true(has(site, IN, CONDITION_WRONG_WAY));
    assert_int_equal(site->engine.state.zones[1].inside, 0);
    (void)stand(site, IN, 70 * CHL_NS_PER_S, false);
    assert_false(has(site, IN, CONDITION_WRONG_WAY));
}

static void test_way_out_takes_nobody_in(void **state)
{
    struct site *site = *state;
    assert_int_equal(gate_of(site, OUT)->mode, CHL_MODE_FREE_EXIT);
    assert_int_equal(shown(site, OUT, 1), CHL_REASON_LANE_RUNS_OUT);
    order(site, OPERATOR_MODE, OUT, CHL_MODE_NORMAL);
    assert_int_equal(answered(site), CHL_E_STATE);
    site_pass(site, OUT, 1, 0);
    assert_true(has(site, OUT, CONDITION_WRONG_WAY));
    assert_int_equal(site_record(site, RECORD_PASSAGE)->as.PASSAGE.kind, PASSAGE_FORCED);
    assert_int_equal(gate_of(site, OUT)->forced_ns, site->now_ns);
}

static void at_hour(struct site *site, int64_t days, int64_t hour)
{
    site->now_ns = MORNING_NS + days * 24 * HOUR_NS + (hour - 10) * HOUR_NS;
    assert_true(engine_next_deadline(&site->engine) <= site->now_ns);
    tick(site);
}

static void test_schedule_turns_the_lane(void **state)
{
    struct site *site = *state;
    assert_int_equal(gate_of(site, REVERSIBLE)->mode, CHL_MODE_NORMAL);
    at_hour(site, 0, 17);
    assert_int_equal(gate_of(site, REVERSIBLE)->mode, CHL_MODE_FREE_EXIT);
    assert_int_equal(shown(site, REVERSIBLE, 1), CHL_REASON_GATE_NOT_READY);
    site_complete(site, REVERSIBLE, ACTION_MODE, 0, CHL_COMMAND_DONE, false);
    assert_int_equal(shown(site, REVERSIBLE, 1), CHL_REASON_LANE_RUNS_OUT);
    at_hour(site, 0, 21);
    assert_int_equal(site->out.record_count, 0);
    at_hour(site, 0, 22);
    assert_int_equal(gate_of(site, REVERSIBLE)->mode, CHL_MODE_NORMAL);
    /* Saturday night belongs to Saturday; Sunday night does not. */
    static const struct {
        int64_t days, hour;
        chl_gate_mode mode;
    } nights[] = {{4, 23, CHL_MODE_FREE_EXIT},
                  {5, 1, CHL_MODE_FREE_EXIT},
                  {5, 2, CHL_MODE_NORMAL},
                  {5, 23, CHL_MODE_NORMAL},
                  {6, 1, CHL_MODE_NORMAL}};
    for (size_t i = 0; i < sizeof nights / sizeof *nights; i++) {
        at_hour(site, nights[i].days, nights[i].hour);
        assert_int_equal(gate_of(site, REVERSIBLE)->mode, nights[i].mode);
    }
}

/* Where clocks change, the hour that people read decides. */
static void test_schedule_follows_the_clock_on_the_wall(void **state)
{
    struct site *site = *state;
    at_hour(site, 0, 16);
    assert_int_equal(gate_of(site, REVERSIBLE)->mode, CHL_MODE_NORMAL);
    site->utc_offset_s = GMT7_S + 3600;
    at_hour(site, 1, 16);
    assert_int_equal(gate_of(site, REVERSIBLE)->mode, CHL_MODE_FREE_EXIT);
}

static void test_turning_round_takes_grants_back_first(void **state)
{
    struct site *site = *state;
    site->now_ns = MORNING_NS + 7 * HOUR_NS - CHL_NS_PER_S;
    site_pass(site, REVERSIBLE, 0, 0);
    admit(site, REVERSIBLE, 1, 1);
    site->now_ns += CHL_NS_PER_S;
    tick(site);
    size_t cancel = 99, mode = 99;
    for (size_t i = 0; i < site->out.effect_count; i++) {
        const struct engine_effect *effect = &site->out.effects[i];
        if (effect->kind == EFFECT_COMMAND && effect->gate == REVERSIBLE) {
            cancel = effect->action == ACTION_CANCEL ? i : cancel;
            mode = effect->action == ACTION_MODE ? i : mode;
        }
    }
    assert_true(cancel < mode && mode < 99);
    /* Who was already through the door is still counted on the grant. */
    site_pass(site, REVERSIBLE, 1, 0);
    assert_int_equal(site_record(site, RECORD_PASSAGE)->as.PASSAGE.kind, PASSAGE_GRANTED);
}

static void test_a_person_outranks_the_schedule(void **state)
{
    struct site *site = *state;
    order(site, OPERATOR_MODE, REVERSIBLE, CHL_MODE_NORMAL);
    assert_int_equal(answered(site), CHL_OK);
    at_hour(site, 0, 18);
    assert_int_equal(gate_of(site, REVERSIBLE)->mode, CHL_MODE_NORMAL);
    /* Also after a restart. */
    site_decide(site, &(struct engine_input){.kind = INPUT_START});
    assert_int_equal(gate_of(site, REVERSIBLE)->mode, CHL_MODE_NORMAL);
    order(site, OPERATOR_SCHEDULE, REVERSIBLE, 0);
    assert_int_equal(answered(site), CHL_OK);
    assert_int_equal(gate_of(site, REVERSIBLE)->mode, CHL_MODE_FREE_EXIT);
    assert_false(gate_of(site, REVERSIBLE)->held);
}

static void disperse(struct site *site, uint16_t zone, bool ends)
{
    site_operator(site, (struct engine_operator){.kind = OPERATOR_DISPERSE,
                                                 .zone = zone,
                                                 .ends = ends,
                                                 .who = "chief",
                                                 .why = "the festival is over"});
}

static void test_dispersal_closes_entry_until_it_is_ended(void **state)
{
    struct site *site = *state;
    order(site, OPERATOR_MODE, IN, CHL_MODE_FREE);
    disperse(site, ENGINE_NONE, false);
    assert_int_equal(answered(site), CHL_OK);
    assert_int_equal(gate_of(site, IN)->mode, CHL_MODE_BLOCKED);
    assert_int_equal(gate_of(site, REVERSIBLE)->mode, CHL_MODE_FREE_EXIT);
    assert_int_equal(shown(site, IN, 1), CHL_REASON_ENTRY_STOPPED);
    assert_int_equal(shown(site, SITE_HAND, 1), CHL_REASON_ENTRY_STOPPED);
    order(site, OPERATOR_MODE, IN, CHL_MODE_NORMAL);
    assert_int_equal(answered(site), CHL_E_STATE);
    disperse(site, ENGINE_NONE, false);
    assert_int_equal(answered(site), CHL_E_STATE);
    site_decide(site, &(struct engine_input){.kind = INPUT_START});
    assert_int_equal(gate_of(site, IN)->mode, CHL_MODE_BLOCKED);
    disperse(site, ENGINE_NONE, true);
    assert_int_equal(answered(site), CHL_OK);
    /* What a person had chosen before holds again. */
    assert_int_equal(gate_of(site, IN)->mode, CHL_MODE_FREE);
    assert_int_equal(gate_of(site, REVERSIBLE)->mode, CHL_MODE_NORMAL);
}

static void test_one_zone_empties(void **state)
{
    struct site *site = *state;
    disperse(site, 1, false);
    assert_int_equal(gate_of(site, IN)->mode, CHL_MODE_BLOCKED);
    assert_int_equal(gate_of(site, SITE_HAND)->mode, CHL_MODE_NORMAL);
    disperse(site, ENGINE_NONE, true);
    assert_int_equal(answered(site), CHL_E_STATE);
    disperse(site, 1, true);
    assert_int_equal(gate_of(site, IN)->mode, CHL_MODE_NORMAL);
}

/* A journal folded before there were schedules: a closed gate must not open by itself. */
static void test_state_of_before_keeps_what_people_chose(void **state)
{
    struct site *site = *state;
    static const char before[] =
        "{\"sequence\":7,\"gates\":{\"G1\":{\"state\":\"OK\",\"mode\":\"blocked\"},"
        "\"G2\":{\"state\":\"OK\",\"mode\":\"normal\"},\"G3\":{\"state\":\"OK\",\"mode\":"
        "\"free\"}},\"zones\":{},\"lanes\":{},\"codes\":[]}";
    struct site again;
    site_open(&again);
    again.now_ns = site->now_ns;
    assert_int_equal(engine_state_decode(&again.engine, before, strlen(before)), CHL_OK);
    site_decide(&again, &(struct engine_input){.kind = INPUT_START});
    site_decide(&again, &(struct engine_input){.kind = INPUT_TICK});
    assert_int_equal(gate_of(&again, 0)->mode, CHL_MODE_BLOCKED);
    assert_int_equal(gate_of(&again, 1)->mode, CHL_MODE_NORMAL);
    assert_int_equal(gate_of(&again, 2)->mode, CHL_MODE_FREE);
    site_close(&again);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_cycle_of_one_passage),
        CASE(test_group_passes_one_by_one),
        CASE(test_nobody_comes),
        CASE(test_somebody_does_not_leave),
        CASE(test_object_in_a_locked_lane),
        CASE(test_crowd_that_leaves_is_no_object),
        CASE(test_flapping_sensor_fills_no_journal),
        CASE(test_device_error_stops_the_lane),
        CASE(test_device_that_stands_open_is_told_again),
        CASE(test_unfit_controller_gets_no_grants),
        CASE(test_exit_by_a_way_in_is_counted_and_told),
        CASE(test_way_out_takes_nobody_in),
        CASE(test_schedule_turns_the_lane),
        CASE(test_schedule_follows_the_clock_on_the_wall),
        CASE(test_turning_round_takes_grants_back_first),
        CASE(test_a_person_outranks_the_schedule),
        CASE(test_dispersal_closes_entry_until_it_is_ended),
        CASE(test_one_zone_empties),
        CASE(test_state_of_before_keeps_what_people_chose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
