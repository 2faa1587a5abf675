/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Files of arrivals: what is taken, and how what is wrong is refused with its line.
 */
#include "sim/rehearse/arrivals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/chilang-arrivals-XXXXXX";

static struct config_zone zones[] = {{.id = "khu-hoi"}, {.id = "san-den"}, {.id = "both"}};
static struct config_gate gates[] = {
    {.id = "G1", .lane = 0}, {.id = "R1", .lane = -1}, {.id = "both", .lane = 1}};
static const struct config config = {
    .zones = zones, .gates = gates, .zone_count = 3, .gate_count = 3};

static chl_err load_bytes(const char *text, size_t length, struct arrivals *out, char *why)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    why[0] = '\0';
    return arrivals_load(path, &config, out, why);
}

static void test_rows_of_every_form_are_taken(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBFtime,arrivals,where,dwell\r\n"
                               "06:30-07:30,8,,\r\n"
                               "08:00,40,san-den,\"1.5 h\"\r\n\r\n"
                               "24:10,2,gate:G1,45 min\r\n"
                               "09:00,0,zone:both\n";
    struct arrivals arrivals;
    char why[REHEARSE_WHY];
    assert_int_equal(load_bytes(text, sizeof text - 1, &arrivals, why), CHL_OK);
    assert_int_equal(arrivals.count, 4);
    assert_int_equal(arrivals.people, 60 * 8 + 40 + 2);
    assert_true(arrivals.clock);
    assert_true(arrivals.dwell_missing);
    assert_int_equal(arrivals.first, 390);
    assert_int_equal(arrivals.end, 24 * 60 + 11);
    assert_int_equal(arrivals.rows[0].end, 450);
    assert_int_equal(arrivals.rows[0].to.kind, TARGET_ANY);
    assert_int_equal(arrivals.rows[0].dwell_ms, -1);
    assert_int_equal(arrivals.rows[1].to.kind, TARGET_ZONE);
    assert_int_equal(arrivals.rows[1].to.index, 1);
    assert_int_equal(arrivals.rows[1].dwell_ms, 5400000);
    assert_int_equal(arrivals.rows[2].to.kind, TARGET_GATE);
    assert_int_equal(arrivals.rows[2].dwell_ms, 45 * 60000);
    assert_int_equal(arrivals.rows[3].to.index, 2);
    arrivals_free(&arrivals);
}

static void test_minutes_without_a_heading_are_taken(void **state)
{
    (void)state;
    static const char text[] = "0,5\n1-3,7\n";
    struct arrivals arrivals;
    char why[REHEARSE_WHY];
    assert_int_equal(load_bytes(text, sizeof text - 1, &arrivals, why), CHL_OK);
    assert_false(arrivals.clock);
    assert_int_equal(arrivals.people, 19);
    assert_int_equal(arrivals.end, 3);
    arrivals_free(&arrivals);
}

