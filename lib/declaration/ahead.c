/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Finds what a form says has happened though its time is still to come: a slip of the pen.
 */
#include "lib/declaration/put.h"

#include "lib/base/time.h"

#include <string.h>

enum {
    EAST_MOST_S = 14 * 3600, /* where a new day begins first, before UTC */
    DATE_LENGTH = 10         /* YYYY-MM-DD */
};

/** A date, its month or its year alone, that has begun nowhere. */
static bool date_is_ahead(const char *date, const char *today)
{
    return strncmp(date, today, strlen(date)) > 0;
}

static bool companion_is_ahead(const struct chl_claims *claims, const char *today)
{
    for (size_t i = 0; i < claims->companion_count; i++) {
        if (date_is_ahead(claims->companions[i].birth, today)) {
            return true;
        }
    }
    return false;
}

const struct chl_declaration_field *chl_declaration_ahead(const struct chl_declaration *declaration,
                                                          int64_t now_s)
{
    char today[CHL_RFC3339_SIZE];
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    chl_time_format((now_s + EAST_MOST_S) * CHL_NS_PER_S, today);
    today[DATE_LENGTH] = '\0';
    for (size_t i = 0; i < count; i++) {
        const struct chl_declaration_field *field = &fields[i];
        const void *at = field_at(declaration, field);
        int64_t time_s = 0;
        bool ahead = false;
        if (field->type == CHL_FIELD_COMPANIONS) {
            ahead = companion_is_ahead(&declaration->claims, today);
        } else if (field->past && field->type == CHL_FIELD_TIME) {
            memcpy(&time_s, at, sizeof time_s);
            ahead = time_s > now_s + CHL_DECLARATION_SKEW_S;
        } else if (field->past) {
            ahead = date_is_ahead(at, today);
        }
        if (ahead) {
            return field;
        }
    }
    return NULL;
}
