/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fields as people and files write them: words and dates turned into the table's values.
 */
#include "lib/declaration/words.h"

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/names/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

static bool parse_integer(struct word word, int64_t *out)
{
    char text[24];
    if (word.length == 0 || !chl_copy_n(text, sizeof text, word.at, word.length)) {
        return false;
    }
    char *end = NULL;
    *out = strtoll(text, &end, 10);
    return *end == '\0';
}

/** One or two digits (four of a year). @return false: none, or too many. */
static bool take_number(const char **at, size_t most, unsigned *out)
{
    size_t length = strspn(*at, "0123456789");
    *out = 0;
    for (size_t i = 0; i < length && length <= most; i++) {
        *out = 10 * *out + (unsigned)((*at)[i] - '0');
    }
    *at += length;
    return length > 0 && length <= most;
}

static bool take_character(const char **at, char c)
{
    if (**at != c) {
        return false;
    }
    (*at)++;
    return true;
}

/** `1/2/2022` or `1/2/2022 7:30`, as people here write it and in their time, as RFC 3339. */
static bool rewrite_date(const char *text, char *out, size_t size)
{
    unsigned day = 0, month = 0, year = 0, hour = 0, minute = 0;
    if (!take_number(&text, 2, &day) || !take_character(&text, '/') ||
        !take_number(&text, 2, &month) || !take_character(&text, '/') ||
        !take_number(&text, 4, &year) || year < 1900) {
        return false;
    }
    text += strspn(text, blanks);
    if (*text != '\0' && (!take_number(&text, 2, &hour) || !take_character(&text, ':') ||
                          !take_number(&text, 2, &minute) || *text != '\0')) {
        return false;
    }
    (void)snprintf(out, size, "%04u-%02u-%02uT%02u:%02u:00+07:00", year, month, day, hour, minute);
    return true;
}

static bool parse_time(struct word word, int64_t *out_s)
{
    int64_t ns = 0;
    char text[48];
    char rewritten[CHL_RFC3339_SIZE + 16];
    if (!chl_copy_n(text, sizeof text, word.at, word.length)) {
        return false;
    }
    const char *date = rewrite_date(text, rewritten, sizeof rewritten) ? rewritten : text;
    if (chl_time_parse(date, strlen(date), &ns) != CHL_OK) {
        return false;
    }
    *out_s = ns / CHL_NS_PER_S;
    return true;
}

/** A day without its time of day. */
static bool parse_day(struct word word, int64_t *out_days)
{
    char birth[CHL_BIRTH_SIZE];
    char text[CHL_BIRTH_SIZE];
    int64_t seconds = 0;
    if (!chl_copy_n(text, sizeof text, word.at, word.length) ||
        chl_birth_normalise(text, birth) != CHL_OK || strlen(birth) != sizeof "YYYY-MM-DD" - 1 ||
        !parse_time((struct word){birth, strlen(birth)}, &seconds)) {
        return false;
    }
    *out_days = seconds / 86400;
    return true;
}

/** The number that stands for the text; false when it says none. */
static bool parse_number(const struct chl_declaration_field *field, struct word word, int64_t *out)
{
    switch (field->type) {
    case CHL_FIELD_NUMBER8:
    case CHL_FIELD_NUMBER16:
        return parse_integer(word, out);
    case CHL_FIELD_CHOICE:
        return parse_choice(field, word, out);
    case CHL_FIELD_BITS:
        return parse_bits(field, word.at, out);
    case CHL_FIELD_TIME:
        return parse_time(word, out);
    case CHL_FIELD_DATE:
        return parse_day(word, out);
    case CHL_FIELD_COMPANIONS:
    case CHL_FIELD_TEXT:
    case CHL_FIELD_BIRTH:
        break;
    }
    return false;
}

static void list_choices(const struct chl_declaration_field *field, char *out, size_t size)
{
    size_t length = strlen(out);
    for (size_t i = 0; field->choices[i] != NULL && length < size; i++) {
        int more =
            snprintf(out + length, size - length, "%s%s", i > 0 ? ", " : "", field->choices[i]);
        length += more > 0 ? (size_t)more : 0;
    }
}

void chl_declaration_expects(const struct chl_declaration_field *field, char *out, size_t size)
{
    switch (field->type) {
    case CHL_FIELD_TEXT:
        if (field->country) {
            (void)snprintf(out, size, "%s", field->of);
            break;
        }
        (void)snprintf(out, size, "at most %zu bytes of %s", field->size - 1,
                       field->of == NULL ? "text" : field->of);
        break;
    case CHL_FIELD_BIRTH:
        (void)snprintf(out, size, "YYYY, YYYY-MM-DD or d/m/YYYY");
        break;
    case CHL_FIELD_DATE:
        (void)snprintf(out, size, "a date YYYY-MM-DD or d/m/YYYY from 2000 on");
        break;
    case CHL_FIELD_TIME:
        (void)snprintf(out, size, "a time such as 2022-02-01T07:30:00+07:00 or '1/2/2022 7:30'");
        break;
    case CHL_FIELD_NUMBER8:
    case CHL_FIELD_NUMBER16:
        (void)snprintf(out, size, "a number from %lld to %lld", (long long)field->min,
                       (long long)field->max);
        break;
    case CHL_FIELD_CHOICE:
        (void)snprintf(out, size, "one of ");
        list_choices(field, out, size);
        break;
    case CHL_FIELD_BITS:
        (void)snprintf(out, size, "no, yes, or some of ");
        list_choices(field, out, size);
        break;
    case CHL_FIELD_COMPANIONS:
        (void)snprintf(out, size,
                       "NAME; YEAR OF BIRTH; DOCUMENT (may be left out), with | between people, at "
                       "most %d",
                       CHL_CLAIM_COMPANIONS_MAX);
        break;
    }
}

