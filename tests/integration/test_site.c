/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A site of real processes: the main job, and what happens when a part of it fails.
 */
#include "tests/integration/site_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

static int open_site(void **state)
{
    static struct world world;
    world_open(&world);
    world_start(&world);
    *state = &world;
    bool up = world_until(&world, "gates", "G1", "state", "OK") &&
              world_until(&world, "gates", "G2", "state", "OK") &&
              world_until(&world, "zones", "san", "state", "NORMAL");
    if (!up) {
        world_close(&world);
    }
    return up ? 0 : -1;
}

static void show_log(const struct world *world)
{
    FILE *log = fopen(world_path(world, "daemon.log"), "r");
    char line[512];
    while (log != NULL && fgets(line, sizeof line, log) != NULL) {
        fprintf(stderr, "daemon: %s", line);
    }
    if (log != NULL) {
        fclose(log);
    }
}

static int close_site(void **state)
{
    struct world *world = *state;
    int status = world_end(world, SIGTERM);
    char out[WORLD_OUT];
    const char *const verify[] = {"journal", "verify", world_path(world, "journal.db"), NULL};
    int code = world_run(world, out, "chilang", verify);
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0 && code == 0;
    if (!good) {
        fprintf(stderr, "daemon ended with %d, journal verify with %d: %s\n", status, code, out);
        show_log(world);
    }
    world_close(world);
    return good ? 0 : -1;
}

static void accepted(json_t *answer)
{
    assert_non_null(answer);
    if (!json_is_true(json_object_get(answer, "ok"))) {
        char *text = json_dumps(answer, 0);
        print_error("%s\n", text);
        free(text);
    }
    assert_true(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
}

static void person(struct world *world, int unit, const char *way, const char *manner)
{
    char request[128];
    if (strcmp(manner, "walk") == 0) {
        assert_true(world_walk(world, unit, way));
        return;
    }
    snprintf(request, sizeof request,
             "{\"op\":\"person\",\"unit\":%d,\"way\":\"%s\",\"manner\":\"%s\"}", unit, way, manner);
    accepted(world_sim(world, request));
}

static void expect_lane(struct world *world, const char *lane, const char *verdict,
                        const char *reason)
{
    assert_true(world_until(world, "lanes", lane, "reason", reason));
    assert_true(world_until(world, "lanes", lane, "verdict", verdict));
}

static void expect_inside(struct world *world, const char *inside)
{
    assert_true(world_until(world, "zones", "san", "inside", inside));
}

/* Invariant 1, 5. */
static void test_scan_decide_open_count(void **state)
{
    struct world *world = *state;
    char code[WORLD_OUT];
    world_code(world, code, NULL);
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "ADMIT", "ok");
    person(world, 1, "entry", "walk");
    expect_inside(world, "1");
    assert_true(world_until(world, "zones", "san", "reserved", "0"));
    world_scan(world, "G2", code);
    expect_lane(world, "G2", "CHECK", "already_used");
    accepted(world_ask(world, "{\"op\":\"resolve\",\"lane\":\"G2\",\"admit\":true,"
                              "\"who\":\"trưởng ca\"}"));
    expect_lane(world, "G2", "ADMIT", "checked_by_staff");
    person(world, 2, "entry", "walk");
    expect_inside(world, "2");
    person(world, 1, "exit", "walk");
    expect_inside(world, "1");
    json_t *answer = world_ask(world, "{\"op\":\"stats\"}");
    json_t *latency = json_object_get(json_object_get(answer, "stats"), "latency_us");
    assert_int_equal(json_integer_value(json_object_get(latency, "count")), 2);
    json_decref(answer);
}

/* Invariant 3. */
static void test_bad_codes_open_nothing(void **state)
{
    struct world *world = *state;
    char code[WORLD_OUT];
    world_scan(world, "G1", "https://example.org/not-a-declaration");
    expect_lane(world, "G1", "CHECK", "format_unknown");
    const char *const expired[] = {"--issued-at", "2022-01-01T00:00:00Z", "--life", "1h", NULL};
    world_code(world, code, expired);
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "CHECK", "declaration_expired");
    const char *const unwell[] = {"--symptoms", "fever", NULL};
    world_code(world, code, unwell);
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "CHECK", "health_check");
    world_code(world, code, NULL);
    char *middle = code + strlen(code) / 2;
    *middle = *middle == '7' ? '8' : '7';
    world_scan(world, "G1", code);
    assert_true(world_until(world, "gates", "G1", "grant", "null"));
    json_t *truth = world_sim(world, "{\"op\":\"truth\"}");
    json_t *total = json_object_get(truth, "total");
    assert_int_equal(json_integer_value(json_object_get(total, "grants")), 0);
    json_decref(truth);
}

