/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A pseudo-terminal in front of a simulated bus, see serial.h.
 */
#include "sim/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/** The line itself. */
struct serial_end {
    struct wire wire; /**< first: the target of what is sent later */
    struct serial *serial;
    uv_poll_t poll;
    int fd;   /**< our side */
    int kept; /**< the other side, open so that ours does not end when a user leaves */
};

static const struct {
    speed_t code;
    int64_t baud;
} speeds[] = {{B1200, 1200},   {B2400, 2400},     {B4800, 4800},
              {B9600, 9600},   {B19200, 19200},   {B38400, 38400},
              {B57600, 57600}, {B115200, 115200}, {B230400, 230400}};

/** The speed that the other side has set. */
static int64_t spoken(const struct serial_end *end)
{
    struct termios settings;
    if (tcgetattr(end->kept, &settings) != 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (cfgetospeed(&settings) == speeds[i].code) {
            return speeds[i].baud;
        }
    }
    return 0;
}

static void send_bytes(struct later_target *target, const uint8_t *bytes, size_t length)
{
    struct serial_end *end = (struct serial_end *)(void *)target;
    if (end->serial->cable == WIRE_IN) {
        (void)!write(end->fd, bytes, length); /* nobody listens: as on a real line */
    }
}

static void readable(uv_poll_t *poll, int status, int events)
{
    struct serial_end *end = poll->data;
    size_t room = 0;
    (void)events;
    if (status < 0) {
        return;
    }
    uint8_t *where = wire_room(&end->wire, &room);
    ssize_t count = read(end->fd, where, room);
    if (count > 0 && end->serial->cable == WIRE_IN) {
        end->serial->controller->spoken = spoken(end);
        (void)wire_arrived(&end->wire, (size_t)count);
    }
}

static int open_line(struct serial_end *end, char *path, size_t size)
{
    struct termios settings;
    end->kept = -1;
    end->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (end->fd < 0 || grantpt(end->fd) != 0 || unlockpt(end->fd) != 0 ||
        ptsname_r(end->fd, path, size) != 0) {
        return -1;
    }
    end->kept = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (end->kept < 0 || tcgetattr(end->kept, &settings) != 0) {
        return -1;
    }
    cfmakeraw(&settings);
    return tcsetattr(end->kept, TCSANOW, &settings);
}

static void shut(struct serial_end *end)
{
    if (end->fd >= 0) {
        close(end->fd);
    }
    if (end->kept >= 0) {
        close(end->kept);
    }
    free(end);
}

/** Replace the link in one step, so that whoever opens it finds the old line or the new one. */
static int link_to(const char *line, const char *link)
{
    char aside[SERIAL_PATH + 8];
    struct stat there;
    if (lstat(link, &there) == 0 && !S_ISLNK(there.st_mode)) {
        errno = EEXIST;
        return -1;
    }
    snprintf(aside, sizeof aside, "%s.new", link);
    unlink(aside);
    if (symlink(line, aside) != 0) {
        return -1;
    }
    return rename(aside, link);
}

/** @return 0, or −1 with errno. */
static int plug_in(struct serial *serial)
{
    char *line = serial->line;
    struct serial_end *end = calloc(1, sizeof *end);
    if (end == NULL) {
        return -1;
    }
    if (open_line(end, line, sizeof serial->line) != 0 ||
        (serial->link[0] != '\0' && link_to(line, serial->link) != 0) ||
        uv_poll_init(serial->loop, &end->poll, end->fd) != 0) {
        int cause = errno;
        shut(end);
        errno = cause;
        return -1;
    }
    snprintf(serial->path, sizeof serial->path, "%s",
             serial->link[0] != '\0' ? serial->link : line);
    end->serial = serial;
    end->wire.target.send = send_bytes;
    end->wire.controller = serial->controller;
    end->wire.later = serial->later;
    end->poll.data = end;
    uv_poll_start(&end->poll, UV_READABLE, readable);
    serial->end = end;
    return 0;
}

chl_err serial_start(struct serial *serial, uv_loop_t *loop, struct later *later,
                     struct controller *controller, const char *link, char *why, size_t why_size)
{
    memset(serial, 0, sizeof *serial);
    serial->loop = loop;
    serial->later = later;
    serial->controller = controller;
    if (link != NULL && strlen(link) >= sizeof serial->link) {
        snprintf(why, why_size, "listen: expected a path of at most %d bytes, got %zu",
                 SERIAL_PATH - 1, strlen(link));
        return CHL_E_LIMIT;
    }
    snprintf(serial->link, sizeof serial->link, "%s", link != NULL ? link : "");
    if (plug_in(serial) != 0) {
        snprintf(why, why_size,
                 "listen: expected a pseudo-terminal and a free path for its link, got %s (%s); "
                 "choose another",
                 link != NULL ? link : "none", strerror(errno));
        return CHL_E_IO;
    }
    return CHL_OK;
}

static void poll_closed(uv_handle_t *handle)
{
    shut(handle->data);
}

static void pull_out(struct serial *serial)
{
    if (serial->end != NULL) {
        wire_forget(&serial->end->wire);
        uv_poll_stop(&serial->end->poll);
        uv_close((uv_handle_t *)&serial->end->poll, poll_closed);
        serial->end = NULL;
    }
}

void serial_tick(struct serial *serial, int64_t now_ns)
{
    if (serial->end != NULL) {
        wire_tick(&serial->end->wire, now_ns);
    }
}

bool serial_set_cable(struct serial *serial, wire_cable cable)
{
    serial->cable = cable;
    if (cable == WIRE_OUT) {
        pull_out(serial);
        return true;
    }
    if (serial->end == NULL && plug_in(serial) != 0) {
        return false;
    }
    if (cable == WIRE_STALLED) {
        uv_poll_stop(&serial->end->poll);
    } else {
        uv_poll_start(&serial->end->poll, UV_READABLE, readable);
    }
    return true;
}

void serial_say(struct serial *serial, const struct fault_reply *reply)
{
    if (serial->end != NULL) {
        wire_send(&serial->end->wire, reply);
    }
}

void serial_stop(struct serial *serial)
{
    char there[SERIAL_PATH];
    pull_out(serial);
    ssize_t length = serial->link[0] != '\0' ? readlink(serial->link, there, sizeof there) : -1;
    /* Somebody else may have put a link of theirs in its place. */
    if (length > 0 && (size_t)length == strlen(serial->line) &&
        memcmp(there, serial->line, (size_t)length) == 0) {
        unlink(serial->link);
    }
}
