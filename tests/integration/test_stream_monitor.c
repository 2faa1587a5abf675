/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang monitor` and a foreign reader against the plugin, both sides killed at any
 * moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/wire/wire.h"
#include "stream_world.h"

enum { ARGUMENTS = 20, ENDED_MS = 30000 };

static struct world world;
static pid_t running; /* a monitor that must not outlive its test */

static int set_up(void **state)
{
    (void)state;
    running = 0;
    world_open(&world);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (running > 0) {
        (void)kill(running, SIGKILL);
        (void)waitpid(running, NULL, 0);
    }
    world_close(&world);
    return 0;
}

/** Start a monitor as `who`, with further arguments up to NULL. Its output goes to `out.txt`. */
static pid_t monitor(const char *who, ...)
{
    static char texts[5][WORLD_PATH + 32];
    char path[WORLD_PATH];
    char out[WORLD_PATH];
    char name[64];
    char program[] = CHL_STAGE_DIR "/bin/chilang";
    char command[] = "monitor";
    char *argv[ARGUMENTS] = {program, command};
    int argc = 2;
    (void)snprintf(texts[0], sizeof texts[0], "--connect=%s", world.pull);
    argv[argc++] = texts[0];
    if (who != NULL) {
        (void)snprintf(name, sizeof name, "%s.key", who);
        (void)snprintf(texts[1], sizeof texts[1], "--key=%s", world_path(&world, name, path));
        (void)snprintf(texts[2], sizeof texts[2], "--server-key=%s",
                       world_path(&world, "keys/server.pub", path));
        argv[argc++] = texts[1];
        argv[argc++] = texts[2];
    }
    va_list more;
    va_start(more, who);
    char *next = va_arg(more, char *);
    while (next != NULL && argc < ARGUMENTS - 1) {
        argv[argc++] = next;
        next = va_arg(more, char *);
    }
    va_end(more);
    argv[argc] = NULL;
    (void)unlink(world_path(&world, "out.txt", out));
    return world_spawn(argv, out);
}

/** `--name=value` in memory that lives as long as the test program. */
static char *option(int slot, const char *name, const char *value)
{
    static char texts[4][WORLD_PATH + 32];
    (void)snprintf(texts[slot], sizeof texts[slot], "--%s=%s", name, value);
    return texts[slot];
}

static char *store_option(void)
{
    char path[WORLD_PATH];
    return option(0, "store", world_path(&world, "store.db", path));
}

static sqlite3 *open_store(void)
{
    char path[WORLD_PATH];
    sqlite3 *db = NULL;
    assert_int_equal(
        sqlite3_open_v2(world_path(&world, "store.db", path), &db, SQLITE_OPEN_READWRITE, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(db, 5000), SQLITE_OK);
    return db;
}

/** Whether the monitor has made its tables, which it does together with the version. */
static bool has_tables(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const int version = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    return version != 0;
}

/** Records in the store, proven one after the other: contiguous from 1, each hash from the one
 * before, the cursor where they end. */
static uint64_t proven_records(void)
{
    sqlite3 *db = open_store();
    sqlite3_stmt *statement = NULL;
    /* One view of records and cursor, however the monitor goes on meanwhile. */
    assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    if (!has_tables(db)) {
        (void)sqlite3_close(db);
        return 0;
    }
    uint8_t hash[CHL_WIRE_HASH] = {0};
    uint64_t count = 0;
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT sequence, topic, header, body FROM record "
                                        "ORDER BY epoch, sequence",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct chl_wire_header header;
        const uint8_t *raw = sqlite3_column_blob(statement, 2);
        assert_int_equal(sqlite3_column_int64(statement, 0), count + 1);
        assert_int_equal(chl_wire_decode(raw, (size_t)sqlite3_column_bytes(statement, 2), &header),
                         CHL_OK);
        assert_int_equal(header.sequence, count + 1);
        chl_wire_chain(hash, raw, (const char *)sqlite3_column_text(statement, 1),
                       (size_t)sqlite3_column_bytes(statement, 1),
                       sqlite3_column_blob(statement, 3),
                       (size_t)sqlite3_column_bytes(statement, 3), hash);
        assert_memory_equal(hash, header.chain, CHL_WIRE_HASH);
        count++;
    }
    (void)sqlite3_finalize(statement);
    if (count > 0) {
        assert_int_equal(
            sqlite3_prepare_v2(db, "SELECT sequence, hash FROM cursor", -1, &statement, NULL),
            SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int64(statement, 0), count);
        assert_memory_equal(sqlite3_column_blob(statement, 1), hash, CHL_WIRE_HASH);
        (void)sqlite3_finalize(statement);
    }
    (void)sqlite3_close(db);
    return count;
}

/** Text of the monitor's output. */
static const char *output(void)
{
    static char text[65536];
    char path[WORLD_PATH];
    FILE *file = fopen(world_path(&world, "out.txt", path), "r");
    size_t length = 0;
    if (file != NULL) {
        length = fread(text, 1, sizeof text - 1, file);
        (void)fclose(file);
    }
    text[length] = '\0';
    return text;
}

static void test_monitor_stores_everything_and_resumes(void **state)
{
    (void)state;
    assert_true(world_start(&world, "curve", NULL, NULL));
    assert_int_equal(world_append(&world, 700, 100), 700);
    assert_int_equal(
        world_wait(monitor("monitor", store_option(), "--count=300", "--quiet", NULL), ENDED_MS),
        0);
    assert_int_equal(proven_records(), 300);
    assert_int_equal(world_wait(monitor("monitor", store_option(), "--count=400", "--json",
                                        option(1, "live", world.live), NULL),
                                ENDED_MS),
                     0);
    assert_int_equal(proven_records(), 700);
    assert_non_null(strstr(output(), "\"sequence\":301,"));
    assert_null(strstr(output(), "\"sequence\":300,"));
    world_quit(&world);
}

static void test_monitor_lines_are_whole_in_a_file(void **state)
{
    (void)state;
    assert_true(world_start(&world, "plain", NULL, NULL));
    assert_int_equal(world_append(&world, 20, 200), 20);
    assert_int_equal(world_wait(monitor(NULL, "--from-start", "--count=20", NULL), ENDED_MS), 0);
    const char *text = output();
    assert_non_null(strstr(text, "gate/state n=5 "));
    assert_non_null(strstr(text, "received 20, gaps 0, duplicates 0, forks 0"));
    /* Into a file nothing is cut; the terminal's width is tested with the printer itself. */
    assert_true(strcspn(text, "\n") > 200);
    world_quit(&world);
}

static void test_monitor_with_the_wrong_key_fails(void **state)
{
    (void)state;
    assert_true(world_start(&world, "curve", NULL, NULL));
    assert_int_equal(world_wait(monitor("stranger", "--until-idle=2", NULL), ENDED_MS), 1);
    assert_non_null(strstr(output(), "never got an answer"));
    world_quit(&world);
}

static void test_monitor_ends_on_a_signal_with_a_summary(void **state)
{
    (void)state;
    assert_true(world_start(&world, "curve", NULL, NULL));
    (void)world_append(&world, 5, 10);
    running = monitor("monitor", store_option(), NULL);
    const int64_t until = world_now_ms() + ENDED_MS;
    while (strstr(output(), "\n      5 ") == NULL && world_now_ms() < until) {
        (void)poll(NULL, 0, 20);
    }
    (void)kill(running, SIGTERM);
    assert_int_equal(world_wait(running, ENDED_MS), 0);
    running = 0;
    assert_non_null(strstr(output(), "received 5, gaps 0"));
    world_quit(&world);
}

static void test_replaced_journal_is_refused(void **state)
{
    (void)state;
    char path[WORLD_PATH];
    static const char *const parts[] = {"journal.db", "journal.db-wal", "journal.db-shm"};
    assert_true(world_start(&world, "curve", NULL, NULL));
    (void)world_append(&world, 5, 10);
    assert_int_equal(world_wait(monitor("monitor", store_option(), "--count=5", NULL), ENDED_MS),
                     0);
    world_kill(&world);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        (void)unlink(world_path(&world, parts[i], path));
    }
    assert_true(world_start(&world, "curve", NULL, NULL));
    (void)world_append(&world, 3, 10);
    assert_int_equal(
        world_wait(monitor("monitor", store_option(), "--until-idle=20", NULL), ENDED_MS), 1);
    assert_non_null(strstr(output(), "expected epoch"));
    assert_int_equal(proven_records(), 5);
    assert_int_equal(
        world_wait(monitor("monitor", store_option(), "--accept-epoch", "--count=3", NULL),
                   ENDED_MS),
        0);
    world_quit(&world);
}

/** A number that differs from run to run, said on failure by the test's output. */
static unsigned random_below(unsigned limit)
{
    static unsigned long long seed;
    if (seed == 0) {
        const char *given = getenv("CHL_TEST_SEED");
        seed = given != NULL ? strtoull(given, NULL, 10) : (unsigned long long)world_now_ms() | 1u;
        print_message("CHL_TEST_SEED=%llu\n", seed);
    }
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(seed >> 33) % limit;
}

/** Kill the monitor (and now and then the host) at random moments; the store ends up whole. */
static void kill_at_random(int kills, bool host_too)
{
    uint64_t head = 0;
    assert_true(world_start(&world, "curve", NULL, NULL));
    for (int i = 0; i < kills; i++) {
        running = monitor("monitor", store_option(), "--quiet", "--durable=store", NULL);
        const int64_t until = world_now_ms() + 20 + random_below(150);
        do {
            head = world_append(&world, 1 + random_below(200), 50);
        } while (world_now_ms() < until);
        (void)kill(running, SIGKILL);
        (void)waitpid(running, NULL, 0);
        running = 0;
        if (host_too && i % 2 == 1) {
            world_kill(&world);
            assert_true(world_start(&world, "curve", NULL, NULL));
        }
    }
    char left[32];
    /* The store may be whole already; then there is nothing to wait for. */
    const uint64_t stored = proven_records();
    assert_true(stored <= head);
    (void)snprintf(left, sizeof left, "%llu", (unsigned long long)(head - stored + 1));
    assert_int_equal(world_append(&world, 1, 50), head + 1);
    assert_int_equal(
        world_wait(monitor("monitor", store_option(), "--quiet", option(1, "count", left), NULL),
                   ENDED_MS),
        0);
    assert_int_equal(proven_records(), head + 1);
    world_quit(&world);
}

static void test_killed_monitor_stores_each_record_once(void **state)
{
    (void)state;
    kill_at_random(12, false);
}

static void test_both_killed_store_each_record_once(void **state)
{
    (void)state;
    kill_at_random(12, true);
}

static void test_monitor_outlives_the_host(void **state)
{
    (void)state;
    uint64_t head = 0;
    assert_true(world_start(&world, "curve", NULL, NULL));
    running = monitor("monitor", store_option(), "--quiet", option(1, "live", world.live), NULL);
    for (int i = 0; i < 4; i++) {
        head = world_append(&world, 100, 50);
        (void)poll(NULL, 0, (int)random_below(100));
        world_kill(&world);
        assert_true(world_start(&world, "curve", NULL, NULL));
    }
    const int64_t until = world_now_ms() + ENDED_MS;
    char path[WORLD_PATH];
    /* Not the store itself: to look into it could disturb its change to write-ahead logging. */
    while (access(world_path(&world, "store.db-wal", path), F_OK) != 0 && world_now_ms() < until) {
        (void)poll(NULL, 0, 20);
    }
    while (proven_records() < head && world_now_ms() < until) {
        (void)poll(NULL, 0, 50);
    }
    assert_int_equal(proven_records(), head);
    (void)kill(running, SIGTERM);
    assert_int_equal(world_wait(running, ENDED_MS), 0);
    running = 0;
    world_quit(&world);
}

static void test_foreign_reader_proves_the_chain(void **state)
{
    (void)state;
    char python[] = "/usr/bin/python3";
    char script[] = CHL_SOURCE_DIR "/tests/peers/pull_zmq.py";
    char only[] = "-c";
    char import[] = "import zmq";
    char *probe[] = {python, only, import, NULL};
    if (access(python, X_OK) != 0 || world_wait(world_spawn(probe, NULL), ENDED_MS) != 0) {
        print_message("SKIPPED no python3-zmq here\n");
        skip();
    }
    char own[WORLD_PATH];
    char server[WORLD_PATH];
    char out[WORLD_PATH];
    char expected[32];
    assert_true(world_start(&world, "curve", NULL, NULL));
    const uint64_t head = world_append(&world, 1234, 200);
    char *argv[] = {python, script, world.pull, own, server, NULL};
    (void)world_path(&world, "monitor.key", own);
    (void)world_path(&world, "keys/server.pub", server);
    const int result = world_wait(world_spawn(argv, world_path(&world, "out.txt", out)), ENDED_MS);
    if (result != 0) {
        fail_msg("the peer said: %s", output());
    }
    (void)snprintf(expected, sizeof expected, "%llu %llu ", (unsigned long long)head,
                   (unsigned long long)head);
    assert_memory_equal(output(), expected, strlen(expected));
    world_quit(&world);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_monitor_stores_everything_and_resumes),
        CASE(test_monitor_lines_are_whole_in_a_file),
        CASE(test_monitor_with_the_wrong_key_fails),
        CASE(test_monitor_ends_on_a_signal_with_a_summary),
        CASE(test_replaced_journal_is_refused),
        CASE(test_killed_monitor_stores_each_record_once),
        CASE(test_both_killed_store_each_record_once),
        CASE(test_monitor_outlives_the_host),
        CASE(test_foreign_reader_proves_the_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
