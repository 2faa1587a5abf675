/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The picture of a rehearsed day: panels one above the other on one axis of time.
 */
#include "sim/rehearse/report.h"

#include "lib/base/time.h"
#include "sim/rehearse/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 960,
    LEFT = 76,
    RIGHT = 24,
    TOP = 64,
    PANEL = 150,
    GAP = 46,
    BOTTOM = 30,
    BINS = 400, /* points a line has at most */
    TICKS = 12, /* on the axis of time */
    ZONES_SHOWN = 3,
    LINE = 256
};

#define MINUTE_NS (60 * CHL_NS_PER_S)

/** A picture under way. */
struct plot {
    const struct report *report;
    FILE *out;
    size_t first, count, bin; /**< minutes shown, and how many a point stands for */
    int top;                  /**< of the panel under way */
    int64_t most;             /**< at the top of its axis */
};

/** Where a value comes from. */
typedef enum { OF_ARRIVALS, OF_ENTRIES, OF_QUEUE, OF_ZONE } source;

static const char *say(const struct plot *plot, word_id id)
{
    return word(id, plot->report->english);
}

/** Text of foreign origin inside markup. */
static void put_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        default:
            fputc((unsigned char)*text < ' ' || *text == 0x7F ? ' ' : *text, out);
            break;
        }
    }
}

static void put_text(const struct plot *plot, int x, int y, const char *class_name,
                     const char *text)
{
    fprintf(plot->out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class_name);
    put_escaped(plot->out, text);
    fputs("</text>\n", plot->out);
}

/** A point's value, in tenths: rates are means, lines are at their longest, zones at the end. */
static int64_t value_of(const struct plot *plot, source from, size_t zone, size_t bin)
{
    const struct measure *measure = plot->report->measure;
    int64_t sum = 0;
    int64_t most = 0;
    int64_t last = 0;
    size_t minutes = 0;
    for (size_t i = bin * plot->bin; i < (bin + 1) * plot->bin && i < plot->count; i++, minutes++) {
        size_t m = plot->first + i;
        const struct measure_minute *minute = &measure->minute[m];
        sum += from == OF_ARRIVALS ? minute->arrivals : minute->entered;
        most = minute->most > most ? minute->most : most;
        last = measure->inside[m * measure->zones + zone];
    }
    switch (from) {
    case OF_QUEUE:
        return most * 10;
    case OF_ZONE:
        return last * 10;
    default:
        return minutes > 0 ? sum * 10 / (int64_t)minutes : 0;
    }
}

static size_t bins(const struct plot *plot)
{
    return (plot->count + plot->bin - 1) / plot->bin;
}

static int64_t highest(const struct plot *plot, source from, size_t zone)
{
    int64_t most = 0;
    for (size_t b = 0; b < bins(plot); b++) {
        int64_t value = value_of(plot, from, zone, b);
        most = value > most ? value : most;
    }
    return (most + 9) / 10;
}

static double x_of(const struct plot *plot, size_t minute)
{
    double wide = WIDTH - LEFT - RIGHT;
    return LEFT + wide * (double)minute / (double)(plot->count > 0 ? plot->count : 1);
}

static double y_of(const struct plot *plot, int64_t tenths)
{
    return plot->top + PANEL - (double)tenths * PANEL / (double)(plot->most * 10);
}

/** The next of 1, 2, 5, 10, 20 … at or above. */
static int64_t round_up(int64_t value)
{
    static const int64_t heads[] = {1, 2, 5};
    int64_t ten = 1;
    for (;;) {
        for (size_t i = 0; i < 3; i++) {
            if (heads[i] * ten >= value) {
                return heads[i] * ten;
            }
        }
        ten *= 10;
    }
}

/** Minutes between two marks on the axis of time. */
static size_t tick_minutes(const struct plot *plot)
{
    static const size_t steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360};
    size_t i = 0;
    while (i + 1 < sizeof steps / sizeof *steps && plot->count / steps[i] > TICKS) {
        i++;
    }
    return steps[i];
}

