/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as one CBOR item; every node of an accepted tree must lie inside the
 * input.
 */
#include <stdlib.h>

#include "lib/cose/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_node(const struct chl_cbor_tree *tree, uint32_t index)
{
    const struct chl_cbor_node *node = &tree->nodes[index];
    struct chl_bytes text;
    int64_t number = 0;
    must(node->after > index && node->after <= tree->count);
    must(node->length > 0 && node->offset + node->length <= tree->input.length);
    if (chl_cbor_text(node, &text) || chl_cbor_byte_string(node, &text)) {
        must(text.data >= tree->input.data &&
             text.data + text.length <= tree->input.data + tree->input.length);
    }
    (void)chl_cbor_int(node, &number);
    must(chl_cbor_untag(tree, node) < tree->nodes + tree->count);
    (void)chl_cbor_int_key(tree, node, -260);
    (void)chl_cbor_text_key(tree, node, "nam");
    if (node->item.type == CHL_CBOR_ARRAY && node->item.value > 0) {
        must(chl_cbor_element(tree, node, (uint32_t)node->item.value - 1) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    struct chl_cbor_tree tree;
    if (chl_cbor_parse(&scratch, (struct chl_bytes){data, size}, &tree) != CHL_REFUSAL_NONE) {
        return 0;
    }
    must(tree.count > 0 && tree.nodes[0].after == tree.count);
    must(tree.nodes[0].length == size);
    for (uint32_t i = 0; i < tree.count; i++) {
        check_node(&tree, i);
    }
    return 0;
}
