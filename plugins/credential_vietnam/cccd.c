/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The identity card with a chip (căn cước công dân).
 *
 *  Number | old number | name | birth | sex | residence | date of issue; later cards have four more
 *  fields, which say nothing here (Thông tư 06/2021/TT-BCA).
 */
#include "plugins/credential_vietnam/vietnam.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/names/names.h"

enum { NUMBER, OLD_NUMBER, NAME, BIRTH, SEX, RESIDENCE, ISSUED };

chl_refusal vietnam_read_cccd(const struct chl_fields *fields, struct chl_claims *claims)
{
    const struct chl_field *at = fields->at;
    if (!vietnam_put_document(claims, CHL_DOCUMENT_CCCD, at[NUMBER])) {
        claims->missing |= CHL_MISSING_DOCUMENT; /* masked */
    }
    (void)vietnam_put_citizen(claims, at[OLD_NUMBER]);
    chl_refusal refusal = vietnam_put_name(claims, at[NAME]);
    if (refusal == CHL_REFUSAL_NONE && !vietnam_is_latin(&at[NAME])) {
        refusal = CHL_REFUSAL_text_mangled; /* the card has it in Latin letters */
    }
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = vietnam_put_birth(claims, at[BIRTH]);
    }
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = vietnam_put_address(claims, at[RESIDENCE]);
    }
    if (refusal != CHL_REFUSAL_NONE) {
        return refusal;
    }
    vietnam_put_sex(claims, at[SEX]);
    claims->issued_at = vietnam_day(at[ISSUED]);
    /* Only citizens have this card. */
    (void)chl_copy(claims->nationality, sizeof claims->nationality, "VN");
    bool accents_kept = chl_name_has_accents(claims->address) ||
                        memchr(at[SEX].at, '\xE1', at[SEX].length) != NULL; /* the ữ of Nữ */
    vietnam_note_missing(claims, accents_kept);
    if (claims->document_count > 0) {
        vietnam_put_id(claims, "cccd", claims->documents[0].number);
    }
    return CHL_REFUSAL_NONE;
}
