/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Asks for the form at a terminal, in the language of those who stand at it.
 */
#include "cli/declare.h"

#include <string.h>

enum { ANSWER_MAX = 512 };

/** What may be answered, where it is not plain. */
static void print_hint(FILE *out, const struct chl_declaration_field *field)
{
    switch (field->type) {
    case CHL_FIELD_BITS:
        fputs("\n  (không, có, hoặc:", out);
        for (size_t i = 0; field->choices_vi[i] != NULL; i++) {
            fprintf(out, "%s %s", i > 0 ? "," : "", field->choices_vi[i]);
        }
        fputs(")", out);
        break;
    case CHL_FIELD_NUMBER8:
    case CHL_FIELD_NUMBER16:
        fprintf(out, " (%lld–%lld)", (long long)field->min, (long long)field->max);
        break;
    case CHL_FIELD_BIRTH:
        fputs(" (ví dụ 1987 hoặc 1987-01-18)", out);
        break;
    case CHL_FIELD_CHOICE:
        for (size_t i = 0; field->choices[i] != NULL; i++) {
            fprintf(out, "%s%s", i > 0 ? ", " : " (", field->choices[i]);
        }
        fputs(")", out);
        break;
    case CHL_FIELD_DATE:
    case CHL_FIELD_TIME:
        fputs(" (ví dụ 2022-02-01)", out);
        break;
    case CHL_FIELD_COMPANIONS:
        fputs(" (họ tên; năm sinh; số giấy tờ nếu có)", out);
        break;
    case CHL_FIELD_TEXT:
        break;
    }
    fputs(": ", out);
    (void)fflush(out);
}

/** What is wrong with the answer, in the words of the form; the hint stands above it. */
static void explain(FILE *out, const struct chl_declaration_field *field)
{
    const char *characters = field->characters;
    fputs("  Chưa đúng, xin nhập lại", out);
    if (field->type == CHL_FIELD_TEXT) {
        fprintf(out, ": %s, tối đa %zu ký tự",
                characters == NULL                ? "chữ thường đọc được"
                : strchr(characters, 'A') == NULL ? "chỉ chữ số"
                                                  : "chữ không dấu và chữ số",
                field->size - 1);
    }
    fputs(field->type == CHL_FIELD_TEXT ? ".\n" : " như ví dụ trong ngoặc.\n", out);
}

static chl_err ask_one(FILE *in, FILE *out, const struct chl_declaration_field *field,
                       struct chl_declaration *form)
{
    char answer[ANSWER_MAX];
    for (;;) {
        char why[DECLARE_WHY] = "";
        fprintf(out, "%s%s", field->vi, field->required ? "*" : "");
        print_hint(out, field);
        if (fgets(answer, sizeof answer, in) == NULL) {
            return CHL_E_CLOSED;
        }
        bool empty = strspn(answer, " \t\r\n") == strlen(answer);
        if (empty && field->required) {
            fputs("  Mục này bắt buộc.\n", out);
            continue;
        }
        if (chl_declaration_set(form, field, answer, why, sizeof why) == CHL_OK) {
            return CHL_OK;
        }
        explain(out, field);
    }
}

chl_err declare_ask(FILE *in, FILE *out, struct chl_declaration *form)
{
    size_t count = 0;
    chl_err err = CHL_OK;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    fputs("TỜ KHAI Y TẾ – mục có dấu * là bắt buộc; Enter để bỏ qua mục khác.\n", out);
    for (size_t i = 0; err == CHL_OK && i < count; i++) {
        if (fields[i].asked != 0) {
            err = ask_one(in, out, &fields[i], form);
        }
    }
    return err;
}
