/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The DCC schema as tables: which fields each part has, which are required, what they hold.
 *
 *  Source: DCC schema 1.3.3 (DCC.combined-schema.json).
 */
#include <string.h>

#include "plugins/credential_hcert/check.h"

enum { CLAIM_HCERT = -260, HCERT_DCC = 1 };

/* A field of a map. The table ends with a NULL key. */
struct field {
    const char *key;
    bool required;
    hcert_check_fn *check;
};

static const struct field top_fields[] = {
    {"ver", true, hcert_is_version},
    {NULL, false, NULL},
};

static const struct field name_fields[] = {
    {"fn", false, hcert_is_person_name},
    {"fnt", false, hcert_is_ascii_name},
    {"gn", false, hcert_is_person_name},
    {"gnt", false, hcert_is_ascii_name},
    {NULL, false, NULL},
};

static const struct field vaccination_fields[] = {
    {"tg", true, hcert_is_text},
    {"vp", true, hcert_is_text},
    {"mp", true, hcert_is_text},
    {"ma", true, hcert_is_vaccine_holder},
    {"dn", true, hcert_is_dose},
    {"sd", true, hcert_is_dose},
    {"dt", true, hcert_is_date},
    {"co", true, hcert_is_country},
    {"is", true, hcert_is_text_80},
    {"ci", true, hcert_is_text_80},
    {NULL, false, NULL},
};

static const struct field test_fields[] = {
    {"tg", true, hcert_is_text},
    {"tt", true, hcert_is_text},
    {"nm", false, hcert_is_text_80},
    {"ma", false, hcert_is_test_device},
    {"sc", true, hcert_is_date_time},
    {"tr", true, hcert_is_text},
    {"tc", false, hcert_is_text_80},
    {"co", true, hcert_is_country},
    {"is", true, hcert_is_text_80},
    {"ci", true, hcert_is_text_80},
    {NULL, false, NULL},
};

static const struct field recovery_fields[] = {
    {"tg", true, hcert_is_text},    {"fr", true, hcert_is_date}, {"co", true, hcert_is_country},
    {"is", true, hcert_is_text_80}, {"df", true, hcert_is_date}, {"du", true, hcert_is_date},
    {"ci", true, hcert_is_text_80}, {NULL, false, NULL},
};

static const struct kind {
    char name;
    uint8_t usage;
    const char *date; /* by which the latest entry is found */
    const struct field *fields;
} kinds[] = {
    {'v', CHL_USAGE_VACCINATION, "dt", vaccination_fields},
    {'t', CHL_USAGE_TEST, "sc", test_fields},
    {'r', CHL_USAGE_RECOVERY, "fr", recovery_fields},
};

/* From 1.3 on a certificate has exactly one entry; before, issuers also wrote an empty list for a
 * kind that is absent, or all the doses a person had. */
enum { KINDS = sizeof kinds / sizeof kinds[0], VERSION_WITH_ONE_ENTRY = 3 };

static const struct chl_cbor_node *find_dcc(const struct chl_cbor_tree *claims)
{
    const struct chl_cbor_node *hcert = chl_cbor_int_key(claims, claims->nodes, CLAIM_HCERT);
    return chl_cbor_int_key(claims, hcert, HCERT_DCC);
}

bool hcert_is_shaped(const struct chl_cbor_tree *claims)
{
    const struct chl_cbor_node *dcc = find_dcc(claims);
    return dcc != NULL && dcc->item.type == CHL_CBOR_MAP;
}

/* The list of one kind, NULL when there is none. */
static const struct chl_cbor_node *list_of(const struct hcert *hcert, char kind)
{
    const char key[2] = {kind, '\0'};
    const struct chl_cbor_node *list = chl_cbor_text_key(hcert->tree, hcert->dcc, key);
    bool empty = list != NULL && list->item.type == CHL_CBOR_ARRAY && list->item.value == 0;
    if (chl_cbor_absent(list) || (empty && hcert->minor < VERSION_WITH_ONE_ENTRY)) {
        return NULL;
    }
    return list;
}

static bool count_is_allowed(const struct hcert *hcert, const struct chl_cbor_node *list)
{
    return list->item.type == CHL_CBOR_ARRAY && list->item.value >= 1 &&
           (list->item.value == 1 || hcert->minor < VERSION_WITH_ONE_ENTRY);
}

