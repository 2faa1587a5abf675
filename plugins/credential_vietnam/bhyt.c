/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The health insurance card (thẻ bảo hiểm y tế), whose texts are in hexadecimal digits.
 *
 *  Number | name | birth | sex | residence | clinic | valid from | to | issued | manager | parent |
 *  area | five years | check | … | `$`; some cards have ten fields, some fifteen, some seventeen.
 *
 *  A keyboard-wedge scanner types these digits, and a Vietnamese input method takes AA, DD, EE and
 *  the like for the letters Â, Đ, Ê: that is refused as mangled, which no fault of the card's is.
 */
#include "plugins/credential_vietnam/vietnam.h"

#include "lib/names/names.h"

enum { NUMBER, NAME, BIRTH, SEX, RESIDENCE, CLINIC, VALID_FROM, VALID_TO, ISSUED };
enum { RESIDENCE_BYTES_MAX = 1024, LAST_SECOND = 24 * 3600 - 1 };

static chl_refusal read_number(struct chl_field field, struct chl_claims *claims)
{
    field = vietnam_trim(field);
    if (vietnam_put_insurance(claims, field)) {
        vietnam_put_id(claims, "bhyt", claims->documents[0].number);
        return CHL_REFUSAL_NONE;
    }
    claims->missing |= CHL_MISSING_DOCUMENT;
    if (field.length == 0 || vietnam_is_masked(&field)) {
        return CHL_REFUSAL_NONE;
    }
    for (size_t i = 0; i < field.length; i++) {
        if ((unsigned char)field.at[i] >= 0x80) {
            return CHL_REFUSAL_text_mangled; /* DD typed as Đ */
        }
    }
    return CHL_REFUSAL_schema_value;
}

static chl_refusal read_texts(const struct chl_fields *fields, struct chl_claims *claims)
{
    char name[sizeof claims->name - 1], residence[RESIDENCE_BYTES_MAX];
    struct chl_field text;
    chl_refusal refusal = vietnam_unhex(fields->at[NAME], name, sizeof name, &text);
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = vietnam_put_name(claims, text);
    }
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = vietnam_unhex(fields->at[RESIDENCE], residence, sizeof residence, &text);
    }
    return refusal == CHL_REFUSAL_NONE ? vietnam_put_address(claims, text) : refusal;
}

chl_refusal vietnam_read_bhyt(const struct chl_fields *fields, struct chl_claims *claims)
{
    const struct chl_field *at = fields->at;
    chl_refusal refusal = read_number(at[NUMBER], claims);
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = read_texts(fields, claims);
    }
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = vietnam_put_birth(claims, at[BIRTH]);
    }
    if (refusal != CHL_REFUSAL_NONE) {
        return refusal;
    }
    vietnam_put_sex(claims, at[SEX]);
    /* The term of the insurance. It is told, and judged by nobody: a card whose insurance has run
     * out names the same person. */
    int64_t last_day = vietnam_day(at[VALID_TO]);
    claims->not_before = vietnam_day(at[VALID_FROM]);
    claims->expires_at = last_day != 0 ? last_day + LAST_SECOND : 0;
    claims->issued_at = vietnam_day(at[ISSUED]);
    vietnam_note_missing(claims, chl_name_has_accents(claims->address));
    return CHL_REFUSAL_NONE;
}
