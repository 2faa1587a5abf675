/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Options of `chilang declare`: its own, and one for each field of the form.
 */
#include "cli/declare_options.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/base/time.h"

enum {
    FIELDS_MAX = 64,
    QUESTIONS_MAX = 8,
    NAME_SIZE = 32,
    HELP_SIZE = 320,
    SCALE_DEFAULT = 4,
    FIELD_KEY = 0x1000 /* the first field's; its alias has FIELD_KEY + FIELDS_MAX + index */
};

enum {
    KEY_KEY = 'k',
    KEY_ISSUER = 'i',
    KEY_JSON = 'j',
    KEY_BATCH = 'b',
    KEY_OUT = 'o',
    KEY_PNG = 'p',
    KEY_SVG = 's',
    KEY_TEXT = 't',
    KEY_LIFE = 0x100,
    KEY_ISSUED,
    KEY_EXPIRES,
    KEY_LEVEL,
    KEY_SCALE,
    KEY_LIFE_MAX,
    KEY_GROUP,
    KEY_CARD,
    KEY_CARDS,
    KEY_QUESTION = 0x200 /* the first of the three on contact */
};

static const struct argp_option own_options[] = {
    {"key", KEY_KEY, "FILE", 0, "private key of the issuer, from `chilang keygen issuer`", 1},
    {"issuer", KEY_ISSUER, "NAME", 0, "name of the issuer (default: chilang)", 1},
    {"life", KEY_LIFE, "TIME", 0, "how long it is valid: 72h, 90min, 2d (default: 72h)", 1},
    {"life-max", KEY_LIFE_MAX, "TIME", 0,
     "refuse to sign a longer life than this (default: 72h, as checkpoints do)", 1},
    {"issued-at", KEY_ISSUED, "RFC3339", 0, "time of issue (default: now)", 1},
    {"expires-at", KEY_EXPIRES, "RFC3339", 0, "time of expiry, instead of --life", 1},
    {"json", KEY_JSON, "FILE", 0, "take the fields from a JSON object, `-` = standard input", 2},
    {"batch", KEY_BATCH, "FILE", 0,
     "one declaration a row of a CSV file; its first row names the fields. Rows side by side with "
     "the same `group` are a family on one code: the first declares, the others are companions, "
     "and "
     "the answers of all count. Good rows are made, bad ones listed by their line",
     2},
    {"group", KEY_GROUP, "COLUMN", 0,
     "for --batch: the column that makes rows a family, such as phone (default: group)", 2},
    {"out", KEY_OUT, "FOLDER", 0, "for --batch: where the pictures and manifest.csv go", 2},
    {"png", KEY_PNG, "FILE", 0, "write a PNG", 3},
    {"card", KEY_CARD, "FILE", 0, "write a card of A6 with the name in print: .pdf, .png or .svg",
     3},
    {"cards", KEY_CARDS, "FILE", 0,
     "for --batch: a PDF with four cards a sheet of A4, and lines to cut along", 3},
    {"svg", KEY_SVG, "FILE", 0, "write an SVG, `-` = standard output", 3},
    {"text", KEY_TEXT, NULL, 0, "print the code only", 3},
    {"level", KEY_LEVEL, "L|M|Q|H", 0, "error correction (default: M; of cards Q)", 3},
    {"scale", KEY_SCALE, "N", 0, "pixels a module, 1-32 (default: 4)", 3},
};

enum { OWN = sizeof own_options / sizeof *own_options };

/** `72h`, `90 min`, `2 d`, `30s`. */
static bool parse_life(const char *text, int64_t *out_s)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    enum { LIFE_MAX_S = 366 * 86400 };
    char *end = NULL;
    long long number = strtoll(text, &end, 10);
    end += strspn(end, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].unit) == 0 && number > 0 &&
            number <= LIFE_MAX_S / units[i].seconds) {
            *out_s = number * units[i].seconds;
            return true;
        }
    }
    return false;
}

static void parse_when(struct argp_state *state, const char *option, const char *text,
                       int64_t *out_s)
{
    int64_t ns = 0;
    if (chl_time_parse(text, strlen(text), &ns) != CHL_OK) {
        argp_error(state, "--%s: expected a time such as 2022-02-01T07:30:00+07:00, got `%s`",
                   option, text);
    }
    *out_s = ns / CHL_NS_PER_S;
}