static void time_axis(const struct plot *plot, bool labels)
{
    size_t step = tick_minutes(plot);
    for (size_t m = (plot->first + step - 1) / step * step; m <= plot->first + plot->count;
         m += step) {
        double x = x_of(plot, m - plot->first);
        fprintf(plot->out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" class=\"grid\"/>\n",
                x, x, plot->top, plot->top + PANEL);
        if (labels) {
            char text[WORD_TIME];
            (void)word_time((int64_t)m * MINUTE_NS, plot->report->arrivals->clock, text);
            put_text(plot, (int)x, plot->top + PANEL + 16, "mark", text);
        }
    }
}

/** Frame, marks and title of a panel whose axis reaches to `most`. */
static void panel(struct plot *plot, const char *title, int64_t most)
{
    int64_t step = round_up((most + 4) / 5);
    plot->most = (most + step - 1) / step * step;
    plot->most = plot->most > 0 ? plot->most : step;
    time_axis(plot, true);
    for (int64_t value = 0; value <= plot->most; value += step) {
        char text[24];
        double y = y_of(plot, value * 10);
        fprintf(plot->out, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n",
                LEFT, WIDTH - RIGHT, y, y, value == 0 ? "axis" : "grid");
        (void)snprintf(text, sizeof text, "%" PRId64, value);
        put_text(plot, LEFT - 8, (int)y + 4, "value", text);
    }
    put_text(plot, LEFT, plot->top - 8, "title", title);
}

static void draw_line(const struct plot *plot, source from, size_t zone, const char *class_name,
                      bool filled)
{
    size_t count = bins(plot);
    fprintf(plot->out, "<%s class=\"%s\" points=\"", filled ? "polygon" : "polyline", class_name);
    if (filled) {
        fprintf(plot->out, "%.1f,%.1f ", x_of(plot, 0), y_of(plot, 0));
    }
    double x = x_of(plot, 0);
    for (size_t b = 0; b < count; b++) {
        double y = y_of(plot, value_of(plot, from, zone, b));
        size_t end = (b + 1) * plot->bin;
        /* A rate holds for its whole bin; what is counted holds at its end. */
        if (from == OF_ARRIVALS || from == OF_ENTRIES) {
            fprintf(plot->out, "%.1f,%.1f ", x, y);
        }
        x = x_of(plot, end < plot->count ? end : plot->count);
        fprintf(plot->out, "%.1f,%.1f ", x, y);
    }
    if (filled) {
        fprintf(plot->out, "%.1f,%.1f", x, y_of(plot, 0));
    }
    fputs("\"/>\n", plot->out);
}

/** A swatch with its name, at the right end of the title's line. */
static void legend(const struct plot *plot, int right, const char *class_name, bool filled,
                   const char *text)
{
    int x = WIDTH - RIGHT - right;
    int y = plot->top - 12;
    if (filled) {
        fprintf(plot->out, "<rect x=\"%d\" y=\"%d\" width=\"26\" height=\"9\" class=\"%s\"/>\n", x,
                y - 4, class_name);
    } else {
        fprintf(plot->out, "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" class=\"%s\"/>\n", x,
                x + 26, y, y, class_name);
    }
    put_text(plot, x + 32, y + 4, "name", text);
}

static void rates(struct plot *plot)
{
    int64_t arrivals = highest(plot, OF_ARRIVALS, 0);
    int64_t entries = highest(plot, OF_ENTRIES, 0);
    panel(plot, say(plot, WORD_PLOT_RATE), arrivals > entries ? arrivals : entries);
    draw_line(plot, OF_ARRIVALS, 0, "arrivals", true);
    draw_line(plot, OF_ENTRIES, 0, "entries", false);
    legend(plot, 200, "arrivals", true, say(plot, WORD_PLOT_ARRIVALS));
    legend(plot, 90, "entries", false, say(plot, WORD_PLOT_ENTERED));
}

