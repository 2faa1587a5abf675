/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang verify`: inspect codes with the plugins of the checkpoint and say what they
 * found.
 */
#include "cli/verify.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/cose/refusals.h"
#include "lib/qr/reader.h"

struct options {
    const char *trust[VERIFY_PATHS_MAX];
    size_t trust_count;
    int64_t now_ns;
    bool json, images;
    char **inputs;
    size_t input_count;
};

enum { KEY_TRUST = 't', KEY_AT = 'a', KEY_JSON = 'j', KEY_IMAGE = 'i' };

static const struct argp_option rows[] = {
    {"trust", KEY_TRUST, "PATH", 0,
     "believe this: a PEM or DER certificate, a PEM public key, a folder of them, or a JSON trust "
     "list; may be given several times",
     0},
    {"at", KEY_AT, "RFC3339", 0, "judge validity at this time instead of now", 0},
    {"json", KEY_JSON, NULL, 0, "print one JSON object a code", 0},
    {"image", KEY_IMAGE, NULL, 0, "the arguments are pictures (PNG, JPEG, PGM), not codes", 0},
    {0},
};

/* A time without a zone is taken as UTC. */
static chl_err parse_time(const char *text, int64_t *out)
{
    char with_zone[64];
    size_t length = strlen(text);
    if (chl_time_parse(text, length, out) == CHL_OK) {
        return CHL_OK;
    }
    if (length + 2 > sizeof with_zone) {
        return CHL_E_INVAL;
    }
    (void)snprintf(with_zone, sizeof with_zone, "%sZ", text);
    return chl_time_parse(with_zone, length + 1, out);
}

/* NOLINTBEGIN(concurrency-mt-unsafe): the tool has one thread */
static void check_inputs(const struct options *options, struct argp_state *state)
{
    if (options->input_count == 0) {
        argp_error(state, "expected a code, `-` for codes from standard input, or --image FILE…");
    } else if (!options->images && options->input_count > 1) {
        argp_error(state,
                   "expected one code, got %zu; quote a code that has spaces, or give one a "
                   "line with `-`",
                   options->input_count);
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_TRUST:
        if (options->trust_count == VERIFY_PATHS_MAX) {
            argp_error(state, "expected at most %d --trust, got more", VERIFY_PATHS_MAX);
        }
        options->trust[options->trust_count++] = argument;
        return 0;
    case KEY_AT:
        if (parse_time(argument, &options->now_ns) != CHL_OK) {
            argp_error(state, "--at: expected a time such as 2022-02-01T08:00:00Z, got `%s`",
                       argument);
        }
        return 0;
    case KEY_JSON:
        options->json = true;
        return 0;
    case KEY_IMAGE:
        options->images = true;
        return 0;
    case ARGP_KEY_ARGS:
        options->inputs = state->argv + state->next;
        options->input_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        check_inputs(options, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* NOLINTEND(concurrency-mt-unsafe) */

/* One run: what it asks with, and whether every answer so far was good. */
struct run {
    const struct options *options;
    struct verify_plugins *plugins;
    size_t codes;
    bool all_good, printed;
};

static void report(struct run *run, const struct chl_inspection *found,
                   const struct chl_declaration *form, const char *source)
{
    run->codes++;
    run->all_good = run->all_good && found->outcome == CHL_CLAIMED;
    if (run->options->json) {
        verify_print_json(found, form, source);
    } else {
        verify_print_text(found, form, source);
    }
    /* Who gives codes through a pipe waits for each answer. */
    run->printed = fflush(stdout) == 0 && run->printed;
}

static void inspect(struct run *run, const uint8_t *bytes, size_t length, const char *source)
{
    struct chl_inspection found;
    verify_plugins_inspect(run->plugins, bytes, length, run->options->now_ns, &found);
    static struct chl_declaration form;
    bool whole = found.outcome == CHL_CLAIMED && found.format == CHL_FORMAT_DECLARATION &&
                 verify_plugins_form(run->plugins, bytes, length, &form);
    report(run, &found, whole ? &form : NULL, source);
}

/* Read one line of at most a code's length; what is beyond is counted but not kept. */
static bool read_line(FILE *in, uint8_t *line, size_t room, size_t *length)
{
    int c = 0;
    *length = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the tool has one thread */
    while ((c = getc_unlocked(in)) != EOF && c != '\n') {
        if (*length < room) {
            line[*length] = (uint8_t)c;
        }
        *length += *length <= room ? 1 : 0;
    }
    return c != EOF || *length > 0;
}

static void inspect_lines(struct run *run)
{
    uint8_t line[CHL_CODE_MAX + 1];
    size_t length = 0;
    while (read_line(stdin, line, sizeof line, &length)) {
        if (length > 0 && line[(length < sizeof line ? length : sizeof line) - 1] == '\r') {
            length--;
        }
        if (length > 0) {
            inspect(run, line, length < sizeof line ? length : sizeof line, NULL);
        }
    }
}

static void inspect_picture(struct run *run, struct chl_qr_reader *reader, struct chl_qr_code *code,
                            const char *path)
{
    chl_err error = chl_qr_read_file(reader, path, code);
    if (error == CHL_OK) {
        inspect(run, code->bytes, code->length, path);
        if (code->count > 1) {
            fprintf(stderr, "chilang verify: %s: expected one code, got %zu; the first was taken\n",
                    path, code->count);
        }
        return;
    }
    struct chl_inspection found = {.size = sizeof found};
    found.claims.size = (uint32_t)sizeof found.claims;
    chl_refuse(&found, CHL_REFUSAL_picture_unreadable);
    report(run, &found, NULL, path);
    if (error != CHL_E_NOTFOUND) {
        fprintf(stderr, "chilang verify: %s: expected a PNG, JPEG or PGM picture with a code: %s\n",
                path, access(path, R_OK) == 0 ? chl_strerror(error) : strerrordesc_np(errno));
    }
}

static void inspect_pictures(struct run *run)
{
    struct chl_qr_reader *reader = NULL;
    struct chl_qr_code *code = malloc(sizeof *code);
    if (code != NULL && chl_qr_reader_new(&reader) == CHL_OK) {
        for (size_t i = 0; i < run->options->input_count; i++) {
            inspect_picture(run, reader, code, run->options->inputs[i]);
        }
    }
    chl_qr_reader_free(reader);
    free(code);
}

static void inspect_all(struct run *run)
{
    const char *input = run->options->inputs[0];
    if (run->options->images) {
        inspect_pictures(run);
    } else if (strcmp(input, "-") == 0) {
        inspect_lines(run);
    } else {
        inspect(run, (const uint8_t *)input, strlen(input), NULL);
    }
}

int cli_verify(int argc, char **argv)
{
    static const struct argp parser = {rows,
                                       parse,
                                       "CODE\n-\n--image FILE…",
                                       "Inspect a code, codes from standard input (one a line), or "
                                       "pictures of codes, with the same "
                                       "plugins as the checkpoint.\vExit status: 0 every code is "
                                       "valid or a claim, 1 one is not, 2 "
                                       "the command line is wrong.",
                                       NULL,
                                       NULL,
                                       NULL};
    struct options options = {.now_ns = chl_wall_ns()};
    argp_err_exit_status = CLI_USAGE;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    if (argp_parse(&parser, argc, argv, 0, NULL, &options) != 0) {
        return CLI_USAGE;
    }
    struct run run = {.options = &options, .all_good = true, .printed = true};
    if (verify_plugins_open(options.trust, options.trust_count, &run.plugins) != CHL_OK) {
        return CLI_USAGE;
    }
    inspect_all(&run);
    verify_plugins_close(run.plugins);
    if (run.codes == 0) {
        fputs("chilang verify: expected at least one code, got none\n", stderr);
        return CLI_FAILED;
    }
    if (!run.printed) {
        fputs("chilang verify: expected to print every answer, standard output took none\n",
              stderr);
        return CLI_FAILED;
    }
    return run.all_good ? CLI_OK : CLI_FAILED;
}