static void parse_drawing(struct argp_state *state, int key, const char *text, struct declare *out)
{
    static const char levels[] = "LMQH";
    char *end = NULL;
    if (key == KEY_LEVEL) {
        const char *at = text[0] == '\0' ? NULL : strchr(levels, text[0]);
        if (at == NULL || text[1] != '\0') {
            argp_error(state, "--level: expected L, M, Q or H, got `%s`", text);
            return;
        }
        out->level = (chl_qr_level)(at - levels);
        out->any_level = true;
        return;
    }
    long scale = strtol(text, &end, 10);
    if (*end != '\0' || scale < 1 || scale > CHL_QR_SCALE_MAX) {
        argp_error(state, "--scale: expected a number from 1 to %d, got `%s`", CHL_QR_SCALE_MAX,
                   text);
    }
    out->scale = (unsigned)scale;
}

static error_t parse_field(struct argp_state *state, int key, const char *text, struct declare *out)
{
    size_t count = 0;
    char why[DECLARE_WHY] = "";
    const struct chl_declaration_question *questions = chl_declaration_questions(&count);
    if (key >= KEY_QUESTION && key < KEY_QUESTION + (int)count) {
        if (chl_declaration_answer(&out->form, &questions[key - KEY_QUESTION], text, why,
                                   sizeof why) != CHL_OK) {
            argp_error(state, "%s", why);
        }
        out->any_field = true;
        return 0;
    }
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    if (key < FIELD_KEY || key >= FIELD_KEY + 2 * FIELDS_MAX) {
        return ARGP_ERR_UNKNOWN;
    }
    size_t index = (size_t)(key - FIELD_KEY) % FIELDS_MAX;
    if (index >= count) {
        return ARGP_ERR_UNKNOWN;
    }
    if (declare_put(&out->form, &fields[index], text, why) != CHL_OK) {
        argp_error(state, "%s", why);
    }
    out->any_field = true;
    return 0;
}

