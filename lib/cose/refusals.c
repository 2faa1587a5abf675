/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Identifiers, texts and stages of refusals, from their one table.
 */
#include "lib/cose/refusals.h"

#include "lib/base/text.h"

struct row {
    const char *id, *text;
    chl_stage stage;
};

static const struct row rows[CHL_REFUSAL_COUNT] = {[CHL_REFUSAL_NONE] = {"", "", CHL_STAGE_DONE},
#define CHL_REFUSAL_ROW(id, stage, text) [CHL_REFUSAL_##id] = {#id, text, stage},
                                                   CHL_REFUSALS(CHL_REFUSAL_ROW)
#undef CHL_REFUSAL_ROW
};

static const struct row *row_of(chl_refusal refusal)
{
    bool known = (unsigned)refusal < CHL_REFUSAL_COUNT;
    return &rows[known ? refusal : CHL_REFUSAL_NONE];
}

const char *chl_refusal_id(chl_refusal refusal)
{
    return row_of(refusal)->id;
}

const char *chl_refusal_text(chl_refusal refusal)
{
    return row_of(refusal)->text;
}

chl_stage chl_refusal_stage(chl_refusal refusal)
{
    return row_of(refusal)->stage;
}

void chl_refuse(struct chl_inspection *out, chl_refusal refusal)
{
    out->outcome = CHL_REFUSED;
    out->stage = (uint8_t)chl_refusal_stage(refusal);
    (void)chl_copy(out->reason, sizeof out->reason, chl_refusal_id(refusal));
}
