/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Members of a form by their names in JSON, CSV and on the command line: fields, the three
 *  questions, times of issue and expiry; areas also by what people call them.
 */
#include "cli/declare.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/base/time.h"

enum { SHOWN = 6 };

/** Loaded when they are first asked for; the tool has one thread. */
static struct chl_areas *loaded;

const struct chl_areas *declare_areas(char why[DECLARE_WHY])
{
    static char trouble[DECLARE_WHY];
    if (loaded == NULL && trouble[0] == '\0') {
        (void)chl_areas_load(NULL, &loaded, trouble, sizeof trouble);
    }
    if (loaded == NULL) {
        (void)snprintf(why, DECLARE_WHY, "%s", trouble);
    }
    return loaded;
}

void declare_areas_free(void)
{
    chl_areas_free(loaded);
    loaded = NULL;
}

chl_areas_level declare_level(const struct chl_declaration_field *field)
{
    return field->area == CHL_AREA_COMMUNE    ? CHL_AREAS_COMMUNE
           : field->area == CHL_AREA_DISTRICT ? CHL_AREAS_DISTRICT
                                              : CHL_AREAS_PROVINCE;
}

static void list(const struct chl_area *const *found, size_t count, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && i < SHOWN && length < size; i++) {
        int more =
            snprintf(out + length, size - length, "%s%s %s%s%s%s%s", i > 0 ? ", " : "",
                     found[i]->code, found[i]->kind, found[i]->kind[0] != '\0' ? " " : "",
                     found[i]->name, found[i]->within[0] != '\0' ? " - " : "", found[i]->within);
        length += more > 0 ? (size_t)more : 0;
    }
}

/** What one could have meant, for a message. */
static void suggest(const struct chl_areas *areas, const struct chl_declaration_field *field,
                    const char *text, size_t count, const struct chl_area *const *found,
                    char why[DECLARE_WHY])
{
    static const char *const what[] = {"province", "district", "commune"};
    const char *level = what[declare_level(field)];
    const struct chl_area *like[SHOWN];
    char shown[DECLARE_WHY / 2] = "";
    if (count > 1) {
        list(found, count, shown, sizeof shown);
        (void)snprintf(why, DECLARE_WHY,
                       "%s: expected one %s, got the name of %zu: %s; write the code, or the name "
                       "with its kind or, behind a comma, its district",
                       field->name, level, count, shown);
        return;
    }
    size_t some = chl_areas_like(areas, declare_level(field), text, like, SHOWN);
    list(like, some, shown, sizeof shown);
    (void)snprintf(why, DECLARE_WHY,
                   "%s: expected a %s by its code or name, got none that is known%s%s%s",
                   field->name, level, some > 0 ? "; near it: " : "", shown,
                   field->area == CHL_AREA_PROVINCE ? "" : "; of other provinces write the code");
}

chl_err declare_area(const struct chl_declaration_field *field, const char *text, char code[8],
                     char why[DECLARE_WHY])
{
    const struct chl_area *found[SHOWN];
    char trimmed[CHL_AREA_TEXT];
    const char *start = text + strspn(text, " \t\r\n");
    size_t length = strlen(start);
    while (length > 0 && strchr(" \t\r\n", start[length - 1]) != NULL) {
        length--;
    }
    if (!chl_copy_n(trimmed, sizeof trimmed, start, length)) {
        (void)snprintf(why, DECLARE_WHY, "%s: expected a shorter name", field->name);
        return CHL_E_INVAL;
    }
    bool digits = length > 0 && strspn(trimmed, "0123456789") == length;
    const struct chl_areas *areas = declare_areas(why);
    if (length == 0 || (areas == NULL && digits)) {
        return chl_copy(code, 8, trimmed) ? CHL_OK : CHL_E_INVAL; /* the field has its own bounds */
    }
    if (areas == NULL) {
        return CHL_E_IO;
    }
    if (chl_areas_is_code(areas, declare_level(field), trimmed)) {
        return chl_copy(code, 8, trimmed) ? CHL_OK : CHL_E_INVAL;
    }
    size_t count = digits ? 0 : chl_areas_find(areas, declare_level(field), trimmed, found, SHOWN);
    if (count != 1) {
        suggest(areas, field, trimmed, count, found, why);
        return CHL_E_INVAL;
    }
    (void)chl_copy(code, 8, found[0]->code);
    return CHL_OK;
}

chl_err declare_put(struct chl_declaration *form, const struct chl_declaration_field *field,
                    const char *value, char why[DECLARE_WHY])
{
    char code[8];
    if (field->area != CHL_AREA_NONE) {
        chl_err err = declare_area(field, value, code, why);
        if (err != CHL_OK) {
            return CHL_E_INVAL;
        }
        value = code;
    }
    return chl_declaration_set(form, field, value, why, DECLARE_WHY);
}

const struct chl_declaration_question *declare_question(const char *name)
{
    size_t count = 0;
    const struct chl_declaration_question *questions = chl_declaration_questions(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(questions[i].name, name) == 0) {
            return &questions[i];
        }
    }
    return NULL;
}

static chl_err set_time(struct chl_declaration *form, size_t offset, const char *name,
                        const char *value, char why[DECLARE_WHY])
{
    int64_t ns = 0;
    if (value[0] == '\0') {
        return CHL_OK;
    }
    if (chl_time_parse(value, strlen(value), &ns) != CHL_OK) {
        (void)snprintf(why, DECLARE_WHY, "%s: expected a time such as 2022-02-01T07:30:00+07:00",
                       name);
        return CHL_E_INVAL;
    }
    const int64_t seconds = ns / CHL_NS_PER_S;
    memcpy((uint8_t *)&form->claims + offset, &seconds, sizeof seconds);
    return CHL_OK;
}

chl_err declare_set(struct chl_declaration *form, const char *name, const char *value,
                    char why[DECLARE_WHY])
{
    if (strcmp(name, "issued_at") == 0) {
        return set_time(form, offsetof(struct chl_claims, issued_at), name, value, why);
    }
    if (strcmp(name, "expires_at") == 0) {
        return set_time(form, offsetof(struct chl_claims, expires_at), name, value, why);
    }
    const struct chl_declaration_question *question = declare_question(name);
    if (question != NULL) {
        return chl_declaration_answer(form, question, value, why, DECLARE_WHY);
    }
    const struct chl_declaration_field *field = chl_declaration_field(name, strlen(name));
    if (field == NULL) {
        (void)snprintf(why, DECLARE_WHY,
                       "expected the name of a field, got `%.40s`; `chilang declare --help` lists "
                       "them",
                       name);
        return CHL_E_NOTFOUND;
    }
    return declare_put(form, field, value, why);
}
