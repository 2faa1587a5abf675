/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One simulated turnstile, see device.h.
 */
#include "sim/device.h"

#include <string.h>

#include "lib/base/time.h"

static const struct chl_register *reg(const struct device *device, chl_register_role role)
{
    return &device->profile->registers[role];
}

static uint16_t factory(const struct device *device, chl_register_role role)
{
    const struct chl_register *r = reg(device, role);
    return r->present ? (uint16_t)r->dflt : 0;
}

/** A device without the register keeps time too: 7 s is the vendor's default. */
static uint16_t factory_time(const struct device *device, chl_register_role role)
{
    enum { USUAL_S = 7 };
    return reg(device, role)->present ? factory(device, role) : (uint16_t)USUAL_S;
}

void device_init(struct device *device, const struct chl_profile *profile)
{
    memset(device, 0, sizeof *device);
    device->profile = profile;
    device->ways[DEVICE_ENTRY].left = profile->grant_cancel;
    device->ways[DEVICE_EXIT].left = profile->grant_cancel;
    device->mode =
        reg(device, CHL_REG_MODE)->present ? factory(device, CHL_REG_MODE) : profile->mode_normal;
    device->accumulate = factory(device, CHL_REG_ACCUMULATE);
    device->start_s = factory_time(device, CHL_REG_START_TIME);
    device->finish_s = factory_time(device, CHL_REG_FINISH_TIME);
}

static void reboot_way(struct device *device, device_direction direction, chl_register_role grant,
                       chl_register_role count)
{
    struct device_way *way = &device->ways[direction];
    if (!reg(device, grant)->persistent) {
        way->left = device->profile->grant_cancel;
        way->start_deadline_ns = 0;
    }
    if (!reg(device, count)->persistent) {
        way->count = 0;
    }
    way->stuck = false;
    way->last_pass_ns = 0;
}

void device_reboot(struct device *device)
{
    const struct device before = *device;
    reboot_way(device, DEVICE_ENTRY, CHL_REG_ENTRY_GRANT, CHL_REG_ENTRY_COUNT);
    reboot_way(device, DEVICE_EXIT, CHL_REG_EXIT_GRANT, CHL_REG_EXIT_COUNT);
    device->mode =
        reg(device, CHL_REG_MODE)->persistent ? before.mode : factory(device, CHL_REG_MODE);
    device->error = reg(device, CHL_REG_ERROR)->persistent ? before.error : 0;
    device->accumulate = reg(device, CHL_REG_ACCUMULATE)->persistent
                             ? before.accumulate
                             : factory(device, CHL_REG_ACCUMULATE);
    device->start_s = reg(device, CHL_REG_START_TIME)->persistent
                          ? before.start_s
                          : factory_time(device, CHL_REG_START_TIME);
    device->finish_s = reg(device, CHL_REG_FINISH_TIME)->persistent
                           ? before.finish_s
                           : factory_time(device, CHL_REG_FINISH_TIME);
    device->truth.reboots++;
}

static bool counted(const struct device *device, const struct device_way *way)
{
    return way->left != device->profile->grant_cancel && way->left != device->profile->grant_free;
}

static void tick_way(struct device *device, struct device_way *way, int64_t now_ns)
{
    const int64_t finish_ns = (int64_t)device->finish_s * CHL_NS_PER_S;
    if (way->occupied && !way->stuck && now_ns - way->entered_ns >= finish_ns) {
        way->stuck = true;
        if (counted(device, way)) {
            way->left = device->profile->grant_cancel;
            way->start_deadline_ns = 0;
            device->truth.timeouts++;
        }
    }
    if (!way->occupied && counted(device, way) && way->start_deadline_ns != 0 &&
        now_ns >= way->start_deadline_ns) {
        way->left = device->profile->grant_cancel;
        way->start_deadline_ns = 0;
        device->truth.timeouts++;
    }
}

void device_tick(struct device *device, int64_t now_ns)
{
    tick_way(device, &device->ways[DEVICE_ENTRY], now_ns);
    tick_way(device, &device->ways[DEVICE_EXIT], now_ns);
}

bool device_open(const struct device *device, device_direction direction)
{
    const struct chl_profile *profile = device->profile;
    const struct device_way *way = &device->ways[direction];
    if (device->mode == profile->mode_emergency) {
        return true;
    }
    if (device->mode == profile->mode_blocked) {
        /* The vendor's block closes entry; a way out that is held free stays free. */
        return direction == DEVICE_EXIT && way->left == profile->grant_free;
    }
    return way->left != profile->grant_cancel;
}

static bool behind_somebody(const struct device_way *way, int64_t now_ns)
{
    return way->last_pass_ns != 0 &&
           now_ns - way->last_pass_ns <= DEVICE_TAILGATE_MS * CHL_NS_PER_MS;
}

device_answer device_enter(struct device *device, device_direction direction, device_manner manner,
                           int64_t now_ns)
{
    struct device_way *way = &device->ways[direction];
    device_tick(device, now_ns);
    if (way->occupied) {
        return DEVICE_OCCUPIED;
    }
    bool open = device_open(device, direction);
    bool slips = manner == DEVICE_TAILGATE && behind_somebody(way, now_ns);
    if (!open && !slips && manner != DEVICE_FORCE) {
        device->truth.blocked++;
        if (direction == DEVICE_EXIT) {
            device->truth.refused_exits++;
        }
        return DEVICE_CLOSED;
    }
    way->occupied = true;
    way->stuck = false;
    way->entered_ns = now_ns;
    way->manner = manner;
    way->start_deadline_ns = 0;
    return DEVICE_PASSING;
}

/** What is left of a grant waits for the next person as long as for the first. */
static void arm_start(const struct device *device, struct device_way *way, int64_t now_ns)
{
    if (counted(device, way)) {
        way->start_deadline_ns = now_ns + (int64_t)device->start_s * CHL_NS_PER_S;
    }
}

void device_leave(struct device *device, device_direction direction, int64_t now_ns)
{
    struct device_way *way = &device->ways[direction];
    device_tick(device, now_ns);
    if (!way->occupied) {
        return;
    }
    way->occupied = false;
    way->stuck = false;
    way->count++;
    way->last_pass_ns = now_ns;
    /* A tailgater passes in the shadow of the one before: it uses nobody's grant. */
    if (way->manner == DEVICE_WALK && counted(device, way)) {
        way->left--;
    }
    arm_start(device, way, now_ns);
    if (direction == DEVICE_EXIT) {
        device->truth.left++;
        return;
    }
    device->truth.entered++;
    device->truth.tailgates += way->manner == DEVICE_TAILGATE ? 1 : 0;
    device->truth.forced += way->manner == DEVICE_FORCE ? 1 : 0;
}

void device_back_out(struct device *device, device_direction direction, int64_t now_ns)
{
    struct device_way *way = &device->ways[direction];
    device_tick(device, now_ns);
    way->occupied = false;
    way->stuck = false;
    arm_start(device, way, now_ns);
}