static void test_no_show_gives_the_place_back(void **state)
{
    struct world *world = *state;
    char code[WORLD_OUT];
    const char *const family[] = {"--party", "3", NULL};
    world_code(world, code, family);
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "ADMIT", "ok_group");
    person(world, 1, "entry", "walk");
    expect_inside(world, "1");
    assert_true(world_until(world, "zones", "san", "reserved", "0"));
    expect_inside(world, "1");
    /* The two places that nobody used are still good. */
    world_scan(world, "G2", code);
    expect_lane(world, "G2", "ADMIT", "ok_group");
    person(world, 2, "entry", "walk");
    person(world, 2, "entry", "walk");
    expect_inside(world, "3");
}

/* Invariant 4, 6. */
static void test_kill_leaves_nothing_open(void **state)
{
    struct world *world = *state;
    char code[WORLD_OUT];
    world_code(world, code, NULL);
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "ADMIT", "ok");
    world_end(world, SIGKILL);
    person(world, 2, "exit", "walk");
    world_start(world);
    assert_true(world_until(world, "gates", "G1", "state", "OK"));
    assert_true(world_until(world, "gates", "G1", "grant", "null"));
    assert_true(world_until(world, "zones", "san", "reserved", "0"));
    assert_true(world_until(world, "gates", "G2", "exits", "1"));
    expect_inside(world, "0");
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "ADMIT", "ok");
    person(world, 1, "entry", "walk");
    expect_inside(world, "1");
}

/* Invariant 10. */
static void test_silent_device_is_unknown_and_reconciled(void **state)
{
    struct world *world = *state;
    char code[WORLD_OUT];
    world_code(world, code, NULL);
    world_scan(world, "G2", code);
    expect_lane(world, "G2", "ADMIT", "ok");
    person(world, 2, "entry", "walk");
    expect_inside(world, "1");
    accepted(world_sim(world, "{\"op\":\"silent\",\"unit\":1,\"on\":true}"));
    assert_true(world_until(world, "gates", "G1", "state", "UNKNOWN"));
    assert_true(world_until(world, "zones", "san", "state", "UNKNOWN"));
    assert_true(world_until(world, "gates", "G2", "state", "OK"));
    world_code(world, code, NULL);
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "WAIT", "gate_not_ready");
    person(world, 1, "exit", "walk");
    accepted(world_sim(world, "{\"op\":\"silent\",\"unit\":1,\"on\":false}"));
    assert_true(world_until(world, "gates", "G1", "state", "OK"));
    expect_inside(world, "0");
    assert_true(world_until(world, "zones", "san", "state", "NORMAL"));
}

/* Invariant 9. */
static void test_emergency_opens_until_a_named_reset(void **state)
{
    struct world *world = *state;
    char out[WORLD_OUT];
    const char *const fire[] = {"gate", "emergency", "--control", world_path(world, "control.sock"),
                                NULL};
    int code = world_run(world, out, "chilang", fire);
    if (code != 0) {
        print_error("%s\n", out);
    }
    assert_int_equal(code, 0);
    assert_true(world_until(world, NULL, NULL, "emergency", "true"));
    person(world, 1, "entry", "walk");
    char declared[WORLD_OUT];
    world_code(world, declared, NULL);
    world_scan(world, "G1", declared);
    expect_lane(world, "G1", "DENY", "emergency_exit_only");
    json_t *refused = world_ask(world, "{\"op\":\"reset\"}");
    assert_true(json_is_false(json_object_get(refused, "ok")));
    json_decref(refused);
    accepted(world_ask(world, "{\"op\":\"reset\",\"who\":\"chỉ huy\",\"why\":\"diễn tập xong\"}"));
    assert_true(world_until(world, NULL, NULL, "emergency", "false"));
    assert_true(world_until(world, "gates", "G1", "mode_confirmed", "true"));
    world_scan(world, "G1", declared);
    expect_lane(world, "G1", "ADMIT", "ok");
}

static size_t loads(const struct world *world)
{
    char out[WORLD_OUT];
    const char *const show[] = {"journal", "show", world_path(world, "journal.db"), NULL};
    size_t count = 0;
    assert_int_equal(world_run(world, out, "chilang", show), 0);
    for (const char *at = out; (at = strstr(at, "audit/loaded")) != NULL; at++) {
        count++;
    }
    return count;
}

/* Invariant 4. */
static void test_loads_are_recorded(void **state)
{
    struct world *world = *state;
    size_t before = loads(world);
    assert_int_equal(before, 2); /* configuration and trust */
    kill(world->daemon, SIGHUP);
    for (int i = 0; i < 200 && loads(world) == before; i++) {
        char text[128];
        world_member(world, NULL, NULL, "head", text); /* gives the daemon a turn */
    }
    assert_int_equal(loads(world), before + 1);
}

