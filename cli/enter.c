/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang enter`: lets in by hand who has no telephone, no paper and no card that says
 *  enough.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/declare.h"
#include "cli/door.h"
#include "cli/entry.h"
#include "cli/plain.h"
#include "lib/base/text.h"
#include "lib/text/lang.h"

enum {
    KEY_WHO = 'w',
    KEY_WHY = 'y',
    KEY_LANG = 'l',
    KEY_SCANNED = 's',
    KEY_JSON = 'j',
    FIELD_KEY = 0x1000,
    FIELDS_MAX = 64,
    NAME_SIZE = 32,
    HELP_SIZE = 320
};

struct options {
    struct door door;
    const char *lane, *who, *why;
    bool json, any_field;
    struct entry entry;
};

static const struct argp_option own_options[] = {
    {"who", KEY_WHO, "NAME", 0, "who enters it (asked when it is not given)", 1},
    {"why", KEY_WHY, "TEXT", 0, "a remark for the record, without names", 1},
    {"scanned", KEY_SCANNED, NULL, 0, "it is the person whose code the lane has just scanned", 1},
    {"lang", KEY_LANG, "vi|en", 0, "language (default: that of the environment)", 1},
    {"json", KEY_JSON, NULL, 0, "print the decision as one JSON object", 1},
};

enum { OWN = sizeof own_options / sizeof *own_options };

static error_t parse_field(struct argp_state *state, int key, const char *text,
                           struct options *options)
{
    size_t count = 0;
    char why[DECLARE_WHY] = "";
    char code[8];
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    if (key < FIELD_KEY || (size_t)(key - FIELD_KEY) >= count) {
        return ARGP_ERR_UNKNOWN;
    }
    const struct chl_declaration_field *field = &fields[key - FIELD_KEY];
    struct chl_declaration tried;
    chl_declaration_init(&tried);
    if (field->area != CHL_AREA_NONE) {
        if (declare_area(field, text, code, why) != CHL_OK) {
            argp_error(state, "%s", why);
        }
        text = code;
    }
    if (chl_declaration_set(&tried, field, text, why, sizeof why) != CHL_OK) {
        argp_error(state, "%s", why);
    }
    explicit_bzero(&tried, sizeof tried);
    (void)json_object_set_new(options->entry.form, field->name, json_string(text));
    options->any_field = true;
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->door;
        return 0;
    case KEY_WHO:
        options->who = argument;
        return 0;
    case KEY_WHY:
        options->why = argument;
        return 0;
    case KEY_SCANNED:
        options->entry.scanned = true;
        return 0;
    case KEY_JSON:
        options->json = true;
        return 0;
    case KEY_LANG:
        if (!lang_parse(argument, &options->entry.english)) {
            argp_error(state, "--lang: expected vi or en, got `%s`", argument);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (options->lane != NULL) {
            argp_error(state, "expected one lane, got `%s` as well", argument);
        }
        options->lane = argument;
        return 0;
    case ARGP_KEY_END:
        if (options->lane == NULL) {
            argp_error(state, "expected a lane; `chilang status` lists them");
        }
        return 0;
    default:
        return parse_field(state, key, argument, options);
    }
}

/** The options, one for each field of the form; static because argp keeps the pointers. */
static const struct argp_option *all_options(void)
{
    static struct argp_option rows[OWN + FIELDS_MAX + 2];
    static char names[FIELDS_MAX][NAME_SIZE];
    static char helps[FIELDS_MAX][HELP_SIZE];
    size_t count = 0;
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    memcpy(rows, own_options, sizeof own_options);
    rows[OWN] = (struct argp_option){.doc = "What the person says:", .group = 2};
    for (size_t i = 0; i < count && i < FIELDS_MAX; i++) {
        char expects[HELP_SIZE / 2];
        chl_declaration_expects(&fields[i], expects, sizeof expects);
        (void)chl_copy(names[i], sizeof names[i], fields[i].name);
        for (char *c = names[i]; (c = strchr(c, '_')) != NULL;) {
            *c = '-';
        }
        (void)snprintf(helps[i], sizeof helps[i], "%s: %s", fields[i].en, expects);
        rows[OWN + 1 + i] = (struct argp_option){.name = names[i],
                                                 .key = FIELD_KEY + (int)i,
                                                 .arg = "TEXT",
                                                 .doc = helps[i],
                                                 .group = 2};
    }
    return rows;
}

/** Whom the lane scanned last; a site without a desk is no failure. The caller's. */
static int look_at_desk(const struct options *options, const char *program, json_t **answer)
{
    struct control_request request = {.op = CONTROL_DESK};
    bool fits = chl_copy(request.lane, sizeof request.lane, options->lane);
    *answer = NULL;
    if (!fits) {
        (void)fprintf(stderr, "%s: expected the name of a lane, got `%.60s`\n", program,
                      options->lane);
        return CLI_USAGE;
    }
    return door_ask(&options->door, program, &request, answer);
}

static chl_err ask_who(const struct options *options, char *who, size_t size)
{
    bool whole = true;
    if (options->who != NULL) {
        whole = chl_copy(who, size, options->who);
    } else if (isatty(STDIN_FILENO)) {
        (void)fputs(options->entry.english ? "Your name: " : "Tên người nhập: ", stderr);
        if (fgets(who, (int)size, stdin) == NULL) {
            return CHL_E_CLOSED;
        }
        who[strcspn(who, "\r\n")] = '\0';
    }
    return whole && who[0] != '\0' ? CHL_OK : CHL_E_INVAL;
}

static int show(const struct options *options, const json_t *answer)
{
    const json_t *decision = json_object_get(answer, "decision");
    const char *verdict = entry_text(decision, "verdict");
    char line[512];
    if (options->json) {
        (void)json_dumpf(decision, stdout, JSON_COMPACT);
        (void)putchar('\n');
    } else {
        plain_copy(line, sizeof line, entry_text(decision, options->entry.english ? "en" : "vi"),
                   80);
        (void)printf("%s: %s\n", verdict, line);
        plain_copy(line, sizeof line,
                   entry_text(decision, options->entry.english ? "en_next" : "vi_next"), 200);
        (void)printf("  %s\n", line);
    }
    return strcmp(verdict, "ADMIT") == 0 ? CLI_OK : CLI_FAILED;
}

static int enter(struct options *options, const char *program)
{
    struct control_request request = {.op = CONTROL_ENTER};
    char why[256] = "";
    json_t *answer = NULL;
    bool terminal = isatty(STDIN_FILENO);
    if (ask_who(options, request.who, sizeof request.who) != CHL_OK) {
        (void)fprintf(stderr, "%s: expected --who NAME of at most %d bytes\n", program,
                      CHL_CONTROL_WHO_MAX - 1);
        return CLI_USAGE;
    }
    if (terminal && entry_ask(stdin, stderr, &options->entry) != CHL_OK) {
        (void)fprintf(stderr, "\n%s: %s\n", program,
                      options->entry.english ? "the form was not finished; nothing was sent"
                                             : "chưa nhập xong; chưa gửi gì");
        return CLI_FAILED;
    }
    if (entry_request(&options->entry, &request, why, sizeof why) != CHL_OK ||
        !chl_copy(request.lane, sizeof request.lane, options->lane) ||
        (options->why != NULL && !chl_copy(request.why, sizeof request.why, options->why))) {
        (void)fprintf(stderr, "%s: %s\n", program,
                      why[0] != '\0' ? why : "expected a shorter lane or --why");
        return CLI_USAGE;
    }
    int code = door_ask(&options->door, program, &request, &answer);
    explicit_bzero(&request, sizeof request);
    code = code == CLI_OK ? show(options, answer) : code;
    json_decref(answer);
    return code;
}

int cli_enter(int argc, char **argv)
{
    static const struct argp_child children[] = {{&door_argp, 0, NULL, 0}, {0}};
    struct argp argp = {
        .options = all_options(),
        .parser = parse,
        .args_doc = "LANE",
        .doc =
            "Enter somebody by hand. At a terminal it asks for what is missing; the person whose "
            "code the lane has just scanned need not be entered again.\v"
            "Required are symptoms, contact and from; and document, or name and birth.\n\n"
            "Exit status: 0 admitted, 1 not, 2 wrong usage.",
        .children = children};
    struct options options = {.entry = {.english = lang_is_english(), .form = json_object()}};
    json_t *desk = NULL;
    argp_err_exit_status = CLI_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0) {
        json_decref(options.entry.form);
        return CLI_USAGE;
    }
    bool asks = isatty(STDIN_FILENO) != 0;
    int code = options.entry.scanned || asks ? look_at_desk(&options, argv[0], &desk) : CLI_OK;
    options.entry.desk = json_object_get(desk, "desk");
    if (code == CLI_FAILED && asks && !options.entry.scanned) {
        code = CLI_OK; /* a site without a desk */
    }
    if (code == CLI_OK && options.entry.scanned && !entry_has_desk(&options.entry)) {
        (void)fprintf(stderr,
                      "%s: expected somebody just scanned at lane %s, got nobody; scan the "
                      "code again\n",
                      argv[0], options.lane);
        code = CLI_FAILED;
    }
    code = code == CLI_OK ? enter(&options, argv[0]) : code;
    json_decref(options.entry.form);
    json_decref(desk);
    declare_areas_free();
    return fflush(stdout) == 0 ? code : CLI_FAILED;
}
