/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A simulated Modbus TCP controller: frames in, frames out, with several units behind it.
 *
 *  Source: MODBUS Application Protocol V1.1b3; MODBUS Messaging on TCP/IP V1.0b. No sockets here,
 * so the same code is tested byte by byte.
 */
#ifndef SIM_CONTROLLER_H
#define SIM_CONTROLLER_H

#include "sim/device.h"

enum { CONTROLLER_UNITS_MAX = 32, CONTROLLER_FRAME_MAX = 260, CONTROLLER_HEADER = 7 };

/** One unit, with how it misbehaves. */
struct controller_unit {
    struct device device;
    int64_t delay_ms; /**< before each answer */
    bool silent; /**< no answers; requests are still obeyed, as on a bus that lost its way back */
    bool off;    /**< no answers and nothing obeyed */
    int64_t off_until_ns; /**< a restarting unit: off until then, 0 = not restarting */
    uint64_t requests, exceptions,
        early; /**< early: sooner after the last one than the profile's gap */
};

struct controller {
    const struct chl_profile *profile; /**< borrowed */
    size_t count;
    struct controller_unit units[CONTROLLER_UNITS_MAX]; /**< unit address − 1 is the index */
    int64_t last_answer_ns;
};

/** @return CHL_OK, or CHL_E_INVAL: more units than the profile allows. */
chl_err controller_init(struct controller *controller, const struct chl_profile *profile,
                        size_t units);
void controller_tick(struct controller *controller, int64_t now_ns);
/** Unit by address, NULL when there is none. */
struct controller_unit *controller_unit(struct controller *controller, unsigned address);
/** Restart a unit: off for `off_ms`, then without what its profile does not call persistent. */
void controller_reboot(struct controller_unit *unit, int64_t off_ms, int64_t now_ns);

/** Length of the frame that starts at `bytes`: 0 = more bytes are needed, −1 = not Modbus TCP. */
int controller_frame(const uint8_t *bytes, size_t length);
/** Answer one whole frame.
 *  @param delay_ms when to send the answer, from now.
 *  @return length of the answer in `out`, 0 = none. */
size_t controller_answer(struct controller *controller, const uint8_t *frame, size_t length,
                         uint8_t out[CONTROLLER_FRAME_MAX], int64_t *delay_ms, int64_t now_ns);

#endif
