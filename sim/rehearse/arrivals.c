/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads arrivals a minute; whatever is not as documented is refused with its line.
 */
#include "sim/rehearse/arrivals.h"

#include "lib/csv/csv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { COLUMN_MINUTE = 0, COLUMN_ARRIVALS, COLUMN_WHERE, COLUMN_DWELL, COLUMNS } column;

static const struct {
    const char *name;
    column column;
} headings[] = {{"minute", COLUMN_MINUTE}, {"time", COLUMN_MINUTE}, {"arrivals", COLUMN_ARRIVALS},
                {"zone", COLUMN_WHERE},    {"gate", COLUMN_WHERE},  {"zone or gate", COLUMN_WHERE},
                {"where", COLUMN_WHERE},   {"dwell", COLUMN_DWELL}};

/** One file under way. */
struct reading {
    const char *path;
    const struct config *config;
    struct arrivals *out;
    char *why;
    struct csv *csv;
    int at[COLUMNS]; /**< where each column is, −1 = not there */
    size_t room;
    unsigned clock_line; /**< first row that fixed whether minutes are times of day */
};

__attribute__((format(printf, 2, 3))) static chl_err refuse(struct reading *r, const char *format,
                                                            ...)
{
    va_list arguments;
    va_start(arguments, format);
    int head = snprintf(r->why, REHEARSE_WHY, "%.200s:%u: ", r->path, r->csv->line);
    if (head > 0 && head < REHEARSE_WHY) {
        (void)vsnprintf(r->why + head, (size_t)(REHEARSE_WHY - head), format, arguments);
    }
    va_end(arguments);
    return CHL_E_CONFIG;
}

static const char *cell(const struct reading *r, column which)
{
    int at = r->at[which];
    return at >= 0 && (size_t)at < r->csv->count ? r->csv->columns[at] : "";
}

static bool digits(const char **text, unsigned *out, unsigned max)
{
    unsigned value = 0;
    const char *c = *text;
    for (; *c >= '0' && *c <= '9'; c++) {
        value = value * 10 + (unsigned)(*c - '0');
        if (value > max) {
            return false;
        }
    }
    bool some = c != *text;
    *text = c;
    *out = value;
    return some;
}

/** `75`, or `01:15`. */
static bool one_minute(const char **text, unsigned *out, bool *clock)
{
    unsigned minutes = 0;
    if (!digits(text, out, ARRIVALS_MINUTES)) {
        return false;
    }
    *clock = **text == ':';
    if (!*clock) {
        return true;
    }
    (*text)++;
    const char *before = *text;
    if (!digits(text, &minutes, 59) || *text - before != 2) {
        return false;
    }
    *out = *out * 60 + minutes;
    return *out <= ARRIVALS_MINUTES;
}

static chl_err read_minutes(struct reading *r, struct arrivals_row *row)
{
    const char *text = cell(r, COLUMN_MINUTE);
    char shown[48];
    unsigned first = 0;
    unsigned end = 0;
    bool clock = false;
    bool end_clock = false;
    bool good = one_minute(&text, &first, &clock) && first < ARRIVALS_MINUTES;
    end = first + 1;
    end_clock = clock;
    if (good && *text == '-') {
        text++;
        good = one_minute(&text, &end, &end_clock);
    }
    rehearse_shown(cell(r, COLUMN_MINUTE), shown);
    if (!good || *text != '\0' || end_clock != clock || end <= first) {
        return refuse(r,
                      "expected a minute from 0 to %d, a time such as 08:30, or 08:00-09:00 with "
                      "the end later, got '%s'",
                      ARRIVALS_MINUTES - 1, shown);
    }
    if (r->clock_line != 0 && clock != r->out->clock) {
        return refuse(r, "expected %s as in line %u, got '%s'; write all rows one way",
                      clock ? "a minute's number" : "a time of day", r->clock_line, shown);
    }
    r->clock_line = r->clock_line == 0 ? r->csv->line : r->clock_line;
    r->out->clock = clock;
    row->first = (uint16_t)first;
    row->end = (uint16_t)end;
    return CHL_OK;
}

