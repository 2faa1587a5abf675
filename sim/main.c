/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief chilang-sim: simulated controllers that obey a device profile, and a festival to try it
 * all.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/demo/demo.h"
#include "sim/rehearse/rehearse.h"
#include "sim/simulator.h"

const char *argp_program_version = "chilang-sim " CHL_VERSION;

enum { KEY_CONTROL = 256, KEY_STDIN, KEY_CROWD, KEY_SCAN, KEY_DAEMON, KEY_DELAY, KEY_DWELL };

static const struct argp_option options[] = {
    {"profile", 'p', "NAME|PATH", 0, "Device profile (lot-turnstile)", 0},
    {"listen", 'l', "ADDRESS:PORT", 0, "Where to listen (127.0.0.1:0; port 0 = any free)", 0},
    {"units", 'u', "N", 0, "Units behind the controller (3)", 0},
    {"delay-ms", KEY_DELAY, "MS", 0, "Every answer comes that much later (0)", 0},
    {"control", KEY_CONTROL, "PATH", 0, "Unix socket that takes requests, a JSON object a line", 0},
    {"stdin", KEY_STDIN, NULL, 0, "Take the same requests from standard input", 0},
    {"crowd", KEY_CROWD, "MANIFEST", 0, "People who come; see sim/README.md", 0},
    {"scan", KEY_SCAN, "FOLDER", 0, "With --crowd: holds one scanner's folder a lane", 0},
    {"daemon", KEY_DAEMON, "PATH", 0, "With --crowd: control socket of chilangd", 0},
    {"dwell-ms", KEY_DWELL, "MS", 0, "With --crowd: how long people stay inside on average (8000)",
     0},
    {"seed", 's', "N", 0, "Seed of everything random (1)", 0},
    {0},
};

static unsigned long number(struct argp_state *state, const char *text, unsigned long max)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value > max || text[0] == '-') {
        argp_error(state, "expected a number up to %lu, got %s", max, text);
    }
    return value;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct simulator_options *out = state->input;
    switch (key) {
    case 'p':
        out->profile = value;
        break;
    case 'l':
        out->listen = value;
        break;
    case 'u':
        out->units = (unsigned)number(state, value, 247);
        break;
    case KEY_DELAY:
        out->delay_ms = (int64_t)number(state, value, 60000);
        break;
    case KEY_DWELL:
        out->dwell_ms = (int64_t)number(state, value, 86400000);
        break;
    case KEY_CONTROL:
        out->control = value;
        break;
    case KEY_STDIN:
        out->use_stdin = true;
        break;
    case KEY_CROWD:
        out->crowd = value;
        break;
    case KEY_SCAN:
        out->scan_dir = value;
        break;
    case KEY_DAEMON:
        out->daemon = value;
        break;
    case 's':
        out->seed = number(state, value, UINT32_MAX);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "expected options, `demo` or `rehearse`, got '%s'", value);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp parser = {
    .options = options,
    .parser = parse,
    .doc = "Simulated turnstiles on one Modbus TCP controller.\v"
           "`chilang-sim demo` runs a whole festival on the real daemon; see chilang-sim demo "
           "--help.\n"
           "`chilang-sim rehearse` runs a day of arrivals in seconds and tells how many lanes are "
           "needed.",
};

int main(int argc, char **argv)
{
    struct simulator_options chosen = {
        .profile = "lot-turnstile", .listen = "127.0.0.1:0", .units = 3, .seed = 1};
    argp_err_exit_status = 2;
    if (argc > 1 && strcmp(argv[1], "demo") == 0) {
        return demo_main(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "rehearse") == 0) {
        return rehearse_main(argc - 1, argv + 1);
    }
    argp_parse(&parser, argc, argv, 0, NULL, &chosen);
    return simulator_run(&chosen);
}
