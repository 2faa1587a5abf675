/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the staff enter by hand, read by the declaration's own table of fields.
 */
#include "lib/base/text.h"
#include "lib/control/internal.h"
#include "lib/document/document.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_MAX = 24, WHY_MAX = 256, SHOWN_MAX = 40 };

/** The answer as people write it; NULL for a type that answers nothing. */
static const char *text_of(const json_t *value, char number[NUMBER_MAX])
{
    if (json_is_integer(value)) {
        (void)snprintf(number, NUMBER_MAX, "%lld", (long long)json_integer_value(value));
        return number;
    }
    if (json_is_boolean(value)) {
        return json_is_true(value) ? "yes" : "no";
    }
    return json_is_null(value) ? "" : json_string_value(value);
}

static chl_err put(struct chl_declaration *to, const char *name, const json_t *value,
                   struct control_refusal *why)
{
    char number[NUMBER_MAX];
    char expected[WHY_MAX] = "";
    const char *text = text_of(value, number);
    const struct chl_declaration_field *field = chl_declaration_field(name, strlen(name));
    if (field == NULL) {
        char shown[SHOWN_MAX];
        (void)chl_copy(shown, sizeof shown, name);
        return control_refuse(
            why, "field_invalid",
            "expected fields of the declaration in \"form\", got \"%s\"; `chilang "
            "enter --help` lists them",
            shown);
    }
    if (text == NULL || control_has_control_character(text)) {
        return control_refuse(why, "field_invalid",
                              "expected plain text, a whole number, true or false for \"%s\"",
                              field->name);
    }
    if (chl_declaration_set(to, field, text, expected, sizeof expected) != CHL_OK) {
        return control_refuse(why, "field_invalid", "%s; ask again", expected);
    }
    struct chl_document document;
    bool numbered = strcmp(field->name, "document") == 0 && text[0] != '\0';
    bool good = !numbered || chl_document_read(to->claims.document, &document);
    explicit_bzero(&document, sizeof document);
    if (!good) {
        return control_refuse(
            why, "field_invalid", "%s (%s): expected %d to %zu letters and digits; ask again",
            field->name, field->en, CHL_DOCUMENT_NUMBER_MIN, sizeof document.number - 1);
    }
    return CHL_OK;
}

chl_err chl_control_form(const char *form, struct chl_declaration *to, struct control_refusal *why)
{
    json_error_t error;
    json_t *object = json_loads(form, JSON_REJECT_DUPLICATES, &error);
    const char *name = NULL;
    json_t *value = NULL;
    chl_err result = CHL_OK;
    if (!json_is_object(object)) {
        json_decref(object);
        return control_refuse(why, "field_invalid", "expected an object of answers in \"form\"");
    }
    struct chl_document before = {0};
    struct chl_document after = {0};
    (void)chl_document_read(to->claims.document, &before);
    json_object_foreach(object, name, value)
    {
        if (result == CHL_OK) {
            result = put(to, name, value, why);
        }
    }
    /* Another number than before is another document: those known with it are not this person's. */
    if (chl_document_read(to->claims.document, &after) &&
        strcmp(before.number, after.number) != 0) {
        explicit_bzero(to->claims.documents, sizeof to->claims.documents);
        to->claims.document_count = 0;
        (void)chl_document_add(&to->claims, &after);
    }
    explicit_bzero(&before, sizeof before);
    explicit_bzero(&after, sizeof after);
    json_decref(object);
    return result;
}

uint16_t chl_control_missing(const struct chl_claims *claims)
{
    uint16_t missing = 0;
    bool numbered = claims->document_count > 0;
    missing |= claims->symptomatic == CHL_ANSWER_NONE ? CHL_MISSING_SYMPTOMS : 0;
    missing |= claims->contact == CHL_ANSWER_NONE ? CHL_MISSING_CONTACT : 0;
    missing |= claims->from_area[0] == '\0' ? CHL_MISSING_ORIGIN : 0;
    missing |= !numbered && claims->name[0] == '\0' ? CHL_MISSING_NAME : 0;
    missing |= !numbered && claims->birth[0] == '\0' ? CHL_MISSING_BIRTH : 0;
    return missing;
}
