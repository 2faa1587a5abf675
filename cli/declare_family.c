/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A family on one code: the first row declares, the others come along.
 */
#include "cli/declare.h"

#include <string.h>

/** What a companion has of their own and the code keeps, or need not keep: their name, birth and
 *  document make them known; symptoms and contacts are taken together. */
static bool is_own(const char *name)
{
    static const char *const own[] = {"name",        "birth",      "sex",          "phone",
                                      "email",       "document",   "old_document", "insurance",
                                      "nationality", "symptoms",   "contact",      "note",
                                      "seat",        "companions", "party"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strcmp(own[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/** What the code says of all of them must be so of each: a journey, a test, a vaccination. */
static chl_err compare(const struct chl_declaration *head, const struct chl_declaration *row,
                       const struct chl_declaration *common, char why[DECLARE_WHY])
{
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = (const uint8_t *)row + fields[i].offset;
        size_t offset = fields[i].offset;
        bool stated = memcmp(at, (const uint8_t *)common + offset, fields[i].size) != 0;
        if (!is_own(fields[i].name) && stated &&
            memcmp(at, (const uint8_t *)head + offset, fields[i].size) != 0) {
            (void)snprintf(why, DECLARE_WHY,
                           "%s: expected what the first of the family has, or nothing; a code says "
                           "it once for all of them: give this person a code of their own",
                           fields[i].name);
            return CHL_E_INVAL;
        }
    }
    return CHL_OK;
}

/** One document of theirs, the citizen's number first. */
static const char *document_of(const struct chl_declaration *row)
{
    return row->claims.document[0] != '\0' ? row->claims.document
           : row->insurance[0] != '\0'     ? row->insurance
                                           : row->old_document;
}

static void merge_answers(struct chl_declaration *head, const struct chl_declaration *row)
{
    head->claims.symptoms |= row->claims.symptoms;
    head->contacts |= row->contacts;
    if (row->claims.symptomatic == CHL_ANSWER_YES) {
        head->claims.symptomatic = CHL_ANSWER_YES;
    }
    if (row->claims.contact == CHL_ANSWER_YES) {
        head->claims.contact = CHL_ANSWER_YES;
    }
    if (head->note[0] == '\0') {
        memcpy(head->note, row->note, sizeof head->note);
    }
}

chl_err declare_join(struct chl_declaration *head, const struct chl_declaration *row,
                     const struct chl_declaration *common, char why[DECLARE_WHY])
{
    if (row->claims.companion_count > common->claims.companion_count ||
        (row->claims.party != common->claims.party && row->claims.party > 1)) {
        (void)snprintf(why, DECLARE_WHY,
                       "expected companions and party on the first of the family alone");
        return CHL_E_INVAL;
    }
    if (row->claims.symptomatic == CHL_ANSWER_NONE || row->claims.contact == CHL_ANSWER_NONE) {
        (void)snprintf(why, DECLARE_WHY,
                       "symptoms and contact: expected answers for each of the family");
        return CHL_E_INVAL;
    }
    chl_err err = compare(head, row, common, why);
    if (err == CHL_OK) {
        err =
            chl_declaration_accompany(head, row->claims.name, row->claims.birth, document_of(row));
        if (err == CHL_E_LIMIT) {
            (void)snprintf(why, DECLARE_WHY,
                           "expected at most %d beside the first of a family; make two of it",
                           CHL_CLAIM_COMPANIONS_MAX);
        } else if (err != CHL_OK) {
            (void)snprintf(why, DECLARE_WHY,
                           "name, birth, document: expected a name of at most %zu bytes and a year "
                           "of birth",
                           sizeof head->claims.companions[0].name - 1);
        }
    }
    if (err == CHL_OK) {
        merge_answers(head, row);
    }
    return err == CHL_OK ? CHL_OK : CHL_E_INVAL;
}
