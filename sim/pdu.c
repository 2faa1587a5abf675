/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A request without its frame, carried out on a simulated unit. See pdu.h.
 */
#include "sim/pdu.h"

#include <string.h>

enum {
    READ_COILS = 1,
    READ_DISCRETE = 2,
    READ_HOLDING = 3,
    READ_INPUT = 4,
    WRITE_COIL = 5,
    WRITE_REGISTER = 6,
    WRITE_COILS = 15,
    WRITE_REGISTERS = 16,
    READ_WORDS_MAX = 125,
    READ_BITS_MAX = 2000,
    WRITE_WORDS_MAX = 123,
    WRITE_BITS_MAX = 1968,
    EXCEPTION_BIT = 0x80
};

/** A request being carried out. */
struct doing {
    struct board *board;
    const uint8_t *pdu;
    size_t length;
    uint8_t *out;
    size_t out_length;
    int64_t now_ns;
};

static unsigned get16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static int read_words(struct doing *d, chl_area area)
{
    uint16_t values[READ_WORDS_MAX];
    unsigned count = d->length == 5 ? get16(d->pdu + 3) : 0;
    if (count == 0 || count > READ_WORDS_MAX) {
        return BOARD_ILLEGAL_VALUE;
    }
    int exception =
        board_read(d->board, area, (uint16_t)get16(d->pdu + 1), (uint16_t)count, values, d->now_ns);
    d->out[1] = (uint8_t)(2 * count);
    for (unsigned i = 0; exception == BOARD_OK && i < count; i++) {
        d->out[2 + (size_t)2 * i] = (uint8_t)(values[i] >> 8);
        d->out[3 + (size_t)2 * i] = (uint8_t)values[i];
    }
    d->out_length = 2 + (size_t)2 * count;
    return exception;
}

static int read_bits(struct doing *d, chl_area area)
{
    uint16_t values[READ_BITS_MAX];
    unsigned count = d->length == 5 ? get16(d->pdu + 3) : 0;
    if (count == 0 || count > READ_BITS_MAX) {
        return BOARD_ILLEGAL_VALUE;
    }
    int exception =
        board_read(d->board, area, (uint16_t)get16(d->pdu + 1), (uint16_t)count, values, d->now_ns);
    unsigned bytes = (count + 7) / 8;
    d->out[1] = (uint8_t)bytes;
    memset(d->out + 2, 0, bytes);
    for (unsigned i = 0; exception == BOARD_OK && i < count; i++) {
        d->out[2 + i / 8] = (uint8_t)(d->out[2 + i / 8] | (values[i] != 0 ? 1U << i % 8 : 0U));
    }
    d->out_length = 2 + (size_t)bytes;
    return exception;
}

static int echo(struct doing *d, int exception)
{
    memcpy(d->out + 1, d->pdu + 1, 4);
    d->out_length = 5;
    return exception;
}

static int write_one(struct doing *d, chl_area area)
{
    if (d->length != 5) {
        return BOARD_ILLEGAL_VALUE;
    }
    uint16_t value = (uint16_t)get16(d->pdu + 3);
    return echo(d, board_write(d->board, area, (uint16_t)get16(d->pdu + 1), 1, &value, d->now_ns));
}

/** Count of a write of several, 0 = its lengths contradict each other. */
static unsigned many(const struct doing *d, unsigned max, unsigned per_byte, unsigned bytes_each)
{
    unsigned count = d->length >= 6 ? get16(d->pdu + 3) : 0;
    unsigned bytes = (count + per_byte - 1) / per_byte * bytes_each;
    bool right = count > 0 && count <= max && d->pdu[5] == bytes && d->length == 6 + (size_t)bytes;
    return right ? count : 0;
}

static int write_words(struct doing *d)
{
    uint16_t values[WRITE_WORDS_MAX];
    unsigned count = many(d, WRITE_WORDS_MAX, 1, 2);
    for (unsigned i = 0; i < count; i++) {
        values[i] = (uint16_t)get16(d->pdu + 6 + (size_t)2 * i);
    }
    return count == 0 ? BOARD_ILLEGAL_VALUE
                      : echo(d, board_write(d->board, CHL_AREA_HOLDING, (uint16_t)get16(d->pdu + 1),
                                            (uint16_t)count, values, d->now_ns));
}

static int write_bits(struct doing *d)
{
    uint16_t values[WRITE_BITS_MAX];
    unsigned count = many(d, WRITE_BITS_MAX, 8, 1);
    for (unsigned i = 0; i < count; i++) {
        values[i] = (d->pdu[6 + i / 8] >> i % 8 & 1) != 0 ? BOARD_ON : 0;
    }
    return count == 0 ? BOARD_ILLEGAL_VALUE
                      : echo(d, board_write(d->board, CHL_AREA_COIL, (uint16_t)get16(d->pdu + 1),
                                            (uint16_t)count, values, d->now_ns));
}

static int carry_out(struct doing *d)
{
    switch (d->pdu[0]) {
    case READ_COILS:
        return read_bits(d, CHL_AREA_COIL);
    case READ_DISCRETE:
        return read_bits(d, CHL_AREA_DISCRETE);
    case READ_HOLDING:
        return read_words(d, CHL_AREA_HOLDING);
    case READ_INPUT:
        return read_words(d, CHL_AREA_INPUT);
    case WRITE_COIL:
        return write_one(d, CHL_AREA_COIL);
    case WRITE_REGISTER:
        return write_one(d, CHL_AREA_HOLDING);
    case WRITE_COILS:
        return write_bits(d);
    case WRITE_REGISTERS:
        return write_words(d);
    default:
        return BOARD_ILLEGAL_FUNCTION;
    }
}

size_t pdu_answer(struct board *board, const uint8_t *pdu, size_t length, uint8_t *out,
                  int64_t now_ns)
{
    struct doing d = {board, pdu, length, out, 0, now_ns};
    bool known = pdu[0] < 32 && (board->profile->functions & 1U << pdu[0]) != 0;
    int exception = known ? carry_out(&d) : BOARD_ILLEGAL_FUNCTION;
    out[0] = pdu[0];
    if (exception == BOARD_OK) {
        return d.out_length;
    }
    out[0] = (uint8_t)(pdu[0] | EXCEPTION_BIT);
    out[1] = (uint8_t)exception;
    return 2;
}

bool pdu_writes(const uint8_t *pdu, size_t length)
{
    return length > 0 && (pdu[0] == WRITE_COIL || pdu[0] == WRITE_REGISTER ||
                          pdu[0] == WRITE_COILS || pdu[0] == WRITE_REGISTERS);
}
