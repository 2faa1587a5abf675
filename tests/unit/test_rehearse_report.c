/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a rehearsal tells, in both languages, as JSON and as a picture.
 */
#include "sim/rehearse/report.h"

#include "lib/base/time.h"
#include "lib/text/reasons.h"
#include "sim/rehearse/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

enum { PEOPLE_A_MINUTE = 30, MINUTES = 20, LIMIT = 250 };

/** A site with a name that means to be markup, and its day. */
static struct {
    struct config_zone zones[2];
    struct config_gate gates[30];
    struct config config;
    struct engine_zone_config engine_zones[2];
    struct engine_gate_config engine_gates[30];
    struct engine_lane_config lanes[30];
    struct engine_config engine;
    struct world world;
    struct arrivals_row row;
    struct arrivals arrivals;
    struct rehearse_options options;
    struct plan plan;
    struct measure measure;
    struct measure_quantiles waits;
    struct needed needed;
    struct report report;
} site;

static void fill_site(void)
{
    static char names[30][8];
    site.zones[0] = (struct config_zone){
        .id = "khu-hoi", .name = "Khu </svg> & \"hội\" %s", .parent = -1, .hard = LIMIT};
    site.zones[1] = (struct config_zone){
        .id = "a-zone-whose-id-is-rather-long-indeed", .name = "Sân", .parent = 0};
    site.engine_zones[0] =
        (struct engine_zone_config){.id = "khu-hoi", .parent = ENGINE_NONE, .hard = LIMIT};
    site.engine_zones[1] = (struct engine_zone_config){.id = "inner", .parent = 0};
    for (uint16_t g = 0; g < 30; g++) {
        (void)snprintf(names[g], sizeof names[g], "G%u", (unsigned)g);
        site.gates[g] = (struct config_gate){.id = names[g], .lane = g};
        site.engine_gates[g] = (struct engine_gate_config){
            .id = names[g], .from = ENGINE_NONE, .to = 0, .pass_time_ns = 7 * CHL_NS_PER_S};
        site.lanes[g] = (struct engine_lane_config){.id = names[g], .gate = g};
    }
    site.config = (struct config){.site_id = "hoi",
                                  .site_name = "Hội <b>Kỳ Cùng</b>\x1b[31m",
                                  .zones = site.zones,
                                  .gates = site.gates,
                                  .zone_count = 2,
                                  .gate_count = 30};
    site.engine = (struct engine_config){.zones = site.engine_zones,
                                         .gates = site.engine_gates,
                                         .lanes = site.lanes,
                                         .zone_count = 2,
                                         .gate_count = 30,
                                         .lane_count = 30,
                                         .level = 1,
                                         .enough_up_to = {[CHL_FORMAT_DECLARATION] = 4}};
}

static int rehearse(void **state)
{
    (void)state;
    char why[REHEARSE_WHY];
    fill_site();
    site.row = (struct arrivals_row){
        .first = 480, .end = 480 + MINUTES, .people = PEOPLE_A_MINUTE, .dwell_ms = -1};
    site.arrivals = (struct arrivals){.rows = &site.row,
                                      .count = 1,
                                      .people = PEOPLE_A_MINUTE * MINUTES,
                                      .first = 480,
                                      .end = 480 + MINUTES,
                                      .clock = true,
                                      .dwell_missing = true};
    site.options = (struct rehearse_options)REHEARSE_USUAL;
    world_make(&site.engine, &site.world);
    site.report = (struct report){.config = &site.config,
                                  .world = &site.world,
                                  .arrivals = &site.arrivals,
                                  .options = &site.options,
                                  .measure = &site.measure,
                                  .waits = &site.waits,
                                  .needed = &site.needed,
                                  .needed_count = 1};
    return plan_make(&site.arrivals, &site.options, &site.plan) == CHL_OK &&
                   day_run(&site.world, &site.plan, &site.arrivals, &site.options, &site.measure,
                           why) == CHL_OK &&
                   measure_quantiles(&site.measure, MEASURE_ALL, &site.waits) == CHL_OK &&
                   needed_find(&site.world, 0, &site.plan, &site.arrivals, &site.options,
                               &site.measure, &site.needed, why) == CHL_OK
               ? 0
               : -1;
}

