/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Names the formats that no plugin reads, so that staff learn what they were shown.
 */
#include <string.h>

#include "cli/verify.h"
#include "lib/cose/refusals.h"

/* How each begins (NZCP 1.0 §4.2, SMART Health Cards 1.4, ICAO VDS-NC 1.4). */
static const struct mark {
    const char *text;
    chl_format format;
} marks[] = {
    {"NZCP:/", CHL_FORMAT_NZCP},
    {"shc:/", CHL_FORMAT_SHC},
    {"{\"data\":{\"hdr\"", CHL_FORMAT_VDSNC},
};

/* The beginning of a code without white space, as JSON may have it. */
static size_t compact(const uint8_t *bytes, size_t length, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < length && used < size; i++) {
        if (strchr(" \t\r\n", bytes[i]) == NULL) {
            out[used++] = (char)bytes[i];
        }
    }
    return used;
}

static chl_format by_mark(const uint8_t *bytes, size_t length)
{
    char start[32];
    size_t used = compact(bytes, length, start, sizeof start);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t need = strlen(marks[i].text);
        if (used >= need && memcmp(start, marks[i].text, need) == 0) {
            return marks[i].format;
        }
    }
    return CHL_FORMAT_UNKNOWN;
}

/* The first fields of a code that is parted by `|`; the others are only counted. */
enum { FIELDS_KEPT = 4 };

struct fields {
    const char *at[FIELDS_KEPT];
    size_t length[FIELDS_KEPT];
    size_t count;
};

static void split(const uint8_t *bytes, size_t length, struct fields *out)
{
    const char *at = (const char *)bytes, *end = at + length;
    while (end > at && (end[-1] == '\r' || end[-1] == '\n')) {
        end--;
    }
    *out = (struct fields){.count = 0};
    for (const char *bar = NULL; at != NULL; at = bar == NULL ? NULL : bar + 1) {
        bar = memchr(at, '|', (size_t)(end - at));
        if (out->count < FIELDS_KEPT) {
            out->at[out->count] = at;
            out->length[out->count] = (size_t)((bar == NULL ? end : bar) - at);
        }
        out->count++;
    }
}

/* In `form`, 0 stands for a digit, x for a hexadecimal one, m for a digit or its mask, else itself.
 */
static bool fits(char c, char form)
{
    bool digit = c >= '0' && c <= '9';
    switch (form) {
    case '0':
        return digit;
    case 'm':
        return digit || c == '*';
    case 'x':
        return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    default:
        return c == form;
    }
}

static bool has_form(const struct fields *fields, size_t index, const char *form)
{
    size_t length = strlen(form);
    if (index >= fields->count || fields->length[index] != length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!fits(fields->at[index][i], form[i])) {
            return false;
        }
    }
    return true;
}

static bool is_hex(const struct fields *fields, size_t index)
{
    size_t length = fields->length[index];
    for (size_t i = 0; i < length; i++) {
        if (!fits(fields->at[index][i], 'x')) {
            return false;
        }
    }
    return length > 0 && length % 2 == 0;
}

/* Health insurance cards have a name in hexadecimal digits; identity cards a number of 12 digits
 * and a birthday of 8; PC-Covid a date with hyphens, its day and month perhaps masked. */
static chl_format by_fields(const uint8_t *bytes, size_t length)
{
    enum { BHYT_FIELDS = 10, CCCD_FIELDS = 7, PC_COVID_FIELDS = 6 };
    struct fields fields;
    split(bytes, length, &fields);
    if (fields.count >= BHYT_FIELDS && is_hex(&fields, 1)) {
        return CHL_FORMAT_BHYT;
    }
    if (fields.count >= CCCD_FIELDS && has_form(&fields, 0, "000000000000") &&
        has_form(&fields, 3, "00000000")) {
        return CHL_FORMAT_CCCD;
    }
    if (fields.count == PC_COVID_FIELDS && has_form(&fields, 2, "0000-mm-mm")) {
        return CHL_FORMAT_PCCOVID;
    }
    return CHL_FORMAT_UNKNOWN;
}

void verify_recognise(const uint8_t *bytes, size_t length, struct chl_inspection *out)
{
    chl_format format = by_mark(bytes, length);
    if (format == CHL_FORMAT_UNKNOWN) {
        format = by_fields(bytes, length);
    }
    bool known = format != CHL_FORMAT_UNKNOWN;
    out->format = (uint8_t)format;
    chl_refuse(out, known ? CHL_REFUSAL_format_unsupported : CHL_REFUSAL_format_unknown);
    out->outcome = CHL_NOT_MINE;
}
