/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang declare --batch`: one signed declaration and one picture a row of a CSV file.
 */
#include "cli/declare.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "lib/base/time.h"
#include "lib/csv/csv.h"

enum { COLUMN_SIZE = 32, FOLDER_MODE = 0755 };

struct batch {
    const struct declare *declare;
    struct csv csv;
    size_t columns;
    char names[CSV_COLUMNS_MAX][COLUMN_SIZE];
    FILE *manifest; /* NULL with --text */
    unsigned good, bad;
    struct chl_qr_symbol symbol;
};

static void complain(const struct batch *batch, const char *why)
{
    fprintf(stderr, "chilang declare: %s:%u: %s\n", batch->declare->batch, batch->csv.line, why);
}

/** The first row: names of fields, `file`, `issued_at`, `expires_at`. */
static bool read_header(struct batch *batch)
{
    chl_err err = csv_next(&batch->csv);
    if (err != CHL_OK) {
        complain(batch, "expected a first row with the names of the fields");
        return false;
    }
    batch->columns = batch->csv.count;
    for (size_t i = 0; i < batch->columns; i++) {
        struct chl_declaration probe;
        char why[DECLARE_WHY] = "";
        const char *name = batch->csv.columns[i];
        int length = snprintf(batch->names[i], COLUMN_SIZE, "%s", name);
        chl_declaration_init(&probe);
        if (strcmp(name, "file") != 0 && declare_set(&probe, name, "", why) != CHL_OK) {
            complain(batch, why);
            return false;
        }
        if (length >= COLUMN_SIZE) {
            complain(batch, "expected shorter names of fields");
            return false;
        }
    }
    return true;
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

/** Fill a form from the row. `*file` is the picture's name when the row gives one. */
static chl_err read_row(const struct batch *batch, struct chl_declaration *form, const char **file,
                        char why[DECLARE_WHY])
{
    chl_err err = CHL_OK;
    *form = batch->declare->form; /* what the options say holds for every row */
    if (batch->csv.count != batch->columns) {
        (void)snprintf(why, DECLARE_WHY, "expected %zu columns, got %zu", batch->columns,
                       batch->csv.count);
        return CHL_E_INVAL;
    }
    for (size_t i = 0; err == CHL_OK && i < batch->columns; i++) {
        const char *value = batch->csv.columns[i];
        if (strcmp(batch->names[i], "file") != 0) {
            err = declare_set(form, batch->names[i], value, why);
        } else if (is_file_name(value)) {
            *file = value;
        } else if (value[0] != '\0') {
            (void)snprintf(why, DECLARE_WHY, "file: expected a name of letters, digits, . _ -");
            err = CHL_E_INVAL;
        }
    }
    return err;
}

static chl_err write_picture(struct batch *batch, const char *code, const char *file,
                             char why[DECLARE_WHY])
{
    const struct declare *declare = batch->declare;
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", declare->out, file);
    if (length < 0 || (size_t)length >= sizeof path) {
        (void)snprintf(why, DECLARE_WHY, "the picture's path is too long");
        return CHL_E_LIMIT;
    }
    chl_err err = chl_qr_encode(code, strlen(code), declare->level, &batch->symbol);
    if (err != CHL_OK) {
        (void)snprintf(why, DECLARE_WHY, "the code fits no QR symbol at this level");
        return err;
    }
    err = chl_qr_write_png(&batch->symbol, declare->scale, path);
    if (err != CHL_OK) {
        (void)snprintf(why, DECLARE_WHY, "%.200s cannot be written: %s", path,
                       strerrordesc_np(errno));
    }
    return err;
}

static chl_err do_row(struct batch *batch, char why[DECLARE_WHY])
{
    struct chl_declaration form;
    char code[CHL_ISSUE_CODE_MAX];
    char numbered[32];
    char expires[CHL_RFC3339_SIZE];
    const char *file = numbered;
    (void)snprintf(numbered, sizeof numbered, "%05u.png", batch->good + batch->bad + 1);
    chl_err err = read_row(batch, &form, &file, why);
    if (err == CHL_OK) {
        err = declare_sign(batch->declare, &form, code, why);
    }
    if (err == CHL_OK && batch->declare->text) {
        puts(code);
    }
    if (err == CHL_OK && batch->manifest != NULL) {
        err = write_picture(batch, code, file, why);
    }
    if (err == CHL_OK && batch->manifest != NULL) {
        chl_time_format(form.claims.expires_at * CHL_NS_PER_S, expires);
        fprintf(batch->manifest, "%u,%s,%s,%u,%s\n", batch->csv.line, file, form.claims.id,
                batch->symbol.version, expires);
    }
    return err;
}

/** Every row; a bad one is reported and left out. */
static bool do_rows(struct batch *batch)
{
    chl_err err = csv_next(&batch->csv);
    for (; err == CHL_OK; err = csv_next(&batch->csv)) {
        char why[DECLARE_WHY] = "";
        if (do_row(batch, why) == CHL_OK) {
            batch->good++;
        } else {
            batch->bad++;
            complain(batch, why);
        }
    }
    if (err != CHL_E_CLOSED) {
        complain(batch, err == CHL_E_LIMIT ? "expected at most 64 columns and 16 KiB a row"
                                           : "expected a row of CSV with its quotes closed");
        return false;
    }
    return batch->bad == 0;
}

static bool open_manifest(struct batch *batch)
{
    const char *folder = batch->declare->out;
    char path[PATH_MAX];
    if (folder == NULL) {
        return true;
    }
    int length = snprintf(path, sizeof path, "%s/manifest.csv", folder);
    if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST) {
        fprintf(stderr, "chilang declare: %s: %s\n", folder, strerrordesc_np(errno));
        return false;
    }
    if (length > 0 && (size_t)length < sizeof path) {
        batch->manifest = fopen(path, "we");
    }
    if (batch->manifest == NULL) {
        fprintf(stderr, "chilang declare: %s cannot be written: %s\n", path,
                strerrordesc_np(errno));
        return false;
    }
    fputs("line,file,id,version,expires_at\n", batch->manifest);
    return true;
}

int declare_batch(const struct declare *declare)
{
    bool good = false;
    bool standard = strcmp(declare->batch, "-") == 0;
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        fprintf(stderr, "chilang declare: out of memory\n");
        return CLI_FAILED;
    }
    batch->declare = declare;
    batch->csv.file = standard ? stdin : fopen(declare->batch, "re");
    if (batch->csv.file == NULL) {
        fprintf(stderr, "chilang declare: %s: %s\n", declare->batch, strerrordesc_np(errno));
        goto out;
    }
    good = read_header(batch) && open_manifest(batch) && do_rows(batch);
    if (batch->manifest != NULL) {
        good = fclose(batch->manifest) == 0 && good;
    }
    good = fflush(stdout) == 0 && good;
    fprintf(stderr, "chilang declare: %u made, %u refused\n", batch->good, batch->bad);
out:
    if (batch->csv.file != NULL && !standard) {
        (void)fclose(batch->csv.file);
    }
    free(batch);
    return good ? CLI_OK : CLI_FAILED;
}
