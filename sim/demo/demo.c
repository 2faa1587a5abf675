/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang-sim demo`: its options, and the order of its three parts.
 */
#include "sim/demo/demo.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/demo/festival.h"

enum { KEY_STAY = 256, KEY_TORTURE, KEY_PLAIN, KEY_LIMIT, KEY_DIR };

static const struct argp_option options[] = {
    {"people", 'n', "N", 0, "Declarations in the crowd, families on one code counted once (360)",
     0},
    {"seconds", 't', "N", 0, "How long entry is open (25)", 0},
    {"seed", 's', "N", 0, "Seed of everything random (1)", 0},
    {"limit", KEY_LIMIT, "N", 0, "Hard limit of the zone (90)", 0},
    {"torture", KEY_TORTURE, "N", 0, "Kill the daemon N times at random moments", 0},
    {"stay", KEY_STAY, NULL, 0, "Keep it up until Ctrl-C, then close and count as usual", 0},
    {"plain", KEY_PLAIN, NULL, 0, "One line every two seconds instead of the picture", 0},
    {"dir", KEY_DIR, "FOLDER", 0, "Keep everything in this new folder", 0},
    {0},
};

static unsigned number(struct argp_state *state, const char *text, unsigned long min,
                       unsigned long max)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max || text[0] == '-') {
        argp_error(state, "expected a number from %lu to %lu, got %s", min, max, text);
    }
    return (unsigned)value;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct festival_options *out = state->input;
    switch (key) {
    case 'n':
        out->people = number(state, value, 60, 4000);
        break;
    case 't':
        out->seconds = number(state, value, 3, 86400);
        break;
    case 's':
        out->seed = number(state, value, 0, UINT32_MAX);
        break;
    case KEY_LIMIT:
        out->limit = number(state, value, 10, 10000);
        break;
    case KEY_TORTURE:
        out->torture = number(state, value, 0, 1000);
        break;
    case KEY_STAY:
        out->stay = true;
        break;
    case KEY_PLAIN:
        out->plain = true;
        break;
    case KEY_DIR:
        out->dir = value;
        out->keep = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "expected options, got '%s'", value);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp parser = {
    .options = options,
    .parser = parse,
    .doc = "A festival on the real daemon, with simulated turnstiles and a crowd.\v"
           "Ends with 0 when every invariant held, with 1 when one was broken.",
};

static void explain(const struct festival *festival)
{
    char tail[1200];
    fprintf(stderr, "chilang-sim demo: %s\n", festival->why);
    if (!festival->cut_short && festival->paths.log_daemon[0] != '\0') {
        child_tail(festival->paths.log_daemon, tail, sizeof tail);
        fprintf(stderr, "last words of chilangd:\n%s\n", tail);
    }
}

static void forget(struct festival *festival)
{
    json_decref(festival->status);
    json_decref(festival->stats);
    json_decref(festival->scene);
    json_decref(festival->truth);
    free(festival->to_daemon);
    free(festival->to_sim);
    free(festival);
}

/** While keys and codes are made, an interrupted tool ends the preparations in order. */
static void noted(int number)
{
    (void)number;
}

int demo_main(int argc, char **argv)
{
    bool held = false;
    struct festival *festival = calloc(1, sizeof *festival);
    if (festival == NULL) {
        return EXIT_FAILURE;
    }
    festival->options =
        (struct festival_options){.people = 360, .seconds = 25, .limit = 90, .seed = 1};
    char name[] = "chilang-sim demo"; /* what help and refusals call it */
    argv[0] = name;
    argp_parse(&parser, argc, argv, 0, NULL, &festival->options);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, noted);
    signal(SIGTERM, noted);
    festival->random = festival->options.seed;
    festival->tty = isatty(STDOUT_FILENO) == 1 && !festival->options.plain;
    festival->colour = festival->tty && getenv("NO_COLOR") == NULL;
    printf("Making keys, %u signed declarations and their QR pictures …\n",
           festival->options.people);
    fflush(stdout);
    if (festival_prepare(festival) == CHL_OK) {
        festival_play(festival);
    }
    if (festival->why[0] == '\0') {
        held = festival_judge(festival);
    } else {
        explain(festival);
    }
    festival_clean(festival);
    forget(festival);
    return held ? EXIT_SUCCESS : EXIT_FAILURE;
}
