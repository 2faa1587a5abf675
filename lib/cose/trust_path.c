/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Files and folders of trust: what is read, how large, and how old it is.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cose/trust.h"
#include "lib/cose/trust_store.h"

enum { FILE_PATH_MAX = 4096 };

/* Age of a file; one from the future is no proof of anything, and is judged as it stands. */
static int64_t age_of(const struct stat *status)
{
    return status->st_mtim.tv_sec > 0 ? (int64_t)status->st_mtim.tv_sec : 1;
}

static chl_err read_file(const char *path, uint8_t **out, size_t *length, struct stat *status)
{
    /* A FIFO must not hold up a start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");
    chl_err error = CHL_E_IO;
    *out = NULL;
    if (file == NULL || fstat(fileno(file), status) != 0) {
        goto out;
    }
    if (!S_ISREG(status->st_mode) || status->st_size > CHL_TRUST_FILE_MAX) {
        error = CHL_E_LIMIT;
        goto out;
    }
    *out = malloc((size_t)status->st_size + 1);
    if (*out == NULL) {
        error = CHL_E_NOMEM;
        goto out;
    }
    *length = fread(*out, 1, (size_t)status->st_size, file);
    error = ferror(file) != 0 ? CHL_E_IO : CHL_OK;
out:
    if (file != NULL) {
        (void)fclose(file);
    } else if (fd >= 0) {
        (void)close(fd);
    }
    return error;
}

static void tell_unread(const char *path, chl_err error, char *why, size_t why_size)
{
    bool readable = access(path, R_OK) == 0;
    const char *reason = readable ? NULL : strerrordesc_np(errno);
    (void)snprintf(why, why_size,
                   "%s: " CHL_TRUST_EXPECTED
                   " of at most %d MiB, could not read it (%s); check the path and "
                   "its permissions",
                   path, CHL_TRUST_FILE_MAX >> 20, reason != NULL ? reason : chl_strerror(error));
}

/* @param member it lies in a folder: its certificates are as old as the folder's newest. */
static chl_err add_file(struct chl_trust *trust, const char *path, bool member, char *why,
                        size_t why_size)
{
    uint8_t *content = NULL;
    size_t length = 0;
    struct stat status;
    chl_err error = read_file(path, &content, &length, &status);
    if (error == CHL_OK) {
        trust->source_s = member ? -age_of(&status) : age_of(&status);
        error =
            chl_trust_add_content(trust, path, (struct chl_bytes){content, length}, why, why_size);
    } else {
        tell_unread(path, error, why, why_size);
    }
    trust->source_s = 0;
    free(content);
    return error;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Who keeps a folder up to date adds to it: all its certificates are as current as the newest. What
 * a member's file said stands there as a negative number. */
static void settle_ages(struct chl_trust *trust)
{
    int64_t newest_s = 0;
    for (size_t i = 0; i < trust->count; i++) {
        int64_t said_s = trust->keys[i].updated_s;
        newest_s = said_s < 0 && -said_s > newest_s ? -said_s : newest_s;
    }
    for (size_t i = 0; i < trust->count; i++) {
        if (trust->keys[i].updated_s < 0) {
            trust->keys[i].updated_s = newest_s;
        }
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcasecmp(text + length - tail, end) == 0;
}

/* A list that was cut short must not take hundreds of issuers away silently; one certificate that
 * cannot be read is skipped as one of a list would be; anything else may lie there. */
static chl_err unusable_member(struct chl_trust *trust, const char *file)
{
    static const char *const endings[] = {".pem", ".der", ".crt", ".cer"};
    if (ends_with(file, ".json")) {
        return CHL_E_CONFIG;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        /* What holds entries has told of each already. */
        if (ends_with(file, endings[i]) && trust->first[0] == '\0') {
            trust->file = file;
            trust->entry = 0;
            chl_trust_pass_over(trust, "expected a certificate or public key, got none");
            trust->file = NULL;
        }
    }
    return CHL_OK;
}

/** What is done with each member of a folder. */
typedef chl_err (*visit)(struct chl_trust *trust, const char *path, const struct stat *status,
                         char *why, size_t why_size);

static chl_err each_member(struct chl_trust *trust, const char *folder, visit act, char *why,
                           size_t why_size)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, visible, alphasort);
    chl_err error = count < 0 ? CHL_E_IO : CHL_OK;
    if (count < 0) {
        (void)snprintf(why, why_size,
                       "%s: expected a folder that can be read; check its permissions", folder);
    }
    for (int i = 0; i < count; i++) {
        char path[FILE_PATH_MAX];
        struct stat status;
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (error == CHL_OK && length > 0 && (size_t)length < sizeof path &&
            stat(path, &status) == 0) {
            error = act(trust, path, &status, why, why_size);
        }
    }
    free(entries);
    return error;
}

/* What is too large is no certificate. */
static chl_err add_member_file(struct chl_trust *trust, const char *path, const struct stat *status,
                               char *why, size_t why_size)
{
    if (!S_ISREG(status->st_mode) || status->st_size > CHL_TRUST_FILE_MAX) {
        return CHL_OK;
    }
    chl_err error = add_file(trust, path, true, why, why_size);
    return error == CHL_E_CONFIG ? unusable_member(trust, path) : error;
}

/* Folders too: one a country, as gateways' tools leave them. */
static chl_err add_member(struct chl_trust *trust, const char *path, const struct stat *status,
                          char *why, size_t why_size)
{
    return S_ISDIR(status->st_mode) ? each_member(trust, path, add_member_file, why, why_size)
                                    : add_member_file(trust, path, status, why, why_size);
}

static chl_err add_folder(struct chl_trust *trust, const char *path, char *why, size_t why_size)
{
    size_t before = trust->count;
    chl_err error = each_member(trust, path, add_member, why, why_size);
    settle_ages(trust);
    if (error == CHL_OK && trust->count == before) {
        (void)snprintf(why, why_size, "%s: " CHL_TRUST_EXPECTED " in this folder, got none", path);
        error = CHL_E_CONFIG;
    }
    return error;
}

chl_err chl_trust_add_path(struct chl_trust *trust, const char *path, char *why, size_t why_size)
{
    struct stat status;
    bool folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    chl_err error = folder ? add_folder(trust, path, why, why_size)
                           : add_file(trust, path, false, why, why_size);
    chl_trust_sort(trust);
    return error;
}
