/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One stream of bytes to a simulated bus: frames cut out, answers sent at their time.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "sim/controller.h"
#include "sim/later.h"

enum { WIRE_INPUT_MAX = 4 * ADU_MAX };

/** What has become of the cable. */
#define WIRE_CABLES(X)                                                                             \
    X(WIRE_IN, "in", "as it should be")                                                            \
    X(WIRE_OUT, "out", "pulled: connections break, nothing can be reached")                        \
    X(WIRE_LOST, "lost", "connections stay, bytes vanish in both directions")                      \
    X(WIRE_STALLED, "stalled", "nothing is read; what was sent is obeyed when it is in again")
typedef enum {
#define WIRE_ENUM(id, name, text) id,
    WIRE_CABLES(WIRE_ENUM)
#undef WIRE_ENUM
        WIRE_CABLE_COUNT
} wire_cable;

struct wire {
    struct later_target target;    /**< first: it sends */
    struct controller *controller; /**< borrowed */
    struct later *later;           /**< borrowed */
    int64_t heard_ns;              /**< the last byte */
    unsigned forgotten;            /**< how often the peer was lost */
    size_t length;
    uint8_t input[WIRE_INPUT_MAX];
};

/** Cable by name, WIRE_CABLE_COUNT = none such. */
wire_cable wire_cable_named(const char *name);
/** Room for what arrives next. */
uint8_t *wire_room(struct wire *wire, size_t *room);
/** `count` bytes came into that room. @return false: no frames can come of them, hang up. */
bool wire_arrived(struct wire *wire, size_t count);
/** On a serial framing silence ends what is no whole frame. Call every few milliseconds. */
void wire_tick(struct wire *wire, int64_t now_ns);
/** Send a reply at its time. */
void wire_send(struct wire *wire, const struct fault_reply *reply);
void wire_forget(struct wire *wire);

#endif