static chl_err read_people(struct reading *r, struct arrivals_row *row)
{
    const char *text = cell(r, COLUMN_ARRIVALS);
    char shown[48];
    unsigned people = 0;
    rehearse_shown(text, shown);
    if (!digits(&text, &people, ARRIVALS_MINUTE_MAX) || *text != '\0') {
        return refuse(r, "expected people a minute, a whole number up to %d, got '%s'",
                      ARRIVALS_MINUTE_MAX, shown);
    }
    uint32_t sum = people * (uint32_t)(row->end - row->first);
    if (sum > ARRIVALS_PEOPLE_MAX - r->out->people) {
        return refuse(r,
                      "expected no more than %d people in all, got more by this row; rehearse "
                      "a part of the day",
                      ARRIVALS_PEOPLE_MAX);
    }
    r->out->people += sum;
    row->people = (uint16_t)people;
    return CHL_OK;
}

static int find(const struct config *config, target_kind kind, const char *id)
{
    size_t count = kind == TARGET_ZONE ? config->zone_count : config->gate_count;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(kind == TARGET_ZONE ? config->zones[i].id : config->gates[i].id, id) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static chl_err read_where(struct reading *r, struct arrivals_row *row)
{
    const char *text = cell(r, COLUMN_WHERE);
    bool is_zone = strncmp(text, "zone:", 5) == 0;
    bool is_gate = strncmp(text, "gate:", 5) == 0;
    const char *id = is_zone || is_gate ? text + 5 : text;
    char shown[48];
    rehearse_shown(text, shown);
    if (*text == '\0') {
        return CHL_OK;
    }
    int zone = is_gate ? -1 : find(r->config, TARGET_ZONE, id);
    int gate = is_zone ? -1 : find(r->config, TARGET_GATE, id);
    if (zone >= 0 && gate >= 0) {
        return refuse(r,
                      "expected one place, got '%s', a zone and a gate; write zone:%s or gate:%s",
                      shown, shown, shown);
    }
    if (zone < 0 && gate < 0) {
        return refuse(r, "expected a zone or a gate of the site, got '%s'; its file lists them",
                      shown);
    }
    if (gate >= 0 && r->config->gates[gate].lane < 0) {
        return refuse(r, "expected a gate with a lane, got '%s', where nobody is scanned", shown);
    }
    row->to.kind = zone >= 0 ? TARGET_ZONE : TARGET_GATE;
    row->to.index = (uint16_t)(zone >= 0 ? zone : gate);
    return CHL_OK;
}

static chl_err read_dwell(struct reading *r, struct arrivals_row *row)
{
    const char *text = cell(r, COLUMN_DWELL);
    char shown[48];
    row->dwell_ms = -1;
    if (*text == '\0') {
        r->out->dwell_missing = r->out->dwell_missing || row->people > 0;
        return CHL_OK;
    }
    rehearse_shown(text, shown);
    if (!rehearse_duration(text, &row->dwell_ms)) {
        return refuse(r, "expected how long people stay, such as 90 min or 2 h, got '%s'", shown);
    }
    return CHL_OK;
}

/** A first row that does not begin with a digit names the columns. */
static chl_err read_heading(struct reading *r)
{
    for (int i = 0; i < COLUMNS; i++) {
        r->at[i] = -1;
    }
    for (size_t c = 0; c < r->csv->count; c++) {
        const char *name = r->csv->columns[c];
        size_t h = 0;
        while (h < sizeof headings / sizeof *headings && strcmp(headings[h].name, name) != 0) {
            h++;
        }
        char shown[48];
        rehearse_shown(name, shown);
        if (h == sizeof headings / sizeof *headings) {
            return refuse(r, "expected the columns minute, arrivals, where and dwell, got '%s'",
                          shown);
        }
        if (r->at[headings[h].column] >= 0) {
            return refuse(r, "expected each column once, got '%s' again", shown);
        }
        r->at[headings[h].column] = (int)c;
    }
    return r->at[COLUMN_MINUTE] >= 0 && r->at[COLUMN_ARRIVALS] >= 0
               ? CHL_OK
               : refuse(r, "expected the columns minute and arrivals, one of them is missing");
}

static chl_err keep(struct reading *r, const struct arrivals_row *row)
{
    struct arrivals *out = r->out;
    if (out->count == ARRIVALS_ROWS_MAX) {
        return refuse(r, "expected no more than %d rows, got more", ARRIVALS_ROWS_MAX);
    }
    if (out->count == r->room) {
        size_t room = r->room == 0 ? 256 : 2 * r->room;
        struct arrivals_row *more = realloc(out->rows, room * sizeof *more);
        if (more == NULL) {
            (void)snprintf(r->why, REHEARSE_WHY, "out of memory");
            return CHL_E_NOMEM;
        }
        out->rows = more;
        r->room = room;
    }
    out->rows[out->count++] = *row;
    if (row->people > 0) {
        out->first = out->end == 0 || row->first < out->first ? row->first : out->first;
        out->end = row->end > out->end ? row->end : out->end;
    }
    return CHL_OK;
}

static chl_err read_row(struct reading *r)
{
    static chl_err (*const cells[])(struct reading *, struct arrivals_row *) = {
        read_minutes, read_people, read_where, read_dwell};
    struct arrivals_row row = {.line = r->csv->line};
    if (r->csv->count > COLUMNS) {
        return refuse(r, "expected at most %d columns, got %zu", COLUMNS, r->csv->count);
    }
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        chl_err error = cells[i](r, &row);
        if (error != CHL_OK) {
            return error;
        }
    }
    return keep(r, &row);
}

