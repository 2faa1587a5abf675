/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fields as people and files write them: words and dates turned into the table's values.
 */
#include "lib/declaration/put.h"

#include "lib/base/text.h"
#include "lib/base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char blanks[] = " \t\r\n";

struct word {
    const char *at;
    size_t length;
};

static bool word_is(struct word word, const char *text)
{
    return strlen(text) == word.length && strncasecmp(text, word.at, word.length) == 0;
}

static bool word_is_any(struct word word, const char *const *texts)
{
    for (; *texts != NULL; texts++) {
        if (word_is(word, *texts)) {
            return true;
        }
    }
    return false;
}

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

static bool parse_choice(const struct chl_declaration_field *field, struct word word, int64_t *out)
{
    for (size_t i = 0; field->choices[i] != NULL; i++) {
        if (word_is(word, field->choices[i])) {
            *out = (int64_t)i + 1;
            return true;
        }
    }
    return false;
}

static struct word next_word(const char **at, const char *separators)
{
    *at += strspn(*at, separators);
    struct word word = {*at, strcspn(*at, separators)};
    *at += word.length;
    return word;
}

/** A choice as people say it, which may have blanks within. */
static bool take_spoken(const struct chl_declaration_field *field, const char **at,
                        const char *separators, int64_t *choice)
{
    const char *text = *at + strspn(*at, separators);
    for (size_t i = 0; field->choices_vi != NULL && field->choices_vi[i] != NULL; i++) {
        size_t length = strlen(field->choices_vi[i]);
        if (strncasecmp(text, field->choices_vi[i], length) == 0 &&
            (text[length] == '\0' || strchr(separators, text[length]) != NULL)) {
            *at = text + length;
            *choice = (int64_t)i + 1;
            return true;
        }
    }
    return false;
}

/** `no`, `yes`, or the things that are so, between commas, semicolons, plus signs or blanks. */
static bool parse_bits(const struct chl_declaration_field *field, const char *text, int64_t *out)
{
    static const char *const no[] = {"no", "none", "không", "khong", NULL};
    static const char *const yes[] = {"yes", "có", "co", NULL};
    static const char separators[] = " \t\r\n,;+";
    int64_t bits = 0;
    const char *rest = text;
    if (word_is_any(next_word(&rest, separators), no)) {
        *out = 0;
        return next_word(&rest, blanks).length == 0;
    }
    while (text[strspn(text, separators)] != '\0') {
        int64_t choice = 0;
        if (take_spoken(field, &text, separators, &choice)) {
            bits |= INT64_C(1) << (choice - 1);
            continue;
        }
        struct word word = next_word(&text, separators);
        if (word_is_any(word, yes)) {
            choice = (int64_t)field_choices(field); /* the last one is "other" */
        } else if (!parse_choice(field, word, &choice)) {
            return false;
        }
        bits |= INT64_C(1) << (choice - 1);
    }
    *out = bits;
    return bits != 0;
}

static bool parse_time(struct word word, int64_t *out_s)
{
    int64_t ns = 0;
    if (chl_time_parse(word.at, word.length, &ns) != CHL_OK) {
        return false;
    }
    *out_s = ns / CHL_NS_PER_S;
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
    case CHL_FIELD_DATE: {
        bool good = word.length == sizeof "YYYY-MM-DD" - 1 && parse_time(word, out);
        *out /= 86400;
        return good;
    }
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
        (void)snprintf(out, size, "at most %zu bytes of %s", field->size - 1,
                       field->of == NULL ? "text" : field->of);
        break;
    case CHL_FIELD_BIRTH:
        (void)snprintf(out, size, "YYYY, YYYY-MM or YYYY-MM-DD");
        break;
    case CHL_FIELD_DATE:
        (void)snprintf(out, size, "a date YYYY-MM-DD from 2000 on");
        break;
    case CHL_FIELD_TIME:
        (void)snprintf(out, size, "a time such as 2022-02-01T07:30:00+07:00, or a date");
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
    }
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
        if (chl_utf8_valid(word.at, word.length)) {
            refusal = put_text(declaration, field, word.at, word.length);
        }
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
