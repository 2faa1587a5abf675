/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Why something failed, as a paragraph; and the register's own lines.
 */
#include "cli/status_why.h"

#include "cli/plain.h"

#include <stdbool.h>
#include <string.h>

enum { TEXT_MAX = 1024 };

void status_why(FILE *out, const char *first, const char *text, size_t columns)
{
    char plain[TEXT_MAX];
    plain_copy(plain, sizeof plain, text, sizeof plain);
    if (plain[0] == '\0') {
        return;
    }
    size_t column = plain_columns(first);
    (void)fputs(first, out);
    for (char *word = plain, *end = NULL; *word != '\0'; word = end) {
        word += strspn(word, " ");
        end = word + strcspn(word, " ");
        char kept = *end;
        *end = '\0';
        size_t width = plain_columns(word);
        bool breaks = column + 1 + width > columns;
        (void)fprintf(out, "%s%s", breaks ? "\n  " : column > 0 ? " " : "", word);
        column = breaks ? 2 + width : column + 1 + width;
        *end = kept;
    }
    (void)fputc('\n', out);
}

void status_failed(FILE *out, const json_t *plugins, size_t columns)
{
    for (size_t i = 0; i < json_array_size(plugins); i++) {
        const json_t *plugin = json_array_get(plugins, i);
        const char *name = json_string_value(json_object_get(plugin, "name"));
        const char *text = json_string_value(json_object_get(plugin, "text"));
        if (json_is_false(json_object_get(plugin, "ok")) && name != NULL && text != NULL) {
            char plain[72], first[80];
            plain_copy(plain, sizeof plain, name, 64);
            (void)snprintf(first, sizeof first, "%s:", plain);
            status_why(out, first, text, columns);
        }
    }
}

void status_register(FILE *out, const json_t *persons)
{
    long long count = (long long)json_integer_value(json_object_get(persons, "count"));
    if (json_is_object(persons)) {
        (void)fprintf(out, "register: %lld person%s\n", count, count == 1 ? "" : "s");
    }
}

void status_register_duty(FILE *out, const json_t *persons, const char *red, const char *plain,
                          size_t columns)
{
    const char *text = json_string_value(json_object_get(persons, "text"));
    if (json_is_false(json_object_get(persons, "ok"))) {
        (void)fprintf(out, "%sREGISTER REFUSED%s the former one stays\n", red, plain);
        status_why(out, " ", text != NULL ? text : "", columns);
    }
}
