/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Bounded copies, hexadecimal, UUID text and UTF-8 validation.
 */
#include "lib/base/text.h"

#include <string.h>

bool chl_copy_n(char *out, size_t size, const char *text, size_t length)
{
    bool whole = length < size;
    size_t keep = whole ? length : size - 1;
    while (!whole && keep > 0 && ((unsigned char)text[keep] & 0xC0) == 0x80) {
        keep--;
    }
    memcpy(out, text, keep);
    out[keep] = '\0';
    return whole;
}

bool chl_copy(char *out, size_t size, const char *text)
{
    return chl_copy_n(out, size, text, strlen(text));
}

void chl_hex(const uint8_t *bytes, size_t length, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * length] = '\0';
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

chl_err chl_unhex(const char *text, size_t text_length, uint8_t *out, size_t length)
{
    if (text_length != 2 * length) {
        return CHL_E_INVAL;
    }
    for (size_t i = 0; i < length; i++) {
        int high = nibble(text[2 * i]);
        int low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return CHL_E_INVAL;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return CHL_OK;
}

static const uint8_t uuid_groups[] = {4, 2, 2, 2, 6};

void chl_uuid_text(const uint8_t uuid[16], char out[CHL_UUID_TEXT_SIZE])
{
    size_t from = 0;
    for (size_t g = 0; g < sizeof uuid_groups; g++) {
        chl_hex(uuid + from, uuid_groups[g], out);
        out += (size_t)2 * uuid_groups[g];
        from += uuid_groups[g];
        *out++ = '-';
    }
    out[-1] = '\0';
}

chl_err chl_uuid_parse(const char *text, size_t length, uint8_t uuid[16])
{
    if (length != CHL_UUID_TEXT_SIZE - 1) {
        return CHL_E_INVAL;
    }
    size_t from = 0;
    for (size_t g = 0; g < sizeof uuid_groups; g++) {
        if (g > 0 && *text++ != '-') {
            return CHL_E_INVAL;
        }
        if (chl_unhex(text, (size_t)2 * uuid_groups[g], uuid + from, uuid_groups[g]) != CHL_OK) {
            return CHL_E_INVAL;
        }
        text += (size_t)2 * uuid_groups[g];
        from += uuid_groups[g];
    }
    return CHL_OK;
}

/* Eight bytes of ASCII without NUL, which most of what is read consists of. */
static bool is_plain_ascii(const unsigned char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    uint64_t word = 0;
    memcpy(&word, at, sizeof word);
    return ((word | (word - ones)) & highs) == 0;
}

bool chl_utf8_valid(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + length;
    while (at < end) {
        if (end - at >= (ptrdiff_t)sizeof(uint64_t) && is_plain_ascii(at)) {
            at += sizeof(uint64_t);
            continue;
        }
        unsigned lead = *at++;
        if (lead == 0) {
            return false;
        }
        if (lead < 0x80) {
            continue;
        }
        unsigned more = lead >= 0xF0 ? 3 : (lead >= 0xE0 ? 2 : 1);
        unsigned value = lead & (0x3FU >> more);
        if (lead < 0xC2 || lead > 0xF4 || (size_t)(end - at) < more) {
            return false;
        }
        for (unsigned i = 0; i < more; i++) {
            if ((*at & 0xC0) != 0x80) {
                return false;
            }
            value = value << 6 | (*at++ & 0x3FU);
        }
        static const unsigned least[] = {0, 0x80, 0x800, 0x10000};
        if (value < least[more] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
            return false;
        }
    }
    return true;
}
