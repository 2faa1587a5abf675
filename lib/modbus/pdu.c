/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus PDUs: the function and its data, the same over every wire.
 */
#include "lib/modbus/frame.h"

#include <stdio.h>

enum { EXCEPTION_BIT = 0x80, ECHO = 5 };

static void put16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)(value & 0xFF);
}

static uint16_t get16(const uint8_t *in)
{
    return (uint16_t)((unsigned)in[0] << 8 | in[1]);
}

static uint16_t get_bit(const uint8_t *bits, size_t i)
{
    return (uint16_t)((unsigned)bits[i / 8] >> (i % 8) & 1U);
}

static bool is_bits(unsigned function)
{
    return function == 1 || function == 2;
}

static bool is_possible(const struct chl_modbus_request *request)
{
    switch (request->function) {
    case 1:
    case 2:
    case 3:
    case 4:
        return request->count >= 1 && request->count <= CHL_MODBUS_READ_MAX;
    case 5:
    case 6:
        return true;
    case 15:
    case 16:
        return request->count >= 1 && request->count <= CHL_MODBUS_WRITE_MAX;
    default:
        return false;
    }
}

size_t chl_modbus_pdu_build(const struct chl_modbus_request *request, uint8_t *out)
{
    if (!is_possible(request)) {
        return 0;
    }
    size_t length = 5;
    out[0] = request->function;
    put16(out + 1, request->address);
    if (request->function == 5 || request->function == 6) {
        put16(out + 3, request->values[0]);
        return length;
    }
    put16(out + 3, request->count);
    if (request->function == 15) {
        out[length++] = 1;
        out[length] = 0;
        for (size_t i = 0; i < request->count; i++) {
            out[length] |= (uint8_t)((request->values[i] != 0) << i);
        }
        length++;
    } else if (request->function == 16) {
        out[length++] = (uint8_t)(request->count * 2);
        for (size_t i = 0; i < request->count; i++, length += 2) {
            put16(out + length, request->values[i]);
        }
    }
    return length;
}

static void mismatch(struct chl_modbus_answer *answer, const char *what, unsigned expected,
                     unsigned got)
{
    answer->status = CHL_MODBUS_BAD;
    (void)snprintf(answer->text, sizeof answer->text, "answer's %s: expected %u, got %u", what,
                   expected, got);
}

static void check_write(const struct chl_modbus_request *request, const uint8_t *pdu,
                        size_t pdu_length, struct chl_modbus_answer *answer)
{
    const bool single = request->function < 15;
    const uint16_t echo = single ? request->values[0] : request->count;
    if (pdu_length != ECHO) {
        mismatch(answer, "length", ECHO, (unsigned)pdu_length);
    } else if (get16(pdu + 1) != request->address) {
        mismatch(answer, "address", request->address, get16(pdu + 1));
    } else if (get16(pdu + 3) != echo) {
        mismatch(answer, single ? "value" : "count", echo, get16(pdu + 3));
    } else {
        answer->status = CHL_MODBUS_OK;
    }
}

size_t chl_modbus_pdu_expected(const struct chl_modbus_request *request)
{
    if (chl_modbus_writes(request)) {
        return ECHO;
    }
    return is_bits(request->function) ? 2 + (request->count + 7U) / 8U
                                      : 2 + (size_t)request->count * 2;
}

static void check_read(const struct chl_modbus_request *request, const uint8_t *pdu,
                       size_t pdu_length, struct chl_modbus_answer *answer)
{
    const bool bits = is_bits(request->function);
    const size_t expected = chl_modbus_pdu_expected(request);
    if (pdu_length != expected) {
        mismatch(answer, "length", (unsigned)expected, (unsigned)pdu_length);
    } else if (pdu[1] != expected - 2) {
        mismatch(answer, "byte count", (unsigned)(expected - 2), pdu[1]);
    } else {
        for (size_t i = 0; i < request->count && i < CHL_MODBUS_READ_MAX; i++) {
            answer->words[i] = bits ? get_bit(pdu + 2, i) : get16(pdu + 2 + 2 * i);
        }
        answer->status = CHL_MODBUS_OK;
    }
}

void chl_modbus_pdu_check(const struct chl_modbus_request *request, const uint8_t *pdu,
                          size_t length, struct chl_modbus_answer *answer)
{
    if (length < 2) {
        mismatch(answer, "length", (unsigned)chl_modbus_pdu_expected(request), (unsigned)length);
    } else if (pdu[0] == (request->function | EXCEPTION_BIT) && length == 2) {
        answer->status = CHL_MODBUS_EXCEPTION;
        answer->exception = pdu[1];
    } else if (pdu[0] != request->function) {
        mismatch(answer, "function", request->function, pdu[0]);
    } else if (chl_modbus_writes(request)) {
        check_write(request, pdu, length, answer);
    } else {
        check_read(request, pdu, length, answer);
    }
}
