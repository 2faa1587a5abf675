/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A second count on a real bus: a counter board beside a turnstile sees the same people,
 * disagrees, falls silent and comes back; what the status makes of it.
 */
#include "tests/integration/site_world.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { STEP_MS = 50 };

static struct world world;

static void sim(const char *request)
{
    json_t *answer = world_sim(&world, request);
    assert_true(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
}

/** A gate of the status, the caller's. */
static json_t *gate(const char *id)
{
    json_t *answer = world_ask(&world, "{\"op\":\"status\"}");
    const json_t *gates = json_object_get(json_object_get(answer, "status"), "gates");
    json_t *found = NULL;
    for (size_t g = 0; g < json_array_size(gates); g++) {
        json_t *entry = json_array_get(gates, g);
        if (strcmp(json_string_value(json_object_get(entry, "id")), id) == 0) {
            found = json_incref(entry);
        }
    }
    json_decref(answer);
    assert_non_null(found);
    return found;
}

/** Until both counts of G1 were read once. */
static bool until_compared(void)
{
    bool compared = false;
    for (int waited = 0; !compared && waited < WORLD_WAIT_MS; waited += STEP_MS) {
        json_t *entry = gate("G1");
        compared = json_is_object(json_object_get(entry, "disagreement"));
        json_decref(entry);
        (void)poll(NULL, 0, compared ? 0 : STEP_MS);
    }
    return compared;
}

static int open_site(void **state)
{
    (void)state;
    static const char *const units[] = {"--unit",
                                        "1=lot-turnstile",
                                        "--unit",
                                        "2=lot-turnstile",
                                        "--unit",
                                        "7=moxa-iologik-e1214",
                                        "--unit",
                                        "3=waveshare-relay",
                                        "--provisioned",
                                        "free-exit",
                                        "--turnstile",
                                        "turnstile=1,entry=7.1,exit=7.2",
                                        NULL};
    world_open_with(&world, units);
    world_edit(&world, "unit: 1, profile: lot-turnstile",
               ",\n    check: { unit: 7, profile: moxa-iologik-e1214, entry: 1, exit: 2 },\n"
               "    lamps: { unit: 3, profile: waveshare-relay, green: 1, red: 4 }");
    world_start(&world);
    bool up = world_until(&world, "gates", "G1", "state", "OK") && until_compared();
    if (!up) {
        world_close(&world);
    }
    return up ? 0 : -1;
}

static int close_site(void **state)
{
    (void)state;
    int status = world_end(&world, SIGTERM);
    char out[WORLD_OUT];
    const char *const verify[] = {"journal", "verify", world_path(&world, "journal.db"), NULL};
    int code = world_run(&world, out, "chilang", verify);
    world_close(&world);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && code == 0 ? 0 : -1;
}

/** Difference of G1's counts, entries or exits; 0 too while there is no second one. */
static long long off(const char *way)
{
    json_t *entry = gate("G1");
    long long found =
        json_integer_value(json_object_get(json_object_get(entry, "disagreement"), way));
    json_decref(entry);
    return found;
}

static void until_off(const char *way, long long expected)
{
    long long found = off(way);
    for (int waited = 0; found != expected && waited < 2 * WORLD_WAIT_MS; waited += STEP_MS) {
        (void)poll(NULL, 0, STEP_MS);
        found = off(way);
    }
    assert_int_equal(found, expected);
}

/** Whether a part of G1 is told silent, with a time. */
static bool is_silent(const char *part)
{
    json_t *entry = gate("G1");
    const json_t *silent = json_object_get(entry, "silent");
    bool found = false;
    for (size_t i = 0; i < json_array_size(silent); i++) {
        const json_t *one = json_array_get(silent, i);
        const char *since = json_string_value(json_object_get(one, "since"));
        bool same = strcmp(json_string_value(json_object_get(one, "part")), part) == 0;
        found = found || (same && since != NULL && strncmp(since, "20", 2) == 0);
    }
    json_decref(entry);
    return found;
}

static void until_silent(const char *part, bool expected)
{
    bool found = is_silent(part);
    for (int waited = 0; found != expected && waited < 4 * WORLD_WAIT_MS; waited += STEP_MS) {
        (void)poll(NULL, 0, STEP_MS);
        found = is_silent(part);
    }
    assert_int_equal(found, expected);
}

static long number(const char *member)
{
    char text[128];
    world_member(&world, "zones", "san", member, text);
    return strtol(text, NULL, 10);
}

static void recount(const char *inside)
{
    char out[WORLD_OUT];
    const char *const arguments[] = {
        "gate",  "recount", "san",   inside, "--how",    "sweep",
        "--who", "Lan",     "--why", "test", "--config", world_path(&world, "site.yaml"),
        NULL};
    assert_int_equal(world_run(&world, out, "chilang", arguments), 0);
}

static void leave(int people)
{
    char before[128];
    char after[32];
    world_member(&world, "gates", "G1", "exits", before);
    for (int i = 0; i < people; i++) {
        assert_true(world_walk(&world, 1, "exit"));
    }
    (void)snprintf(after, sizeof after, "%ld", strtol(before, NULL, 10) + people);
    assert_true(world_until(&world, "gates", "G1", "exits", after));
}

static void expect_line(const char *line)
{
    char out[WORLD_OUT];
    const char *const arguments[] = {"status", "--config", world_path(&world, "site.yaml"), NULL};
    assert_int_equal(world_run(&world, out, "chilang", arguments), 0);
    if (strstr(out, line) == NULL) {
        fail_msg("expected `%s` in:\n%s", line, out);
    }
}

/* Two more than the turnstile saw: the count stays the authority's, and says that it may be off. */
static void test_disagreement_is_the_error_bar(void **state)
{
    (void)state;
    recount("50");
    leave(3);
    assert_int_equal(number("inside"), 47);
    assert_int_equal(off("exits"), 0);
    sim("{\"op\":\"input\",\"unit\":7,\"row\":2}");
    until_off("exits", -1);
    sim("{\"op\":\"input\",\"unit\":7,\"row\":1}");
    until_off("entries", -1);
    assert_int_equal(number("inside"), 47);
    assert_int_equal(number("uncertain"), 2);
    expect_line("47 ± 2");
    expect_line("G1 and its second count differ: in -1, out -1");
    recount("46");
    assert_int_equal(number("uncertain"), 0);
    until_off("exits", 0);
}

/* A counter that is away is compared with nothing; what both counted meanwhile is no dispute. */
static void test_silent_second_count_disputes_nothing(void **state)
{
    (void)state;
    recount("50");
    leave(1);
    sim("{\"op\":\"silent\",\"unit\":7,\"on\":true}"); /* it counts on */
    until_silent("check", true);
    assert_true(world_until(&world, "gates", "G1", "state", "OK"));
    expect_line("SILENT G1: its second count does not answer since ");
    leave(6);
    sim("{\"op\":\"silent\",\"unit\":7,\"on\":false}");
    until_silent("check", false);
    assert_int_equal(number("inside"), 43);
    assert_int_equal(number("uncertain"), 0);
    assert_int_equal(off("exits"), 0);
    /* And it is listened to again. */
    sim("{\"op\":\"input\",\"unit\":7,\"row\":2}");
    until_off("exits", -1);
    assert_int_equal(number("uncertain"), 1);
}

static void test_silent_lamps_are_told(void **state)
{
    (void)state;
    char code[WORLD_OUT];
    sim("{\"op\":\"off\",\"unit\":3,\"on\":true}");
    until_silent("lamps", true);
    expect_line("SILENT G1: its lamps and sounder do not answer since ");
    world_code(&world, code, NULL);
    world_scan(&world, "G1", code);
    assert_true(world_until(&world, "lanes", "G1", "reason", "ok"));
    sim("{\"op\":\"off\",\"unit\":3,\"on\":false}");
    until_silent("lamps", false);
}

int main(void)
{
    (void)setenv("LC_ALL", "en_GB.UTF-8", 1);
    const struct CMUnitTest tests[] = {
#define SITE(test) cmocka_unit_test_setup_teardown(test, open_site, close_site)
        SITE(test_disagreement_is_the_error_bar),
        SITE(test_silent_second_count_disputes_nothing),
        SITE(test_silent_lamps_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
