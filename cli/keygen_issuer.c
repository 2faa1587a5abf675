/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang keygen issuer`: a key pair that signs health declarations.
 */
#include "cli/keygen_issuer.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/cli.h"
#include "cli/keygen_folder.h"
#include "lib/base/text.h"
#include "lib/cose/issue.h"

enum { KEY_OUT = 'o', KEY_ALGORITHM = 'a' };

struct arguments {
    const char *out;
    int alg;
};

static const struct argp_option argp_options[] = {
    {"out", KEY_OUT, "PATH", 0,
     "a folder (made when it ends in /): issuer.key.pem and issuer.pub.pem in it; or a file: the "
     "private key, with the public one beside it as .pub.pem",
     0},
    {"algorithm", KEY_ALGORITHM, "NAME", 0,
     "es256 (P-256, the default: what other verifiers read too) or ed25519", 0},
    {0},
};

static bool parse_algorithm(const char *text, int *out)
{
    static const struct {
        const char *name;
        int alg;
    } known[] = {{"es256", CHL_ALG_ES256},
                 {"p-256", CHL_ALG_ES256},
                 {"ed25519", CHL_ALG_EDDSA},
                 {"eddsa", CHL_ALG_EDDSA}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(text, known[i].name) == 0) {
            *out = known[i].alg;
            return true;
        }
    }
    return false;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_OUT:
        arguments->out = text;
        return 0;
    case KEY_ALGORITHM:
        if (!parse_algorithm(text, &arguments->alg)) {
            argp_error(state, "--algorithm: expected es256 or ed25519, got `%s`", text);
        }
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "expected no argument, got `%s`", text);
        return EINVAL;
    case ARGP_KEY_END:
        if (arguments->out == NULL) {
            argp_error(state, "expected --out PATH");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/** Names of both files. @return false when a name is too long. */
static bool choose_names(const char *out, char private_path[PATH_MAX], char public_path[PATH_MAX])
{
    static const char suffix[] = ".pem";
    size_t length = strlen(out);
    int private_length = 0;
    int public_length = 0;
    keygen_make_folders(out);
    if (keygen_is_folder(out)) {
        const char *slash = out[length - 1] == '/' ? "" : "/";
        private_length = snprintf(private_path, PATH_MAX, "%s%sissuer.key.pem", out, slash);
        public_length = snprintf(public_path, PATH_MAX, "%s%sissuer.pub.pem", out, slash);
    } else {
        size_t stem = length;
        if (length > sizeof suffix && strcmp(out + length - (sizeof suffix - 1), suffix) == 0) {
            stem -= sizeof suffix - 1;
        }
        private_length = snprintf(private_path, PATH_MAX, "%s", out);
        public_length = snprintf(public_path, PATH_MAX, "%.*s.pub.pem", (int)stem, out);
    }
    if (private_length >= PATH_MAX || public_length >= PATH_MAX) {
        fprintf(stderr, "chilang keygen: --out: expected a shorter path\n");
        return false;
    }
    return true;
}

int cli_keygen_issuer(int argc, char **argv)
{
    static const struct argp argp = {
        argp_options,
        parse,
        NULL,
        "Make a key pair for `chilang declare`. The public key goes into the trust folder of "
        "every site that shall believe its declarations; the private one stays with the issuer.",
        NULL,
        NULL,
        NULL};
    struct arguments arguments = {.alg = CHL_ALG_ES256};
    argp_err_exit_status = CLI_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &arguments);

    char private_path[PATH_MAX];
    char public_path[PATH_MAX];
    char why[PATH_MAX + 256] = "";
    struct chl_issuer *issuer = NULL;
    if (!choose_names(arguments.out, private_path, public_path)) {
        return CLI_FAILED;
    }
    chl_err err = chl_issuer_keygen_for(arguments.alg, private_path, public_path, why, sizeof why);
    if (err == CHL_OK) {
        err = chl_issuer_load(private_path, &issuer, why, sizeof why);
    }
    if (err != CHL_OK) {
        fprintf(stderr, "chilang keygen: %s\n", why);
        return CLI_FAILED;
    }
    char kid[2 * CHL_KID_SIZE + 1];
    chl_hex(chl_issuer_kid(issuer), CHL_KID_SIZE, kid);
    chl_issuer_free(issuer);
    printf(
        "private key: %s (keep it secret)\npublic key:  %s (for trust folders)\nkey id:      %s\n",
        private_path, public_path, kid);
    return CLI_OK;
}
