/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The pull reader: one CBOR head at a time through libcbor's stream decoder, each length
 *         checked against what is left.
 */
#include "lib/cose/cbor.h"

#include <cbor.h>
#include <string.h>

#include "lib/base/text.h"

/* What the decoder's callbacks found. */
struct catch
{
    struct chl_cbor_item *item;
    bool chunked;
};

static void catch_value(void *context, chl_cbor_type type, uint64_t value)
{
    struct catch *to = context;
    to->item->type = (uint8_t)type;
    to->item->value = value;
}

static void catch_bytes(void *context, chl_cbor_type type, cbor_data data, size_t length)
{
    struct catch *to = context;
    to->item->type = (uint8_t)type;
    to->item->bytes = (struct chl_bytes){data, length};
}

static void catch_indefinite(void *context, chl_cbor_type type)
{
    struct catch *to = context;
    to->item->type = (uint8_t)type;
    to->item->value = 0;
    to->item->indefinite = true;
}

#define CATCH_INTEGER(bits)                                                                        \
    static void on_uint##bits(void *context, uint##bits##_t value)                                 \
    {                                                                                              \
        catch_value(context, CHL_CBOR_UINT, value);                                                \
    }                                                                                              \
    static void on_negint##bits(void *context, uint##bits##_t value)                               \
    {                                                                                              \
        catch_value(context, CHL_CBOR_NEGINT, value);                                              \
    }
CATCH_INTEGER(8)
CATCH_INTEGER(16)
CATCH_INTEGER(32)
CATCH_INTEGER(64)

static void on_chunked(void *context)
{
    struct catch *to = context;
    to->chunked = true;
}

static void on_bytes(void *context, cbor_data data, size_t length)
{
    catch_bytes(context, CHL_CBOR_BYTES, data, length);
}

static void on_text(void *context, cbor_data data, size_t length)
{
    catch_bytes(context, CHL_CBOR_TEXT, data, length);
}

static void on_array(void *context, size_t count)
{
    catch_value(context, CHL_CBOR_ARRAY, count);
}

static void on_map(void *context, size_t count)
{
    catch_value(context, CHL_CBOR_MAP, count);
}

static void on_open_array(void *context)
{
    catch_indefinite(context, CHL_CBOR_ARRAY);
}

static void on_open_map(void *context)
{
    catch_indefinite(context, CHL_CBOR_MAP);
}

static void on_break(void *context)
{
    catch_value(context, CHL_CBOR_BREAK, 0);
}

static void on_double(void *context, double number)
{
    struct catch *to = context;
    to->item->type = CHL_CBOR_FLOAT;
    to->item->number = number;
}

static void on_float(void *context, float number)
{
    on_double(context, (double)number);
}

static void on_null(void *context)
{
    catch_value(context, CHL_CBOR_NULL, 0);
}

static void on_bool(void *context, bool value)
{
    catch_value(context, CHL_CBOR_BOOL, value ? 1 : 0);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negint64,
    .byte_string_start = on_chunked,
    .byte_string = on_bytes,
    .string_start = on_chunked,
    .string = on_text,
    .array_start = on_array,
    .indef_array_start = on_open_array,
    .map_start = on_map,
    .indef_map_start = on_open_map,
    .indef_break = on_break,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .null = on_null,
    .undefined = on_null,
    .boolean = on_bool,
};

/* Each item takes a byte at least: a count beyond that can't be true. */
static bool fits(const struct chl_cbor_item *item, size_t left)
{
    switch (item->type) {
    case CHL_CBOR_ARRAY:
        return item->value <= left;
    case CHL_CBOR_MAP:
        return item->value <= left / 2;
    case CHL_CBOR_TAG:
        return left > 0;
    default:
        return true;
    }
}

/* libcbor's stream decoder refuses most of the one-byte tags, 18 among them. A tag's head differs
 * from an unsigned integer's only in its three upper bits, so it is read as one. */
static struct cbor_decoder_result decode_tag(const uint8_t *at, size_t left, struct catch *to)
{
    enum { HEAD_MAX = 9, ARGUMENT = 0x1F };
    uint8_t head[HEAD_MAX];
    size_t length = left < HEAD_MAX ? left : HEAD_MAX;
    memcpy(head, at, length);
    head[0] &= ARGUMENT;
    struct cbor_decoder_result result = cbor_stream_decode(head, length, &callbacks, to);
    if (to->item->type == CHL_CBOR_UINT) {
        to->item->type = CHL_CBOR_TAG;
    }
    return result;
}

static struct cbor_decoder_result decode(const uint8_t *at, size_t left, struct catch *to)
{
    enum { MAJOR = 0xE0, MAJOR_TAG = 0xC0 };
    if (left > 0 && (*at & MAJOR) == MAJOR_TAG) {
        return decode_tag(at, left, to);
    }
    return cbor_stream_decode(at, left, &callbacks, to);
}

chl_refusal chl_cbor_next(struct chl_cbor_reader *reader, struct chl_cbor_item *item)
{
    size_t left = (size_t)(reader->end - reader->at);
    item->type = CHL_CBOR_NONE;
    item->indefinite = false;
    struct catch to = {item, false};
    struct cbor_decoder_result result = decode(reader->at, left, &to);
    if (result.status != CBOR_DECODER_FINISHED || to.chunked || item->type == CHL_CBOR_NONE ||
        result.read > left || !fits(item, left - result.read)) {
        return CHL_REFUSAL_cbor_malformed;
    }
    if (item->type == CHL_CBOR_TEXT &&
        !chl_utf8_valid((const char *)item->bytes.data, item->bytes.length)) {
        return CHL_REFUSAL_cbor_text_invalid;
    }
    reader->at += result.read;
    return CHL_REFUSAL_NONE;
}
