/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The gate_modbus plugin loaded as the daemon does, with a host and a controller for it.
 */
#ifndef GATE_FIXTURE_H
#define GATE_FIXTURE_H

#include "lib/pluginhost/pluginhost.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/base/time.h"

#define FAR INT64_MAX

enum { REPORTS = 8192, GATES_MAX = 8, PATIENCE_MS = 10000, RESPONSE_MS = 300 };

/** What the instance sees as its host. */
struct chl_ctx {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct chl_gate_report reports[REPORTS];
    size_t count;
    bool busy;
    bool healthy;
    char health[256]; /**< as last said */
};

struct fixture {
    struct chl_ctx ctx;
    FILE *to_peer, *from_peer;
    pid_t peer;
    int port;
    char line[128];   /**< of a peer on a serial line */
    const char *baud; /**< of the instance, NULL = as it comes */
    bool absent;      /**< the peer lacks what it needs: skip */
    struct chl_plugin_handle *plugin;
    const struct chl_ops *ops;
    struct chl_yaml *document;
    void *config;
    struct chl_gate_device devices[GATES_MAX];
    struct chl_instance *instance;
    char why[CHL_PLUGIN_WHY_MAX];
};

/** A test of a report; `value` is a gate's index or a command's id. */
typedef bool (*wanted)(const struct chl_gate_report *report, uint64_t value);

/** Send the peer a line and take its answer. */
void ask(struct fixture *f, const char *line, char *reply, size_t size);
/** The same for modbus_peer; the answer as a number. */
long tell(struct fixture *f, const char *line);
/** A register of modbus_peer, now or once it has a value. */
long peer_get(struct fixture *f, unsigned unit, unsigned address);
void peer_wait(struct fixture *f, unsigned unit, unsigned address, long value);

bool is_done(const struct chl_gate_report *report, uint64_t id);
bool is_up(const struct chl_gate_report *report, uint64_t gate);
bool is_down(const struct chl_gate_report *report, uint64_t gate);
bool is_reading(const struct chl_gate_report *report, uint64_t gate);
/** Wait for a report after the first `from`; fails the test when it does not come. */
struct chl_gate_report await(struct fixture *f, size_t from, wanted matches, uint64_t value);
/** Wait until the instance says that it is so, in these words. */
void await_health(struct fixture *f, bool ok, const char *words);
/** How many reports there are; how many match. */
size_t mark(struct fixture *f);
size_t count_of(struct fixture *f, wanted matches, uint64_t value);

/** Make an instance of gates 0 … with units 1 …; start_at() also waits until all are up. */
chl_err create(struct fixture *f, size_t gates, const char *address, const char *gap,
               const char *capture);
void start_at(struct fixture *f, size_t gates, const char *host_name);
struct chl_gate_command command(uint16_t gate, chl_gate_action action, uint16_t n, uint64_t id,
                                uint32_t generation);
/** Submit and wait for the completion. */
struct chl_gate_report perform(struct fixture *f, uint16_t gate, chl_gate_action action, uint16_t n,
                               uint64_t id, uint32_t generation);

/** Kill modbus_peer, as a power cut does; start it anew on the same port, with empty registers. */
void peer_kill(struct fixture *f);
void peer_again(struct fixture *f);

/** cmocka fixtures: without a controller, with modbus_peer, or with another controller (program and
 * arguments). */
int setup_alone(void **state);
int setup_with(void **state, char *const *arguments);
int setup(void **state);
int teardown(void **state);

#endif
