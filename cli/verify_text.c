/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Prints what an inspection found as lines of 80 columns, for a person.
 */
#include <stdio.h>
#include <string.h>

#include "cli/verify.h"
#include "lib/base/time.h"
#include "lib/cose/refusals.h"

enum { COLUMNS_MAX = 80, PIECE_MAX = 4352 /* a path */ };

/* A line that is broken between its pieces. */
struct line {
    size_t column;
};

static bool starts_character(unsigned char c)
{
    return (c & 0xC0) != 0x80;
}

/* A name is what somebody else wrote: it must not steer the terminal. */
static void print_plain(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        bool c1 = at[0] == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0;
        bool control = at[0] < 0x20 || at[0] == 0x7F;
        putchar(control || c1 ? '?' : at[0]);
        at += c1 ? 1 : 0;
    }
}

/* `between` parts it from the piece before it, or the end of the line does. */
static void put(struct line *line, const char *between, const char *label, const char *text)
{
    char piece[PIECE_MAX];
    size_t width = strlen(between);
    (void)snprintf(piece, sizeof piece, "%s%s", label, text);
    for (const char *at = piece; *at != '\0'; at++) {
        width += starts_character((unsigned char)*at) ? 1 : 0;
    }
    if (line->column > 0 && line->column + width > COLUMNS_MAX) {
        /* Its sign stays where it belongs, if there is room for it. */
        size_t sign = line->column < COLUMNS_MAX ? strcspn(between, " ") : 0;
        printf("%.*s\n  ", (int)sign, between);
        line->column = 2 + width - strlen(between);
    } else {
        fputs(line->column > 0 ? between : "", stdout);
        line->column += width;
    }
    print_plain(piece);
}

static void put_stated(struct line *line, const char *label, const char *text)
{
    if (text[0] != '\0') {
        put(line, ", ", label, text);
    }
}

static const char *reason_text(const char *reason)
{
    for (unsigned i = 1; i < CHL_REFUSAL_COUNT; i++) {
        if (strcmp(chl_refusal_id((chl_refusal)i), reason) == 0) {
            return chl_refusal_text((chl_refusal)i);
        }
    }
    return "refused";
}

/* What the checkpoint asks and the code does not say, so that staff know what is left to ask. */
static void put_missing(struct line *line, unsigned missing)
{
    bool first = true;
    for (unsigned bit = 0; bit < VERIFY_MISSING_BITS; bit++) {
        if ((missing >> bit & 1U) != 0) {
            put(line, first ? "; " : ", ", first ? "not stated: " : "", verify_missing(bit));
            first = false;
        }
    }
}

static void put_person(struct line *line, const struct chl_claims *claims)
{
    static const char *const sexes[] = {"", "male", "female"};
    char end[CHL_RFC3339_SIZE] = "";
    put_stated(line, "", claims->name);
    put_stated(line, "born ", claims->birth);
    put_stated(line, "", claims->sex < sizeof sexes / sizeof *sexes ? sexes[claims->sex] : "");
    put_stated(line, "document ", claims->document);
    put_stated(line, "telephone ", claims->phone);
    put_stated(line, "of ", claims->address);
    put_stated(line, "issued by ", claims->issuer);
    if (claims->expires_at > 0 && claims->expires_at < INT64_MAX / CHL_NS_PER_S) {
        chl_time_format(claims->expires_at * CHL_NS_PER_S, end);
        end[strcspn(end, ".T")] = '\0'; /* the day is enough */
        put_stated(line, "until ", end);
    }
    put_missing(line, claims->missing);
}

void verify_print_text(const struct chl_inspection *inspection, const char *source)
{
    struct line line = {0};
    char head[PIECE_MAX];
    if (source != NULL) {
        put(&line, "", source, ":");
    }
    (void)snprintf(head, sizeof head, "%s %s", verify_format(inspection),
                   verify_verdict(inspection));
    put(&line, " ", "", head);
    if (inspection->outcome == CHL_CLAIMED) {
        put_person(&line, &inspection->claims);
    } else {
        (void)snprintf(head, sizeof head, "at %s:", verify_stage(inspection));
        put(&line, " ", "", head);
        put(&line, " ", "", reason_text(inspection->reason));
        (void)snprintf(head, sizeof head, "(%s)", inspection->reason);
        put(&line, " ", "", head);
    }
    putchar('\n');
}
