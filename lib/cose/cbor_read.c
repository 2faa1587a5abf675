/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The pull reader: one CBOR head at a time, each length checked against what is left.
 *
 *  Written out, where a library's stream decoder would call back for every head: it is a third of
 *  what a code costs besides its signature. Source: RFC 8949 §3.
 */
#include "lib/cose/cbor.h"

#include <math.h>
#include <string.h>

#include "lib/base/text.h"

/* Initial byte: three bits of major type, five of additional information (RFC 8949 §3). */
enum { INFO_MASK = 0x1F, INFO_1 = 24, INFO_8 = 27, INFO_INDEFINITE = 31 };

enum {
    MAJOR_UINT = 0,
    MAJOR_NEGINT = 1,
    MAJOR_BYTES = 2,
    MAJOR_TEXT = 3,
    MAJOR_ARRAY = 4,
    MAJOR_MAP = 5,
    MAJOR_TAG = 6
};

enum {
    SIMPLE_FALSE = 20,
    SIMPLE_TRUE = 21,
    SIMPLE_NULL = 22,
    SIMPLE_UNDEFINED = 23,
    FLOAT_16 = 25,
    FLOAT_32 = 26,
    FLOAT_64 = 27
};

/* What a head says, before it is known what it means. */
struct head {
    unsigned major, info;
    uint64_t argument;
    size_t length; /* bytes of the head */
};

/* False when the head is cut off or its additional information is reserved. */
static bool read_head(const uint8_t *at, size_t left, struct head *out)
{
    if (left == 0) {
        return false;
    }
    out->major = at[0] >> 5;
    out->info = at[0] & INFO_MASK;
    out->argument = out->info;
    out->length = 1;
    if (out->info < INFO_1 || out->info == INFO_INDEFINITE) {
        return true;
    }
    if (out->info > INFO_8) {
        return false;
    }
    size_t bytes = (size_t)1 << (out->info - INFO_1);
    if (bytes >= left) {
        return false;
    }
    out->argument = 0;
    for (size_t i = 1; i <= bytes; i++) {
        out->argument = out->argument << 8 | at[i];
    }
    out->length = 1 + bytes;
    return true;
}

static double half_float(uint64_t bits)
{
    enum { MANTISSA = 0x3FF, EXPONENT = 0x1F, BIAS = 25 };
    const int exponent = (int)(bits >> 10 & EXPONENT);
    const double mantissa = (double)(bits & MANTISSA);
    double value = 0;
    if (exponent == 0) {
        value = ldexp(mantissa, 1 - BIAS);
    } else if (exponent < EXPONENT) {
        value = ldexp(mantissa + MANTISSA + 1, exponent - BIAS);
    } else {
        value = (bits & MANTISSA) == 0 ? (double)INFINITY : (double)NAN;
    }
    return (bits >> 15 & 1) != 0 ? -value : value;
}

static double single_float(uint64_t bits)
{
    const uint32_t narrow = (uint32_t)bits;
    float value = 0;
    memcpy(&value, &narrow, sizeof value);
    return (double)value;
}

static double double_float(uint64_t bits)
{
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void set_number(struct chl_cbor_item *item, double number)
{
    item->type = CHL_CBOR_FLOAT;
    item->number = number;
}

static void set_value(struct chl_cbor_item *item, chl_cbor_type type, uint64_t value)
{
    item->type = (uint8_t)type;
    item->value = value;
}

/* Simple values, floats and the break. Unassigned simple values are nobody's. */
static bool read_simple(const struct head *head, struct chl_cbor_item *item)
{
    switch (head->info) {
    case SIMPLE_FALSE:
    case SIMPLE_TRUE:
        set_value(item, CHL_CBOR_BOOL, head->info == SIMPLE_TRUE ? 1 : 0);
        return true;
    case SIMPLE_NULL:
    case SIMPLE_UNDEFINED:
        set_value(item, CHL_CBOR_NULL, 0);
        return true;
    case FLOAT_16:
        set_number(item, half_float(head->argument));
        return true;
    case FLOAT_32:
        set_number(item, single_float(head->argument));
        return true;
    case FLOAT_64:
        set_number(item, double_float(head->argument));
        return true;
    case INFO_INDEFINITE:
        set_value(item, CHL_CBOR_BREAK, 0);
        return true;
    default:
        return false;
    }
}

/* Each item takes a byte at least: a count beyond what is left can't be true. */
static bool read_container(const struct head *head, size_t left, struct chl_cbor_item *item)
{
    const bool is_map = head->major == MAJOR_MAP;
    item->indefinite = head->info == INFO_INDEFINITE;
    set_value(item, is_map ? CHL_CBOR_MAP : CHL_CBOR_ARRAY, item->indefinite ? 0 : head->argument);
    return item->value <= (is_map ? left / 2 : left);
}

/* `left`: bytes behind the head. */
static bool read_item(const struct head *head, const uint8_t *behind, size_t left,
                      struct chl_cbor_item *item)
{
    const bool is_definite = head->info != INFO_INDEFINITE;
    switch (head->major) {
    case MAJOR_UINT:
    case MAJOR_NEGINT:
        set_value(item, head->major == MAJOR_UINT ? CHL_CBOR_UINT : CHL_CBOR_NEGINT,
                  head->argument);
        return is_definite;
    case MAJOR_BYTES:
    case MAJOR_TEXT:
        item->type = head->major == MAJOR_TEXT ? CHL_CBOR_TEXT : CHL_CBOR_BYTES;
        item->bytes = (struct chl_bytes){behind, (size_t)head->argument};
        return is_definite && head->argument <= left;
    case MAJOR_ARRAY:
    case MAJOR_MAP:
        return read_container(head, left, item);
    case MAJOR_TAG:
        set_value(item, CHL_CBOR_TAG, head->argument);
        return is_definite && left > 0;
    default:
        return read_simple(head, item);
    }
}

chl_refusal chl_cbor_next(struct chl_cbor_reader *reader, struct chl_cbor_item *item)
{
    const size_t left = (size_t)(reader->end - reader->at);
    struct head head;
    item->type = CHL_CBOR_NONE;
    item->indefinite = false;
    if (!read_head(reader->at, left, &head) ||
        !read_item(&head, reader->at + head.length, left - head.length, item)) {
        return CHL_REFUSAL_cbor_malformed;
    }
    reader->at += head.length;
    if (item->type != CHL_CBOR_TEXT && item->type != CHL_CBOR_BYTES) {
        return CHL_REFUSAL_NONE;
    }
    if (item->type == CHL_CBOR_TEXT &&
        !chl_utf8_valid((const char *)item->bytes.data, item->bytes.length)) {
        reader->at -= head.length;
        return CHL_REFUSAL_cbor_text_invalid;
    }
    reader->at += item->bytes.length;
    return CHL_REFUSAL_NONE;
}
