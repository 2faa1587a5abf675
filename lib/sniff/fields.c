/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Codes that are fields parted by `|`: the three Vietnamese ones, told apart by their
 * shape.
 */
#include "lib/sniff/internal.h"

#include <string.h>

enum { BHYT_FIELDS = 10, CCCD_FIELDS = 7, PC_COVID_FIELDS = 6 };

static bool fits(char c, char form)
{
    bool digit = c >= '0' && c <= '9';
    switch (form) {
    case '0':
        return digit;
    case 'm':
        return digit || c == '*';
    case 'A':
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    default:
        return c == form;
    }
}

bool chl_field_has_form(const struct chl_field *field, const char *form)
{
    size_t i = 0;
    for (; i < field->length && form[i] != '\0'; i++) {
        if (!fits(field->at[i], form[i])) {
            return false;
        }
    }
    return i == field->length && form[i] == '\0';
}

bool chl_field_is_hex(const struct chl_field *field)
{
    for (size_t i = 0; i < field->length; i++) {
        char low = (char)(field->at[i] | 0x20);
        if ((field->at[i] < '0' || field->at[i] > '9') && (low < 'a' || low > 'f')) {
            return false;
        }
    }
    return field->length > 0 && field->length % 2 == 0;
}

static bool has_a_form(const struct chl_field *field, const char *const *forms)
{
    bool found = false;
    for (; *forms != NULL && !found; forms++) {
        found = chl_field_has_form(field, *forms);
    }
    return found;
}

static bool is_cccd(const struct chl_fields *fields)
{
    static const char *const births[] = {"mmmm0000", "mm0000", "0000", NULL};
    return fields->count >= CCCD_FIELDS && chl_field_has_form(&fields->at[0], "mmmmmmmmmmmm") &&
           has_a_form(&fields->at[3], births);
}

/* The name in hexadecimal digits says it. A keyboard driver that takes those digits for Vietnamese
 * typing leaves the number of the card, which is then what remains to be known by. */
static bool is_bhyt(const struct chl_fields *fields)
{
    static const char *const numbers[] = {"AA0000000000000", "0000000000", NULL};
    static const char *const sexes[] = {"1", "2", NULL};
    return fields->count >= BHYT_FIELDS &&
           (chl_field_is_hex(&fields->at[1]) ||
            (has_a_form(&fields->at[0], numbers) && has_a_form(&fields->at[3], sexes)));
}

static bool is_pc_covid(const struct chl_fields *fields)
{
    return fields->count == PC_COVID_FIELDS && chl_field_has_form(&fields->at[2], "mmmm-mm-mm");
}

static void split(const uint8_t *bytes, size_t length, struct chl_fields *out)
{
    const char *at = (const char *)bytes, *end = at + length;
    out->count = 0;
    for (const char *bar = NULL; at != NULL; at = bar == NULL ? NULL : bar + 1) {
        bar = memchr(at, '|', (size_t)(end - at));
        if (out->count < CHL_FIELDS_MAX) {
            out->at[out->count].at = at;
            out->at[out->count].length = (size_t)((bar == NULL ? end : bar) - at);
        }
        out->count++;
    }
}

chl_format chl_sniff_fields(const uint8_t *bytes, size_t length, struct chl_fields *out)
{
    chl_code_trim(&bytes, &length);
    out->count = 0;
    if (length == 0 || sniff_start(bytes, length) != CHL_FORMAT_UNKNOWN) {
        return CHL_FORMAT_UNKNOWN; /* a document with pipes in it is still that document */
    }
    split(bytes, length, out);
    /* A citizen's old number of 12 digits reads as hexadecimal, so the identity card comes first:
     * its birthday stands where insurance has one digit. */
    if (is_cccd(out)) {
        return CHL_FORMAT_CCCD;
    }
    if (is_bhyt(out)) {
        return CHL_FORMAT_BHYT;
    }
    return is_pc_covid(out) ? CHL_FORMAT_PCCOVID : CHL_FORMAT_UNKNOWN;
}
