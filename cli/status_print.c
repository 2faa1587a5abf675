/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The tables of `chilang status`: data first, one printer for all of them.
 */
#include "cli/status_print.h"
#include "cli/count_cell.h"
#include "cli/status_alarm.h"
#include "cli/status_counts.h"
#include "cli/status_why.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/text.h"

enum { CELL_MAX = 256, COLUMNS_MAX = 9, WIDTH = 80 };

/** One column: title, member, width; numbers and ages to the right. The widths of a table and the
 *  blanks between them add up to at most 80. */
struct column {
    const char *title, *member;
    int width;
    enum { TEXT, NUMBER, COUNT, AGE, STATE, GRANT, HEALTH } kind;
    bool spare; /**< left out where a line has fewer than 80 columns; the rest fits in 60 */
};

struct table {
    const char *member; /**< of the status */
    struct column columns[COLUMNS_MAX];
};

static const struct table tables[] = {
    {"zones",
     {{"ZONE", "id", 14, TEXT, false},
      {"STATE", "state", 11, STATE, false},
      {"INSIDE", "inside", 10, COUNT, false},
      {"HELD", "reserved", 4, NUMBER, true},
      {"WARN", "warn", 6, NUMBER, true},
      {"SOFT", "soft", 6, NUMBER, true},
      {"HARD", "hard", 6, NUMBER, false},
      {"IN", "entered", 7, NUMBER, false},
      {"OUT", "left", 7, NUMBER, false}}},
    {"gates",
     {{"GATE", "id", 18, TEXT, false},
      {"STATE", "state", 8, STATE, false},
      {"PHASE", "phase", 8, STATE, false},
      {"MODE", "mode", 9, STATE, false},
      {"AGE", "age_ms", 7, AGE, true},
      {"IN", "entries", 6, NUMBER, false},
      {"OUT", "exits", 6, NUMBER, false},
      {"GRANT", "grant", 11, GRANT, true}}},
    {"lanes",
     {{"LANE", "id", 18, TEXT, false},
      {"VERDICT", "verdict", 8, STATE, false},
      {"REASON", "reason", 24, TEXT, false},
      {"AGE", "age_ms", 7, AGE, false}}},
    {"plugins",
     {{"PLUGIN", "name", 22, TEXT, false},
      {"USE", "use", 22, TEXT, true},
      {"STATE", "ok", 6, HEALTH, false},
      {"WHY", "text", 27, TEXT, false}}},
};

/** Words that deserve an eye, and how they look. */
static const struct {
    const char *word, *colour;
} colours[] = {{"NORMAL", "32"},      {"OK", "32"},        {"ADMIT", "32"},   {"ok", "32"},
               {"APPROACHING", "33"}, {"CHECK", "33"},     {"blocked", "33"}, {"free", "33"},
               {"AT_LIMIT", "34"},    {"WAIT", "34"},      {"ABOVE", "31"},   {"UNKNOWN", "31"},
               {"DENY", "31"},        {"emergency", "31"}, {"failed", "31"},  {"STUCK", "31"},
               {"OPEN", "33"},        {"free-exit", "33"}, {"NO_SHOW", "33"}};

static bool is_combining(const char *c)
{
    unsigned char first = (unsigned char)c[0];
    unsigned char second = (unsigned char)c[1];
    return first == 0xCC || (first == 0xCD && second < 0xB0); /* U+0300 to U+036F */
}

/** Columns that a text takes; names here are Latin script. */
static int width_of(const char *text)
{
    int width = 0;
    for (const char *c = text; *c != '\0'; c++) {
        bool starts = ((unsigned char)*c & 0xC0) != 0x80;
        width += starts && !is_combining(c) ? 1 : 0;
    }
    return width;
}

/** Without control characters, and at most `width` columns wide. */
static void fit(char *text, int width)
{
    int used = 0;
    char *cut = text;
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = ' ';
        }
        bool starts = ((unsigned char)*c & 0xC0) != 0x80;
        if (starts && !is_combining(c)) {
            if (used == width - 1) {
                cut = c;
            }
            used++;
        }
    }
    if (used > width) {
        memcpy(cut, "…", sizeof "…"); /* room: CELL_MAX is larger than any column */
    }
}

