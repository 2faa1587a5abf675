/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Who is on the desk, and the request that enters somebody.
 */
#include "cli/entry.h"

#include <string.h>

#include "cli/plain.h"
#include "lib/base/text.h"

enum { SHOWN = 160 };

const char *entry_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

bool entry_has_desk(const struct entry *entry)
{
    return json_is_object(entry->desk);
}

void entry_print_desk(FILE *out, const struct entry *entry)
{
    static const char *const keys[] = {"name", "birth", "document", "address"};
    const char *between = "";
    char shown[SHOWN];
    plain_copy(shown, sizeof shown, entry_text(entry->desk, "format"), 16);
    (void)fprintf(out, entry->english ? "Just scanned (%s): " : "Vừa quét (%s): ", shown);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        plain_copy(shown, sizeof shown, entry_text(entry->desk, keys[i]), 48);
        if (shown[0] != '\0') {
            (void)fprintf(out, "%s%s", between, shown);
            between = i == 2 ? "\n  " : ", ";
        }
    }
    (void)fputs("\n", out);
}

chl_err entry_request(const struct entry *entry, struct control_request *out, char *why,
                      size_t why_size)
{
    out->op = CONTROL_ENTER;
    size_t length = json_dumpb(entry->form, out->form, sizeof out->form - 1, JSON_COMPACT);
    if (length >= sizeof out->form ||
        (entry->scanned &&
         !chl_copy(out->code, sizeof out->code, entry_text(entry->desk, "code")))) {
        (void)snprintf(why, why_size, "expected shorter answers, got more than one request holds");
        return CHL_E_LIMIT;
    }
    out->form[length] = '\0';
    return CHL_OK;
}
