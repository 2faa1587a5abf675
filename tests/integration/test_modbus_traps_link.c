/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The traps of libmodbus 3.1.6 in connections: each is sprung by naive calls first, then
 *  our bus walks past it.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/time.h"
#include "trap_case.h"

static const atomic_bool never;

/** Connections tried by this process: by libmodbus or by us. Stands before libc's function. */
static atomic_uint connects;
int connect_counted(int fd, const struct sockaddr *address, socklen_t size) __asm__("connect")
    __attribute__((visibility("default")));
int connect_counted(int fd, const struct sockaddr *address, socklen_t size)
{
    (void)atomic_fetch_add(&connects, 1);
    return (int)syscall(SYS_connect, fd, address, size);
}

static void pause_briefly(void)
{
    const struct timespec pause = {.tv_nsec = CHL_NS_PER_MS};
    (void)nanosleep(&pause, NULL);
}

/** A write of libmodbus that repairs its link by itself. */
static void *write_with_recovery(void *argument)
{
    modbus_t *naive = argument;
    while (modbus_write_register(naive, 0x40, 2) != 1) {
        /* the answer of a request that was sent into the breaking link */
    }
    return NULL;
}

/* 7: its own recovery sends until somebody takes it: the gate opens when nobody stands there. */
static void test_trap_7_recovery_repeats_until_it_is_carried_out(void **state)
{
    struct trap_device *device = *state;
    struct chl_modbus_answer answer;
    pthread_t thread;
    struct chl_bus *bus = trap_open_device(device);
    assert_int_equal(trap_read(bus, 10), 1010);
    device_unplug(device);
    const unsigned before = atomic_load(&connects);
    const chl_modbus_status status = trap_ask(bus, 6, 0x40, 2, DEVICE_PATIENCE_MS, &answer);
    assert_true(status == CHL_MODBUS_UNSENT || status == CHL_MODBUS_LOST);
    assert_int_equal(atomic_load(&connects), before); /* it says so and tries nothing */
    chl_bus_free(bus);
    device_plug(device);

    modbus_t *naive = naive_open(device);
    assert_int_equal(modbus_set_error_recovery(naive, MODBUS_ERROR_RECOVERY_LINK), 0);
    assert_int_equal(modbus_set_response_timeout(naive, 0, 20000), 0);
    device_unplug(device);
    const unsigned start = atomic_load(&connects);
    assert_int_equal(pthread_create(&thread, NULL, write_with_recovery, naive), 0);
    const int64_t until = chl_mono_ns() + DEVICE_PATIENCE_MS * CHL_NS_PER_MS;
    while (atomic_load(&connects) < start + 5) { /* one call, and it does not come back */
        assert_true(chl_mono_ns() < until);
        pause_briefly();
    }
    assert_int_equal(device_writes(device, 0, 1, 0x40), 0);
    device_plug(device);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(device_writes(device, 0, 1, 0x40) >= 1); /* long after it was wanted */
    naive_close(naive);
}

/** In a process of its own: libmodbus with a descriptor that no fd_set holds. */
static void read_with_high_descriptor(struct trap_device *device)
{
    const struct rlimit no_core = {0, 0};
    uint16_t word = 0;
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)close(STDERR_FILENO); /* glibc's last words */
    modbus_t *naive = modbus_new_tcp("127.0.0.1", device->port);
    if (naive == NULL || modbus_connect(naive) != 0) {
        _exit(3);
    }
    const int high = fcntl(modbus_get_socket(naive), F_DUPFD, 1500);
    (void)modbus_set_socket(naive, high);
    (void)modbus_read_registers(naive, 10, 1, &word);
    _exit(high >= 1500 ? 0 : 4);
}

/* 8: a descriptor of 1024 or more ends the whole process. */
static void test_trap_8_high_descriptor_aborts(void **state)
{
    struct trap_device *device = *state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit old = limit;
    if (limit.rlim_max < 2048) {
        print_message("SKIPPED: expected a hard limit of 2048 descriptors, it is %llu\n",
                      (unsigned long long)limit.rlim_max);
        skip();
    }
    limit.rlim_cur = 2048;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        read_with_high_descriptor(device);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);

    char why[CHL_MODBUS_TEXT] = "";
    char address[64];
    struct chl_bus *bus = NULL;
    int taken[1024];
    size_t count = 0;
    for (int fd = 0; fd < 1023 && count < 1024; count++) {
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        taken[count] = fd;
    }
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", device->port);
    const struct chl_bus_settings settings = {.address = address};
    assert_int_equal(chl_bus_new(&settings, &bus, why, sizeof why), CHL_OK);
    assert_int_equal(chl_bus_open(bus, CHL_NS_PER_S, &never, why, sizeof why), CHL_E_IO);
    assert_non_null(strstr(why, "below 1024"));
    for (size_t i = 0; i < count; i++) {
        (void)close(taken[i]);
    }
    assert_int_equal(chl_bus_open(bus, DEVICE_PATIENCE_MS * CHL_NS_PER_MS, &never, why, sizeof why),
                     CHL_OK);
    assert_int_equal(trap_read(bus, 10), 1010);
    chl_bus_free(bus);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

