/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Writes one field into a declaration when its value is within the table's bounds.
 */
#include "lib/declaration/put.h"

#include "lib/base/text.h"
#include "lib/base/time.h"

#include <stdio.h>
#include <string.h>

const void *field_at(const struct chl_declaration *declaration,
                     const struct chl_declaration_field *field)
{
    return (const uint8_t *)declaration + field->offset;
}

size_t field_choices(const struct chl_declaration_field *field)
{
    size_t count = 0;
    while (field->choices != NULL && field->choices[count] != NULL) {
        count++;
    }
    return count;
}

bool field_is_stated(const struct chl_declaration *declaration,
                     const struct chl_declaration_field *field)
{
    const uint8_t *at = field_at(declaration, field);
    switch (field->type) {
    case CHL_FIELD_BITS:
        return ((const uint8_t *)declaration)[field->answer] != CHL_ANSWER_NONE;
    case CHL_FIELD_NUMBER16: {
        uint16_t value = 0;
        memcpy(&value, at, sizeof value);
        return value > 1; /* one person is what absence means */
    }
    case CHL_FIELD_TIME: {
        int64_t value = 0;
        memcpy(&value, at, sizeof value);
        return value != 0;
    }
    case CHL_FIELD_COMPANIONS:
        return declaration->claims.companion_count > 0;
    case CHL_FIELD_TEXT:
    case CHL_FIELD_BIRTH:
    case CHL_FIELD_DATE:
    case CHL_FIELD_NUMBER8:
    case CHL_FIELD_CHOICE:
        break;
    }
    return *at != 0;
}

/** Characters that are not seen but change what is: C1 controls, line separators, directions. */
static bool is_hidden(const unsigned char *at, size_t length)
{
    if (at[0] < 0x20 || at[0] == 0x7F) {
        return true;
    }
    if (length >= 2 && at[0] == 0xC2 && at[1] < 0xA0) {
        return true;
    }
    if (length < 3 || at[0] != 0xE2) {
        return false;
    }
    return (at[1] == 0x80 &&
            (at[2] == 0x8E || at[2] == 0x8F || (at[2] >= 0xA8 && at[2] <= 0xAE))) ||
           (at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9);
}

bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (is_hidden((const unsigned char *)text + i, length - i)) {
            return false;
        }
    }
    return true;
}

/** Printable, and of the field's own characters where it names them. */
static bool is_allowed(const struct chl_declaration_field *field, const char *text, size_t length)
{
    for (size_t i = 0; field->characters != NULL && i < length; i++) {
        if (text[i] == '\0' || strchr(field->characters, text[i]) == NULL) {
            return false;
        }
    }
    return is_printable(text, length) &&
           (field->needs == 0 || memchr(text, field->needs, length) != NULL);
}

/** Separators out, letters capital, as the field has it. @return the length, SIZE_MAX = too long.
 */
static size_t fold(const struct chl_declaration_field *field, const char *text, size_t length,
                   char *out, size_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (field->drops != NULL && c != '\0' && strchr(field->drops, c) != NULL) {
            continue;
        }
        if (kept == size) {
            return SIZE_MAX;
        }
        if (field->capitals && c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        out[kept++] = c;
        /* đ (C4 91) and the Icelandic Ð and ð that old keyboards write for it are Đ (C4 90). */
        if (field->capitals && kept >= 2) {
            const unsigned char *pair = (const unsigned char *)out + kept - 2;
            if ((pair[0] == 0xC4 && pair[1] == 0x91) ||
                (pair[0] == 0xC3 && (pair[1] == 0x90 || pair[1] == 0xB0))) {
                out[kept - 2] = '\xC4';
                out[kept - 1] = '\x90';
            }
        }
    }
    return kept;
}

bool is_birth(const char *text, size_t length)
{
    static const char whole[] = "2000-01-01";
    char date[sizeof whole];
    if (length != 4 && length != 7 && length != 10) {
        return false;
    }
    memcpy(date, whole, sizeof date);
    memcpy(date, text, length);
    int64_t ns = 0;
    return chl_time_parse(date, sizeof whole - 1, &ns) == CHL_OK && memcmp(date, "1900", 4) >= 0 &&
           memcmp(date, "2100", 4) <= 0;
}

