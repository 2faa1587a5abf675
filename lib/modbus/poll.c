/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a poll of one unit reads, in as few requests as its profile allows.
 */
#include <stdlib.h>

#include "lib/modbus/internal.h"

/** Slow ones first, so that a mode and the counters after it are one picture. */
static int compare(const struct item *a, const struct item *b)
{
    if (a->slow != b->slow) {
        return a->slow ? -1 : 1;
    }
    if (a->area != b->area) {
        return a->area < b->area ? -1 : 1;
    }
    return a->address < b->address ? -1 : a->address > b->address ? 1 : 0;
}

static void sort_items(struct unit *u)
{
    for (size_t i = 0; i < u->item_count; i++) {
        size_t k = i;
        for (; k > 0 && compare(&u->items[i], &u->items[u->order[k - 1]]) < 0; k--) {
            u->order[k] = u->order[k - 1];
        }
        u->order[k] = i;
    }
}

static bool in_block(const struct chl_profile *p, const struct item *i)
{
    return !i->slow && i->area == CHL_AREA_HOLDING && i->address >= p->read_block_start &&
           (unsigned)i->address + i->words <= (unsigned)p->read_block_start + p->read_block_count;
}

/** Whether `item` can be read by the request that ends with chunk `c`. */
static bool joins(const struct unit *u, const struct chunk *c, const struct item *item)
{
    const struct chl_profile *p = u->profile;
    const unsigned end = (unsigned)c->address + c->count;
    const unsigned total = (unsigned)item->address + item->words - c->address;
    if (c->block) {
        return in_block(p, item);
    }
    if (c->slow != item->slow || c->area != item->area || in_block(p, item) || item->alone ||
        u->items[u->order[c->first]].alone) {
        return false;
    }
    return p->merge_max > 0 && item->address <= end + p->merge_hole && total <= p->merge_max &&
           total <= CHL_MODBUS_READ_MAX;
}

static struct chunk begin_chunk(const struct unit *u, size_t at)
{
    const struct chl_profile *p = u->profile;
    const struct item *item = &u->items[u->order[at]];
    struct chunk c = {.area = item->area,
                      .address = item->address,
                      .count = item->words,
                      .first = at,
                      .items = 1,
                      .slow = item->slow};
    if (in_block(p, item)) {
        c.block = true;
        c.address = p->read_block_start;
        c.count = p->read_block_count;
    }
    return c;
}

/** Where everything is slow, nothing is: the unit's health hangs on its polls. */
static void keep_one_fast(struct unit *u)
{
    bool fast = false;
    for (size_t i = 0; i < u->item_count; i++) {
        fast = fast || (!u->items[i].slow && !u->items[i].gone);
    }
    for (size_t i = 0; !fast && i < u->item_count; i++) {
        u->items[i].slow = false;
    }
}

/** Make the requests of a poll from what is to be read. */
void poll_plan(struct unit *u)
{
    keep_one_fast(u);
    sort_items(u);
    u->chunk_count = 0;
    for (size_t i = 0; i < u->item_count; i++) {
        const struct item *item = &u->items[u->order[i]];
        struct chunk *last = u->chunk_count > 0 ? &u->chunks[u->chunk_count - 1] : NULL;
        if (last != NULL && last->first + last->items == i && !item->gone && joins(u, last, item)) {
            const unsigned end = (unsigned)item->address + item->words - last->address;
            last->count = end > last->count ? (uint16_t)end : last->count;
            last->items++;
        } else if (!item->gone) {
            u->chunks[u->chunk_count++] = begin_chunk(u, i);
        }
    }
}

static void skip_slow(struct unit *u)
{
    while (!u->full && u->chunk_at < u->chunk_count && u->chunks[u->chunk_at].slow) {
        u->chunk_at++;
    }
}

/** Read everything anew from here on; what was read of the round under way does not count. */
void poll_begin(struct unit *u, bool full)
{
    u->full = full || (u->in_round && u->full);
    u->in_round = true;
    u->chunk_at = 0;
    u->round++;
    skip_slow(u);
}

/** The next request of the round under way. @return false when nothing is left to read. */
bool poll_request(struct unit *u, struct chl_modbus_request *request)
{
    if (u->chunk_at >= u->chunk_count) {
        return false;
    }
    const struct chunk *c = &u->chunks[u->chunk_at];
    *request = request_read(u, c->area, c->address, c->count);
    return true;
}

/** Keep an answer. @return true when the round is whole. */
bool poll_take(struct unit *u, const uint16_t *words)
{
    const struct chunk *c = &u->chunks[u->chunk_at];
    for (size_t i = 0; i < c->items; i++) {
        const struct item *item = &u->items[u->order[c->first + i]];
        for (uint16_t k = 0; k < item->words; k++) {
            u->words[item->at + k] = words[item->address - c->address + k];
        }
    }
    u->chunk_at++;
    skip_slow(u);
    if (u->chunk_at < u->chunk_count) {
        return false;
    }
    u->in_round = false;
    u->done = u->round;
    return true;
}

/** The device refused the request under way: read its registers one by one from now on, or without
 *  one that can be done without. @return false when it cannot be asked for less. */
bool poll_split(struct unit *u)
{
    const struct chunk *c = &u->chunks[u->chunk_at];
    struct item *first = &u->items[u->order[c->first]];
    if (c->block || (c->items < 2 && first->role != CHL_REG_UPTIME)) {
        return false;
    }
    if (c->items < 2) {
        first->gone = true;
    }
    for (size_t i = 0; c->items > 1 && i < c->items; i++) {
        u->items[u->order[c->first + i]].alone = true;
    }
    const bool full = u->full;
    poll_plan(u);
    u->in_round = false;
    poll_begin(u, full);
    return u->chunk_count > 0;
}

/** A register as a number, in its own word order; 0 for none. */
uint32_t poll_value(const struct unit *u, int item)
{
    if (item < 0 || u->items[item].gone) {
        return 0;
    }
    const struct item *i = &u->items[item];
    const uint32_t first = u->words[i->at];
    if (i->words < 2) {
        return first;
    }
    const uint32_t second = u->words[i->at + 1];
    return u->profile->registers[i->role].low_word_first ? second << 16 | first
                                                         : first << 16 | second;
}
