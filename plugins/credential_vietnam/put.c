/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Puts fields into the claims, in the form in which all formats have them.
 */
#include "plugins/credential_vietnam/vietnam.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/names/names.h"

#define DAY_NS (86400 * CHL_NS_PER_S)

/* Text in NFC into a field of the claims. */
static chl_refusal put_text(struct chl_field field, bool may_cut, char *out, size_t size)
{
    char text[CHL_NAME_MAX + 1];
    field = vietnam_trim(field);
    if (vietnam_has_controls(&field)) {
        return CHL_REFUSAL_schema_value;
    }
    bool whole = chl_copy_n(text, sizeof text, field.at, field.length);
    chl_err error = whole || may_cut ? chl_name_nfc(text, out, size) : CHL_E_LIMIT;
    switch (error) {
    case CHL_OK:
        return CHL_REFUSAL_NONE;
    case CHL_E_CORRUPT:
        return CHL_REFUSAL_text_mangled;
    case CHL_E_LIMIT:
        return CHL_REFUSAL_schema_length;
    default:
        return CHL_REFUSAL_schema_value;
    }
}

chl_refusal vietnam_put_name(struct chl_claims *claims, struct chl_field field)
{
    return put_text(field, false, claims->name, sizeof claims->name);
}

chl_refusal vietnam_put_address(struct chl_claims *claims, struct chl_field field)
{
    chl_refusal refusal = put_text(field, true, claims->address, sizeof claims->address);
    /* Nobody is turned away for a residence that is too long to be kept. */
    return refusal == CHL_REFUSAL_schema_length ? CHL_REFUSAL_NONE : refusal;
}

/* A short field as a string; false when it is longer than any date or sex. */
static bool copy_short(struct chl_field field, char out[32])
{
    return memchr(field.at, '\0', field.length) == NULL &&
           chl_copy_n(out, 32, field.at, field.length);
}

chl_refusal vietnam_put_birth(struct chl_claims *claims, struct chl_field field)
{
    char text[32];
    if (field.length == 1 && *field.at == '-') {
        return CHL_REFUSAL_NONE;
    }
    if (!copy_short(field, text) || chl_birth_normalise(text, claims->birth) == CHL_E_INVAL) {
        return CHL_REFUSAL_schema_value;
    }
    if (vietnam_is_masked(&field)) {
        claims->missing |= CHL_MISSING_BIRTH;
    }
    return CHL_REFUSAL_NONE;
}

void vietnam_drop_birth_ahead(struct chl_claims *claims, int64_t now_ns)
{
    char today[CHL_RFC3339_SIZE];
    chl_time_format(now_ns + DAY_NS, today); /* a day of grace for the time zones */
    if (strncmp(claims->birth, today, strlen(claims->birth)) > 0) {
        memset(claims->birth, 0, sizeof claims->birth);
        claims->missing |= CHL_MISSING_BIRTH;
    }
}

void vietnam_put_sex(struct chl_claims *claims, struct chl_field field)
{
    static const struct {
        const char *text;
        chl_sex sex;
    } forms[] = {{"1", CHL_SEX_MALE},         {"2", CHL_SEX_FEMALE}, {"Nam", CHL_SEX_MALE},
                 {"N\u1EEF", CHL_SEX_FEMALE}, {"nam", CHL_SEX_MALE}, {"nu", CHL_SEX_FEMALE}};
    char text[32], plain[CHL_NAME_KEY_SIZE];
    if (!copy_short(vietnam_trim(field), text)) {
        return;
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (strcmp(forms[i].text, text) == 0) {
            claims->sex = (uint8_t)forms[i].sex;
            return;
        }
    }
    /* The rarer ways to write it: capitals, decomposed, without accents. */
    if (chl_name_key_plain(text, plain, sizeof plain) == CHL_OK) {
        claims->sex = (uint8_t)(strcmp(plain, "nam") == 0  ? CHL_SEX_MALE
                                : strcmp(plain, "nu") == 0 ? CHL_SEX_FEMALE
                                                           : CHL_SEX_UNKNOWN);
    }
}

/* Capitals and digits without separators; false for anything else, a mask too. */
static bool normalise_number(const struct chl_field *field, char *out, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < field->length; i++) {
        char c = field->at[i];
        bool lower = c >= 'a' && c <= 'z';
        bool good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || lower;
        if (c == ' ' || c == '-' || c == '.') {
            continue;
        }
        if (!good || length + 1 >= size) {
            return false;
        }
        out[length++] = (char)(lower ? c - 'a' + 'A' : c);
    }
    out[length] = '\0';
    return true;
}

static bool has_form(const char *number, const char *form)
{
    const struct chl_field field = {.at = number, .length = strlen(number)};
    return chl_field_has_form(&field, form);
}

/* Any form of the kind; "" = of letters and digits, 5 or more. */
static const struct {
    chl_document_kind kind;
    const char *form;
} forms_of_numbers[] = {
    {CHL_DOCUMENT_CCCD, "000000000000"},
    {CHL_DOCUMENT_CMND, "000000000"},
    {CHL_DOCUMENT_BHYT, "AA0000000000000"},
    {CHL_DOCUMENT_BHYT, "0000000000"},
    {CHL_DOCUMENT_PASSPORT, ""},
    {CHL_DOCUMENT_QID, ""},
};

