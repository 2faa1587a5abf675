/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang keygen`: chooses by the kind of key that is wanted.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/keygen_curve.h"
#include "cli/keygen_issuer.h"

static const struct {
    const char *kind;
    int (*run)(int argc, char **argv);
    const char *help;
} kinds[] = {
    {"issuer", cli_keygen_issuer, "a pair that signs health declarations (P-256 or Ed25519)"},
    {"declaration", cli_keygen_issuer, "the same"},
    {"curve", cli_keygen_curve, "a CURVE pair for the event stream"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static void usage(FILE *out)
{
    fputs("Usage: chilang keygen KIND [OPTION…]\n\n", out);
    for (size_t i = 0; i < KINDS; i++) {
        fprintf(out, "  %-12s %s\n", kinds[i].kind, kinds[i].help);
    }
    fputs("\n`chilang keygen KIND --help` tells more. Secrets are written, never printed.\n", out);
}

int cli_keygen(int argc, char **argv)
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
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(argv[1], kinds[i].kind) == 0) {
            char name[64];
            (void)snprintf(name, sizeof name, "chilang keygen %s", kinds[i].kind);
            argv[1] = name;
            return kinds[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr,
            "chilang keygen: expected a kind of key, got `%s`; `chilang keygen --help` lists "
            "them\n",
            argv[1]);
    return CLI_USAGE;
}
