/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Unicode normal forms of names, bounded so that libunistring never needs the heap.
 */
#include "lib/names/internal.h"

#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "lib/base/text.h"

/* libunistring sorts up to 64 marks in place; one character decomposes into at most 3. No script
 * stacks more than a few (UAX #15 calls text with at most 30 stream-safe). */
enum { MARKS_MAX = 16 };

/* True when the text is in form C as it stands: all below U+0300, and Latin Extended Additional,
 * are (their quick check is Yes); so are nearly all names met. */
static bool is_plainly_nfc(const char *in, size_t length)
{
    const uint8_t *at = (const uint8_t *)in;
    for (size_t i = 0; i < length; i++) {
        bool additional = at[i] == 0xE1 && at[i + 1] >= 0xB8 && at[i + 1] <= 0xBB;
        if (at[i] >= 0xCC && !additional) {
            return false;
        }
        i += additional ? 2 : 0;
    }
    return true;
}

static bool is_stream_safe(const char *in, size_t length)
{
    size_t marks = 0;
    for (size_t i = 0; i < length;) {
        ucs4_t c = 0;
        int used = u8_mbtouc(&c, (const uint8_t *)in + i, length - i);
        marks = uc_combining_class(c) != 0 ? marks + 1 : 0;
        if (marks > MARKS_MAX || used <= 0) {
            return false;
        }
        i += (size_t)used;
    }
    return true;
}

chl_err name_normalise(uninorm_t form, const char *in, size_t in_length, uint8_t *out,
                       size_t *length)
{
    if (in_length > CHL_NAME_MAX) {
        return CHL_E_LIMIT;
    }
    if (!chl_utf8_valid(in, in_length)) {
        return CHL_E_CORRUPT;
    }
    if (form == UNINORM_NFC && is_plainly_nfc(in, in_length)) {
        memcpy(out, in, in_length);
        *length = in_length;
        return CHL_OK;
    }
    if (!is_stream_safe(in, in_length)) {
        return CHL_E_INVAL;
    }
    size_t room = NAME_WORK_SIZE;
    uint8_t *got = u8_normalize(form, (const uint8_t *)in, in_length, out, &room);
    if (got != out) {
        /* Does not fit, which the bounds above exclude; it is ours to free all the same. */
        free(got);
        return CHL_E_LIMIT;
    }
    *length = room;
    return CHL_OK;
}

chl_err chl_name_nfc(const char *in, char *out, size_t size)
{
    uint8_t work[NAME_WORK_SIZE];
    size_t length = 0;
    if (size == 0) {
        return CHL_E_LIMIT;
    }
    chl_err error = name_normalise(UNINORM_NFC, in, strnlen(in, CHL_NAME_MAX + 1), work, &length);
    if (error == CHL_OK && length >= size) {
        error = CHL_E_LIMIT;
    }
    if (error == CHL_OK) {
        memcpy(out, work, length);
    }
    out[error == CHL_OK ? length : 0] = '\0';
    return error;
}

/* A letter that decomposes into one with a mark; đ does not decompose. */
static bool carries_mark(ucs4_t c)
{
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    int count = uc_canonical_decomposition(c, parts);
    return (count > 1 && name_is_mark(parts[count - 1])) || name_is_mark(c) ||
           name_fold(c) == D_STROKE;
}

bool chl_name_has_accents(const char *name)
{
    size_t length = strnlen(name, CHL_NAME_MAX + 1);
    for (size_t i = 0; i < length && length <= CHL_NAME_MAX;) {
        ucs4_t c = (unsigned char)name[i];
        int used = c < 0x80 ? 1 : u8_mbtoucr(&c, (const uint8_t *)name + i, length - i);
        if (used <= 0) {
            return false;
        }
        if (c >= 0xC0 && carries_mark(c)) {
            return true;
        }
        i += (size_t)used;
    }
    return false;
}
