/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief PC-Covid's personal code.
 *
 *  Document | name in capitals of ASCII | YYYY-MM-DD | 0 for oneself, 1 for another | QID | more;
 *  more is parted by `<`: declarer's QID, sex, insurance number, telephone, signature
 *  (QĐ 1405/QĐ-BTTTT of 2021). The application can mask the number, the day and the month.
 */
#include "plugins/credential_vietnam/vietnam.h"

#include <string.h>

enum { NUMBER, NAME, BIRTH, RELATION, QID, MORE };
enum { MORE_DECLARER, MORE_SEX, MORE_INSURANCE, MORE_PHONE, MORE_COUNT };

static void split_more(const struct chl_field *field, struct chl_field out[MORE_COUNT])
{
    const char *at = field->at, *end = field->at + field->length;
    for (size_t i = 0; i < MORE_COUNT; i++) {
        const char *mark = memchr(at, '<', (size_t)(end - at));
        const char *stop = mark == NULL ? end : mark;
        out[i] = (struct chl_field){.at = at, .length = (size_t)(stop - at)};
        at = mark == NULL ? end : mark + 1;
    }
}

static bool put_number(struct chl_claims *claims, struct chl_field field)
{
    return vietnam_put_citizen(claims, field) ||
           vietnam_put_document(claims, CHL_DOCUMENT_PASSPORT, field);
}

static void put_qid(struct chl_claims *claims, struct chl_field field)
{
    for (size_t i = 0; i < field.length; i++) {
        if (field.at[i] < '0' || field.at[i] > '9') {
            return;
        }
    }
    (void)vietnam_put_document(claims, CHL_DOCUMENT_QID, field);
}

/* The QID where there is one, so that the code is the same person's masked or not. */
static void put_id(struct chl_claims *claims)
{
    const char *number = claims->document_count > 0 ? claims->documents[0].number : NULL;
    for (size_t i = 0; i < claims->document_count; i++) {
        if (claims->documents[i].kind == CHL_DOCUMENT_QID) {
            number = claims->documents[i].number;
        }
    }
    if (number != NULL) {
        vietnam_put_id(claims, "pccovid", number);
    }
}

chl_refusal vietnam_read_pccovid(const struct chl_fields *fields, struct chl_claims *claims)
{
    const struct chl_field *at = fields->at;
    struct chl_field more[MORE_COUNT];
    chl_refusal refusal = vietnam_put_name(claims, at[NAME]);
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = vietnam_put_birth(claims, at[BIRTH]);
    }
    if (refusal != CHL_REFUSAL_NONE) {
        return refusal;
    }
    if (!put_number(claims, at[NUMBER])) {
        claims->missing |= CHL_MISSING_DOCUMENT;
    }
    put_qid(claims, vietnam_trim(at[QID]));
    split_more(&at[MORE], more);
    vietnam_put_sex(claims, more[MORE_SEX]);
    (void)vietnam_put_insurance(claims, more[MORE_INSURANCE]);
    vietnam_put_phone(claims, more[MORE_PHONE]);
    vietnam_note_missing(claims, false);
    put_id(claims);
    return CHL_REFUSAL_NONE;
}
