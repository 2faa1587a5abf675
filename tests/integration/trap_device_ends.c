/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The test's side of the device: its cable, its manners, what it was asked.
 */
#include "trap_device.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "trap_device_internal.h"

struct trap_device *device_new(void)
{
    struct trap_device *d = calloc(1, sizeof *d);
    assert_non_null(d);
    d->listener = -1;
    d->client = -1;
    d->held_slave = -1;
    d->manner_address = -1;
    d->stop_fd = eventfd(0, EFD_CLOEXEC);
    assert_true(d->stop_fd >= 0);
    for (size_t unit = 0; unit <= DEVICE_UNITS; unit++) {
        for (unsigned i = 0; i < DEVICE_WORDS; i++) {
            d->words[unit][i] = (uint16_t)(1000 + i);
        }
    }
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&d->mutex, NULL);
    (void)pthread_cond_init(&d->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    d->running = true;
    assert_int_equal(pthread_create(&d->thread, NULL, device_run, d), 0);
    return d;
}

static void wake(struct trap_device *d)
{
    const uint64_t one = 1;
    (void)!write(d->stop_fd, &one, sizeof one);
}

void device_cut(struct trap_device *d)
{
    int *const ends[] = {&d->listener, &d->client, &d->held_slave};
    if (d->listener >= 0) {
        /* The thread's poll() keeps a closed one listening until it has woken. */
        (void)shutdown(d->listener, SHUT_RDWR);
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (*ends[i] >= 0) {
            (void)close(*ends[i]);
        }
        *ends[i] = -1;
    }
    if (d->link[0] != '\0') {
        (void)unlink(d->link);
    }
}

void device_free(struct trap_device *d)
{
    (void)pthread_mutex_lock(&d->mutex);
    d->running = false;
    (void)pthread_cond_broadcast(&d->changed);
    (void)pthread_mutex_unlock(&d->mutex);
    wake(d);
    (void)pthread_join(d->thread, NULL);
    device_cut(d);
    (void)close(d->stop_fd);
    (void)pthread_cond_destroy(&d->changed);
    (void)pthread_mutex_destroy(&d->mutex);
    free(d);
}

static int listen_at(int family, int port, int *bound)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)port),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *address = family == AF_INET ? (void *)&v4 : (void *)&v6;
    socklen_t size = family == AF_INET ? sizeof v4 : sizeof v6;
    const int on = 1;
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(fd, address, size), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, address, &size), 0);
    *bound = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
    return fd;
}

int device_listen(struct trap_device *d, int family)
{
    (void)pthread_mutex_lock(&d->mutex);
    d->listener = listen_at(family, d->port, &d->port);
    (void)pthread_mutex_unlock(&d->mutex);
    wake(d);
    return d->port;
}

int device_listen_rtu(struct trap_device *d)
{
    (void)pthread_mutex_lock(&d->mutex);
    d->serial = true;
    (void)pthread_mutex_unlock(&d->mutex);
    return device_listen(d, AF_INET);
}

static void make_raw(int fd)
{
    struct termios terminal;
    assert_int_equal(tcgetattr(fd, &terminal), 0);
    cfmakeraw(&terminal);
    assert_int_equal(tcsetattr(fd, TCSANOW, &terminal), 0);
}

