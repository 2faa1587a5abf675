/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Counters of a running site that begin anew or move while nobody looks: what is counted,
 * and how far it says that it may be off.
 */
#include "tests/integration/site_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct world world;

static void leave(int people, int before)
{
    for (int i = 0; i < people; i++) {
        char counted[16];
        assert_true(world_walk(&world, 1, "exit"));
        snprintf(counted, sizeof counted, "%d", before + i + 1);
        assert_true(world_until(&world, "gates", "G1", "exits", counted));
    }
}

static long number(const char *list, const char *id, const char *member)
{
    char text[128];
    world_member(&world, list, id, member, text);
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

static int open_site(void **state)
{
    (void)state;
    world_open(&world);
    world_start(&world);
    return world_until(&world, "gates", "G1", "state", "OK") &&
                   world_until(&world, "gates", "G2", "state", "OK")
               ? 0
               : -1;
}

static int close_site(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

/* A turnstile that loses its power loses its counts: nothing is added, and the bar says so. */
static void test_reboot_is_a_gap(void **state)
{
    (void)state;
    recount("100");
    leave(5, 0);
    assert_int_equal(number("zones", "san", "inside"), 95);
    assert_int_equal(number("zones", "san", "uncertain"), 0);
    json_t *answer = world_sim(&world, "{\"op\":\"reboot\",\"unit\":1,\"off_ms\":300}");
    assert_true(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
    long uncertain = 0;
    for (int waited = 0; uncertain == 0 && waited < WORLD_WAIT_MS; waited += 20) {
        assert_true(world_until(&world, "gates", "G1", "state", "OK"));
        uncertain = number("zones", "san", "uncertain");
    }
    assert_true(uncertain > 0);
    assert_int_equal(number("zones", "san", "inside"), 95);
    /* It counts on from there. */
    leave(2, 5);
    assert_int_equal(number("zones", "san", "inside"), 93);
    recount("93");
    assert_int_equal(number("zones", "san", "uncertain"), 0);
    assert_true(world_until(&world, "gates", "G1", "exits", "7"));
}

/* What passes while the daemon is dead stands on the device's counter. */
static void test_what_passed_meanwhile_is_added(void **state)
{
    (void)state;
    recount("100");
    leave(1, 0);
    world_end(&world, SIGKILL);
    for (int i = 0; i < 3; i++) {
        assert_true(world_walk(&world, 1, "exit"));
    }
    world_start(&world);
    assert_true(world_until(&world, "zones", "san", "inside", "96"));
    assert_int_equal(number("zones", "san", "uncertain"), 0);
}

int main(void)
{
#define ON_A_SITE(test) cmocka_unit_test_setup_teardown(test, open_site, close_site)
    const struct CMUnitTest tests[] = {
        ON_A_SITE(test_reboot_is_a_gap),
        ON_A_SITE(test_what_passed_meanwhile_is_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
