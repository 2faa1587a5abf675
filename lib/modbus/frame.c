/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus frames around a PDU: the header of TCP, the unit and CRC of a serial line.
 */
#include "lib/modbus/frame.h"

#include <stdio.h>

enum { HEADER = 7, CRC = 2 };

static void put16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)(value & 0xFF);
}

static uint16_t get16(const uint8_t *in)
{
    return (uint16_t)((unsigned)in[0] << 8 | in[1]);
}

static void mismatch(struct chl_modbus_answer *answer, const char *what, unsigned expected,
                     unsigned got)
{
    answer->status = CHL_MODBUS_BAD;
    (void)snprintf(answer->text, sizeof answer->text, "answer's %s: expected %u, got %u", what,
                   expected, got);
}

size_t chl_modbus_tcp_build(const struct chl_modbus_request *request, uint16_t transaction,
                            uint8_t *out)
{
    const size_t pdu = chl_modbus_pdu_build(request, out + HEADER);
    if (pdu == 0) {
        return 0;
    }
    put16(out, transaction);
    put16(out + 2, 0);
    put16(out + 4, (uint16_t)(1 + pdu));
    out[6] = (uint8_t)request->unit;
    return HEADER + pdu;
}

void chl_modbus_tcp_check(const struct chl_modbus_request *request, uint16_t transaction,
                          const uint8_t *frame, size_t length, struct chl_modbus_answer *answer)
{
    if (length < HEADER + 2) {
        mismatch(answer, "length", HEADER + 2, (unsigned)length);
        return;
    }
    const struct {
        const char *what;
        unsigned expected, got;
    } fields[] = {{"transaction", transaction, get16(frame)},
                  {"protocol", 0, get16(frame + 2)},
                  {"length field", (unsigned)(length - 6), get16(frame + 4)},
                  {"unit", request->unit, frame[6]}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i].expected != fields[i].got) {
            mismatch(answer, fields[i].what, fields[i].expected, fields[i].got);
            return;
        }
    }
    chl_modbus_pdu_check(request, frame + HEADER, length - HEADER, answer);
}

uint16_t chl_modbus_crc(const uint8_t *bytes, size_t length)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1U) != 0 ? crc >> 1 ^ 0xA001U : crc >> 1;
        }
    }
    return (uint16_t)crc;
}

static uint16_t get_crc(const uint8_t *in)
{
    return (uint16_t)((unsigned)in[1] << 8 | in[0]);
}

size_t chl_modbus_rtu_build(const struct chl_modbus_request *request, uint8_t *out)
{
    const size_t pdu = chl_modbus_pdu_build(request, out + 1);
    if (pdu == 0) {
        return 0;
    }
    out[0] = (uint8_t)request->unit;
    const uint16_t crc = chl_modbus_crc(out, 1 + pdu);
    out[1 + pdu] = (uint8_t)(crc & 0xFF);
    out[2 + pdu] = (uint8_t)(crc >> 8);
    return 1 + pdu + CRC;
}

void chl_modbus_rtu_check(const struct chl_modbus_request *request, const uint8_t *frame,
                          size_t length, struct chl_modbus_answer *answer)
{
    if (length < 1 + 2 + CRC) {
        mismatch(answer, "length", 1 + 2 + CRC, (unsigned)length);
        return;
    }
    const uint16_t crc = chl_modbus_crc(frame, length - CRC);
    if (get_crc(frame + length - CRC) != crc) {
        mismatch(answer, "checksum", crc, get_crc(frame + length - CRC));
    } else if (frame[0] != request->unit) {
        mismatch(answer, "unit", request->unit, frame[0]);
    } else {
        chl_modbus_pdu_check(request, frame + 1, length - 1 - CRC, answer);
    }
}
