/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief CSV as RFC 4180 has it: commas, quotes, CR LF or LF.
 */
#include "lib/csv/csv.h"

struct state {
    size_t length;
    bool quoted;  /* inside quotes */
    bool closed;  /* quotes were closed: only a comma or the end may follow */
    bool started; /* the column has a character or quotes */
};

static chl_err put(struct csv *csv, struct state *state, char c)
{
    if (state->length == sizeof csv->text) {
        return CHL_E_LIMIT;
    }
    csv->text[state->length++] = c;
    return CHL_OK;
}

/** End the column and begin the next one. */
static chl_err end_column(struct csv *csv, struct state *state)
{
    chl_err err = put(csv, state, '\0');
    state->closed = false;
    state->started = false;
    if (err != CHL_OK) {
        return err;
    }
    if (csv->count == CSV_COLUMNS_MAX) {
        return CHL_E_LIMIT;
    }
    csv->columns[csv->count++] = csv->text + state->length;
    return CHL_OK;
}

static chl_err take_quoted(struct csv *csv, struct state *state, int c)
{
    if (c != '"') {
        csv->lines += c == '\n' ? 1 : 0;
        return put(csv, state, (char)c);
    }
    int next = getc(csv->file);
    if (next == '"') {
        return put(csv, state, '"');
    }
    (void)ungetc(next, csv->file);
    state->quoted = false;
    state->closed = true;
    return CHL_OK;
}

static chl_err take_plain(struct csv *csv, struct state *state, int c)
{
    if (c == ',') {
        return end_column(csv, state);
    }
    if (c == '"' && !state->started) {
        state->quoted = true;
        state->started = true;
        return CHL_OK;
    }
    if (c == '\0' || c == '"' || state->closed) {
        return CHL_E_CORRUPT;
    }
    state->started = true;
    return put(csv, state, (char)c);
}

/** The end of a line outside quotes, CR taken with its LF. */
static bool is_end(struct csv *csv, int c)
{
    if (c == '\r') {
        int next = getc(csv->file);
        if (next == '\n') {
            return true;
        }
        (void)ungetc(next, csv->file);
    }
    return c == '\n' || c == EOF;
}

static void skip_mark(struct csv *csv)
{
    static const int mark[] = {0xEF, 0xBB, 0xBF};
    for (size_t i = 0; i < sizeof mark / sizeof *mark; i++) {
        int c = getc(csv->file);
        if (c != mark[i]) {
            (void)ungetc(c, csv->file);
            return;
        }
    }
}

static chl_err read_record(struct csv *csv)
{
    struct state state = {0};
    csv->count = 1;
    csv->columns[0] = csv->text;
    for (;;) {
        int c = getc(csv->file);
        if (c == EOF && state.quoted) {
            return CHL_E_CORRUPT;
        }
        if (!state.quoted && is_end(csv, c)) {
            csv->lines++;
            if (c == EOF && state.length == 0 && !state.started) {
                return ferror(csv->file) != 0 ? CHL_E_IO : CHL_E_CLOSED;
            }
            return put(csv, &state, '\0');
        }
        chl_err err = state.quoted ? take_quoted(csv, &state, c) : take_plain(csv, &state, c);
        if (err != CHL_OK) {
            return err;
        }
    }
}

chl_err csv_next(struct csv *csv)
{
    chl_err err = CHL_OK;
    if (csv->lines == 0) {
        skip_mark(csv);
    }
    do {
        csv->line = csv->lines + 1;
        err = read_record(csv);
    } while (err == CHL_OK && csv->count == 1 && csv->columns[0][0] == '\0');
    return err;
}
