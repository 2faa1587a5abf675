/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One bus: its options, its devices and their profiles, its thread.
 */
#ifndef GATE_MODBUS_INSTANCE_H
#define GATE_MODBUS_INSTANCE_H

#include <pthread.h>
#include <stdatomic.h>

#include <chilang/plugin.h>

#include "health.h"
#include "inbox.h"
#include "lib/bus/bus.h"
#include "lib/modbus/driver.h"

/** Filled by the host as the option table in plugin.c says. */
struct gate_config {
    const char *address;
    int64_t poll_ms;
    const char *gap;
    int64_t response_ms, delay_max_ms;
    int64_t reconnect_min_ms, reconnect_max_ms;
    const char *capture;
    int64_t baud;
    int parity; /**< none, even, odd */
    int64_t stop_bits;
};

struct chl_instance {
    const struct chl_host *host;
    struct chl_ctx *ctx;
    size_t device_count;
    size_t profile_count;
    struct chl_profile **profiles;
    const char **paths; /**< of `profiles`, borrowed */
    struct chl_modbus *driver;
    struct chl_bus *bus;
    struct inbox inbox;
    int64_t connect_ns;   /**< longest wait for a connection */
    int64_t delay_max_ns; /**< after this no device answers any more */
    atomic_bool stopping;
    bool running; /**< the thread exists; supervisor only */
    pthread_t thread;
    struct health health;
};

/** Operations `create` and `destroy` of the plugin. */
chl_err instance_create(const struct chl_create *args, struct chl_instance **out, char *why,
                        size_t why_size);
void instance_destroy(struct chl_instance *instance);

/** Body of the thread of the bus of instance `argument`; runs until `stopping`. */
void *worker_run(void *argument);

#endif
