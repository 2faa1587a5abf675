/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Keys by which names are compared.
 *
 *  Works on the decomposed name. Tone marks wait until the vowels they stand in are over, so that
 *  both ways of placing them (òa and oà) come out as one.
 */
#include "lib/names/internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistr.h>

enum { TONES_MAX = 16 };

/* What has been written so far. */
struct writer {
    uint8_t *out;
    size_t size, length;
    bool plain;              /* without accents, ASCII */
    bool word, gap;          /* a letter was written; a space is due before the next */
    bool in_vowels;          /* the letter before was a vowel */
    ucs4_t tones[TONES_MAX]; /* of these vowels */
    size_t tone_count;
    chl_err error;
};

static void put(struct writer *w, ucs4_t c)
{
    int used = u8_uctomb(w->out + w->length, c, (ptrdiff_t)(w->size - w->length));
    if (used <= 0) {
        w->error = CHL_E_LIMIT;
    } else {
        w->length += (size_t)used;
    }
}

static void end_vowels(struct writer *w)
{
    for (size_t i = 0; i < w->tone_count; i++) {
        put(w, w->tones[i]);
    }
    w->tone_count = 0;
    w->in_vowels = false;
}

static void put_letter(struct writer *w, ucs4_t c)
{
    if (w->gap && w->word) {
        put(w, ' ');
    }
    w->gap = false;
    w->word = true;
    const char *ascii = w->plain && c >= 0x80 ? name_ascii(c) : NULL;
    if (ascii == NULL) {
        if (w->plain && c >= 0x80) {
            w->error = CHL_E_NOTSUP;
        }
        put(w, c);
    } else {
        for (; *ascii != '\0'; ascii++) {
            put(w, (ucs4_t)(unsigned char)*ascii);
        }
    }
}

/* A mark that has no letter before it means nothing. */
static void add_mark(struct writer *w, ucs4_t c)
{
    if (w->plain || !w->word || w->gap) {
        return;
    }
    if (!w->in_vowels || !name_is_tone(c)) {
        put(w, c);
        return;
    }
    if (w->tone_count == TONES_MAX) {
        w->error = CHL_E_INVAL; /* no syllable of any language */
        return;
    }
    w->tones[w->tone_count++] = c;
    w->in_vowels = true;
}

static void add(struct writer *w, ucs4_t c)
{
    enum role role = name_role(c);
    if (role == ROLE_NOTHING) {
        return;
    }
    if (role == ROLE_LETTER && name_is_mark(c)) {
        add_mark(w, c);
        return;
    }
    ucs4_t low = name_fold(c);
    if (role == ROLE_SPACE || !name_is_vowel(low)) {
        end_vowels(w);
    }
    if (role == ROLE_SPACE) {
        w->gap = true;
        return;
    }
    put_letter(w, low);
    w->in_vowels = name_is_vowel(low);
}

/* Folding can leave letters decomposed that have a composed lower case, and tones apart. */
static chl_err compose(const uint8_t *key, size_t length, char *out, size_t size)
{
    uint8_t work[NAME_WORK_SIZE];
    size_t room = sizeof work;
    uint8_t *got = u8_normalize(UNINORM_NFC, key, length, work, &room);
    chl_err error = CHL_OK;
    if (got != work || room >= size) {
        error = CHL_E_LIMIT;
    } else {
        memcpy(out, work, room);
        out[room] = '\0';
    }
    if (got != work) {
        free(got);
    }
    return error;
}

static chl_err write_key(const char *name, bool plain, char *out, size_t size)
{
    uint8_t parts[NAME_WORK_SIZE], key[NAME_WORK_SIZE];
    size_t length = 0;
    struct writer w = {.out = key, .size = sizeof key, .plain = plain};
    if (size == 0) {
        return CHL_E_LIMIT;
    }
    out[0] = '\0';
    chl_err error =
        name_normalise(UNINORM_NFD, name, strnlen(name, CHL_NAME_MAX + 1), parts, &length);
    for (size_t i = 0; error == CHL_OK && i < length; error = w.error) {
        ucs4_t c = 0;
        i += (size_t)u8_mbtouc(&c, parts + i, length - i);
        add(&w, c);
    }
    if (error == CHL_OK) {
        end_vowels(&w);
        error = w.error;
    }
    if (error == CHL_OK && w.length == 0) {
        error = CHL_E_NOTFOUND;
    }
    return error == CHL_OK ? compose(key, w.length, out, size) : error;
}

chl_err chl_name_key(const char *name, char *out, size_t size)
{
    return write_key(name, false, out, size);
}

chl_err chl_name_key_plain(const char *name, char *out, size_t size)
{
    return write_key(name, true, out, size);
}

bool chl_name_equal(const char *a, const char *b)
{
    char first[CHL_NAME_KEY_SIZE], second[CHL_NAME_KEY_SIZE];
    return chl_name_key(a, first, sizeof first) == CHL_OK &&
           chl_name_key(b, second, sizeof second) == CHL_OK && strcmp(first, second) == 0;
}
