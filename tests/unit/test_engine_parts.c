/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Parts of a gate that do not answer: told with a name and a time, by few records, and the
 * gate goes on without them.
 */
#include "lib/base/time.h"
#include "tests/unit/engine_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    uint8_t bit;
    engine_condition condition;
    engine_alarm alarm;
} parts[] = {
    {CHL_SILENT_CHECK, CONDITION_CHECK_SILENT, ALARM_CHECK_SILENT},
    {CHL_SILENT_OBJECT, CONDITION_OBJECT_SILENT, ALARM_OBJECT_SILENT},
    {CHL_SILENT_TAMPER, CONDITION_TAMPER_SILENT, ALARM_TAMPER_SILENT},
    {CHL_SILENT_LAMPS, CONDITION_LAMPS_SILENT, ALARM_LAMPS_SILENT},
};

static bool has(const struct site *site, engine_condition condition)
{
    return (site->engine.state.gates[0].conditions & (1U << (unsigned)condition)) != 0;
}

/** Gate 0 is read twice a second for so long with those parts silent. @return records of it. */
static size_t live(struct site *site, int seconds, uint8_t silent)
{
    size_t records = 0;
    for (int i = 0; i < 2 * seconds; i++) {
        struct chl_gate_report report = site_reading(site, 0);
        report.silent = silent;
        site->now_ns += CHL_NS_PER_S / 2;
        site_report(site, &report);
        records += site->out.record_count;
    }
    return records;
}

static void test_each_part_is_told_and_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct site site;
        site_open(&site);
        site_ready(&site);
        assert_int_equal(live(&site, 2, parts[i].bit), 0);
        int64_t before_ns = site.now_ns;
        assert_int_equal(live(&site, 3, parts[i].bit), 2);
        assert_true(has(&site, parts[i].condition));
        int64_t since_ns = site.engine.state.gates[0].condition_ns[parts[i].condition];
        assert_true(since_ns > before_ns && since_ns <= site.now_ns);
        assert_int_equal(live(&site, 600, parts[i].bit), 0);
        /* It is no reason to let nobody in. */
        struct engine_scan scan = site_scan(0, 1, 1);
        assert_int_equal(site_show(&site, &scan), CHL_REASON_OK);
        site_pass(&site, 0, 1, 0);
        assert_int_equal(live(&site, 8, 0), 0);
        assert_true(has(&site, parts[i].condition));
        assert_int_equal(live(&site, 4, 0), 2);
        assert_false(has(&site, parts[i].condition));
        assert_int_equal(site.engine.state.gates[0].condition_ns[parts[i].condition], 0);
        assert_true(site_replays(&site));
        site_close(&site);
    }
}

static void test_alarm_names_the_part(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct site site;
        site_open(&site);
        site_ready(&site);
        struct chl_gate_report report = site_reading(&site, 0);
        report.silent = parts[i].bit;
        site_report(&site, &report);
        site.now_ns += 4 * CHL_NS_PER_S;
        assert_true(engine_next_deadline(&site.engine) <= site.now_ns);
        site_decide(&site, &(struct engine_input){.kind = INPUT_TICK});
        const struct engine_record *raised = site_record(&site, RECORD_ALARM_RAISED);
        assert_non_null(raised);
        assert_int_equal(raised->as.ALARM_RAISED.alarm, parts[i].alarm);
        assert_int_equal(raised->as.ALARM_RAISED.gate, 0);
        site_close(&site);
    }
}

/* A board on a bad line: what it costs the journal is bounded by time, not by its noise. */
static void test_part_that_comes_and_goes_fills_no_journal(void **state)
{
    (void)state;
    struct site site;
    site_open(&site);
    site_ready(&site);
    size_t records = 0;
    for (int i = 0; i < 60; i++) {
        records += live(&site, 1, CHL_SILENT_LAMPS);
        records += live(&site, 1, 0);
    }
    assert_int_equal(records, 0);
    for (int i = 0; i < 30; i++) {
        records += live(&site, 5, CHL_SILENT_LAMPS);
        records += live(&site, 5, 0);
    }
    assert_int_equal(records, 2);
    assert_true(site_replays(&site));
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_part_is_told_and_ends),
        cmocka_unit_test(test_alarm_names_the_part),
        cmocka_unit_test(test_part_that_comes_and_goes_fills_no_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
