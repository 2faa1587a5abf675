/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The table of a rehearsal, 80 columns wide, in either language.
 */
#include "sim/rehearse/report.h"

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/text/reasons.h"
#include "sim/rehearse/words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { LANES_SHOWN = 24, HEAD = 14 };

#define MINUTE_NS (60 * CHL_NS_PER_S)

/** A table under way. */
struct table {
    const struct report *report;
    FILE *out;
};

static const char *say(const struct table *table, word_id id)
{
    return word(id, table->report->english);
}

/** Text in a column, by characters and not by bytes; a negative width puts it to the right. */
static void column(const struct table *table, const char *text, int width)
{
    int spaces = abs(width) - (int)chl_reason_characters(text);
    fprintf(table->out, "%*s%s%*s", width < 0 && spaces > 0 ? spaces : 0, "", text,
            width > 0 && spaces > 0 ? spaces : 0, "");
}

enum { ID = 24 };

/** An id that is too long for its column ends in "…". */
static const char *short_id(const char *id, int width, char out[ID + 4])
{
    if ((int)strlen(id) < width || width > ID) {
        (void)chl_copy(out, ID + 1, id);
        return out;
    }
    (void)snprintf(out, ID + 4, "%.*s…", width - 2, id);
    return out;
}

static void number(const struct table *table, int64_t value, int width)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    column(table, text, width);
}

/* The formats stand in a table of words: a unit test compares both languages. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void line(const struct table *table, word_id head, word_id format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (head != WORD_COUNT) {
        column(table, say(table, head), HEAD);
    }
    (void)vfprintf(table->out, say(table, format), arguments);
    va_end(arguments);
    fputc('\n', table->out);
}
#pragma GCC diagnostic pop

static const char *moment(const struct table *table, int64_t ns, char out[WORD_TIME])
{
    return word_time(ns, table->report->arrivals->clock, out);
}

/** A wait that may not have ended. */
static const char *wait(uint32_t ms, bool open, char out[WORD_TIME])
{
    out[0] = '>';
    (void)word_span(ms, out + (open ? 1 : 0));
    return out;
}

static void arrivals(const struct table *table)
{
    const struct measure *measure = table->report->measure;
    char first[WORD_TIME];
    char end[WORD_TIME];
    char busiest[WORD_TIME];
    size_t most = 0;
    for (size_t m = 0; m < measure->minute_count; m++) {
        most = measure->minute[m].arrivals > measure->minute[most].arrivals ? m : most;
    }
    line(table, WORD_ARRIVALS, WORD_ARRIVALS_LINE, table->report->arrivals->people,
         moment(table, table->report->arrivals->first * MINUTE_NS, first),
         moment(table, table->report->arrivals->end * MINUTE_NS, end),
         measure->minute[most].arrivals, moment(table, (int64_t)most * MINUTE_NS, busiest));
}

static void figures(const struct table *table)
{
    const struct report *report = table->report;
    const struct measure *measure = report->measure;
    const struct measure_quantiles *waits = report->waits;
    char texts[3][WORD_TIME];
    int64_t mean = measure_mean_queue(measure);
    arrivals(table);
    line(table, WORD_ENTRIES, WORD_ENTRIES_LINE, measure->entered, measure->left, measure->missed);
    (void)snprintf(texts[0], sizeof texts[0], "%d.%d", (int)(mean / 100), (int)(mean % 100 / 10));
    line(table, WORD_QUEUE, WORD_QUEUE_LINE, texts[0], measure->most,
         moment(table, measure->most_ns, texts[1]),
         measure_minutes_above(measure, report->options->long_queue), report->options->long_queue);
    line(table, WORD_WAITS, WORD_WAITS_LINE, wait(waits->p50_ms, false, texts[0]),
         wait(waits->p95_ms, waits->p95_open, texts[1]),
         wait(waits->longest_ms, waits->longest_open, texts[2]));
    line(table, WORD_TOLD, WORD_TOLD_LINE, measure->told, measure->verdicts[CHL_REASON_ZONE_FULL]);
    if (measure->cut) {
        line(table, WORD_CUT, WORD_CUT_LINE, moment(table, measure->end_ns, texts[0]),
             measure->still_queued, measure->still_inside);
    }
    fputc('\n', table->out);
}

static void head(const struct table *table, const word_id *ids, const int *widths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        column(table, say(table, ids[i]), widths[i]);
    }
    fputc('\n', table->out);
}

static void zones(const struct table *table)
{
    static const word_id ids[] = {WORD_ZONE, WORD_LIMIT, WORD_PEAK,     WORD_NEAR,
                                  WORD_FULL, WORD_CLEAR, WORD_FULL_FOR, WORD_TIMES};
    static const int widths[] = {20, -9, -10, -10, -8, -8, -8, -7};
    const struct report *report = table->report;
    char text[WORD_TIME];
    char id[ID + 4];
    head(table, ids, widths, sizeof ids / sizeof *ids);
    for (size_t z = 0; z < report->config->zone_count; z++) {
        const struct measure_zone *zone = &report->measure->zone[z];
        column(table, short_id(report->config->zones[z].id, widths[0], id), widths[0]);
        if (report->config->zones[z].hard > 0) {
            number(table, report->config->zones[z].hard, widths[1]);
        } else {
            column(table, "-", widths[1]);
        }
        number(table, zone->peak, widths[2]);
        column(table, moment(table, zone->near_ns, text), widths[3]);
        column(table, moment(table, zone->full_ns, text), widths[4]);
        column(table, moment(table, zone->clear_ns, text), widths[5]);
        number(table, zone->full_for_ns / MINUTE_NS, widths[6]);
        number(table, zone->times, widths[7]);
        fputc('\n', table->out);
    }
    fputc('\n', table->out);
}