static void print_age(const json_t *value, char *cell, size_t size)
{
    int64_t ms = json_integer_value(value);
    if (!json_is_integer(value) || ms < 0) {
        (void)snprintf(cell, size, "-");
    } else if (ms < 60000) {
        (void)snprintf(cell, size, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms % 1000 / 100);
    } else if (ms < 3600000) {
        (void)snprintf(cell, size, "%" PRId64 " min", ms / 60000);
    } else if (ms < INT64_C(86400000)) {
        (void)snprintf(cell, size, "%" PRId64 " h", ms / 3600000);
    } else {
        (void)snprintf(cell, size, "%" PRId64 " d", ms / INT64_C(86400000));
    }
}

static void print_grant(const json_t *grant, char *cell, size_t size)
{
    const char *state = json_string_value(json_object_get(grant, "state"));
    if (!json_is_object(grant)) {
        (void)snprintf(cell, size, "-");
        return;
    }
    (void)snprintf(cell, size, "%lld/%lld %s",
                   (long long)json_integer_value(json_object_get(grant, "passed")),
                   (long long)json_integer_value(json_object_get(grant, "places")),
                   state == NULL ? "" : state);
}

static void print_cell(const struct column *column, const json_t *value, char *cell, size_t size)
{
    const char *text = json_string_value(value);
    if (column->kind == AGE) {
        print_age(value, cell, size);
    } else if (column->kind == GRANT) {
        print_grant(value, cell, size);
    } else if (column->kind == HEALTH) {
        (void)snprintf(cell, size, "%s", json_is_true(value) ? "ok" : "failed");
    } else if (json_is_integer(value)) {
        (void)snprintf(cell, size, "%lld", (long long)json_integer_value(value));
    } else {
        (void)chl_copy(cell, size, text == NULL || text[0] == '\0' ? "-" : text);
    }
    fit(cell, column->width);
}

static const char *colour_of(const struct column *column, const char *cell)
{
    if (column->kind != STATE && column->kind != HEALTH) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
        if (strcmp(colours[i].word, cell) == 0) {
            return colours[i].colour;
        }
    }
    return NULL;
}

static bool has_column(const struct table *table, size_t i)
{
    return i < COLUMNS_MAX && table->columns[i].title != NULL;
}

/** The next column from `i` that a line so wide has room for. */
static size_t shown_from(const struct table *table, size_t i, int columns)
{
    while (has_column(table, i) && table->columns[i].spare && columns < WIDTH) {
        i++;
    }
    return i;
}

static void print_row(FILE *out, const struct table *table, const json_t *entry,
                      const struct status_look *look)
{
    size_t next = 0;
    for (size_t i = shown_from(table, 0, look->columns); has_column(table, i); i = next) {
        const struct column *column = &table->columns[i];
        char cell[CELL_MAX];
        next = shown_from(table, i + 1, look->columns);
        if (entry == NULL) {
            (void)chl_copy(cell, sizeof cell, column->title);
        } else if (column->kind == COUNT) {
            count_cell(entry, cell, sizeof cell, (size_t)column->width);
            fit(cell, column->width);
        } else {
            print_cell(column, json_object_get(entry, column->member), cell, sizeof cell);
        }
        int blank = column->width - width_of(cell);
        bool right = column->kind == NUMBER || column->kind == COUNT || column->kind == AGE;
        bool last = !has_column(table, next);
        const char *code = entry != NULL && look->colour ? colour_of(column, cell) : NULL;
        (void)fprintf(out, "%*s", right ? blank : 0, "");
        if (code != NULL) {
            (void)fprintf(out, "\033[%sm%s\033[0m", code, cell);
        } else {
            (void)fputs(cell, out);
        }
        (void)fprintf(out, "%*s%s", right || last ? 0 : blank, "", last ? "\n" : " ");
    }
}

static const char *text_of(const json_t *status, const char *member, char *cell, int width)
{
    const char *text = json_string_value(json_object_get(status, member));
    (void)chl_copy(cell, CELL_MAX, text == NULL ? "-" : text);
    fit(cell, width);
    return cell;
}

/** 2022-02-05T10:15:33.162492737Z becomes 2022-02-05 10:15:33 UTC. */
static void readable(char *time)
{
    size_t whole = strcspn(time, ".Z");
    if (whole == strlen("2022-02-05T10:15:33") && time[10] == 'T') {
        time[10] = ' ';
        memcpy(time + whole, " UTC", sizeof " UTC"); /* room: CELL_MAX */
    }
}

