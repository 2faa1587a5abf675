/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang keygen curve`: key pairs for the event stream, in ZPL certificate files.
 */
#include "cli/keygen_curve.h"

#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "cli/cli.h"
#include "cli/keygen_folder.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/stream/certificate.h"

enum {
    KEY_OUT = 'o',
    KEY_NAME = 'n',
    KEY_GRANT = 'g',
    KEY_CLASSES = 'c',
    KEY_UNTIL = 'u',
    KEY_QUIET = 'q'
};

struct arguments {
    const char *out, *name, *grant;
    bool quiet;
    struct chl_certificate key;
};

static const struct argp_option argp_options[] = {
    {"out", KEY_OUT, "PATH", 0,
     "write PATH.key (secret, mode 0600) and PATH.pub; in a folder (made when PATH ends in /) they "
     "are called by --name",
     0},
    {"name", KEY_NAME, "NAME", 0,
     "the principal's name (default: the last part of PATH; in a folder `curve`)", 0},
    {"grant", KEY_GRANT, "KEYS", 0,
     "also put the public key into KEYS/clients/, where a stream looks for it", 0},
    {"classes", KEY_CLASSES, "LIST", 0,
     "classes its owner may read, e.g. flow,limit,health (default: all)", 0},
    {"valid-until", KEY_UNTIL, "TIME", 0, "RFC 3339 time after which the key is refused", 0},
    {"quiet", KEY_QUIET, NULL, 0, "do not list the files made", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_OUT:
        arguments->out = text;
        return 0;
    case KEY_NAME:
        arguments->name = text;
        return 0;
    case KEY_GRANT:
        arguments->grant = text;
        return 0;
    case KEY_CLASSES:
        arguments->key.classes = chl_certificate_classes(text);
        if (arguments->key.classes == 0) {
            argp_error(state, "--classes: expected names like flow,limit,gate, got `%s`", text);
        }
        return 0;
    case KEY_UNTIL:
        if (chl_time_parse(text, strlen(text), &arguments->key.valid_until) != CHL_OK) {
            argp_error(state, "--valid-until: expected a time like 2022-03-01, got `%s`", text);
        }
        return 0;
    case KEY_QUIET:
        arguments->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "expected options only, got `%s`", text);
        return 0;
    case ARGP_KEY_END:
        if (arguments->out == NULL) {
            argp_error(state, "expected --out PATH");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/** Path without suffix, and the name. @return false when they are not usable; says why. */
static bool resolve(struct arguments *arguments, char base[PATH_MAX], const char *program)
{
    size_t length = strlen(arguments->out);
    const bool folder = keygen_is_folder(arguments->out);
    if (folder && arguments->name == NULL) {
        arguments->name = "curve";
    }
    int written = 0;
    if (folder) {
        written = snprintf(base, PATH_MAX, "%s%s%s", arguments->out,
                           arguments->out[length - 1] == '/' ? "" : "/", arguments->name);
    } else {
        if (length > 4 && strcmp(arguments->out + length - 4, ".key") == 0) {
            length -= 4;
        }
        written = snprintf(base, PATH_MAX, "%.*s", (int)length, arguments->out);
    }
    const char *slash = written > 0 && written < PATH_MAX - 8 ? strrchr(base, '/') : NULL;
    const char *last = slash == NULL ? base : slash + 1;
    const char *name = arguments->name != NULL ? arguments->name : last;
    if (written <= 0 || written >= PATH_MAX - 8 || !chl_certificate_name_ok(name)) {
        fprintf(stderr,
                "%s: expected a name of letters, digits, dots, dashes, underscores, got `%s`\n",
                program, name);
        return false;
    }
    return chl_copy(arguments->key.name, sizeof arguments->key.name, name);
}

static void tell(const struct arguments *arguments, chl_err error, const char *path)
{
    if (error == CHL_OK && !arguments->quiet) {
        printf("%s\n", path);
    }
}

static chl_err write_pair(const struct arguments *arguments, const char *base, char *why,
                          size_t why_size)
{
    char path[PATH_MAX + 96];
    keygen_make_folders(base);
    (void)snprintf(path, sizeof path, "%s.key", base);
    chl_err error = chl_certificate_write(path, true, &arguments->key, why, why_size);
    tell(arguments, error, path);
    if (error == CHL_OK) {
        (void)snprintf(path, sizeof path, "%s.pub", base);
        error = chl_certificate_write(path, false, &arguments->key, why, why_size);
        tell(arguments, error, path);
    }
    if (error == CHL_OK && arguments->grant != NULL) {
        const int length =
            snprintf(path, sizeof path, "%s/clients/%s.pub", arguments->grant, arguments->key.name);
        if (length < 0 || (size_t)length >= sizeof path) {
            (void)snprintf(why, why_size, "--grant: the path is too long");
            return CHL_E_LIMIT;
        }
        keygen_make_folders(path);
        error = chl_certificate_write(path, false, &arguments->key, why, why_size);
        tell(arguments, error, path);
    }
    return error;
}

int cli_keygen_curve(int argc, char **argv)
{
    static const struct argp argp = {.options = argp_options,
                                     .parser = parse,
                                     .doc = "Make a CURVE key pair for the event stream. A "
                                            "server's key is KEYS/server.key; a reader "
                                            "is let in when its .pub file lies in KEYS/clients/."};
    struct arguments arguments = {
        .key = {.classes = CHL_STREAM_ALL_CLASSES, .valid_until = INT64_MAX}};
    char base[PATH_MAX] = "";
    char why[512] = "";
    argp_err_exit_status = CLI_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0 ||
        !resolve(&arguments, base, argv[0])) {
        return CLI_USAGE;
    }
    if (zmq_curve_keypair(arguments.key.public_key, arguments.key.secret_key) != 0) {
        fprintf(stderr, "%s: libzmq makes no CURVE keys here\n", argv[0]);
        return CLI_FAILED;
    }
    const chl_err error = write_pair(&arguments, base, why, sizeof why);
    chl_certificate_wipe(&arguments.key);
    if (error != CHL_OK) {
        fprintf(stderr, "%s: %s\n", argv[0], why);
        return CLI_FAILED;
    }
    return CLI_OK;
}
