/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The command line of `chilang firmware`.
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/firmware.h"
#include "lib/base/time.h"
#include "lib/text/lang.h"

enum {
    KEY_BUS = 0x100,
    KEY_UNIT,
    KEY_PROFILE,
    KEY_BAUD,
    KEY_PARITY,
    KEY_STOP_BITS,
    KEY_SET,
    KEY_ROW,
    KEY_PASS_TIME,
    KEY_LINK_LOSS,
    KEY_AT,
    KEY_AT_BAUD,
    KEY_WHO,
    KEY_WHY,
    KEY_YES,
    KEY_STATE,
    KEY_CAPTURE,
    KEY_WAIT,
    KEY_SCAN,
    KEY_LANG,
    BAUD_MAX = 4000000,
    WAIT_MAX_S = 600
};

static const struct argp_option rows[] = {
    {.doc = "Without a site file:", .group = 1},
    {"bus", KEY_BUS, "ADDRESS", 0, "tcp://host:port, rtu:///dev/ttyUSB0 or rtu+tcp://host:port", 1},
    {"unit", KEY_UNIT, "N", 0, "address of the device on it", 1},
    {"profile", KEY_PROFILE, "NAME|PATH", 0, "its profile; `chilang firmware list`", 1},
    {"baud", KEY_BAUD, "N", 0, "speed of a serial line (9600)", 1},
    {"parity", KEY_PARITY, "none|even|odd", 0, "its parity (none)", 1},
    {"stop-bits", KEY_STOP_BITS, "1|2", 0, "its stop bits (1)", 1},
    {"set", KEY_SET, "NAME=VALUE", 0, "what is wanted of a setting; again for each", 1},
    {"row", KEY_ROW, "N", 0, "only this output of a board, from 1; again for each", 1},
    {"pass-time", KEY_PASS_TIME, "SECONDS", 0, "time a person has to pass", 1},
    {"on-link-loss", KEY_LINK_LOSS, "hold|free-exit|free", 0, "what it shall do alone", 1},
    {"state", KEY_STATE, "FOLDER", 0, "apply: where it is recorded who did it", 1},
    {.doc = "A device that is not yet where the site has it:", .group = 2},
    {"at", KEY_AT, "N", 0, "it answers at this address now; it is to have the site's", 2},
    {"at-baud", KEY_AT_BAUD, "N", 0, "it speaks at this speed now; it is to have the site's", 2},
    {.doc = "Changing:", .group = 3},
    {"who", KEY_WHO, "NAME", 0, "apply: who does it", 3},
    {"why", KEY_WHY, "TEXT", 0, "apply: why", 3},
    {"yes", KEY_YES, NULL, 0, "apply: do not ask", 3},
    {"wait", KEY_WAIT, "SECONDS", 0, "longest wait for a device that restarts or moves (30)", 3},
    {"scan", KEY_SCAN, "N", 0,
     "with --bus: ask addresses up to N who else is there, before an address or speed is changed "
     "(the profile's highest)",
     3},
    {.doc = "All:", .group = 4},
    {"capture", KEY_CAPTURE, "FILE", 0, "write every frame to this file", 4},
    {"lang", KEY_LANG, "vi|en", 0, "language (default: that of the environment)", 4},
    {0},
};

static long number(struct argp_state *state, const char *name, const char *text, long min, long max)
{
    char *end = NULL;
    errno = 0;
    const long value = strtol(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max) {
        argp_error(state, "--%s: expected %ld to %ld, got `%.40s`", name, min, max, text);
    }
    return value;
}

/** Index of a text in a NULL-ended list; a mistake ends the program. */
static int choice(struct argp_state *state, const char *name, const char *text,
                  const char *const *from, const char *expected)
{
    for (int i = 0; from[i] != NULL; i++) {
        if (strcmp(from[i], text) == 0) {
            return i;
        }
    }
    argp_error(state, "--%s: expected %s, got `%.40s`", name, expected, text);
    return 0;
}

static void take_wish(struct argp_state *state, char *text, struct firmware_options *options)
{
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        argp_error(state, "--set: expected NAME=VALUE, got `%.60s`", text);
        return;
    }
    if (options->wish_count == FIRMWARE_WISHES_MAX) {
        argp_error(state, "--set: expected at most %d, got more", FIRMWARE_WISHES_MAX);
        return;
    }
    *equals = '\0';
    options->wishes[options->wish_count++] = (struct chl_gate_wish){
        .setting = text, .value = number(state, "set", equals + 1, 0, UINT32_MAX)};
}

