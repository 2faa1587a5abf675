/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Finds text that a keyboard has changed on its way, so that the person is not blamed.
 *
 *  Each rule is about a format whose text cannot look like this when it is read from the code.
 */
#include "lib/base/text.h"
#include "lib/scanline/scanline.h"

#include <string.h>

enum { FIELDS_MAX = 24 };

struct field {
    const uint8_t *bytes;
    size_t length;
};

static size_t split(const uint8_t *bytes, size_t length, struct field fields[FIELDS_MAX])
{
    size_t count = 0;
    size_t begin = 0;
    for (size_t i = 0; i <= length && count < FIELDS_MAX; i++) {
        if (i == length || bytes[i] == '|') {
            fields[count++] = (struct field){.bytes = bytes + begin, .length = i - begin};
            begin = i + 1;
        }
    }
    return count;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex(uint8_t byte)
{
    return is_digit(byte) || (byte >= 'A' && byte <= 'F') || (byte >= 'a' && byte <= 'f');
}

static bool is_alphanumeric(uint8_t byte)
{
    return is_digit(byte) || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool all(const struct field *field, bool (*is)(uint8_t byte))
{
    for (size_t i = 0; i < field->length; i++) {
        if (!is(field->bytes[i])) {
            return false;
        }
    }
    return true;
}

static bool is_number(const struct field *field, size_t length)
{
    return field->length == length && all(field, is_digit);
}

/** What a scanner types in place of a letter that the keyboard has not. */
static bool has_holes(const struct field *field)
{
    return memchr(field->bytes, '?', field->length) != NULL ||
           memmem(field->bytes, field->length, "\xEF\xBF\xBD", 3) != NULL;
}

/** Chip identity card: number, old number, name, date, sex, address, date. */
static bool is_mangled_card(const struct field *fields, size_t count)
{
    return count >= 7 && is_number(&fields[0], 12) &&
           (has_holes(&fields[2]) || has_holes(&fields[4]) || has_holes(&fields[5]));
}

/** Health insurance card: number, name in hexadecimal, …; the last field of most is `$`. */
static bool is_mangled_insurance(const struct field *fields, size_t count)
{
    bool number =
        is_number(&fields[0], 10) || (fields[0].length == 15 && all(&fields[0], is_alphanumeric));
    bool dash = fields[1].length == 1 && fields[1].bytes[0] == '-';
    return count >= 10 && number && !dash &&
           (fields[1].length % 2 != 0 || !all(&fields[1], is_hex));
}

static bool is_base45(uint8_t byte)
{
    return byte != '\0' && strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", byte) != NULL;
}

static uint8_t upper(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte;
}

/** Signed codes hold nothing outside of base45: another layout or a lock shows at once. */
static bool is_mangled_base45(const uint8_t *bytes, size_t length)
{
    if (length < 8 || bytes[2] != '1') {
        return false;
    }
    bool certificate = upper(bytes[0]) == 'H' && upper(bytes[1]) == 'C';
    bool declaration = upper(bytes[0]) == 'L' && upper(bytes[1]) == 'S';
    const struct field whole = {.bytes = bytes, .length = length};
    return (certificate || declaration) && (bytes[3] != ':' || !all(&whole, is_base45));
}

bool chl_scanline_is_mangled(const uint8_t *bytes, size_t length)
{
    struct field fields[FIELDS_MAX] = {{.bytes = NULL}};
    if (length == 0) {
        return false;
    }
    size_t count = split(bytes, length, fields);
    if (count >= 7 && is_number(&fields[0], 12)) {
        return is_mangled_card(fields, count) ||
               !chl_utf8_valid((const char *)bytes, length); /* a byte for a letter */
    }
    if (count >= 10) {
        return is_mangled_insurance(fields, count);
    }
    return is_mangled_base45(bytes, length);
}
