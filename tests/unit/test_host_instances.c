/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Instances are made, fail, are made anew and stop without a caller waiting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "tests/fixtures/host/site.h"

#define PLUGINS CHL_BINARY_DIR "/tests/plugins"

static bool recovered(const struct site *site)
{
    size_t last = site->health_count;
    return last > 1 && last <= SITE_HEALTHS && site->healths[last - 1].instance == 0 &&
           site->healths[last - 1].ok;
}

static void test_a_failed_create_is_named_and_tried_again(void **state)
{
    (void)state;
    static struct site site;
    char needed[PATH_MAX], yaml[2 * PATH_MAX];
    static struct site folder; /* only for its folder */
    site_open(&folder, "a: {use: b}\n", -1);
    site_path(&folder, "trust.pem", needed);
    (void)snprintf(yaml, sizeof yaml,
                   "reader: {use: fixture_credential, needs: '%s'}\n"
                   "bus: {use: fixture_gate}\n",
                   needed);
    site_open(&site, yaml, 1);
    site_load(&site, PLUGINS);
    site_start(&site);
    assert_false(site_runs(&site, 0));
    assert_true(site_runs(&site, 1)); /* the others go on */
    assert_false(site.healths[0].ok);
    assert_int_equal(site.healths[0].instance, 0);
    assert_non_null(strstr(site.healths[0].text, "create failed"));
    assert_non_null(strstr(site.healths[0].text, "expected a file, got none"));
    FILE *made = fopen(needed, "w");
    assert_non_null(made);
    assert_int_equal(fclose(made), 0);
    site_wait(&site, recovered);
    assert_true(site_runs(&site, 0));
    struct host_status status;
    host_status(site.host, 0, &status);
    assert_true(status.ok);
    assert_true(status.restarts >= 1);
    site_close(&site);
    site_close(&folder);
}

static void test_failing_create_and_start_never_stop_the_host(void **state)
{
    (void)state;
    static struct site site;
    site_open(&site,
              "no-device: {use: fixture_service, acts: [fail-create]}\n"
              "no-start: {use: fixture_service, acts: [fail-start]}\n"
              "well: {use: fixture_service, acts: [urgent, submit, same-health]}\n"
              "in-words: {use: fixture_service, acts: [explain-failed-start]}\n",
              -1);
    site_load(&site, PLUGINS);
    site_start(&site);
    struct host_status status;
    host_status(site.host, 0, &status);
    assert_false(status.ok || status.running);
    assert_non_null(strstr(status.text, "expected a device, got none; plug it in"));
    host_status(site.host, 1, &status);
    assert_false(status.ok || status.running);
    assert_non_null(strstr(status.text, "start failed: input/output error"));
    host_status(site.host, 3, &status);
    assert_string_equal(status.text, "start failed: expected a free port, got a used one");
    assert_true(site_runs(&site, 2));
    assert_int_equal(site.urgent_count, 1);
    assert_string_equal(site.urgent, "test-button");
    assert_int_equal(site.submit_count, 1);
    assert_non_null(strstr(site.submitted, "\"op\":\"emergency\""));
    size_t told = 0;
    for (size_t i = 0; i < site.health_count; i++) {
        told += site.healths[i].instance == 2 ? 1U : 0U;
    }
    assert_int_equal(told, 1); /* said twice, changed once */
    site_close(&site);
}

static unsigned refusals;

static void count_refusal(const char *instance, const char *why)
{
    assert_string_equal(instance, "no-device");
    assert_string_equal(why, "expected a device, got none; plug it in");
    refusals++;
}

static void test_a_check_makes_every_instance_and_starts_none(void **state)
{
    (void)state;
    static struct site site;
    site_open(&site,
              "no-device: {use: fixture_service, acts: [fail-create]}\n"
              "no-start: {use: fixture_service, acts: [fail-start]}\n",
              -1);
    site_load(&site, PLUGINS);
    assert_int_equal(host_check(site.host, count_refusal), 1);
    assert_int_equal(refusals, 1);
    assert_int_equal(site.health_count, 0);
    site_close(&site);
}

