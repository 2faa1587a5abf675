/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Contacts of a running site: a fire panel that speaks by a broken loop, a housing that is
 * opened, over the real driver and a simulated input module.
 */
#include "tests/integration/site_world.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static int open_site(void **state)
{
    static struct world world;
    /* In peace the panel's loop is closed, and so is the housing. */
    static const char *const units[] = {"--unit",
                                        "1=lot-turnstile",
                                        "--unit",
                                        "2=lot-turnstile",
                                        "--unit",
                                        "7=wirenboard-mr6c-v3",
                                        "--provisioned",
                                        "free-exit",
                                        "--do",
                                        "{\"op\":\"input\",\"unit\":7,\"row\":6,\"on\":true}",
                                        "--do",
                                        "{\"op\":\"input\",\"unit\":7,\"row\":5,\"on\":true}",
                                        NULL};
    world_open_with(&world, units);
    world_edit(&world, "unit: 1, profile: lot-turnstile",
               ",\n    fire: { unit: 7, profile: wirenboard-mr6c-v3, input: 6, active: open },\n"
               "    tamper: { unit: 7, profile: wirenboard-mr6c-v3, input: 5 }");
    world_start(&world);
    *state = &world;
    bool up = world_until(&world, "gates", "G1", "state", "OK") &&
              world_until(&world, "gates", "G2", "state", "OK") &&
              world_until(&world, NULL, NULL, "emergency", "false");
    if (!up) {
        world_close(&world);
    }
    return up ? 0 : -1;
}

static int close_site(void **state)
{
    struct world *world = *state;
    int status = world_end(world, SIGTERM);
    char out[WORLD_OUT];
    const char *const verify[] = {"journal", "verify", world_path(world, "journal.db"), NULL};
    int code = world_run(world, out, "chilang", verify);
    world_close(world);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && code == 0 ? 0 : -1;
}

static void contact(const struct world *world, int row, bool closed)
{
    char request[128];
    (void)snprintf(request, sizeof request, "{\"op\":\"input\",\"unit\":7,\"row\":%d,\"on\":%s}",
                   row, closed ? "true" : "false");
    json_t *answer = world_sim(world, request);
    assert_true(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
}

static const char reset_request[] =
    "{\"op\":\"reset\",\"who\":\"chỉ huy\",\"why\":\"diễn tập xong\"}";

/** Ask for the reset until it is granted: the input must first be gone for a while. */
static bool is_reset(const struct world *world)
{
    for (int i = 0; i < 30; i++) {
        json_t *answer = world_ask(world, reset_request);
        bool done = json_is_true(json_object_get(answer, "ok"));
        json_decref(answer);
        if (done || !world_until(world, NULL, NULL, "emergency", "true")) {
            return done;
        }
        (void)poll(NULL, 0, 500);
    }
    return false;
}

static bool has_condition(const struct world *world, const char *gate, const char *condition)
{
    bool found = false;
    json_t *answer = world_ask(world, "{\"op\":\"status\"}");
    const json_t *gates = json_object_get(json_object_get(answer, "status"), "gates");
    for (size_t g = 0; g < json_array_size(gates); g++) {
        const json_t *entry = json_array_get(gates, g);
        const json_t *list = json_object_get(entry, "conditions");
        for (size_t i = 0; i < json_array_size(list); i++) {
            found = found || (strcmp(json_string_value(json_object_get(entry, "id")), gate) == 0 &&
                              strcmp(json_string_value(json_array_get(list, i)), condition) == 0);
        }
    }
    json_decref(answer);
    return found;
}

static bool until_condition(const struct world *world, const char *gate, const char *condition,
                            bool expected)
{
    for (int i = 0; i < 600; i++) {
        if (has_condition(world, gate, condition) == expected) {
            return true;
        }
        (void)poll(NULL, 0, 50);
    }
    return false;
}

static void test_broken_loop_opens_the_site_until_it_is_whole_and_reset(void **state)
{
    struct world *world = *state;
    contact(world, 6, false);
    assert_true(world_until(world, NULL, NULL, "emergency", "true"));
    json_t *answer = world_ask(world, "{\"op\":\"status\"}");
    const json_t *alarm = json_object_get(json_object_get(answer, "status"), "alarm");
    assert_string_equal(json_string_value(json_object_get(alarm, "source")), "fire input at G1");
    json_decref(answer);
    assert_true(world_walk(world, 2, "entry"));
    answer = world_ask(world, reset_request);
    assert_string_equal(json_string_value(json_object_get(answer, "error")), "wrong_state");
    const char *text = json_string_value(json_object_get(answer, "text"));
    assert_string_equal(text + strlen(text) - 2, "G1");
    json_decref(answer);
    /* It outlives the daemon, and so does the refusal. */
    (void)world_end(world, SIGKILL);
    world_start(world);
    assert_true(world_until(world, "gates", "G1", "state", "OK"));
    assert_true(until_condition(world, "G1", "FIRE", true));
    assert_true(world_until(world, NULL, NULL, "emergency", "true"));
    contact(world, 6, true);
    assert_true(is_reset(world));
    assert_true(world_until(world, "gates", "G2", "mode_confirmed", "true"));
    assert_true(world_until(world, "gates", "G2", "phase", "LOCKED"));
}

static void power(struct world *world, bool on)
{
    json_t *answer = world_sim(world, on ? "{\"op\":\"off\",\"unit\":7,\"on\":false}"
                                         : "{\"op\":\"off\",\"unit\":7,\"on\":true}");
    assert_true(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
}

/* A loop that cannot be read is no fire; but nobody is let in where fire could not be seen. */
static void test_module_without_power_is_no_fire_and_lets_nobody_in(void **state)
{
    struct world *world = *state;
    char code[WORLD_OUT];
    power(world, false);
    assert_true(until_condition(world, "G1", "SETTINGS_DIFFER", true));
    world_code(world, code, NULL);
    world_scan(world, "G1", code);
    assert_true(world_until(world, "lanes", "G1", "reason", "gate_unfit"));
    assert_true(world_until(world, "gates", "G1", "state", "OK"));
    assert_true(world_until(world, NULL, NULL, "emergency", "false"));
    assert_true(world_walk(world, 1, "exit"));
    world_scan(world, "G2", code); /* it has no such contact */
    assert_true(world_until(world, "lanes", "G2", "reason", "ok"));
    power(world, true);
    assert_true(until_condition(world, "G1", "SETTINGS_DIFFER", false));
    assert_true(world_until(world, NULL, NULL, "emergency", "false"));
}

static void test_opened_housing_is_told(void **state)
{
    struct world *world = *state;
    assert_false(has_condition(world, "G1", "TAMPER"));
    contact(world, 5, false);
    assert_true(until_condition(world, "G1", "TAMPER", true));
    contact(world, 5, true);
    assert_true(until_condition(world, "G1", "TAMPER", false));
    assert_true(world_until(world, NULL, NULL, "emergency", "false"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SITE(test) cmocka_unit_test_setup_teardown(test, open_site, close_site)
        SITE(test_broken_loop_opens_the_site_until_it_is_whole_and_reset),
        SITE(test_module_without_power_is_no_fire_and_lets_nobody_in),
        SITE(test_opened_housing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
