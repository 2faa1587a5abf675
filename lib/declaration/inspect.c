/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads a declaration back and decides whether it may be believed now.
 */
#include "lib/declaration/put.h"

#include "lib/base/text.h"
#include "lib/vaccines/vaccines.h"

#include <stdio.h>

enum { DIGITS_SIZE = 24 };

static chl_refusal read_id(const struct chl_cbor_tree *tree, struct chl_claims *claims)
{
    const struct chl_cbor_node *node = chl_cbor_int_key(tree, &tree->nodes[0], CHL_CWT_CTI);
    struct chl_bytes id;
    if (chl_cbor_absent(node)) {
        return CHL_REFUSAL_schema_missing;
    }
    if (!chl_cbor_byte_string(node, &id)) {
        return CHL_REFUSAL_schema_type;
    }
    if (id.length < CHL_DECLARATION_ID_MIN || id.length > CHL_DECLARATION_ID_MAX) {
        return CHL_REFUSAL_schema_length;
    }
    chl_hex(id.data, id.length, claims->id);
    return CHL_REFUSAL_NONE;
}

static chl_refusal read_issuer(const struct chl_cbor_tree *tree, struct chl_claims *claims)
{
    const struct chl_cbor_node *node = chl_cbor_int_key(tree, &tree->nodes[0], CHL_CWT_ISS);
    struct chl_bytes name;
    if (chl_cbor_absent(node)) {
        return CHL_REFUSAL_schema_missing;
    }
    if (!chl_cbor_text(node, &name)) {
        return CHL_REFUSAL_schema_type;
    }
    if (name.length == 0 || name.length >= sizeof claims->issuer) {
        return CHL_REFUSAL_schema_length;
    }
    (void)chl_copy_n(claims->issuer, sizeof claims->issuer, (const char *)name.data, name.length);
    return CHL_REFUSAL_NONE;
}

/** Text, or the digits that an integer stands for, in `buffer` of 24. */
static bool text_or_digits(const struct chl_cbor_node *node, int digits, char *buffer,
                           struct chl_bytes *out)
{
    int64_t number = 0;
    if (node != NULL && chl_cbor_text(node, out)) {
        return true;
    }
    if (node == NULL || !chl_cbor_int(node, &number) || number < 0) {
        return false;
    }
    int length = snprintf(buffer, DIGITS_SIZE, "%0*lld", digits, (long long)number);
    *out = (struct chl_bytes){(const uint8_t *)buffer, (size_t)length};
    return length == digits;
}

static chl_refusal read_companions(const struct chl_cbor_tree *tree,
                                   const struct chl_cbor_node *list, struct chl_declaration *out)
{
    if (list->item.type != CHL_CBOR_ARRAY) {
        return CHL_REFUSAL_schema_type;
    }
    if (list->item.value > CHL_CLAIM_COMPANIONS_MAX) {
        return CHL_REFUSAL_schema_length;
    }
    chl_refusal refusal = CHL_REFUSAL_NONE;
    for (uint32_t i = 0; refusal == CHL_REFUSAL_NONE && i < list->item.value; i++) {
        const struct chl_cbor_node *person = chl_cbor_element(tree, list, i);
        const struct chl_cbor_node *number = chl_cbor_element(tree, person, 2);
        char born[DIGITS_SIZE];
        char digits[DIGITS_SIZE];
        struct chl_bytes name = {NULL, 0};
        struct chl_bytes birth = {NULL, 0};
        struct chl_bytes document = {(const uint8_t *)"", 0}; /* none */
        bool typed = chl_cbor_text(chl_cbor_element(tree, person, 0), &name) &&
                     text_or_digits(chl_cbor_element(tree, person, 1), COMPANION_BIRTH_DIGITS, born,
                                    &birth) &&
                     (chl_cbor_absent(number) ||
                      text_or_digits(number, COMPANION_DOCUMENT_DIGITS, digits, &document));
        refusal = typed ? put_companion(out, name, birth, document) : CHL_REFUSAL_schema_type;
    }
    return refusal;
}

static chl_refusal read_field(const struct chl_cbor_tree *tree, const struct chl_cbor_node *node,
                              const struct chl_declaration_field *field,
                              struct chl_declaration *out)
{
    if (chl_cbor_absent(node)) {
        return field->required ? CHL_REFUSAL_schema_missing : CHL_REFUSAL_NONE;
    }
    if (field->type == CHL_FIELD_COMPANIONS) {
        return read_companions(tree, node, out);
    }
    int64_t number = 0;
    struct chl_bytes text;
    if (chl_cbor_int(node, &number)) {
        return put_number(out, field, number);
    }
    if (chl_cbor_text(node, &text)) {
        return put_text(out, field, (const char *)text.data, text.length);
    }
    return CHL_REFUSAL_schema_type;
}

