/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A running site learns on SIGHUP that a declaration was taken back, and keeps the former
 *  list when the new one cannot be read.
 */
#include "site_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void put(const char *path, const char *text, const char *mode)
{
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/** The world's site with a list of what was taken back. */
static int open_world(void **state)
{
    static struct world world;
    char text[4096];
    world_open(&world);
    FILE *file = fopen(world_path(&world, "site.yaml"), "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 64, file);
    text[length] = '\0';
    assert_int_equal(fclose(file), 0);
    char *trust = strstr(text, "trust: trust");
    assert_non_null(trust);
    memmove(trust + strlen("revoked: revoked, "), trust, strlen(trust) + 1);
    memcpy(trust, "revoked: revoked, ", strlen("revoked: revoked, "));
    put(world_path(&world, "site.yaml"), text, "w");
    put(world_path(&world, "revoked"), "", "w");
    world_start(&world);
    *state = &world;
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    return 0;
}

static void identifier_of(const struct world *world, const char *code, char id[64])
{
    char out[WORLD_OUT];
    const char *const arguments[] = {"verify", "--json", "--trust", world_path(world, "trust"),
                                     code,     NULL};
    if (world_run(world, out, "chilang", arguments) != 0) {
        fail_msg("%s: %s", code, out);
    }
    const char *at = strstr(out, "\"id\":\"");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "\"id\":\"%32[0-9a-f]\"", id), 1);
}

static void expect(struct world *world, const char *lane, const char *reason)
{
    assert_true(world_until(world, "lanes", lane, "reason", reason));
}

/** Codes that differ, until the lane gives the reason: a reload is not answered. */
static void scan_until(struct world *world, const char *lane, const char *code, const char *reason)
{
    char seen[128] = "";
    for (int i = 0; i < 100 && strcmp(seen, reason) != 0; i++) {
        world_scan(world, lane, code);
        usleep(100 * 1000);
        world_member(world, "lanes", lane, "reason", seen);
    }
    assert_string_equal(seen, reason);
}

static void test_a_code_taken_back_is_refused_after_sighup(void **state)
{
    struct world *world = *state;
    char code[WORLD_OUT];
    char other[WORLD_OUT];
    char out[WORLD_OUT];
    char id[64] = "";
    world_code(world, code, NULL);
    const char *const someone[] = {"--name", "Hoàng Văn Khác", "--phone", "0987654321", NULL};
    world_code(world, other, someone);
    identifier_of(world, code, id);
    const char *const arguments[] = {
        "declare", "revoke", id, "--list", world_path(world, "revoked"), NULL};
    assert_int_equal(world_run(world, out, "chilang", arguments), 0);
    kill(world->daemon, SIGHUP);
    scan_until(world, "H1", code, "declaration_revoked");
    assert_true(world_until(world, "lanes", "H1", "verdict", "CHECK"));
    /* A list that cannot be read leaves the former one in force. */
    put(world_path(world, "revoked"), "id of somebody\n", "a");
    kill(world->daemon, SIGHUP);
    world_scan(world, "G2", other);
    expect(world, "G2", "ok");
    world_scan(world, "G1", code);
    expect(world, "G1", "declaration_revoked");
}

static void test_a_site_does_not_start_with_a_list_it_cannot_read(void **state)
{
    struct world *world = *state;
    char out[WORLD_OUT];
    const char *const arguments[] = {"--check-config", world_path(world, "site.yaml"), NULL};
    world_end(world, SIGTERM);
    assert_int_equal(world_run(world, out, "chilangd", arguments), 0);
    put(world_path(world, "revoked"), "id 12\n", "w");
    assert_int_not_equal(world_run(world, out, "chilangd", arguments), 0);
    assert_non_null(strstr(out, "revoked:1: expected `id`"));
    assert_int_equal(unlink(world_path(world, "revoked")), 0);
    assert_int_not_equal(world_run(world, out, "chilangd", arguments), 0);
    assert_non_null(strstr(out, "could not open it"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_code_taken_back_is_refused_after_sighup, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(test_a_site_does_not_start_with_a_list_it_cannot_read,
                                        open_world, close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
