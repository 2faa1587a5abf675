/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Finds and reads values in a checked CBOR tree.
 */
#include <string.h>

#include "lib/cose/cbor.h"

static bool is_map(const struct chl_cbor_node *node)
{
    return node != NULL && node->item.type == CHL_CBOR_MAP;
}

const struct chl_cbor_node *chl_cbor_int_key(const struct chl_cbor_tree *tree,
                                             const struct chl_cbor_node *map, int64_t key)
{
    if (!is_map(map)) {
        return NULL;
    }
    uint8_t type = key < 0 ? CHL_CBOR_NEGINT : CHL_CBOR_UINT;
    uint64_t value = key < 0 ? (uint64_t)(-1 - key) : (uint64_t)key;
    const struct chl_cbor_node *end = tree->nodes + map->after;
    for (const struct chl_cbor_node *at = map + 1; at < end; at = tree->nodes + at[1].after) {
        if (at->item.type == type && at->item.value == value) {
            return at + 1;
        }
    }
    return NULL;
}

const struct chl_cbor_node *chl_cbor_text_key(const struct chl_cbor_tree *tree,
                                              const struct chl_cbor_node *map, const char *key)
{
    if (!is_map(map)) {
        return NULL;
    }
    size_t length = strlen(key);
    const struct chl_cbor_node *end = tree->nodes + map->after;
    for (const struct chl_cbor_node *at = map + 1; at < end; at = tree->nodes + at[1].after) {
        const struct chl_cbor_item *item = &at->item;
        /* Keys are short and mostly differ in their first byte. */
        if (item->type == CHL_CBOR_TEXT && item->bytes.length == length &&
            (length == 0 || (item->bytes.data[0] == (uint8_t)key[0] &&
                             memcmp(item->bytes.data, key, length) == 0))) {
            return at + 1;
        }
    }
    return NULL;
}

const struct chl_cbor_node *chl_cbor_element(const struct chl_cbor_tree *tree,
                                             const struct chl_cbor_node *array, uint32_t index)
{
    if (array == NULL || array->item.type != CHL_CBOR_ARRAY || index >= array->item.value) {
        return NULL;
    }
    const struct chl_cbor_node *at = array + 1;
    for (uint32_t i = 0; i < index; i++) {
        at = tree->nodes + at->after;
    }
    return at;
}

const struct chl_cbor_node *chl_cbor_untag(const struct chl_cbor_tree *tree,
                                           const struct chl_cbor_node *node)
{
    (void)tree; /* what a tag holds follows it */
    while (node != NULL && node->item.type == CHL_CBOR_TAG) {
        node++;
    }
    return node;
}

bool chl_cbor_absent(const struct chl_cbor_node *node)
{
    return node == NULL || node->item.type == CHL_CBOR_NULL;
}

/* Whole numbers that a double holds exactly. */
static const double exact_max = 9007199254740992.0;

bool chl_cbor_int(const struct chl_cbor_node *node, int64_t *out)
{
    if (node == NULL) {
        return false;
    }
    const struct chl_cbor_item *item = &node->item;
    if ((item->type == CHL_CBOR_UINT || item->type == CHL_CBOR_NEGINT) &&
        item->value <= INT64_MAX) {
        *out = item->type == CHL_CBOR_UINT ? (int64_t)item->value : -1 - (int64_t)item->value;
        return true;
    }
    if (item->type == CHL_CBOR_FLOAT && item->number >= -exact_max && item->number <= exact_max) {
        int64_t whole = (int64_t)item->number;
        *out = whole;
        return (double)whole >= item->number && (double)whole <= item->number;
    }
    return false;
}

bool chl_cbor_seconds(const struct chl_cbor_node *node, int64_t *out)
{
    if (node == NULL || node->item.type != CHL_CBOR_FLOAT) {
        return chl_cbor_int(node, out);
    }
    double number = node->item.number;
    if (!(number >= -exact_max && number <= exact_max)) { /* NaN is neither */
        return false;
    }
    int64_t whole = (int64_t)number;
    *out = (double)whole > number ? whole - 1 : whole;
    return true;
}

static bool string(const struct chl_cbor_node *node, chl_cbor_type type, struct chl_bytes *out)
{
    if (node == NULL || node->item.type != type) {
        return false;
    }
    *out = node->item.bytes;
    return true;
}

bool chl_cbor_text(const struct chl_cbor_node *node, struct chl_bytes *out)
{
    return string(node, CHL_CBOR_TEXT, out);
}

bool chl_cbor_byte_string(const struct chl_cbor_node *node, struct chl_bytes *out)
{
    return string(node, CHL_CBOR_BYTES, out);
}