chl_refusal chl_declaration_decode(const struct chl_cbor_tree *claims, struct chl_declaration *out)
{
    const struct chl_cbor_node *form =
        chl_cbor_int_key(claims, &claims->nodes[0], CHL_DECLARATION_CLAIM);
    if (chl_cbor_absent(form)) {
        return CHL_REFUSAL_schema_missing;
    }
    if (form->item.type != CHL_CBOR_MAP) {
        return CHL_REFUSAL_schema_type;
    }
    chl_refusal refusal = read_issuer(claims, &out->claims);
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = read_id(claims, &out->claims);
    }
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    for (size_t i = 0; refusal == CHL_REFUSAL_NONE && i < count; i++) {
        refusal =
            read_field(claims, chl_cbor_int_key(claims, form, fields[i].key), &fields[i], out);
    }
    if (!chl_declaration_complete(out) && refusal == CHL_REFUSAL_NONE) {
        refusal = CHL_REFUSAL_schema_value; /* more people named than it counts */
    }
    return refusal;
}

/** Longer than the site accepts, so that a code that leaks is worth little. */
static bool lives_too_long(const struct chl_cose_message *message, int64_t life_max_s)
{
    int64_t life = 0;
    return message->issued_at != 0 &&
           (__builtin_sub_overflow(message->expires_at, message->issued_at, &life) ||
            life > life_max_s);
}

/** Told before the times: to declare again is what helps, whenever the code would have expired. */
static bool is_revoked(const struct chl_cose_message *message, const struct chl_revoked *list)
{
    struct chl_bytes id = {NULL, 0};
    const struct chl_cbor_tree *claims = &message->claims;
    const struct chl_bytes kid = {message->key->kid, CHL_KID_SIZE};
    return chl_revoked_has(list, CHL_REVOKED_KEY, kid) ||
           (chl_cbor_byte_string(chl_cbor_int_key(claims, claims->nodes, CHL_CWT_CTI), &id) &&
            chl_revoked_has(list, CHL_REVOKED_ID, id));
}

static const struct chl_cose_format format = {.prefix = CHL_DECLARATION_PREFIX,
                                              .format = CHL_FORMAT_DECLARATION,
                                              .trusted = CHL_TRUST_PUBLIC_KEY};

bool chl_declaration_read(struct chl_scratch *scratch, const uint8_t *bytes, size_t length,
                          struct chl_declaration *out)
{
    struct chl_cose_message message;
    chl_declaration_init(out);
    if (!chl_cose_read(&format, scratch, bytes, length, &message)) {
        return false;
    }
    out->claims.issued_at = message.issued_at;
    out->claims.not_before = message.not_before;
    out->claims.expires_at = message.expires_at;
    return chl_declaration_decode(&message.claims, out) == CHL_REFUSAL_NONE;
}

void chl_declaration_inspect(const struct chl_trust *trust,
                             const struct chl_declaration_rules *rules, struct chl_scratch *scratch,
                             const uint8_t *bytes, size_t length, int64_t now_ns,
                             struct chl_inspection *out)
{
    struct chl_cose_message message = {0};
    if (!chl_cose_open(&format, trust, scratch, bytes, length, out, &message)) {
        return;
    }
    if (is_revoked(&message, rules->revoked)) {
        chl_refuse(out, CHL_REFUSAL_revoked);
        return;
    }
    if (!chl_cose_judge(&message, 0, now_ns, rules->skew_ns, out)) {
        return;
    }
    if (lives_too_long(&message, rules->life_max_s)) {
        chl_refuse(out, CHL_REFUSAL_life_too_long);
        return;
    }
    struct chl_declaration declaration;
    chl_declaration_init(&declaration);
    uint16_t party = declaration.claims.party;
    declaration.claims = out->claims;
    declaration.claims.size = (uint32_t)sizeof declaration.claims;
    declaration.claims.party = party;
    chl_refusal refusal = message.issued_at == 0
                              ? CHL_REFUSAL_schema_missing
                              : chl_declaration_decode(&message.claims, &declaration);
    out->claims = declaration.claims;
    /* A person writes a vaccine's name where a certificate states its code. */
    (void)chl_vaccine_code(out->claims.dose_product, out->claims.dose_product,
                           sizeof out->claims.dose_product);
    if (refusal != CHL_REFUSAL_NONE) {
        chl_refuse(out, refusal);
        return;
    }
    chl_cose_accept(out);
}
