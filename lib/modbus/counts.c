/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Passages as absolute numbers, whether a device counts them or its contacts only close.
 */
#include "lib/modbus/internal.h"

enum { PEOPLE_PER_S = 4, PEOPLE_SLACK = 64 };

/** A counter that stands lower than before and is not plausibly around the corner began anew. */
static bool began_anew(const struct counts *c, uint32_t before, uint32_t now, int64_t passed_ns)
{
    const uint32_t mask = c->bits < 32 ? (UINT32_C(1) << c->bits) - 1 : UINT32_MAX;
    const uint32_t step = (now - before) & mask;
    const int64_t most = passed_ns / CHL_NS_PER_S * PEOPLE_PER_S + PEOPLE_SLACK;
    return now < before && (int64_t)step > most;
}

static bool take_edges(struct counts *c, const struct unit *u, int64_t now_ns)
{
    const bool watched = c->known && now_ns - c->seen_ns <= UNWATCHED_NS;
    for (int way = 0; way < 2; way++) {
        const bool closed = poll_value(u, c->item[way]) != 0;
        c->value[way] += watched && closed && !c->closed[way] ? 1U : 0U;
        c->closed[way] = closed;
    }
    return !watched;
}

/** Take a poll of the unit that counts. @return true when the numbers began anew. */
bool counts_take(struct counts *c, const struct unit *u, int64_t now_ns)
{
    bool restarted = false;
    if (c->kind == CHL_PASSAGE_EDGE) {
        restarted = take_edges(c, u, now_ns);
    } else {
        for (int way = 0; way < 2; way++) {
            const uint32_t value = poll_value(u, c->item[way]);
            restarted =
                restarted || (c->known && began_anew(c, c->value[way], value, now_ns - c->seen_ns));
            c->value[way] = value;
        }
        restarted = restarted || (c->known && u->restarted);
    }
    c->known = true;
    c->seen_ns = now_ns;
    return restarted;
}
