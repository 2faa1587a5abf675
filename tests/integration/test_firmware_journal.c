/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Who changed a controller's settings stands in the journal, each line once, whatever
 *  happens to the daemon; and nothing is changed under a running one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/integration/firmware_world.h"

enum { UNTIL_MS = 60000, STEP_MS = 20, SHOWN = 1 << 20 };

#define WHO "--who Lan --why 'bo mạch mới' --yes"

static struct fw_world world;

static void write_site(int pass_time)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "site: { id: thu, name: Thử, kind: festival }\n"
                   "zones: { san: { name: Sân, limit: { warn: 80%%, hard: 5 } } }\n"
                   "gates:\n"
                   "  G1: { name: Cổng 1, to: san, pass_time: %d s, on_link_loss: free-exit,\n"
                   "        device: { plugin: bus, unit: 1, profile: lot-turnstile,\n"
                   "                  settings: { motor-time: %d } }, lane: { scanner: s1 } }\n"
                   "plugins:\n"
                   "  bus: { use: gate_modbus, address: \"%s\", poll: 100 ms }\n"
                   "  s1: { use: scan_file, path: G1 }\n"
                   "credentials: { accept: [declaration], trust: trust }\n"
                   "journal: { path: journal.db }\n",
                   pass_time, pass_time + 1, world.address);
    fw_write(&world, "site.yaml", text);
}

static int setup(void **state)
{
    (void)state;
    char key[1024];
    fw_open(&world, "127.0.0.1:0", "--unit 1=lot-turnstile");
    assert_int_equal(mkdir(fw_path(&world, "trust"), 0700), 0);
    assert_int_equal(mkdir(fw_path(&world, "G1"), 0700), 0);
    (void)snprintf(key, sizeof key,
                   "cd %s && %s/bin/chilang keygen issuer --out issuer >/dev/null && "
                   "mv issuer.pub.pem trust/",
                   world.dir, CHL_STAGE_DIR);
    assert_int_equal(system(key), 0); /* NOLINT(cert-env33-c): our own program */
    write_site(7);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fw_close(&world);
    return 0;
}

static void start_daemon(void)
{
    char program[512];
    (void)snprintf(program, sizeof program, "%s/bin/chilangd", CHL_STAGE_DIR);
    const pid_t parent = getpid();
    world.daemon = fork();
    assert_true(world.daemon >= 0);
    if (world.daemon == 0) {
        const int log = open(fw_path(&world, "daemon.log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || chdir(world.dir) != 0) {
            _exit(127);
        }
        (void)dup2(log, STDOUT_FILENO);
        (void)dup2(log, STDERR_FILENO);
        (void)execl(program, program, "--config", "site.yaml", (char *)NULL);
        _exit(127);
    }
}

static void end_daemon(int number)
{
    assert_int_equal(kill(world.daemon, number), 0);
    assert_int_equal(waitpid(world.daemon, NULL, 0), world.daemon);
    world.daemon = 0;
}

/** The journal as text; static. */
static const char *journal(void)
{
    static char text[SHOWN];
    char command[1024];
    (void)snprintf(command, sizeof command, "%s/bin/chilang journal show %s 2>/dev/null",
                   CHL_STAGE_DIR, fw_path(&world, "journal.db"));
    FILE *shown = popen(command, "r"); /* NOLINT(cert-env33-c): our own program */
    assert_non_null(shown);
    text[fread(text, 1, sizeof text - 1, shown)] = '\0';
    (void)pclose(shown);
    return text;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

/** Wait until the journal says `part` so many times. */
static void until(const char *part, size_t times)
{
    for (int ms = 0; ms < UNTIL_MS; ms += STEP_MS) {
        if (count_of(journal(), part) == times) {
            return;
        }
        (void)poll(NULL, 0, STEP_MS);
    }
    fail_msg("expected %zu of %s in\n%s", times, part, journal());
}

#define ACT "\"action\":\"firmware\""

static void test_each_line_is_in_the_journal_once(void **state)
{
    (void)state;
    assert_int_equal(fw_run(&world, "apply site.yaml " WHO).code, 0);
    start_daemon();
    until(ACT, 2);
    const char *text = journal();
    assert_non_null(strstr(text, "\"who\":\"Lan\",\"action\":\"firmware\",\"target\":\"G1\""));
    assert_non_null(strstr(text, "unit 1 lot-turnstile begin; bo mạch mới; motor-time 7→8"));
    assert_non_null(strstr(text, "unit 1 lot-turnstile applied; bo mạch mới; motor-time 7→8 "
                                 "verified"));
    end_daemon(SIGTERM);
    start_daemon();
    until("\"type\":\"vn.chilang.health.started", 2);
    end_daemon(SIGKILL); /* whatever was durable then is not taken again */
    /* A new line, and one that somebody spoilt, before the next start. */
    fw_write(&world, "line", "not a line\n");
    char command[1024];
    (void)snprintf(command, sizeof command, "cat %s >> %s", fw_path(&world, "line"),
                   fw_path(&world, CHL_FIRMWARE_LOG));
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
    start_daemon();
    until(ACT, 3);
    assert_non_null(strstr(journal(), "line 3 of firmware.jsonl: expected a JSON object"));
    /* And while it runs. */
    (void)snprintf(command, sizeof command, "head -n 1 %s >> %s", fw_path(&world, CHL_FIRMWARE_LOG),
                   fw_path(&world, CHL_FIRMWARE_LOG));
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
    assert_int_equal(kill(world.daemon, SIGHUP), 0);
    until(ACT, 4);
    assert_int_equal(kill(world.daemon, SIGHUP), 0);
    end_daemon(SIGTERM);
    until(ACT, 4);
    (void)snprintf(command, sizeof command, "%s/bin/chilang journal verify %s >/dev/null",
                   CHL_STAGE_DIR, fw_path(&world, "journal.db"));
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
}

static void test_nothing_is_changed_under_a_running_daemon(void **state)
{
    (void)state;
    start_daemon();
    until("\"type\":\"vn.chilang.health.started", 1);
    struct fw_answer answer = fw_run(&world, "apply site.yaml " WHO);
    assert_int_equal(answer.code, 1);
    fw_assert_says(&answer, "chilangd runs and holds this bus");
    assert_int_equal(access(fw_path(&world, CHL_FIRMWARE_LOG), F_OK), -1);
    /* Looking is allowed. */
    answer = fw_run(&world, "show site.yaml");
    assert_int_equal(answer.code, 0);
    fw_assert_says(&answer, "motor-time");
    end_daemon(SIGTERM);
    assert_int_equal(fw_run(&world, "apply site.yaml " WHO).code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_line_is_in_the_journal_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_changed_under_a_running_daemon, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
