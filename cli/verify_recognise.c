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

void verify_recognise(const uint8_t *bytes, size_t length, struct chl_inspection *out)
{
    char start[32];
    size_t used = compact(bytes, length, start, sizeof start);
    chl_refusal refusal = CHL_REFUSAL_format_unknown;
    out->format = CHL_FORMAT_UNKNOWN;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t need = strlen(marks[i].text);
        if (used >= need && memcmp(start, marks[i].text, need) == 0) {
            out->format = (uint8_t)marks[i].format;
            refusal = CHL_REFUSAL_format_unsupported;
        }
    }
    chl_refuse(out, refusal);
    out->outcome = CHL_NOT_MINE;
}
