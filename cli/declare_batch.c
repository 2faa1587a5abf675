/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief `chilang declare --batch`: a signed declaration a row of a CSV file, or a family of rows;
 *  pictures, cards, codes. What is good is made, what is not is listed with its line.
 */
#include "cli/declare_batch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/base/time.h"

enum { FOLDER_MODE = 0755 };

static void complain(const struct batch *batch, unsigned line, const char *why)
{
    fprintf(stderr, "chilang declare: %s:%u: %s\n", batch->declare->batch, line, why);
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

static chl_err write_card(struct batch *batch, const struct chl_declaration *form, const char *code,
                          char why[DECLARE_WHY])
{
    struct declare_card card;
    chl_err err = declare_card_prepare(batch->declare, form, code, &card, why);
    return err == CHL_OK ? chl_card_sheets_add(batch->sheets, &card.card, why, DECLARE_WHY) : err;
}

/** A name for a picture that no earlier batch gave to one of its own. */
static void number_file(struct batch *batch, char *out, size_t size)
{
    char path[PATH_MAX];
    unsigned number = batch->skipped + batch->good + batch->bad;
    do {
        number++;
        (void)snprintf(out, size, "%05u.png", number);
        int length = snprintf(path, sizeof path, "%s/%s",
                              batch->declare->out != NULL ? batch->declare->out : ".", out);
        if (batch->declare->out == NULL || length < 0 || (size_t)length >= sizeof path) {
            break;
        }
    } while (access(path, F_OK) == 0 && number < UINT_MAX);
    batch->skipped = number - batch->good - batch->bad - 1;
}

/** Sign the family that was read and write what was asked for. */
static chl_err issue(struct batch *batch, struct batch_family *family, char why[DECLARE_WHY])
{
    char code[CHL_ISSUE_CODE_MAX];
    char numbered[32];
    char expires[CHL_RFC3339_SIZE];
    const char *file = family->file[0] != '\0' ? family->file : numbered;
    number_file(batch, numbered, sizeof numbered);
    chl_err err = declare_sign(batch->declare, &family->form, code, why);
    if (err == CHL_OK && batch->sheets != NULL) {
        err = write_card(batch, &family->form, code, why);
    }
    if (err == CHL_OK && batch->manifest != NULL) {
        err = write_picture(batch, code, file, why);
    }
    if (err != CHL_OK) {
        return err;
    }
    if (batch->declare->text) {
        puts(code);
    }
    if (batch->manifest != NULL) {
        chl_time_format(family->form.claims.expires_at * CHL_NS_PER_S, expires);
        fprintf(batch->manifest, "%u,%s,%s,%u,%s\n", family->line, file, family->form.claims.id,
                batch->symbol.version, expires);
    }
    return CHL_OK;
}

/** The family is complete: make its code. A mistake in one row leaves all of it unmade. */
static void end_family(struct batch *batch)
{
    struct batch_family *family = &batch->family;
    char why[DECLARE_WHY] = "";
    if (family->rows == 0) {
        return;
    }
    if (family->mistakes > 0 && family->rows > 1) {
        (void)snprintf(why, sizeof why, "not made with its family of %u, for the mistake above",
                       family->rows);
        complain(batch, family->line, why);
    } else if (family->mistakes == 0 && issue(batch, family, why) != CHL_OK) {
        complain(batch, family->line, why);
        family->mistakes++;
    }
    if (family->mistakes == 0) {
        batch->unplaced += family->form.claims.from_area[0] == '\0' ? 1 : 0;
        batch->good++;
    } else {
        batch->bad++;
    }
    family->rows = 0;
}

/** A row begins a family or joins the last one. */
static void take_row(struct batch *batch)
{
    struct batch_family *family = &batch->family;
    static struct chl_declaration form;
    char why[DECLARE_WHY] = "";
    char file[BATCH_FILE_SIZE] = "";
    const char *group = batch_group(batch);
    chl_err err = batch_read_row(batch, &form, file, why);
    bool joins = family->rows > 0 && group[0] != '\0' && strcmp(group, family->group) == 0;
    if (!joins) {
        end_family(batch);
        *family = (struct batch_family){.line = batch->csv.line, .form = form};
        (void)snprintf(family->group, sizeof family->group, "%s", group);
        (void)snprintf(family->file, sizeof family->file, "%s", file);
    } else if (err == CHL_OK && family->mistakes == 0) {
        err = declare_join(&family->form, &form, &batch->declare->form, why);
    }
    family->rows++;
    if (err != CHL_OK) {
        family->mistakes++;
        complain(batch, batch->csv.line, why);
    }
}

/** Every row. @return false when the file itself cannot be read to its end. */
static bool do_rows(struct batch *batch)
{
    chl_err err = csv_next(&batch->csv);
    for (; err == CHL_OK; err = csv_next(&batch->csv)) {
        take_row(batch);
    }
    end_family(batch);
    if (err != CHL_E_CLOSED) {
        complain(batch, batch->csv.line,
                 err == CHL_E_LIMIT ? "expected at most 64 columns and 16 KiB a row"
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
        /* What was handed out before stays listed: by its identifier it is taken back. */
        batch->manifest = fopen(path, "ae");
    }
    if (batch->manifest == NULL) {
        fprintf(stderr, "chilang declare: %s cannot be written: %s\n", path,
                strerrordesc_np(errno));
        return false;
    }
    struct stat about;
    if (fstat(fileno(batch->manifest), &about) == 0 && about.st_size == 0) {
        fputs("line,file,id,version,expires_at\n", batch->manifest);
    }
    return true;
}

static bool begin_sheets(struct batch *batch)
{
    if (batch->declare->cards == NULL || chl_card_sheets_new(&batch->sheets) == CHL_OK) {
        return true;
    }
    fprintf(stderr, "chilang declare: out of memory\n");
    return false;
}

/** Cards of what was good; none when nothing was. */
static bool end_sheets(struct batch *batch)
{
    if (batch->sheets == NULL) {
        return true;
    }
    chl_err err = chl_card_sheets_end(batch->sheets, batch->declare->cards);
    batch->sheets = NULL;
    if (err != CHL_OK && err != CHL_E_STATE) {
        fprintf(stderr, "chilang declare: %s cannot be written: %s\n", batch->declare->cards,
                strerrordesc_np(errno));
    }
    return err == CHL_OK;
}

int declare_batch(const struct declare *declare)
{
    bool good = false;
    char why[DECLARE_WHY] = "";
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
    if (batch_read_header(batch, why) != CHL_OK) {
        complain(batch, batch->csv.line, why);
    } else {
        good = begin_sheets(batch) && open_manifest(batch) && do_rows(batch);
        good = end_sheets(batch) && good;
    }
    if (batch->manifest != NULL) {
        good = fclose(batch->manifest) == 0 && good;
    }
    good = fflush(stdout) == 0 && good;
    fprintf(stderr, "chilang declare: %u made, %u refused\n", batch->good, batch->bad);
    if (batch->unplaced > 0) {
        fprintf(stderr,
                "chilang declare: %u of them say no `from`: the checkpoint must ask where these "
                "people come from\n",
                batch->unplaced);
    }
out:
    if (batch->csv.file != NULL && !standard) {
        (void)fclose(batch->csv.file);
    }
    free(batch);
    return good ? CLI_OK : CLI_FAILED;
}
