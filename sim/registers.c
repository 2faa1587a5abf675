/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The register side of a simulated turnstile: what a read shows, what a write does.
 */
#include <string.h>

#include "lib/base/time.h"
#include "sim/device.h"

static uint32_t value_of(const struct device *device, chl_register_role role)
{
    const struct device_way *entry = &device->ways[DEVICE_ENTRY];
    const struct device_way *out = &device->ways[DEVICE_EXIT];
    switch (role) {
    case CHL_REG_ENTRY_GRANT:
        return entry->left;
    case CHL_REG_EXIT_GRANT:
        return out->left;
    case CHL_REG_ENTRY_OBJECT:
        return entry->occupied ? 1 : 0;
    case CHL_REG_EXIT_OBJECT:
        return out->occupied ? 1 : 0;
    case CHL_REG_ENTRY_COUNT:
        return entry->count;
    case CHL_REG_EXIT_COUNT:
        return out->count;
    case CHL_REG_ERROR:
        return device->error;
    case CHL_REG_MODE:
        return device->mode;
    case CHL_REG_ACCUMULATE:
        return device->accumulate;
    case CHL_REG_START_TIME:
        return device->start_s;
    case CHL_REG_FINISH_TIME:
        return device->finish_s;
    default:
        break;
    }
    return 0;
}

/** Role that owns an address, CHL_REG_ROLE_COUNT when none does; `word` = which of its words. */
static chl_register_role role_at(const struct device *device, unsigned address, unsigned *word)
{
    for (int i = 0; i < CHL_REG_ROLE_COUNT; i++) {
        const struct chl_register *r = &device->profile->registers[i];
        if (r->present && address >= r->address && address < (unsigned)r->address + r->words) {
            *word = address - r->address;
            return (chl_register_role)i;
        }
    }
    return CHL_REG_ROLE_COUNT;
}

int device_read(const struct device *device, uint16_t address, uint16_t count, uint16_t *out)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned word = 0;
        chl_register_role role = role_at(device, (unsigned)address + i, &word);
        if (role == CHL_REG_ROLE_COUNT) {
            return DEVICE_ILLEGAL_ADDRESS;
        }
        const struct chl_register *r = &device->profile->registers[role];
        uint32_t value = value_of(device, role);
        bool high = r->words == 2 && (word == 1) == r->low_word_first;
        out[i] = (uint16_t)(high ? value >> 16 : value & 0xFFFF);
    }
    return DEVICE_OK;
}

static void write_grant(struct device *device, device_direction direction, uint16_t value,
                        int64_t now_ns)
{
    const struct chl_profile *profile = device->profile;
    struct device_way *way = &device->ways[direction];
    bool counted = value != profile->grant_cancel && value != profile->grant_free;
    bool adds = counted && device->accumulate == 1 && way->left != profile->grant_free;
    uint32_t sum = adds ? (uint32_t)way->left + value : value;
    way->left = (uint16_t)(counted && sum > profile->grant_max ? profile->grant_max : sum);
    way->start_deadline_ns =
        counted && !way->occupied ? now_ns + (int64_t)device->start_s * CHL_NS_PER_S : 0;
    device->truth.grants += counted && direction == DEVICE_ENTRY ? 1 : 0;
}

static void write_role(struct device *device, chl_register_role role, uint16_t value,
                       int64_t now_ns)
{
    switch (role) {
    case CHL_REG_ENTRY_GRANT:
        write_grant(device, DEVICE_ENTRY, value, now_ns);
        break;
    case CHL_REG_EXIT_GRANT:
        write_grant(device, DEVICE_EXIT, value, now_ns);
        break;
    case CHL_REG_MODE:
        device->mode = value;
        break;
    case CHL_REG_ACCUMULATE:
        device->accumulate = value;
        break;
    case CHL_REG_START_TIME:
        device->start_s = value;
        break;
    case CHL_REG_FINISH_TIME:
        device->finish_s = value;
        break;
    case CHL_REG_ENTRY_OBJECT:
    case CHL_REG_EXIT_OBJECT:
    case CHL_REG_ENTRY_COUNT:
    case CHL_REG_EXIT_COUNT:
    case CHL_REG_ERROR:
    default:
        break;
    }
}

/** Writable registers are one word wide; a profile that says otherwise gets an exception here. */
static int writable(const struct device *device, unsigned address, uint16_t value)
{
    unsigned word = 0;
    chl_register_role role = role_at(device, address, &word);
    if (role == CHL_REG_ROLE_COUNT || !device->profile->registers[role].writable ||
        device->profile->registers[role].words != 1) {
        return DEVICE_ILLEGAL_ADDRESS;
    }
    const struct chl_register *r = &device->profile->registers[role];
    return value < r->min || value > r->max ? DEVICE_ILLEGAL_VALUE : DEVICE_OK;
}

int device_write(struct device *device, uint16_t address, uint16_t count, const uint16_t *values,
                 int64_t now_ns)
{
    device_tick(device, now_ns);
    for (unsigned i = 0; i < count; i++) {
        int exception = writable(device, (unsigned)address + i, values[i]);
        if (exception != DEVICE_OK) {
            return exception;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned word = 0;
        write_role(device, role_at(device, (unsigned)address + i, &word), values[i], now_ns);
    }
    return DEVICE_OK;
}
