/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The body of a record: a CloudEvents 1.0 JSON envelope around `data`.
 *
 *  Source: docs/stream.md, protocol 1; CloudEvents 1.0 JSON format.
 */
#ifndef CHL_WIRE_BODY_H
#define CHL_WIRE_BODY_H

#include "lib/wire/wire.h"

/** Write the envelope, NUL-terminated.
 *  @param out room of `size` bytes; CHL_WIRE_BODY_MAX + 1 is always enough for what is allowed.
 *  @param event_class chl_class; @param type the topic's last part, `[a-z0-9-]`.
 *  @param wall_ns the record's wall time, ns since 1970 UTC.
 *  @param data_json JSON of `data`, taken as it is; NULL or empty writes `{}`.
 *  @return bytes without the NUL; 0 when it does not fit, is longer than CHL_WIRE_BODY_MAX, or a
 *          name or the time is not allowed.
 *  Thread: any. Blocks: never. */
size_t chl_wire_body(char *out, size_t size, const char *site, const uint8_t epoch[16],
                     uint64_t sequence, unsigned event_class, const char *type, int64_t wall_ns,
                     const char *data_json, size_t data_length);

#endif
