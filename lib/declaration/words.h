/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A borrowed run of a text, and what the words in it say.
 */
#ifndef CHL_DECLARATION_WORDS_H
#define CHL_DECLARATION_WORDS_H

#include "lib/declaration/put.h"

struct word {
    const char *at;
    size_t length;
};

/** The same letters, capitals or not. */
bool word_is(struct word word, const char *text);
/** One of these, NULL-ended, whatever its capitals and accents. */
bool word_is_any(struct word word, const char *const *texts);
/** One of the field's choices, in its stable name or as people say it. @return false: none. */
bool parse_choice(const struct chl_declaration_field *field, struct word word, int64_t *out);
/** Yes or no. */
bool parse_answer(struct word word, chl_answer *out);
/** `no`, `yes`, or the things that are so, between commas, semicolons, plus signs or blanks. */
bool parse_bits(const struct chl_declaration_field *field, const char *text, int64_t *out);

#endif
