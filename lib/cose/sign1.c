/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Takes a COSE_Sign1 message apart and rebuilds the bytes that were signed.
 */
#include <string.h>

#include "lib/cose/cose.h"

enum { TAG_SIGN1 = 18, TAG_CWT = 61, HEADER_CRIT = 2, SIGN1_ITEMS = 4 };

static const struct chl_cbor_node *unwrap(const struct chl_cbor_tree *tree)
{
    const struct chl_cbor_node *node = tree->nodes;
    if (node->item.type == CHL_CBOR_TAG && node->item.value == TAG_CWT) {
        node++;
        if (node->item.type != CHL_CBOR_TAG) {
            return NULL; /* a CWT tag must enclose a COSE tag (RFC 8392 §6) */
        }
    }
    if (node->item.type == CHL_CBOR_TAG && node->item.value == TAG_SIGN1) {
        node++;
    }
    bool sound = node->item.type == CHL_CBOR_ARRAY && node->item.value == SIGN1_ITEMS;
    return sound ? node : NULL;
}

/* Take alg and kid from one header bucket, unless another bucket already gave them. */
static bool read_headers(const struct chl_cbor_tree *tree, const struct chl_cbor_node *map,
                         struct chl_sign1 *out)
{
    if (map->item.type != CHL_CBOR_MAP || chl_cbor_int_key(tree, map, HEADER_CRIT) != NULL) {
        return false; /* no critical header is understood, so none may be skipped */
    }
    const struct chl_cbor_node *alg = chl_cbor_int_key(tree, map, CHL_COSE_ALG);
    if (!chl_cbor_absent(alg) && out->alg == 0 && !chl_cbor_int(alg, &out->alg)) {
        return false;
    }
    const struct chl_cbor_node *kid = chl_cbor_int_key(tree, map, CHL_COSE_KID);
    return chl_cbor_absent(kid) || out->kid.length > 0 || chl_cbor_byte_string(kid, &out->kid);
}

static chl_refusal read_message(struct chl_scratch *scratch, struct chl_bytes in,
                                struct chl_sign1 *out)
{
    struct chl_cbor_tree tree, inner;
    chl_refusal refusal = chl_cbor_parse(scratch, in, &tree);
    if (refusal != CHL_REFUSAL_NONE) {
        return refusal;
    }
    const struct chl_cbor_node *message = unwrap(&tree);
    if (message == NULL ||
        !chl_cbor_byte_string(chl_cbor_element(&tree, message, 0), &out->protected_bytes) ||
        !chl_cbor_byte_string(chl_cbor_element(&tree, message, 2), &out->payload) ||
        !chl_cbor_byte_string(chl_cbor_element(&tree, message, 3), &out->signature)) {
        return CHL_REFUSAL_cose_malformed;
    }
    if (out->protected_bytes.length > 0) {
        refusal = chl_cbor_parse(scratch, out->protected_bytes, &inner);
        if (refusal != CHL_REFUSAL_NONE) {
            return refusal;
        }
        if (!read_headers(&inner, inner.nodes, out)) {
            return CHL_REFUSAL_cose_malformed;
        }
    }
    bool sound = read_headers(&tree, chl_cbor_element(&tree, message, 1), out);
    return sound ? CHL_REFUSAL_NONE : CHL_REFUSAL_cose_malformed;
}

chl_refusal chl_sign1_parse(struct chl_scratch *scratch, struct chl_bytes in, struct chl_sign1 *out)
{
    /* What is found lies in the input, so the trees can go. */
    size_t mark = scratch->used;
    memset(out, 0, sizeof *out);
    chl_refusal refusal = read_message(scratch, in, out);
    scratch->used = mark;
    return refusal;
}

struct chl_bytes chl_sign1_signed_bytes(struct chl_scratch *scratch, const struct chl_sign1 *sign1)
{
    enum { HEADS_MAX = 32 };
    size_t mark = scratch->used;
    size_t size = sign1->protected_bytes.length + sign1->payload.length + HEADS_MAX;
    struct chl_bytes none = {NULL, 0};
    uint8_t *bytes = chl_scratch_take(scratch, size);
    if (bytes == NULL) {
        return none;
    }
    struct chl_cbor_writer writer;
    chl_cbor_begin(&writer, bytes, size);
    chl_cbor_put_array(&writer, SIGN1_ITEMS);
    chl_cbor_put_text(&writer, "Signature1");
    chl_cbor_put_bytes(&writer, sign1->protected_bytes.data, sign1->protected_bytes.length);
    chl_cbor_put_bytes(&writer, NULL, 0); /* no external data */
    chl_cbor_put_bytes(&writer, sign1->payload.data, sign1->payload.length);
    size_t length = 0;
    if (chl_cbor_end(&writer, &length) != CHL_OK) {
        scratch->used = mark;
        return none;
    }
    return (struct chl_bytes){bytes, length};
}
