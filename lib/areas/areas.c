/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads the tables of areas.
 */
#include "lib/areas/internal.h"

#include "lib/base/locate.h"
#include "lib/base/text.h"
#include "lib/csv/csv.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 20000 };

static const size_t code_digits[AREAS_LEVELS] = {2, 3, 5};

static bool is_digits(const char *code, size_t length)
{
    return strlen(code) == length && strspn(code, "0123456789") == length;
}

/** Add a row unless its code is the last one's. */
static chl_err keep(struct areas_table *table, const struct chl_area *row)
{
    if (table->count > 0 && strcmp(table->rows[table->count - 1].code, row->code) == 0) {
        return CHL_OK;
    }
    if (table->count == ROWS_MAX) {
        return CHL_E_LIMIT;
    }
    if (table->count % 256 == 0) {
        struct chl_area *rows = realloc(table->rows, (table->count + 256) * sizeof *rows);
        if (rows == NULL) {
            return CHL_E_NOMEM;
        }
        table->rows = rows;
    }
    table->rows[table->count++] = *row;
    return CHL_OK;
}

/** A row of the table of a level from columns of the file. */
static chl_err add(struct chl_areas *areas, chl_areas_level level, const char *code,
                   const char *kind, const char *name, const char *within, const char *province)
{
    struct chl_area row = {.code = ""};
    if (!is_digits(code, code_digits[level]) || !chl_copy(row.code, sizeof row.code, code) ||
        !chl_copy(row.kind, sizeof row.kind, kind) || name[0] == '\0' ||
        !chl_copy(row.name, sizeof row.name, name) ||
        !chl_copy(row.within, sizeof row.within, within) ||
        !chl_copy(row.province, sizeof row.province, province)) {
        return CHL_E_CORRUPT;
    }
    return keep(&areas->tables[level], &row);
}

/** The tables are sorted, and then searched by code, only once all of them are read. */
static const struct chl_area *find_province(const struct chl_areas *areas, const char *code)
{
    const struct areas_table *table = &areas->tables[CHL_AREAS_PROVINCE];
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].code, code) == 0) {
            return &table->rows[i];
        }
    }
    return NULL;
}

/* province_code,district_code,district,commune_code,commune_type,commune,commune_ascii */
static chl_err add_commune(struct chl_areas *areas, const struct csv *csv)
{
    const char *const *c = csv->columns;
    if (csv->count != 7) {
        return CHL_E_CORRUPT;
    }
    const struct chl_area *province = find_province(areas, c[0]);
    if (province == NULL) {
        return CHL_E_CORRUPT;
    }
    chl_err err = add(areas, CHL_AREAS_DISTRICT, c[1], "", c[2], "", province->name);
    return err == CHL_OK ? add(areas, CHL_AREAS_COMMUNE, c[3], c[4], c[5], c[2], province->name)
                         : err;
}

/* gso_code,full_name,name_ascii */
static chl_err add_province(struct chl_areas *areas, const struct csv *csv)
{
    return csv->count == 3
               ? add(areas, CHL_AREAS_PROVINCE, csv->columns[0], "", csv->columns[1], "", "")
               : CHL_E_CORRUPT;
}

static int by_code(const void *a, const void *b)
{
    const struct chl_area *left = a;
    const struct chl_area *right = b;
    return strcmp(left->code, right->code);
}

static chl_err read_table(struct chl_areas *areas, const char *path,
                          chl_err (*row)(struct chl_areas *, const struct csv *), char *why,
                          size_t why_size)
{
    struct csv *csv = calloc(1, sizeof *csv);
    chl_err err = csv == NULL ? CHL_E_NOMEM : CHL_OK;
    if (err == CHL_OK) {
        csv->file = fopen(path, "re");
        err = csv->file == NULL ? CHL_E_IO : csv_next(csv); /* the names of the columns */
    }
    while (err == CHL_OK) {
        err = csv_next(csv);
        if (err == CHL_OK) {
            err = row(areas, csv);
        }
    }
    if (err != CHL_E_CLOSED) {
        (void)snprintf(why, why_size, "%s:%u: expected the installed table of areas (%s)", path,
                       csv == NULL ? 0 : csv->line, chl_strerror(err));
    }
    if (csv != NULL && csv->file != NULL) {
        (void)fclose(csv->file);
    }
    free(csv);
    return err == CHL_E_CLOSED ? CHL_OK : err;
}

static chl_err read_all(struct chl_areas *areas, const char *folder, char *why, size_t why_size)
{
    static const struct {
        const char *file;
        chl_err (*row)(struct chl_areas *, const struct csv *);
    } files[] = {{"provinces.csv", add_province}, {"communes.csv", add_commune}};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, files[i].file);
        if (length < 0 || (size_t)length >= sizeof path) {
            (void)snprintf(why, why_size, "the folder of areas has too long a path");
            return CHL_E_LIMIT;
        }
        chl_err err = read_table(areas, path, files[i].row, why, why_size);
        if (err != CHL_OK) {
            return err;
        }
    }
    for (size_t i = 0; i < AREAS_LEVELS; i++) {
        struct areas_table *table = &areas->tables[i];
        if (table->count > 1) {
            qsort(table->rows, table->count, sizeof *table->rows, by_code);
        }
    }
    return CHL_OK;
}

chl_err chl_areas_load(const char *folder, struct chl_areas **out, char *why, size_t why_size)
{
    char installed[PATH_MAX] = "";
    struct chl_areas *areas = calloc(1, sizeof *areas);
    chl_err err = areas == NULL ? CHL_E_NOMEM : CHL_OK;
    if (err == CHL_OK && folder == NULL) {
        char data[PATH_MAX - sizeof "/areas"] = "";
        err = chl_locate_data(data, sizeof data);
        (void)snprintf(installed, sizeof installed, "%s/areas", data);
        folder = installed;
    }
    if (err != CHL_OK) {
        (void)snprintf(why, why_size, "the tables of areas: %s", chl_strerror(err));
    } else {
        err = read_all(areas, folder, why, why_size);
    }
    if (err != CHL_OK) {
        chl_areas_free(areas);
        return err;
    }
    *out = areas;
    return CHL_OK;
}

void chl_areas_free(struct chl_areas *areas)
{
    for (size_t i = 0; areas != NULL && i < AREAS_LEVELS; i++) {
        free(areas->tables[i].rows);
    }
    free(areas);
}

const struct chl_area *chl_areas_by_code(const struct chl_areas *areas, chl_areas_level level,
                                         const char *code)
{
    struct chl_area wanted = {.code = ""};
    const struct areas_table *table = &areas->tables[level];
    if (table->count == 0 || !chl_copy(wanted.code, sizeof wanted.code, code)) {
        return NULL;
    }
    return bsearch(&wanted, table->rows, table->count, sizeof wanted, by_code);
}

bool chl_areas_is_code(const struct chl_areas *areas, chl_areas_level level, const char *code)
{
    const struct areas_table *table = &areas->tables[level];
    if (!is_digits(code, code_digits[level]) || strspn(code, "0") == code_digits[level]) {
        return false;
    }
    if (level == CHL_AREAS_PROVINCE) {
        return chl_areas_by_code(areas, level, code) != NULL; /* the table has them all */
    }
    bool elsewhere = table->count == 0 || strcmp(code, table->rows[0].code) < 0 ||
                     strcmp(code, table->rows[table->count - 1].code) > 0;
    return elsewhere || chl_areas_by_code(areas, level, code) != NULL;
}
