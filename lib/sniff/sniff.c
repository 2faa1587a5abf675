/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The order in which formats are tried, and how the others than Vietnam's begin.
 */
#include "lib/sniff/internal.h"

#include <string.h>

/* Whole beginnings, in order. */
static const struct {
    const char *start;
    bool is_json; /* white space between its tokens makes no difference */
    chl_format format;
} starts[] = {
    {"HC1:", false, CHL_FORMAT_HCERT},
    {"NZCP:/", false, CHL_FORMAT_NZCP},
    {"shc:/", false, CHL_FORMAT_SHC},
    {"{\"data\":{\"hdr\"", true, CHL_FORMAT_VDSNC},
    /* The order of members means nothing in JSON. */
    {"{\"data\":{\"msg\"", true, CHL_FORMAT_VDSNC},
    {"{\"sig\":{\"alg\"", true, CHL_FORMAT_VDSNC},
    {"{\"sig\":{\"cer\"", true, CHL_FORMAT_VDSNC},
    {"{\"sig\":{\"sigvl\"", true, CHL_FORMAT_VDSNC},
    {"LS1:", false, CHL_FORMAT_DECLARATION},
};

static bool is_json_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool starts_with(const uint8_t *bytes, size_t length, const char *start, bool is_json)
{
    for (size_t i = 0; *start != '\0'; i++) {
        if (i == length) {
            return false;
        }
        if (is_json && is_json_space(bytes[i])) {
            continue;
        }
        if (bytes[i] != (uint8_t)*start) {
            return false;
        }
        start++;
    }
    return true;
}

chl_format sniff_start(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (starts_with(bytes, length, starts[i].start, starts[i].is_json)) {
            return starts[i].format;
        }
    }
    return CHL_FORMAT_UNKNOWN;
}

chl_format chl_sniff(const uint8_t *bytes, size_t length)
{
    struct chl_fields fields;
    chl_code_trim(&bytes, &length);
    chl_format format = sniff_start(bytes, length);
    if (format != CHL_FORMAT_UNKNOWN) {
        return format;
    }
    format = chl_sniff_fields(bytes, length, &fields);
    if (format == CHL_FORMAT_UNKNOWN && length > 0 && sniff_is_place(bytes, length)) {
        format = CHL_FORMAT_PLACE;
    }
    return format;
}
