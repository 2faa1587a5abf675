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
static int64_t factory_time(const struct device *device, chl_register_role role)
{
    enum { USUAL_S = 7 };
    int64_t seconds = reg(device, role)->present ? factory(device, role) : USUAL_S;
    return seconds * 1000;
}

void device_init(struct device *device, const struct chl_profile *profile)
{
    memset(device, 0, sizeof *device);
    device->profile = profile;
    device->values = (struct device_values){.cancel = profile->grant_cancel,
                                            .free = profile->grant_free,
                                            .max = profile->grant_max,
                                            .normal = profile->mode_normal,
                                            .blocked = profile->mode_blocked,
                                            .emergency = profile->mode_emergency};
    device->ways[DEVICE_ENTRY].left = profile->grant_cancel;
    device->ways[DEVICE_EXIT].left = profile->grant_cancel;
    device->mode =
        reg(device, CHL_REG_MODE)->present ? factory(device, CHL_REG_MODE) : profile->mode_normal;
    device->accumulate = factory(device, CHL_REG_ACCUMULATE);
    device->start_ms = factory_time(device, CHL_REG_START_TIME);
    device->finish_ms = factory_time(device, CHL_REG_FINISH_TIME);
}

void device_init_plain(struct device *device, int64_t waits_ms)
{
    enum { FINISH_MS = 7000 };
    memset(device, 0, sizeof *device);
    device->values =
        (struct device_values){.free = 0xFFFF, .max = 0xFFFE, .blocked = 1, .emergency = 2};
    device->ways[DEVICE_EXIT].left = device->values.free;
    device->start_ms = waits_ms;
    device->finish_ms = FINISH_MS;
}

static void reboot_way(struct device *device, device_direction direction, chl_register_role grant,
                       chl_register_role count)
{
    struct device_way *way = &device->ways[direction];
    if (!reg(device, grant)->persistent) {
        way->left = device->values.cancel;
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
    device->truth.reboots++;
    const struct device before = *device;
    reboot_way(device, DEVICE_ENTRY, CHL_REG_ENTRY_GRANT, CHL_REG_ENTRY_COUNT);
    reboot_way(device, DEVICE_EXIT, CHL_REG_EXIT_GRANT, CHL_REG_EXIT_COUNT);
    device->mode =
        reg(device, CHL_REG_MODE)->persistent ? before.mode : factory(device, CHL_REG_MODE);
    device->error = reg(device, CHL_REG_ERROR)->persistent ? before.error : 0;
    device->accumulate = reg(device, CHL_REG_ACCUMULATE)->persistent
                             ? before.accumulate
                             : factory(device, CHL_REG_ACCUMULATE);
    device->start_ms = reg(device, CHL_REG_START_TIME)->persistent
                           ? before.start_ms
                           : factory_time(device, CHL_REG_START_TIME);
    device->finish_ms = reg(device, CHL_REG_FINISH_TIME)->persistent
                            ? before.finish_ms
                            : factory_time(device, CHL_REG_FINISH_TIME);
}

static bool counted(const struct device *device, const struct device_way *way)
{
    return way->left != device->values.cancel && way->left != device->values.free;
}

void device_grant(struct device *device, device_direction direction, uint16_t value, int64_t now_ns)
{
    const struct device_values *values = &device->values;
    struct device_way *way = &device->ways[direction];
    bool limited = value != values->cancel && value != values->free;
    bool adds = limited && device->accumulate == 1 && way->left != values->free;
    uint32_t sum = adds ? (uint32_t)way->left + value : value;
    way->left = (uint16_t)(limited && sum > values->max ? values->max : sum);
    way->start_deadline_ns =
        limited && !way->occupied ? now_ns + device->start_ms * CHL_NS_PER_MS : 0;
    device->truth.grants += limited && direction == DEVICE_ENTRY ? 1 : 0;
}

static void tick_way(struct device *device, struct device_way *way, int64_t now_ns)
{
    const int64_t finish_ns = device->finish_ms * CHL_NS_PER_MS;
    if (way->occupied && !way->stuck && now_ns - way->entered_ns >= finish_ns) {
        way->stuck = true;
        if (counted(device, way)) {
            way->left = device->values.cancel;
            way->start_deadline_ns = 0;
            device->truth.timeouts++;
        }
    }
    if (!way->occupied && counted(device, way) && way->start_deadline_ns != 0 &&
        now_ns >= way->start_deadline_ns) {
        way->left = device->values.cancel;
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
    const struct device_values *values = &device->values;
    const struct device_way *way = &device->ways[direction];
    if (device->mode == values->emergency) {
        return true;
    }
    if (device->mode == values->blocked) {
        /* The vendor's block closes entry; a way out that is held free stays free. */
        return direction == DEVICE_EXIT && way->left == values->free;
    }
    return way->left != values->cancel;
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
        way->start_deadline_ns = now_ns + device->start_ms * CHL_NS_PER_MS;
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
    } else {
        device->truth.entered++;
        device->truth.tailgates += way->manner == DEVICE_TAILGATE ? 1 : 0;
        device->truth.forced += way->manner == DEVICE_FORCE ? 1 : 0;
    }
    if (device->wires.passed != NULL) {
        device->wires.passed(device->wires.user, direction, now_ns);
    }
}

void device_back_out(struct device *device, device_direction direction, int64_t now_ns)
{
    struct device_way *way = &device->ways[direction];
    device_tick(device, now_ns);
    way->occupied = false;
    way->stuck = false;
    arm_start(device, way, now_ns);
}
