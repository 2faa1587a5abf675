/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of the EU DCC plugin share: the certificate inside an HC1 code.
 */
#ifndef CHL_CREDENTIAL_HCERT_H
#define CHL_CREDENTIAL_HCERT_H

#include "lib/cose/cose.h"

/** A DCC: its map, and the entry that counts. */
struct hcert {
    const struct chl_cbor_tree *tree;
    const struct chl_cbor_node *dcc;
    const struct chl_cbor_node *name;    /**< map `nam`, NULL = absent */
    const struct chl_cbor_node *entries; /**< list v, t or r; NULL = not exactly one kind */
    const struct chl_cbor_node *entry;   /**< the latest of them; NULL = none */
    char kind;                           /**< 'v', 't', 'r'; 0 = not exactly one kind */
    uint8_t usage;                       /**< CHL_USAGE_… bit of the kind */
    unsigned minor;                      /**< schema version 1.<minor>; 0 when it is not stated */
};

/** True when the claims hold a DCC at all: −260 → {1: map}. */
bool hcert_is_shaped(const struct chl_cbor_tree *claims);
/** Find the parts; nothing is checked yet but the shape. */
void hcert_open(const struct chl_cbor_tree *claims, struct hcert *out);
/** Check against the DCC schema. @param latest_birth_s nobody is born after this (s since 1970). */
chl_refusal hcert_check(const struct hcert *hcert, int64_t latest_birth_s);
/** Copy what is stated into claims; what is malformed stays empty. */
void hcert_claims(const struct hcert *hcert, struct chl_claims *out);

/** A date (midnight UTC) or a date and time, with or without a zone (then UTC), also inside a tag
 * 0.
 *  `*has_time` may be NULL. */
bool hcert_time(const struct chl_cbor_tree *tree, const struct chl_cbor_node *node,
                int64_t *seconds, bool *has_time);

#endif
