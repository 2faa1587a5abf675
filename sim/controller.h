/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A simulated bus: units of one or several kinds, the mechanisms wired to them, frames in,
 *  frames out.
 *
 *  Source: MODBUS Application Protocol V1.1b3; MODBUS over Serial Line V1.02. No sockets here, so
 *  the same code is tested byte by byte. Not thread-safe.
 */
#ifndef SIM_CONTROLLER_H
#define SIM_CONTROLLER_H

#include "sim/adu.h"
#include "sim/arm.h"
#include "sim/fault.h"
#include "sim/heard.h"

enum { CONTROLLER_UNITS_MAX = 64, CONTROLLER_ARMS_MAX = 64, CONTROLLER_ADDRESS_MAX = 247 };

/** One unit, with how it misbehaves. */
struct controller_unit {
    struct board board;
    unsigned house;   /**< its address at start: the door keeps calling it so */
    unsigned address; /**< the one it answers to; 0 = to none */
    int64_t delay_ms; /**< before each answer */
    bool silent; /**< no answers; requests are still obeyed, as on a bus that lost its way back */
    bool off;    /**< no answers and nothing obeyed */
    int64_t off_until_ns; /**< a restarting unit: off until then, 0 = not restarting */
    struct fault fault;
    uint64_t requests, writes, exceptions,
        early; /**< early: sooner after the last one than the profile's gap */
};

struct controller {
    adu_framing framing;
    size_t count;
    struct controller_unit *units[CONTROLLER_UNITS_MAX]; /**< owned */
    size_t arm_count;
    struct arm *arms[CONTROLLER_ARMS_MAX]; /**< owned */
    int64_t baud;   /**< speed of the line behind it, for the time that frames take; 0 = none */
    int64_t spoken; /**< speed at which it is spoken to, 0 = not known: as delivered */
    int64_t busy_until_ns; /**< the line is taken until then */
    int64_t last_answer_ns;
    uint64_t noise; /**< frames that were damaged */
    struct heard heard;
};

void controller_init(struct controller *controller, adu_framing framing);
void controller_free(struct controller *controller);
/** Put a unit on the bus.
 *  @param profile borrowed for the controller's life.
 *  @return CHL_OK; CHL_E_INVAL: no such address at this profile, or taken; CHL_E_LIMIT;
 * CHL_E_NOMEM.
 */
chl_err controller_add(struct controller *controller, unsigned address,
                       const struct chl_profile *profile, int64_t now_ns);
/** Wire a mechanism. `wanted` is copied; its `release` or `device` is set.
 *  @return CHL_OK, CHL_E_LIMIT or CHL_E_NOMEM. */
chl_err controller_wire(struct controller *controller, const struct arm *wanted);
/** Wire what the profiles themselves say of a releasing unit that nobody has wired yet.
 *  @return as controller_wire. */
chl_err controller_wire_rest(struct controller *controller);
void controller_tick(struct controller *controller, int64_t now_ns);
/** Unit by the address it had at start, NULL when there is none. */
struct controller_unit *controller_unit(const struct controller *controller, unsigned house);
/** The turnstile at a unit: its own, or the `nth` (from 0) that its relays release; NULL. */
struct device *controller_device(const struct controller *controller, unsigned house, size_t nth);
/** Restart a unit: off for `off_ms`, then without what its profile does not call persistent. */
void controller_reboot(struct controller_unit *unit, int64_t off_ms, int64_t now_ns);
/** Answer one whole frame.
 *  @return false: no answer. */
bool controller_answer(struct controller *controller, const uint8_t *frame, size_t length,
                       struct fault_reply *reply, int64_t now_ns);
/** A frame that nobody asked for, as from `unit`. */
void controller_unasked(const struct controller *controller, const struct controller_unit *unit,
                        struct fault_reply *reply);

#endif
