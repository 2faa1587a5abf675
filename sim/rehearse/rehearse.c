/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang-sim rehearse`: its options, and the order of its parts.
 */
#include "sim/rehearse/rehearse.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"
#include "lib/text/lang.h"
#include "sim/rehearse/report.h"

enum {
    KEY_GATES = 256,
    KEY_PASS,
    KEY_SCAN,
    KEY_DWELL,
    KEY_RETRY,
    KEY_SPREAD,
    KEY_NO_SHOW,
    KEY_LOOK,
    KEY_LOOK_TIME,
    KEY_EVEN,
    KEY_DATE,
    KEY_TARGET,
    KEY_QUEUE,
    KEY_SVG,
    KEY_JSON,
    KEY_LANG,
    KEY_DATA
};

static const struct argp_option options[] = {
    {"target", KEY_TARGET, "TIME", 0, "95 of 100 people wait no longer (10 min)", 0},
    {"gates", KEY_GATES, "N[,N…]", 0, "Try so many lanes as well", 0},
    {"pass", KEY_PASS, "TIME", 0, "A person walks through (2.5 s)", 1},
    {"scan", KEY_SCAN, "TIME", 0, "Stepping up, scan and verdict (3 s)", 1},
    {"dwell", KEY_DWELL, "TIME", 0, "How long people stay, where the file does not say (2 h)", 1},
    {"retry", KEY_RETRY, "TIME", 0, "When it is full, the code is shown again after this (30 s)",
     1},
    {"spread", KEY_SPREAD, "PERCENT", 0, "How much those times vary (40)", 1},
    {"no-show", KEY_NO_SHOW, "PERCENT", 0, "Let in, do not walk, come back later (1)", 1},
    {"look", KEY_LOOK, "PERCENT", 0, "A steward must look at them (0)", 1},
    {"look-time", KEY_LOOK_TIME, "TIME", 0, "How long that takes (30 s)", 1},
    {"even", KEY_EVEN, NULL, 0, "Arrivals evenly spaced in their minute, not by chance", 1},
    {"date", KEY_DATE, "YYYY-MM-DD", 0, "Day of the rehearsal, for schedules of lanes (2022-02-01)",
     1},
    {"seed", 's', "N", 0, "Seed of everything random (1)", 1},
    {"queue", KEY_QUEUE, "N", 0, "Count the minutes with more people in line (50)", 2},
    {"svg", KEY_SVG, "FILE", 0, "Draw a plot", 2},
    {"json", KEY_JSON, NULL, 0, "JSON in place of the table", 2},
    {"lang", KEY_LANG, "vi|en", 0, "Language (default: that of the environment)", 2},
    {"data", KEY_DATA, "FOLDER", OPTION_HIDDEN, NULL, 2},
    {0},
};

/** What was asked for. */
struct call {
    struct rehearse_options options;
    const char *site, *file, *svg, *data;
    bool json, english;
};

static unsigned number(struct argp_state *state, const char *text, unsigned long max)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value > max) {
        argp_error(state, "expected a number up to %lu, got '%.40s'", max, text);
    }
    return (unsigned)value;
}

static int64_t span(struct argp_state *state, const char *text, int64_t least_ms, int64_t most_ms)
{
    int64_t ms = 0;
    if (!rehearse_duration(text, &ms) || ms < least_ms || ms > most_ms) {
        argp_error(state,
                   "expected a time such as \"2.5 s\" or \"10 min\", at most %d s, got '%.40s'",
                   (int)(most_ms / 1000), text);
    }
    return ms;
}

/** Thousandths of `2` or `0.5` percent. */
static unsigned thousandths(struct argp_state *state, const char *text)
{
    char *end = NULL;
    errno = 0;
    double value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(value >= 0 && value <= 100)) {
        argp_error(state, "expected a percentage from 0 to 100, got '%.40s'", text);
    }
    return (unsigned)(value * 10 + 0.5);
}

static void take_gates(struct argp_state *state, const char *text, struct rehearse_options *out)
{
    const char *at = text;
    while (*at != '\0') {
        char *end = NULL;
        unsigned long value = strtoul(at, &end, 10);
        bool good = end != at && *at >= '0' && *at <= '9' && value >= 1 &&
                    value <= REHEARSE_LANES_MAX && (*end == ',' || *end == '\0') &&
                    out->try_count < REHEARSE_TRIES_MAX;
        if (!good) {
            argp_error(
                state,
                "expected up to %d numbers of lanes from 1 to %d, such as 4,6,8, got '%.40s'",
                REHEARSE_TRIES_MAX, REHEARSE_LANES_MAX, text);
            return;
        }
        out->tries[out->try_count++] = (unsigned)value;
        at = *end == ',' ? end + 1 : end;
    }
}

/* The end of the century: what comes after it fits no clock of nanoseconds for long. */
#define DATE_MAX_NS (INT64_C(4102444800) * CHL_NS_PER_S)
#define HOUR_MS     (INT64_C(3600) * 1000)

static error_t parse_time(int key, const char *value, struct argp_state *state,
                          struct rehearse_options *out)
{
    switch (key) {
    case KEY_TARGET:
        out->target_ms = span(state, value, 0, 24 * HOUR_MS);
        return 0;
    case KEY_PASS:
        out->pass_ms = span(state, value, 100, HOUR_MS / 12);
        return 0;
    case KEY_SCAN:
        out->scan_ms = span(state, value, 0, HOUR_MS / 4);
        return 0;
    case KEY_DWELL:
        out->dwell_ms = span(state, value, 0, 48 * HOUR_MS);
        return 0;
    case KEY_RETRY:
        out->retry_ms = span(state, value, 1000, HOUR_MS);
        return 0;
    case KEY_LOOK_TIME:
        out->look_ms = span(state, value, 0, HOUR_MS);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_figure(int key, const char *value, struct argp_state *state,
                            struct rehearse_options *out)
{
    switch (key) {
    case KEY_GATES:
        take_gates(state, value, out);
        return 0;
    case KEY_SPREAD:
        out->spread = number(state, value, 100);
        return 0;
    case KEY_NO_SHOW:
        out->no_shows = thousandths(state, value);
        return 0;
    case KEY_LOOK:
        out->looks = thousandths(state, value);
        return 0;
    case KEY_EVEN:
        out->even = true;
        return 0;
    case KEY_DATE:
        if (strlen(value) != 10 || chl_time_parse(value, 10, &out->date_ns) != CHL_OK ||
            out->date_ns < 0 || out->date_ns > DATE_MAX_NS) {
            argp_error(state, "expected a date such as 2022-02-05, got '%.40s'", value);
        }
        return 0;
    case KEY_QUEUE:
        out->long_queue = number(state, value, ARRIVALS_PEOPLE_MAX);
        return 0;
    case 's':
        out->seed = number(state, value, UINT32_MAX);
        return 0;
    default:
        return parse_time(key, value, state, out);
    }
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct call *call = state->input;
    switch (key) {
    case KEY_SVG:
        call->svg = value;
        return 0;
    case KEY_JSON:
        call->json = true;
        return 0;
    case KEY_DATA:
        call->data = value;
        return 0;
    case KEY_LANG:
        if (!lang_parse(value, &call->english)) {
            argp_error(state, "expected vi or en, got '%.40s'", value);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (call->file != NULL) {
            argp_error(state, "expected a site file and a file of arrivals, got '%.40s' as well",
                       value);
        }
        *(call->site == NULL ? &call->site : &call->file) = value;
        return 0;
    case ARGP_KEY_END:
        if (call->file == NULL) {
            argp_error(state, "expected a site file and a file of arrivals a minute");
        }
        return 0;
    default:
        return parse_figure(key, value, state, &call->options);
    }
}

static const struct argp parser = {
    .options = options,
    .parser = parse,
    .args_doc = "SITE.yaml ARRIVALS.csv",
    .doc = "Rehearses a day on the real engine: lines, waits, when it is full, and how many lanes "
           "are needed.\vThe file has a row a minute, or a span of minutes: "
           "`minute,arrivals,where,dwell`, as 08:30,40 or 08:00-09:00,25,khu-hoi,90 min.",
};

/** A rehearsal under way. */
struct rehearsal {
    const struct call *call;
    struct config *config;
    struct site site;
    struct world *world;
    struct arrivals arrivals;
    struct plan plan;
    struct measure measure;
    struct measure_quantiles waits;
    struct needed *needed;
    size_t needed_count;
    char why[REHEARSE_WHY];
};

static int complain(const struct rehearsal *r, int status)
{
    fprintf(stderr, "chilang-sim rehearse: %s\n", r->why);
    return status;
}

static chl_err read_files(struct rehearsal *r)
{
    struct chl_yaml_error error = {.line = 0};
    chl_err result = config_load(r->call->site, r->call->data, &r->config, &error);
    if (result != CHL_OK) {
        (void)snprintf(r->why, sizeof r->why, "%.500s",
                       error.text[0] != '\0' ? error.text : chl_strerror(result));
        return result;
    }
    result = arrivals_load(r->call->file, r->config, &r->arrivals, r->why);
    if (result != CHL_OK) {
        return result;
    }
    (void)snprintf(r->why, sizeof r->why, "out of memory");
    r->world = calloc(1, sizeof *r->world);
    result = r->world == NULL ? CHL_E_NOMEM : site_make(r->config, &r->site);
    if (result != CHL_OK) {
        return result;
    }
    world_make(&r->site.engine, r->world);
    for (size_t i = 0; i < r->arrivals.count; i++) {
        if (!world_reaches(r->world, &r->arrivals.rows[i].to)) {
            (void)snprintf(r->why, sizeof r->why,
                           "%.200s:%u: expected a place that people reach through lanes, got one "
                           "that no lane leads to; add a lane to a gate of the site",
                           r->call->file, r->arrivals.rows[i].line);
            return CHL_E_CONFIG;
        }
    }
    return CHL_OK;
}

static chl_err run(struct rehearsal *r)
{
    const struct rehearse_options *chosen = &r->call->options;
    chl_err error = plan_make(&r->arrivals, chosen, &r->plan);
    error = error == CHL_OK ? day_run(r->world, &r->plan, &r->arrivals, chosen, &r->measure, r->why)
                            : error;
    error = error == CHL_OK ? measure_quantiles(&r->measure, MEASURE_ALL, &r->waits) : error;
    r->needed = calloc((size_t)r->world->group_count + 1, sizeof *r->needed);
    error = error == CHL_OK && r->needed == NULL ? CHL_E_NOMEM : error;
    for (uint16_t g = 0; error == CHL_OK && g < r->world->group_count; g++) {
        struct measure_quantiles waits;
        error = measure_quantiles(&r->measure, g, &waits);
        if (error == CHL_OK && waits.count > 0) {
            error = needed_find(r->world, g, &r->plan, &r->arrivals, chosen, &r->measure,
                                &r->needed[r->needed_count++], r->why);
        }
    }
    return error;
}

static chl_err draw(struct rehearsal *r, const struct report *report)
{
    FILE *file = fopen(r->call->svg, "we");
    if (file != NULL) {
        report_plot(report, file);
        bool bad = ferror(file) != 0;
        if (fclose(file) == 0 && !bad) {
            return CHL_OK;
        }
    }
    (void)snprintf(r->why, sizeof r->why, "%.200s cannot be written: %s", r->call->svg,
                   strerrordesc_np(errno));
    return CHL_E_IO;
}

static chl_err tell(struct rehearsal *r)
{
    const struct report report = {.config = r->config,
                                  .world = r->world,
                                  .arrivals = &r->arrivals,
                                  .options = &r->call->options,
                                  .measure = &r->measure,
                                  .waits = &r->waits,
                                  .needed = r->needed,
                                  .needed_count = r->needed_count,
                                  .english = r->call->english};
    chl_err error = r->call->svg != NULL ? draw(r, &report) : CHL_OK;
    if (error != CHL_OK) {
        return error;
    }
    if (r->call->json) {
        error = report_json(&report, stdout);
        (void)snprintf(r->why, sizeof r->why, "%s", chl_strerror(error));
    } else {
        report_table(&report, stdout);
    }
    if (error == CHL_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        (void)snprintf(r->why, sizeof r->why, "the answer cannot be written: %s",
                       strerrordesc_np(errno));
        error = CHL_E_IO;
    }
    return error;
}

int rehearse_main(int argc, char **argv)
{
    struct call call = {.options = REHEARSE_USUAL, .english = lang_is_english()};
    static char name[] = "chilang-sim rehearse";
    argv[0] = name;
    argp_parse(&parser, argc, argv, 0, NULL, &call);
    struct rehearsal r = {.call = &call};
    int status = 0;
    if (read_files(&r) != CHL_OK) {
        status = complain(&r, 2);
    } else if (run(&r) != CHL_OK || tell(&r) != CHL_OK) {
        status = complain(&r, 1);
    }
    free(r.needed);
    measure_free(&r.measure);
    plan_free(&r.plan);
    arrivals_free(&r.arrivals);
    free(r.world);
    site_free(&r.site);
    config_free(r.config);
    return status;
}
