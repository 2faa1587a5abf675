/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief chilang-sim as a child, and one bus of turnstiles driven as gate_modbus's thread does it.
 */
#ifndef CHL_TESTS_BENCH_GATES_WORLD_H
#define CHL_TESTS_BENCH_GATES_WORLD_H

#include <sys/types.h>

#include "lib/bus/bus.h"
#include "lib/modbus/driver.h"

enum { WORLD_UNITS = 8, WORLD_PATH = 256 };

/** A simulator, and where it listens. */
struct world_sim {
    pid_t pid;
    int input, output; /**< its standard streams */
    char address[WORLD_PATH];
};

/** One bus as its thread sees it: driver, wire, and what was reported. */
struct world_bus {
    struct chl_profile *profile;
    struct chl_modbus *driver;
    struct chl_bus *bus;
    char names[WORLD_UNITS][24];
    size_t up;           /**< gates that answer */
    uint64_t polls;      /**< answered reads of the whole block */
    uint64_t done;       /**< id of the last completed command */
    uint8_t done_status; /**< chl_command_status */
    int64_t done_ns;     /**< when it was reported */
    int64_t connect_ns;
};

/** Start `build/…/chilang-sim` with these arguments (NULL-terminated) and read where it listens.
 *  @return false: it did not start; standard error says why. */
bool world_sim_start(struct world_sim *sim, char *const *arguments);
/** Send its door a line on standard input; the answer is read and dropped. */
void world_sim_tell(struct world_sim *sim, const char *line);
void world_sim_stop(struct world_sim *sim);

/** A bus of `units` turnstiles of profile lot-turnstile. */
bool world_bus_make(struct world_bus *world, const struct chl_bus_settings *wire, size_t units,
                    int64_t poll_ns, int64_t gap_ns, int64_t response_ns);
void world_bus_free(struct world_bus *world);
/** One step of the thread; sleeps no longer than until `until_ns`. */
void world_bus_step(struct world_bus *world, int64_t until_ns);

#endif
