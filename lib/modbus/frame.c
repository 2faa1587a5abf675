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

size_t chl_modbus_frame_build(const struct chl_modbus_request *request, uint16_t transaction,
                              uint8_t *out)
{
    size_t length = PDU + 5;
    out[PDU] = request->write ? CHL_MODBUS_FC_WRITE : CHL_MODBUS_FC_READ;
    put16(out + PDU + 1, request->address);
    put16(out + PDU + 3, request->count);
    if (request->write) {
        out[length++] = 2;
        put16(out + length, request->value);
        length += 2;
    }
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
    if (pdu_length != 5) {
        mismatch(answer, "length", 5, (unsigned)pdu_length);
    } else if (get16(pdu + 1) != request->address) {
        mismatch(answer, "address", request->address, get16(pdu + 1));
    } else if (get16(pdu + 3) != request->count) {
        mismatch(answer, "count", request->count, get16(pdu + 3));
    } else {
        answer->status = CHL_MODBUS_OK;
    }
}

static void check_read(const struct chl_modbus_request *request, const uint8_t *pdu,
                       size_t pdu_length, struct chl_modbus_answer *answer)
{
    const size_t bytes = (size_t)request->count * 2;
    if (pdu_length != 2 + bytes) {
        mismatch(answer, "length", (unsigned)(2 + bytes), (unsigned)pdu_length);
    } else if (pdu[1] != bytes) {
        mismatch(answer, "byte count", (unsigned)bytes, pdu[1]);
    } else {
        for (size_t i = 0; i < request->count && i < CHL_MODBUS_READ_MAX; i++) {
            answer->words[i] = get16(pdu + 2 + 2 * i);
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
    const unsigned function = request->write ? CHL_MODBUS_FC_WRITE : CHL_MODBUS_FC_READ;
    if (pdu[0] == (function | EXCEPTION_BIT) && pdu_length == 2) {
        answer->status = CHL_MODBUS_EXCEPTION;
        answer->exception = pdu[1];
    } else if (pdu[0] != function) {
        mismatch(answer, "function", function, pdu[0]);
    } else if (request->write) {
        check_write(request, pdu, pdu_length, answer);
    } else {
        check_read(request, pdu, pdu_length, answer);
    }
}
