/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The pipeline that our signed codes share: prefix, base45, zlib, CBOR, COSE_Sign1, issuer,
 *         signature; then key usage and time.
 *
 *  A credential plugin calls chl_cose_open(), looks into `message.claims`, calls chl_cose_judge()
 * with the kind of document it found, then checks its own schema. The stages are reported in the
 * order of chl_stage and the first failure wins. Everything lives in the lent scratch; reentrant.
 *  Sources: RFC 9052 (COSE), RFC 8392 (CWT), hcert-spec 1.0.8.
 */
#ifndef CHL_COSE_COSE_H
#define CHL_COSE_COSE_H

#include "lib/cose/base45.h"
#include "lib/cose/cbor.h"
#include "lib/cose/refusals.h"
#include "lib/cose/trust.h"
#include "lib/cose/zip.h"

/** Labels of COSE headers and CWT claims. */
enum {
    CHL_COSE_ALG = 1,
    CHL_COSE_KID = 4,
    CHL_CWT_ISS = 1,
    CHL_CWT_SUB = 2,
    CHL_CWT_EXP = 4,
    CHL_CWT_NBF = 5,
    CHL_CWT_IAT = 6,
    CHL_CWT_CTI = 7
};

/** What a format fixes. */
struct chl_cose_format {
    const char *prefix; /**< upper case, such as "HC1:" */
    uint8_t format;     /**< chl_format */
    uint8_t trusted;    /**< CHL_TRUST_… bits: kinds of keys that may vouch for it */
    /** Whether the payload has the containers of this format; checked at stage cbor, before anybody
     *  is believed. NULL: any map of claims will do. Pure. */
    bool (*is_shaped)(const struct chl_cbor_tree *claims);
};

/** A COSE_Sign1 message taken apart; borrowed from its input. */
struct chl_sign1 {
    struct chl_bytes protected_bytes, payload, signature;
    struct chl_bytes kid; /**< protected wins; length 0 = not stated */
    int64_t alg;          /**< protected wins; 0 = not stated */
};

/** A message whose signature was verified. Everything lies in the scratch or in the trust store. */
struct chl_cose_message {
    struct chl_sign1 sign1;
    struct chl_cbor_tree claims;      /**< the payload: its root is a map */
    const struct chl_trust_key *key;  /**< that made the signature; NULL until verified */
    const struct chl_trust_key *keys; /**< every key of the stated identifier */
    size_t key_count;
    struct chl_bytes signed_bytes;             /**< what `sign1.signature` was made over */
    uint8_t trusted;                           /**< of the format */
    int64_t issued_at, not_before, expires_at; /**< s since 1970 UTC, 0 = not stated */
};

/** Take a COSE_Sign1 apart: tagged 18, tagged 61(18), or untagged.
 *  @return CHL_REFUSAL_NONE, a cbor_… reason or cose_malformed. Thread: any. Blocks: never. */
chl_refusal chl_sign1_parse(struct chl_scratch *scratch, struct chl_bytes in,
                            struct chl_sign1 *out);

/** The bytes that are signed (Sig_structure of RFC 9052 §4.4), in the scratch; NULL data = no room.
 */
struct chl_bytes chl_sign1_signed_bytes(struct chl_scratch *scratch, const struct chl_sign1 *sign1);

/** Prefix to signature. Fills `out->format`, `is_signed` and, as far as they are known, the claims
 *  issuer, issued_at, not_before and expires_at; on refusal also outcome, stage and reason.
 *  What scanners put around a code is ignored (lib/sniff). A code without the prefix is
 * CHL_NOT_MINE.
 *  @return true when the signature stands and the caller goes on; false when `out` is final.
 *  Thread: any, concurrently. Blocks: never. */
bool chl_cose_open(const struct chl_cose_format *format, const struct chl_trust *trust,
                   struct chl_scratch *scratch, const uint8_t *bytes, size_t length,
                   struct chl_inspection *out, struct chl_cose_message *message);

/** Take a code apart and believe nothing of it: `message->claims` and the times, no key. For who
 *  shows what a code says and has asked elsewhere whether it stands. @return false: not of this
 *  format, or damaged. Thread: any, concurrently. Blocks: never. */
bool chl_cose_read(const struct chl_cose_format *format, struct chl_scratch *scratch,
                   const uint8_t *bytes, size_t length, struct chl_cose_message *message);

/** Key usage, then time: the document's, then the certificate's. @param usage the CHL_USAGE_… bit
 * of the document found, 0 = none applies. When the key that made the signature may not sign such a
 * document, the others of its identifier are asked whether they made it too: a renewed certificate
 * keeps its key and gets other usages or another term.
 *  @param skew_ns tolerance of the clocks, both ways.
 *  @return true when both stand; otherwise `out` is final. Thread: any. Blocks: never. */
bool chl_cose_judge(struct chl_cose_message *message, uint8_t usage, int64_t now_ns,
                    int64_t skew_ns, struct chl_inspection *out);

/** Finish: outcome CHL_CLAIMED, stage done, no reason. */
void chl_cose_accept(struct chl_inspection *out);

#endif
