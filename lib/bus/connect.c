/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Open a TCP connection without blocking past a deadline, set up as a control link.
 */
#include "lib/bus/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/time.h"

enum {
    LOOK_MS = 20, /**< how often a stop is looked for */
    KEEP_IDLE_S = 5,
    KEEP_INTERVAL_S = 2,
    KEEP_COUNT = 3,
    UNACKNOWLEDGED_MS = 5000 /**< bytes not acknowledged by the peer's TCP for so long: link lost */
};

static void errno_text(int error, char *out, size_t size)
{
    char buffer[64];
    /* strerror_r of _GNU_SOURCE returns the text, which need not be in the buffer. */
    (void)snprintf(out, size, "%s", strerror_r(error, buffer, sizeof buffer));
}

static void set_option(int fd, int level, int option, int value)
{
    /* A stack that lacks one of these still carries the link. */
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

static void tune(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS);
    /* Closing throws unsent bytes away: a write that waited in the kernel must not reach a device
     * that comes back later. */
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static int wait_connected(int fd, int64_t deadline_ns, const atomic_bool *stopping)
{
    struct pollfd waiting = {.fd = fd, .events = POLLOUT};
    while (!atomic_load(stopping)) {
        const int64_t left_ms = (deadline_ns - chl_mono_ns()) / CHL_NS_PER_MS;
        if (left_ms <= 0) {
            return ETIMEDOUT;
        }
        const int ready = poll(&waiting, 1, left_ms < LOOK_MS ? (int)left_ms + 1 : LOOK_MS);
        if (ready > 0) {
            int error = 0;
            socklen_t size = sizeof error;
            return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
        }
        if (ready < 0 && errno != EINTR) {
            return errno;
        }
    }
    return ECANCELED;
}

static int connect_one(const struct sockaddr *to, socklen_t size, int64_t deadline_ns,
                       const atomic_bool *stopping, int *out)
{
    const int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return errno;
    }
    int error = 0;
    if (fd >= FD_SETSIZE) {
        /* libmodbus puts it into an fd_set; beyond that glibc ends the whole process. */
        error = EMFILE;
        goto out;
    }
    tune(fd);
    if (connect(fd, to, size) != 0) {
        error = errno == EINPROGRESS ? wait_connected(fd, deadline_ns, stopping) : errno;
    }
out:
    if (error != 0) {
        (void)close(fd);
    } else {
        *out = fd;
    }
    return error;
}

int bus_connect(const struct bus_address *address, struct bus_resolver *resolver,
                int64_t timeout_ns, const atomic_bool *stopping, char *why, size_t why_size)
{
    const int64_t deadline_ns = chl_mono_ns() + timeout_ns;
    struct bus_hosts hosts = {0};
    if (bus_resolve(resolver, deadline_ns, stopping, &hosts, why, why_size) != CHL_OK) {
        return -1;
    }
    int fd = -1;
    int error = EHOSTUNREACH;
    for (size_t i = 0; i < hosts.count && fd < 0; i++) {
        /* A share for each, so that one that never answers leaves time for the next. */
        const int64_t now = chl_mono_ns();
        const int64_t share_ns = (deadline_ns - now) / (int64_t)(hosts.count - i);
        error = connect_one((const struct sockaddr *)&hosts.at[i].address, hosts.at[i].size,
                            now + share_ns, stopping, &fd);
    }
    if (fd < 0) {
        char text[64];
        errno_text(error, text, sizeof text);
        (void)snprintf(why, why_size, "connect to %.40s:%s: %s", address->host, address->port,
                       error == EMFILE ? "too many open files (Modbus needs one below 1024)"
                                       : text);
    }
    return fd;
}
