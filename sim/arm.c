/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A mechanism wired to boards, see arm.h.
 */
#include "sim/arm.h"

#include "lib/base/time.h"

/** Longer than the pulse by so much is no pulse any more. */
enum { HELD_MS = 500 };

static void passed(void *user, device_direction direction, int64_t now_ns)
{
    struct arm *arm = user;
    const struct arm_end *end = direction == DEVICE_ENTRY ? &arm->entry : &arm->exit;
    if (end->board != NULL) {
        board_pulse_input(end->board, end->row, now_ns);
    }
}

void arm_start(struct arm *arm)
{
    if (arm->device == NULL) {
        const struct chl_profile *profile = arm->release.board->profile;
        int64_t waits = profile->waits_ms > 0 ? profile->waits_ms : profile->pulse_ms;
        device_init_plain(&arm->plain, waits);
        arm->pulse_ms = profile->pulse_ms;
        arm->device = &arm->plain;
    }
    arm->device->wires.user = arm;
    arm->device->wires.passed = passed;
}

static bool is_end(const struct arm_end *end, const struct board *board, unsigned row)
{
    return end->board == board && end->row == row;
}

void arm_switched(struct arm *arm, const struct board *board, unsigned row, bool on, int64_t now_ns)
{
    struct device *device = arm->device;
    if (is_end(&arm->close, board, row) && on) {
        device_grant(device, DEVICE_ENTRY, device->values.cancel, now_ns);
        return;
    }
    if (!is_end(&arm->release, board, row)) {
        return;
    }
    arm->closed = on;
    arm->closed_ns = now_ns;
    if (on) {
        device_grant(device, DEVICE_ENTRY, 1, now_ns);
    } else if (arm->held) {
        arm->held = false;
        device_grant(device, DEVICE_ENTRY, device->values.cancel, now_ns);
    }
}

void arm_tick(struct arm *arm, int64_t now_ns)
{
    struct device *device = arm->device;
    device_tick(device, now_ns);
    if (arm->closed && !arm->held &&
        now_ns - arm->closed_ns > (arm->pulse_ms + HELD_MS) * CHL_NS_PER_MS) {
        arm->held = true;
        device_grant(device, DEVICE_ENTRY, device->values.free, now_ns);
    }
    bool stands = device->ways[DEVICE_ENTRY].occupied || device->ways[DEVICE_EXIT].occupied;
    if (arm->object.board != NULL && stands != arm->shown) {
        arm->shown = stands;
        board_hold_input(arm->object.board, arm->object.row, stands, now_ns);
    }
}
