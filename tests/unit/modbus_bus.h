/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A bus of plain arrays under the gate driver, with a clock that the test moves.
 */
#ifndef CHL_TESTS_MODBUS_BUS_H
#define CHL_TESTS_MODBUS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/time.h"
#include "lib/modbus/driver.h"

#define MS  CHL_NS_PER_MS
#define FAR INT64_MAX
#define T0  (100 * CHL_NS_PER_S)

enum { GATES = 3, REPORTS = 512, WIRE = 4096, TRANSACT_US = 200 };
enum {
    R_ENTRY,
    R_EXIT,
    R_ENTRY_OBJECT,
    R_EXIT_OBJECT,
    R_IN_LO,
    R_IN_HI,
    R_OUT_LO,
    R_OUT_HI,
    R_ERR
};

/* WAITED_FOR: the line is not quiet for 100 ms before each write. */
typedef enum { WELL, SILENT, DEAF_AFTER, REFUSES, WRONG, HANGS_UP, WAITED_FOR } manner;

struct unit {
    manner manner; /**< DEAF_AFTER: acts, but the answer is lost */
    uint16_t block[9], mode, accumulate, start;
    int64_t heard_ns;
};

struct wired {
    int64_t at_ns;
    struct chl_modbus_request request;
};

struct bus {
    int64_t now_ns;
    bool reachable, open, host_busy;
    struct unit units[GATES + 1];
    struct chl_profile profile;
    struct chl_setting settings[2];
    struct chl_modbus *driver;
    struct chl_gate_report reports[REPORTS];
    size_t report_count;
    struct wired wire[WIRE];
    size_t wire_count;
    unsigned connects, closes;
    int64_t last_connect_ns;
};

/** The registers of an invented turnstile. */
void bus_profile_init(struct chl_profile *p);
/** What the driver reports, kept in the bus that is `user`. */
chl_err bus_post(void *user, const struct chl_gate_report *report);

/** A bus of `gates` healthy units with `gap_ns` between requests and a driver on it. */
void bus_init(struct bus *b, size_t gates, int64_t gap_ns);
void bus_init_backoff(struct bus *b, size_t gates, int64_t gap_ns, int64_t backoff_max_ns);

/** One step of the owner's loop; never sleeps past `until`. */
void bus_step(struct bus *b, int64_t until);
void bus_run(struct bus *b, int64_t for_ns);
/** Run until the start is over, then forget what was written and reported. */
void bus_settle(struct bus *b);

/** Give the driver a command; it must be accepted. */
void order(struct bus *b, uint16_t gate, chl_gate_action action, uint16_t n, uint64_t id,
           uint32_t generation, int64_t deadline_ns);
/** The completion of a command, NULL while there is none; fails the test when there are two. */
const struct chl_gate_report *done(const struct bus *b, uint64_t id);
/** The newest report of a kind about a gate, NULL when there is none. */
const struct chl_gate_report *newest(const struct bus *b, uint16_t gate, chl_report_kind kind);
/** Requests of one kind on the wire since the `from`th. */
size_t count_wire(const struct bus *b, uint16_t unit, bool write, uint16_t address, size_t from);

#endif