static void test_what_is_wrong_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line, *says;
    } files[] = {
        {"", ":1:", "got nobody"},
        {"0,0\n", ":", "got nobody"},
        {"minute,people\n0,1\n", ":1:", "got 'people'"},
        {"minute,time,arrivals\n", ":1:", "got 'time' again"},
        {"minute,dwell\n", ":1:", "one of them is missing"},
        {"-1,5\n", ":1:", "got '-1'"},
        {"0,5\nx,5\n", ":2:", "got 'x'"},
        {"0,5\n2880,5\n", ":2:", "got '2880'"},
        {"0,5\n99999999999999999999,5\n", ":2:", "expected a minute"},
        {"08:60,5\n", ":1:", "got '08:60'"},
        {"08:5,5\n", ":1:", "got '08:5'"},
        {"09:00-08:00,5\n", ":1:", "the end later"},
        {"08:00-9,5\n", ":1:", "got '08:00-9'"},
        {"08:00,5\n9,5\n", ":2:", "as in line 1"},
        {"0,-5\n", ":1:", "got '-5'"},
        {"0,1.5\n", ":1:", "got '1.5'"},
        {"0,\n", ":1:", "got ''"},
        {"0\n", ":1:", "got ''"},
        {"0,5001\n", ":1:", "got '5001'"},
        {"0-2880,5000\n", ":1:", "200000 people"},
        {"0,5,nowhere\n", ":1:", "got 'nowhere'"},
        {"0,5,R1\n", ":1:", "nobody is scanned"},
        {"0,5,both\n", ":1:", "zone:both or gate:both"},
        {"0,5,zone:G1\n", ":1:", "got 'zone:G1'"},
        {"0,5,,90\n", ":1:", "got '90'"},
        {"0,5,,8 d\n", ":1:", "got '8 d'"},
        {"0,5,,999 h\n", ":1:", "got '999 h'"},
        {"0,5,,2 h,more\n", ":1:", "got 5"},
        {"0,5\n\"1,5\n", ":2:", "quotes"},
        {"0,5\n\x1b[31m,5\n", ":2:", "got '?[31m'"},
        {"0,5\n\xff\xfe,5\n", ":2:", "got '?\?'"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct arrivals arrivals;
        char why[REHEARSE_WHY];
        assert_int_equal(load_bytes(files[i].text, strlen(files[i].text), &arrivals, why),
                         CHL_E_CONFIG);
        arrivals_free(&arrivals);
        if (strncmp(why, path, strlen(path)) != 0 || strstr(why, files[i].line) == NULL ||
            strstr(why, files[i].says) == NULL) {
            fail_msg("file %zu: %s", i, why);
        }
    }
}

static void test_bytes_of_nobodys_making_are_refused(void **state)
{
    (void)state;
    struct arrivals arrivals;
    char why[REHEARSE_WHY];
    assert_int_equal(load_bytes("0,5\n\0,5\n", 9, &arrivals, why), CHL_E_CONFIG);
    assert_non_null(strstr(why, ":2:"));
    arrivals_free(&arrivals);
    /* One row longer than any may be. */
    size_t length = 40000;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, '7', length);
    assert_int_equal(load_bytes(text, length, &arrivals, why), CHL_E_CONFIG);
    arrivals_free(&arrivals);
    /* More rows than any day has. */
    for (size_t i = 0; i < length; i++) {
        text[i] = "0,0\n"[i % 4];
    }
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fwrite(text, 1, length, file), length);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(arrivals_load(path, &config, &arrivals, why), CHL_E_CONFIG);
    assert_non_null(strstr(why, ":20001: expected no more than 20000 rows"));
    arrivals_free(&arrivals);
    free(text);
}

static void test_no_file_and_a_folder_are_told(void **state)
{
    (void)state;
    struct arrivals arrivals;
    char why[REHEARSE_WHY];
    assert_int_equal(arrivals_load("/nonexistent/day.csv", &config, &arrivals, why), CHL_E_IO);
    assert_non_null(strstr(why, "/nonexistent/day.csv: No such file"));
    arrivals_free(&arrivals);
    assert_int_not_equal(arrivals_load("/tmp", &config, &arrivals, why), CHL_OK);
    assert_non_null(strstr(why, "/tmp"));
    arrivals_free(&arrivals);
}

static void test_durations_have_fractions_and_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"2.5 s", 2500}, {"2,5s", 2500},   {"90 min", 5400000}, {"500 ms", 500},
                {"0 s", 0},      {"0.125 s", 125}, {"168 h", 604800000}};
    static const char *const bad[] = {"",     "s",     "2.5",     "2. s",  ".5 s",
                                      "-1 s", "1 day", "2  min",  "169 h", "9999999999 s",
                                      "1 s ", "1e3 s", "1.2345 s"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ms = -1;
        assert_true(rehearse_duration(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = -1;
        assert_false(rehearse_duration(bad[i], &ms));
        assert_int_equal(ms, -1);
    }
}

static int begin(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int end(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_of_every_form_are_taken),
        cmocka_unit_test(test_minutes_without_a_heading_are_taken),
        cmocka_unit_test(test_what_is_wrong_is_refused_with_its_line),
        cmocka_unit_test(test_bytes_of_nobodys_making_are_refused),
        cmocka_unit_test(test_no_file_and_a_folder_are_told),
        cmocka_unit_test(test_durations_have_fractions_and_units),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
