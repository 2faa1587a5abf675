/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang reasons`: the table of reasons as people, programs and docs/reasons.md read it.
 */
#include "lib/text/reasons.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/text/lang.h"

enum { KEY_LANG = 'l', KEY_JSON = 'j', KEY_MARKDOWN = 'm', WIDTH = 80, INDENT = 30 };

struct options {
    bool english, json, markdown;
};

static const struct argp_option rows[] = {
    {"lang", KEY_LANG, "vi|en", 0, "language of the texts (default: that of the environment)", 0},
    {"json", KEY_JSON, NULL, 0, "print it as JSON, in both languages", 0},
    {"markdown", KEY_MARKDOWN, NULL, 0, "print the page docs/reasons.md", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_LANG:
        if (!lang_parse(argument, &options->english)) {
            argp_error(state, "--lang: expected vi or en, got `%s`", argument);
        }
        return 0;
    case KEY_JSON:
        options->json = true;
        return 0;
    case KEY_MARKDOWN:
        options->markdown = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "expected options only, got `%s`", argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char *verdict_name(chl_verdict verdict)
{
    static const char *const names[] = {"", "ADMIT", "WAIT", "CHECK", "DENY"};
    return names[verdict];
}

/** The next word of a text and its blanks; NULL at the end. */
static const char *next_word(const char *at, size_t *length)
{
    at += strspn(at, " ");
    *length = strcspn(at, " ");
    return *length > 0 ? at : NULL;
}

/** Print words within the width, each line after the first indented. */
static void print_wrapped(const char *text, size_t column)
{
    size_t length = 0;
    for (const char *word = text; (word = next_word(word, &length)) != NULL; word += length) {
        char copy[128];
        (void)snprintf(copy, sizeof copy, "%.*s", (int)length, word);
        size_t wide = chl_reason_characters(copy);
        bool first = column == INDENT;
        if (!first && column + 1 + wide > WIDTH) {
            (void)printf("\n%*s", INDENT, "");
            column = INDENT;
            first = true;
        }
        (void)printf("%s%s", first ? "" : " ", copy);
        column += wide + (first ? 0 : 1);
    }
    (void)putchar('\n');
}

static void print_table(bool english)
{
    for (int i = 1; i < CHL_REASON_COUNT; i++) {
        const struct chl_reason_text *row = chl_reason_get((chl_reason)i);
        (void)printf("%-22s  %-5s %s\n%*s", row->id, verdict_name(row->verdict),
                     english ? row->en : row->vi, INDENT, "");
        print_wrapped(english ? row->en_next : row->vi_next, INDENT);
    }
    (void)printf("\n%s\n\n", english ? "Which refusal of a code leads to which reason:"
                                     : "Mã bị từ chối vì đâu thì hiện lý do nào:");
    chl_reason reason = CHL_REASON_NONE;
    const char *refusal = NULL;
    for (size_t i = 0; (refusal = chl_reason_refusal(i, &reason)) != NULL; i++) {
        (void)printf("%-22s  %s\n", refusal, chl_reason_get(reason)->id);
    }
}

static json_t *refusals_of(chl_reason wanted)
{
    json_t *list = json_array();
    chl_reason reason = CHL_REASON_NONE;
    const char *refusal = NULL;
    for (size_t i = 0; (refusal = chl_reason_refusal(i, &reason)) != NULL; i++) {
        if (reason == wanted) {
            (void)json_array_append_new(list, json_string(refusal));
        }
    }
    return list;
}

static int print_json(void)
{
    json_t *list = json_array();
    for (int i = 1; i < CHL_REASON_COUNT; i++) {
        const struct chl_reason_text *row = chl_reason_get((chl_reason)i);
        json_t *object =
            json_pack("{ss,ss,ss,ss,ss,ss,so}", "id", row->id, "verdict",
                      verdict_name(row->verdict), "vi", row->vi, "vi_next", row->vi_next, "en",
                      row->en, "en_next", row->en_next, "refusals", refusals_of((chl_reason)i));
        (void)json_array_append_new(list, object);
    }
    int printed = json_dumpf(list, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(list);
    return printed == 0 ? CLI_OK : CLI_FAILED;
}

static const char page_head[] =
    "# Reasons\n"
    "\n"
    "Every reason that a lane can give, from the one table `lib/text/reasons.def`; this page is "
    "made of it by `chilang reasons --markdown`, and a test compares both.\n"
    "\n"
    "The short line is for the screen at the lane, where the queue reads it too: at most 40 "
    "characters when filled in, and health reasons show as a code (Y1, Y2, Y3). `{n}` and `{k}` "
    "are "
    "people or days, `{time}` the local time of day, `{gate}` a gate's name, shortened with … "
    "where "
    "it does not fit. The second line tells the staff what to do. Identifiers are stable: one is "
    "never renamed or given another meaning.\n"
    "\n"
    "| identifier | verdict | short line | what to do next |\n"
    "|---|---|---|---|\n";

static const char page_refusals[] =
    "\n"
    "## Which refusal leads to which reason\n"
    "\n"
    "What a credential plugin gave as its reason (docs/plugins.md), and what the lane then shows. "
    "The date of an expired declaration leads to `declaration_expired`. A refusal that is not here "
    "falls back to the stage at which reading stopped.\n"
    "\n"
    "| refusal | reason |\n"
    "|---|---|\n";

static const char page_stages[] = "\n"
                                  "| stage, for any other refusal | reason |\n"
                                  "|---|---|\n";

static void print_markdown(void)
{
    static const char *const stages[] = {
#define STAGE_NAME(id, text) [id] = (text),
        CHL_STAGES(STAGE_NAME)
#undef STAGE_NAME
    };
    (void)fputs(page_head, stdout);
    for (int i = 1; i < CHL_REASON_COUNT; i++) {
        const struct chl_reason_text *row = chl_reason_get((chl_reason)i);
        (void)printf("| `%s` | %s | %s<br>%s | %s<br>%s |\n", row->id, verdict_name(row->verdict),
                     row->vi, row->en, row->vi_next, row->en_next);
    }
    (void)fputs(page_refusals, stdout);
    chl_reason reason = CHL_REASON_NONE;
    const char *refusal = NULL;
    for (size_t i = 0; (refusal = chl_reason_refusal(i, &reason)) != NULL; i++) {
        (void)printf("| `%s` | `%s` |\n", refusal, chl_reason_get(reason)->id);
    }
    (void)fputs(page_stages, stdout);
    for (size_t i = 0; i < CHL_STAGE_DONE; i++) {
        reason = chl_reason_for_refusal("", (chl_stage)i);
        (void)printf("| %s | `%s` |\n", stages[i], chl_reason_get(reason)->id);
    }
}

int cli_reasons(int argc, char **argv)
{
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .doc = "Print the table of reasons that a lane can give: identifier, verdict, the short "
               "line, what the staff do next; and which refusal of a code leads to which reason."};
    struct options options = {.english = lang_is_english()};
    argp_err_exit_status = CLI_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0) {
        return CLI_USAGE;
    }
    int code = CLI_OK;
    if (options.json) {
        code = print_json();
    } else if (options.markdown) {
        print_markdown();
    } else {
        print_table(options.english);
    }
    return fflush(stdout) == 0 ? code : CLI_FAILED;
}
