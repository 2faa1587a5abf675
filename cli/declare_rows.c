/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Rows of a batch: columns by name, one form a row.
 */
#include "cli/declare_batch.h"

#include <string.h>

/** Columns that are no part of the form. */
static bool is_about_row(const char *name)
{
    return strcmp(name, "file") == 0 || strcmp(name, "group") == 0;
}

static chl_err check_name(const char *name, char why[DECLARE_WHY])
{
    static struct chl_declaration probe;
    if (strpbrk(name, ";\t") != NULL) {
        (void)snprintf(why, DECLARE_WHY,
                       "expected commas between the columns, got %s; save the file as CSV with "
                       "commas",
                       strchr(name, ';') != NULL ? "semicolons" : "tabs");
        return CHL_E_INVAL;
    }
    if (strlen(name) >= BATCH_COLUMN_SIZE) {
        (void)snprintf(why, DECLARE_WHY, "expected shorter names of fields");
        return CHL_E_INVAL;
    }
    chl_declaration_init(&probe);
    return is_about_row(name) ? CHL_OK : declare_set(&probe, name, "", why);
}

chl_err batch_read_header(struct batch *batch, char why[DECLARE_WHY])
{
    const char *grouping = batch->declare->group != NULL ? batch->declare->group : "group";
    if (csv_next(&batch->csv) != CHL_OK) {
        (void)snprintf(why, DECLARE_WHY, "expected a first row with the names of the fields");
        return CHL_E_INVAL;
    }
    batch->columns = batch->csv.count;
    batch->group = SIZE_MAX;
    for (size_t i = 0; i < batch->columns; i++) {
        const char *name = batch->csv.columns[i];
        if (check_name(name, why) != CHL_OK) {
            return CHL_E_INVAL;
        }
        (void)snprintf(batch->names[i], BATCH_COLUMN_SIZE, "%s", name);
        if (strcmp(name, grouping) == 0) {
            batch->group = i;
        }
    }
    if (batch->declare->group != NULL && batch->group == SIZE_MAX) {
        (void)snprintf(why, DECLARE_WHY, "--group: expected the name of a column, got `%.40s`",
                       batch->declare->group);
        return CHL_E_INVAL;
    }
    return CHL_OK;
}

const char *batch_group(const struct batch *batch)
{
    return batch->group < batch->csv.count ? batch->csv.columns[batch->group] : "";
}

/** A plain name that stays in its folder. */
static bool is_file_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(name);
    return length > 0 && length <= NAME_MAX - sizeof "..part" && name[0] != '.' &&
           strspn(name, allowed) == length;
}

chl_err batch_read_row(const struct batch *batch, struct chl_declaration *form,
                       char file[BATCH_FILE_SIZE], char why[DECLARE_WHY])
{
    chl_err err = CHL_OK;
    *form = batch->declare->form; /* what the options say holds for every row */
    if (batch->csv.count != batch->columns) {
        (void)snprintf(why, DECLARE_WHY, "expected %zu columns, got %zu", batch->columns,
                       batch->csv.count);
        return CHL_E_INVAL;
    }
    if (strlen(batch_group(batch)) >= BATCH_GROUP_SIZE) {
        (void)snprintf(why, DECLARE_WHY, "group: expected at most %d bytes", BATCH_GROUP_SIZE - 1);
        return CHL_E_INVAL;
    }
    for (size_t i = 0; err == CHL_OK && i < batch->columns; i++) {
        const char *value = batch->csv.columns[i];
        if (!is_about_row(batch->names[i])) {
            err = declare_set(form, batch->names[i], value, why);
        } else if (strcmp(batch->names[i], "file") != 0 || value[0] == '\0') {
            continue;
        } else if (is_file_name(value)) {
            (void)snprintf(file, BATCH_FILE_SIZE, "%s", value);
        } else {
            (void)snprintf(why, DECLARE_WHY, "file: expected a name of letters, digits, . _ -");
            err = CHL_E_INVAL;
        }
    }
    return err;
}
