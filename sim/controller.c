/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A simulated Modbus TCP controller, see controller.h.
 */
#include "sim/controller.h"

#include <string.h>

#include "lib/base/time.h"

enum {
    FC_READ_HOLDING = 3,
    FC_WRITE_SINGLE = 6,
    FC_WRITE_MULTIPLE = 16,
    READ_MAX = 125,
    WRITE_MAX = 123,
    LENGTH_FIELD_MIN = 2 /* unit and function code */
};

static unsigned get16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

chl_err controller_init(struct controller *controller, const struct chl_profile *profile,
                        size_t units)
{
    if (units == 0 || units > CONTROLLER_UNITS_MAX || units > profile->units_max) {
        return CHL_E_INVAL;
    }
    memset(controller, 0, sizeof *controller);
    controller->profile = profile;
    controller->count = units;
    for (size_t i = 0; i < units; i++) {
        device_init(&controller->units[i].device, profile);
    }
    return CHL_OK;
}

static void tick_unit(struct controller_unit *unit, int64_t now_ns)
{
    if (unit->off_until_ns != 0 && now_ns >= unit->off_until_ns) {
        unit->off_until_ns = 0;
        unit->off = false;
    }
    device_tick(&unit->device, now_ns);
}

void controller_tick(struct controller *controller, int64_t now_ns)
{
    for (size_t i = 0; i < controller->count; i++) {
        tick_unit(&controller->units[i], now_ns);
    }
}

struct controller_unit *controller_unit(struct controller *controller, unsigned address)
{
    return address >= 1 && address <= controller->count ? &controller->units[address - 1] : NULL;
}

void controller_reboot(struct controller_unit *unit, int64_t off_ms, int64_t now_ns)
{
    device_reboot(&unit->device);
    unit->off = true;
    unit->off_until_ns = now_ns + (off_ms > 0 ? off_ms : 1) * CHL_NS_PER_MS;
}

int controller_frame(const uint8_t *bytes, size_t length)
{
    if (length < CONTROLLER_HEADER) {
        return 0;
    }
    unsigned body = get16(bytes + 4);
    if (get16(bytes + 2) != 0 || body < LENGTH_FIELD_MIN || body + 6 > CONTROLLER_FRAME_MAX) {
        return -1;
    }
    return length < body + 6 ? 0 : (int)(body + 6);
}

static int read_holding(const struct device *device, const uint8_t *pdu, size_t length,
                        uint8_t *out, size_t *out_length)
{
    uint16_t values[READ_MAX];
    unsigned count = length == 5 ? get16(pdu + 3) : 0;
    if (count == 0 || count > READ_MAX) {
        return DEVICE_ILLEGAL_VALUE;
    }
    int exception = device_read(device, (uint16_t)get16(pdu + 1), (uint16_t)count, values);
    if (exception == DEVICE_OK) {
        out[1] = (uint8_t)(2 * count);
        for (unsigned i = 0; i < count; i++) {
            put16(out + 2 + (size_t)2 * i, values[i]);
        }
        *out_length = 2 + (size_t)2 * count;
    }
    return exception;
}

static int write_holding(struct device *device, const uint8_t *pdu, size_t length, uint8_t *out,
                         size_t *out_length, int64_t now_ns)
{
    uint16_t values[WRITE_MAX];
    bool single = pdu[0] == FC_WRITE_SINGLE;
    size_t least = single ? 5 : 6;
    if (length < least) {
        return DEVICE_ILLEGAL_VALUE;
    }
    unsigned count = single ? 1 : get16(pdu + 3);
    const uint8_t *data = single ? pdu + 3 : pdu + 6;
    if (count == 0 || count > WRITE_MAX ||
        (!single && (pdu[5] != 2 * count || length != 6 + (size_t)2 * count))) {
        return DEVICE_ILLEGAL_VALUE;
    }
    for (unsigned i = 0; i < count; i++) {
        values[i] = (uint16_t)get16(data + (size_t)2 * i);
    }
    int exception = device_write(device, (uint16_t)get16(pdu + 1), (uint16_t)count, values, now_ns);
    if (exception == DEVICE_OK) {
        memcpy(out + 1, pdu + 1, 4);
        *out_length = 5;
    }
    return exception;
}

static bool answers(const struct chl_profile *profile, uint8_t function)
{
    return function < 32 && (profile->functions & 1U << function) != 0 &&
           (function == FC_READ_HOLDING || function == FC_WRITE_SINGLE ||
            function == FC_WRITE_MULTIPLE);
}

/** @return length of the answer's PDU in `out`. */
static size_t answer_pdu(struct controller *controller, struct controller_unit *unit,
                         const uint8_t *pdu, size_t length, uint8_t *out, int64_t now_ns)
{
    size_t out_length = 0;
    int exception = DEVICE_ILLEGAL_FUNCTION;
    out[0] = pdu[0];
    if (answers(controller->profile, pdu[0])) {
        exception = pdu[0] == FC_READ_HOLDING
                        ? read_holding(&unit->device, pdu, length, out, &out_length)
                        : write_holding(&unit->device, pdu, length, out, &out_length, now_ns);
    }
    if (exception != DEVICE_OK) {
        out[0] = (uint8_t)(pdu[0] | 0x80U);
        out[1] = (uint8_t)exception;
        out_length = 2;
        unit->exceptions++;
    }
    return out_length;
}

size_t controller_answer(struct controller *controller, const uint8_t *frame, size_t length,
                         uint8_t out[CONTROLLER_FRAME_MAX], int64_t *delay_ms, int64_t now_ns)
{
    *delay_ms = 0;
    struct controller_unit *unit = controller_unit(controller, frame[6]);
    if (unit == NULL) {
        return 0;
    }
    tick_unit(unit, now_ns);
    if (unit->off) {
        return 0;
    }
    unit->requests++;
    if (now_ns - controller->last_answer_ns < controller->profile->gap_ms * CHL_NS_PER_MS &&
        controller->last_answer_ns != 0) {
        unit->early++;
    }
    controller->last_answer_ns = now_ns;
    size_t pdu = answer_pdu(controller, unit, frame + CONTROLLER_HEADER, length - CONTROLLER_HEADER,
                            out + CONTROLLER_HEADER, now_ns);
    memcpy(out, frame, 4);
    put16(out + 4, (unsigned)pdu + 1);
    out[6] = frame[6];
    *delay_ms = unit->delay_ms;
    return unit->silent ? 0 : pdu + CONTROLLER_HEADER;
}
