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

/* The day is enough for a person. */
static const char *day_of(int64_t seconds, char out[CHL_RFC3339_SIZE])
{
    out[0] = '\0';
    if (seconds > 0 && seconds < INT64_MAX / CHL_NS_PER_S) {
        chl_time_format(seconds * CHL_NS_PER_S, out);
        out[strcspn(out, ".T")] = '\0';
    }
    return out;
}

static void put_symptoms(struct line *line, const struct chl_claims *claims)
{
    bool first = true;
    for (unsigned bit = 0; bit < VERIFY_SYMPTOM_BITS; bit++) {
        const char *name = verify_symptom(bit);
        if ((claims->symptoms >> bit & 1U) != 0 && name[0] != '\0') {
            put(line, first ? "; " : ", ", first ? "symptoms: " : "", name);
            first = false;
        }
    }
    if (first && claims->symptomatic != CHL_ANSWER_NONE) {
        put(line, "; ", "symptoms: ", claims->symptomatic == CHL_ANSWER_YES ? "yes" : "no");
    }
}

/* What the verdict hangs on comes before the rest. */
static void put_health(struct line *line, const struct chl_claims *claims, const char *contacts)
{
    char text[192], day[CHL_RFC3339_SIZE];
    put_symptoms(line, claims);
    if (claims->contact != CHL_ANSWER_NONE) {
        put(line, "; ", "contact: ",
            contacts[0] != '\0'                 ? contacts
            : claims->contact == CHL_ANSWER_YES ? "yes"
                                                : "no");
    }
    if (claims->test_result != CHL_RESULT_NONE) {
        (void)snprintf(text, sizeof text, "%s %s", verify_test_kind(claims->test_kind),
                       verify_test_result(claims->test_result));
        put(line, "; ", "test: ", text + (text[0] == ' ' ? 1 : 0));
        put_stated(line, "sampled ", day_of(claims->test_sampled_at, day));
    }
    if (claims->doses > 0) {
        int used = snprintf(text, sizeof text, "%u", claims->doses);
        if (claims->doses_of > 0) {
            (void)snprintf(text + used, sizeof text - (size_t)used, " of %u", claims->doses_of);
        }
        put(line, "; ", "doses: ", text);
        put_stated(line, "", claims->dose_product);
        put_stated(line, "last ", claims->dose_date);
    }
    if (claims->recovered == CHL_ANSWER_YES) {
        put(line, "; ", "recovered", "");
        put_stated(line, "from ", day_of(claims->recovered_from, day));
        put_stated(line, "until ", day_of(claims->recovered_until, day));
    }
}

/* Those whom this one code lets pass. */
static void put_party(struct line *line, const struct chl_claims *claims)
{
    char text[sizeof claims->companions->name + sizeof claims->companions->birth + 4];
    if (claims->party > 1) {
        (void)snprintf(text, sizeof text, "for %u people", claims->party);
        put(line, "; ", "", text);
    }
    for (size_t i = 0; i < claims->companion_count; i++) {
        const struct chl_companion *companion = &claims->companions[i];
        (void)snprintf(text, sizeof text, "%s (%s)", companion->name, companion->birth);
        put(line, ", ", i == 0 ? "with " : "", text);
    }
}

/* What only our own form asks. What claims hold too was printed from them. */
static void put_rest(struct line *line, const struct chl_declaration *form)
{
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    char label[64], value[VERIFY_VALUE_MAX];
    for (size_t i = 0; i < count; i++) {
        const struct chl_declaration_field *field = &fields[i];
        bool known = field->offset < sizeof form->claims || strcmp(field->name, "contact") == 0 ||
                     strcmp(field->name, "sex") == 0 || strcmp(field->name, "address") == 0;
        if (!known && chl_declaration_say(form, field, value, sizeof value) == CHL_OK &&
            value[0] != '\0') {
            (void)snprintf(label, sizeof label, "%s: ", field->name);
            put(line, "; ", label, value);
        }
    }
}

static void put_person(struct line *line, const struct chl_claims *claims,
                       const struct chl_declaration *form)
{
    static const char *const sexes[] = {"", "male", "female"};
    char day[CHL_RFC3339_SIZE], contacts[VERIFY_VALUE_MAX] = "";
    const struct chl_declaration_field *contact = chl_declaration_field("contact", 7);
    if (form != NULL && contact != NULL) {
        (void)chl_declaration_say(form, contact, contacts, sizeof contacts);
        if (strcmp(contacts, "other") == 0) {
            contacts[0] = '\0'; /* yes, not said with whom */
        }
    }
    put_stated(line, "", claims->name);
    put_stated(line, "born ", claims->birth);
    put_stated(line, "", claims->sex < sizeof sexes / sizeof *sexes ? sexes[claims->sex] : "");
    put_stated(line, "document ", claims->document);
    put_stated(line, "telephone ", claims->phone);
    put_stated(line, "of ", claims->address);
    if (strcmp(claims->nationality, "VN") != 0) {
        put_stated(line, "nationality ", claims->nationality);
    }
    put_stated(line, "from area ", claims->from_area);
    put_stated(line, "to area ", claims->to_area);
    put_stated(line, "vehicle ", claims->vehicle);
    put_stated(line, "seat ", claims->seat);
    put_stated(line, "issued by ", claims->issuer);
    put_stated(line, "until ", day_of(claims->expires_at, day));
    put_party(line, claims);
    put_health(line, claims, contacts);
    if (form != NULL) {
        put_rest(line, form);
    }
    put_missing(line, claims->missing);
}

void verify_print_text(const struct chl_inspection *inspection, const struct chl_declaration *form,
                       const char *source)
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
        put_person(&line, &inspection->claims, form);
    } else {
        (void)snprintf(head, sizeof head, "at %s:", verify_stage(inspection));
        put(&line, " ", "", head);
        put(&line, " ", "", reason_text(inspection->reason));
        (void)snprintf(head, sizeof head, "(%s)", inspection->reason);
        put(&line, " ", "", head);
    }
    putchar('\n');
}
