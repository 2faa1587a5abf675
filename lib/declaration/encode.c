/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Writes a declaration as a CWT.
 */
#include "lib/declaration/put.h"

#include "lib/base/text.h"
#include "lib/base/time.h"

#include <stdio.h>
#include <string.h>

/** Which of the three questions is open, when some but not all were answered. */
static bool tell_unanswered(const struct chl_declaration *declaration, char *why, size_t why_size)
{
    size_t count = 0;
    const struct chl_declaration_question *questions = chl_declaration_questions(&count);
    for (size_t i = 0; declaration->answered != 0 && i < count; i++) {
        if ((declaration->answered & questions[i].bit) == 0) {
            (void)snprintf(why, why_size, "%s (%s) is missing; state it", questions[i].name,
                           questions[i].en);
            return true;
        }
    }
    return false;
}

chl_err chl_declaration_check(const struct chl_declaration *declaration, char *why, size_t why_size)
{
    const struct chl_claims *claims = &declaration->claims;
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].required && !field_is_stated(declaration, &fields[i])) {
            if (fields[i].type == CHL_FIELD_BITS && tell_unanswered(declaration, why, why_size)) {
                return CHL_E_INVAL;
            }
            (void)snprintf(why, why_size, "%s (%s) is missing; state it", fields[i].name,
                           fields[i].en);
            return CHL_E_INVAL;
        }
    }
    if (claims->party > 1 && claims->party < 1U + claims->companion_count) {
        (void)snprintf(why, why_size,
                       "party (people on this code) expected at least %u, the declarer and those "
                       "named, got %u; correct it or leave it out",
                       1U + claims->companion_count, claims->party);
        return CHL_E_INVAL;
    }
    if (claims->issuer[0] == '\0') {
        (void)snprintf(why, why_size, "the issuer's name is missing; state it");
        return CHL_E_INVAL;
    }
    if (claims->issued_at <= 0 || claims->expires_at <= claims->issued_at) {
        (void)snprintf(why, why_size, "the expiry must be later than the time of issue");
        return CHL_E_INVAL;
    }
    const struct chl_declaration_field *ahead =
        chl_declaration_ahead(declaration, claims->issued_at);
    if (ahead != NULL) {
        (void)snprintf(why, why_size,
                       "%s (%s) expected a date before the time of issue, got a later one; "
                       "correct it",
                       ahead->name, ahead->en);
        return CHL_E_INVAL;
    }
    return CHL_OK;
}

static int64_t date_days(const char *text)
{
    int64_t ns = 0;
    (void)chl_time_parse(text, strlen(text), &ns);
    return ns / CHL_NS_PER_S / 86400;
}

static void put_text_or_digits(struct chl_cbor_writer *writer, int digits, const char *text)
{
    size_t length = strlen(text);
    if (digits == 0 || length != (size_t)digits || strspn(text, "0123456789") != length) {
        chl_cbor_put_text(writer, text);
        return;
    }
    int64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        value = 10 * value + (text[i] - '0');
    }
    chl_cbor_put_int(writer, value);
}

static void put_companions(struct chl_cbor_writer *writer, const struct chl_claims *claims)
{
    chl_cbor_put_array(writer, claims->companion_count);
    for (size_t i = 0; i < claims->companion_count; i++) {
        const struct chl_companion *person = &claims->companions[i];
        bool known = person->document.number[0] != '\0';
        chl_cbor_put_array(writer, known ? 3 : 2);
        chl_cbor_put_text(writer, person->name);
        put_text_or_digits(writer, COMPANION_BIRTH_DIGITS, person->birth);
        if (known) {
            put_text_or_digits(writer, COMPANION_DOCUMENT_DIGITS, person->document.number);
        }
    }
}

static void put_value(struct chl_cbor_writer *writer, const struct chl_declaration *declaration,
                      const struct chl_declaration_field *field)
{
    const void *at = field_at(declaration, field);
    uint16_t medium = 0;
    int64_t large = 0;
    switch (field->type) {
    case CHL_FIELD_TEXT:
    case CHL_FIELD_BIRTH:
        put_text_or_digits(writer, field->digits, at);
        break;
    case CHL_FIELD_DATE:
        chl_cbor_put_int(writer, date_days(at));
        break;
    case CHL_FIELD_TIME:
        memcpy(&large, at, sizeof large);
        chl_cbor_put_int(writer, large);
        break;
    case CHL_FIELD_NUMBER16:
    case CHL_FIELD_BITS:
        memcpy(&medium, at, sizeof medium);
        chl_cbor_put_int(writer, medium);
        break;
    case CHL_FIELD_NUMBER8:
    case CHL_FIELD_CHOICE:
        chl_cbor_put_int(writer, *(const uint8_t *)at);
        break;
    case CHL_FIELD_COMPANIONS:
        put_companions(writer, &declaration->claims);
        break;
    }
}

static void put_form(struct chl_cbor_writer *writer, const struct chl_declaration *declaration)
{
    size_t count = 0;
    size_t stated = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    for (size_t i = 0; i < count; i++) {
        stated += field_is_stated(declaration, &fields[i]) ? 1 : 0;
    }
    chl_cbor_put_map(writer, stated);
    for (size_t i = 0; i < count; i++) {
        if (field_is_stated(declaration, &fields[i])) {
            chl_cbor_put_int(writer, fields[i].key);
            put_value(writer, declaration, &fields[i]);
        }
    }
}

chl_err chl_declaration_encode(const struct chl_declaration *declaration, uint8_t *out, size_t size,
                               size_t *length)
{
    const struct chl_claims *claims = &declaration->claims;
    uint8_t id[CHL_DECLARATION_ID_MAX];
    size_t id_size = strlen(claims->id) / 2;
    if (id_size < CHL_DECLARATION_ID_MIN || id_size > sizeof id ||
        chl_unhex(claims->id, strlen(claims->id), id, id_size) != CHL_OK) {
        return CHL_E_INVAL;
    }
    struct chl_cbor_writer writer;
    chl_cbor_begin(&writer, out, size);
    chl_cbor_put_map(&writer, claims->not_before != 0 ? 6 : 5);
    chl_cbor_put_int(&writer, CHL_CWT_ISS);
    chl_cbor_put_text(&writer, claims->issuer);
    chl_cbor_put_int(&writer, CHL_CWT_EXP);
    chl_cbor_put_int(&writer, claims->expires_at);
    if (claims->not_before != 0) {
        chl_cbor_put_int(&writer, CHL_CWT_NBF);
        chl_cbor_put_int(&writer, claims->not_before);
    }
    chl_cbor_put_int(&writer, CHL_CWT_IAT);
    chl_cbor_put_int(&writer, claims->issued_at);
    chl_cbor_put_int(&writer, CHL_CWT_CTI);
    chl_cbor_put_bytes(&writer, id, id_size);
    chl_cbor_put_int(&writer, CHL_DECLARATION_CLAIM);
    put_form(&writer, declaration);
    return chl_cbor_end(&writer, length);
}
