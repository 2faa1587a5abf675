/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A counter audit on a real site: people walk, somebody taps, the bias becomes the error
 * bar and outlives the daemon.
 */
#include "tests/integration/site_world.h"

#include "lib/base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PEOPLE = 24, SEEN_MAX = 1 << 18 };

/** `chilang audit` with somebody at its keys. */
struct auditor {
    pid_t pid;
    int keys, shows; /**< the same descriptor on a terminal */
    size_t length;
    char seen[SEEN_MAX];
};

static struct world world;
static struct auditor auditor;

static void become_audit(const char *minutes, const char *more)
{
    const char *config = world_path(&world, "site.yaml");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("LC_ALL", "en_GB.UTF-8", 1);
    execl(CHL_STAGE_DIR "/bin/chilang", "chilang", "audit", "G1", "--config", config, "--who",
          "chị Lan", "--minutes", minutes, more, (char *)NULL);
    _exit(127);
}

static void start_on_pipe(const char *minutes, const char *more)
{
    int in[2], out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    auditor.length = 0;
    auditor.pid = fork();
    assert_true(auditor.pid >= 0);
    if (auditor.pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        become_audit(minutes, more);
    }
    close(in[0]);
    close(out[1]);
    auditor.keys = in[1];
    auditor.shows = out[0];
}

static void start_on_terminal(void)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    auditor.length = 0;
    auditor.pid = forkpty(&auditor.keys, NULL, NULL, &size);
    assert_true(auditor.pid >= 0);
    if (auditor.pid == 0) {
        become_audit("10", NULL);
    }
    assert_int_equal(fcntl(auditor.keys, F_SETFD, FD_CLOEXEC), 0);
    auditor.shows = auditor.keys;
}

static bool read_some(void)
{
    struct pollfd ready = {.fd = auditor.shows, .events = POLLIN};
    if (poll(&ready, 1, 50) <= 0) {
        return true;
    }
    assert_true(auditor.length + 8192 < SEEN_MAX);
    ssize_t got = read(auditor.shows, auditor.seen + auditor.length, 8192);
    auditor.length += got > 0 ? (size_t)got : 0;
    auditor.seen[auditor.length] = '\0';
    return got > 0 || (got < 0 && errno == EINTR);
}

static void sees(const char *text)
{
    int64_t until_ns = chl_mono_ns() + WORLD_WAIT_MS * CHL_NS_PER_MS;
    auditor.seen[auditor.length] = '\0';
    while (strstr(auditor.seen, text) == NULL) {
        if (chl_mono_ns() > until_ns || !read_some()) {
            fail_msg("expected `%s`, got: %s", text, auditor.seen);
        }
    }
}

static void press(const char *keys)
{
    assert_int_equal(write(auditor.keys, keys, strlen(keys)), strlen(keys));
}

