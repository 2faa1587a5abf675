/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang trust`: chooses what to do with whom a site believes.
 */
#include "cli/trust.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const struct {
    const char *act;
    int (*run)(int argc, char **argv);
    const char *help;
} acts[] = {
    {"list", cli_trust_list, "show who is believed: issuer, country, algorithm, validity"},
    {"add", cli_trust_add, "put certificates and keys beside those that are there"},
    {"import", cli_trust_import, "put a new list in the place of the former one"},
};

enum { ACTS = sizeof acts / sizeof *acts, PATHS_MAX = 64 };

static void usage(FILE *out)
{
    fputs("Usage: chilang trust ACT [OPTION…] PATH…\n\n", out);
    for (size_t i = 0; i < ACTS; i++) {
        fprintf(out, "  %-7s %s\n", acts[i].act, acts[i].help);
    }
    fputs("\n`chilang trust ACT --help` tells more. A running chilangd reads its trust anew on "
          "SIGHUP.\n",
          out);
}

int cli_trust(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 ||
        strcmp(argv[1], "-h") == 0) {
        usage(stdout);
        return CLI_OK;
    }
    for (size_t i = 0; i < ACTS; i++) {
        if (strcmp(argv[1], acts[i].act) == 0) {
            char name[64];
            (void)snprintf(name, sizeof name, "chilang trust %s", acts[i].act);
            argv[1] = name;
            return acts[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "chilang trust: expected list, add or import, got `%s`\n", argv[1]);
    return CLI_USAGE;
}

struct list_arguments {
    bool json;
    const char *site;
    const char *paths[PATHS_MAX];
    size_t count;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct list_arguments *arguments = state->input;
    switch (key) {
    case 'j':
        arguments->json = true;
        return 0;
    case 'c':
        arguments->site = text;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == PATHS_MAX) {
            argp_error(state, "expected at most %d paths", PATHS_MAX);
        }
        arguments->paths[arguments->count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (arguments->count == 0 && arguments->site == NULL) {
            argp_error(state, "expected the folder, list or certificate to show, or --config "
                              "SITE.yaml");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int cli_trust_list(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"config", 'c', "SITE.yaml", 0, "what that site believes", 0},
        {"json", 'j', NULL, 0, "as JSON", 0},
        {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "[PATH…]",
                                     "Show the keys of folders, trust lists and certificates: what "
                                     "a site with `credentials.trust: PATH` believes.",
                                     NULL,
                                     NULL,
                                     NULL};
    struct list_arguments arguments = {.json = false};
    argp_err_exit_status = CLI_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    struct chl_trust *trust = NULL;
    char why[1024] = "out of memory";
    struct trust_skips skips = {.count = 0};
    chl_err error = chl_trust_new(&trust);
    if (error == CHL_OK) {
        trust_show_skips(trust, &skips, argv[0]);
    }
    if (error == CHL_OK && arguments.site != NULL) {
        error = trust_add_site(trust, arguments.site, why, sizeof why);
    }
    for (size_t i = 0; error == CHL_OK && i < arguments.count; i++) {
        error = chl_trust_add_path(trust, arguments.paths[i], why, sizeof why);
    }
    trust_end_skips(&skips);
    if (error == CHL_OK) {
        trust_print(trust, arguments.json);
    } else {
        fprintf(stderr, "%s: %s\n", argv[0], why);
    }
    chl_trust_free(trust);
    return error == CHL_OK ? CLI_OK : CLI_FAILED;
}