const char *device_line(struct trap_device *d, const char *link)
{
    (void)pthread_mutex_lock(&d->mutex);
    d->serial = true;
    d->client = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    assert_true(d->client >= 0);
    assert_int_equal(grantpt(d->client), 0);
    assert_int_equal(unlockpt(d->client), 0);
    assert_int_equal(ptsname_r(d->client, d->path, sizeof d->path), 0);
    /* Kept open: without a user the line would hang up at once. */
    d->held_slave = open(d->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(d->held_slave >= 0);
    make_raw(d->held_slave);
    if (link[0] != '\0') {
        (void)snprintf(d->link, sizeof d->link, "%s", link);
        (void)unlink(link);
        assert_int_equal(symlink(d->path, link), 0);
    }
    (void)pthread_mutex_unlock(&d->mutex);
    wake(d);
    return link[0] != '\0' ? d->link : d->path;
}

void device_unplug(struct trap_device *d)
{
    (void)pthread_mutex_lock(&d->mutex);
    device_cut(d);
    (void)pthread_mutex_unlock(&d->mutex);
    wake(d);
}

void device_plug(struct trap_device *d)
{
    if (d->link[0] != '\0') {
        char link[sizeof d->link];
        memcpy(link, d->link, sizeof link);
        (void)device_line(d, link);
    } else {
        (void)device_listen(d, AF_INET);
    }
}

bool device_say(struct trap_device *d, const void *bytes, size_t length)
{
    (void)pthread_mutex_lock(&d->mutex);
    const ssize_t said = d->client >= 0 ? write(d->client, bytes, length) : -1;
    (void)pthread_mutex_unlock(&d->mutex);
    return said == (ssize_t)length;
}

void device_behave(struct trap_device *d, device_manner manner, int unit)
{
    (void)pthread_mutex_lock(&d->mutex);
    d->manner = manner;
    d->manner_unit = unit;
    d->manner_address = -1;
    (void)pthread_mutex_unlock(&d->mutex);
}

void device_noise(struct trap_device *d, unsigned seed)
{
    device_behave(d, DEVICE_NOISE, 0);
    (void)pthread_mutex_lock(&d->mutex);
    d->seed = seed;
    (void)pthread_mutex_unlock(&d->mutex);
}

void device_behave_on_write(struct trap_device *d, device_manner manner, int unit, unsigned address)
{
    (void)pthread_mutex_lock(&d->mutex);
    d->manner = manner;
    d->manner_unit = unit;
    d->manner_address = (int)address;
    (void)pthread_mutex_unlock(&d->mutex);
}

/** Wait, with the mutex held, for at most the test's patience. */
static void wait_change(struct trap_device *d, const struct timespec *until)
{
    assert_int_equal(pthread_cond_timedwait(&d->changed, &d->mutex, until), 0);
}

static struct timespec patience(void)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DEVICE_PATIENCE_MS / 1000;
    return until;
}

void device_await_hold(struct trap_device *d)
{
    const struct timespec until = patience();
    (void)pthread_mutex_lock(&d->mutex);
    while (!d->holding) {
        wait_change(d, &until);
    }
    (void)pthread_mutex_unlock(&d->mutex);
}

void device_release(struct trap_device *d)
{
    const struct timespec until = patience();
    device_await_hold(d);
    (void)pthread_mutex_lock(&d->mutex);
    d->release = true;
    d->manner = DEVICE_WELL;
    (void)pthread_cond_broadcast(&d->changed);
    while (d->holding) {
        wait_change(d, &until);
    }
    (void)pthread_mutex_unlock(&d->mutex);
}

size_t device_count(struct trap_device *d)
{
    (void)pthread_mutex_lock(&d->mutex);
    const size_t count = d->requests;
    (void)pthread_mutex_unlock(&d->mutex);
    return count;
}

void device_await(struct trap_device *d, size_t count)
{
    const struct timespec until = patience();
    (void)pthread_mutex_lock(&d->mutex);
    while (d->requests < count) {
        wait_change(d, &until);
    }
    (void)pthread_mutex_unlock(&d->mutex);
}

struct device_request device_request(struct trap_device *d, size_t i)
{
    (void)pthread_mutex_lock(&d->mutex);
    assert_true(i < d->requests && d->requests <= DEVICE_LOG);
    const struct device_request request = d->log[i];
    (void)pthread_mutex_unlock(&d->mutex);
    return request;
}

size_t device_writes(struct trap_device *d, size_t from, unsigned unit, unsigned address)
{
    size_t found = 0;
    (void)pthread_mutex_lock(&d->mutex);
    assert_true(d->requests <= DEVICE_LOG);
    for (size_t i = from; i < d->requests; i++) {
        found += d->log[i].function > 4 && d->log[i].unit == unit && d->log[i].address == address;
    }
    (void)pthread_mutex_unlock(&d->mutex);
    return found;
}

uint16_t device_word(struct trap_device *d, unsigned unit, unsigned address)
{
    (void)pthread_mutex_lock(&d->mutex);
    const uint16_t value = d->words[unit][address];
    (void)pthread_mutex_unlock(&d->mutex);
    return value;
}

void device_set(struct trap_device *d, unsigned unit, unsigned address, uint16_t value)
{
    (void)pthread_mutex_lock(&d->mutex);
    d->words[unit][address] = value;
    (void)pthread_mutex_unlock(&d->mutex);
}
