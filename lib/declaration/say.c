/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One field as text, the other way round than text.c.
 */
#include "lib/declaration/put.h"

#include "lib/base/time.h"

#include <stdio.h>
#include <string.h>

/** Text that grows in a buffer; `full` once something did not fit. */
struct saying {
    char *text;
    size_t size, length;
    bool full;
};

static void add(struct saying *saying, const char *between, const char *text)
{
    const char *first = saying->length > 0 ? between : "";
    int added =
        snprintf(saying->text + saying->length, saying->size - saying->length, "%s%s", first, text);
    if (added < 0 || (size_t)added >= saying->size - saying->length) {
        saying->text[saying->length] = '\0';
        saying->full = true;
        return;
    }
    saying->length += (size_t)added;
}

static void say_number(struct saying *saying, unsigned value)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", value);
    add(saying, "", text);
}

static void say_time(struct saying *saying, int64_t seconds)
{
    char text[CHL_RFC3339_SIZE];
    chl_time_format(seconds * CHL_NS_PER_S, text);
    char *fraction = strchr(text, '.'); /* forms have whole seconds */
    if (fraction != NULL) {
        memcpy(fraction, "Z", sizeof "Z");
    }
    add(saying, "", text);
}

static void say_bits(struct saying *saying, const struct chl_declaration_field *field,
                     unsigned bits, uint8_t answer)
{
    for (size_t bit = 0; bit < field_choices(field); bit++) {
        if ((bits >> bit & 1U) != 0) {
            add(saying, ",", field->choices[bit]);
        }
    }
    if (saying->length == 0) {
        add(saying, "", answer == CHL_ANSWER_YES ? "yes" : "no");
    }
}

static void say_companions(struct saying *saying, const struct chl_claims *claims)
{
    for (size_t i = 0; i < claims->companion_count; i++) {
        const struct chl_companion *companion = &claims->companions[i];
        add(saying, " | ", companion->name);
        add(saying, "; ", companion->birth);
        if (companion->document.number[0] != '\0') {
            add(saying, "; ", companion->document.number);
        }
    }
}

chl_err chl_declaration_say(const struct chl_declaration *declaration,
                            const struct chl_declaration_field *field, char *out, size_t size)
{
    struct saying saying = {.text = out, .size = size};
    const uint8_t *at = field_at(declaration, field);
    uint16_t wide = 0;
    int64_t seconds = 0;
    if (size == 0) {
        return CHL_E_LIMIT;
    }
    out[0] = '\0';
    if (!field_is_stated(declaration, field)) {
        return CHL_OK;
    }
    switch (field->type) {
    case CHL_FIELD_TEXT:
    case CHL_FIELD_BIRTH:
    case CHL_FIELD_DATE:
        add(&saying, "", (const char *)at);
        break;
    case CHL_FIELD_TIME:
        memcpy(&seconds, at, sizeof seconds);
        say_time(&saying, seconds);
        break;
    case CHL_FIELD_NUMBER8:
        say_number(&saying, *at);
        break;
    case CHL_FIELD_NUMBER16:
        memcpy(&wide, at, sizeof wide);
        say_number(&saying, wide);
        break;
    case CHL_FIELD_CHOICE:
        add(&saying, "", *at <= field_choices(field) ? field->choices[*at - 1] : "");
        break;
    case CHL_FIELD_BITS:
        memcpy(&wide, at, sizeof wide);
        say_bits(&saying, field, wide, ((const uint8_t *)declaration)[field->answer]);
        break;
    case CHL_FIELD_COMPANIONS:
        say_companions(&saying, &declaration->claims);
        break;
    }
    return saying.full ? CHL_E_LIMIT : CHL_OK;
}
