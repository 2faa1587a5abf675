/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief chilang-sim as a child process, for tests that talk to it as a stranger would.
 */
#ifndef TEST_SIM_PROCESS_H
#define TEST_SIM_PROCESS_H

#include <jansson.h>
#include <modbus.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum { SIM_LISTENERS_MAX = 32, SIM_WHERE = 320 };

struct sim_process {
    pid_t child;
    FILE *to, *from;
    size_t listeners;
    char where[SIM_LISTENERS_MAX][SIM_WHERE]; /**< as it said: 127.0.0.1:port, rtu://path … */
};

/** Start it with `--stdin` and these arguments (NULL-terminated), and read where it listens. */
void sim_start(struct sim_process *sim, size_t listeners, const char *const *arguments);
/** End it, and see that it ended well. */
void sim_stop(struct sim_process *sim);
/** One request at the door; the answer is the caller's. */
json_t *sim_tell(struct sim_process *sim, const char *request);
/** The same, and it must be done. */
void sim_done(struct sim_process *sim, const char *request);
/** TCP port of a listener. */
int sim_port(const struct sim_process *sim, size_t listener);
/** Path of a serial listener. */
const char *sim_path(const struct sim_process *sim, size_t listener);
/** A libmodbus context on a listener, connected, patient for 5 s. */
modbus_t *sim_connect(const struct sim_process *sim, size_t listener, int baud);
void sim_hang_up(modbus_t *bus);

#endif