/** The next part before `separator` or the end, blanks around it cut off, into `out`. */
static bool next_part(const char **at, char separator, char *out, size_t size)
{
    const char *end = strchrnul(*at, separator);
    const char *start = *at + strspn(*at, blanks);
    size_t length = end > start ? (size_t)(end - start) : 0;
    while (length > 0 && strchr(blanks, start[length - 1]) != NULL) {
        length--;
    }
    *at = *end == '\0' ? end : end + 1;
    return chl_copy_n(out, size, start, length);
}

static bool parse_companion(struct chl_declaration *form, const char *text)
{
    char name[CHL_NAME_MAX + 1];
    char birth[24];
    char document[sizeof form->claims.document];
    return next_part(&text, ';', name, sizeof name) && next_part(&text, ';', birth, sizeof birth) &&
           next_part(&text, ';', document, sizeof document) && *text == '\0' &&
           chl_declaration_accompany(form, name, birth, document) == CHL_OK;
}

/** All or none of them. */
static chl_refusal parse_companions(struct chl_declaration *form, const char *text)
{
    uint8_t before = form->claims.companion_count;
    char person[512];
    while (*text != '\0') {
        if (!next_part(&text, '|', person, sizeof person) || !parse_companion(form, person)) {
            form->claims.companion_count = before;
            return CHL_REFUSAL_schema_value;
        }
    }
    return CHL_REFUSAL_NONE;
}

/* Who writes the country's name means its code. */
static chl_refusal parse_country(struct chl_declaration *form,
                                 const struct chl_declaration_field *field, struct word word)
{
    static const char *const here[] = {"Việt Nam", "Vietnam", "VNM", NULL};
    char code[3];
    if (word_is_any(word, here)) {
        return put_text(form, field, "VN", 2);
    }
    if (word.length != 2) {
        return CHL_REFUSAL_schema_value;
    }
    for (size_t i = 0; i < 2; i++) {
        code[i] = (char)(word.at[i] >= 'a' && word.at[i] <= 'z' ? word.at[i] - 0x20 : word.at[i]);
    }
    code[2] = '\0';
    return is_country(code) ? put_text(form, field, code, 2) : CHL_REFUSAL_schema_value;
}

static chl_refusal parse_text(struct chl_declaration *form,
                              const struct chl_declaration_field *field, struct word word)
{
    char text[CHL_NAME_NFC_SIZE];
    if (!chl_utf8_valid(word.at, word.length)) {
        return CHL_REFUSAL_schema_value;
    }
    if (field->type == CHL_FIELD_BIRTH && !is_birth(word.at, word.length)) {
        char birth[CHL_BIRTH_SIZE];
        return chl_copy_n(text, sizeof text, word.at, word.length) &&
                       chl_birth_normalise(text, birth) == CHL_OK
                   ? put_text(form, field, birth, strlen(birth))
                   : CHL_REFUSAL_schema_value;
    }
    if (field->country) {
        return parse_country(form, field, word);
    }
    if (field->type == CHL_FIELD_BIRTH || field->characters != NULL) {
        return put_text(form, field, word.at, word.length);
    }
    /* One letter, one form: a name typed on another keyboard is the same bytes. */
    return compose(word.at, word.length, text, sizeof text)
               ? put_text(form, field, text, strlen(text))
               : CHL_REFUSAL_schema_length;
}

chl_err chl_declaration_set(struct chl_declaration *declaration,
                            const struct chl_declaration_field *field, const char *text, char *why,
                            size_t why_size)
{
    text += strspn(text, blanks);
    struct word word = {text, strlen(text)};
    while (word.length > 0 && strchr(blanks, text[word.length - 1]) != NULL) {
        word.length--;
    }
    if (word.length == 0) {
        return CHL_OK;
    }
    chl_refusal refusal = CHL_REFUSAL_schema_value;
    int64_t number = 0;
    if (field->type == CHL_FIELD_TEXT || field->type == CHL_FIELD_BIRTH) {
        refusal = parse_text(declaration, field, word);
    } else if (field->type == CHL_FIELD_COMPANIONS) {
        refusal = parse_companions(declaration, word.at);
    } else if (parse_number(field, word, &number)) {
        refusal = put_number(declaration, field, number);
    }
    if (refusal == CHL_REFUSAL_NONE) {
        return CHL_OK;
    }
    char expects[256];
    chl_declaration_expects(field, expects, sizeof expects);
    (void)snprintf(why, why_size, "%s (%s): expected %s", field->name, field->en, expects);
    return CHL_E_INVAL;
}

chl_err chl_declaration_answer(struct chl_declaration *declaration,
                               const struct chl_declaration_question *question, const char *text,
                               char *why, size_t why_size)
{
    text += strspn(text, blanks);
    struct word word = {text, strcspn(text, blanks)};
    chl_answer answer = CHL_ANSWER_NONE;
    if (word.length == 0) {
        return CHL_OK;
    }
    if (text[word.length + strspn(text + word.length, blanks)] != '\0' ||
        !parse_answer(word, &answer)) {
        (void)snprintf(why, why_size, "%s (%s): expected yes or no (có, không)", question->name,
                       question->en);
        return CHL_E_INVAL;
    }
    declaration->answered |= question->bit;
    if (answer == CHL_ANSWER_YES) {
        declaration->contacts |= question->bit;
    } else {
        declaration->contacts &= (uint16_t)~question->bit;
    }
    if ((declaration->answered & CHL_CONTACT_ALL) == CHL_CONTACT_ALL) {
        declaration->claims.contact =
            declaration->contacts != 0 ? (uint8_t)CHL_ANSWER_YES : (uint8_t)CHL_ANSWER_NO;
    }
    return CHL_OK;
}
