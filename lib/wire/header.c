/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The 80-byte header, to and from bytes.
 */
#include "lib/wire/bigendian.h"
#include "lib/wire/wire.h"

#include <string.h>

enum {
    AT_VERSION = 4,
    AT_CLASS = 5,
    AT_FLAGS = 6,
    AT_SEQUENCE = 8,
    AT_WALL = 16,
    AT_EPOCH = 24,
    AT_CHAIN = 40,
    AT_CAUSE = 72,
    HEADER_VERSION = 1
};

static const uint8_t magic[4] = {'C', 'H', 'L', '1'};

void chl_wire_encode(const struct chl_wire_header *header, uint8_t out[CHL_WIRE_HEADER])
{
    memcpy(out, magic, sizeof magic);
    out[AT_VERSION] = HEADER_VERSION;
    out[AT_CLASS] = header->event_class;
    chl_put_be(out + AT_FLAGS, header->flags, 2);
    chl_put_be(out + AT_SEQUENCE, header->sequence, 8);
    chl_put_be(out + AT_WALL, (uint64_t)header->wall_ns, 8);
    memcpy(out + AT_EPOCH, header->epoch, sizeof header->epoch);
    memcpy(out + AT_CHAIN, header->chain, sizeof header->chain);
    chl_put_be(out + AT_CAUSE, header->cause, 8);
}

chl_err chl_wire_decode(const uint8_t *bytes, size_t length, struct chl_wire_header *out)
{
    if (length != CHL_WIRE_HEADER || memcmp(bytes, magic, sizeof magic) != 0) {
        return CHL_E_CORRUPT;
    }
    if (bytes[AT_VERSION] != HEADER_VERSION) {
        return CHL_E_NOTSUP;
    }
    if (chl_class_name(bytes[AT_CLASS]) == NULL) {
        return CHL_E_CORRUPT;
    }
    uint64_t wall = chl_get_be(bytes + AT_WALL, 8);
    out->event_class = bytes[AT_CLASS];
    out->flags = (uint16_t)chl_get_be(bytes + AT_FLAGS, 2);
    out->sequence = chl_get_be(bytes + AT_SEQUENCE, 8);
    memcpy(&out->wall_ns, &wall, sizeof wall);
    memcpy(out->epoch, bytes + AT_EPOCH, sizeof out->epoch);
    memcpy(out->chain, bytes + AT_CHAIN, sizeof out->chain);
    out->cause = chl_get_be(bytes + AT_CAUSE, 8);
    return CHL_OK;
}
