/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Frames as a controller sees them, see adu.h.
 */
#include "sim/adu.h"

#include <string.h>

enum { LENGTH_FIELD_MIN = 2 /* unit and function code */, RTU_MIN = 4 };

static unsigned get16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

uint16_t adu_crc(const uint8_t *bytes, size_t length)
{
    enum { POLYNOMIAL = 0xA001 };
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1U) != 0 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
        }
    }
    return (uint16_t)crc;
}

static int cut_tcp(const uint8_t *bytes, size_t length)
{
    if (length < ADU_TCP_HEADER) {
        return 0;
    }
    unsigned body = get16(bytes + 4);
    if (get16(bytes + 2) != 0 || body < LENGTH_FIELD_MIN || body + 6 > ADU_MAX) {
        return -1;
    }
    return length < body + 6 ? 0 : (int)(body + 6);
}

/** A serial frame does not carry its length: the function tells it. */
static int cut_rtu(const uint8_t *bytes, size_t length)
{
    enum { SIMPLE = 8, COUNT_AT = 6, AROUND_DATA = 9, WRITE_MANY_COILS = 15, WRITE_MANY = 16 };
    if (length < 2) {
        return 0;
    }
    size_t whole = 0;
    if (bytes[1] >= 1 && bytes[1] <= 6) {
        whole = SIMPLE;
    } else if (bytes[1] == WRITE_MANY_COILS || bytes[1] == WRITE_MANY) {
        whole = length > COUNT_AT ? (size_t)AROUND_DATA + bytes[COUNT_AT] : 0;
    }
    return whole != 0 && whole <= length ? (int)whole : 0;
}

int adu_cut(adu_framing framing, const uint8_t *bytes, size_t length)
{
    return framing == ADU_TCP ? cut_tcp(bytes, length) : cut_rtu(bytes, length);
}

bool adu_read(adu_framing framing, const uint8_t *frame, size_t length, struct adu *out)
{
    if (framing == ADU_TCP) {
        if (length <= ADU_TCP_HEADER) {
            return false;
        }
        *out = (struct adu){.transaction = (uint16_t)get16(frame),
                            .unit = frame[6],
                            .pdu = frame + ADU_TCP_HEADER,
                            .length = length - ADU_TCP_HEADER};
        return true;
    }
    if (length < RTU_MIN || length > ADU_PDU_MAX + ADU_RTU_AROUND) {
        return false;
    }
    *out = (struct adu){.unit = frame[0], .pdu = frame + 1, .length = length - ADU_RTU_AROUND};
    uint16_t crc = adu_crc(frame, length - 2);
    return frame[length - 2] == (crc & 0xFF) && frame[length - 1] == crc >> 8;
}

size_t adu_write(adu_framing framing, const struct adu *in, uint8_t out[ADU_MAX])
{
    if (framing == ADU_TCP) {
        put16(out, in->transaction);
        put16(out + 2, 0);
        put16(out + 4, (unsigned)in->length + 1);
        out[6] = in->unit;
        memcpy(out + ADU_TCP_HEADER, in->pdu, in->length);
        return in->length + ADU_TCP_HEADER;
    }
    out[0] = in->unit;
    memcpy(out + 1, in->pdu, in->length);
    uint16_t crc = adu_crc(out, in->length + 1);
    out[in->length + 1] = (uint8_t)crc;
    out[in->length + 2] = (uint8_t)(crc >> 8);
    return in->length + ADU_RTU_AROUND;
}
