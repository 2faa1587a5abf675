/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang declare revoke`: takes codes back, or an issuer's key, in a site's list.
 */
#include "cli/declare.h"

#include <argp.h>
#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/base/time.h"

enum { KEY_LIST = 'l', KEY_ISSUER_KEY = 'k', KEY_WHY = 'w', IDS_MAX = 1000 };

struct arguments {
    const char *list, *why;
    bool key;
    size_t count;
    const char *ids[IDS_MAX];
};

static const struct argp_option options[] = {
    {"list", KEY_LIST, "FILE", 0, "the list, made when it is missing", 0},
    {"issuer-key", KEY_ISSUER_KEY, NULL, 0,
     "the identifiers are those of issuers' keys: every code they signed is taken back", 0},
    {"why", KEY_WHY, "TEXT", 0, "why, for whoever reads the list", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_LIST:
        arguments->list = text;
        return 0;
    case KEY_ISSUER_KEY:
        arguments->key = true;
        return 0;
    case KEY_WHY:
        arguments->why = text;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == IDS_MAX) {
            argp_error(state, "expected at most %d identifiers at once", IDS_MAX);
            return EINVAL;
        }
        arguments->ids[arguments->count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (arguments->list == NULL || arguments->count == 0) {
            argp_error(state, "expected ID and --list FILE");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int cli_declare_revoke(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "ID…",
        .doc = "Take declarations back. ID is the identifier of a code, as manifest.csv, the card "
               "and `chilang verify --json` show it. A site reads the list as `credentials: { "
               "revoked: FILE }`, at its start and on SIGHUP."};
    static struct arguments arguments;
    char why[DECLARE_WHY] = "";
    argp_err_exit_status = CLI_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    chl_revoked_kind kind = arguments.key ? CHL_REVOKED_KEY : CHL_REVOKED_ID;
    size_t refused = 0;
    for (size_t i = 0; i < arguments.count; i++) {
        chl_err err = chl_revoked_append(arguments.list, kind, arguments.ids[i], arguments.why,
                                         chl_wall_ns(), why, sizeof why);
        if (err == CHL_E_STATE) { /* what was asked for is so */
            fprintf(stderr, "%s: %s\n", argv[0], why);
        } else if (err != CHL_OK) {
            fprintf(stderr, "%s: `%.40s`: %s\n", argv[0], arguments.ids[i], why);
            refused++;
        }
    }
    return refused == 0 ? CLI_OK : CLI_FAILED;
}
