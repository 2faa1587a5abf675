/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reads the list's file, and adds to it so that no reader ever sees half of it.
 */
#include "lib/declaration/revoked_file.h"

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/declaration/revoked.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOTE_MAX = 200, LINE_SIZE = 512 };

static const char heading[] = "# Declarations taken back (id) and issuers' keys believed no longer "
                              "(key).\n";

chl_err revoked_read(const char *path, char **text, size_t *length, char *why, size_t why_size)
{
    chl_err err = CHL_E_IO;
    struct stat about;
    *text = NULL;
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &about) != 0) {
        (void)snprintf(why, why_size,
                       "%s: expected a list of what was taken back, could not open it (%s); an "
                       "empty file is an empty list",
                       path, strerrordesc_np(errno));
        goto out;
    }
    if (!S_ISREG(about.st_mode) || about.st_size > CHL_REVOKED_FILE_MAX) {
        err = CHL_E_LIMIT;
        (void)snprintf(why, why_size, "%s: expected a file of at most %d MiB", path,
                       CHL_REVOKED_FILE_MAX >> 20);
        goto out;
    }
    *text = malloc((size_t)about.st_size + 1);
    if (*text == NULL) {
        err = CHL_E_NOMEM;
        (void)snprintf(why, why_size, "%s: out of memory", path);
        goto out;
    }
    *length = fread(*text, 1, (size_t)about.st_size, file);
    err = CHL_OK;
    if (ferror(file) != 0) {
        err = CHL_E_IO;
        (void)snprintf(why, why_size, "%s: could not be read", path);
        free(*text);
        *text = NULL;
    }
out:
    if (file != NULL) {
        (void)fclose(file);
    }
    return err;
}

/** The folder, held against other writers until closed. −1 = errno says why. */
static int hold_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!chl_copy_n(folder, sizeof folder, slash == NULL ? "." : path,
                    slash == NULL ? 1 : (size_t)(slash - path) + 1)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int held = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (held >= 0 && flock(held, LOCK_EX) != 0) {
        int error = errno;
        (void)close(held);
        errno = error;
        return -1;
    }
    return held;
}

/** Write the list with one more line beside it, then rename. `mode`: as the former file's. */
static chl_err write_anew(const char *path, int folder, const char *text, size_t length,
                          const char *line, mode_t mode)
{
    char part[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    int size = snprintf(part, sizeof part, "%.*s.%s.part", (int)(name - path), path, name);
    if (size < 0 || (size_t)size >= sizeof part) {
        errno = ENAMETOOLONG;
        return CHL_E_IO;
    }
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return CHL_E_IO;
    }
    bool ended = length == 0 || text[length - 1] == '\n';
    bool good = fwrite(text, 1, length, file) == length && (ended || fputc('\n', file) != EOF) &&
                fputs(line, file) >= 0 && fflush(file) == 0 && fsync(fd) == 0;
    good = fclose(file) == 0 && good;
    good = good && rename(part, path) == 0 && fsync(folder) == 0;
    if (!good) {
        int error = errno;
        (void)unlink(part);
        errno = error;
    }
    return good ? CHL_OK : CHL_E_IO;
}

static chl_err make_line(chl_revoked_kind kind, const char *hex, const char *note, int64_t wall_ns,
                         char line[LINE_SIZE])
{
    char when[CHL_RFC3339_SIZE];
    note = note == NULL ? "" : note;
    for (const char *c = note; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ') {
            return CHL_E_INVAL;
        }
    }
    if (strlen(note) > NOTE_MAX || strlen(hex) > (size_t)2 * CHL_REVOKED_ID_MAX) {
        return CHL_E_INVAL;
    }
    chl_time_format(wall_ns, when);
    (void)snprintf(line, LINE_SIZE, "%s %s %s%s%s\n", kind == CHL_REVOKED_KEY ? "key" : "id", hex,
                   when, note[0] != '\0' ? " " : "", note);
    return CHL_OK;
}

/** True when the line's entry is in the text already. */
static bool is_listed(const struct chl_revoked *list, chl_revoked_kind kind, const char *hex)
{
    uint8_t bytes[CHL_REVOKED_ID_MAX];
    size_t length = strlen(hex) / 2;
    return chl_unhex(hex, strlen(hex), bytes, length) == CHL_OK &&
           chl_revoked_has(list, kind, (struct chl_bytes){bytes, length});
}

chl_err chl_revoked_append(const char *path, chl_revoked_kind kind, const char *hex,
                           const char *note, int64_t wall_ns, char *why, size_t why_size)
{
    char line[LINE_SIZE];
    char *text = NULL;
    size_t length = 0;
    mode_t mode = 0644;
    struct stat about;
    struct chl_revoked *list = NULL;
    chl_err err = make_line(kind, hex, note, wall_ns, line);
    if (err == CHL_OK) {
        err = chl_revoked_parse("the new entry", line, strlen(line), &list, why, why_size);
    }
    chl_revoked_free(list);
    list = NULL;
    if (err != CHL_OK) {
        (void)snprintf(why, why_size,
                       "expected 16 to 32 hexadecimal digits (a key: 16) and a note of at most %d "
                       "bytes in one line; manifest.csv and the card show a code's",
                       NOTE_MAX);
        return CHL_E_INVAL;
    }
    int folder = hold_folder(path);
    if (folder < 0) {
        (void)snprintf(why, why_size, "%s: %s", path, strerrordesc_np(errno));
        return CHL_E_IO;
    }
    if (stat(path, &about) == 0) {
        mode = about.st_mode & 0777;
        err = revoked_read(path, &text, &length, why, why_size);
    } else {
        text = strdup(heading);
        length = sizeof heading - 1;
        err = text == NULL ? CHL_E_NOMEM : CHL_OK;
    }
    if (err == CHL_OK) {
        err = chl_revoked_parse(path, text, length, &list, why, why_size);
    }
    if (err == CHL_OK && is_listed(list, kind, hex)) {
        (void)snprintf(why, why_size, "%s: %s is listed already", path, hex);
        err = CHL_E_STATE;
    } else if (err == CHL_OK && chl_revoked_count(list) == CHL_REVOKED_MAX) {
        (void)snprintf(why, why_size, "%s: holds %d entries already; take out expired ones", path,
                       CHL_REVOKED_MAX);
        err = CHL_E_LIMIT;
    } else if (err == CHL_OK) {
        err = write_anew(path, folder, text, length, line, mode);
        if (err != CHL_OK) {
            (void)snprintf(why, why_size, "%s: could not be written: %s", path,
                           strerrordesc_np(errno));
        }
    }
    chl_revoked_free(list);
    free(text);
    (void)close(folder);
    return err;
}