/** All it says, and its exit code. */
static int ends(void)
{
    int status = 0;
    int64_t until_ns = chl_mono_ns() + 2 * WORLD_WAIT_MS * CHL_NS_PER_MS;
    while (read_some()) {
        if (chl_mono_ns() > until_ns) {
            kill(auditor.pid, SIGKILL);
            fail_msg("expected an end, got: %s", auditor.seen);
        }
    }
    assert_int_equal(waitpid(auditor.pid, &status, 0), auditor.pid);
    close(auditor.keys);
    if (auditor.shows != auditor.keys) {
        close(auditor.shows);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void open_gate(void)
{
    char out[WORLD_OUT];
    const char *const free_mode[] = {"gate",  "G1",       "free",
                                     "--who", "chị Lan",  "--why",
                                     "audit", "--config", world_path(&world, "site.yaml"),
                                     NULL};
    assert_true(world_until(&world, "gates", "G1", "state", "OK"));
    assert_int_equal(world_run(&world, out, "chilang", free_mode), 0);
    assert_true(world_until(&world, "gates", "G1", "mode_confirmed", "true"));
}

static void expect_member(const char *list, const char *id, const char *member,
                          const char *expected)
{
    char text[128];
    world_member(&world, list, id, member, text);
    assert_string_equal(text, expected);
}

static int open_site(void **state)
{
    (void)state;
    world_open(&world);
    world_start(&world);
    open_gate();
    return 0;
}

static int close_site(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

/* 24 enter, of whom the counter counts all; the auditor taps 25, one by mistake. */
static void test_audit_becomes_the_error_bar(void **state)
{
    (void)state;
    start_on_pipe("10", NULL);
    sees("Begin while nobody");
    for (int i = 0; i < PEOPLE; i++) {
        char counted[16];
        assert_true(world_walk(&world, 1, "entry"));
        press(i % 2 == 0 ? "i" : " ");
        /* One after the other, as people do: more at once is a counter that began anew. */
        snprintf(counted, sizeof counted, "%d", i + 1);
        assert_true(world_until(&world, "gates", "G1", "entries", counted));
    }
    press("ooo\b\177i\177\177ii\n?"); /* three out, all taken back but one; two in */
    press("q");
    int code = ends();
    if (code != 0) {
        fail_msg("expected 0, got %d: %s", code, auditor.seen);
    }
    assert_non_null(strstr(auditor.seen, "in        26       24       -2\n"));
    assert_non_null(strstr(auditor.seen, "out        0        0       +0\n"));
    assert_non_null(strstr(auditor.seen, "recorded: G1 is off by 77 in 1000\n"));
    expect_member("gates", "G1", "bias", "77");
    /* 24 passages since nobody counted, 77 in 1000, rounded up. */
    expect_member("zones", "san", "inside", "24");
    expect_member("zones", "san", "uncertain", "2");
    world_end(&world, SIGKILL);
    world_start(&world);
    assert_true(world_until(&world, "gates", "G1", "state", "OK"));
    expect_member("gates", "G1", "bias", "77");
    expect_member("zones", "san", "uncertain", "2");
}

static void test_too_few_are_not_kept(void **state)
{
    (void)state;
    start_on_pipe("10", NULL);
    sees("Begin while nobody");
    assert_true(world_walk(&world, 1, "entry"));
    press("i");
    press("q");
    assert_int_equal(ends(), 1);
    assert_non_null(strstr(auditor.seen, "Fewer than 20 people"));
    expect_member("gates", "G1", "bias", "null");
    /* Unless the person says so. */
    start_on_pipe("10", "--yes");
    sees("Begin while nobody");
    assert_true(world_walk(&world, 1, "entry"));
    press("iq");
    assert_int_equal(ends(), 0);
    expect_member("gates", "G1", "bias", "0");
}

static void test_terminal_shows_what_is_tapped(void **state)
{
    (void)state;
    start_on_terminal();
    sees("Counter audit of G1");
    press("i i o");
    sees("in  \033[1m4\033[0m");
    sees("out \033[1m1\033[0m");
    press("\177");
    sees("out \033[1m0\033[0m");
    kill(auditor.pid, SIGTERM);
    assert_int_equal(ends(), 1);
    assert_non_null(strstr(auditor.seen, "\033[?1049l"));
    assert_non_null(strstr(auditor.seen, "Given up, nothing kept."));
    expect_member("gates", "G1", "bias", "null");
}

static void test_silent_gate_is_not_audited(void **state)
{
    (void)state;
    char out[WORLD_OUT];
    const char *const arguments[] = {
        "audit", "H1", "--who", "Lan", "--config", world_path(&world, "site.yaml"), NULL};
    const char *const nowhere[] = {
        "audit", "G9", "--who", "Lan", "--config", world_path(&world, "site.yaml"), NULL};
    const char *const nobody[] = {"audit", "G1", "--config", world_path(&world, "site.yaml"), NULL};
    assert_int_equal(world_run(&world, out, "chilang", arguments), 1);
    assert_int_equal(world_run(&world, out, "chilang", nowhere), 1);
    assert_non_null(strstr(out, "got `G9`"));
    assert_int_equal(world_run(&world, out, "chilang", nobody), 2);
}

int main(void)
{
#define ON_A_SITE(test) cmocka_unit_test_setup_teardown(test, open_site, close_site)
    const struct CMUnitTest tests[] = {
        ON_A_SITE(test_audit_becomes_the_error_bar),
        ON_A_SITE(test_too_few_are_not_kept),
        ON_A_SITE(test_terminal_shows_what_is_tapped),
        ON_A_SITE(test_silent_gate_is_not_audited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
