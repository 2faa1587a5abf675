/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A register of persons out of its CSV file; the only place where its names are seen.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/host/register_rows.h"
#include "lib/base/text.h"
#include "lib/csv/csv.h"

enum { COLUMN_DOCUMENT, COLUMN_NAME, COLUMN_BIRTH, COLUMNS, FIRST_ROWS = 64, BLOCK = 65536 };

/* Columns by either name. */
static const char *const columns[COLUMNS][2] = {
    [COLUMN_DOCUMENT] = {"document", "so_giay_to"},
    [COLUMN_NAME] = {"name", "ho_ten"},
    [COLUMN_BIRTH] = {"birth", "ngay_sinh"},
};

static const char expected_columns[] = "the columns document, name and birth, each once";

struct reading {
    const struct pseudonym_key *key;
    const char *name;
    struct person_register *persons;
    struct csv csv;
    size_t place[COLUMNS]; /* of each column in a row */
    char *why;
    size_t why_size;
};

static chl_err refuse(struct reading *r, chl_err error, const char *expected, const char *got)
{
    (void)snprintf(r->why, r->why_size, "%s:%u: expected %s, got %s", r->name, r->csv.line,
                   expected, got);
    return error;
}

static int column_of(const char *title)
{
    for (int i = 0; i < COLUMNS; i++) {
        if (strcmp(title, columns[i][0]) == 0 || strcmp(title, columns[i][1]) == 0) {
            return i;
        }
    }
    return -1;
}

/* A file without a header begins with a person: what stands there is not repeated. */
static chl_err take_header(struct reading *r)
{
    bool seen[COLUMNS] = {false};
    char got[80];
    for (size_t i = 0; i < r->csv.count; i++) {
        int column = column_of(r->csv.columns[i]);
        if (column < 0 || seen[column]) {
            (void)snprintf(got, sizeof got, "%s in column %zu of the first line",
                           column < 0 ? "another title" : "one of them again", i + 1);
            return refuse(r, CHL_E_CORRUPT, expected_columns, got);
        }
        seen[column] = true;
        r->place[column] = i;
    }
    return r->csv.count == COLUMNS ? CHL_OK
                                   : refuse(r, CHL_E_CORRUPT, expected_columns, "fewer of them");
}

static struct register_row *new_row(struct reading *r)
{
    struct person_register *persons = r->persons;
    if (persons->count == persons->room) {
        size_t room = persons->room > 0 ? 2 * persons->room : FIRST_ROWS;
        struct register_content *grown =
            realloc(persons->content, sizeof *grown + room * sizeof *grown->rows);
        if (grown == NULL) {
            return NULL;
        }
        persons->content = grown;
        persons->room = room;
    }
    struct register_row *row = &persons->content->rows[persons->count++];
    memset(row, 0, sizeof *row);
    return row;
}

static void fill_row(struct register_row *row, const struct identity *who)
{
    if (who->number_count > 0) {
        row->has |= ROW_NUMBER;
        row->kind = who->numbers[0].kind;
        memcpy(row->number, who->numbers[0].key, PSEUDONYM_SIZE);
    }
    if (who->name.known) {
        row->has |= ROW_NAME;
        row->has = (uint8_t)(row->has | (who->name.has_accents ? ROW_ACCENTS : 0) |
                             (who->name.has_day ? ROW_DAY : 0));
        memcpy(row->name, who->name.key, PSEUDONYM_SIZE);
        memcpy(row->accents, who->name.accents, PSEUDONYM_SIZE);
        memcpy(row->day, who->name.day, PSEUDONYM_SIZE);
    }
}

static chl_err read_number(struct reading *r, const char *document, struct identity *who)
{
    if (document[0] == '\0') {
        return CHL_OK;
    }
    chl_err error = identity_add_number(who, r->key, CHL_DOCUMENT_OTHER, document);
    return error == CHL_E_NOTFOUND
               ? refuse(r, CHL_E_CORRUPT, "a document number of 6 to 26 letters and digits",
                        "something else")
           : error != CHL_OK ? refuse(r, error, "a keyed hash", "a fault of the library")
                             : CHL_OK;
}

static chl_err read_name(struct reading *r, const char *name, const char *birth,
                         struct identity *who)
{
    struct identity alone = {0};
    /* Each is looked at, though one without the other finds nobody. */
    chl_err error = identity_set_name(&alone, r->key, name[0] != '\0' ? name : "a",
                                      birth[0] != '\0' ? birth : "1900");
    if (error == CHL_E_INVAL || (error == CHL_E_NOTFOUND && strchr(birth, '*') != NULL)) {
        return refuse(r, CHL_E_CORRUPT, "a birth date as d/m/yyyy, yyyy-mm-dd or yyyy",
                      "something else");
    }
    if (error == CHL_E_NOTFOUND || error == CHL_E_CORRUPT) {
        return refuse(r, CHL_E_CORRUPT, "a name of letters in UTF-8, at most 191 bytes",
                      "something else");
    }
    if (error != CHL_OK) {
        return refuse(r, error, "a keyed hash", "a fault of the library");
    }
    if (name[0] != '\0' && birth[0] != '\0') {
        who->name = alone.name;
    }
    return CHL_OK;
}

