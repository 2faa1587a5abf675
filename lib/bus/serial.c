/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Open a serial line for one owner, with exactly the speed that was asked for.
 */
#include "lib/bus/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/time.h"

enum {
    BAUD_USUAL = 9600,
    BAUD_FIXED_GAP = 19200, /* above this the silence no longer shrinks */
    CHARACTER_BITS = 11,
    PTY_FIRST = 136, /* major numbers of pseudo-terminals */
    PTY_LAST = 143,
    WHY_SPEEDS = 256
};

#define GAP_FIXED_NS INT64_C(1750000)

/** Every speed that termios can set. libmodbus silently takes 9600 for any other. */
static const struct {
    int64_t baud;
    speed_t speed;
} speeds[] = {{1200, B1200},       {1800, B1800},       {2400, B2400},       {4800, B4800},
              {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
              {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},
              {576000, B576000},   {921600, B921600},   {1000000, B1000000}, {1152000, B1152000},
              {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
              {3500000, B3500000}, {4000000, B4000000}};

enum { SPEEDS = sizeof speeds / sizeof *speeds };

/** @return B0 when there is no such speed. */
static speed_t speed_of(int64_t baud)
{
    for (size_t i = 0; i < SPEEDS; i++) {
        if (speeds[i].baud == baud) {
            return speeds[i].speed;
        }
    }
    return B0;
}

chl_err bus_line_check(struct bus_line *line, char *why, size_t why_size)
{
    line->baud = line->baud == 0 ? BAUD_USUAL : line->baud;
    if (line->parity == '\0') {
        line->parity = 'N';
    }
    line->stop_bits = line->stop_bits == 0 ? 1 : line->stop_bits;
    if (speed_of(line->baud) == B0) {
        char list[WHY_SPEEDS] = "";
        size_t used = 0;
        for (size_t i = 0; i < SPEEDS && used < sizeof list; i++) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%lld", i > 0 ? ", " : "",
                                     (long long)speeds[i].baud);
        }
        (void)snprintf(why, why_size, "baud: got %lld, expected one of %s", (long long)line->baud,
                       list);
        return CHL_E_CONFIG;
    }
    if (strchr("NEO", line->parity) == NULL) {
        (void)snprintf(why, why_size, "parity: expected N, E or O, got \"%c\"", line->parity);
        return CHL_E_CONFIG;
    }
    if (line->stop_bits < 1 || line->stop_bits > 2) {
        (void)snprintf(why, why_size, "stop bits: expected 1 or 2, got %d", line->stop_bits);
        return CHL_E_CONFIG;
    }
    return CHL_OK;
}

int64_t bus_line_character_ns(const struct bus_line *line)
{
    return CHARACTER_BITS * CHL_NS_PER_S / line->baud;
}

int64_t bus_line_gap_ns(const struct bus_line *line)
{
    return line->baud > BAUD_FIXED_GAP ? GAP_FIXED_NS : bus_line_character_ns(line) * 7 / 2;
}

static chl_err fail(chl_err err, const char *path, const char *what, int error, char *why,
                    size_t why_size)
{
    char buffer[64];
    (void)snprintf(why, why_size, "%.48s: %s%s%s", path, what, error != 0 ? ": " : "",
                   error != 0 ? strerror_r(error, buffer, sizeof buffer) : "");
    return err;
}

/** One owner: the lock keeps out whoever asks for it, in this process too, TIOCEXCL the rest. */
static chl_err take(int fd, const char *path, char *why, size_t why_size)
{
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return fail(CHL_E_BUSY, path,
                    "expected the line for ourselves, another program or bus uses it", 0, why,
                    why_size);
    }
    (void)ioctl(fd, TIOCEXCL);
    return CHL_OK;
}

static bool is_pty(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && major(info.st_rdev) >= PTY_FIRST &&
           major(info.st_rdev) <= PTY_LAST;
}

static void ask_for_low_latency(int fd)
{
    /* USB adapters otherwise hand received bytes over every 16 ms. Best effort: not all can. */
    struct serial_struct info;
    if (ioctl(fd, TIOCGSERIAL, &info) == 0) {
        info.flags = (int)((unsigned)info.flags | ASYNC_LOW_LATENCY);
        (void)ioctl(fd, TIOCSSERIAL, &info);
    }
}

static tcflag_t control_of(const struct bus_line *line)
{
    tcflag_t flags = CS8 | CREAD | CLOCAL;
    flags |= line->stop_bits == 2 ? CSTOPB : 0U;
    flags |= line->parity == 'N' ? 0U : PARENB;
    flags |= line->parity == 'O' ? PARODD : 0U;
    return flags;
}

/** tcsetattr() succeeds when it could do any part of what was asked: so it is read back. */
static bool set_line(int fd, const struct bus_line *line)
{
    const tcflag_t framing = CSIZE | CSTOPB | PARENB | PARODD;
    const tcflag_t control = control_of(line);
    const speed_t speed = speed_of(line->baud);
    struct termios terminal;
    if (tcgetattr(fd, &terminal) != 0) {
        return false;
    }
    cfmakeraw(&terminal);
    terminal.c_cflag &= ~(framing | CRTSCTS | HUPCL);
    terminal.c_cflag |= control;
    terminal.c_iflag |= line->parity == 'N' ? 0U : INPCK;
    terminal.c_cc[VMIN] = 1;
    terminal.c_cc[VTIME] = 0;
    if (cfsetispeed(&terminal, speed) != 0 || cfsetospeed(&terminal, speed) != 0 ||
        tcsetattr(fd, TCSANOW, &terminal) != 0 || tcgetattr(fd, &terminal) != 0) {
        return false;
    }
    errno = 0;
    return cfgetospeed(&terminal) == speed && cfgetispeed(&terminal) == speed &&
           (is_pty(fd) || (terminal.c_cflag & framing) == (control & framing));
}

chl_err bus_serial_open(const char *path, const struct bus_line *line, int *out, char *why,
                        size_t why_size)
{
    const int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno == EBUSY
                   ? fail(CHL_E_BUSY, path, "another program holds the line", EBUSY, why, why_size)
                   : fail(CHL_E_IO, path, "cannot open the line", errno, why, why_size);
    }
    chl_err err = CHL_E_IO;
    if (fd >= FD_SETSIZE) {
        (void)fail(err, path, "too many open files (Modbus needs one below 1024)", 0, why,
                   why_size);
        goto out;
    }
    if (isatty(fd) != 1) {
        (void)fail(err, path, "expected a serial line, it is none", 0, why, why_size);
        goto out;
    }
    err = take(fd, path, why, why_size);
    if (err != CHL_OK) {
        goto out;
    }
    if (!set_line(fd, line)) {
        char what[64];
        (void)snprintf(what, sizeof what, "the line does not take %lld baud 8%c%d",
                       (long long)line->baud, line->parity, line->stop_bits);
        err = fail(CHL_E_IO, path, what, errno, why, why_size);
        goto out;
    }
    ask_for_low_latency(fd);
    (void)tcflush(fd, TCIOFLUSH);
out:
    if (err != CHL_OK) {
        (void)close(fd);
    } else {
        *out = fd;
    }
    return err;
}
