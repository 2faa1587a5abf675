/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Answers in words, as the form's language and ours have them, turned into numbers.
 */
#include "lib/declaration/words.h"

#include "lib/base/text.h"
#include "lib/names/names.h"

#include <string.h>
#include <strings.h>

static const char blanks[] = " \t\r\n";
static const char separators[] = " \t\r\n,;+";

bool word_is(struct word word, const char *text)
{
    return strlen(text) == word.length && strncasecmp(text, word.at, word.length) == 0;
}

/** The same words whatever their capitals and accents: SỐT, sốt, sot. */
static bool sounds_like(struct word word, const char *text)
{
    char copy[CHL_NAME_MAX + 1];
    char said[CHL_NAME_KEY_SIZE];
    char known[CHL_NAME_KEY_SIZE];
    return chl_copy_n(copy, sizeof copy, word.at, word.length) &&
           chl_name_key_plain(copy, said, sizeof said) == CHL_OK &&
           chl_name_key_plain(text, known, sizeof known) == CHL_OK && strcmp(said, known) == 0;
}

bool word_is_any(struct word word, const char *const *texts)
{
    for (; *texts != NULL; texts++) {
        if (word_is(word, *texts) || sounds_like(word, *texts)) {
            return true;
        }
    }
    return false;
}

static struct word next_word(const char **at, const char *between)
{
    *at += strspn(*at, between);
    struct word word = {*at, strcspn(*at, between)};
    *at += word.length;
    return word;
}

/** As many words from `at` as `text` has, blanks alone between them. */
static struct word as_many_words(const char *at, const char *text)
{
    const char *end = at;
    const char *start = at;
    struct word given = {at, 0};
    for (bool first = true; next_word(&text, blanks).length > 0; first = false) {
        size_t gap = strspn(end, blanks);
        struct word next = {end + gap, strcspn(end + gap, separators)};
        if (next.length == 0 || (!first && gap == 0)) {
            return (struct word){at, 0};
        }
        end = next.at + next.length;
        if (first) {
            start = next.at;
        }
        given = (struct word){start, (size_t)(end - start)};
    }
    return given;
}

bool parse_choice(const struct chl_declaration_field *field, struct word word, int64_t *out)
{
    for (size_t i = 0; field->choices[i] != NULL; i++) {
        if (word_is(word, field->choices[i]) ||
            (field->choices_vi != NULL && sounds_like(word, field->choices_vi[i]))) {
            *out = (int64_t)i + 1;
            return true;
        }
    }
    return false;
}

/** A choice as people say it, which may have blanks within. */
static bool take_spoken(const struct chl_declaration_field *field, const char **at, int64_t *choice)
{
    const char *text = *at + strspn(*at, separators);
    for (size_t i = 0; field->choices_vi != NULL && field->choices_vi[i] != NULL; i++) {
        struct word word = as_many_words(text, field->choices_vi[i]);
        if (word.length > 0 && sounds_like(word, field->choices_vi[i])) {
            *at = word.at + word.length;
            *choice = (int64_t)i + 1;
            return true;
        }
    }
    return false;
}

bool parse_answer(struct word word, chl_answer *out)
{
    static const char *const no[] = {"no", "không", "ko", "k", "n", "0", NULL};
    static const char *const yes[] = {"yes", "có", "c", "y", "1", NULL};
    if (word_is_any(word, no)) {
        *out = CHL_ANSWER_NO;
        return true;
    }
    *out = CHL_ANSWER_YES;
    return word_is_any(word, yes);
}

bool parse_bits(const struct chl_declaration_field *field, const char *text, int64_t *out)
{
    static const char *const no[] = {"no", "none", "không", NULL};
    static const char *const yes[] = {"yes", "có", NULL};
    int64_t bits = 0;
    const char *rest = text;
    if (word_is_any(next_word(&rest, separators), no)) {
        *out = 0;
        return next_word(&rest, blanks).length == 0;
    }
    while (text[strspn(text, separators)] != '\0') {
        int64_t choice = 0;
        if (take_spoken(field, &text, &choice)) {
            bits |= INT64_C(1) << (choice - 1);
            continue;
        }
        struct word word = next_word(&text, separators);
        if (word_is_any(word, yes)) {
            choice = (int64_t)field_choices(field); /* the last one is "other" */
        } else if (!parse_choice(field, word, &choice)) {
            return false;
        }
        bits |= INT64_C(1) << (choice - 1);
    }
    *out = bits;
    return bits != 0;
}
