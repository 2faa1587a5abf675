/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A form as one JSON object: names are those of the table of fields.
 */
#include "cli/declare.h"

#include <string.h>

#include <jansson.h>

#include "lib/base/text.h"

enum { VALUE_MAX = 512 };

/** `["fever","cough"]` as `fever,cough`. */
static bool join(const json_t *array, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *text = json_string_value(json_array_get(array, i));
        if (text == NULL) {
            return false;
        }
        int more = snprintf(out + length, size - length, "%s%s", i > 0 ? "," : "", text);
        if (more < 0 || (size_t)more >= size - length) {
            return false;
        }
        length += (size_t)more;
    }
    return true;
}

/** The text that stands for a value. False: an object, a fraction or something too long. */
static bool as_text(const json_t *value, char *out, size_t size)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return strlen(json_string_value(value)) == json_string_length(value) &&
               chl_copy(out, size, json_string_value(value));
    case JSON_INTEGER:
        (void)snprintf(out, size, "%lld", (long long)json_integer_value(value));
        return true;
    case JSON_TRUE:
        return chl_copy(out, size, "yes");
    case JSON_FALSE:
        return chl_copy(out, size, "no");
    case JSON_NULL:
        return chl_copy(out, size, "");
    case JSON_ARRAY:
        return join(value, out, size);
    case JSON_OBJECT:
    case JSON_REAL:
        break;
    }
    return false;
}

/** One of `companions`: `{"name": …, "birth": …, "document": …}`, or the text of the option. */
static chl_err add_companion(struct chl_declaration *form, const json_t *person,
                             char why[DECLARE_WHY])
{
    char birth[VALUE_MAX] = "";
    const char *name = json_string_value(json_object_get(person, "name"));
    const json_t *born = json_object_get(person, "birth");
    const char *document = json_string_value(json_object_get(person, "document"));
    bool plain = json_is_object(person) &&
                 json_object_size(person) == 2U + (document != NULL ? 1U : 0U) && born != NULL &&
                 as_text(born, birth, sizeof birth);
    if (json_is_string(person)) {
        return declare_set(form, "companions", json_string_value(person), why);
    }
    if (plain && name != NULL &&
        chl_declaration_accompany(form, name, birth, document == NULL ? "" : document) == CHL_OK) {
        return CHL_OK;
    }
    (void)snprintf(why, DECLARE_WHY,
                   "companions: expected at most %d of {\"name\": …, \"birth\": …, \"document\": "
                   "…}, the last may be left out",
                   CHL_CLAIM_COMPANIONS_MAX);
    return CHL_E_INVAL;
}

static bool is_companions(const char *name, const json_t *value)
{
    return (strcmp(name, "companions") == 0 || strcmp(name, "companion") == 0) &&
           json_is_array(value);
}

static chl_err add_companions(struct chl_declaration *form, const json_t *list,
                              char why[DECLARE_WHY])
{
    chl_err err = CHL_OK;
    for (size_t i = 0; err == CHL_OK && i < json_array_size(list); i++) {
        err = add_companion(form, json_array_get(list, i), why);
    }
    return err;
}

chl_err declare_read_json(const char *path, struct chl_declaration *form, char why[DECLARE_WHY])
{
    json_error_t error;
    bool standard = strcmp(path, "-") == 0;
    json_t *root = standard ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &error)
                            : json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        (void)snprintf(why, DECLARE_WHY, "%s:%d:%d: expected a JSON object: %s", path, error.line,
                       error.column, error.text);
        return CHL_E_INVAL;
    }
    chl_err err = json_is_object(root) ? CHL_OK : CHL_E_INVAL;
    if (err != CHL_OK) {
        (void)snprintf(why, DECLARE_WHY, "%s: expected a JSON object, got another value", path);
    }
    for (void *at = json_object_iter(root); err == CHL_OK && at != NULL;
         at = json_object_iter_next(root, at)) {
        char value[VALUE_MAX];
        const char *name = json_object_iter_key(at);
        if (is_companions(name, json_object_iter_value(at))) {
            err = add_companions(form, json_object_iter_value(at), why);
        } else if (as_text(json_object_iter_value(at), value, sizeof value)) {
            err = declare_set(form, name, value, why);
        } else {
            err = CHL_E_INVAL;
            (void)snprintf(why, DECLARE_WHY,
                           "%s: %.40s: expected a text, a whole number, true, false or a list of "
                           "texts",
                           path, name);
        }
    }
    json_decref(root);
    return err;
}
