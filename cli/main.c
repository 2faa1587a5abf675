/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang`: finds the subcommand and hands over.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *full_name; /* for the subcommand's own messages */
    const char *help;
};

static const struct command commands[] = {
#define CLI_ROW(name, help) {#name, cli_##name, "chilang " #name, help},
    CLI_COMMANDS(CLI_ROW)
#undef CLI_ROW
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void usage(FILE *out)
{
    fputs("Usage: chilang COMMAND [OPTION…]\n\n", out);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].help);
    }
    fputs("\n`chilang COMMAND --help` tells more; `chilang --version` prints the version.\n", out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 ||
        strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--usage") == 0) {
        usage(stdout);
        return CLI_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts("chilang " CHL_VERSION);
        return CLI_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            char name[64];
            (void)snprintf(name, sizeof name, "%s", commands[i].full_name);
            argv[1] = name;
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "chilang: expected a command, got `%s`; `chilang --help` lists them\n",
            argv[1]);
    return CLI_USAGE;
}
