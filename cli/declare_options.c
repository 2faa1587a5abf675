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
    KEY_SCALE
};

static const struct argp_option own_options[] = {
    {"key", KEY_KEY, "FILE", 0, "private key of the issuer, from `chilang keygen issuer`", 1},
    {"issuer", KEY_ISSUER, "NAME", 0, "name of the issuer (default: chilang)", 1},
    {"life", KEY_LIFE, "TIME", 0, "how long it is valid: 72h, 90min, 2d (default: 72h)", 1},
    {"issued-at", KEY_ISSUED, "RFC3339", 0, "time of issue (default: now)", 1},
    {"expires-at", KEY_EXPIRES, "RFC3339", 0, "time of expiry, instead of --life", 1},
    {"json", KEY_JSON, "FILE", 0, "take the fields from a JSON object, `-` = standard input", 2},
    {"batch", KEY_BATCH, "FILE", 0,
     "one declaration a row of a CSV file; its first row names the fields", 2},
    {"out", KEY_OUT, "FOLDER", 0, "for --batch: where the pictures and manifest.csv go", 2},
    {"png", KEY_PNG, "FILE", 0, "write a PNG", 3},
    {"svg", KEY_SVG, "FILE", 0, "write an SVG, `-` = standard output", 3},
    {"text", KEY_TEXT, NULL, 0, "print the code only", 3},
    {"level", KEY_LEVEL, "L|M|Q|H", 0, "error correction (default: M; Q for paper)", 3},
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
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    if (key < FIELD_KEY || key >= FIELD_KEY + 2 * FIELDS_MAX) {
        return ARGP_ERR_UNKNOWN;
    }
    size_t index = (size_t)(key - FIELD_KEY) % FIELDS_MAX;
    if (index >= count) {
        return ARGP_ERR_UNKNOWN;
    }
    if (chl_declaration_set(&out->form, &fields[index], text, why, sizeof why) != CHL_OK) {
        argp_error(state, "%s", why);
    }
    out->any_field = true;
    return 0;
}

static void check(struct argp_state *state, const struct declare *out)
{
    if (out->key == NULL) {
        argp_error(state, "expected --key FILE; `chilang keygen issuer --out FILE` makes one");
    }
    if (out->batch != NULL && out->out == NULL && !out->text) {
        argp_error(state, "--batch: expected --out FOLDER or --text as well");
    }
    if (out->batch != NULL && (out->json != NULL || out->png != NULL || out->svg != NULL)) {
        argp_error(state, "--batch: expected no --json, --png or --svg beside it");
    }
    if (out->batch == NULL && out->out != NULL) {
        argp_error(state, "--out: expected --batch FILE as well; --png FILE writes one picture");
    }
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct declare *out = state->input;
    switch (key) {
    case KEY_KEY:
        out->key = text;
        return 0;
    case KEY_ISSUER:
        if (text[0] == '\0' || strlen(text) >= sizeof out->form.claims.issuer) {
            argp_error(state, "--issuer: expected a name of 1 to %zu bytes",
                       sizeof out->form.claims.issuer - 1);
        }
        out->issuer_name = text;
        return 0;
    case KEY_JSON:
        out->json = text;
        return 0;
    case KEY_BATCH:
        out->batch = text;
        return 0;
    case KEY_OUT:
        out->out = text;
        return 0;
    case KEY_PNG:
        out->png = text;
        return 0;
    case KEY_SVG:
        out->svg = text;
        return 0;
    case KEY_TEXT:
        out->text = true;
        return 0;
    case KEY_LIFE:
        if (!parse_life(text, &out->life_s)) {
            argp_error(state, "--life: expected such as 72h, 90min or 2d, up to 366d, got `%s`",
                       text);
        }
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

/** Text of the table as argp wants it; static because argp keeps the pointers. */
static const struct argp_option *all_options(void)
{
    static struct argp_option options[OWN + 2 * FIELDS_MAX + 2];
    static char names[2 * FIELDS_MAX][NAME_SIZE];
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
            char *name = names[used++];
            (void)snprintf(name, NAME_SIZE, "%s", given[k]);
            for (char *at = name; (at = strchr(at, '_')) != NULL;) {
                *at = '-';
            }
            *next++ = (struct argp_option){.name = name,
                                           .key = FIELD_KEY + (int)(i + k * FIELDS_MAX),
                                           .arg = k == 0 ? "VALUE" : NULL,
                                           .flags = k == 0 ? 0 : OPTION_ALIAS,
                                           .doc = k == 0 ? helps[i] : NULL,
                                           .group = 4};
        }
    }
    return options;
}

void declare_parse(int argc, char **argv, struct declare *out)
{
    const struct argp argp = {all_options(),
                              parse,
                              NULL,
                              "Fill in a health declaration (tờ khai y tế), sign it and draw its "
                              "code. At a terminal and without a field it asks for them.",
                              NULL,
                              NULL,
                              NULL};
    *out = (struct declare){.issuer_name = "chilang",
                            .scale = SCALE_DEFAULT,
                            .level = CHL_QR_M,
                            .life_s = CHL_DECLARATION_LIFE_S};
    chl_declaration_init(&out->form);
    argp_err_exit_status = CLI_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, out);
}