/* Invariant 1, 2. */
static void test_full_disk_stops_grants_not_exits(void **state)
{
    struct world *world = *state;
    char code[WORLD_OUT];
    world_code(world, code, NULL);
    world_scan(world, "G1", code);
    expect_lane(world, "G1", "ADMIT", "ok");
    person(world, 1, "entry", "walk");
    expect_inside(world, "1");
    /* No file may grow any more: what a full disk does to a writer. */
    struct rlimit before;
    assert_int_equal(prlimit(world->daemon, RLIMIT_FSIZE, NULL, &before), 0);
    struct rlimit none = {.rlim_cur = 1, .rlim_max = before.rlim_max};
    assert_int_equal(prlimit(world->daemon, RLIMIT_FSIZE, &none, NULL), 0);
    world_scan(world, "G1", "nothing we know");
    char journal[128] = "ok";
    for (int i = 0; i < 500 && strcmp(journal, "ok") == 0; i++) {
        world_member(world, NULL, NULL, "journal", journal);
    }
    assert_string_not_equal(journal, "ok");
    world_code(world, code, NULL);
    world_scan(world, "G2", code);
    person(world, 1, "exit", "walk");
    json_t *truth = world_sim(world, "{\"op\":\"truth\"}");
    json_t *total = json_object_get(truth, "total");
    assert_int_equal(json_integer_value(json_object_get(total, "grants")), 1);
    assert_int_equal(json_integer_value(json_object_get(total, "refused_exits")), 0);
    json_decref(truth);
    assert_int_equal(prlimit(world->daemon, RLIMIT_FSIZE, &before, NULL), 0);
    assert_true(world_until(world, NULL, NULL, "journal", "ok"));
    expect_inside(world, "0");
    world_scan(world, "G2", code);
    expect_lane(world, "G2", "ADMIT", "ok");
}

/* Invariant 5, 9. */
static void test_hand_gate_counts_taps(void **state)
{
    struct world *world = *state;
    char code[WORLD_OUT];
    const char *const pair[] = {"--party", "2", NULL};
    world_code(world, code, pair);
    world_scan(world, "H1", code);
    expect_lane(world, "H1", "ADMIT", "ok_group");
    accepted(world_ask(world, "{\"op\":\"pass\",\"gate\":\"H1\",\"direction\":\"entry\",\"n\":2,"
                              "\"who\":\"người trực\"}"));
    expect_inside(world, "2");
    json_t *more = world_ask(world, "{\"op\":\"pass\",\"gate\":\"H1\",\"direction\":\"entry\","
                                    "\"n\":1,\"who\":\"người trực\"}");
    assert_true(json_is_false(json_object_get(more, "ok")));
    json_decref(more);
    accepted(world_ask(world, "{\"op\":\"pass\",\"gate\":\"H1\",\"direction\":\"exit\",\"n\":2,"
                              "\"who\":\"người trực\"}"));
    expect_inside(world, "0");
}

static void test_config_mistakes_are_named(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *good, *bad, *expected;
    } mistakes[] = {
        {"hard: 5", "hrd: 5", ":3:41:"},
        {"use: scan_file, path: G1", "use: no_such_plugin", "no_such_plugin"},
        {"unit: 2", "unit: 1", ":8:"},
        {"trust: trust", "trust: no-trust", "no-trust: expected"},
        {"pass_time: 1 s", "pass_time: 1 parsec", ":5:"},
        {"on_link_loss: free-exit", "on_link_loss: free", "which 'lot-turnstile' cannot do alone"},
        {"unit: 2", "unit: 2, settings: { start-time: 0 }", "expected 1 to 65535 for 'start-time'"},
    };
    char site[WORLD_OUT];
    FILE *file = fopen(world_path(world, "site.yaml"), "r");
    assert_non_null(file);
    size_t length = fread(site, 1, sizeof site - 1, file);
    site[length] = '\0';
    fclose(file);
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char out[WORLD_OUT];
        const char *at = strstr(site, mistakes[i].good);
        assert_non_null(at);
        file = fopen(world_path(world, "site-bad.yaml"), "w");
        assert_non_null(file);
        fprintf(file, "%.*s%s%s", (int)(at - site), site, mistakes[i].bad,
                at + strlen(mistakes[i].good));
        fclose(file);
        const char *const arguments[] = {"--check-config", world_path(world, "site-bad.yaml"),
                                         NULL};
        assert_int_equal(world_run(world, out, "chilangd", arguments), 1);
        if (strstr(out, mistakes[i].expected) == NULL) {
            print_error("%s\n", out);
        }
        assert_non_null(strstr(out, mistakes[i].expected));
    }
}

#define SITE(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE(test_scan_decide_open_count),
        SITE(test_bad_codes_open_nothing),
        SITE(test_no_show_gives_the_place_back),
        SITE(test_kill_leaves_nothing_open),
        SITE(test_silent_device_is_unknown_and_reconciled),
        SITE(test_emergency_opens_until_a_named_reset),
        SITE(test_loads_are_recorded),
        SITE(test_full_disk_stops_grants_not_exits),
        SITE(test_hand_gate_counts_taps),
        SITE(test_config_mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