static chl_err take_row(struct reading *r)
{
    const char *cells[COLUMNS];
    struct identity who = {0};
    char got[32];
    size_t empty = 0;
    if (r->csv.count != COLUMNS) {
        (void)snprintf(got, sizeof got, "%zu", r->csv.count);
        return refuse(r, CHL_E_CORRUPT, "three columns", got);
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        cells[i] = r->csv.columns[r->place[i]];
        empty += cells[i][0] == '\0';
        if (!chl_utf8_valid(cells[i], strlen(cells[i]))) {
            return refuse(r, CHL_E_CORRUPT, "UTF-8", "other bytes; save the file as UTF-8");
        }
    }
    if (cells[COLUMN_DOCUMENT][0] == '\0' && empty > 1) {
        return refuse(r, CHL_E_CORRUPT, "a document number, or a name with its birth date",
                      "neither");
    }
    if (r->persons->count == REGISTER_ROWS_MAX) {
        (void)snprintf(got, sizeof got, "more than %d", REGISTER_ROWS_MAX);
        return refuse(r, CHL_E_LIMIT, "at most that many rows", got);
    }
    chl_err error = read_number(r, cells[COLUMN_DOCUMENT], &who);
    error = error != CHL_OK ? error : read_name(r, cells[COLUMN_NAME], cells[COLUMN_BIRTH], &who);
    if (error != CHL_OK) {
        return error;
    }
    struct register_row *row = new_row(r);
    if (row == NULL) {
        return refuse(r, CHL_E_NOMEM, "memory for the row", "none");
    }
    fill_row(row, &who);
    return CHL_OK;
}

static chl_err refuse_csv(struct reading *r, chl_err error)
{
    return error == CHL_E_LIMIT ? refuse(r, error, "a shorter row", "one that does not end")
           : error == CHL_E_IO
               ? refuse(r, error, "to read on", "an error of the disk")
               : refuse(r, error, "CSV (RFC 4180)", "quotes or bytes that are out of place");
}

static chl_err read_rows(struct reading *r)
{
    chl_err error = csv_next(&r->csv);
    if (error == CHL_E_CLOSED) {
        r->csv.line = 1;
        return refuse(r, CHL_E_CORRUPT, expected_columns, "an empty file");
    }
    error = error != CHL_OK ? refuse_csv(r, error) : take_header(r);
    while (error == CHL_OK) {
        error = csv_next(&r->csv);
        if (error == CHL_E_CLOSED) {
            return register_finish(r->persons);
        }
        error = error != CHL_OK ? refuse_csv(r, error) : take_row(r);
    }
    return error;
}

static struct person_register *new_register(void)
{
    static const uint8_t head[] = {'C', 'H', 'L', 'R', 'E', 'G', '0', '1'};
    struct person_register *persons = calloc(1, sizeof *persons);
    struct register_content *content = malloc(sizeof *content + FIRST_ROWS * sizeof *content->rows);
    if (persons == NULL || content == NULL) {
        free(persons);
        free(content);
        return NULL;
    }
    memcpy(content->head, head, sizeof head);
    persons->content = content;
    persons->room = FIRST_ROWS;
    return persons;
}

chl_err register_read(const struct pseudonym_key *key, const char *name, FILE *file,
                      struct person_register **out, char *why, size_t why_size)
{
    *out = NULL;
    struct person_register *persons = new_register();
    struct reading *r = calloc(1, sizeof *r);
    chl_err error = CHL_E_NOMEM;
    (void)snprintf(why, why_size, "%s: out of memory", name);
    if (persons == NULL || r == NULL) {
        goto out;
    }
    r->key = key;
    r->name = name;
    r->persons = persons;
    r->csv.file = file;
    r->why = why;
    r->why_size = why_size;
    error = read_rows(r);
    if (error == CHL_OK) {
        *out = persons;
        persons = NULL;
    }
out:
    register_free(persons);
    if (r != NULL) {
        explicit_bzero(r, sizeof *r);
    }
    free(r);
    return error;
}

static chl_err refuse_file(const char *path, const char *got, char *why, size_t why_size)
{
    (void)snprintf(why, why_size,
                   "%s: expected a CSV file of at most %d MiB that the daemon may read, got: %s",
                   path, REGISTER_FILE_MAX >> 20, got);
    return CHL_E_IO;
}

chl_err register_open(const struct pseudonym_key *key, const char *path,
                      struct person_register **out, char *why, size_t why_size)
{
    struct stat status;
    *out = NULL;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return refuse_file(path, strerrordesc_np(errno), why, why_size);
    }
    chl_err error = CHL_OK;
    char *block = malloc(BLOCK);
    if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        error = refuse_file(path, "not a regular file", why, why_size);
    } else if (status.st_size > REGISTER_FILE_MAX) {
        error = refuse_file(path, "a larger one", why, why_size);
    } else if (block == NULL || setvbuf(file, block, _IOFBF, BLOCK) != 0) {
        error = refuse_file(path, "no memory to read it", why, why_size);
    } else {
        error = register_read(key, path, file, out, why, why_size);
    }
    (void)fclose(file);
    if (block != NULL) {
        explicit_bzero(block, BLOCK);
    }
    free(block);
    return error;
}
