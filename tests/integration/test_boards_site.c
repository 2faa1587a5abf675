/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A site whose gate is made of boards: a relay board releases and shows, a counter board
 *  counts, one of its contacts is the fire panel's. Real daemon, real bus, simulated boards.
 *
 *  The argument `line` puts the bus on a pseudo-terminal in place of TCP.
 */
#include "tests/integration/site_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { RELAYS = 2, COUNTERS = 7, GREEN = 3, RED = 6 };

static bool on_line;

static const char boards[] =
    "site: { id: san-thu, name: Sân thử, kind: festival }\n"
    "zones:\n"
    "  san: { name: Sân, limit: { warn: 80%, hard: 5 } }\n"
    "  bai: { name: Bãi xe, limit: { warn: 80%, hard: 3 } }\n"
    "gates:\n"
    "  G1:\n"
    "    name: Làn 1\n"
    "    to: san\n"
    "    pass_time: 5 s\n"
    "    on_link_loss: free-exit\n"
    "    device:\n"
    "      plugin: bus\n"
    "      unit: 2\n"
    "      profile: waveshare-relay\n"
    "      release: 1\n"
    "      count: { unit: 7, profile: wirenboard-mr6c-v3, entry: 1, exit: 2 }\n"
    "      fire: { unit: 7, profile: wirenboard-mr6c-v3, input: 6, active: open }\n"
    "      lamps: { green: 3, blue: 4, amber: 5, red: 6, sounder: 7 }\n"
    "    lane: { scanner: s1 }\n"
    "  G2:\n"
    "    name: Làn 2\n"
    "    to: san\n"
    "    pass_time: 5 s\n"
    "    on_link_loss: free-exit\n"
    "    device: { plugin: bus, unit: 7, profile: wirenboard-mr6c-v3, release: 3, count: { entry: "
    "3, "
    "exit: 4 } }\n"
    "    lane: { scanner: s2 }\n"
    "  X1:\n"
    "    name: Barie xe\n"
    "    to: bai\n"
    "    pass_time: 20 s\n"
    "    on_link_loss: hold\n"
    "    device: { plugin: bus, unit: 3, profile: barrier-waveshare-io }\n"
    "    lane: { scanner: s3 }\n"
    "plugins:\n"
    "  bus: { use: gate_modbus, address: \"@BUS@\", baud: 115200 }\n"
    "  s1: { use: scan_file, path: G1 }\n"
    "  s2: { use: scan_file, path: G2 }\n"
    "  s3: { use: scan_file, path: H1 }\n"
    "credentials: { accept: [declaration], trust: trust }\n"
    "journal: { path: journal.db }\n";

