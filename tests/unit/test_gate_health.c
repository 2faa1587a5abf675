/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The line that says which gates of a bus do not answer, and the text of `gap`.
 */
#include "plugins/gate_modbus/gap.h"
#include "plugins/gate_modbus/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/time.h"

static void link_of(struct health *health, uint16_t gate, bool up, const char *why, int64_t at_s)
{
    struct chl_gate_report report = {
        .size = sizeof report, .kind = CHL_REPORT_LINK, .gate = {gate}, .link_up = up};
    (void)snprintf(report.text, sizeof report.text, "%s", why);
    health_take(health, &report, at_s * CHL_NS_PER_S);
}

static void gates(struct health *health, size_t count)
{
    assert_int_equal(health_init(health, count), CHL_OK);
    for (size_t i = 0; i < count; i++) {
        health->gates[i].gate.index = (uint16_t)i;
        health->gates[i].unit = (uint16_t)(i + 1);
        (void)snprintf(health->gates[i].name, sizeof health->gates[i].name, "Cổng %zu", i + 1);
    }
}

static void test_silent_gate_is_named_with_its_time(void **state)
{
    (void)state;
    struct health health;
    char text[HEALTH_TEXT];
    gates(&health, 2);
    link_of(&health, 0, true, "", 1643700600);
    link_of(&health, 1, false, "no answer", 1643700600);
    assert_false(health_text(&health, text));
    assert_string_equal(text, "1 of 2 gates answer; silent: Cổng 2 (unit 2) since "
                              "2022-02-01T07:30:00Z: no answer");
    /* Said again it is no news, and it has been silent since the first time. */
    health.changed = false;
    link_of(&health, 1, false, "no answer", 1643700660);
    assert_false(health.changed);
    assert_false(health_text(&health, text));
    assert_non_null(strstr(text, "07:30:00Z"));
    link_of(&health, 1, true, "", 1643700700);
    assert_true(health.changed);
    assert_true(health_text(&health, text));
    assert_string_equal(text, "2 of 2 gates answer");
    health_free(&health);
}

static void test_other_reports_say_nothing_of_the_link(void **state)
{
    (void)state;
    struct health health;
    const struct chl_gate_report reading = {
        .size = sizeof reading, .kind = CHL_REPORT_READING, .link_up = true};
    gates(&health, 1);
    health_take(&health, &reading, 0);
    assert_false(health.gates[0].known);
    health_free(&health);
}

static void test_many_silent_gates_are_counted(void **state)
{
    (void)state;
    struct health health;
    char text[HEALTH_TEXT];
    gates(&health, 247);
    for (uint16_t i = 0; i < 247; i++) {
        link_of(&health, i, false, "a reason as long as a reason may be, and a little longer", 0);
    }
    assert_false(health_text(&health, text));
    assert_true(strlen(text) < HEALTH_TEXT);
    assert_non_null(strstr(text, "0 of 247 gates answer; silent: Cổng 1 (unit 1)"));
    assert_string_equal(text + strlen(text) - strlen(" and 246 more"), " and 246 more");
    health_free(&health);
}

static void test_gap_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {{"profile", -1}, {"0 ms", 0}, {"5", 5 * CHL_NS_PER_MS}, {"1000 ms", CHL_NS_PER_S}};
    static const char *const bad[] = {"", "ms", "-1", "1001 ms", "5 s", "99999", "5ms ", "1e3"};
    char why[128] = "";
    int64_t ns = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(gap_parse(good[i].text, &ns, why, sizeof why), CHL_OK);
        assert_int_equal(ns, good[i].ns);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(gap_parse(bad[i], &ns, why, sizeof why), CHL_E_CONFIG);
        assert_non_null(strstr(why, "expected `profile`"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_gate_is_named_with_its_time),
        cmocka_unit_test(test_other_reports_say_nothing_of_the_link),
        cmocka_unit_test(test_many_silent_gates_are_counted),
        cmocka_unit_test(test_gap_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
