/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Lookups in the table of reasons and in that of refusals.
 */
#include "lib/text/reasons.h"

#include <string.h>

static const struct chl_reason_text reasons[CHL_REASON_COUNT] = {
    [CHL_REASON_NONE] = {"none", CHL_VERDICT_NONE, "", "", "", ""},
#define CHL_REASON(name, id, verdict, vi, vi_next, en, en_next)                                    \
    [CHL_REASON_##name] = {id, verdict, vi, vi_next, en, en_next},
#include "lib/text/reasons.def"
#undef CHL_REASON
};

static const struct {
    const char *refusal;
    chl_reason reason;
} refusals[] = {
#define CHL_REFUSAL_REASON(refusal, reason) {refusal, CHL_REASON_##reason},
#include "lib/text/refusals.def"
#undef CHL_REFUSAL_REASON
};

/** For refusals in a plugin's own words. */
static const chl_reason by_stage[CHL_STAGE_COUNT] = {
    [CHL_STAGE_PICTURE] = CHL_REASON_CODE_UNREADABLE,
    [CHL_STAGE_PREFIX] = CHL_REASON_FORMAT_UNKNOWN,
    [CHL_STAGE_BASE45] = CHL_REASON_CODE_DAMAGED,
    [CHL_STAGE_ZLIB] = CHL_REASON_CODE_DAMAGED,
    [CHL_STAGE_CBOR] = CHL_REASON_CODE_DAMAGED,
    [CHL_STAGE_COSE] = CHL_REASON_CODE_DAMAGED,
    [CHL_STAGE_ISSUER] = CHL_REASON_ISSUER_UNKNOWN,
    [CHL_STAGE_SIGNATURE] = CHL_REASON_SIGNATURE_INVALID,
    [CHL_STAGE_KEY_USAGE] = CHL_REASON_KEY_USAGE,
    [CHL_STAGE_TIME] = CHL_REASON_DOCUMENT_EXPIRED,
    [CHL_STAGE_SCHEMA] = CHL_REASON_SCHEMA_INVALID,
    [CHL_STAGE_DONE] = CHL_REASON_CODE_UNREADABLE,
};

const struct chl_reason_text *chl_reason_get(chl_reason reason)
{
    size_t index = (size_t)reason;
    return &reasons[index < CHL_REASON_COUNT ? index : CHL_REASON_NONE];
}

chl_reason chl_reason_by_id(const char *id)
{
    for (size_t i = 0; i < CHL_REASON_COUNT; i++) {
        if (strcmp(reasons[i].id, id) == 0) {
            return (chl_reason)i;
        }
    }
    return CHL_REASON_NONE;
}

chl_reason chl_reason_for_refusal(const char *refusal_id, chl_stage stage)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        if (strcmp(refusals[i].refusal, refusal_id) == 0) {
            return refusals[i].reason;
        }
    }
    size_t index = (size_t)stage;
    return index < CHL_STAGE_COUNT ? by_stage[index] : CHL_REASON_CODE_UNREADABLE;
}

const char *chl_reason_refusal(size_t index, chl_reason *out)
{
    if (index >= sizeof refusals / sizeof *refusals) {
        return NULL;
    }
    *out = refusals[index].reason;
    return refusals[index].refusal;
}

chl_reason chl_reason_for_document(const char *refusal_id, chl_stage stage, chl_format format)
{
    chl_reason reason = chl_reason_for_refusal(refusal_id, stage);
    bool declared = format == CHL_FORMAT_DECLARATION && reason == CHL_REASON_DOCUMENT_EXPIRED;
    return declared ? CHL_REASON_DECLARATION_EXPIRED : reason;
}