static error_t parse_device(int key, char *text, struct argp_state *state)
{
    static const char *const parities[] = {"none", "even", "odd", NULL};
    static const char *const losses[] = {"hold", "free-exit", "free", NULL};
    struct firmware_options *o = state->input;
    switch (key) {
    case KEY_BUS:
        o->address = text;
        return 0;
    case KEY_UNIT:
        o->unit = number(state, "unit", text, 1, 247);
        return 0;
    case KEY_PROFILE:
        o->profile = text;
        return 0;
    case KEY_BAUD:
        o->baud = number(state, "baud", text, 1, BAUD_MAX);
        return 0;
    case KEY_PARITY:
        o->parity = "NEO"[choice(state, "parity", text, parities, "none, even or odd")];
        return 0;
    case KEY_STOP_BITS:
        o->stop_bits = number(state, "stop-bits", text, 1, 2);
        return 0;
    case KEY_SET:
        take_wish(state, text, o);
        return 0;
    case KEY_ROW:
        o->rows |= UINT64_C(1) << (number(state, "row", text, 1, CHL_ROWS_MAX) - 1);
        return 0;
    case KEY_PASS_TIME:
        o->pass_time_ms = 1000 * number(state, "pass-time", text, 1, 600);
        return 0;
    case KEY_LINK_LOSS:
        o->on_link_loss = choice(state, "on-link-loss", text, losses, "hold, free-exit or free");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void take_word(struct argp_state *state, const char *text, struct firmware_options *o)
{
    static const char *const acts[] = {"list", "show", "plan", "apply", "verify", NULL};
    if (state->arg_num == 0) {
        for (unsigned i = 0; acts[i] != NULL; i++) {
            if (strcmp(acts[i], text) == 0) {
                o->act = (firmware_act)i;
                return;
            }
        }
        argp_error(state, "expected list, show, plan, apply or verify, got `%.40s`", text);
    } else if (o->site == NULL) {
        o->site = text;
    } else if (o->gate == NULL) {
        o->gate = text;
    } else {
        argp_error(state, "expected SITE and GATE, got `%.40s` as well", text);
    }
}

/** What belongs together is given together. */
static void check(struct argp_state *state, const struct firmware_options *o)
{
    const bool direct = o->address != NULL;
    if (state->arg_num == 0) {
        argp_error(state, "expected list, show, plan, apply or verify");
    }
    if (o->act == FIRMWARE_LIST) {
        return;
    }
    if (direct == (o->site != NULL)) {
        argp_error(state, "expected a site file, or --bus with --unit and --profile");
    }
    if (direct && (o->unit == 0 || o->profile == NULL)) {
        argp_error(state, "--bus: expected --unit and --profile beside it");
    }
    if (direct && (o->at != 0 || o->at_baud != 0)) {
        argp_error(state, "--at: expected with a site file only; --unit and --baud say where the "
                          "device is, --set where it shall be");
    }
    if (!direct && (o->unit != 0 || o->profile != NULL || o->wish_count > 0 || o->rows != 0 ||
                    o->pass_time_ms != 0 || o->on_link_loss >= 0 || o->baud != 0)) {
        argp_error(state, "expected --unit, --profile, --baud, --set, --row, --pass-time and "
                          "--on-link-loss with --bus only; the site file says them");
    }
    if ((o->at != 0 || o->at_baud != 0) && o->gate == NULL) {
        argp_error(state, "--at: expected the gate whose device it is");
    }
    if (o->act == FIRMWARE_APPLY &&
        (o->who == NULL || o->why == NULL || o->who[0] == '\0' || o->why[0] == '\0')) {
        argp_error(state, "apply: expected --who NAME and --why TEXT; who changes a controller "
                          "is recorded");
    }
    if (o->act == FIRMWARE_APPLY && direct && o->state == NULL) {
        argp_error(state, "apply: expected --state FOLDER with --bus: the site's state folder, "
                          "where it is recorded who did it");
    }
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct firmware_options *o = state->input;
    switch (key) {
    case KEY_AT:
        o->at = number(state, "at", text, 1, 247);
        return 0;
    case KEY_AT_BAUD:
        o->at_baud = number(state, "at-baud", text, 1, BAUD_MAX);
        return 0;
    case KEY_WHO:
        o->who = text;
        return 0;
    case KEY_WHY:
        o->why = text;
        return 0;
    case KEY_YES:
        o->yes = true;
        return 0;
    case KEY_SCAN:
        o->scan = number(state, "scan", text, 1, 247);
        return 0;
    case KEY_STATE:
        o->state = text;
        return 0;
    case KEY_CAPTURE:
        o->capture = text;
        return 0;
    case KEY_WAIT:
        o->return_ns = CHL_NS_PER_S * number(state, "wait", text, 1, WAIT_MAX_S);
        return 0;
    case KEY_LANG:
        if (!lang_parse(text, &o->english)) {
            argp_error(state, "--lang: expected vi or en, got `%.20s`", text);
        }
        return 0;
    case ARGP_KEY_ARG:
        take_word(state, text, o);
        return 0;
    case ARGP_KEY_END:
        check(state, o);
        return 0;
    default:
        return parse_device(key, text, state);
    }
}

void firmware_parse(int argc, char **argv, struct firmware_options *out)
{
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .args_doc = "list\nshow|plan|verify SITE [GATE]\napply SITE [GATE] --who NAME --why TEXT",
        .doc = "The settings that gate controllers keep: what they are, what the site and their "
               "profiles want, and writing the difference.\v"
               "`list` the profiles there are; `show` every setting as read; `plan` what would be "
               "written, and in which order (never writes); `apply` write it and read it back; "
               "`verify` whether all fit.\n\n"
               "Exit status: 0 done, all fits; 1 no; 2 wrong usage; 3 unknown, the device does "
               "not answer."};
    *out = (struct firmware_options){
        .program = argv[0], .english = lang_is_english(), .on_link_loss = -1};
    argp_err_exit_status = CLI_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, out);
}
