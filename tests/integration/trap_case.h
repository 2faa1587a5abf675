/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the tests of the traps share: a device, naive calls of libmodbus, and our bus.
 */
#ifndef TRAP_CASE_H
#define TRAP_CASE_H

#include <modbus.h>

#include "lib/bus/bus.h"
#include "trap_device.h"

enum {
    TRAP_ANSWER_MS = 100,   /**< how long an answer is waited for */
    TRAP_DELAY_MAX_MS = 300 /**< how long our bus keeps silent after a lost answer */
};

/** A bus to the device, opened; the connection gets much more time than an answer. */
struct chl_bus *trap_open(const char *address);
struct chl_bus *trap_open_device(struct trap_device *device);
/** One transaction of ours with a time limit for the answer. */
chl_modbus_status trap_ask(struct chl_bus *bus, uint8_t function, uint16_t address, uint16_t value,
                           int64_t answer_ms, struct chl_modbus_answer *answer);
/** The same with all the time that a loaded machine may need; fails the test unless it is OK.
 *  @return the word read. */
uint16_t trap_read(struct chl_bus *bus, uint16_t address);

/** Wait until something can be read from the bus that nobody has asked for. */
void trap_await_bytes(const struct chl_bus *bus, int count);

/** libmodbus as its manual shows it, connected to the device, unit 1. */
modbus_t *naive_open(struct trap_device *device);
void naive_close(modbus_t *context);

/** cmocka: a device over TCP on IPv4, or on a pseudo-terminal. */
int trap_setup_tcp(void **state);
int trap_setup_line(void **state);
int trap_teardown(void **state);

#endif
