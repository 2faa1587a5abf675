/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which way lanes lead, by which hours, and whom a device's emergency opens.
 */
#include "core/config/config.h"
#include "core/site/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA_DIR CHL_STAGE_DIR "/share/chilang"

/** %s: what stands with the gate, and at the end. */
static const char frame[] = "site: { id: x, area: \"05977\" }\n"      /* 1 */
                            "zones: { san: {} }\n"                    /* 2 */
                            "gates:\n"                                /* 3 */
                            "  G1:\n"                                 /* 4 */
                            "    to: san\n"                           /* 5 */
                            "    gate: hand\n"                        /* 6 */
                            "    lane: { scanner: quet }\n"           /* 7 */
                            "    %s\n"                                /* 8 */
                            "plugins: { quet: { use: scan_file } }\n" /* 9 */
                            "credentials: { accept: [cccd] }\n"       /* 10 */
                            "journal: { path: j.db }\n"               /* 11 */
                            "%s\n";                                   /* 12 */

static chl_err parse(const char *gate, const char *end, struct config **out,
                     struct chl_yaml_error *error)
{
    char text[2048];
    const char *first = strstr(frame, "%s");
    const char *second = strstr(first + 2, "%s");
    (void)snprintf(text, sizeof text, "%.*s%s%.*s%s%s", (int)(first - frame), frame, gate,
                   (int)(second - first - 2), first + 2, end, second + 2);
    return config_parse("/srv/site.yaml", text, strlen(text), DATA_DIR, out, error);
}

static void test_hours_are_understood(void **state)
{
    (void)state;
    struct config *config = NULL;
    struct chl_yaml_error error = {.text = ""};
    chl_err result = parse("way: reversible\n    schedule: [{ from: \"17:00\", to: \"22:30\" },\n"
                           "      { from: \"23:15\", to: \"02:00\", runs: in, days: [fri, sat] },\n"
                           "      { from: \"00:00\", to: \"24:00\", days: sun }]",
                           "emergency: { device: gate }", &config, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(result, CHL_OK);
    const struct config_gate *gate = &config->gates[0];
    assert_int_equal(gate->way, CONFIG_WAY_REVERSIBLE);
    assert_int_equal(gate->slot_count, 3);
    assert_int_equal(gate->slots[0].from_min, 17 * 60);
    assert_int_equal(gate->slots[0].to_min, 22 * 60 + 30);
    assert_int_equal(gate->slots[0].days, 0x7F);
    assert_true(gate->slots[0].out);
    assert_int_equal(gate->slots[1].days, 0x30);
    assert_false(gate->slots[1].out);
    assert_int_equal(gate->slots[2].to_min, 24 * 60);
    assert_int_equal(gate->slots[2].days, 0x40);
    assert_true(config->device_emergency_is_local);
    struct site site;
    assert_int_equal(site_make(config, &site), CHL_OK);
    assert_int_equal(site.gates[0].way, WAY_REVERSIBLE);
    assert_int_equal(site.gates[0].slot_count, 3);
    assert_int_equal(site.gates[0].slots[1].from_min, 23 * 60 + 15);
    assert_true(site.engine.device_emergency_is_local);
    site_free(&site);
    config_free(config);
}

static void test_ways_and_what_holds_when_nothing_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        config_way way;
    } ways[] = {{"", CONFIG_WAY_BOTH},
                {"way: both", CONFIG_WAY_BOTH},
                {"way: in", CONFIG_WAY_IN},
                {"way: out", CONFIG_WAY_OUT},
                {"way: reversible", CONFIG_WAY_REVERSIBLE}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct config *config = NULL;
        struct chl_yaml_error error = {.text = ""};
        assert_int_equal(parse(ways[i].text, "", &config, &error), CHL_OK);
        assert_int_equal(config->gates[0].way, ways[i].way);
        assert_int_equal(config->gates[0].slot_count, 0);
        assert_false(config->device_emergency_is_local);
        config_free(config);
    }
}

static void test_every_mistake_is_refused_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *gate, *end;
        unsigned line, column;
        const char *says;
    } mistakes[] = {
        {"way: up", "", 8, 10, "expected one of both, in, out, reversible"},
        {"schedule: [{ from: \"17:00\", to: \"22:00\" }]", "", 8, 5,
         "expected 'schedule' only with 'way: reversible'"},
        {"way: reversible\n    schedule: []", "", 9, 5, "expected a list of 1 to 16 hours"},
        {"way: reversible\n    schedule: 17", "", 9, 5, "expected a list of 1 to 16 hours"},
        {"way: reversible\n    schedule: [{ to: \"22:00\" }]", "", 9, 16, "the key 'from'"},
        {"way: reversible\n    schedule: [{ from: \"5 pm\", to: \"22:00\" }]", "", 9, 24,
         "for 'from', got '5 pm'"},
        {"way: reversible\n    schedule: [{ from: \"17:60\", to: \"22:00\" }]", "", 9, 24,
         "expected a time of day"},
        {"way: reversible\n    schedule: [{ from: \"17:00\", to: \"24:01\" }]", "", 9, 37,
         "for 'to', got '24:01'"},
        {"way: reversible\n    schedule: [{ from: \"17:00\", to: \"17:00\" }]", "", 9, 37,
         "a whole day is 00:00 to 24:00"},
        {"way: reversible\n    schedule: [{ from: \"17:00\", to: \"18:00\", days: [today] }]", "",
         9, 52, "got 'today'"},
        {"way: reversible\n    schedule: [{ from: \"17:00\", to: \"18:00\", runs: both }]", "", 9,
         52, "expected one of in, out"},
        {"", "emergency: { device: none }", 12, 22, "expected one of site, gate"},
        {"", "emergency: { devise: gate }", 12, 14, "did you mean 'device'?"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct config *config = NULL;
        struct chl_yaml_error error = {.text = ""};
        assert_int_equal(parse(mistakes[i].gate, mistakes[i].end, &config, &error), CHL_E_CONFIG);
        if (strstr(error.text, mistakes[i].says) == NULL || error.line != mistakes[i].line ||
            error.column != mistakes[i].column) {
            fail_msg("%zu: %s (%u:%u)", i, error.text, error.line, error.column);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hours_are_understood),
        cmocka_unit_test(test_ways_and_what_holds_when_nothing_is_said),
        cmocka_unit_test(test_every_mistake_is_refused_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
