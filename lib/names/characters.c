/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a single character means in a name.
 */
#include "lib/names/internal.h"

#include <unicase.h>
#include <unictype.h>

/* Written for each other, and never part of how a name sounds (ICAO Doc 9303-3 §4.6). */
static const uint16_t apostrophes[] = {'\'',   '`',    0x00B4, 0x02B9, 0x02BB, 0x02BC,
                                       0x02BE, 0x02BF, 0x2018, 0x2019, 0x2032};

enum {
    ETH = 0x00F0,      /* its capital looks like that of đ, and old fonts had it in its place */
    D_AFRICAN = 0x0256 /* and so does this one's */
};

/* ICAO Doc 9303-3 §6 A, lower case, without what decomposition already does. */
static const struct {
    ucs4_t letter;
    const char *ascii;
} transliterations[] = {
    {D_STROKE, "d"}, {0x00DF, "ss"}, {0x00E6, "ae"}, {0x00F8, "oe"}, {0x00FE, "th"},
    {0x0127, "h"},   {0x0131, "i"},  {0x0133, "ij"}, {0x0138, "q"},  {0x0142, "l"},
    {0x014B, "n"},   {0x0153, "oe"}, {0x0167, "t"},
};

enum role name_role(ucs4_t c)
{
    for (size_t i = 0; i < sizeof apostrophes / sizeof *apostrophes; i++) {
        if (apostrophes[i] == c) {
            return ROLE_NOTHING;
        }
    }
    if (c < 0x80) {
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return word ? ROLE_LETTER : ROLE_SPACE;
    }
    if (uc_is_property_default_ignorable_code_point(c)) {
        return ROLE_NOTHING;
    }
    bool word = uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M |
                                                        UC_CATEGORY_MASK_N);
    return word ? ROLE_LETTER : ROLE_SPACE;
}

ucs4_t name_fold(ucs4_t c)
{
    ucs4_t low = uc_tolower(c);
    return low == ETH || low == D_AFRICAN ? D_STROKE : low;
}

bool name_is_tone(ucs4_t c)
{
    /* grave, acute, tilde, hook above, dot below */
    return c == 0x0300 || c == 0x0301 || c == 0x0303 || c == 0x0309 || c == 0x0323;
}

bool name_is_mark(ucs4_t c)
{
    return c >= 0x0300 && uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M);
}

bool name_is_vowel(ucs4_t c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

const char *name_ascii(ucs4_t c)
{
    for (size_t i = 0; i < sizeof transliterations / sizeof *transliterations; i++) {
        if (transliterations[i].letter == c) {
            return transliterations[i].ascii;
        }
    }
    return NULL;
}
