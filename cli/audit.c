/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang audit`: a person taps each passer for some minutes beside a gate's counter.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/audit_view.h"
#include "cli/cli.h"
#include "cli/door.h"
#include "cli/lane_term.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

enum {
    KEY_WHO = 'w',
    KEY_MINUTES = 'm',
    KEY_YES = 'y',
    USUAL_S = 180,
    PASSERS_LEAST = 20,
    DRAW_MS = 250,
    LOOK_MS = 500, /* between two looks at the counter of somebody who is still passing */
    SETTLE_MS = 8000,
    KEYS_MAX = 64
};
#define MINUTES_MAX 120.0

struct options {
    struct door door;
    const char *gate, *who;
    double minutes;
    bool chosen; /**< how long, by the person */
    bool yes;
};

/** A gate's own counts, and whether it answers. */
struct counted {
    uint64_t in, out;
    bool answers;
};

/** One audit under way. */
struct audit {
    const struct options *options;
    const char *program;
    struct audit_taps taps;
    int64_t begin_ns, end_ns;
    bool screen, over; /**< on a terminal; no more taps come */
    bool left;         /**< ended by the person */
};

static const struct argp_option rows[] = {
    {"who", KEY_WHO, "NAME", 0, "who taps", 0},
    {"minutes", KEY_MINUTES, "N", 0, "for how long (3); q then ends it when you choose", 0},
    {"yes", KEY_YES, NULL, 0, "keep it although fewer than 20 people passed", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    char *end = NULL;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->door;
        return 0;
    case KEY_WHO:
        options->who = argument;
        return 0;
    case KEY_YES:
        options->yes = true;
        return 0;
    case KEY_MINUTES:
        options->chosen = true;
        options->minutes = strtod(argument, &end);
        if (end == argument || *end != '\0' || !isfinite(options->minutes) ||
            options->minutes < 1.0 / 60 || options->minutes > MINUTES_MAX) {
            argp_error(state, "expected minutes up to %d, got `%.32s`", (int)MINUTES_MAX, argument);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (options->gate != NULL) {
            argp_error(state, "expected one gate, got `%.48s` as well", argument);
        }
        options->gate = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool read_gate(const json_t *answer, const char *id, struct counted *out, long long *bias)
{
    const json_t *gates = json_object_get(json_object_get(answer, "status"), "gates");
    for (size_t i = 0; i < json_array_size(gates); i++) {
        const json_t *gate = json_array_get(gates, i);
        const char *name = json_string_value(json_object_get(gate, "id"));
        const char *state = json_string_value(json_object_get(gate, "state"));
        if (name != NULL && strcmp(name, id) == 0) {
            out->in = (uint64_t)json_integer_value(json_object_get(gate, "entries"));
            out->out = (uint64_t)json_integer_value(json_object_get(gate, "exits"));
            out->answers = state != NULL && strcmp(state, "OK") == 0;
            *bias = (long long)json_integer_value(json_object_get(gate, "bias"));
            return true;
        }
    }
    return false;
}

/** What the gate has counted by now. */
static int look(const struct audit *audit, struct counted *out, long long *bias)
{
    struct control_request request = {.op = CONTROL_STATUS};
    json_t *answer = NULL;
    int code = door_ask(&audit->options->door, audit->program, &request, &answer);
    if (code == CLI_OK && !read_gate(answer, audit->options->gate, out, bias)) {
        (void)fprintf(stderr,
                      "%s: expected a gate of the site, got `%.48s`; `chilang status` "
                      "lists them\n",
                      audit->program, audit->options->gate);
        code = CLI_FAILED;
    }
    json_decref(answer);
    return code;
}

static void read_keys(struct audit *audit)
{
    unsigned char keys[KEYS_MAX];
    ssize_t got = read(STDIN_FILENO, keys, sizeof keys);
    /* A pipe that ends has no more taps; its time goes on. A terminal that ends is gone. */
    audit->over = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
    audit->left = audit->left || (audit->over && audit->screen);
    for (ssize_t i = 0; i < got && !audit->left; i++) {
        audit->left = audit_tap(&audit->taps, keys[i]) == AUDIT_END;
    }
}

/** Taps until the time is over or the person ends it. @return false: given up. */
static bool tap(struct audit *audit)
{
    int64_t left_ms = 0;
    while (!audit->left && (left_ms = (audit->end_ns - chl_mono_ns()) / CHL_NS_PER_MS) > 0) {
        struct pollfd keys = {.fd = audit->over ? -1 : STDIN_FILENO, .events = POLLIN};
        int wait_ms = left_ms < DRAW_MS ? (int)left_ms : DRAW_MS;
        if (audit->screen) {
            audit_draw(stdout, audit->options->gate, &audit->taps, left_ms);
        }
        int ready = audit->screen ? term_wait(&keys, 1, wait_ms) : poll(&keys, 1, wait_ms);
        if (audit->screen && term_is_ending()) {
            return false;
        }
        if (ready > 0) {
            read_keys(audit);
        }
    }
    return true;
}

static uint32_t since(uint64_t now, uint64_t before)
{
    uint64_t n = now > before ? now - before : 0;
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

/* Who was tapped may still be passing; who comes now was not tapped and is not waited for. */
static uint32_t settled(uint32_t at_end, uint32_t later, uint32_t tapped)
{
    uint32_t of_them = later < tapped ? later : tapped;
    return at_end > of_them ? at_end : of_them;
}

/** What the gate counted in the same time. */
static int compare(const struct audit *audit, const struct counted *before,
                   struct audit_result *result, bool *answers)
{
    struct counted now = {0};
    long long bias = 0;
    int64_t until_ns = chl_mono_ns() + SETTLE_MS * CHL_NS_PER_MS;
    int code = look(audit, &now, &bias);
    uint32_t in = since(now.in, before->in);
    uint32_t out = since(now.out, before->out);
    *answers = now.answers;
    *result = (struct audit_result){.seconds = result->seconds,
                                    .tapped_in = audit->taps.in,
                                    .tapped_out = audit->taps.out,
                                    .counted_in = in,
                                    .counted_out = out};
    while (code == CLI_OK && chl_mono_ns() < until_ns &&
           (result->counted_in < result->tapped_in || result->counted_out < result->tapped_out)) {
        (void)poll(NULL, 0, LOOK_MS);
        code = look(audit, &now, &bias);
        *answers = *answers && now.answers;
        result->counted_in = settled(in, since(now.in, before->in), result->tapped_in);
        result->counted_out = settled(out, since(now.out, before->out), result->tapped_out);
    }
    return code;
}

static int keep(const struct audit *audit, const struct audit_result *result)
{
    struct control_request request = {.op = CONTROL_AUDIT};
    struct counted now = {0};
    long long bias = 0;
    json_t *answer = NULL;
    (void)chl_copy(request.gate, sizeof request.gate, audit->options->gate);
    (void)chl_copy(request.who, sizeof request.who, audit->options->who);
    request.audit = (struct control_audit){.seconds = result->seconds,
                                           .tapped_in = result->tapped_in,
                                           .tapped_out = result->tapped_out,
                                           .counted_in = result->counted_in,
                                           .counted_out = result->counted_out,
                                           .few = audit->options->yes};
    int code = door_ask(&audit->options->door, audit->program, &request, &answer);
    json_decref(answer);
    code = code == CLI_OK ? look(audit, &now, &bias) : code;
    if (code == CLI_OK) {
        audit_print_bias(stdout, audit->options->gate, bias);
    }
    return code;
}

static int refuse(audit_say why)
{
    (void)printf("%s\n", audit_text(why));
    return CLI_FAILED;
}

static int conclude(struct audit *audit, const struct counted *before)
{
    int64_t lasted_ns = chl_mono_ns() - audit->begin_ns;
    struct audit_result result = {.seconds =
                                      (uint32_t)((lasted_ns + CHL_NS_PER_S / 2) / CHL_NS_PER_S)};
    result.seconds = result.seconds > 0 ? result.seconds : 1;
    bool answers = true;
    if (audit->left && !audit->options->chosen && lasted_ns < USUAL_S * CHL_NS_PER_S) {
        return refuse(AUDIT_SAY_SHORT);
    }
    int code = compare(audit, before, &result, &answers);
    if (code != CLI_OK) {
        return code;
    }
    audit_print(stdout, audit->options->gate, &result);
    if (!answers) {
        return refuse(AUDIT_SAY_SILENT);
    }
    if (result.tapped_in + result.tapped_out < PASSERS_LEAST && !audit->options->yes) {
        return refuse(AUDIT_SAY_FEW);
    }
    return keep(audit, &result);
}

static int run(struct audit *audit)
{
    struct counted before = {0};
    long long bias = 0;
    int code = look(audit, &before, &bias);
    if (code == CLI_OK && !before.answers) {
        return refuse(AUDIT_SAY_SILENT);
    }
    if (code != CLI_OK) {
        return code;
    }
    (void)printf("%s\n", audit_text(AUDIT_SAY_BEGIN));
    (void)fflush(stdout);
    audit->begin_ns = chl_mono_ns();
    audit->end_ns =
        audit->begin_ns + (int64_t)(audit->options->minutes * 60 * (double)CHL_NS_PER_S);
    audit->screen = term_take();
    bool tapped = tap(audit);
    if (audit->screen && tapped) {
        audit_draw(stdout, audit->options->gate, &audit->taps, 0);
    }
    term_give();
    return tapped ? conclude(audit, &before) : refuse(AUDIT_SAY_STOPPED);
}

int cli_audit(int argc, char **argv)
{
    static const struct argp_child children[] = {{&door_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .args_doc = "GATE",
        .doc = "Stand at a gate and tap a key for each passer (i or blank: in, o: out, backspace: "
               "undo, q: end). What the gate counted in the same time shows how far its counter is "
               "off; that bias is recorded and widens the error bar of the zones behind it.",
        .children = children};
    struct options options = {.minutes = 3.0};
    struct audit audit = {.options = &options, .program = argv[0]};
    argp_err_exit_status = CLI_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0) {
        return CLI_USAGE;
    }
    if (options.gate == NULL || strlen(options.gate) >= CHL_CONTROL_NAME_MAX ||
        options.who == NULL || options.who[0] == '\0' ||
        strlen(options.who) >= CHL_CONTROL_WHO_MAX) {
        (void)fprintf(stderr, "%s: expected a gate and --who of at most %d bytes; `%s --help`\n",
                      argv[0], CHL_CONTROL_WHO_MAX - 1, argv[0]);
        return CLI_USAGE;
    }
    return run(&audit);
}
