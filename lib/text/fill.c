/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Placeholders of the short lines, filled in, within what a screen can show.
 */
#include "lib/base/text.h"
#include "lib/text/reasons.h"

#include <stdio.h>
#include <string.h>

enum { DIGITS = 16 };

static bool continues(const char *at)
{
    return ((unsigned char)at[0] & 0xC0U) == 0x80U;
}

/** U+0300 to U+036F: the marks that decomposed Vietnamese is written with. */
static bool is_mark(const char *at)
{
    unsigned char first = (unsigned char)at[0];
    return first == 0xCCU || (first == 0xCDU && (unsigned char)at[1] < 0xB0U);
}

size_t chl_reason_characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        count += continues(text) || is_mark(text) ? 0 : 1;
    }
    return count;
}

/** Bytes of the first `room` characters. */
static size_t bytes_of(const char *text, size_t room)
{
    const char *at = text;
    size_t count = 0;
    for (; *at != '\0'; at++) {
        if (!continues(at) && !is_mark(at) && count++ == room) {
            break;
        }
    }
    return (size_t)(at - text);
}

/** What stands for a placeholder. */
struct value {
    const char *text;
    size_t length;  /**< bytes of `text` */
    bool shortened; /**< "…" follows */
};

/** The value of the placeholder that `at` begins with; no text when it begins with none.
 *  @param room characters that a gate's name may have. */
static struct value value_of(const char *at, const struct chl_reason_values *values, size_t room,
                             char digits[DIGITS], size_t *taken)
{
    static const char *const names[] = {"{n}", "{k}", "{time}", "{gate}"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *taken = strlen(names[i]);
        if (strncmp(at, names[i], *taken) != 0) {
            continue;
        }
        if (i < 2) {
            (void)snprintf(digits, DIGITS, "%d", i == 0 ? values->n : values->k);
            return (struct value){digits, strlen(digits), false};
        }
        const char *text = i == 2 ? values->time : values->gate;
        text = text == NULL ? "?" : text;
        bool shortened = i == 3 && chl_reason_characters(text) > room;
        size_t length = shortened ? bytes_of(text, room > 0 ? room - 1 : 0) : strlen(text);
        while (shortened && length > 0 && text[length - 1] == ' ') {
            length--;
        }
        return (struct value){text, length, shortened};
    }
    return (struct value){NULL, 0, false};
}

static bool append(char *out, size_t size, size_t *used, const char *text, size_t length)
{
    bool whole = chl_copy_n(out + *used, size - *used, text, length);
    *used += strlen(out + *used);
    return whole;
}

/** Fill it with at most `room` characters for a gate's name. */
static chl_err fill(const char *line, const struct chl_reason_values *values, size_t room,
                    char *out, size_t size)
{
    static const char more[] = "…";
    size_t used = 0;
    bool whole = true;
    out[0] = '\0';
    while (*line != '\0' && whole) {
        char digits[DIGITS];
        size_t taken = 0;
        struct value value = value_of(line, values, room, digits, &taken);
        if (value.text == NULL) {
            taken = 1 + strcspn(line + 1, "{");
            value = (struct value){line, taken, false};
        }
        whole = append(out, size, &used, value.text, value.length) &&
                (!value.shortened || append(out, size, &used, more, sizeof more - 1));
        line += taken;
    }
    return whole ? CHL_OK : CHL_E_LIMIT;
}

chl_err chl_reason_fill(const char *line, const struct chl_reason_values *values, char *out,
                        size_t size)
{
    size_t room = SIZE_MAX;
    if (strstr(line, "{gate}") != NULL) {
        char rest[256];
        struct chl_reason_values nowhere = *values;
        nowhere.gate = "";
        (void)fill(line, &nowhere, SIZE_MAX, rest, sizeof rest);
        size_t others = chl_reason_characters(rest);
        room = others < CHL_REASON_SHORT_MAX ? CHL_REASON_SHORT_MAX - others : 1;
    }
    return fill(line, values, room, out, size);
}
