/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Every reason for which a signed code can be refused: one table, stable identifiers.
 *
 *  Identifiers are shorter than the `reason` of chl_inspection (32 bytes) and never change meaning.
 */
#ifndef CHL_COSE_REFUSALS_H
#define CHL_COSE_REFUSALS_H

#include <chilang/credential.h>

/** Identifier, stage at which it is reported, English text for technicians. */
#define CHL_REFUSALS(X)                                                                            \
    X(picture_unreadable, CHL_STAGE_PICTURE, "no code could be read in the picture")               \
    X(code_too_long, CHL_STAGE_PREFIX, "the code is longer than any real one")                     \
    X(format_unknown, CHL_STAGE_PREFIX, "no known format starts like this")                        \
    X(format_unsupported, CHL_STAGE_PREFIX, "a known format that is not read yet")                 \
    X(place_code, CHL_STAGE_PREFIX, "a place's code, which visitors scan")                         \
    X(text_mangled, CHL_STAGE_PREFIX, "the scanner or its keyboard changed the text")              \
    X(base45_invalid, CHL_STAGE_BASE45, "not base45 (RFC 9285)")                                   \
    X(zlib_invalid, CHL_STAGE_ZLIB, "not one complete zlib stream")                                \
    X(zlib_too_large, CHL_STAGE_ZLIB, "inflates to more than 64 KiB")                              \
    X(cbor_malformed, CHL_STAGE_CBOR, "not well-formed CBOR")                                      \
    X(cbor_too_deep, CHL_STAGE_CBOR, "CBOR nested deeper than 16")                                 \
    X(cbor_too_many, CHL_STAGE_CBOR, "too many CBOR items")                                        \
    X(cbor_duplicate_key, CHL_STAGE_CBOR, "a CBOR map has the same key twice")                     \
    X(cbor_trailing, CHL_STAGE_CBOR, "bytes follow the CBOR item")                                 \
    X(cbor_text_invalid, CHL_STAGE_CBOR, "CBOR text is not UTF-8")                                 \
    X(claims_malformed, CHL_STAGE_CBOR, "the payload is not a map of CWT claims")                  \
    X(cose_malformed, CHL_STAGE_COSE, "not a COSE_Sign1 message")                                  \
    X(issuer_unknown, CHL_STAGE_ISSUER, "no trusted key has this key identifier")                  \
    X(revoked, CHL_STAGE_ISSUER, "its issuer took it back, or the key is believed no longer")      \
    X(alg_unsupported, CHL_STAGE_SIGNATURE, "algorithm is not ES256, PS256 or EdDSA")              \
    X(key_type_mismatch, CHL_STAGE_SIGNATURE, "the algorithm does not fit the trusted key")        \
    X(signature_invalid, CHL_STAGE_SIGNATURE, "no trusted key made this signature")                \
    X(key_usage, CHL_STAGE_KEY_USAGE, "the certificate may not sign this kind of document")        \
    X(expiry_missing, CHL_STAGE_TIME, "the code states no expiry")                                 \
    X(expired, CHL_STAGE_TIME, "the code has expired")                                             \
    X(not_yet_valid, CHL_STAGE_TIME, "the code is not valid yet")                                  \
    X(certificate_expired, CHL_STAGE_TIME, "the certificate ended before now or before it signed") \
    X(certificate_not_yet_valid, CHL_STAGE_TIME,                                                   \
      "the certificate begins after now or the signing")                                           \
    X(life_too_long, CHL_STAGE_TIME, "the code lives longer than the site accepts")                \
    X(schema_missing, CHL_STAGE_SCHEMA, "a required field is missing")                             \
    X(schema_type, CHL_STAGE_SCHEMA, "a field has the wrong type")                                 \
    X(schema_length, CHL_STAGE_SCHEMA, "a field is too long")                                      \
    X(schema_value, CHL_STAGE_SCHEMA, "a field has a value that is not allowed")                   \
    X(schema_kind, CHL_STAGE_SCHEMA, "not exactly one entry of one kind")

typedef enum {
    CHL_REFUSAL_NONE = 0,
#define CHL_REFUSAL_ENUM(id, stage, text) CHL_REFUSAL_##id,
    CHL_REFUSALS(CHL_REFUSAL_ENUM)
#undef CHL_REFUSAL_ENUM
        CHL_REFUSAL_COUNT
} chl_refusal;

/** Identifier ("expired"), "" for CHL_REFUSAL_NONE. Thread: any. */
const char *chl_refusal_id(chl_refusal refusal);
/** English text, "" for CHL_REFUSAL_NONE. Thread: any. */
const char *chl_refusal_text(chl_refusal refusal);
/** Stage at which it is reported, CHL_STAGE_DONE for CHL_REFUSAL_NONE. Thread: any. */
chl_stage chl_refusal_stage(chl_refusal refusal);
/** Write outcome CHL_REFUSED, stage and reason into `out`; claims are left as they are. */
void chl_refuse(struct chl_inspection *out, chl_refusal refusal);

#endif
