/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reading the file itself, never more of it than the bound.
 */
#include "lib/yaml/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static chl_err read_all(int file, char *text, size_t room, size_t *length)
{
    *length = 0;
    while (*length < room) {
        ssize_t got = read(file, text + *length, room - *length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return CHL_E_IO;
        }
        if (got == 0) {
            break;
        }
        *length += (size_t)got;
    }
    return CHL_OK;
}

static chl_err unreadable(const char *path, int why, struct chl_yaml_error *error)
{
    if (error != NULL) {
        char reason[128];
        *error = (struct chl_yaml_error){.line = 0};
        (void)snprintf(error->text, sizeof error->text,
                       "%.300s: expected a readable file, got: %s; check the path and its rights",
                       path, strerror_r(why, reason, sizeof reason));
    }
    return CHL_E_IO;
}

chl_err chl_yaml_load(const char *path, struct chl_yaml **out, struct chl_yaml_error *error)
{
    *out = NULL;
    char *text = NULL;
    size_t length = 0;
    chl_err result = CHL_E_IO;
    struct stat about;
    /* Without O_NONBLOCK a FIFO named by mistake would hang the start. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &about) != 0) {
        result = unreadable(path, errno, error);
        goto out;
    }
    if (!S_ISREG(about.st_mode)) {
        result = unreadable(path, S_ISDIR(about.st_mode) ? EISDIR : EINVAL, error);
        goto out;
    }
    text = malloc(CHL_YAML_FILE_MAX + 1);
    if (text == NULL) {
        result = CHL_E_NOMEM;
        goto out;
    }
    result = read_all(file, text, CHL_YAML_FILE_MAX + 1, &length);
    if (result != CHL_OK) {
        result = unreadable(path, errno, error);
        goto out;
    }
    result = chl_yaml_parse(path, text, length, out, error);
out:
    free(text);
    if (file >= 0) {
        (void)close(file);
    }
    return result;
}
