/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang status`: how a site stands, for a person or, with --json, for a program.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/door.h"
#include "cli/status_print.h"

enum { KEY_JSON = 'j' };

struct options {
    struct door door;
    bool json;
};

static const struct argp_option rows[] = {
    {"json", KEY_JSON, NULL, 0, "print the state as one JSON object", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->door;
        return 0;
    case KEY_JSON:
        options->json = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "expected options only, got `%s`", argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool wants_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0');
}

/** COLUMNS when it is set, else those of the terminal; 80 in a file. */
static int columns(void)
{
    const char *stated = getenv("COLUMNS");
    struct winsize window;
    if (stated != NULL && stated[0] != '\0') {
        long value = strtol(stated, NULL, 10);
        return value > 0 && value < 1000 ? (int)value : 80;
    }
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : 80;
}

int cli_status(int argc, char **argv)
{
    static const struct argp_child children[] = {{&door_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .doc = "Show how the site stands: zones, gates, lanes and plugins, of durable facts only.",
        .children = children};
    struct options options = {.json = false};
    argp_err_exit_status = CLI_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0) {
        return CLI_USAGE;
    }
    struct control_request request = {.op = CONTROL_STATUS};
    json_t *answer = NULL;
    int code = door_ask(&options.door, argv[0], &request, &answer);
    if (code != CLI_OK) {
        return code;
    }
    const json_t *status = json_object_get(answer, "status");
    if (!json_is_object(status)) {
        (void)fprintf(stderr,
                      "%s: expected `status` in the answer, got none; daemon and tool differ in "
                      "version\n",
                      argv[0]);
        code = CLI_FAILED;
    } else if (options.json) {
        (void)json_dumpf(status, stdout, JSON_COMPACT);
        (void)putchar('\n');
    } else {
        struct status_look look = {.columns = columns(), .colour = wants_colour()};
        status_print(stdout, status, &look);
    }
    json_decref(answer);
    return fflush(stdout) == 0 ? code : CLI_FAILED;
}