static const struct chl_cbor_node *latest(const struct hcert *hcert, const char *date)
{
    const struct chl_cbor_node *best = NULL, *entry = hcert->entries + 1;
    int64_t best_time = 0;
    for (uint64_t i = 0; i < hcert->entries->item.value; i++) {
        int64_t when = 0;
        bool dated =
            hcert_time(hcert->tree, chl_cbor_text_key(hcert->tree, entry, date), &when, NULL);
        if (best == NULL || (dated && when >= best_time)) {
            best = entry;
            best_time = when;
        }
        entry = hcert->tree->nodes + entry->after;
    }
    return best;
}

static unsigned minor_of(const struct hcert *hcert)
{
    struct chl_bytes text;
    const struct chl_cbor_node *version = chl_cbor_text_key(hcert->tree, hcert->dcc, "ver");
    bool stated = chl_cbor_text(version, &text) && text.length >= 3 &&
                  memcmp(text.data, "1.", 2) == 0 && text.data[2] >= '0' && text.data[2] <= '9';
    return stated ? (unsigned)(text.data[2] - '0') : 0;
}

void hcert_open(const struct chl_cbor_tree *claims, struct hcert *out)
{
    *out = (struct hcert){.tree = claims, .dcc = find_dcc(claims)};
    out->name = chl_cbor_text_key(claims, out->dcc, "nam");
    out->minor = minor_of(out);
    const struct kind *only = NULL;
    unsigned found = 0;
    for (size_t i = 0; i < KINDS; i++) {
        const struct chl_cbor_node *list = list_of(out, kinds[i].name);
        if (list != NULL) {
            found++;
            only = &kinds[i];
            out->entries = list;
        }
    }
    if (found != 1 || !count_is_allowed(out, out->entries)) {
        out->entries = NULL;
        return;
    }
    out->kind = only->name;
    out->usage = only->usage;
    out->entry = latest(out, only->date);
}

static chl_refusal check_fields(const struct hcert *hcert, const struct chl_cbor_node *map,
                                const struct field *fields)
{
    if (map->item.type != CHL_CBOR_MAP) {
        return CHL_REFUSAL_schema_type;
    }
    for (const struct field *field = fields; field->key != NULL; field++) {
        const struct chl_cbor_node *value = chl_cbor_text_key(hcert->tree, map, field->key);
        chl_refusal refusal = CHL_REFUSAL_NONE;
        if (!chl_cbor_absent(value)) {
            refusal = field->check(hcert, value);
        } else if (field->required) {
            refusal = CHL_REFUSAL_schema_missing;
        }
        if (refusal != CHL_REFUSAL_NONE) {
            return refusal;
        }
    }
    return CHL_REFUSAL_NONE;
}

static chl_refusal check_person(const struct hcert *hcert, int64_t latest_birth_s)
{
    const struct chl_cbor_node *birth = chl_cbor_text_key(hcert->tree, hcert->dcc, "dob");
    if (chl_cbor_absent(birth) || chl_cbor_absent(hcert->name)) {
        return CHL_REFUSAL_schema_missing;
    }
    chl_refusal refusal = check_fields(hcert, hcert->name, name_fields);
    if (refusal != CHL_REFUSAL_NONE) {
        return refusal;
    }
    if (chl_cbor_absent(chl_cbor_text_key(hcert->tree, hcert->name, "fnt")) &&
        chl_cbor_absent(chl_cbor_text_key(hcert->tree, hcert->name, "gnt"))) {
        return CHL_REFUSAL_schema_missing;
    }
    return hcert_check_birth(hcert, birth, latest_birth_s);
}

static chl_refusal check_entries(const struct hcert *hcert, const struct field *fields)
{
    const struct chl_cbor_node *entry = hcert->entries + 1;
    chl_refusal refusal = CHL_REFUSAL_NONE;
    for (uint64_t i = 0; refusal == CHL_REFUSAL_NONE && i < hcert->entries->item.value; i++) {
        refusal = check_fields(hcert, entry, fields);
        entry = hcert->tree->nodes + entry->after;
    }
    return refusal;
}

chl_refusal hcert_check(const struct hcert *hcert, int64_t latest_birth_s)
{
    chl_refusal refusal = check_fields(hcert, hcert->dcc, top_fields);
    if (refusal == CHL_REFUSAL_NONE) {
        refusal = check_person(hcert, latest_birth_s);
    }
    if (refusal == CHL_REFUSAL_NONE && hcert->entries == NULL) {
        refusal = CHL_REFUSAL_schema_kind;
    }
    for (size_t i = 0; refusal == CHL_REFUSAL_NONE && i < KINDS; i++) {
        if (kinds[i].name == hcert->kind) {
            refusal = check_entries(hcert, kinds[i].fields);
        }
    }
    return refusal;
}
