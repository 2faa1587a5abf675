/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Bounded CBOR: a pull reader over libcbor's stream decoder, a checked tree in lent memory,
 *         and a writer into a fixed buffer.
 *
 *  Arrays and maps of indefinite length are read; strings in chunks are refused (no issuer makes
 *  them and they would have to be copied). Map keys are integers, text or bytes.
 *  Source: RFC 8949.
 */
#ifndef CHL_COSE_CBOR_H
#define CHL_COSE_CBOR_H

#include "lib/cose/bytes.h"
#include "lib/cose/refusals.h"

enum {
    CHL_CBOR_DEPTH = 16,   /**< containers and tags inside each other */
    CHL_CBOR_ITEMS = 2048, /**< items of one tree */
    CHL_CBOR_PAIRS = 128   /**< pairs of one map */
};

typedef enum {
    CHL_CBOR_NONE = 0, /**< absent */
    CHL_CBOR_UINT,     /**< value */
    CHL_CBOR_NEGINT,   /**< −1 − value */
    CHL_CBOR_BYTES,    /**< bytes */
    CHL_CBOR_TEXT,     /**< bytes, valid UTF-8 without NUL, not NUL-terminated */
    CHL_CBOR_ARRAY,    /**< value = items */
    CHL_CBOR_MAP,      /**< value = pairs */
    CHL_CBOR_TAG,      /**< value = tag; one item follows */
    CHL_CBOR_BOOL,     /**< value = 0 or 1 */
    CHL_CBOR_NULL,     /**< null and undefined */
    CHL_CBOR_FLOAT,    /**< number */
    CHL_CBOR_BREAK     /**< end of an indefinite container; reader only */
} chl_cbor_type;

/** One item head, with the content of a string. */
struct chl_cbor_item {
    uint8_t type;    /**< chl_cbor_type */
    bool indefinite; /**< ARRAY, MAP: ends at a BREAK; value is 0 */
    union {
        uint64_t value;
        double number;
        struct chl_bytes bytes; /**< borrowed from the input */
    };
};

struct chl_cbor_reader {
    const uint8_t *at, *end;
};

/** Read the next head. Lengths beyond the input, chunked strings, reserved heads and bad UTF-8 are
 *  refused. @return CHL_REFUSAL_NONE or the reason; the reader has not moved then.
 *  Thread: any. Blocks: never. */
chl_refusal chl_cbor_next(struct chl_cbor_reader *reader, struct chl_cbor_item *item);

/** A node: an item and where its successor is. Node 0 is the root; children follow their parent. */
struct chl_cbor_node {
    struct chl_cbor_item item; /**< counts are known here also for indefinite containers */
    uint32_t after;            /**< index of the first node behind this one's subtree */
    uint32_t offset, length;   /**< where its encoding lies in the input */
};

/** A whole item, checked: bounded, no duplicate keys, nothing behind it. */
struct chl_cbor_tree {
    const struct chl_cbor_node *nodes; /**< in the scratch */
    uint32_t count;
    struct chl_bytes input;
};

/** Read one whole item. @return CHL_REFUSAL_NONE or the reason. Thread: any. Blocks: never. */
chl_refusal chl_cbor_parse(struct chl_scratch *scratch, struct chl_bytes in,
                           struct chl_cbor_tree *out);

/** Value of an integer or text key of map `map`, NULL when absent or `map` is not a map (or NULL).
 */
const struct chl_cbor_node *chl_cbor_int_key(const struct chl_cbor_tree *tree,
                                             const struct chl_cbor_node *map, int64_t key);
const struct chl_cbor_node *chl_cbor_text_key(const struct chl_cbor_tree *tree,
                                              const struct chl_cbor_node *map, const char *key);
/** Element `index` of an array, NULL when there is none. */
const struct chl_cbor_node *chl_cbor_element(const struct chl_cbor_tree *tree,
                                             const struct chl_cbor_node *array, uint32_t index);
/** The item inside any tags. NULL stays NULL. */
const struct chl_cbor_node *chl_cbor_untag(const struct chl_cbor_tree *tree,
                                           const struct chl_cbor_node *node);
/** True when the node is absent, null or undefined. */
bool chl_cbor_absent(const struct chl_cbor_node *node);
/** An integer, also one written as a whole-number float. False when it is none or out of range. */
bool chl_cbor_int(const struct chl_cbor_node *node, int64_t *out);
/** A point in time in seconds (RFC 8392 §2): an integer or any float, its fraction cut off
 *  downwards. False when it is none or out of range. */
bool chl_cbor_seconds(const struct chl_cbor_node *node, int64_t *out);
/** Text or bytes as they lie in the input; false when the node is not of that type. */
bool chl_cbor_text(const struct chl_cbor_node *node, struct chl_bytes *out);
bool chl_cbor_byte_string(const struct chl_cbor_node *node, struct chl_bytes *out);

/** A writer into a fixed buffer; overflow is sticky. */
struct chl_cbor_writer {
    uint8_t *out;
    size_t size, length;
    bool overflow;
};

void chl_cbor_begin(struct chl_cbor_writer *writer, uint8_t *out, size_t size);
/** @return CHL_OK, or CHL_E_LIMIT when it did not fit. `*length` = bytes written. */
chl_err chl_cbor_end(const struct chl_cbor_writer *writer, size_t *length);
void chl_cbor_put_int(struct chl_cbor_writer *writer, int64_t value);
void chl_cbor_put_bytes(struct chl_cbor_writer *writer, const void *bytes, size_t length);
void chl_cbor_put_text(struct chl_cbor_writer *writer, const char *text); /**< NUL-terminated */
void chl_cbor_put_array(struct chl_cbor_writer *writer, size_t items);
void chl_cbor_put_map(struct chl_cbor_writer *writer, size_t pairs);
void chl_cbor_put_tag(struct chl_cbor_writer *writer, uint64_t tag);
void chl_cbor_put_bool(struct chl_cbor_writer *writer, bool value);
void chl_cbor_put_null(struct chl_cbor_writer *writer);
void chl_cbor_put_double(struct chl_cbor_writer *writer, double value);
/** An item that is already encoded. */
void chl_cbor_put_raw(struct chl_cbor_writer *writer, struct chl_bytes encoded);

#endif
