/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What follows from a form: by which numbers its people are known, how many they are, and
 *  what the checkpoint still has to ask.
 */
#include "lib/declaration/put.h"

#include "lib/base/text.h"
#include "lib/names/names.h"

#include <string.h>

static const char digits[] = "0123456789";

/** Capital letters and digits alone. @return the length, 0 = no number. */
static size_t squeeze(const char *text, char *out, size_t size)
{
    size_t length = 0;
    for (; *text != '\0'; text++) {
        char c = *text;
        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        if (strchr(" -./_", c) != NULL) {
            continue;
        }
        bool good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
        if (!good || length + 1 >= size) {
            return 0;
        }
        out[length++] = c;
    }
    out[length] = '\0';
    return length;
}

/** Two letters and thirteen characters that begin with a digit, or the ten digits of new cards. */
static bool is_insurance(const char *number, size_t length)
{
    size_t run = strspn(number, digits);
    return (length == 10 && run == length) ||
           (length == 15 && run == 0 && number[1] > '9' && strspn(number + 2, digits) > 0);
}

bool chl_declaration_document(const char *text, const char *nationality, struct chl_document *out)
{
    *out = (struct chl_document){0};
    size_t length = squeeze(text, out->number, sizeof out->number);
    if (length == 0) {
        out->number[0] = '\0';
        return false;
    }
    bool all_digits = strspn(out->number, digits) == length;
    out->kind = CHL_DOCUMENT_PASSPORT;
    if (all_digits && length == 12) {
        out->kind = CHL_DOCUMENT_CCCD;
    } else if (all_digits && length == 9 && !is_foreign(nationality)) {
        out->kind = CHL_DOCUMENT_CMND;
    } else if (is_insurance(out->number, length)) {
        out->kind = CHL_DOCUMENT_BHYT;
    }
    return true;
}

static void add_document(struct chl_claims *claims, const struct chl_document *document)
{
    for (size_t i = 0; i < claims->document_count; i++) {
        if (claims->documents[i].kind == document->kind &&
            strcmp(claims->documents[i].number, document->number) == 0) {
            return;
        }
    }
    if (claims->document_count < CHL_CLAIM_DOCUMENTS_MAX) {
        claims->documents[claims->document_count++] = *document;
    }
}

static void collect_documents(struct chl_declaration *form)
{
    struct chl_claims *claims = &form->claims;
    const char *const given[] = {claims->document, form->old_document, form->insurance};
    struct chl_document document;
    claims->document_count = 0;
    memset(claims->documents, 0, sizeof claims->documents);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (!chl_declaration_document(given[i], claims->nationality, &document)) {
            continue;
        }
        add_document(claims, &document);
        /* What a person says of themselves hides no number from the register: nine digits also
         * count as the old card's they may be. */
        struct chl_document old;
        if (chl_declaration_document(given[i], "", &old) && old.kind != document.kind) {
            add_document(claims, &old);
        }
    }
}

static uint16_t missing(const struct chl_claims *claims)
{
    const struct {
        bool absent;
        int bit;
    } asked[] = {
        {claims->symptomatic == CHL_ANSWER_NONE, CHL_MISSING_SYMPTOMS},
        {claims->contact == CHL_ANSWER_NONE, CHL_MISSING_CONTACT},
        {claims->from_area[0] == '\0', CHL_MISSING_ORIGIN},
        {claims->phone[0] == '\0', CHL_MISSING_PHONE},
        {claims->name[0] == '\0', CHL_MISSING_NAME},
        {claims->birth[0] == '\0', CHL_MISSING_BIRTH},
        {claims->document_count == 0, CHL_MISSING_DOCUMENT},
    };
    unsigned bits = 0;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        bits |= asked[i].absent ? (unsigned)asked[i].bit : 0;
    }
    return (uint16_t)bits;
}

bool chl_declaration_complete(struct chl_declaration *declaration)
{
    struct chl_claims *claims = &declaration->claims;
    unsigned named = 1U + claims->companion_count;
    if (claims->party <= 1) {
        claims->party = (uint16_t)named; /* not stated */
    }
    claims->sex = declaration->sex <= CHL_SEX_FEMALE ? declaration->sex : (uint8_t)CHL_SEX_UNKNOWN;
    (void)chl_copy(claims->address, sizeof claims->address, declaration->address);
    collect_documents(declaration);
    claims->missing = missing(claims);
    return claims->party >= named;
}

chl_refusal put_companion(struct chl_declaration *declaration, struct chl_bytes name,
                          struct chl_bytes birth, struct chl_bytes document)
{
    struct chl_claims *claims = &declaration->claims;
    struct chl_companion person = {.name = ""};
    char number[sizeof claims->document];
    if (claims->companion_count == CHL_CLAIM_COMPANIONS_MAX || name.length == 0 ||
        name.length >= sizeof person.name || birth.length == 0 ||
        birth.length >= sizeof person.birth || document.length >= sizeof number) {
        return CHL_REFUSAL_schema_length;
    }
    if (!is_printable((const char *)name.data, name.length) ||
        !is_birth((const char *)birth.data, birth.length)) {
        return CHL_REFUSAL_schema_value;
    }
    (void)chl_copy_n(person.name, sizeof person.name, (const char *)name.data, name.length);
    (void)chl_copy_n(person.birth, sizeof person.birth, (const char *)birth.data, birth.length);
    (void)chl_copy_n(number, sizeof number, (const char *)document.data, document.length);
    if (document.length > 0 && !chl_declaration_document(number, "", &person.document)) {
        return CHL_REFUSAL_schema_value;
    }
    claims->companions[claims->companion_count++] = person;
    return CHL_REFUSAL_NONE;
}

bool compose(const char *text, size_t length, char *out, size_t size)
{
    char copy[CHL_NAME_MAX + 1];
    return chl_copy_n(copy, sizeof copy, text, length) && chl_name_nfc(copy, out, size) == CHL_OK;
}

static struct chl_bytes bytes_of(const char *text)
{
    return (struct chl_bytes){(const uint8_t *)text, strlen(text)};
}

chl_err chl_declaration_accompany(struct chl_declaration *declaration, const char *name,
                                  const char *birth, const char *document)
{
    char composed[CHL_NAME_NFC_SIZE];
    char born[CHL_BIRTH_SIZE];
    if (declaration->claims.companion_count == CHL_CLAIM_COMPANIONS_MAX) {
        return CHL_E_LIMIT;
    }
    if (!compose(name, strlen(name), composed, sizeof composed) ||
        chl_birth_normalise(birth, born) != CHL_OK) {
        return CHL_E_INVAL;
    }
    chl_refusal refusal =
        put_companion(declaration, bytes_of(composed), bytes_of(born), bytes_of(document));
    return refusal == CHL_REFUSAL_NONE ? CHL_OK : CHL_E_INVAL;
}
