/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Base45 decoding and encoding.
 */
#include "lib/cose/base45.h"

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

enum { RADIX = 45, LOW_BYTE = 0xFF };

/* Digit + 1 of each character, so that 0 stands for "none". */
static const uint8_t digit_plus_one[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    ['G'] = 17, ['H'] = 18, ['I'] = 19, ['J'] = 20, ['K'] = 21, ['L'] = 22, ['M'] = 23, ['N'] = 24,
    ['O'] = 25, ['P'] = 26, ['Q'] = 27, ['R'] = 28, ['S'] = 29, ['T'] = 30, ['U'] = 31, ['V'] = 32,
    ['W'] = 33, ['X'] = 34, ['Y'] = 35, ['Z'] = 36, [' '] = 37, ['$'] = 38, ['%'] = 39, ['*'] = 40,
    ['+'] = 41, ['-'] = 42, ['.'] = 43, ['/'] = 44, [':'] = 45};

/* What is no digit becomes larger than any triple or pair may be. */
static uint32_t digit(char c)
{
    const uint32_t none = UINT16_MAX + UINT32_C(1);
    const uint32_t found = digit_plus_one[(unsigned char)c];
    return found == 0 ? none : found - 1;
}

chl_err chl_base45_decode(const char *text, size_t length, uint8_t *out, size_t *out_length)
{
    if (length % 3 == 1) {
        return CHL_E_CORRUPT;
    }
    uint8_t *at = out;
    size_t whole = length / 3 * 3;
    for (size_t i = 0; i < whole; i += 3) {
        uint32_t value =
            digit(text[i]) + RADIX * digit(text[i + 1]) + RADIX * RADIX * digit(text[i + 2]);
        if (value > UINT16_MAX) {
            return CHL_E_CORRUPT;
        }
        *at++ = (uint8_t)(value >> 8);
        *at++ = (uint8_t)(value & LOW_BYTE);
    }
    if (whole < length) {
        uint32_t value = digit(text[whole]) + RADIX * digit(text[whole + 1]);
        if (value > UINT8_MAX) {
            return CHL_E_CORRUPT;
        }
        *at++ = (uint8_t)value;
    }
    *out_length = (size_t)(at - out);
    return CHL_OK;
}

chl_err chl_base45_encode(const uint8_t *bytes, size_t length, char *out, size_t size,
                          size_t *out_length)
{
    size_t need = CHL_BASE45_ENCODED(length);
    if (need >= size) {
        return CHL_E_LIMIT;
    }
    char *at = out;
    size_t i = 0;
    for (; i + 1 < length; i += 2) {
        unsigned value = (unsigned)bytes[i] << 8 | bytes[i + 1];
        *at++ = alphabet[value % RADIX];
        *at++ = alphabet[value / RADIX % RADIX];
        *at++ = alphabet[value / (RADIX * RADIX)];
    }
    if (i < length) {
        *at++ = alphabet[bytes[i] % RADIX];
        *at++ = alphabet[bytes[i] / RADIX];
    }
    *at = '\0';
    if (out_length != NULL) {
        *out_length = need;
    }
    return CHL_OK;
}
