/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the tests of the traps share: a device, naive calls of libmodbus, and our bus.
 */
#include "trap_case.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>

#include <cmocka.h>

#include "lib/base/time.h"

static const atomic_bool never;

struct chl_bus *trap_open(const char *address)
{
    char why[256] = "";
    struct chl_bus *bus = NULL;
    const struct chl_bus_settings settings = {
        .address = address, .baud = 115200, .delay_max_ns = TRAP_DELAY_MAX_MS * CHL_NS_PER_MS};
    chl_err err = chl_bus_new(&settings, &bus, why, sizeof why);
    if (err == CHL_OK) {
        err = chl_bus_open(bus, DEVICE_PATIENCE_MS * CHL_NS_PER_MS, &never, why, sizeof why);
    }
    if (err != CHL_OK) {
        print_error("%s\n", why);
    }
    assert_int_equal(err, CHL_OK);
    return bus;
}

struct chl_bus *trap_open_device(struct trap_device *device)
{
    char address[96];
    if (device->serial) {
        (void)snprintf(address, sizeof address, "rtu://%s", device->path);
    } else {
        (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d", device->port);
    }
    return trap_open(address);
}

chl_modbus_status trap_ask(struct chl_bus *bus, uint8_t function, uint16_t address, uint16_t value,
                           int64_t answer_ms, struct chl_modbus_answer *answer)
{
    const bool many = function != 5 && function != 6;
    const struct chl_modbus_request request = {.function = function,
                                               .unit = 1,
                                               .address = address,
                                               .count = 1,
                                               .values = {many && function < 5 ? 0 : value},
                                               .response_ns = answer_ms * CHL_NS_PER_MS};
    chl_bus_transact(bus, &request, answer);
    return answer->status;
}

uint16_t trap_read(struct chl_bus *bus, uint16_t address)
{
    struct chl_modbus_answer answer;
    if (trap_ask(bus, 3, address, 0, DEVICE_PATIENCE_MS, &answer) != CHL_MODBUS_OK) {
        print_error("read %u: status %d, %s\n", address, answer.status, answer.text);
        fail();
    }
    return answer.words[0];
}

void trap_await_bytes(const struct chl_bus *bus, int count)
{
    const struct timespec pause = {.tv_nsec = CHL_NS_PER_MS};
    const int64_t until = chl_mono_ns() + DEVICE_PATIENCE_MS * CHL_NS_PER_MS;
    for (int waiting = 0; waiting < count; (void)nanosleep(&pause, NULL)) {
        assert_true(chl_mono_ns() < until);
        assert_int_equal(ioctl(chl_bus_descriptor(bus), FIONREAD, &waiting), 0);
    }
}

modbus_t *naive_open(struct trap_device *device)
{
    modbus_t *context = device->serial ? modbus_new_rtu(device->path, 115200, 'N', 8, 1)
                                       : modbus_new_tcp("127.0.0.1", device->port);
    assert_non_null(context);
    assert_int_equal(modbus_set_slave(context, 1), 0);
    /* While it connects, its answer's time counts; a loaded machine needs more. */
    assert_int_equal(modbus_set_response_timeout(context, DEVICE_PATIENCE_MS / 1000, 0), 0);
    assert_int_equal(modbus_connect(context), 0);
    assert_int_equal(modbus_set_response_timeout(context, 0, TRAP_ANSWER_MS * 1000), 0);
    return context;
}

void naive_close(modbus_t *context)
{
    modbus_close(context);
    modbus_free(context);
}

int trap_setup_tcp(void **state)
{
    struct trap_device *device = device_new();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)device_listen(device, AF_INET);
    *state = device;
    return 0;
}

int trap_setup_line(void **state)
{
    struct trap_device *device = device_new();
    (void)device_line(device, "");
    *state = device;
    return 0;
}

int trap_teardown(void **state)
{
    device_free(*state);
    return 0;
}
