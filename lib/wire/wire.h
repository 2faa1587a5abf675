/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The record as it goes over the wire: event classes and types, topic, header, hash chain.
 *
 *  Source: docs/stream.md, protocol 1.
 */
#ifndef CHL_WIRE_WIRE_H
#define CHL_WIRE_WIRE_H

#include <chilang/types.h>

enum {
    CHL_WIRE_HEADER = 80,
    CHL_WIRE_HASH = 32,
    CHL_WIRE_TOPIC_MAX = 96,
    CHL_WIRE_BODY_MAX = 16 * 1024,
    CHL_WIRE_SITE_MAX = 48,
    CHL_WIRE_TYPE_MAX = 30 /**< the longest topic then fits CHL_WIRE_TOPIC_MAX with its NUL */
};

/** Classes: identifier, value on the wire, name in topics. */
#define CHL_CLASSES(X)                                                                             \
    X(CHL_CLASS_FLOW, 1, "flow")                                                                   \
    X(CHL_CLASS_LIMIT, 2, "limit")                                                                 \
    X(CHL_CLASS_GATE, 3, "gate")                                                                   \
    X(CHL_CLASS_ALARM, 4, "alarm")                                                                 \
    X(CHL_CLASS_CASE, 5, "case")                                                                   \
    X(CHL_CLASS_DIRECTIVE, 6, "directive")                                                         \
    X(CHL_CLASS_AUDIT, 7, "audit")                                                                 \
    X(CHL_CLASS_HEALTH, 8, "health")

typedef enum {
#define CHL_CLASS_ENUM(id, value, name) id = (value),
    CHL_CLASSES(CHL_CLASS_ENUM)
#undef CHL_CLASS_ENUM
} chl_class;

/** The fields of the 80-byte header, in host order. */
struct chl_wire_header {
    uint8_t event_class; /**< chl_class */
    uint16_t flags;
    uint64_t sequence;
    int64_t wall_ns;
    uint8_t epoch[16];
    uint8_t chain[CHL_WIRE_HASH];
    uint64_t cause; /**< sequence of the record that caused it, 0 = none */
};

/** Name of a class, NULL when unknown. */
const char *chl_class_name(unsigned event_class);
/** Class by name, 0 when unknown. */
unsigned chl_class_by_name(const char *name, size_t length);

void chl_wire_encode(const struct chl_wire_header *header, uint8_t out[CHL_WIRE_HEADER]);
/** @return CHL_OK, CHL_E_CORRUPT (magic or class), CHL_E_NOTSUP (another version). */
chl_err chl_wire_decode(const uint8_t *bytes, size_t length, struct chl_wire_header *out);

/** True when a site, class or type name is `[a-z0-9-]{1,most}`. Thread: any. Blocks: never. */
bool chl_wire_name_allowed(const char *name, size_t length, size_t most);

/** `v1/<site>/<class>/<type>/`. @return length, 0 when it does not fit or a part is not allowed. */
size_t chl_wire_topic(char out[CHL_WIRE_TOPIC_MAX], const char *site, unsigned event_class,
                      const char *type);

/** Chain hash of a record: SHA-256(previous ‖ header with bytes 40–71 zero ‖ u32 topic length ‖
 * topic ‖ u32 body length ‖ body), lengths big-endian. `header` may hold anything in bytes 40–71.
 *  Thread: any. Blocks: never. */
void chl_wire_chain(const uint8_t previous[CHL_WIRE_HASH], const uint8_t header[CHL_WIRE_HEADER],
                    const char *topic, size_t topic_length, const uint8_t *body, size_t body_length,
                    uint8_t out[CHL_WIRE_HASH]);

#endif
