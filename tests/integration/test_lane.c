/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The lane's screen on a terminal of its own, against a real site: what it shows, what the
 *  keys do, and how it leaves.
 */
#include "tests/integration/site_world.h"

#include "lib/base/time.h"

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
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEEN_MAX = 1 << 20 };

/** A terminal and what was written on it. */
struct terminal {
    int fd;
    pid_t pid;
    struct termios before;
    size_t length, looked;
    char seen[SEEN_MAX];
};

static struct terminal terminal;
static struct world world;

static void start_lane(const char *lane, const char *colour)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    const char *config = world_path(&world, "site.yaml");
    terminal.length = terminal.looked = 0;
    terminal.pid = forkpty(&terminal.fd, NULL, NULL, &size);
    assert_true(terminal.pid >= 0);
    if (terminal.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("NO_COLOR", colour, 1);
        execl(CHL_STAGE_DIR "/bin/chilang", "chilang", "lane", lane, "--config", config, "--who",
              "chị Lan", (char *)NULL);
        _exit(127);
    }
    /* Whoever else is started must not keep the line up. */
    assert_int_equal(fcntl(terminal.fd, F_SETFD, FD_CLOEXEC), 0);
    assert_int_equal(tcgetattr(terminal.fd, &terminal.before), 0);
}

/** Read what comes for a moment. @return false when the other side has gone. */
static bool read_some(int wait_ms)
{
    struct pollfd ready = {.fd = terminal.fd, .events = POLLIN};
    if (poll(&ready, 1, wait_ms) <= 0) {
        return true;
    }
    assert_true(terminal.length + 8192 < SEEN_MAX);
    ssize_t got = read(terminal.fd, terminal.seen + terminal.length, 8192);
    terminal.length += got > 0 ? (size_t)got : 0;
    terminal.seen[terminal.length] = '\0';
    return got > 0;
}

/** Wait until the text is shown, after what was looked for before. */
static void sees(const char *text)
{
    int64_t until_ns = chl_mono_ns() + WORLD_WAIT_MS * CHL_NS_PER_MS;
    const char *at = NULL;
    terminal.seen[terminal.length] = '\0';
    while ((at = strstr(terminal.seen + terminal.looked, text)) == NULL) {
        if (chl_mono_ns() > until_ns || !read_some(50)) {
            fail_msg("expected `%s` on the screen, got: %s", text, terminal.seen + terminal.looked);
        }
    }
    terminal.looked = (size_t)(at - terminal.seen) + strlen(text);
}

static void press(const char *keys)
{
    assert_int_equal(write(terminal.fd, keys, strlen(keys)), strlen(keys));
}

/** Wait for its end; the terminal must be as it was before. */
static int ends(void)
{
    static const char left[] = "\033[?25h\033[?1049l";
    struct termios after;
    int status = 0;
    assert_int_equal(tcgetattr(terminal.fd, &after), 0);
    bool gone = false;
    for (int waited = 0; waited < WORLD_WAIT_MS && !gone; waited += 20) {
        if (!read_some(20)) {
            poll(NULL, 0, 20); /* it has closed the terminal, and is about to end */
        }
        gone = waitpid(terminal.pid, &status, WNOHANG) == terminal.pid;
        (void)tcgetattr(terminal.fd, &after);
    }
    assert_true(gone);
    (void)read_some(20);
    assert_non_null(strstr(terminal.seen, left));
    assert_int_equal(after.c_lflag & (ICANON | ECHO | ISIG),
                     terminal.before.c_lflag & (ICANON | ECHO | ISIG));
    close(terminal.fd);
    terminal.pid = 0;
    return status;
}

static int open_site(void **state)
{
    (void)state;
    world_open(&world);
    world_start(&world);
    bool up = world_until(&world, "gates", "G1", "state", "OK");
    if (!up) {
        world_close(&world);
    }
    return up ? 0 : -1;
}

static int close_site(void **state)
{
    (void)state;
    if (terminal.pid > 0) {
        kill(terminal.pid, SIGKILL);
        waitpid(terminal.pid, NULL, 0);
        close(terminal.fd);
        terminal.pid = 0;
    }
    world_close(&world);
    return 0;
}

