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

enum {
    KEY_CONTROL = 256,
    KEY_STDIN,
    KEY_CROWD,
    KEY_SCAN,
    KEY_DAEMON,
    KEY_DELAY,
    KEY_DWELL,
    KEY_UNIT,
    KEY_TURNSTILE,
    KEY_SET,
    KEY_PROVISIONED,
    KEY_CONTROLLERS,
    KEY_BAUD_TIME,
    KEY_DO
};

static const struct argp_option options[] = {
    {"profile", 'p', "NAME|PATH", 0, "Device profile of all units (lot-turnstile)", 0},
    {"units", 'u', "N", 0, "How many of them, at addresses 1, 2 … (3)", 0},
    {"unit", KEY_UNIT, "ADDRESS=PROFILE", 0,
     "One unit of a mixed bus, again for each; instead of --profile and --units", 0},
    {"turnstile", KEY_TURNSTILE, "ENDS", 0,
     "A mechanism wired to boards, such as release=1.1,close=1.2,entry=7.1,exit=7.2,object=7.3 "
     "(unit.row)",
     0},
    {"set", KEY_SET, "UNIT:SETTING=VALUE", 0, "A setting that is not as delivered", 0},
    {"provisioned", KEY_PROVISIONED, "hold|free-exit|free", 0,
     "Settings as chilang firmware leaves them for that on_link_loss, not as delivered", 0},
    {"controllers", KEY_CONTROLLERS, "N", 0,
     "So many such buses, each at a port or line of its own (1)", 0},
    {"listen", 'l', "ADDRESS", 0,
     "Where: ADDRESS:PORT, rtu+tcp://ADDRESS:PORT, rtu: or rtu://LINK (127.0.0.1:0; port 0 = any "
     "free)",
     0},
    {"delay", KEY_DELAY, "MS", 0, "Every answer comes that much later (0)", 0},
    {"delay-ms", 0, NULL, OPTION_ALIAS, NULL, 0},
    {"baud-time", KEY_BAUD_TIME, "BAUD", 0,
     "Frames take the time of a line of this speed, one after the other (0 = none)", 0},
    {"do", KEY_DO, "JSON", 0, "Do this request of the door at start; again for each", 0},
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

static void add_text(struct argp_state *state, struct layout_texts *texts, const char *text)
{
    if (texts->count == LAYOUT_TEXTS_MAX) {
        argp_error(state, "expected at most %d of one option", LAYOUT_TEXTS_MAX);
        return;
    }
    texts->texts[texts->count++] = text;
}

static int link_loss(struct argp_state *state, const char *text)
{
    static const char *const names[] = {
#define LINK_LOSS_NAME(id, name) name,
        CHL_LINK_LOSSES(LINK_LOSS_NAME)
#undef LINK_LOSS_NAME
    };
    for (int i = 0; i < CHL_LINK_LOSS_COUNT; i++) {
        if (strcmp(names[i], text) == 0) {
            return i;
        }
    }
    argp_error(state, "expected hold, free-exit or free, got %s", text);
    return -1;
}

/** What stands on the buses. */
static error_t parse_layout(int key, char *value, struct argp_state *state)
{
    struct simulator_options *out = state->input;
    struct layout *layout = &out->layout;
    switch (key) {
    case 'p':
        layout->profile = value;
        break;
    case 'u':
        layout->units = (unsigned)number(state, value, CONTROLLER_ADDRESS_MAX);
        break;
    case KEY_UNIT:
        add_text(state, &layout->unit_texts, value);
        break;
    case KEY_TURNSTILE:
        add_text(state, &layout->arm_texts, value);
        break;
    case KEY_SET:
        add_text(state, &layout->set_texts, value);
        break;
    case KEY_PROVISIONED:
        layout->provisioned = link_loss(state, value);
        break;
    case KEY_DELAY:
        layout->delay_ms = (int64_t)number(state, value, 60000);
        break;
    case KEY_BAUD_TIME:
        layout->baud = (int64_t)number(state, value, 256000);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct simulator_options *out = state->input;
    switch (key) {
    case 'l':
        out->listen = value;
        break;
    case KEY_CONTROLLERS:
        out->controllers = (unsigned)number(state, value, SIMULATOR_CONTROLLERS_MAX);
        if (out->controllers == 0) {
            argp_error(state, "expected at least 1 controller, got 0");
        }
        break;
    case KEY_DO:
        add_text(state, &out->requests, value);
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
        return parse_layout(key, value, state);
    }
    return 0;
}

static const struct argp parser = {
    .options = options,
    .parser = parse,
    .doc = "Simulated turnstiles and boards on Modbus buses.\v"
           "`chilang-sim demo` runs a whole festival on the real daemon; see chilang-sim demo "
           "--help.\n"
           "`chilang-sim rehearse` runs a day of arrivals in seconds and tells how many lanes are "
           "needed.",
};

int main(int argc, char **argv)
{
    struct simulator_options chosen = {
        .layout = {.profile = "lot-turnstile", .units = 3, .provisioned = -1},
        .controllers = 1,
        .listen = "127.0.0.1:0",
        .seed = 1};
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