static bool is_of_kind(const char *number, chl_document_kind kind)
{
    enum { ANY_MIN = 5 };
    for (size_t i = 0; i < sizeof forms_of_numbers / sizeof *forms_of_numbers; i++) {
        const char *form = forms_of_numbers[i].form;
        bool fits = *form == '\0' ? strlen(number) >= ANY_MIN : has_form(number, form);
        if (forms_of_numbers[i].kind == kind && fits) {
            return true;
        }
    }
    return false;
}

bool vietnam_put_document(struct chl_claims *claims, chl_document_kind kind, struct chl_field field)
{
    struct chl_document made = {.kind = (uint8_t)kind};
    field = vietnam_trim(field);
    if (!normalise_number(&field, made.number, sizeof made.number) ||
        !is_of_kind(made.number, kind)) {
        return false;
    }
    for (size_t i = 0; i < claims->document_count; i++) {
        if (claims->documents[i].kind == made.kind &&
            strcmp(claims->documents[i].number, made.number) == 0) {
            return true;
        }
    }
    if (claims->document_count == CHL_CLAIM_DOCUMENTS_MAX) {
        return false;
    }
    if (claims->document_count == 0) {
        (void)chl_copy_n(claims->document, sizeof claims->document, field.at, field.length);
    }
    claims->documents[claims->document_count++] = made;
    return true;
}

bool vietnam_put_citizen(struct chl_claims *claims, struct chl_field field)
{
    return vietnam_put_document(claims, CHL_DOCUMENT_CCCD, field) ||
           vietnam_put_document(claims, CHL_DOCUMENT_CMND, field);
}

bool vietnam_put_insurance(struct chl_claims *claims, struct chl_field field)
{
    enum { LETTERED = 15, PERSONAL = 10 };
    char number[sizeof claims->documents[0].number];
    if (!vietnam_put_document(claims, CHL_DOCUMENT_BHYT, field) ||
        !normalise_number(&field, number, sizeof number)) {
        return false;
    }
    if (strlen(number) == LETTERED) {
        const struct chl_field personal = {.at = number + LETTERED - PERSONAL, .length = PERSONAL};
        (void)vietnam_put_document(claims, CHL_DOCUMENT_BHYT, personal);
    }
    return true;
}

void vietnam_put_phone(struct chl_claims *claims, struct chl_field field)
{
    enum { DIGITS_MIN = 8, DIGITS_MAX = 15 };
    size_t length = 0, from = 0;
    char phone[sizeof claims->phone];
    field = vietnam_trim(field);
    if (field.length > 0 && *field.at == '+') {
        phone[length++] = '+';
        from = 1;
    }
    for (size_t i = from; i < field.length; i++) {
        char c = field.at[i];
        if (c == ' ' || c == '.' || c == '-') {
            continue;
        }
        if (c < '0' || c > '9' || length == from + DIGITS_MAX) {
            return;
        }
        phone[length++] = c;
    }
    if (length >= from + DIGITS_MIN) {
        (void)chl_copy_n(claims->phone, sizeof claims->phone, phone, length);
    }
}

static unsigned number_of(const char *digits, size_t count)
{
    unsigned number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number * 10 + (unsigned)(digits[i] - '0');
    }
    return number;
}

int64_t vietnam_day(struct chl_field field)
{
    enum { WHOLE_DATE = 10, UTC_PLUS_7_S = 7 * 3600, DAY_S = 24 * 3600 };
    char text[32], date[CHL_BIRTH_SIZE];
    if (!copy_short(field, text) || chl_birth_normalise(text, date) != CHL_OK ||
        strlen(date) != WHOLE_DATE) {
        return 0;
    }
    unsigned year = number_of(date, 4), month = number_of(date + 5, 2);
    return chl_days_from_civil((int)year, month, number_of(date + 8, 2)) * DAY_S - UTC_PLUS_7_S;
}

/* A keyboard that cannot type a letter types `?`; a converter leaves U+FFFD. */
static bool lost_letters(const char *name)
{
    return strchr(name, '?') != NULL || strstr(name, "\xEF\xBF\xBD") != NULL;
}

void vietnam_note_missing(struct chl_claims *claims, bool accents_kept)
{
    bool bare = !accents_kept && !chl_name_has_accents(claims->name);
    unsigned missing = CHL_MISSING_SYMPTOMS | CHL_MISSING_CONTACT | CHL_MISSING_ORIGIN;
    missing |= claims->phone[0] == '\0' ? CHL_MISSING_PHONE : 0U;
    missing |= claims->birth[0] == '\0' ? CHL_MISSING_BIRTH : 0U;
    if (claims->name[0] == '\0') {
        missing |= CHL_MISSING_NAME;
    } else if (bare || lost_letters(claims->name)) {
        missing |= CHL_MISSING_ACCENTS;
    }
    claims->missing = (uint16_t)(claims->missing | missing);
}

void vietnam_put_id(struct chl_claims *claims, const char *format, const char *number)
{
    size_t length = strlen(format);
    (void)chl_copy_n(claims->id, sizeof claims->id, format, length);
    claims->id[length] = ':';
    (void)chl_copy(claims->id + length + 1, sizeof claims->id - length - 1, number);
}