static bool ends_as_card(const char *path)
{
    static const char *const endings[] = {".pdf", ".png", ".svg"};
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(path + length - ending, endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void check(struct argp_state *state, const struct declare *out)
{
    if (out->key == NULL) {
        argp_error(state, "expected --key FILE; `chilang keygen issuer --out FILE` makes one");
    }
    if (out->batch != NULL && out->out == NULL && out->cards == NULL && !out->text) {
        argp_error(state, "--batch: expected --out FOLDER, --cards FILE or --text as well");
    }
    if (out->batch != NULL &&
        (out->json != NULL || out->png != NULL || out->svg != NULL || out->card != NULL)) {
        argp_error(state, "--batch: expected no --json, --png, --svg or --card beside it");
    }
    if (out->batch == NULL && (out->cards != NULL || out->group != NULL)) {
        argp_error(state,
                   "--cards, --group: expected --batch FILE as well; --card FILE writes one");
    }
    if (out->card != NULL && !ends_as_card(out->card)) {
        argp_error(state, "--card: expected a name that ends in .pdf, .png or .svg, got `%s`",
                   out->card);
    }
    if (out->batch == NULL && out->out != NULL) {
        argp_error(state, "--out: expected --batch FILE as well; --png FILE writes one picture");
    }
}

/** Options that are a text and no more. @return false: another. */
static bool parse_plain(struct argp_state *state, int key, const char *text, struct declare *out)
{
    const struct {
        int key;
        const char **at;
    } plain[] = {{KEY_KEY, &out->key},     {KEY_JSON, &out->json}, {KEY_BATCH, &out->batch},
                 {KEY_OUT, &out->out},     {KEY_PNG, &out->png},   {KEY_SVG, &out->svg},
                 {KEY_GROUP, &out->group}, {KEY_CARD, &out->card}, {KEY_CARDS, &out->cards}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (plain[i].key == key) {
            if (*plain[i].at != NULL) {
                argp_error(state, "expected each option once, got another after `%s`",
                           *plain[i].at);
            }
            *plain[i].at = text;
            return true;
        }
    }
    return false;
}

static void parse_span(struct argp_state *state, const char *option, const char *text, int64_t *out)
{
    if (!parse_life(text, out)) {
        argp_error(state, "--%s: expected such as 72h, 90min or 2d, up to 366d, got `%s`", option,
                   text);
    }
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct declare *out = state->input;
    if (parse_plain(state, key, text, out)) {
        return 0;
    }
    switch (key) {
    case KEY_ISSUER:
        if (text[0] == '\0' || strlen(text) >= sizeof out->form.claims.issuer) {
            argp_error(state, "--issuer: expected a name of 1 to %zu bytes",
                       sizeof out->form.claims.issuer - 1);
        }
        out->issuer_name = text;
        return 0;
    case KEY_TEXT:
        out->text = true;
        return 0;
    case KEY_LIFE:
        parse_span(state, "life", text, &out->life_s);
        return 0;
    case KEY_LIFE_MAX:
        parse_span(state, "life-max", text, &out->life_max_s);
        return 0;
    case KEY_ISSUED:
        parse_when(state, "issued-at", text, &out->issued_at);
        return 0;
    case KEY_EXPIRES:
        parse_when(state, "expires-at", text, &out->expires_at);
        return 0;
    case KEY_LEVEL:
    case KEY_SCALE:
        parse_drawing(state, key, text, out);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "expected options only, got `%s`", text);
        return EINVAL;
    case ARGP_KEY_END:
        check(state, out);
        return 0;
    default:
        return parse_field(state, key, text, out);
    }
}

/** `dose_date` as `dose-date`. */
static const char *option_name(const char *name, char out[NAME_SIZE])
{
    (void)snprintf(out, NAME_SIZE, "%s", name);
    for (char *at = out; (at = strchr(at, '_')) != NULL;) {
        *at = '-';
    }
    return out;
}

/** Text of the table as argp wants it; static because argp keeps the pointers. */
static const struct argp_option *all_options(void)
{
    static struct argp_option options[OWN + 2 * FIELDS_MAX + QUESTIONS_MAX + 2];
    static char names[2 * FIELDS_MAX + QUESTIONS_MAX][NAME_SIZE];
    static char helps[FIELDS_MAX][HELP_SIZE];
    size_t count = 0;
    size_t used = 0;
    memcpy(options, own_options, sizeof own_options);
    struct argp_option *next = options + OWN;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    *next++ = (struct argp_option){.doc = "The form:", .group = 4};
    for (size_t i = 0; i < count && i < FIELDS_MAX; i++) {
        char expects[HELP_SIZE / 2];
        chl_declaration_expects(&fields[i], expects, sizeof expects);
        (void)snprintf(helps[i], sizeof helps[i], "%s: %s%s", fields[i].en, expects,
                       fields[i].required ? " (required)" : "");
        const char *const given[] = {fields[i].name, fields[i].alias};
        for (size_t k = 0; k < 2 && given[k] != NULL; k++) {
            const char *name = option_name(given[k], names[used++]);
            *next++ = (struct argp_option){.name = name,
                                           .key = FIELD_KEY + (int)(i + k * FIELDS_MAX),
                                           .arg = k == 0 ? "VALUE" : NULL,
                                           .flags = k == 0 ? 0 : OPTION_ALIAS,
                                           .doc = k == 0 ? helps[i] : NULL,
                                           .group = 4};
        }
    }
    const struct chl_declaration_question *questions = chl_declaration_questions(&count);
    for (size_t i = 0; i < count && i < QUESTIONS_MAX; i++) {
        *next++ = (struct argp_option){.name = option_name(questions[i].name, names[used++]),
                                       .key = KEY_QUESTION + (int)i,
                                       .arg = "yes|no",
                                       .doc = questions[i].en,
                                       .group = 4};
    }
    return options;
}

void declare_parse(int argc, char **argv, struct declare *out)
{
    const struct argp argp = {all_options(),
                              parse,
                              NULL,
                              "Fill in a health declaration (tờ khai y tế), sign it and draw its "
                              "code. At a terminal and without a field it asks for them, in "
                              "Vietnamese; what is broken off leaves nothing behind. Areas may be "
                              "given by name where it means one. `chilang declare revoke --help` "
                              "tells how to take codes back.",
                              NULL,
                              NULL,
                              NULL};
    *out = (struct declare){.issuer_name = "chilang",
                            .scale = SCALE_DEFAULT,
                            .level = CHL_QR_M,
                            .life_s = CHL_DECLARATION_LIFE_S,
                            .life_max_s = CHL_DECLARATION_LIFE_S};
    chl_declaration_init(&out->form);
    argp_err_exit_status = CLI_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, out);
}
