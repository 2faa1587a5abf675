/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Text as fields carry it: plain UTF-8, or UTF-8 in hexadecimal digits.
 */
#include "plugins/credential_vietnam/vietnam.h"

#include <string.h>

#include "lib/base/text.h"

struct chl_field vietnam_trim(struct chl_field field)
{
    while (field.length > 0 && (*field.at == ' ' || *field.at == '\t')) {
        field.at++;
        field.length--;
    }
    while (field.length > 0 &&
           (field.at[field.length - 1] == ' ' || field.at[field.length - 1] == '\t')) {
        field.length--;
    }
    return field;
}

bool vietnam_is_masked(const struct chl_field *field)
{
    return memchr(field->at, '*', field->length) != NULL;
}

bool vietnam_has_controls(const struct chl_field *field)
{
    for (size_t i = 0; i < field->length; i++) {
        unsigned char c = (unsigned char)field->at[i];
        if (c < 0x20 || c == 0x7F) {
            return true;
        }
    }
    return false;
}

/* By lead bytes alone: U+00C0–U+036F (Latin and its marks), U+1E00–U+1EFF, a no-break space, and
 * the typographic apostrophe. What a wrong character set makes of accents lies outside: Latin-1
 * signs (U+0080–U+00BF), typographic quotes, Chinese. */
static size_t latin_length(const unsigned char *at)
{
    if (at[0] < 0x80) {
        return 1;
    }
    if ((at[0] == 0xC2 && at[1] == 0xA0) || at[0] == 0xC3 || (at[0] >= 0xC4 && at[0] <= 0xCC) ||
        (at[0] == 0xCD && at[1] < 0xB0)) {
        return 2;
    }
    bool additional = at[0] == 0xE1 && at[1] >= 0xB8 && at[1] <= 0xBB;
    bool apostrophe = at[0] == 0xE2 && at[1] == 0x80 && at[2] == 0x99;
    return additional || apostrophe ? 3 : 0;
}

bool vietnam_is_latin(const struct chl_field *field)
{
    const unsigned char *at = (const unsigned char *)field->at;
    const unsigned char *end = at + field->length;
    while (at < end) {
        size_t length = latin_length(at);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

chl_refusal vietnam_unhex(struct chl_field field, char *out, size_t size, struct chl_field *text)
{
    field = vietnam_trim(field);
    *text = (struct chl_field){.at = out, .length = 0};
    if (field.length == 0 || (field.length == 1 && *field.at == '-')) {
        return CHL_REFUSAL_NONE;
    }
    if (!chl_field_is_hex(&field)) {
        return CHL_REFUSAL_text_mangled;
    }
    if (field.length / 2 > size) {
        return CHL_REFUSAL_schema_length;
    }
    if (chl_unhex(field.at, field.length, (uint8_t *)out, field.length / 2) != CHL_OK) {
        return CHL_REFUSAL_text_mangled;
    }
    text->length = field.length / 2;
    return CHL_REFUSAL_NONE;
}
