/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads one whole CBOR item into a flat, checked tree: bounded depth and size, no key
 *         twice, nothing behind it.
 */
#include "lib/cose/cbor.h"

#include <string.h>

/* A container or tag that is still open. */
struct open {
    uint32_t node;
    uint64_t left;   /* items still to come, when definite */
    uint64_t filled; /* items read so far */
};

struct builder {
    struct chl_cbor_node *nodes;
    uint32_t room, count;
    struct chl_bytes in;
    struct chl_cbor_reader reader;
    struct open stack[CHL_CBOR_DEPTH];
    unsigned depth;
};

static bool same_key(const struct chl_cbor_item *a, const struct chl_cbor_item *b)
{
    if (a->type != b->type) {
        return false;
    }
    if (a->type == CHL_CBOR_TEXT || a->type == CHL_CBOR_BYTES) {
        const size_t length = a->bytes.length;
        return b->bytes.length == length &&
               (length == 0 || (a->bytes.data[0] == b->bytes.data[0] &&
                                memcmp(a->bytes.data, b->bytes.data, length) == 0));
    }
    return a->value == b->value;
}

static bool may_be_key(chl_cbor_type type)
{
    return type == CHL_CBOR_UINT || type == CHL_CBOR_NEGINT || type == CHL_CBOR_TEXT ||
           type == CHL_CBOR_BYTES;
}

/* Keys are single nodes, so a pair's value is the next one and `after` of that the next key. */
static chl_refusal check_key(const struct builder *b, const struct open *map, uint32_t key)
{
    const struct chl_cbor_item *item = &b->nodes[key].item;
    if (!may_be_key(item->type)) {
        return CHL_REFUSAL_cbor_malformed;
    }
    if (map->filled / 2 >= CHL_CBOR_PAIRS) {
        return CHL_REFUSAL_cbor_too_many;
    }
    for (uint32_t other = map->node + 1; other < key; other = b->nodes[other + 1].after) {
        if (same_key(&b->nodes[other].item, item)) {
            return CHL_REFUSAL_cbor_duplicate_key;
        }
    }
    return CHL_REFUSAL_NONE;
}

static uint64_t items_inside(const struct chl_cbor_item *item)
{
    switch (item->type) {
    case CHL_CBOR_ARRAY:
        return item->value;
    case CHL_CBOR_MAP:
        return item->value * 2; /* the reader bounded it by the input's length */
    case CHL_CBOR_TAG:
        return 1;
    default:
        return 0;
    }
}

static void finish(struct builder *b, uint32_t index)
{
    struct chl_cbor_node *node = &b->nodes[index];
    node->after = b->count;
    node->length = (uint32_t)(b->reader.at - b->in.data) - node->offset;
}

/* Close every container that became full with the item just finished. */
static void close_full(struct builder *b)
{
    while (b->depth > 0) {
        struct open *top = &b->stack[b->depth - 1];
        top->filled++;
        if (b->nodes[top->node].item.indefinite || --top->left > 0) {
            return;
        }
        finish(b, top->node);
        b->depth--;
    }
}

static chl_refusal close_indefinite(struct builder *b)
{
    if (b->depth == 0) {
        return CHL_REFUSAL_cbor_malformed;
    }
    struct open *top = &b->stack[b->depth - 1];
    struct chl_cbor_item *item = &b->nodes[top->node].item;
    bool is_map = item->type == CHL_CBOR_MAP;
    if (!item->indefinite || (is_map && top->filled % 2 != 0)) {
        return CHL_REFUSAL_cbor_malformed;
    }
    item->value = is_map ? top->filled / 2 : top->filled;
    finish(b, top->node);
    b->depth--;
    close_full(b);
    return CHL_REFUSAL_NONE;
}

static chl_refusal add(struct builder *b, const struct chl_cbor_item *item, uint32_t offset)
{
    if (b->count == b->room) {
        return CHL_REFUSAL_cbor_too_many;
    }
    uint32_t index = b->count++;
    b->nodes[index] = (struct chl_cbor_node){.item = *item, .offset = offset};
    if (b->depth > 0) {
        const struct open *top = &b->stack[b->depth - 1];
        if (b->nodes[top->node].item.type == CHL_CBOR_MAP && top->filled % 2 == 0) {
            chl_refusal refusal = check_key(b, top, index);
            if (refusal != CHL_REFUSAL_NONE) {
                return refusal;
            }
        }
    }
    uint64_t inside = items_inside(item);
    if (inside == 0 && !item->indefinite) {
        finish(b, index);
        close_full(b);
        return CHL_REFUSAL_NONE;
    }
    if (b->depth == CHL_CBOR_DEPTH) {
        return CHL_REFUSAL_cbor_too_deep;
    }
    b->stack[b->depth++] = (struct open){.node = index, .left = inside};
    return CHL_REFUSAL_NONE;
}

static chl_refusal build(struct builder *b)
{
    do {
        struct chl_cbor_item item;
        uint32_t offset = (uint32_t)(b->reader.at - b->in.data);
        chl_refusal refusal = chl_cbor_next(&b->reader, &item);
        if (refusal == CHL_REFUSAL_NONE) {
            refusal = item.type == CHL_CBOR_BREAK ? close_indefinite(b) : add(b, &item, offset);
        }
        if (refusal != CHL_REFUSAL_NONE) {
            return refusal;
        }
    } while (b->depth > 0);
    return b->reader.at == b->reader.end ? CHL_REFUSAL_NONE : CHL_REFUSAL_cbor_trailing;
}

chl_refusal chl_cbor_parse(struct chl_scratch *scratch, struct chl_bytes in,
                           struct chl_cbor_tree *out)
{
    if (in.length == 0 || in.length > UINT32_MAX) {
        return CHL_REFUSAL_cbor_malformed;
    }
    size_t mark = scratch->used;
    struct builder b = {.in = in, .reader = {in.data, in.data + in.length}};
    /* An item is a byte at least; what is not used is given back. */
    b.room = in.length < CHL_CBOR_ITEMS ? (uint32_t)in.length : CHL_CBOR_ITEMS;
    b.nodes = chl_scratch_take(scratch, b.room * sizeof *b.nodes);
    if (b.nodes == NULL) {
        return CHL_REFUSAL_cbor_too_many;
    }
    chl_refusal refusal = build(&b);
    scratch->used = mark;
    if (refusal != CHL_REFUSAL_NONE) {
        return refusal;
    }
    out->nodes = chl_scratch_take(scratch, b.count * sizeof *b.nodes);
    out->count = b.count;
    out->input = in;
    return CHL_REFUSAL_NONE;
}
