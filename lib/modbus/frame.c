/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus TCP frames: build a request, and compare its answer byte by byte.
 */
#include "lib/modbus/frame.h"

#include <stdio.h>
#include <string.h>

enum { HEADER = 7, PDU = HEADER, EXCEPTION_BIT = 0x80 };

static void put16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)(value & 0xFF);
}

static uint16_t get16(const uint8_t *in)
{
    return (uint16_t)((unsigned)in[0] << 8 | in[1]);
}

static bool is_bits(unsigned function)
{
    return function == 1 || function == 2;
}

/** Function, address, and what follows them. @return length of the PDU. */
static size_t build_pdu(const struct chl_modbus_request *request, uint8_t *pdu)
{
    size_t length = 5;
    pdu[0] = request->function;
    put16(pdu + 1, request->address);
    if (request->function == 5 || request->function == 6) {
        put16(pdu + 3, request->values[0]);
        return length;
    }
    put16(pdu + 3, request->count);
    if (request->function == 15) {
        pdu[length++] = 1;
        pdu[length] = 0;
        for (size_t i = 0; i < request->count; i++) {
            pdu[length] |= (uint8_t)((request->values[i] != 0) << i);
        }
        length++;
    } else if (request->function == 16) {
        pdu[length++] = (uint8_t)(request->count * 2);
        for (size_t i = 0; i < request->count; i++, length += 2) {
            put16(pdu + length, request->values[i]);
        }
    }
    return length;
}

size_t chl_modbus_frame_build(const struct chl_modbus_request *request, uint16_t transaction,
                              uint8_t *out)
{
    const size_t length = PDU + build_pdu(request, out + PDU);
    put16(out, transaction);
    put16(out + 2, 0);
    put16(out + 4, (uint16_t)(length - 6));
    out[6] = (uint8_t)request->unit;
    return length;
}

static void mismatch(struct chl_modbus_answer *answer, const char *what, unsigned expected,
                     unsigned got)
{
    answer->status = CHL_MODBUS_BAD;
    (void)snprintf(answer->text, sizeof answer->text, "answer's %s: expected %u, got %u", what,
                   expected, got);
}

static bool header_matches(const struct chl_modbus_request *request, uint16_t transaction,
                           const uint8_t *frame, size_t length, struct chl_modbus_answer *answer)
{
    if (length < PDU + 2) {
        mismatch(answer, "length", PDU + 2, (unsigned)length);
        return false;
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
            return false;
        }
    }
    return true;
}

static void check_write(const struct chl_modbus_request *request, const uint8_t *pdu,
                        size_t pdu_length, struct chl_modbus_answer *answer)
{
    const bool single = request->function < 15;
    const uint16_t echo = single ? request->values[0] : request->count;
    if (pdu_length != 5) {
        mismatch(answer, "length", 5, (unsigned)pdu_length);
    } else if (get16(pdu + 1) != request->address) {
        mismatch(answer, "address", request->address, get16(pdu + 1));
    } else if (get16(pdu + 3) != echo) {
        mismatch(answer, single ? "value" : "count", echo, get16(pdu + 3));
    } else {
        answer->status = CHL_MODBUS_OK;
    }
}

static void check_read(const struct chl_modbus_request *request, const uint8_t *pdu,
                       size_t pdu_length, struct chl_modbus_answer *answer)
{
    const bool bits = is_bits(request->function);
    const size_t bytes = bits ? (request->count + 7U) / 8U : (size_t)request->count * 2;
    if (pdu_length != 2 + bytes) {
        mismatch(answer, "length", (unsigned)(2 + bytes), (unsigned)pdu_length);
    } else if (pdu[1] != bytes) {
        mismatch(answer, "byte count", (unsigned)bytes, pdu[1]);
    } else {
        for (size_t i = 0; i < request->count && i < CHL_MODBUS_READ_MAX; i++) {
            answer->words[i] = bits ? pdu[2 + i / 8] >> (i % 8) & 1U : get16(pdu + 2 + 2 * i);
        }
        answer->status = CHL_MODBUS_OK;
    }
}

void chl_modbus_frame_check(const struct chl_modbus_request *request, uint16_t transaction,
                            const uint8_t *frame, size_t length, struct chl_modbus_answer *answer)
{
    if (!header_matches(request, transaction, frame, length, answer)) {
        return;
    }
    const uint8_t *pdu = frame + PDU;
    const size_t pdu_length = length - PDU;
    if (pdu[0] == (request->function | EXCEPTION_BIT) && pdu_length == 2) {
        answer->status = CHL_MODBUS_EXCEPTION;
        answer->exception = pdu[1];
    } else if (pdu[0] != request->function) {
        mismatch(answer, "function", request->function, pdu[0]);
    } else if (chl_modbus_writes(request)) {
        check_write(request, pdu, pdu_length, answer);
    } else {
        check_read(request, pdu, pdu_length, answer);
    }
}
