/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Lamps on spare relays of a running site: what a verdict and a mode light, on a real bus.
 */
#include "tests/integration/site_world.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GREEN, BLUE, AMBER, RED, LAMPS, STEP_MS = 20 };

static struct world world;

/** Relays 1–4 of the board, as a technician with a meter finds them. */
static unsigned lit(void)
{
    json_t *answer = world_sim(&world, "{\"op\":\"board\",\"unit\":3}");
    const json_t *outputs = json_object_get(answer, "outputs");
    unsigned found = 0;
    for (size_t i = 0; i < LAMPS; i++) {
        found |= json_is_true(json_array_get(outputs, i)) ? 1U << i : 0;
    }
    json_decref(answer);
    return found;
}

static void until(unsigned expected)
{
    unsigned found = lit();
    for (int waited = 0; waited < WORLD_WAIT_MS && found != expected; waited += STEP_MS) {
        (void)poll(NULL, 0, STEP_MS);
        found = lit();
    }
    if (found != expected) {
        fail_msg("expected lamps %x, got %x", expected, found);
    }
}

static void order(const char *const *words)
{
    char out[WORLD_OUT];
    const char *arguments[16] = {NULL};
    size_t count = 0;
    for (; words[count] != NULL; count++) {
        arguments[count] = words[count];
    }
    const char *const rest[] = {"--who", "Lan",      "--why",
                                "test",  "--config", world_path(&world, "site.yaml")};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        arguments[count++] = rest[i];
    }
    if (world_run(&world, out, "chilang", arguments) != 0) {
        fail_msg("%s", out);
    }
}

static int open_site(void **state)
{
    (void)state;
    world_open_with(&world,
                    (const char *const[]){"--unit", "1=lot-turnstile", "--unit", "2=lot-turnstile",
                                          "--unit", "3=waveshare-relay", NULL});
    world_edit(
        &world, "unit: 1, profile: lot-turnstile",
        ",\n                  lamps: { unit: 3, profile: waveshare-relay, green: 1, blue: 2, "
        "amber: 3, red: 4 }");
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

static void test_lamps_follow_modes_zones_and_verdicts(void **state)
{
    (void)state;
    char code[WORLD_OUT];
    order((const char *const[]){"gate", "G1", "blocked", NULL});
    until(1U << RED);
    order((const char *const[]){"gate", "G1", "normal", NULL});
    until(0);
    world_code(&world, code, NULL);
    world_scan(&world, "G1", code);
    until(1U << GREEN);
    until(0); /* for a second, the time to pass */
    order((const char *const[]){"gate", "recount", "san", "5", "--how", "sweep", NULL});
    until(1U << BLUE);
    order((const char *const[]){"gate", "G1", "free", NULL});
    order((const char *const[]){"gate", "recount", "san", "0", "--how", "sweep", NULL});
    until(1U << GREEN);
    order((const char *const[]){"gate", "emergency", NULL});
    until(1U << RED);
    order((const char *const[]){"gate", "reset", NULL});
    until(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        test_lamps_follow_modes_zones_and_verdicts, open_site, close_site)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
