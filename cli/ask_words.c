/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The form's fields explained.
 */
#include "cli/ask_words.h"

#include <string.h>

static const char *letters(const struct chl_declaration_field *field)
{
    if (field->characters == NULL) {
        return "chữ thường đọc được";
    }
    return strchr(field->characters, 'A') == NULL ? "chỉ chữ số" : "chữ không dấu và chữ số";
}

void ask_explain(FILE *out, const struct chl_declaration_field *field)
{
    (void)fputs("  Chưa đúng, xin nhập lại", out);
    if (field->country) {
        (void)fputs(": hai chữ cái của nước, ví dụ VN, LA, CN", out);
    } else if (field->type == CHL_FIELD_TEXT) {
        (void)fprintf(out, ": %s, tối đa %zu ký tự", letters(field), field->size - 1);
    }
    (void)fputs(field->type == CHL_FIELD_TEXT ? ".\n" : " như ví dụ trong ngoặc.\n", out);
}