static int forget(void **state)
{
    (void)state;
    plan_free(&site.plan);
    measure_free(&site.measure);
    return 0;
}

typedef void (*writer)(const struct report *report, FILE *out);

static char *text_of(writer write, bool english)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    site.report.english = english;
    write(&site.report, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void test_the_table_has_eighty_columns_in_both_languages(void **state)
{
    (void)state;
    const struct measure usual = site.measure;
    const struct measure_quantiles waits = site.waits;
    for (int i = 0; i < 4; i++) {
        int english = i % 2;
        if (i >= 2) {
            /* The longest figures there are. */
            site.measure.entered = site.measure.left = site.measure.missed = ARRIVALS_PEOPLE_MAX;
            site.measure.told = site.measure.most = ARRIVALS_PEOPLE_MAX;
            site.measure.verdicts[CHL_REASON_ZONE_FULL] = 99999999;
            site.measure.queue_us = INT64_C(199999) * 3600 * 1000000;
            site.measure.queued_until_ns = site.measure.begin_ns + 3600 * CHL_NS_PER_S;
            site.measure.cut = true;
            site.measure.still_inside = site.measure.still_queued = ARRIVALS_PEOPLE_MAX;
            site.waits = (struct measure_quantiles){.p50_ms = 172799000,
                                                    .p95_ms = 172799000,
                                                    .longest_ms = 172799000,
                                                    .p95_open = true,
                                                    .longest_open = true};
        }
        char *text = text_of(report_table, english == 1);
        assert_null(strchr(text, '\x1b'));
        assert_non_null(strstr(text, english ? "600 people" : "600 người"));
        assert_non_null(strstr(text, "khu-hoi"));
        assert_non_null(strstr(text, english ? "Told full" : "Báo đủ người"));
        assert_non_null(strstr(text, english ? "6 more lanes" : "6 làn nữa"));
        assert_non_null(strstr(text, english ? "is not known" : "Không rõ"));
        char *rest = NULL;
        for (char *line = strtok_r(text, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            if (chl_reason_characters(line) > 80) {
                fail_msg("%zu columns: %s", chl_reason_characters(line), line);
            }
        }
        free(text);
        site.measure = usual;
        site.waits = waits;
    }
}

/** The conversions of a format, one after the other. */
static void conversions(const char *format, char out[64])
{
    size_t length = 0;
    for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at, '%')) {
        size_t part = strspn(at + 1, "0123456789.zlh") + 2;
        assert_true(length + part < 64);
        memcpy(out + length, at, part);
        length += part;
        at += part;
    }
    out[length] = '\0';
}

static void test_words_take_the_same_values_in_both_languages(void **state)
{
    (void)state;
    for (int id = 0; id < WORD_COUNT; id++) {
        char vi[64];
        char en[64];
        conversions(word((word_id)id, false), vi);
        conversions(word((word_id)id, true), en);
        assert_string_equal(vi, en);
    }
}

static int64_t member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static void write_json(const struct report *report, FILE *out)
{
    assert_int_equal(report_json(report, out), CHL_OK);
}

