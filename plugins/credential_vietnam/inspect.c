/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which of the formats a code is in, and what came of reading it.
 */
#include "plugins/credential_vietnam/vietnam.h"

void vietnam_inspect(vietnam_formats formats, const uint8_t *bytes, size_t length,
                     struct chl_inspection *out)
{
    struct chl_fields fields;
    chl_refusal refusal = CHL_REFUSAL_NONE;
    chl_format format = chl_sniff_fields(bytes, length, &fields);
    if (format == CHL_FORMAT_UNKNOWN || (formats & 1U << format) == 0) {
        out->outcome = CHL_NOT_MINE;
        return;
    }
    out->format = (uint8_t)format;
    out->claims.party = 1;
    if (format == CHL_FORMAT_CCCD) {
        refusal = vietnam_read_cccd(&fields, &out->claims);
    } else if (format == CHL_FORMAT_BHYT) {
        refusal = vietnam_read_bhyt(&fields, &out->claims);
    } else {
        refusal = vietnam_read_pccovid(&fields, &out->claims);
    }
    if (refusal != CHL_REFUSAL_NONE) {
        chl_refuse(out, refusal);
        return;
    }
    out->outcome = CHL_CLAIMED;
    out->stage = CHL_STAGE_DONE;
}
