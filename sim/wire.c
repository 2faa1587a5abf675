/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One stream of bytes to a simulated bus, see wire.h.
 */
#include "sim/wire.h"

#include <string.h>

#include "lib/base/time.h"

/** Far longer than 3.5 characters: a pseudo-terminal's peer may be held up in between. */
enum { SILENCE_MS = 20 };

wire_cable wire_cable_named(const char *name)
{
    static const char *const names[] = {
#define WIRE_NAME(id, text, about) text,
        WIRE_CABLES(WIRE_NAME)
#undef WIRE_NAME
    };
    int cable = 0;
    while (cable < WIRE_CABLE_COUNT && strcmp(names[cable], name) != 0) {
        cable++;
    }
    return (wire_cable)cable;
}

uint8_t *wire_room(struct wire *wire, size_t *room)
{
    *room = sizeof wire->input - wire->length;
    return wire->input + wire->length;
}

void wire_send(struct wire *wire, const struct fault_reply *reply)
{
    if (reply->piece_ns == 0) {
        later_send(wire->later, &wire->target, reply->at_ns, reply->bytes, reply->length);
        return;
    }
    for (size_t i = 0; i < reply->length; i++) {
        later_send(wire->later, &wire->target, reply->at_ns + (int64_t)i * reply->piece_ns,
                   reply->bytes + i, 1);
    }
}

static void answer(struct wire *wire, size_t from, size_t length)
{
    struct fault_reply reply;
    if (controller_answer(wire->controller, wire->input + from, length, &reply, chl_mono_ns())) {
        wire_send(wire, &reply);
    }
}

bool wire_arrived(struct wire *wire, size_t count)
{
    adu_framing framing = wire->controller->framing;
    size_t from = 0;
    int frame = 0;
    const unsigned lives = wire->forgotten;
    wire->length += count;
    wire->heard_ns = chl_mono_ns();
    while ((frame = adu_cut(framing, wire->input + from, wire->length - from)) > 0) {
        answer(wire, from, (size_t)frame);
        if (wire->forgotten != lives) {
            return true; /* whoever asked was gone when the answer came */
        }
        from += (size_t)frame;
    }
    wire->length -= from;
    memmove(wire->input, wire->input + from, wire->length);
    if (wire->length == sizeof wire->input) {
        wire->length = 0; /* noise without an end */
        wire->controller->noise++;
    }
    return frame == 0;
}

void wire_tick(struct wire *wire, int64_t now_ns)
{
    if (wire->controller->framing == ADU_TCP || wire->length == 0 ||
        now_ns - wire->heard_ns < SILENCE_MS * CHL_NS_PER_MS) {
        return;
    }
    answer(wire, 0, wire->length); /* a function we know no length of, or noise */
    wire->length = 0;
}

void wire_forget(struct wire *wire)
{
    wire->length = 0;
    wire->forgotten++;
    later_forget(wire->later, &wire->target);
}