/** A port whose queue of connections is full: who comes now hears nothing at all. */
static int make_deaf_port(int *listener, int *fillers, size_t filler_count)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(*listener >= 0);
    assert_int_equal(bind(*listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(*listener, 0), 0);
    assert_int_equal(getsockname(*listener, (struct sockaddr *)&address, &size), 0);
    for (size_t i = 0; i < filler_count; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(fillers[i] >= 0);
        (void)connect(fillers[i], (struct sockaddr *)&address, size);
    }
    return ntohs(address.sin_port);
}

/* 11: a connection waits for the answer's time, and its errno does not say that it ran out. */
static void test_trap_11_connect_timeout_has_no_errno(void **state)
{
    (void)state;
    enum { FILLERS = 4 };
    int listener = -1;
    int fillers[FILLERS];
    char address[64];
    char why[CHL_MODBUS_TEXT] = "";
    const int port = make_deaf_port(&listener, fillers, FILLERS);
    modbus_t *naive = modbus_new_tcp("127.0.0.1", port);
    assert_int_equal(modbus_set_response_timeout(naive, 0, TRAP_ANSWER_MS * 1000), 0);
    assert_int_equal(modbus_connect(naive), -1);
    assert_int_not_equal(errno, ETIMEDOUT);
    modbus_free(naive);

    struct chl_bus *bus = NULL;
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", port);
    const struct chl_bus_settings settings = {.address = address};
    assert_int_equal(chl_bus_new(&settings, &bus, why, sizeof why), CHL_OK);
    assert_int_equal(chl_bus_open(bus, TRAP_ANSWER_MS * CHL_NS_PER_MS, &never, why, sizeof why),
                     CHL_E_IO);
    assert_non_null(strstr(why, "timed out"));
    chl_bus_free(bus);
    for (size_t i = 0; i < FILLERS; i++) {
        (void)close(fillers[i]);
    }
    (void)close(listener);
}

static bool naive_connects(const char *host, int port)
{
    modbus_t *naive = modbus_new_tcp(host, port);
    const bool connected = naive != NULL && modbus_connect(naive) == 0;
    if (connected) {
        modbus_close(naive);
    }
    modbus_free(naive);
    return connected;
}

/* 11: only IPv4 literals are understood. */
static void test_trap_11_names_and_ipv6(void **state)
{
    struct trap_device *device = *state;
    char address[64];
    assert_true(naive_connects("127.0.0.1", device->port));
    assert_false(naive_connects("localhost", device->port));
    (void)snprintf(address, sizeof address, "tcp://localhost:%d", device->port);
    struct chl_bus *bus = trap_open(address);
    assert_int_equal(trap_read(bus, 10), 1010);
    chl_bus_free(bus);
}

static void test_trap_11_ipv6(void **state)
{
    (void)state;
    char address[64];
    const int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const bool has = probe >= 0 && bind(probe, (const struct sockaddr *)&any, sizeof any) == 0;
    if (probe >= 0) {
        (void)close(probe);
    }
    if (!has) {
        print_message("SKIPPED: expected IPv6 on the loopback, there is none\n");
        skip();
    }
    struct trap_device *device = device_new();
    (void)device_listen(device, AF_INET6);
    assert_false(naive_connects("::1", device->port));
    (void)snprintf(address, sizeof address, "tcp://[::1]:%d", device->port);
    struct chl_bus *bus = trap_open(address);
    assert_int_equal(trap_read(bus, 10), 1010);
    chl_bus_free(bus);
    device_free(device);
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
    return value;
}

/* 14: without keepalive a cable that is pulled while nothing is said is never noticed. */
static void test_trap_14_no_keepalive(void **state)
{
    struct trap_device *device = *state;
    modbus_t *naive = naive_open(device);
    assert_int_equal(option(modbus_get_socket(naive), SOL_SOCKET, SO_KEEPALIVE), 0);
    assert_int_equal(option(modbus_get_socket(naive), IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
    naive_close(naive);

    struct chl_bus *bus = trap_open_device(device);
    const int fd = chl_bus_descriptor(bus);
    struct linger linger = {0};
    socklen_t size = sizeof linger;
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_in_range(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 1, 10);
    assert_in_range(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 1, 10000);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size), 0);
    assert_true(linger.l_onoff != 0 && linger.l_linger == 0);
    chl_bus_free(bus);
}

#define OVER_TCP(test) cmocka_unit_test_setup_teardown(test, trap_setup_tcp, trap_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_TCP(test_trap_7_recovery_repeats_until_it_is_carried_out),
        OVER_TCP(test_trap_8_high_descriptor_aborts),
        cmocka_unit_test(test_trap_11_connect_timeout_has_no_errno),
        OVER_TCP(test_trap_11_names_and_ipv6),
        cmocka_unit_test(test_trap_11_ipv6),
        OVER_TCP(test_trap_14_no_keepalive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