static chl_err read_all(struct reading *r)
{
    bool any = false;
    for (;;) {
        chl_err error = csv_next(r->csv);
        if (error == CHL_E_CLOSED) {
            return r->out->people > 0 ? CHL_OK : refuse(r, "expected somebody to come, got nobody");
        }
        if (error != CHL_OK) {
            return refuse(r, "expected a row of CSV, got what is none: %s",
                          error == CHL_E_CORRUPT ? "quotes or a NUL in the wrong place"
                                                 : chl_strerror(error));
        }
        char c = r->csv->columns[0][0];
        if (!any && (c < '0' || c > '9')) {
            error = read_heading(r);
        } else {
            error = read_row(r);
        }
        any = true;
        if (error != CHL_OK) {
            return error;
        }
    }
}

chl_err arrivals_read(FILE *file, const char *name, const struct config *config,
                      struct arrivals *out, char why[REHEARSE_WHY])
{
    *out = (struct arrivals){.rows = NULL};
    struct reading r = {.path = name,
                        .config = config,
                        .out = out,
                        .why = why,
                        .csv = calloc(1, sizeof *r.csv),
                        .at = {0, 1, 2, 3}};
    if (r.csv == NULL) {
        (void)snprintf(why, REHEARSE_WHY, "out of memory");
        return CHL_E_NOMEM;
    }
    r.csv->file = file;
    chl_err result = read_all(&r);
    free(r.csv);
    return result;
}

chl_err arrivals_load(const char *path, const struct config *config, struct arrivals *out,
                      char why[REHEARSE_WHY])
{
    *out = (struct arrivals){.rows = NULL};
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void)snprintf(why, REHEARSE_WHY, "%.200s: %s; expected a file of arrivals a minute", path,
                       strerrordesc_np(errno));
        return CHL_E_IO;
    }
    chl_err result = arrivals_read(file, path, config, out, why);
    (void)fclose(file);
    return result;
}

void arrivals_free(struct arrivals *arrivals)
{
    free(arrivals->rows);
    *arrivals = (struct arrivals){.rows = NULL};
}