static void queue(struct plot *plot)
{
    panel(plot, say(plot, WORD_PLOT_QUEUE), highest(plot, OF_QUEUE, 0));
    draw_line(plot, OF_QUEUE, 0, "queue", true);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void zone(struct plot *plot, size_t index)
{
    const struct config_zone *config = &plot->report->config->zones[index];
    char text[LINE];
    int64_t most = highest(plot, OF_ZONE, index);
    (void)snprintf(text, sizeof text, say(plot, WORD_PLOT_INSIDE), config->name);
    /* The limit's line keeps a little room above it. */
    int64_t room = config->hard + config->hard / 20;
    panel(plot, text, room > most ? room : most);
    draw_line(plot, OF_ZONE, index, "inside", true);
    if (config->hard > 0) {
        double y = y_of(plot, config->hard * 10);
        fprintf(plot->out, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" class=\"limit\"/>\n",
                LEFT, WIDTH - RIGHT, y, y);
        (void)snprintf(text, sizeof text, say(plot, WORD_PLOT_LIMIT), (long long)config->hard);
        legend(plot, 150, "limit", false, text);
    }
}
#pragma GCC diagnostic pop

/** The fullest zones, each once. @return how many. */
static size_t fullest(const struct plot *plot, size_t out[ZONES_SHOWN])
{
    const struct report *report = plot->report;
    size_t count = 0;
    bool taken[CONFIG_ZONES_MAX] = {false};
    while (count < ZONES_SHOWN) {
        size_t best = CONFIG_ZONES_MAX;
        double most = 0;
        for (size_t z = 0; z < report->config->zone_count; z++) {
            int64_t hard = report->config->zones[z].hard;
            double part =
                (double)report->measure->zone[z].peak / (double)(hard > 0 ? hard : 1000000);
            if (!taken[z] && part > most) {
                most = part;
                best = z;
            }
        }
        if (best == CONFIG_ZONES_MAX) {
            break;
        }
        taken[best] = true;
        out[count++] = best;
    }
    return count;
}

static void begin(const struct plot *plot, int height)
{
    const struct report *report = plot->report;
    fprintf(plot->out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" role=\"img\" xml:lang=\"%s\">\n",
            WIDTH, height, WIDTH, height, report->english ? "en" : "vi");
    fputs("<style>text{font-family:\"DejaVu Sans\",\"Noto Sans\",sans-serif;fill:#222}"
          ".head{font-size:18px;font-weight:bold}.note{font-size:12px;fill:#555}"
          ".title{font-size:14px;font-weight:bold}.mark{font-size:11px;text-anchor:middle}"
          ".value{font-size:11px;text-anchor:end}.name{font-size:12px}"
          ".grid{stroke:#ddd;stroke-width:1}.axis{stroke:#444;stroke-width:1}"
          ".arrivals{fill:#c3ccd4;stroke:none}.entries{fill:none;stroke:#12395c;stroke-width:1.6}"
          ".queue{fill:#d9a35f;stroke:#5e3206;stroke-width:1.2}"
          ".inside{fill:#b5cfbc;stroke:#1d4a2a;stroke-width:1.2}"
          ".limit{stroke:#a30f0f;stroke-width:2;stroke-dasharray:8 5}</style>\n",
          plot->out);
    fprintf(plot->out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n<title>", WIDTH, height);
    put_escaped(plot->out, report->config->site_name);
    fputs("</title>\n", plot->out);
    char text[LINE];
    (void)snprintf(text, sizeof text, "%s: %.160s", say(plot, WORD_TITLE),
                   report->config->site_name);
    put_text(plot, LEFT, 26, "head", text);
}

void report_plot(const struct report *report, FILE *out)
{
    struct plot plot = {.report = report, .out = out, .top = TOP + 10};
    size_t zones[ZONES_SHOWN];
    size_t shown = fullest(&plot, zones);
    plot.first = report->arrivals->first;
    plot.count =
        report->measure->minute_count > plot.first ? report->measure->minute_count - plot.first : 1;
    plot.bin = (plot.count + BINS - 1) / BINS;
    begin(&plot, plot.top + (int)(shown + 2) * (PANEL + GAP) - GAP + BOTTOM + 8);
    put_text(&plot, LEFT, 44, "note", say(&plot, WORD_PLOT_NOTE));
    rates(&plot);
    plot.top += PANEL + GAP;
    queue(&plot);
    for (size_t i = 0; i < shown; i++) {
        plot.top += PANEL + GAP;
        zone(&plot, zones[i]);
    }
    fputs("</svg>\n", out);
}
