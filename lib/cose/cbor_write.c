/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Writes CBOR into a fixed buffer through libcbor's encoders.
 */
#include <cbor.h>
#include <string.h>

#include "lib/cose/cbor.h"

/* NOLINTNEXTLINE(readability-non-const-parameter): the writer writes there */
void chl_cbor_begin(struct chl_cbor_writer *writer, uint8_t *out, size_t size)
{
    *writer = (struct chl_cbor_writer){.out = out, .size = size};
}

chl_err chl_cbor_end(const struct chl_cbor_writer *writer, size_t *length)
{
    *length = writer->length;
    return writer->overflow ? CHL_E_LIMIT : CHL_OK;
}

static uint8_t *place(const struct chl_cbor_writer *writer)
{
    return writer->out + writer->length;
}

static size_t room(const struct chl_cbor_writer *writer)
{
    return writer->overflow ? 0 : writer->size - writer->length;
}

/* An encoder returns 0 when its output did not fit. */
static void advance(struct chl_cbor_writer *writer, size_t written)
{
    writer->overflow = writer->overflow || written == 0;
    writer->length += written;
}

static void append(struct chl_cbor_writer *writer, const void *bytes, size_t length)
{
    if (length > room(writer)) {
        writer->overflow = true;
        return;
    }
    if (length > 0) {
        memcpy(place(writer), bytes, length);
        writer->length += length;
    }
}

void chl_cbor_put_int(struct chl_cbor_writer *writer, int64_t value)
{
    uint64_t magnitude = value < 0 ? (uint64_t)(-1 - value) : (uint64_t)value;
    advance(writer, value < 0 ? cbor_encode_negint(magnitude, place(writer), room(writer))
                              : cbor_encode_uint(magnitude, place(writer), room(writer)));
}

void chl_cbor_put_bytes(struct chl_cbor_writer *writer, const void *bytes, size_t length)
{
    advance(writer, cbor_encode_bytestring_start(length, place(writer), room(writer)));
    append(writer, bytes, length);
}

void chl_cbor_put_text(struct chl_cbor_writer *writer, const char *text)
{
    size_t length = strlen(text);
    advance(writer, cbor_encode_string_start(length, place(writer), room(writer)));
    append(writer, text, length);
}

void chl_cbor_put_array(struct chl_cbor_writer *writer, size_t items)
{
    advance(writer, cbor_encode_array_start(items, place(writer), room(writer)));
}

void chl_cbor_put_map(struct chl_cbor_writer *writer, size_t pairs)
{
    advance(writer, cbor_encode_map_start(pairs, place(writer), room(writer)));
}

void chl_cbor_put_tag(struct chl_cbor_writer *writer, uint64_t tag)
{
    advance(writer, cbor_encode_tag(tag, place(writer), room(writer)));
}

void chl_cbor_put_bool(struct chl_cbor_writer *writer, bool value)
{
    advance(writer, cbor_encode_bool(value, place(writer), room(writer)));
}

void chl_cbor_put_null(struct chl_cbor_writer *writer)
{
    advance(writer, cbor_encode_null(place(writer), room(writer)));
}

void chl_cbor_put_double(struct chl_cbor_writer *writer, double value)
{
    advance(writer, cbor_encode_double(value, place(writer), room(writer)));
}

void chl_cbor_put_raw(struct chl_cbor_writer *writer, struct chl_bytes encoded)
{
    append(writer, encoded.data, encoded.length);
}