static void sim(struct world *world, const char *request)
{
    json_t *answer = world_sim(world, request);
    assert_non_null(answer);
    if (!json_is_true(json_object_get(answer, "ok"))) {
        char *text = json_dumps(answer, 0);
        print_error("%s: %s\n", request, text);
        free(text);
    }
    assert_true(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
}

static json_t *act(struct world *world, const char *request)
{
    json_t *answer = world_ask(world, request);
    assert_non_null(answer);
    return answer;
}

static void accepted(struct world *world, const char *request)
{
    json_t *answer = act(world, request);
    if (!json_is_true(json_object_get(answer, "ok"))) {
        char *text = json_dumps(answer, 0);
        print_error("%s: %s\n", request, text);
        free(text);
    }
    assert_true(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
}

/** How often a relay of the relay board has closed. */
static json_int_t closings(struct world *world, int row)
{
    json_t *answer = world_sim(world, "{\"op\":\"board\",\"unit\":2}");
    json_t *all = json_object_get(answer, "closings");
    assert_true(json_is_array(all));
    const json_int_t n = json_integer_value(json_array_get(all, (size_t)row - 1));
    json_decref(answer);
    return n;
}

static bool is_lit(struct world *world, int row)
{
    json_t *answer = world_sim(world, "{\"op\":\"board\",\"unit\":2}");
    json_t *output = json_array_get(json_object_get(answer, "outputs"), (size_t)row - 1);
    const bool lit = json_is_true(output) || json_integer_value(output) != 0;
    json_decref(answer);
    return lit;
}

static void until_lit(struct world *world, int row, bool lit)
{
    for (int waited = 0; is_lit(world, row) != lit; waited += 20) {
        assert_true(waited < WORLD_WAIT_MS);
        usleep(20000);
    }
}

static void until_closed(struct world *world, int row, json_int_t at_least)
{
    for (int waited = 0; closings(world, row) < at_least; waited += 20) {
        assert_true(waited < WORLD_WAIT_MS);
        usleep(20000);
    }
}

static int open_site(void **state)
{
    static struct world world;
    static const char *const tcp[] = {"--unit",
                                      "2=waveshare-relay",
                                      "--unit",
                                      "7=wirenboard-mr6c-v3",
                                      "--unit",
                                      "3=barrier-waveshare-io",
                                      "--turnstile",
                                      "release=2.1,entry=7.1,exit=7.2",
                                      "--turnstile",
                                      "release=7.3,entry=7.3,exit=7.4",
                                      "--provisioned=free-exit",
                                      "--do",
                                      "{\"op\":\"input\",\"unit\":7,\"row\":6,\"on\":true}",
                                      NULL};
    static const char *const line[] = {"--listen",
                                       "rtu:",
                                       "--unit",
                                       "2=waveshare-relay",
                                       "--unit",
                                       "7=wirenboard-mr6c-v3",
                                       "--unit",
                                       "3=barrier-waveshare-io",
                                       "--turnstile",
                                       "release=2.1,entry=7.1,exit=7.2",
                                       "--turnstile",
                                       "release=7.3,entry=7.3,exit=7.4",
                                       "--provisioned=free-exit",
                                       "--do",
                                       "{\"op\":\"input\",\"unit\":7,\"row\":6,\"on\":true}",
                                       NULL};
    world_open_as(&world, on_line ? line : tcp, boards);
    world_start(&world);
    *state = &world;
    const bool up = world_until(&world, "gates", "G1", "state", "OK") &&
                    world_until(&world, "zones", "san", "state", "NORMAL");
    if (!up) {
        FILE *log = fopen(world_path(&world, "daemon.log"), "r");
        char text[512];
        while (log != NULL && fgets(text, sizeof text, log) != NULL) {
            fprintf(stderr, "daemon: %s", text);
        }
        if (log != NULL) {
            (void)fclose(log);
        }
        world_close(&world);
    }
    return up ? 0 : -1;
}

static int close_site(void **state)
{
    struct world *world = *state;
    const int status = world_end(world, SIGTERM);
    char out[WORLD_OUT];
    const char *const verify[] = {"journal", "verify", world_path(world, "journal.db"), NULL};
    const int code = world_run(world, out, "chilang", verify);
    world_close(world);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && code == 0 ? 0 : -1;
}

static void admit(struct world *world, const char *const *extra)
{
    char code[WORLD_OUT];
    world_code(world, code, extra);
    world_scan(world, "G1", code);
    assert_true(world_until(world, "lanes", "G1", "reason", extra == NULL ? "ok" : "ok_group"));
}

static void walk(struct world *world, const char *way)
{
    assert_true(world_walk(world, RELAYS, way));
}

static void inside(struct world *world, const char *expected)
{
    assert_true(world_until(world, "zones", "san", "inside", expected));
}

/* Invariants 1 and 5: a pulse a person, counted on another board. */
static void test_a_pulse_lets_one_in_and_another_board_counts(void **state)
{
    struct world *world = *state;
    const json_int_t before = closings(world, 1);
    const json_int_t green = closings(world, GREEN);
    admit(world, NULL);
    until_closed(world, GREEN, green + 1);
    walk(world, "entry");
    inside(world, "1");
    assert_true(world_until(world, "zones", "san", "reserved", "0"));
    assert_int_equal(closings(world, 1), before + 1);
    until_lit(world, GREEN, false);
    walk(world, "exit");
    inside(world, "0");
}

/* Part of a grant of three: each passage is followed by the next pulse, and by no further one. */
static void test_a_party_gets_a_pulse_each(void **state)
{
    struct world *world = *state;
    const char *const party[] = {"--party", "3", NULL};
    const json_int_t before = closings(world, 1);
    admit(world, party);
    for (int i = 0; i < 3; i++) {
        walk(world, "entry");
    }
    inside(world, "3");
    assert_true(world_until(world, "zones", "san", "reserved", "0"));
    assert_true(world_until(world, "gates", "G1", "phase", "LOCKED"));
    assert_int_equal(closings(world, 1), before + 3);
    for (int i = 0; i < 3; i++) {
        walk(world, "exit");
    }
    inside(world, "0");
}

/* Nobody comes: the places are free again only when the mechanism no longer waits. */
static void test_nobody_comes(void **state)
{
    struct world *world = *state;
    char code[WORLD_OUT];
    world_code(world, code, NULL);
    world_scan(world, "G1", code);
    assert_true(world_until(world, "lanes", "G1", "reason", "ok"));
    assert_true(world_until(world, "zones", "san", "reserved", "1"));
    assert_true(world_until(world, "zones", "san", "reserved", "0"));
    inside(world, "0");
    assert_true(world_until(world, "gates", "G1", "phase", "LOCKED"));
    world_scan(world, "G1", code); /* the code is valid still */
    walk(world, "entry");
    inside(world, "1");
    walk(world, "exit");
    inside(world, "0");
}

/* What passes while the counter board is silent is reconciled, and nobody is let in meanwhile. */
static void test_a_silent_counter_board(void **state)
{
    struct world *world = *state;
    sim(world, "{\"op\":\"silent\",\"unit\":7,\"on\":true}");
    assert_true(world_until(world, "gates", "G1", "state", "UNKNOWN"));
    assert_true(world_until(world, "zones", "san", "state", "UNKNOWN"));
    char code[WORLD_OUT];
    world_code(world, code, NULL);
    const json_int_t before = closings(world, 1);
    world_scan(world, "G1", code);
    assert_true(world_until(world, "lanes", "G1", "verdict", "WAIT"));
    assert_int_equal(closings(world, 1), before);
    sim(world, "{\"op\":\"person\",\"unit\":2,\"way\":\"entry\",\"manner\":\"force\"}");
    sim(world, "{\"op\":\"silent\",\"unit\":7,\"on\":false}");
    assert_true(world_until(world, "gates", "G1", "state", "OK"));
    inside(world, "1");
    walk(world, "exit");
    inside(world, "0");
}

/* The panel's loop opens: entry is held open by pulse after pulse, red is lit, and it stays so
 * until a named reset, which is refused while the loop is open. */
static void test_fire(void **state)
{
    struct world *world = *state;
    const json_int_t before = closings(world, 1);
    sim(world, "{\"op\":\"input\",\"unit\":7,\"row\":6,\"on\":false}");
    assert_true(world_until(world, "gates", "G1", "mode", "emergency"));
    until_lit(world, RED, true);
    until_closed(world, 1, before + 1);
    usleep(1500000); /* three pulses' time: it is held open by the next one before the last ends */
    assert_true(is_lit(world, 1));
    walk(world, "entry");
    walk(world, "entry");
    inside(world, "2");
    const char reset[] = "{\"op\":\"reset\",\"who\":\"trưởng ca\",\"why\":\"diễn tập\"}";
    json_t *refused = act(world, reset);
    assert_true(json_is_false(json_object_get(refused, "ok")));
    json_decref(refused);
    sim(world, "{\"op\":\"input\",\"unit\":7,\"row\":6,\"on\":true}");
    bool done = false;
    for (int waited = 0; !done && waited < WORLD_WAIT_MS; waited += 200) {
        json_t *answer = act(world, reset);
        done = json_is_true(json_object_get(answer, "ok"));
        json_decref(answer);
        usleep(done ? 0 : 200000);
    }
    assert_true(done);
    assert_true(world_until(world, "gates", "G1", "mode", "normal"));
    until_lit(world, RED, false);
    walk(world, "exit");
    walk(world, "exit");
    accepted(world, "{\"op\":\"recount\",\"zone\":\"san\",\"inside\":0,\"how\":\"sweep\","
                    "\"who\":\"trưởng ca\",\"why\":\"sau báo động\"}");
    inside(world, "0");
}

/* A board that is not set as the site promises opens for nobody. */
static void test_a_board_set_otherwise_gets_no_grants(void **state)
{
    struct world *world = *state;
    sim(world, "{\"op\":\"setting\",\"unit\":7,\"name\":\"poll-timeout\",\"value\":60}");
    sim(world, "{\"op\":\"reboot\",\"unit\":7,\"off_ms\":1500}");
    assert_true(world_until(world, "gates", "G2", "state", "UNKNOWN"));
    assert_true(world_until(world, "gates", "G2", "state", "OK"));
    char code[WORLD_OUT];
    world_code(world, code, NULL);
    char reason[128] = "";
    for (int waited = 0; strcmp(reason, "gate_unfit") != 0; waited += 300) {
        assert_true(waited < WORLD_WAIT_MS);
        world_scan(world, "G2", code);
        usleep(300000);
        world_member(world, "lanes", "G2", "reason", reason);
        assert_string_not_equal(reason, "ok");
    }
    admit(world, NULL); /* the other gate only counts there, and opens on */
    walk(world, "entry");
    inside(world, "1");
    walk(world, "exit");
    inside(world, "0");
}

/* A family in one vehicle is one place of the car park, and the next one need not wait for a
 * deadline. */
static void test_a_vehicle_is_one_whoever_sits_in_it(void **state)
{
    struct world *world = *state;
    const char *const party[] = {"--party", "4", NULL};
    for (int vehicle = 1; vehicle <= 2; vehicle++) {
        char code[WORLD_OUT];
        world_code(world, code, party);
        world_scan(world, "H1", code);
        assert_true(world_until(world, "gates", "X1", "phase", "RELEASED"));
        assert_true(world_walk(world, 3, "entry"));
        assert_true(world_until(world, "zones", "bai", "inside", vehicle == 1 ? "1" : "2"));
        assert_true(world_until(world, "zones", "bai", "reserved", "0"));
        assert_true(world_until(world, "gates", "X1", "phase", "LOCKED"));
    }
    assert_true(world_walk(world, 3, "exit"));
    assert_true(world_until(world, "zones", "bai", "inside", "1"));
}

int main(int argc, char **argv)
{
    on_line = argc > 1 && strcmp(argv[1], "line") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pulse_lets_one_in_and_another_board_counts),
        cmocka_unit_test(test_a_party_gets_a_pulse_each),
        cmocka_unit_test(test_a_vehicle_is_one_whoever_sits_in_it),
        cmocka_unit_test(test_nobody_comes),
        cmocka_unit_test(test_a_silent_counter_board),
        cmocka_unit_test(test_fire),
        cmocka_unit_test(test_a_board_set_otherwise_gets_no_grants),
    };
    return cmocka_run_group_tests(tests, open_site, close_site);
}
