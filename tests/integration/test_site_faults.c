/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A whole site when parts of it misbehave: a gate away during a reset, a plugin that hangs,
 * one that talks without end.
 */
#include "tests/integration/site_world.h"

#include "lib/base/time.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

enum { SITE_MAX = 8192, MEMBER = 128 };

static int open_site(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return -1;
    }
    world_open(world);
    *state = world;
    return 0;
}

static int close_site(void **state)
{
    struct world *world = *state;
    char out[WORLD_OUT];
    world_end(world, SIGKILL);
    const char *const verify[] = {"journal", "verify", world_path(world, "journal.db"), NULL};
    int code = world_run(world, out, "chilang", verify);
    if (code != 0) {
        fprintf(stderr, "journal verify: %d: %s\n", code, out);
    }
    world_close(world);
    free(world);
    return code;
}

static void start(struct world *world)
{
    world_start(world);
    assert_true(world_until(world, "gates", "G1", "state", "OK"));
    assert_true(world_until(world, "gates", "G2", "state", "OK"));
}

static void accepted(json_t *answer)
{
    assert_non_null(answer);
    assert_true(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
}

/** Let the site have a plugin `extra` beside its own. */
static void add_plugin(const struct world *world, const char *options)
{
    static const char mark[] = "plugins:\n";
    char site[SITE_MAX] = "";
    FILE *file = fopen(world_path(world, "site.yaml"), "r");
    assert_non_null(file);
    size_t length = fread(site, 1, sizeof site - 1, file);
    fclose(file);
    site[length] = '\0';
    const char *at = strstr(site, mark);
    assert_non_null(at);
    at += sizeof mark - 1;
    file = fopen(world_path(world, "site.yaml"), "w");
    assert_non_null(file);
    fprintf(file, "%.*s  extra: { use: fixture_service, %s }\n%s", (int)(at - site), site, options,
            at);
    fclose(file);
}

static void test_reset_reaches_a_gate_that_was_away(void **state)
{
    struct world *world = *state;
    start(world);
    accepted(world_ask(world, "{\"op\":\"emergency\"}"));
    assert_true(world_until(world, "gates", "G1", "mode_confirmed", "true"));
    accepted(world_sim(world, "{\"op\":\"silent\",\"unit\":1,\"on\":true}"));
    assert_true(world_until(world, "gates", "G1", "state", "UNKNOWN"));
    accepted(world_ask(world, "{\"op\":\"reset\",\"who\":\"chỉ huy\",\"why\":\"diễn tập xong\"}"));
    assert_true(world_until(world, "gates", "G2", "mode_confirmed", "true"));
    accepted(world_sim(world, "{\"op\":\"silent\",\"unit\":1,\"on\":false}"));
    assert_true(world_until(world, "gates", "G1", "state", "OK"));
    assert_true(world_until(world, "gates", "G1", "mode_confirmed", "true"));
    char mode[MEMBER];
    world_member(world, "gates", "G1", "mode", mode);
    assert_string_equal(mode, "normal");
}

static void test_second_signal_leaves_a_hanging_plugin_behind(void **state)
{
    struct world *world = *state;
    add_plugin(world, "stop: 60 s");
    start(world);
    const struct timespec pause = {.tv_nsec = 300 * CHL_NS_PER_MS};
    int64_t began_ns = chl_mono_ns();
    kill(world->daemon, SIGTERM);
    nanosleep(&pause, NULL); /* two signals at once would be one */
    int status = world_end(world, SIGTERM);
    assert_true(chl_mono_ns() - began_ns < 15 * CHL_NS_PER_S);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
}

static void test_a_talkative_plugin_does_not_fill_the_journal(void **state)
{
    struct world *world = *state;
    add_plugin(world, "acts: [flood-health]");
    start(world);
    assert_true(world_until(world, "plugins", "extra", "text", "settled"));
    json_t *answer = world_ask(world, "{\"op\":\"status\"}");
    assert_non_null(answer);
    json_int_t head =
        json_integer_value(json_object_get(json_object_get(answer, "status"), "head"));
    json_decref(answer);
    assert_in_range(head, 1, 200);
}

#define SITE(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE(test_reset_reaches_a_gate_that_was_away),
        SITE(test_second_signal_leaves_a_hanging_plugin_behind),
        SITE(test_a_talkative_plugin_does_not_fill_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
