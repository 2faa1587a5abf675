/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang gate`: what an operator orders of gates, lanes and counts; each act with its
 * who.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/door.h"
#include "lib/base/text.h"
#include "lib/text/lang.h"

enum {
    KEY_WHO = 'w',
    KEY_WHY = 'y',
    KEY_ADMIT = 0x100,
    KEY_REFUSE,
    KEY_END,
    KEY_HOW,
    WORDS_MAX = 4
};

struct options {
    struct door door;
    const char *who, *why, *how;
    bool admit, refuse, end;
    const char *words[WORDS_MAX];
    size_t count;
};

static const struct argp_option rows[] = {
    {"who", KEY_WHO, "NAME", 0, "who orders it", 0},
    {"why", KEY_WHY, "TEXT", 0, "why", 0},
    {"admit", KEY_ADMIT, NULL, 0, "resolve: let the person in", 0},
    {"refuse", KEY_REFUSE, NULL, 0, "resolve: do not", 0},
    {"how", KEY_HOW, "HOW", 0, "recount: clicker, sweep, tickets, cameras or other", 0},
    {"end", KEY_END, NULL, 0, "disperse: end it", 0},
    {0},
};

static const char arguments[] = "GATE normal|blocked|free|free-exit|schedule\n"
                                "disperse [ZONE] [--end]\n"
                                "emergency\n"
                                "reset\n"
                                "resolve LANE --admit|--refuse\n"
                                "pass GATE entry|exit [N]\n"
                                "recount ZONE N --how HOW";

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
    case KEY_ADMIT:
        options->admit = true;
        return 0;
    case KEY_REFUSE:
        options->refuse = true;
        return 0;
    case KEY_HOW:
        options->how = argument;
        return 0;
    case KEY_END:
        options->end = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->count == WORDS_MAX) {
            argp_error(state, "expected at most %d words, got `%s` as well", WORDS_MAX, argument);
            return 0;
        }
        options->words[options->count++] = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/** A refusal of the command line; empty when it is good. */
struct complaint {
    char text[256];
};

static bool complain(struct complaint *complaint, const char *text, const char *got)
{
    (void)snprintf(complaint->text, sizeof complaint->text, "%s, got `%.60s`", text, got);
    return false;
}

/** The same where no word came that could be quoted. */
static bool complain_plainly(struct complaint *complaint, const char *text)
{
    (void)chl_copy(complaint->text, sizeof complaint->text, text);
    return false;
}

static bool take_text(const char *text, char *out, size_t size, struct complaint *complaint)
{
    if (text == NULL || chl_copy(out, size, text)) {
        return true;
    }
    char expected[64];
    (void)snprintf(expected, sizeof expected, "expected at most %zu bytes", size - 1);
    return complain(complaint, expected, text);
}

static bool take_number(const char *text, long long max, long long *out,
                        struct complaint *complaint)
{
    size_t digits = strspn(text, "0123456789");
    *out = digits == 0 || digits > 9 || text[digits] != '\0' ? -1 : strtoll(text, NULL, 10);
    return (*out >= 0 && *out <= max) || complain(complaint, "expected a number of people", text);
}

static bool read_resolve(const struct options *options, struct control_request *request,
                         struct complaint *complaint)
{
    request->op = CONTROL_RESOLVE;
    request->admit = options->admit;
    if (options->admit == options->refuse) {
        return complain_plainly(complaint, options->admit
                                               ? "expected one of --admit and --refuse, got both"
                                               : "expected one of --admit and --refuse, got none");
    }
    return take_text(options->words[1], request->lane, sizeof request->lane, complaint);
}

static bool read_pass(const struct options *options, struct control_request *request,
                      struct complaint *complaint)
{
    long long n = 1;
    request->op = CONTROL_PASS;
    request->direction = strcmp(options->words[2], "exit") == 0 ? CONTROL_EXIT : CONTROL_ENTRY;
    if (request->direction == CONTROL_ENTRY && strcmp(options->words[2], "entry") != 0) {
        return complain(complaint, "expected entry or exit", options->words[2]);
    }
    if (options->count == 4 &&
        !take_number(options->words[3], CHL_CONTROL_PLACES_MAX, &n, complaint)) {
        return false;
    }
    request->n = (uint16_t)n;
    return take_text(options->words[1], request->gate, sizeof request->gate, complaint);
}

static bool read_recount(const struct options *options, struct control_request *request,
                         struct complaint *complaint)
{
    long long inside = 0;
    request->op = CONTROL_RECOUNT;
    if (!take_number(options->words[2], 10000000, &inside, complaint)) {
        return false;
    }
    request->inside = inside;
    request->how = options->how != NULL ? chl_recount_by_name(options->how) : CHL_RECOUNT_NONE;
    if (options->how == NULL) {
        return complain_plainly(
            complaint, "expected --how clicker, sweep, tickets, cameras or other, got none");
    }
    if (request->how == CHL_RECOUNT_NONE) {
        return complain(complaint, "expected --how clicker, sweep, tickets, cameras or other",
                        options->how);
    }
    return take_text(options->words[1], request->zone, sizeof request->zone, complaint);
}

static bool read_mode(const struct options *options, struct control_request *request,
                      struct complaint *complaint)
{
    static const struct {
        const char *name;
        chl_gate_mode mode;
    } modes[] = {{"normal", CHL_MODE_NORMAL},
                 {"blocked", CHL_MODE_BLOCKED},
                 {"free", CHL_MODE_FREE},
                 {"free-exit", CHL_MODE_FREE_EXIT}};
    request->op = CONTROL_GATE;
    request->schedule = strcmp(options->words[1], "schedule") == 0;
    if (request->schedule) {
        return take_text(options->words[0], request->gate, sizeof request->gate, complaint);
    }
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(options->words[1], modes[i].name) == 0) {
            request->mode = modes[i].mode;
            return take_text(options->words[0], request->gate, sizeof request->gate, complaint);
        }
    }
    return complain(complaint, "expected normal, blocked, free, free-exit or schedule",
                    options->words[1]);
}

static bool read_alone(const struct options *options, struct control_request *request,
                       struct complaint *complaint)
{
    (void)complaint;
    request->op = strcmp(options->words[0], "reset") == 0 ? CONTROL_RESET : CONTROL_EMERGENCY;
    return true;
}

static bool read_disperse(const struct options *options, struct control_request *request,
                          struct complaint *complaint)
{
    request->op = CONTROL_DISPERSE;
    request->end = options->end;
    return options->count < 2 ||
           take_text(options->words[1], request->zone, sizeof request->zone, complaint);
}

/** First word, how many words, what reads them. NULL: any gate. */
static const struct {
    const char *word;
    size_t least, most;
    bool (*read)(const struct options *, struct control_request *, struct complaint *);
} forms[] = {{"emergency", 1, 1, read_alone}, {"reset", 1, 1, read_alone},
             {"resolve", 2, 2, read_resolve}, {"pass", 3, 4, read_pass},
             {"recount", 3, 3, read_recount}, {"disperse", 1, 2, read_disperse},
             {NULL, 2, 2, read_mode}};

static bool read_request(const struct options *options, struct control_request *request,
                         struct complaint *complaint)
{
    size_t form = 0;
    if (options->count == 0) {
        return complain_plainly(complaint, "expected a gate and its mode, or an order, got none");
    }
    while (forms[form].word != NULL && strcmp(forms[form].word, options->words[0]) != 0) {
        form++;
    }
    if (options->count < forms[form].least || options->count > forms[form].most) {
        return complain(complaint, "expected another number of words after the order",
                        options->words[0]);
    }
    return take_text(options->who, request->who, sizeof request->who, complaint) &&
           take_text(options->why, request->why, sizeof request->why, complaint) &&
           forms[form].read(options, request, complaint);
}

/** What the daemon would refuse is refused here, before anything is sent. */
static bool check_request(const struct control_request *request, struct complaint *complaint)
{
    char line[4096];
    struct control_request again;
    struct control_refusal why;
    if (chl_control_write(request, line, sizeof line) != CHL_OK) {
        return complain_plainly(complaint,
                                "expected shorter texts, got more than one request holds");
    }
    if (chl_control_parse(line, strlen(line), &again, &why) != CHL_OK) {
        (void)snprintf(complaint->text, sizeof complaint->text, "%s", why.text);
        return false;
    }
    return true;
}

/* One press opens; who it was is asked once that is done. */
static void ask_who(const char *program, const struct control_request *request)
{
    if (request->op == CONTROL_EMERGENCY && request->who[0] == '\0') {
        (void)printf(
            lang_is_english()
                ? "every gate opens; now say who and why: `%s --who NAME --why TEXT`\n"
                : "mọi cổng đang mở; bây giờ ghi ai và vì sao: `%s --who TÊN --why LÝ-DO`\n",
            program);
    }
}

/** `first`: word that the command's own name stands for, NULL = none. */
static int run(int argc, char **argv, const struct argp *argp, const char *first)
{
    struct options options = {.words = {first}, .count = first != NULL ? 1 : 0};
    argp_err_exit_status = CLI_USAGE;
    if (argp_parse(argp, argc, argv, 0, NULL, &options) != 0) {
        return CLI_USAGE;
    }
    struct control_request request = {.op = CONTROL_OP_COUNT};
    struct complaint complaint = {.text = ""};
    if (!read_request(&options, &request, &complaint) || !check_request(&request, &complaint)) {
        (void)fprintf(stderr, "%s: %s; `%s --help` shows the forms\n", argv[0], complaint.text,
                      argv[0]);
        return CLI_USAGE;
    }
    json_t *answer = NULL;
    int code = door_ask(&options.door, argv[0], &request, &answer);
    if (code == CLI_OK) {
        (void)printf(lang_is_english() ? "%s: done and recorded\n" : "%s: đã làm và ghi lại\n",
                     chl_control_op_name(request.op));
        ask_who("chilang emergency", &request);
    }
    json_decref(answer);
    return code;
}

static const struct argp_child children[] = {{&door_argp, 0, NULL, 0}, {0}};

int cli_gate(int argc, char **argv)
{
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .args_doc = arguments,
        .doc =
            "Order something of the site's gates, lanes and counts. Every order names --who, and "
            "--why where it changes a mode or a count; an emergency needs neither.",
        .children = children};
    return run(argc, argv, &argp, NULL);
}

int cli_emergency(int argc, char **argv)
{
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .doc = "Open every gate, at once. Say --who and --why now, or with the same command "
               "afterwards. `chilang gate reset` ends it.",
        .children = children};
    return run(argc, argv, &argp, "emergency");
}

int cli_disperse(int argc, char **argv)
{
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .args_doc = "[ZONE]",
        .doc = "Close entry to the whole site, or to one zone, and run reversible lanes outward, "
               "until --end. The way out is free all the while.",
        .children = children};
    return run(argc, argv, &argp, "disperse");
}