chl_refusal put_text(struct chl_declaration *declaration, const struct chl_declaration_field *field,
                     const char *text, size_t length)
{
    if (field->type != CHL_FIELD_TEXT && field->type != CHL_FIELD_BIRTH) {
        return CHL_REFUSAL_schema_type;
    }
    char folded[256];
    if (field->drops != NULL || field->capitals) {
        length = fold(field, text, length, folded, sizeof folded);
        text = folded;
    }
    if (length == 0 || length >= field->size) {
        return CHL_REFUSAL_schema_length;
    }
    bool good =
        field->type == CHL_FIELD_BIRTH ? is_birth(text, length) : is_allowed(field, text, length);
    if (!good) {
        return CHL_REFUSAL_schema_value;
    }
    (void)chl_copy_n((char *)declaration + field->offset, field->size, text, length);
    return CHL_REFUSAL_NONE;
}

/** Digits that went as an integer get their leading zeros back. */
static chl_refusal put_digits(struct chl_declaration *declaration,
                              const struct chl_declaration_field *field, int64_t value)
{
    char text[24];
    if (field->digits == 0) {
        return CHL_REFUSAL_schema_type;
    }
    int length = snprintf(text, sizeof text, "%0*lld", field->digits, (long long)value);
    if (value < 0 || length != field->digits) {
        return CHL_REFUSAL_schema_value;
    }
    return put_text(declaration, field, text, (size_t)length);
}

/** The bounds of a number on the wire. */
static void bounds(const struct chl_declaration_field *field, int64_t *min, int64_t *max)
{
    *min = field->min;
    *max = field->max;
    if (field->type == CHL_FIELD_CHOICE) {
        *min = 1;
        *max = (int64_t)field_choices(field);
    } else if (field->type == CHL_FIELD_BITS) {
        *min = 0;
        *max = (INT64_C(1) << field_choices(field)) - 1;
    }
}

chl_refusal put_number(struct chl_declaration *declaration,
                       const struct chl_declaration_field *field, int64_t value)
{
    if (field->type == CHL_FIELD_TEXT || field->type == CHL_FIELD_BIRTH) {
        return put_digits(declaration, field, value);
    }
    if (field->type == CHL_FIELD_COMPANIONS) {
        return CHL_REFUSAL_schema_type;
    }
    int64_t min = 0;
    int64_t max = 0;
    bounds(field, &min, &max);
    if (value < min || value > max) {
        return CHL_REFUSAL_schema_value;
    }
    uint8_t *at = (uint8_t *)declaration + field->offset;
    uint8_t small = (uint8_t)value;
    uint16_t medium = (uint16_t)value;
    char text[CHL_RFC3339_SIZE];
    switch (field->type) {
    case CHL_FIELD_DATE:
        chl_time_format(value * 86400 * CHL_NS_PER_S, text);
        (void)chl_copy_n((char *)at, field->size, text, sizeof "YYYY-MM-DD" - 1);
        break;
    case CHL_FIELD_TIME:
        memcpy(at, &value, sizeof value);
        break;
    case CHL_FIELD_BITS:
        memcpy(at, &medium, sizeof medium);
        ((uint8_t *)declaration)[field->answer] =
            value != 0 ? (uint8_t)CHL_ANSWER_YES : (uint8_t)CHL_ANSWER_NO;
        break;
    case CHL_FIELD_NUMBER16:
        memcpy(at, &medium, sizeof medium);
        break;
    case CHL_FIELD_NUMBER8:
    case CHL_FIELD_CHOICE:
        *at = small;
        break;
    case CHL_FIELD_TEXT:
    case CHL_FIELD_BIRTH:
    case CHL_FIELD_COMPANIONS:
        break;
    }
    return CHL_REFUSAL_NONE;
}