static void test_a_fatal_instance_is_made_anew(void **state)
{
    (void)state;
    static struct site site;
    char once[PATH_MAX], yaml[2 * PATH_MAX];
    static struct site folder;
    site_open(&folder, "a: {use: b}\n", -1);
    site_path(&folder, "failed-already", once);
    (void)snprintf(yaml, sizeof yaml, "s: {use: fixture_service, acts: [fatal-once], once: '%s'}\n",
                   once);
    site_open(&site, yaml, -1);
    site_load(&site, PLUGINS);
    site_start(&site);
    site_wait(&site, recovered);
    assert_string_equal(site.healths[0].text, "fatal: the library lost its state");
    assert_string_equal(site.healths[site.health_count - 1].text, "well");
    site_close(&site);
    site_close(&folder);
}

static void test_a_slow_stop_delays_nobody_but_its_joiner(void **state)
{
    (void)state;
    static struct site site;
    site_open(&site, "slow: {use: fixture_service, stop: 300 ms}\n", -1);
    site_load(&site, PLUGINS);
    site_start(&site);
    int64_t began_ns = chl_mono_ns();
    host_stop(site.host, NULL, NULL);
    assert_true(chl_mono_ns() - began_ns < 250 * CHL_NS_PER_MS);
    assert_int_equal(host_join(site.host, 10), CHL_E_TIMEOUT);
    assert_int_equal(host_join(site.host, 20000), CHL_OK);
    site_close(&site);
}

static void test_a_flooding_instance_loses_its_own_lines(void **state)
{
    (void)state;
    static struct site site;
    int saved = dup(STDERR_FILENO);
    char lines[PATH_MAX];
    site_open(&site, "noisy: {use: fixture_service, acts: [flood]}\n", -1);
    site_path(&site, "log", lines);
    site_load(&site, PLUGINS);
    FILE *log = fopen(lines, "w+");
    assert_non_null(log);
    assert_true(dup2(fileno(log), STDERR_FILENO) >= 0);
    site_start(&site);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    assert_int_equal(close(saved), 0);
    unsigned count = 0;
    char line[1024];
    rewind(log);
    while (fgets(line, sizeof line, log) != NULL) {
        assert_non_null(strstr(line, "component=noisy"));
        count++;
    }
    assert_int_equal(fclose(log), 0);
    assert_true(count >= 40 && count < 200); /* of 1000 */
    site_close(&site);
}

static void expect_refused(const char *yaml, int gate_instance, const char *expected)
{
    static struct site site;
    char why[HOST_WHY_MAX] = "";
    site_open(&site, yaml, gate_instance);
    const struct host_options options = {.config = &site.config, .plugin_dir = PLUGINS};
    assert_int_not_equal(host_new(&options, &site.host, why, sizeof why), CHL_OK);
    assert_null(site.host);
    if (strstr(why, expected) == NULL) {
        fail_msg("expected \"%s\", got \"%s\"", expected, why);
    }
    site_close(&site);
}

static void test_a_site_that_asks_for_the_impossible_is_refused(void **state)
{
    (void)state;
    expect_refused("a: {use: no_such_plugin}\n", -1, "no_such_plugin.so: expected it in");
    expect_refused("a: {use: fixture_gaet}\n", 0,
                   "site.yaml:1:10: expected the name of a plugin, got 'fixture_gaet'; did you "
                   "mean 'fixture_gate'?");
    expect_refused("a: {use: bad_major}\n", -1, "expected plugin ABI 1.x, got 2.0");
    expect_refused("a: {use: fixture_gate, reports-fro: 1}\n", 0, "site.yaml:1:24");
    expect_refused("a: {use: fixture_service, stop: 5 h}\n", -1, "site.yaml:1:33");
    expect_refused("a: {use: fixture_service}\n", 0,
                   "expected a gate plugin, got `fixture_service`");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failed_create_is_named_and_tried_again),
        cmocka_unit_test(test_failing_create_and_start_never_stop_the_host),
        cmocka_unit_test(test_a_check_makes_every_instance_and_starts_none),
        cmocka_unit_test(test_a_fatal_instance_is_made_anew),
        cmocka_unit_test(test_a_slow_stop_delays_nobody_but_its_joiner),
        cmocka_unit_test(test_a_flooding_instance_loses_its_own_lines),
        cmocka_unit_test(test_a_site_that_asks_for_the_impossible_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
