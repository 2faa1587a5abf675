/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The stages that our signed codes share, in their order.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/cose/cose.h"
#include "lib/sniff/sniff.h"

static chl_refusal unpack(struct chl_scratch *scratch, struct chl_bytes text, struct chl_bytes *out)
{
    uint8_t *packed = chl_scratch_take(scratch, CHL_BASE45_DECODED_MAX(text.length));
    size_t length = 0;
    if (packed == NULL) {
        return CHL_REFUSAL_code_too_long;
    }
    if (chl_base45_decode((const char *)text.data, text.length, packed, &length) != CHL_OK) {
        return CHL_REFUSAL_base45_invalid;
    }
    chl_err error = chl_inflate(scratch, (struct chl_bytes){packed, length}, out);
    if (error == CHL_OK) {
        return CHL_REFUSAL_NONE;
    }
    return error == CHL_E_CORRUPT ? CHL_REFUSAL_zlib_invalid : CHL_REFUSAL_zlib_too_large;
}

/* A CWT time. 0 means "not stated" in the claims, so a stated epoch becomes its next second. */
static bool read_time(const struct chl_cbor_tree *claims, int64_t label, int64_t *out)
{
    const struct chl_cbor_node *node =
        chl_cbor_untag(claims, chl_cbor_int_key(claims, claims->nodes, label));
    if (chl_cbor_absent(node)) {
        return true;
    }
    if (!chl_cbor_seconds(node, out)) {
        return false;
    }
    *out = *out == 0 ? 1 : *out;
    return true;
}

static chl_refusal read_claims(struct chl_cose_message *message, struct chl_claims *out)
{
    const struct chl_cbor_tree *claims = &message->claims;
    if (claims->nodes->item.type != CHL_CBOR_MAP ||
        !read_time(claims, CHL_CWT_EXP, &message->expires_at) ||
        !read_time(claims, CHL_CWT_NBF, &message->not_before) ||
        !read_time(claims, CHL_CWT_IAT, &message->issued_at)) {
        return CHL_REFUSAL_claims_malformed;
    }
    out->expires_at = message->expires_at;
    out->not_before = message->not_before;
    out->issued_at = message->issued_at;
    const struct chl_cbor_node *issuer = chl_cbor_int_key(claims, claims->nodes, CHL_CWT_ISS);
    struct chl_bytes text;
    if (chl_cbor_absent(issuer)) {
        return CHL_REFUSAL_NONE;
    }
    if (!chl_cbor_text(issuer, &text)) {
        return CHL_REFUSAL_claims_malformed;
    }
    (void)chl_copy_n(out->issuer, sizeof out->issuer, (const char *)text.data, text.length);
    return CHL_REFUSAL_NONE;
}

static bool alg_supported(int64_t alg)
{
    return alg == CHL_ALG_ES256 || alg == CHL_ALG_PS256 || alg == CHL_ALG_EDDSA;
}

static chl_refusal decode(const struct chl_cose_format *format, struct chl_scratch *scratch,
                          struct chl_bytes text, struct chl_cose_message *message,
                          struct chl_claims *claims)
{
    struct chl_bytes cose = {NULL, 0};
    chl_refusal refusal = unpack(scratch, text, &cose);
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = chl_sign1_parse(scratch, cose, &message->sign1);
    }
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = chl_cbor_parse(scratch, message->sign1.payload, &message->claims);
    }
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = read_claims(message, claims);
    }
    if (refusal == CHL_REFUSAL_NONE && format->is_shaped != NULL &&
        !format->is_shaped(&message->claims)) {
        refusal = CHL_REFUSAL_claims_malformed;
    }
    return refusal;
}

static bool allows(const struct chl_trust_key *key, uint8_t usage)
{
    return key->usage == 0 || usage == 0 || (key->usage & usage) != 0;
}

/* Whether a key of this kind and algorithm made the signature. */
static bool made_it(const struct chl_cose_message *message, const struct chl_trust_key *key)
{
    return (key->kind & message->trusted) != 0 && key->alg == message->sign1.alg &&
           chl_trust_verify(key, message->signed_bytes, message->sign1.signature);
}

/* Why none of the keys could vouch. */
static chl_refusal why_unverified(const struct chl_cose_message *message)
{
    bool known = false, fitting = false;
    for (size_t i = 0; i < message->key_count; i++) {
        const struct chl_trust_key *key = &message->keys[i];
        bool believed = (key->kind & message->trusted) != 0;
        known = known || believed;
        fitting = fitting || (believed && key->alg == message->sign1.alg);
    }
    if (!known) {
        return CHL_REFUSAL_issuer_unknown;
    }
    if (!alg_supported(message->sign1.alg)) {
        return CHL_REFUSAL_alg_unsupported;
    }
    return fitting ? CHL_REFUSAL_signature_invalid : CHL_REFUSAL_key_type_mismatch;
}

/* Every key with the identifier is tried: it is only eight bytes of a hash. */
static chl_refusal verify(const struct chl_cose_format *format, const struct chl_trust *trust,
                          struct chl_scratch *scratch, struct chl_cose_message *message)
{
    message->trusted = format->trusted;
    message->key_count = chl_trust_find(trust, message->sign1.kid, &message->keys);
    message->signed_bytes = chl_sign1_signed_bytes(scratch, &message->sign1);
    if (message->signed_bytes.data == NULL) {
        return CHL_REFUSAL_code_too_long;
    }
    for (size_t i = 0; i < message->key_count; i++) {
        if (made_it(message, &message->keys[i])) {
            message->key = &message->keys[i];
            return CHL_REFUSAL_NONE;
        }
    }
    return why_unverified(message);
}