static void test_verdicts_and_taps(void **state)
{
    (void)state;
    start_lane("G1", "");
    sees("Làn G1");
    sees("Trực: chị Lan");
    sees("Sẵn sàng, mời quét mã");
    world_scan(&world, "G1", "nobody knows this");
    sees("\033[1;30;43m");
    sees("CHECK  –  Máy chưa nhận biết loại mã này");
    sees("d Đã kiểm tra");
    press("t");
    sees("DENY  –  Nhân viên đã từ chối");
    sees("Đã ghi.");
    press("d");
    sees("Không có gì chờ quyết định");
    world_scan(&world, "G1", "nobody knows this");
    sees("CHECK  –  Máy chưa nhận biết loại mã này");
    press("d"); /* who is it? a tap does not say */
    sees("bấm n để nhập tay");
    char code[WORLD_OUT];
    static const char *const unwell[] = {"--symptoms", "fever", NULL};
    world_code(&world, code, unwell);
    world_scan(&world, "G1", code);
    sees("CHECK  –  Mời sang bàn y tế (Y1)");
    sees("Nguyễn Thị Thử");
    press("n");
    sees("Đúng người này?");
    press("Nguyễn\n"); /* neither yes nor no, and taken for neither */
    sees("Xin trả lời c hoặc k.");
    press("k\n");
    sees("Số giấy tờ tùy thân");
    press("\003");
    sees("Đã bỏ, chưa gửi gì.");
    press("d");
    sees("\033[1;97;42m");
    sees("ADMIT  –  Đã kiểm tra, mời qua");
    assert_true(world_until(&world, "lanes", "G1", "reason", "checked_by_staff"));
    press("q");
    int status = ends();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_entry_by_hand(void **state)
{
    (void)state;
    start_lane("G1", "1");
    sees("Sẵn sàng");
    press("n");
    sees("Số giấy tờ tùy thân");
    press("001 093 029 317\n");
    sees("Họ và tên");
    press("\n");
    sees("sinh");
    press("\n");
    sees("điện thoại");
    press("\n");
    sees("nơi đi");
    press("ở xa\n");
    sees("Chưa đúng");
    press("05977\n");
    sees("Triệu chứng");
    press("\n");
    sees("Mục này bắt buộc");
    press("k\n");
    sees("Tiếp xúc");
    press("k\n");
    sees("Số người");
    press("2\n");
    sees("ADMIT  –  Mời nhóm 2 người qua");
    /* Without colour only the words say it. */
    assert_null(strstr(terminal.seen, "\033[1;97;42m"));
    press("n");
    sees("NHẬP TAY");
    press("\003");
    sees("Đã bỏ, chưa gửi gì.");
    kill(terminal.pid, SIGTERM);
    int status = ends();
    assert_true(WIFEXITED(status));
}

/* Nothing on the screen may be taken for a verdict while nobody answers. */
static void test_lost_daemon_is_said(void **state)
{
    (void)state;
    start_lane("G1", "");
    sees("Sẵn sàng");
    char code[WORLD_OUT];
    world_code(&world, code, NULL);
    world_scan(&world, "G1", code);
    sees("ADMIT  –  ");
    sees("Nguyễn Thị Thử");
    kill(world.daemon, SIGSTOP);
    sees("MẤT LIÊN LẠC với chilangd từ ");
    size_t from = terminal.looked;
    for (int i = 0; i < 30; i++) {
        (void)read_some(50);
    }
    assert_null(strstr(terminal.seen + from, "ADMIT"));
    assert_null(strstr(terminal.seen + from, "Nguyễn Thị Thử"));
    kill(world.daemon, SIGCONT);
    sees("Sẵn sàng");
    world_end(&world, SIGTERM);
    sees("MẤT LIÊN LẠC với chilangd từ ");
    world_start(&world);
    sees("Sẵn sàng");
    close(terminal.fd); /* the line to the terminal breaks */
    int status = 0;
    assert_int_equal(waitpid(terminal.pid, &status, 0), terminal.pid);
    assert_true(WIFEXITED(status));
    terminal.pid = 0;
}

static void test_unknown_lane_and_no_terminal(void **state)
{
    (void)state;
    start_lane("G7", "");
    sees("expected a lane of this site, got `G7`");
    int status = ends();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    char out[WORLD_OUT];
    const char *const arguments[] = {"lane",  "G1",  "--config", world_path(&world, "site.yaml"),
                                     "--who", "Lan", NULL};
    assert_int_equal(world_run(&world, out, "chilang", arguments), 2);
    assert_non_null(strstr(out, "expected a terminal"));
}

#define SITE(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE(test_verdicts_and_taps),
        SITE(test_entry_by_hand),
        SITE(test_lost_daemon_is_said),
        SITE(test_unknown_lane_and_no_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
