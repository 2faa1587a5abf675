/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang trust add` and `import`: change whom a site believes, whole or not at all.
 */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/trust.h"
#include "cli/trust_folder.h"
#include "lib/base/time.h"

enum { PATHS_MAX = 256, WHY_MAX = 1024, DAY_S = 86400 };
enum { OPTION_TO = 't', OPTION_SIGNED_BY = 's', OPTION_PUBLISHED = 'p', OPTION_OLDER = 'o' };

struct arguments {
    const char *name; /* of the command, for messages */
    bool import;
    const char *to, *signed_by;
    int64_t published_s;
    bool older;
    const char *paths[PATHS_MAX];
    size_t count;
};

static void read_time(struct arguments *arguments, const char *text, const struct argp_state *state)
{
    int64_t ns = 0;
    if (chl_time_parse(text, strlen(text), &ns) != CHL_OK || ns <= 0) {
        argp_error(state, "--published: expected a date such as 2022-01-20, got `%s`", text);
    }
    arguments->published_s = ns / CHL_NS_PER_S;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_TO:
        arguments->to = text;
        return 0;
    case OPTION_SIGNED_BY:
        arguments->signed_by = text;
        return 0;
    case OPTION_PUBLISHED:
        read_time(arguments, text, state);
        return 0;
    case OPTION_OLDER:
        arguments->older = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == PATHS_MAX) {
            argp_error(state, "expected at most %d paths", PATHS_MAX);
        }
        arguments->paths[arguments->count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (arguments->count == 0 || arguments->to == NULL) {
            argp_error(state, "expected what to take and --to FOLDER or --to LIST.json");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

/* A store that keeps what it reads. */
static chl_err new_store(struct chl_trust **out)
{
    chl_err error = chl_trust_new(out);
    if (error == CHL_OK) {
        chl_trust_keep_der(*out);
    }
    return error;
}

static chl_err read_bytes(const char *path, uint8_t **out, size_t *length)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *bytes = malloc(CHL_TRUST_FILE_MAX);
    *out = bytes;
    *length = file == NULL || bytes == NULL ? 0 : fread(bytes, 1, CHL_TRUST_FILE_MAX, file);
    bool good = file != NULL && bytes != NULL && ferror(file) == 0;
    if (file != NULL) {
        (void)fclose(file);
    }
    return good ? CHL_OK : CHL_E_IO;
}

/* A list that somebody else could have made is not taken for the backend's. */
static chl_err check_signature(const struct arguments *arguments, const char *path, char *why)
{
    struct chl_trust *signer = NULL;
    uint8_t *bytes = NULL;
    size_t length = 0;
    chl_err error = chl_trust_new(&signer);
    if (error == CHL_OK) {
        error = chl_trust_add_path(signer, arguments->signed_by, why, WHY_MAX);
    }
    if (error == CHL_OK && chl_trust_count(signer) != 1) {
        (void)snprintf(why, WHY_MAX, "--signed-by: expected one public key, got %zu",
                       chl_trust_count(signer));
        error = CHL_E_INVAL;
    }
    if (error == CHL_OK && read_bytes(path, &bytes, &length) != CHL_OK) {
        (void)snprintf(why, WHY_MAX, "%s: cannot be read as one file", path);
        error = CHL_E_IO;
    } else if (error == CHL_OK) {
        error = chl_trust_list_signed((struct chl_bytes){bytes, length}, signer);
        if (error != CHL_OK) {
            (void)snprintf(why, WHY_MAX,
                           "%s: expected a list signed by %s, got %s; nothing was taken", path,
                           arguments->signed_by,
                           error == CHL_E_NOTFOUND ? "no signature line before it"
                                                   : "one that this key did not sign");
        }
    }
    free(bytes);
    chl_trust_free(signer);
    return error;
}

static chl_err read_sources(const struct arguments *arguments, struct chl_trust *trust, char *why)
{
    chl_err error = CHL_OK;
    for (size_t i = 0; error == CHL_OK && i < arguments->count; i++) {
        if (arguments->signed_by != NULL) {
            error = check_signature(arguments, arguments->paths[i], why);
        }
        if (error == CHL_OK) {
            error = chl_trust_add_path(trust, arguments->paths[i], why, WHY_MAX);
        }
    }
    return error;
}

static size_t missing_from(const struct chl_trust *these, const struct chl_trust *there)
{
    size_t missing = 0;
    for (size_t i = 0; i < chl_trust_count(these); i++) {
        const struct chl_trust_key *first = NULL;
        struct chl_bytes kid = {chl_trust_at(these, i)->kid, CHL_KID_SIZE};
        missing += chl_trust_find(there, kid, &first) == 0 ? 1 : 0;
    }
    return missing;
}

static void tell_day(int64_t seconds, char out[11])
{
    char time[CHL_RFC3339_SIZE];
    chl_time_format(seconds * CHL_NS_PER_S, time);
    (void)snprintf(out, 11, "%.10s", time);
}

/* Going back to an older list would believe again whom the newer one withdrew. */
static chl_err check_age(const struct arguments *arguments, const struct chl_trust *former,
                         int64_t updated_s, char *why)
{
    int64_t former_s = chl_trust_updated(former);
    char is[11], was[11];
    tell_day(updated_s, is);
    tell_day(former_s, was);
    if (updated_s > chl_wall_ns() / CHL_NS_PER_S + DAY_S) {
        (void)snprintf(why, WHY_MAX,
                       "expected a list of today or before, got one of %s; check the machine's "
                       "clock, or say --published DATE",
                       is);
        return CHL_E_INVAL;
    }
    if (updated_s < former_s && !arguments->older) {
        (void)snprintf(why, WHY_MAX,
                       "expected a list newer than that of %s, got one of %s; --older takes it "
                       "all the same",
                       was, is);
        return CHL_E_INVAL;
    }
    return CHL_OK;
}

static chl_err write_list(const struct arguments *arguments, struct chl_trust *trust, char *why)
{
    char path[PATH_MAX];
    struct chl_trust *former = NULL;
    (void)snprintf(path, sizeof path, "%s%s", arguments->to,
                   is_folder(arguments->to) ? "/trust-list.json" : "");
    int64_t updated_s =
        arguments->published_s != 0 ? arguments->published_s : chl_trust_updated(trust);
    chl_err error = new_store(&former);
    if (error == CHL_OK && exists(path)) {
        error = chl_trust_add_path(former, path, why, WHY_MAX);
        if (arguments->import && error == CHL_E_CONFIG) {
            fprintf(stderr, "%s: %s; it is replaced\n", arguments->name, why);
            error = CHL_OK;
        }
    }
    size_t before = error == CHL_OK ? chl_trust_count(former) : 0;
    if (error == CHL_OK && arguments->import) {
        error = check_age(arguments, former, updated_s, why);
    } else if (error == CHL_OK && before > 0) {
        /* What is added makes the rest no younger. */
        updated_s = chl_trust_updated(former);
        error = chl_trust_add_path(trust, path, why, WHY_MAX);
    }
    if (error == CHL_OK) {
        error = chl_trust_write_list(trust, updated_s, arguments->paths[0], path, why, WHY_MAX);
    }
    if (error == CHL_OK) {
        char day[11];
        tell_day(updated_s, day);
        printf("%s: %zu key%s, current on %s: %zu new, %zu withdrawn, %zu skipped\n", path,
               chl_trust_count(trust), chl_trust_count(trust) == 1 ? "" : "s", day,
               missing_from(trust, former), missing_from(former, trust), chl_trust_skipped(trust));
    }
    chl_trust_free(former);
    return error;
}

static int change(int argc, char **argv, const struct argp *argp, bool import)
{
    struct arguments arguments = {.name = argv[0], .import = import};
    argp_err_exit_status = CLI_USAGE;
    (void)argp_parse(argp, argc, argv, 0, NULL, &arguments);
    struct chl_trust *trust = NULL;
    char why[WHY_MAX] = "out of memory";
    chl_err error = new_store(&trust);
    struct trust_skips skips = {.count = 0};
    if (error == CHL_OK) {
        trust_show_skips(trust, &skips, argv[0]);
        error = read_sources(&arguments, trust, why);
        trust_end_skips(&skips);
        chl_trust_on_skip(trust, NULL, NULL);
    }
    if (error == CHL_OK) {
        error = !import && is_folder(arguments.to)
                    ? trust_write_folder(trust, arguments.to, why, sizeof why)
                    : write_list(&arguments, trust, why);
    }
    if (error == CHL_OK) {
        if (import && arguments.signed_by == NULL) {
            puts("No signature was checked: --signed-by KEY.pem does, where the list has one.");
        }
        puts("A running chilangd takes it on SIGHUP.");
    } else {
        fprintf(stderr, "%s: %s\n", arguments.name, why);
    }
    chl_trust_free(trust);
    return error == CHL_OK ? CLI_OK : CLI_FAILED;
}

int cli_trust_add(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"to", OPTION_TO, "PATH", 0, "the site's trust folder, or a list (LIST.json)", 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "FILE…",
        "Put certificates (PEM, DER) and public keys of issuers beside those that are there. A "
        "bare public key vouches for declarations and goes into a folder only.",
        NULL,
        NULL,
        NULL};
    return change(argc, argv, &argp, false);
}

int cli_trust_import(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"to", OPTION_TO, "PATH", 0,
         "the list to replace (LIST.json), or a folder: trust-list.json in it", 0},
        {"signed-by", OPTION_SIGNED_BY, "KEY.pem", 0,
         "take it only with a signature line that this public key made", 0},
        {"published", OPTION_PUBLISHED, "DATE", 0,
         "when the list was current; else as it says itself, else the age of its file", 0},
        {"older", OPTION_OLDER, NULL, 0, "take a list older than the one that is there", 0},
        {0}};
    static const struct argp argp = {
        options,
        parse,
        "LIST…",
        "Put a new list in the place of the former one: JSON as the national backends of the DCC "
        "gateway give it, PEM bundles, folders of certificates. What cannot be read is skipped "
        "and counted; the change is whole or does not happen.",
        NULL,
        NULL,
        NULL};
    return change(argc, argv, &argp, true);
}
