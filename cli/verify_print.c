/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Prints what an inspection found as JSON, for programs.
 */
#include <stdio.h>
#include <string.h>

#include "cli/verify.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

static const char *const sex_names[] = {NULL, "male", "female"};
static const char *const answer_names[] = {NULL, "yes", "no"};

static void put_text(struct chl_json *json, const char *key, const char *text)
{
    if (text[0] != '\0') {
        chl_json_string(json, key, text);
    }
}

static void put_time(struct chl_json *json, const char *key, int64_t seconds)
{
    char text[CHL_RFC3339_SIZE] = "";
    if (seconds > INT64_MIN / CHL_NS_PER_S && seconds < INT64_MAX / CHL_NS_PER_S) {
        chl_time_format(seconds * CHL_NS_PER_S, text);
    }
    if (seconds != 0 && text[0] != '\0') {
        char *fraction = strchr(text, '.'); /* claims have whole seconds */
        if (fraction != NULL) {
            memcpy(fraction, "Z", sizeof "Z");
        }
        chl_json_string(json, key, text);
    }
}

#define COUNT(names) (sizeof(names) / sizeof(names)[0])

static void put_name(struct chl_json *json, const char *key, unsigned value,
                     const char *const *names, size_t count)
{
    if (value < count && names[value] != NULL) {
        chl_json_string(json, key, names[value]);
    }
}

static void put_number(struct chl_json *json, const char *key, unsigned value)
{
    if (value != 0) {
        chl_json_uint(json, key, value);
    }
}

static void put_symptoms(struct chl_json *json, unsigned symptoms)
{
    if (symptoms == 0) {
        return;
    }
    chl_json_array(json, "symptoms");
    for (unsigned bit = 0; bit < VERIFY_SYMPTOM_BITS; bit++) {
        if ((symptoms >> bit & 1U) != 0 && verify_symptom(bit)[0] != '\0') {
            chl_json_string(json, NULL, verify_symptom(bit));
        }
    }
    chl_json_close_array(json);
}

static const char *const document_names[] = {
#define DOCUMENT_NAME(id, text) [id] = (text),
    CHL_DOCUMENTS(DOCUMENT_NAME)
#undef DOCUMENT_NAME
};

static void put_document(struct chl_json *json, const char *key,
                         const struct chl_document *document)
{
    chl_json_object(json, key);
    put_name(json, "kind", document->kind, document_names, COUNT(document_names));
    chl_json_string(json, "number", document->number);
    chl_json_close_object(json);
}

static void put_documents(struct chl_json *json, const struct chl_claims *claims)
{
    if (claims->document_count == 0) {
        return;
    }
    chl_json_array(json, "documents");
    for (size_t i = 0; i < claims->document_count; i++) {
        put_document(json, NULL, &claims->documents[i]);
    }
    chl_json_close_array(json);
}

static void put_companions(struct chl_json *json, const struct chl_claims *claims)
{
    if (claims->companion_count == 0) {
        return;
    }
    chl_json_array(json, "companions");
    for (size_t i = 0; i < claims->companion_count; i++) {
        const struct chl_companion *companion = &claims->companions[i];
        chl_json_object(json, NULL);
        put_text(json, "name", companion->name);
        put_text(json, "birth", companion->birth);
        if (companion->document.number[0] != '\0') {
            put_document(json, "document", &companion->document);
        }
        chl_json_close_object(json);
    }
    chl_json_close_array(json);
}

static void put_missing(struct chl_json *json, unsigned missing)
{
    if (missing == 0) {
        return;
    }
    chl_json_array(json, "missing");
    for (unsigned bit = 0; bit < VERIFY_MISSING_BITS; bit++) {
        if ((missing >> bit & 1U) != 0) {
            chl_json_string(json, NULL, verify_missing(bit));
        }
    }
    chl_json_close_array(json);
}

static void put_person(struct chl_json *json, const struct chl_claims *claims)
{
    put_text(json, "issuer", claims->issuer);
    put_text(json, "id", claims->id);
    put_text(json, "name", claims->name);
    put_text(json, "name_ascii", claims->name_ascii);
    put_text(json, "birth", claims->birth);
    put_name(json, "sex", claims->sex, sex_names, COUNT(sex_names));
    put_text(json, "nationality", claims->nationality);
    put_text(json, "document", claims->document);
    put_documents(json, claims);
    put_text(json, "phone", claims->phone);
    put_text(json, "address", claims->address);
    put_text(json, "from_area", claims->from_area);
    put_text(json, "to_area", claims->to_area);
    put_text(json, "vehicle", claims->vehicle);
    put_text(json, "seat", claims->seat);
    put_number(json, "party", claims->party);
    put_companions(json, claims);
    put_time(json, "issued_at", claims->issued_at);
    put_time(json, "not_before", claims->not_before);
    put_time(json, "expires_at", claims->expires_at);
}

static void put_health(struct chl_json *json, const struct chl_claims *claims)
{
    char kind[2] = {claims->certificate_kind, '\0'};
    put_text(json, "kind", kind);
    put_name(json, "symptomatic", claims->symptomatic, answer_names, COUNT(answer_names));
    put_symptoms(json, claims->symptoms);
    put_name(json, "contact", claims->contact, answer_names, COUNT(answer_names));
    put_text(json, "test_kind", verify_test_kind(claims->test_kind));
    put_text(json, "test_result", verify_test_result(claims->test_result));
    put_time(json, "test_sampled_at", claims->test_sampled_at);
    put_number(json, "doses", claims->doses);
    put_number(json, "doses_of", claims->doses_of);
    put_text(json, "dose_product", claims->dose_product);
    put_text(json, "dose_date", claims->dose_date);
    put_name(json, "recovered", claims->recovered, answer_names, COUNT(answer_names));
    put_time(json, "recovered_from", claims->recovered_from);
    put_time(json, "recovered_until", claims->recovered_until);
}

/* Every field by its name in the form, as `chilang declare --json` takes it. */
static void put_form(struct chl_json *json, const struct chl_declaration *form)
{
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    char value[VERIFY_VALUE_MAX];
    chl_json_object(json, "form");
    for (size_t i = 0; i < count; i++) {
        if (chl_declaration_say(form, &fields[i], value, sizeof value) == CHL_OK) {
            put_text(json, fields[i].name, value);
        }
    }
    chl_json_close_object(json);
}

void verify_print_json(const struct chl_inspection *inspection, const struct chl_declaration *form,
                       const char *source)
{
    char text[VERIFY_JSON_MAX];
    struct chl_json json;
    chl_json_begin(&json, text, sizeof text);
    chl_json_object(&json, NULL);
    chl_json_string(&json, "format", verify_format(inspection));
    chl_json_string(&json, "verdict", verify_verdict(inspection));
    chl_json_string(&json, "stage", verify_stage(inspection));
    chl_json_string(&json, "reason", inspection->reason);
    if (source != NULL && chl_utf8_valid(source, strlen(source))) {
        chl_json_string(&json, "source", source);
    }
    chl_json_object(&json, "claims");
    put_person(&json, &inspection->claims);
    put_health(&json, &inspection->claims);
    put_missing(&json, inspection->claims.missing);
    chl_json_close_object(&json);
    if (form != NULL) {
        put_form(&json, form);
    }
    chl_json_close_object(&json);
    if (chl_json_end(&json) == CHL_OK) {
        puts(text);
    } else {
        fputs("chilang verify: expected an answer of at most 64 KiB, got a longer one\n", stderr);
    }
}
