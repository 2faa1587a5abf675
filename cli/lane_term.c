/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief termios, the other screen, and the signals.
 */
#include "cli/lane_term.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static struct termios before;
static sigset_t mask_before;
static bool taken, paused;
static volatile sig_atomic_t ends, interrupted;

static void on_signal(int number)
{
    if (number == SIGINT && paused) {
        interrupted = 1;
    } else if (number != SIGWINCH) {
        ends = 1;
    }
}

static void write_all(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, text, length);
        if (written < 0 && errno != EINTR) {
            return;
        }
        text += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

static void enter_screen(void)
{
    static const char enter[] = "\033[?1049h\033[?25l\033[2J\033[H";
    struct termios keys = before;
    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &keys);
    write_all(enter, sizeof enter - 1);
}

static void leave_screen(void)
{
    static const char leave[] = "\033[0m\033[?25h\033[?1049l";
    write_all(leave, sizeof leave - 1);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

bool term_take(void)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0) {
        return false;
    }
    sigset_t held;
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: reads end */
    (void)sigemptyset(&held);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
        (void)sigaddset(&held, ending[i]);
        (void)sigaction(ending[i], &action, NULL);
    }
    (void)sigaddset(&held, SIGWINCH);
    (void)sigaction(SIGWINCH, &action, NULL);
    (void)sigaddset(&held, SIGTSTP); /* a stopped screen would show an old verdict */
    (void)sigprocmask(SIG_BLOCK, &held, &mask_before);
    taken = true;
    (void)atexit(term_give);
    enter_screen();
    return true;
}

void term_give(void)
{
    if (taken && !paused) {
        leave_screen();
    }
    taken = false;
}

void term_pause(void)
{
    paused = true;
    leave_screen();
}

void term_resume(void)
{
    paused = false;
    enter_screen();
}

/* Signals come only while it waits, so that none falls between asking and reading. */
static ssize_t read_keys(void *cookie, char *buffer, size_t size)
{
    struct pollfd keys = {.fd = STDIN_FILENO, .events = POLLIN};
    (void)cookie;
    while (ends == 0 && interrupted == 0) {
        int ready = ppoll(&keys, 1, NULL, &mask_before);
        if (ready > 0) {
            return read(STDIN_FILENO, buffer, size);
        }
        if (ready < 0 && errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

FILE *term_lines(void)
{
    return fopencookie(NULL, "r", (cookie_io_functions_t){.read = read_keys});
}

void term_size(size_t *rows, size_t *columns)
{
    struct winsize window;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
    *rows = known && window.ws_row > 0 ? window.ws_row : 24;
    *columns = known ? window.ws_col : 80;
}

int term_wait(struct pollfd *fds, size_t count, int timeout_ms)
{
    struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                               .tv_nsec = (long)(timeout_ms % 1000) * 1000000L};
    int ready = ppoll(fds, (nfds_t)count, &timeout, &mask_before);
    return ready < 0 && errno == EINTR ? 0 : ready;
}

bool term_is_ending(void)
{
    return ends != 0;
}

bool term_was_interrupted(void)
{
    bool was = interrupted != 0;
    interrupted = 0;
    return was;
}
