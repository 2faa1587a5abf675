/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One simulated turnstile's mechanism: who may pass, who stands in it, what really
 * happened.
 *
 *  Behaviour: the profile's source document; for one that a board releases, PERCo TTR-04CW (pulse
 *  mode). Registers are the board's (sim/board.h). No clock and no I/O: time comes in with each
 *  call, so that tests use a clock of their own. Not thread-safe.
 */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include "lib/profile/profile.h"

typedef enum { DEVICE_ENTRY = 0, DEVICE_EXIT = 1 } device_direction;

/** How a body tries to get in. */
typedef enum {
    DEVICE_WALK = 0,     /**< goes when the barrier is open */
    DEVICE_TAILGATE = 1, /**< slips in right behind somebody before the barrier closes */
    DEVICE_FORCE = 2     /**< pushes the barrier or climbs over it */
} device_manner;

/** Answer to a body. */
typedef enum {
    DEVICE_PASSING = 0,  /**< stands in the passage until device_leave */
    DEVICE_OCCUPIED = 1, /**< somebody else stands there */
    DEVICE_CLOSED = 2    /**< physically blocked */
} device_answer;

/** Longest time between a pass and the one that slips in behind it. */
enum { DEVICE_TAILGATE_MS = 400 };

/** One way through it. */
struct device_way {
    uint16_t left;             /**< value of the grant register */
    uint32_t count;            /**< value of the counter */
    bool occupied;             /**< a body stands in it */
    device_manner manner;      /**< of that body */
    bool stuck;                /**< that body took longer than finish-time */
    int64_t start_deadline_ns; /**< somebody has to start by then; 0 = none */
    int64_t entered_ns;        /**< the body's */
    int64_t last_pass_ns;      /**< end of the last completed pass; 0 = none */
};

/** What really happened, which no register tells. */
struct device_truth {
    uint64_t entered, left;             /**< people, in every manner */
    uint64_t tailgates, forced;         /**< of those who entered */
    uint64_t blocked, refused_exits;    /**< bodies that met a closed barrier */
    uint64_t grants, timeouts, reboots; /**< writes of 1…max; grants that nobody used up */
};

/** What the numbers of its grant and mode registers mean. */
struct device_values {
    uint16_t cancel, free, max;
    uint16_t normal, blocked, emergency;
};

/** Whoever is wired to it: contacts that close as people pass. */
struct device_wires {
    void *user;
    /** Somebody has passed. May be NULL. */
    void (*passed)(void *user, device_direction direction, int64_t now_ns);
};

struct device {
    const struct chl_profile *profile; /**< borrowed; NULL for one that a board releases */
    struct device_values values;
    struct device_wires wires;
    struct device_way ways[2];
    uint16_t mode, error, accumulate;
    int64_t start_ms, finish_ms;
    struct device_truth truth;
};

/** Fresh from the factory. `profile` is borrowed for the device's life. */
void device_init(struct device *device, const struct chl_profile *profile);
/** A mechanism without registers: a contact releases it, nobody has to release the way out.
 *  @param waits_ms how long it waits for a person. */
void device_init_plain(struct device *device, int64_t waits_ms);
/** Power off and on: what the profile does not call persistent is lost; who stands in it still
 * does. */
void device_reboot(struct device *device);
/** What a write to the grant register does: `value` as in `device->values`, or so many passages. */
void device_grant(struct device *device, device_direction direction, uint16_t value,
                  int64_t now_ns);
/** Let time pass: grants that nobody starts or finishes are cleared. */
void device_tick(struct device *device, int64_t now_ns);

/** A body steps into the passage. */
device_answer device_enter(struct device *device, device_direction direction, device_manner manner,
                           int64_t now_ns);
/** The body steps out on the other side: a pass is completed and counted. */
void device_leave(struct device *device, device_direction direction, int64_t now_ns);
/** The body steps back out where it came from: nothing is counted. */
void device_back_out(struct device *device, device_direction direction, int64_t now_ns);
/** True when a walker would get through now. */
bool device_open(const struct device *device, device_direction direction);

#endif