/* What follows the prefix, without what scanners put around a code. False: of another format. */
static bool after_prefix(const struct chl_cose_format *format, const uint8_t *bytes, size_t length,
                         struct chl_bytes *text)
{
    struct chl_bytes code = {bytes, length};
    chl_code_trim(&code.data, &code.length);
    size_t prefix = strlen(format->prefix);
    if (code.length < prefix || memcmp(code.data, format->prefix, prefix) != 0) {
        return false;
    }
    *text = (struct chl_bytes){code.data + prefix, code.length - prefix};
    return true;
}

bool chl_cose_open(const struct chl_cose_format *format, const struct chl_trust *trust,
                   struct chl_scratch *scratch, const uint8_t *bytes, size_t length,
                   struct chl_inspection *out, struct chl_cose_message *message)
{
    struct chl_bytes text;
    memset(message, 0, sizeof *message);
    if (!after_prefix(format, bytes, length, &text)) {
        out->outcome = CHL_NOT_MINE;
        return false;
    }
    out->format = format->format;
    chl_refusal refusal = length <= CHL_CODE_MAX
                              ? decode(format, scratch, text, message, &out->claims)
                              : CHL_REFUSAL_code_too_long;
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = verify(format, trust, scratch, message);
    }
    if (refusal != CHL_REFUSAL_NONE) {
        chl_refuse(out, refusal);
        return false;
    }
    out->is_signed = true;
    out->claims.trusted_at = message->key->updated_s;
    return true;
}

bool chl_cose_read(const struct chl_cose_format *format, struct chl_scratch *scratch,
                   const uint8_t *bytes, size_t length, struct chl_cose_message *message)
{
    struct chl_claims claims = {.size = (uint32_t)sizeof claims};
    struct chl_bytes text;
    memset(message, 0, sizeof *message);
    return length <= CHL_CODE_MAX && after_prefix(format, bytes, length, &text) &&
           decode(format, scratch, text, message, &claims) == CHL_REFUSAL_NONE;
}

static chl_refusal judge_time(const struct chl_cose_message *message, int64_t now_s, int64_t skew_s)
{
    if (message->expires_at == 0) {
        return CHL_REFUSAL_expiry_missing;
    }
    if (message->expires_at <= now_s - skew_s) {
        return CHL_REFUSAL_expired;
    }
    if (message->not_before > now_s + skew_s || message->issued_at > now_s + skew_s) {
        return CHL_REFUSAL_not_yet_valid;
    }
    return CHL_REFUSAL_NONE;
}

/* A certificate vouches while it is valid: now, and when the document was signed. The EU's rules
 * let no document outlive the certificate that signed it, so one that does was not made by the
 * rules; and the public test data expects both ends to be looked at. A bare key has no term. */
static chl_refusal judge_certificate(const struct chl_cose_message *message,
                                     const struct chl_trust_key *key, int64_t now_s, int64_t skew_s)
{
    int64_t issued_s = message->issued_at != 0 ? message->issued_at : now_s;
    if (key->kind != CHL_TRUST_CERTIFICATE) {
        return CHL_REFUSAL_NONE;
    }
    if (key->valid_until < now_s - skew_s || key->valid_until < issued_s - skew_s) {
        return CHL_REFUSAL_certificate_expired;
    }
    if (key->valid_from > now_s + skew_s || key->valid_from > issued_s + skew_s) {
        return CHL_REFUSAL_certificate_not_yet_valid;
    }
    return CHL_REFUSAL_NONE;
}

/* The key that made the signature, may sign such a document and is valid; else the first that may;
 * else key_usage. */
static chl_refusal settle_key(struct chl_cose_message *message, uint8_t usage, int64_t now_s,
                              int64_t skew_s)
{
    const struct chl_trust_key *end = message->keys + message->key_count, *first = message->key;
    chl_refusal refusal = CHL_REFUSAL_key_usage;
    for (const struct chl_trust_key *key = first; key < end; key++) {
        if (!allows(key, usage) || (key != first && !made_it(message, key))) {
            continue;
        }
        chl_refusal of_key = judge_certificate(message, key, now_s, skew_s);
        if (of_key == CHL_REFUSAL_NONE || refusal == CHL_REFUSAL_key_usage) {
            message->key = key;
            refusal = of_key;
        }
        if (refusal == CHL_REFUSAL_NONE) {
            break;
        }
    }
    return refusal;
}

bool chl_cose_judge(struct chl_cose_message *message, uint8_t usage, int64_t now_ns,
                    int64_t skew_ns, struct chl_inspection *out)
{
    int64_t now_s = now_ns / CHL_NS_PER_S, skew_s = skew_ns / CHL_NS_PER_S;
    chl_refusal refusal = settle_key(message, usage, now_s, skew_s);
    if (refusal != CHL_REFUSAL_key_usage) {
        /* What is wrong with the document itself is said before what is wrong with who signed. */
        chl_refusal of_document = judge_time(message, now_s, skew_s);
        refusal = of_document != CHL_REFUSAL_NONE ? of_document : refusal;
        out->claims.trusted_at = message->key->updated_s;
    }
    if (refusal != CHL_REFUSAL_NONE) {
        chl_refuse(out, refusal);
        return false;
    }
    return true;
}

void chl_cose_accept(struct chl_inspection *out)
{
    out->outcome = CHL_CLAIMED;
    out->stage = CHL_STAGE_DONE;
    out->reason[0] = '\0';
}
