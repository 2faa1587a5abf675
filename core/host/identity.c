/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Document numbers and names in the form in which two of them are the same bytes, hashed.
 */
#include "core/host/identity.h"

#include <stdio.h>
#include <string.h>

#include "lib/document/document.h"
#include "lib/names/names.h"

enum { INSURED_DIGITS = 10, INSURANCE_CARD = 15, YEAR = 4, WHOLE_DATE = 10 };

/* 000000000 stands for a number that was not known; a word is not one. */
static bool says_something(const char *number)
{
    return strspn(number, (char[]){number[0], '\0'}) != strlen(number) &&
           strpbrk(number, "0123456789") != NULL;
}

static bool is_citizen(uint8_t kind)
{
    return kind == CHL_DOCUMENT_CCCD || kind == CHL_DOCUMENT_CMND;
}

/* What is stated counts, where the form allows it. @return false when it does not. */
static bool settle_kind(uint8_t stated, struct chl_document *number)
{
    bool citizen = is_citizen(stated) && is_citizen(number->kind);
    if (stated == CHL_DOCUMENT_OTHER || stated >= CHL_DOCUMENT_COUNT || citizen) {
        return true;
    }
    bool has_form = is_citizen(stated) || stated == CHL_DOCUMENT_BHYT;
    bool allowed = !has_form || number->kind == stated;
    number->kind = stated;
    return allowed;
}

/* One space of numbers for each kind that is compared. */
static char space_of(uint8_t kind)
{
    static const char spaces[CHL_DOCUMENT_COUNT] = {
        [CHL_DOCUMENT_OTHER] = 'o', [CHL_DOCUMENT_CCCD] = 'c',     [CHL_DOCUMENT_CMND] = 'c',
        [CHL_DOCUMENT_BHYT] = 'b',  [CHL_DOCUMENT_PASSPORT] = 'p', [CHL_DOCUMENT_QID] = 'q'};
    return spaces[kind];
}

static bool has_number(const struct identity *of, const uint8_t key[PSEUDONYM_SIZE])
{
    for (size_t i = 0; i < of->number_count; i++) {
        if (memcmp(of->numbers[i].key, key, PSEUDONYM_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

chl_err identity_add_number(struct identity *to, const struct pseudonym_key *key, uint8_t kind,
                            const char *text)
{
    struct chl_document number;
    char material[sizeof number.number + 2];
    struct identity_number made;
    chl_err error = CHL_E_NOTFOUND;
    if (to->number_count < IDENTITY_NUMBERS_MAX && chl_document_read(text, &number) &&
        says_something(number.number) && settle_kind(kind, &number)) {
        size_t length = strlen(number.number);
        bool card = number.kind == CHL_DOCUMENT_BHYT && length == INSURANCE_CARD;
        const char *own = number.number + (card ? INSURANCE_CARD - INSURED_DIGITS : 0);
        int used = snprintf(material, sizeof material, "d%c%s", space_of(number.kind), own);
        made.kind = number.kind;
        error = pseudonym_hash(key, material, (size_t)used, made.key);
    }
    if (error == CHL_OK && !has_number(to, made.key)) {
        to->numbers[to->number_count++] = made;
    }
    explicit_bzero(&number, sizeof number);
    explicit_bzero(material, sizeof material);
    return error;
}

/** What is hashed of a name: a kind, the key, the birth date. */
struct name_work {
    char plain[CHL_NAME_KEY_SIZE], accented[CHL_NAME_KEY_SIZE];
    char birth[CHL_BIRTH_SIZE];
    char material[CHL_NAME_KEY_SIZE + CHL_BIRTH_SIZE + 4];
};

static chl_err hash_name(struct name_work *work, const struct pseudonym_key *key, char kind,
                         const char *name, int birth_length, uint8_t out[PSEUDONYM_SIZE])
{
    int length = snprintf(work->material, sizeof work->material, "n%c%s|%.*s", kind, name,
                          birth_length, work->birth);
    return pseudonym_hash(key, work->material, (size_t)length, out);
}

/* Letters that ASCII cannot stand for: then the name is compared as it is. */
static chl_err read_name(struct name_work *work, const char *name)
{
    chl_err error = chl_name_key(name, work->accented, sizeof work->accented);
    if (error != CHL_OK) {
        return error == CHL_E_NOTFOUND ? error : CHL_E_CORRUPT;
    }
    error = chl_name_key_plain(name, work->plain, sizeof work->plain);
    if (error == CHL_E_NOTSUP) {
        memcpy(work->plain, work->accented, sizeof work->plain);
        error = CHL_OK;
    }
    return error;
}

chl_err identity_set_name(struct identity *to, const struct pseudonym_key *key, const char *name,
                          const char *birth)
{
    struct name_work work;
    struct identity_name made = {.known = true};
    chl_err error = chl_birth_normalise(birth, work.birth);
    error = error != CHL_OK ? error : read_name(&work, name);
    if (error == CHL_OK) {
        made.has_accents = chl_name_has_accents(name);
        made.has_day = strlen(work.birth) == WHOLE_DATE;
        error = hash_name(&work, key, 'y', work.plain, YEAR, made.key);
    }
    if (error == CHL_OK && made.has_accents) {
        error = hash_name(&work, key, 'a', work.accented, YEAR, made.accents);
    }
    if (error == CHL_OK && made.has_day) {
        error = hash_name(&work, key, 'd', work.plain, WHOLE_DATE, made.day);
    }
    if (error == CHL_OK) {
        to->name = made;
    }
    explicit_bzero(&work, sizeof work);
    return error;
}

bool identity_names_agree(const struct identity_name *a, const struct identity_name *b)
{
    bool accents = a->has_accents && b->has_accents;
    bool day = a->has_day && b->has_day;
    return a->known && b->known && memcmp(a->key, b->key, PSEUDONYM_SIZE) == 0 &&
           (!accents || memcmp(a->accents, b->accents, PSEUDONYM_SIZE) == 0) &&
           (!day || memcmp(a->day, b->day, PSEUDONYM_SIZE) == 0);
}
