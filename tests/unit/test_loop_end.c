/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The end of a loop: what still comes when its journal is closed is not decided.
 */
#include "core/loop/internal.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char site[] = "site: { id: loop-test, name: Thử, kind: festival }\n"
                           "zones:\n"
                           "  san: { name: Sân, limit: { hard: 5 } }\n"
                           "gates:\n"
                           "  H1: { name: Lối tay, from: outside, to: san, gate: hand,\n"
                           "        lane: { scanner: s1 } }\n"
                           "plugins:\n"
                           "  s1: { use: scan_file, path: H1 }\n"
                           "credentials: { accept: [declaration], trust: trust }\n"
                           "journal: { path: journal.db }\n";

struct world {
    char folder[64];
    struct config *config;
    struct loop *loop;
};

static void path_of(const struct world *world, const char *name, char out[PATH_MAX])
{
    (void)snprintf(out, PATH_MAX, "%s/%s", world->folder, name);
}

static int open_world(void **state)
{
    static const char *const folders[] = {"H1", "trust"};
    static struct world world;
    struct chl_yaml_error error;
    char path[PATH_MAX], why[HOST_WHY_MAX] = "";
    memset(&world, 0, sizeof world);
    (void)snprintf(world.folder, sizeof world.folder, "/tmp/chilang-loop-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        path_of(&world, folders[i], path);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    path_of(&world, "site.yaml", path);
    if (config_parse(path, site, sizeof site - 1, CHL_STAGE_DIR "/share/chilang", &world.config,
                     &error) != CHL_OK) {
        fail_msg("%s", error.text);
    }
    if (loop_new(world.config, CHL_STAGE_DIR "/share/chilang", &world.loop, why, sizeof why) !=
        CHL_OK) {
        fail_msg("%s", why);
    }
    *state = &world;
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static int close_world(void **state)
{
    struct world *world = *state;
    config_free(world->config);
    return nftw(world->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A command that its plugin no longer takes comes back as a report, from the journal's thread,
 * after the last round. */
static void test_a_late_report_finds_no_journal(void **state)
{
    struct world *world = *state;
    const struct chl_gate_command command = {.size = sizeof command, .id = 1, .generation = 1};
    assert_false(loop_is_over(world->loop));
    loop_drop_command(world->loop, &command, "its plugin has stopped");
    loop_free(world->loop);
}

/* So may a tick that was due meanwhile. */
static void test_a_late_tick_decides_nothing(void **state)
{
    struct world *world = *state;
    assert_int_equal(uv_timer_start(&world->loop->tick, loop_on_tick, 0, LOOP_TICK_MS), 0);
    world->loop->heard_ns[0] = INT64_MIN / 2;
    world->loop->engine.state.gates[0].state = GATE_OK;
    loop_free(world->loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_late_report_finds_no_journal, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(test_a_late_tick_decides_nothing, open_world, close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
