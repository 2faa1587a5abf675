/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A prefix as a person writes it, to the bytes that a scanner sends.
 */
#include "serial.h"

#include <string.h>

static const struct {
    const char *name;
    uint8_t byte;
} names[] = {{"SOH", 0x01}, {"STX", 0x02}, {"ETX", 0x03}, {"EOT", 0x04}, {"ENQ", 0x05},
             {"TAB", 0x09}, {"LF", 0x0A},  {"CR", 0x0D},  {"DC2", 0x12}, {"ESC", 0x1B},
             {"FS", 0x1C},  {"GS", 0x1D},  {"RS", 0x1E},  {"US", 0x1F}};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** The name between `<` and `>`. @return −1 when there is none like it. */
static int byte_of(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i].name) == length && memcmp(names[i].name, name, length) == 0) {
            return names[i].byte;
        }
    }
    if (length == 4 && name[0] == '0' && name[1] == 'x' && hex_digit(name[2]) >= 0 &&
        hex_digit(name[3]) >= 0) {
        return hex_digit(name[2]) * 16 + hex_digit(name[3]);
    }
    return -1;
}

chl_err serial_unescape(const char *text, uint8_t out[CHL_SCANLINE_AFFIX_MAX], uint8_t *length)
{
    uint8_t used = 0;
    while (*text != '\0') {
        int byte = (unsigned char)*text;
        size_t taken = 1;
        if (text[0] == '<' && text[1] == '<') {
            taken = 2;
        } else if (text[0] == '<') {
            const char *end = strchr(text, '>');
            byte = end == NULL ? -1 : byte_of(text + 1, (size_t)(end - text) - 1);
            taken = end == NULL ? 1 : (size_t)(end - text) + 1;
        }
        if (byte < 0 || used == CHL_SCANLINE_AFFIX_MAX) {
            return CHL_E_CONFIG;
        }
        out[used++] = (uint8_t)byte;
        text += taken;
    }
    *length = used;
    return CHL_OK;
}