static void test_json_says_what_was_measured(void **state)
{
    (void)state;
    char *text = text_of(write_json, true);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_int_equal(member(root, "arrivals"), PEOPLE_A_MINUTE * MINUTES);
    assert_int_equal(member(root, "entered"), site.measure.entered);
    const json_t *zone = json_array_get(json_object_get(root, "zones"), 0);
    assert_int_equal(member(zone, "limit"), LIMIT);
    assert_int_equal(member(zone, "peak"), LIMIT);
    /* 250 people at 30 a minute: full in the ninth minute. */
    assert_in_range(member(zone, "full"), 488, 489);
    const json_t *other = json_array_get(json_object_get(root, "zones"), 1);
    assert_true(json_is_null(json_object_get(other, "limit")));
    assert_true(json_is_null(json_object_get(other, "full")));
    const json_t *needed = json_array_get(json_object_get(root, "needed"), 0);
    assert_true(json_is_null(json_object_get(needed, "lanes")));
    assert_true(json_is_true(json_object_get(needed, "limit_binds")));
    assert_true(json_is_null(json_object_get(needed, "from")));
    const json_t *minutes = json_object_get(root, "minutes");
    const json_t *arrivals = json_object_get(minutes, "arrivals");
    int64_t sum = 0;
    for (size_t i = 0; i < json_array_size(arrivals); i++) {
        sum += json_integer_value(json_array_get(arrivals, i));
    }
    assert_int_equal(member(minutes, "first"), 480);
    assert_int_equal(sum, PEOPLE_A_MINUTE * MINUTES);
    assert_int_equal(
        json_array_size(json_object_get(json_object_get(minutes, "inside"), "khu-hoi")),
        json_array_size(arrivals));
    assert_int_equal(json_array_size(json_object_get(root, "gates")), 30);
    json_decref(root);
    free(text);
}

/** Every element that is opened is closed, in order. @return elements. */
static size_t elements(const char *text)
{
    char open[16][16];
    size_t depth = 0;
    size_t count = 0;
    for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        assert_non_null(end);
        size_t length = strcspn(at + 1 + (at[1] == '/'), " />?");
        const char *name = at + 1 + (at[1] == '/');
        if (at[1] == '?') {
            continue;
        }
        assert_true(length > 0 && length < sizeof open[0]);
        if (at[1] == '/') {
            assert_true(depth > 0);
            depth--;
            assert_true(strlen(open[depth]) == length && memcmp(open[depth], name, length) == 0);
        } else if (end[-1] != '/') {
            assert_true(depth < 16);
            (void)snprintf(open[depth++], sizeof open[0], "%.*s", (int)length, name);
        }
        count++;
    }
    assert_int_equal(depth, 0);
    return count;
}

static void test_the_picture_is_whole_and_foreign_names_are_text(void **state)
{
    (void)state;
    for (int english = 0; english < 2; english++) {
        char *text = text_of(report_plot, english == 1);
        assert_true(elements(text) > 40);
        assert_non_null(strstr(text, "Khu &lt;/svg&gt; &amp; \"hội\" %s"));
        assert_non_null(strstr(text, "&lt;b&gt;"));
        assert_null(strchr(text, '\x1b'));
        assert_non_null(strstr(text, english ? "limit 250" : "giới hạn 250"));
        assert_non_null(strstr(text, ">08:00<"));
        assert_non_null(strstr(text, "class=\"limit\""));
        assert_null(strstr(text, "nan"));
        assert_null(strstr(text, "inf"));
        free(text);
    }
}

static void test_times_are_written_as_people_read_them(void **state)
{
    (void)state;
    char out[WORD_TIME];
    const int64_t minute_ns = 60 * CHL_NS_PER_S;
    assert_string_equal(word_time(510 * minute_ns, true, out), "08:30");
    assert_string_equal(word_time(1450 * minute_ns, true, out), "24:10");
    assert_string_equal(word_time(75 * minute_ns, false, out), "75'");
    assert_string_equal(word_time(-1, true, out), "-");
    assert_string_equal(word_span(245000, out), "4:05");
    assert_string_equal(word_span(3750000, out), "1:02:30");
    assert_string_equal(word_setting(2500, out), "2.5 s");
    assert_string_equal(word_setting(2005, out), "2.005 s");
    assert_string_equal(word_setting(600000, out), "10 min");
    assert_string_equal(word_setting(7200000, out), "2 h");
    assert_string_equal(word_setting(90000, out), "90 s");
    assert_string_equal(word_setting(0, out), "0 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_has_eighty_columns_in_both_languages),
        cmocka_unit_test(test_words_take_the_same_values_in_both_languages),
        cmocka_unit_test(test_json_says_what_was_measured),
        cmocka_unit_test(test_the_picture_is_whole_and_foreign_names_are_text),
        cmocka_unit_test(test_times_are_written_as_people_read_them),
    };
    return cmocka_run_group_tests(tests, rehearse, forget);
}
