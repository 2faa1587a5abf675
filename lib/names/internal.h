/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of lib/names share.
 */
#ifndef CHL_NAMES_INTERNAL_H
#define CHL_NAMES_INTERNAL_H

#include "lib/names/names.h"

#include <uninorm.h>

/** What one character does in a name. */
enum role {
    ROLE_LETTER,
    ROLE_SPACE,  /**< parts words */
    ROLE_NOTHING /**< joins what is around it: apostrophes, what cannot be seen */
};

/** The letter đ. */
enum { D_STROKE = 0x0111 };

enum role name_role(ucs4_t c);
/** Lower case; letters that stand for đ become it. */
ucs4_t name_fold(ucs4_t c);
/** One of the five tone marks of Vietnamese. */
bool name_is_tone(ucs4_t c);
/** Goes onto the letter before it. */
bool name_is_mark(ucs4_t c);
/** A vowel, its accents taken off, lower case. */
bool name_is_vowel(ucs4_t c);
/** ASCII for a lower-case letter without marks; NULL = there is none. */
const char *name_ascii(ucs4_t c);

/** The name in a normal form, in a buffer of NAME_WORK_SIZE; `*length` bytes, no NUL. */
enum { NAME_WORK_SIZE = 1024 };
chl_err name_normalise(uninorm_t form, const char *in, size_t in_length, uint8_t *out,
                       size_t *length);

#endif
