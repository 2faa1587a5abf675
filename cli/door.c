/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One question to a running daemon and its answer.
 */
#include "cli/door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/base/text.h"

enum { KEY_CONTROL = 0x200, KEY_CONFIG, ANSWER_MS = 10000 };

static const struct argp_option rows[] = {
    {"control", KEY_CONTROL, "PATH", 0, "the daemon's control socket (" DOOR_DEFAULT ")", 0},
    {"config", KEY_CONFIG, "FILE", 0, "find the socket by this site file", 0},
    {0},
};

/* NOLINTNEXTLINE(readability-non-const-parameter): argp's signature */
static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct door *door = state->input;
    switch (key) {
    case KEY_CONTROL:
        door->control = argument;
        return 0;
    case KEY_CONFIG:
        door->config = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp door_argp = {.options = rows, .parser = parse};

int door_find(const struct door *door, const char *program, char *out, size_t size)
{
    if (door->control != NULL || door->config == NULL) {
        const char *path = door->control != NULL ? door->control : DOOR_DEFAULT;
        if (!chl_copy(out, size, path)) {
            (void)fprintf(stderr, "%s: expected a path of at most %d bytes, got a longer one\n",
                          program, CHL_CONTROL_PATH_MAX);
            return CLI_USAGE;
        }
        return CLI_OK;
    }
    struct chl_yaml *site = NULL;
    struct chl_yaml_error error;
    const char *path = "";
    chl_err result = chl_yaml_load(door->config, &site, &error);
    if (result == CHL_OK) {
        result = chl_control_find(site, &path, &error);
    }
    if (result != CHL_OK) {
        (void)fprintf(stderr, "%s: %s\n", program, error.text);
    }
    (void)chl_copy(out, size, path);
    chl_yaml_free(site);
    return result == CHL_OK ? CLI_OK : CLI_FAILED;
}

/** Tell a refusal from an answer; whatever it is, it is a peer's text. */
static int judge(const char *program, const char *line, size_t length, json_t **answer)
{
    json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_true(json_object_get(object, "ok"))) {
        *answer = object;
        return CLI_OK;
    }
    const char *error = json_string_value(json_object_get(object, "error"));
    const char *text = json_string_value(json_object_get(object, "text"));
    if (error == NULL) {
        (void)fprintf(stderr,
                      "%s: expected an answer of docs/control.md, got something else; is this "
                      "the daemon's socket?\n",
                      program);
    } else {
        (void)fprintf(stderr, "%s: refused (%s): %s\n", program, error, text == NULL ? "" : text);
    }
    json_decref(object);
    return CLI_FAILED;
}

int door_ask(const struct door *door, const char *program, const struct control_request *request,
             json_t **answer)
{
    char path[CHL_CONTROL_PATH_MAX + 1];
    char why[512];
    const char *line = NULL;
    size_t length = 0;
    struct control_client *client = NULL;
    int code = door_find(door, program, path, sizeof path);
    if (code != CLI_OK) {
        return code;
    }
    if (chl_control_connect(path, &client, why, sizeof why) != CHL_OK) {
        (void)fprintf(stderr, "%s: %s\n", program, why);
        return CLI_FAILED;
    }
    chl_err result = chl_control_ask(client, request, &line, &length, ANSWER_MS);
    if (result == CHL_OK) {
        code = judge(program, line, length, answer);
    } else {
        (void)fprintf(
            stderr,
            "%s: expected an answer of the daemon, got none (%s); whether it acted is unknown: "
            "see `chilang status`\n",
            program, chl_strerror(result));
        code = CLI_FAILED;
    }
    chl_control_close(client);
    return code;
}