static void lanes(const struct table *table)
{
    static const word_id ids[] = {WORD_LANE, WORD_LANE_IN, WORD_LANE_OUT, WORD_LANE_BUSY,
                                  WORD_LANE_MOST};
    static const int widths[] = {24, -9, -9, -10, -18};
    const struct report *report = table->report;
    const struct measure *measure = report->measure;
    int64_t open_ns = measure->end_ns - measure->begin_ns;
    size_t shown = 0;
    head(table, ids, widths, sizeof ids / sizeof *ids);
    for (size_t g = 0; g < report->config->gate_count && shown < LANES_SHOWN; g++, shown++) {
        const struct measure_lane *lane = &measure->lane[g];
        char busy[16];
        char id[ID + 4];
        int64_t percent = open_ns > 0 ? lane->passing_ns / (open_ns / 100 + 1) : 0;
        (void)snprintf(busy, sizeof busy, "%d %%", (int)percent);
        column(table, short_id(report->config->gates[g].id, widths[0], id), widths[0]);
        number(table, lane->entered, widths[1]);
        number(table, lane->left, widths[2]);
        column(table, busy, widths[3]);
        number(table, lane->most, widths[4]);
        fputc('\n', table->out);
    }
    if (shown < report->config->gate_count) {
        line(table, WORD_COUNT, WORD_MORE_LANES, report->config->gate_count - shown);
    }
    fputc('\n', table->out);
}

static const char *place(const struct table *table, uint16_t zone, char out[ID + 4])
{
    return zone == ENGINE_NONE ? say(table, WORD_OUTSIDE)
                               : short_id(table->report->config->zones[zone].id, ID, out);
}

static void tries(const struct table *table, const struct needed *needed)
{
    static const word_id ids[] = {WORD_TRY_LANES, WORD_TRY_P95, WORD_TRY_LONGEST, WORD_TRY_MOST,
                                  WORD_TRY_GOOD};
    static const int widths[] = {-10, -18, -14, -24, -10};
    char text[WORD_TIME];
    head(table, ids, widths, sizeof ids / sizeof *ids);
    for (size_t i = 0; i < needed->try_count; i++) {
        const struct needed_try *tried = &needed->tries[i];
        number(table, tried->lanes, widths[0]);
        column(table, wait(tried->waits.p95_ms, tried->waits.p95_open, text), widths[1]);
        column(table, wait(tried->waits.longest_ms, tried->waits.longest_open, text), widths[2]);
        number(table, tried->most, widths[3]);
        column(table, say(table, tried->good ? WORD_YES : WORD_NO), widths[4]);
        fputc('\n', table->out);
    }
}

static void needs(const struct table *table)
{
    const struct report *report = table->report;
    char text[WORD_TIME];
    char from[ID + 4];
    char to[ID + 4];
    line(table, WORD_COUNT, WORD_NEEDED, word_setting(report->options->target_ms, text));
    for (size_t i = 0; i < report->needed_count; i++) {
        const struct needed *needed = &report->needed[i];
        const struct world_group *group = &report->world->groups[needed->group];
        line(table, WORD_COUNT, needed->lanes > 0 ? WORD_NEEDED_LINE : WORD_NEEDED_NONE,
             place(table, group->from, from), place(table, group->to, to), (unsigned)group->lanes,
             (unsigned)(needed->lanes > 0 ? needed->lanes : needed->most_lanes));
        tries(table, needed);
        if (needed->limit_binds) {
            fprintf(table->out, "%s\n", say(table, WORD_LIMIT_BINDS));
        }
        fputc('\n', table->out);
    }
}

static const char *percent(unsigned thousandths, char out[WORD_TIME])
{
    (void)snprintf(out, WORD_TIME, thousandths % 10 == 0 ? "%u" : "%u.%u", thousandths / 10,
                   thousandths % 10);
    return out;
}

static void assumptions(const struct table *table)
{
    const struct rehearse_options *options = table->report->options;
    char texts[4][WORD_TIME];
    fprintf(table->out, "%s\n", say(table, WORD_ASSUMED));
    line(table, WORD_COUNT, WORD_ASSUME_SERVICE, word_setting(options->scan_ms, texts[0]),
         word_setting(options->pass_ms, texts[1]));
    line(table, WORD_COUNT, WORD_ASSUME_SPREAD, options->spread, (unsigned long long)options->seed);
    if (table->report->arrivals->dwell_missing) {
        line(table, WORD_COUNT, WORD_ASSUME_DWELL, word_setting(options->dwell_ms, texts[0]));
    } else {
        line(table, WORD_COUNT, WORD_ASSUME_DWELL_FILE);
    }
    line(table, WORD_COUNT, WORD_ASSUME_LINE);
    line(table, WORD_COUNT, WORD_ASSUME_RETRY, word_setting(options->retry_ms, texts[0]));
    line(table, WORD_COUNT, WORD_ASSUME_EXIT);
    line(table, WORD_COUNT, WORD_ASSUME_NO_SHOW, percent(options->no_shows, texts[0]),
         word_setting(options->away_ms, texts[1]), percent(options->looks, texts[2]),
         word_setting(options->look_ms, texts[3]));
    line(table, WORD_COUNT, WORD_ASSUME_START);
}

void report_table(const struct report *report, FILE *out)
{
    struct table table = {.report = report, .out = out};
    char name[48];
    rehearse_shown(report->config->site_name, name);
    fprintf(out, "%s: %s\n%s\n\n", word(WORD_TITLE, report->english), name,
            word(WORD_ESTIMATE, report->english));
    figures(&table);
    zones(&table);
    lanes(&table);
    needs(&table);
    assumptions(&table);
}