/** Trust that is old makes people look at every original; one refused is not in use. */
static void print_trust_duty(FILE *out, const json_t *trust, const char *red, const char *plain)
{
    const char *state = json_string_value(json_object_get(trust, "state"));
    long long days = (long long)json_integer_value(json_object_get(trust, "age_s")) / 86400;
    const json_t *good = json_object_get(trust, "ok");
    if (state != NULL && strcmp(state, "old") == 0 && days < 0) {
        (void)fprintf(out, "%sTRUST OLD%s its date lies ahead of the machine's clock\n", red,
                      plain);
    } else if (state != NULL && strcmp(state, "old") == 0) {
        (void)fprintf(out, "%sTRUST OLD%s %lld days: import a new list, then SIGHUP\n", red, plain,
                      days);
    }
    if (state != NULL && strcmp(state, "none") != 0 && json_is_false(good)) {
        (void)fprintf(out, "%sTRUST REFUSED%s the former one stays: `chilang trust list`\n", red,
                      plain);
    }
}

/** What somebody has to do something about, each on a line of its own. */
static void print_duties(FILE *out, const json_t *status, bool colour, size_t columns)
{
    const char *red = colour ? "\033[31m" : "";
    const char *plain = colour ? "\033[0m" : "";
    status_emergency(out, status, red, plain, columns);
    if (json_is_true(json_object_get(status, "clock_doubt"))) {
        (void)fprintf(out, "%sCLOCK%s in doubt: set the machine's time\n", red, plain);
    }
    print_trust_duty(out, json_object_get(status, "trust"), red, plain);
    status_register_duty(out, json_object_get(status, "register"), red, plain, columns);
}

/** How much is believed, and how old that is. */
static void print_trust(FILE *out, const json_t *trust)
{
    long long keys = (long long)json_integer_value(json_object_get(trust, "keys"));
    const json_t *age = json_object_get(trust, "age_s");
    long long hours = (long long)json_integer_value(age) / 3600;
    if (keys == 0) {
        (void)fputs("trust: none\n", out);
        return;
    }
    (void)fprintf(out, "trust: %lld key%s", keys, keys == 1 ? "" : "s");
    if (json_is_integer(age)) {
        bool days = hours >= 48;
        hours = hours < 0 ? 0 : hours;
        (void)fprintf(out, ", %lld %s old", days ? hours / 24 : hours, days ? "days" : "hours");
    }
    (void)fputc('\n', out);
}

static void print_head(FILE *out, const json_t *status, bool colour, size_t columns)
{
    char name[CELL_MAX];
    char site[CELL_MAX];
    char text[CELL_MAX];
    (void)fprintf(out, "%s%s%s (%s)\n", colour ? "\033[1m" : "",
                  text_of(status, "name", name, WIDTH - 24), colour ? "\033[0m" : "",
                  text_of(status, "site", site, 20));
    (void)text_of(status, "time", name, 36);
    readable(name);
    (void)fprintf(out, "%s, chilangd %s\n", name, text_of(status, "version", site, 20));
    (void)fprintf(out, "journal: %s", text_of(status, "journal", text, 40));
    (void)fprintf(out, ", head %lld\n",
                  (long long)json_integer_value(json_object_get(status, "head")));
    (void)fprintf(out, "epoch %s\n", text_of(status, "epoch", text, 40));
    print_trust(out, json_object_get(status, "trust"));
    status_register(out, json_object_get(status, "register"));
    print_duties(out, status, colour, columns);
}

void status_print(FILE *out, const json_t *status, const struct status_look *look)
{
    size_t columns = look->columns < WIDTH ? (size_t)look->columns : WIDTH;
    print_head(out, status, look->colour, columns);
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        const json_t *list = json_object_get(status, tables[t].member);
        if (json_array_size(list) == 0) {
            continue;
        }
        (void)fputc('\n', out);
        print_row(out, &tables[t], NULL, look);
        for (size_t i = 0; i < json_array_size(list); i++) {
            print_row(out, &tables[t], json_array_get(list, i), look);
        }
    }
    (void)fputc('\n', out);
    status_counts(out, status, look->colour ? "\033[31m" : "", look->colour ? "\033[0m" : "",
                  columns);
    status_failed(out, json_object_get(status, "plugins"), columns);
}
