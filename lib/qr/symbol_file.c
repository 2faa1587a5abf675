/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Writes a finished picture under its name all at once, so that a watched folder never
 * shows half of it and an interrupted tool leaves none.
 */
#include "lib/qr/symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** `<folder>/.<name>.part` beside the final name; the caller frees it. */
static char *temporary_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    char *text = NULL;
    if (asprintf(&text, "%.*s.%s.part", (int)(name - path), path, name) < 0) {
        return NULL;
    }
    return text;
}

static bool write_whole(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t done = write(fd, bytes, length);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return false;
        }
        bytes += done;
        length -= (size_t)done;
    }
    return true;
}

chl_err chl_qr_write_file(const char *path, const uint8_t *bytes, size_t length)
{
    char *part = temporary_name(path);
    if (part == NULL) {
        return CHL_E_NOMEM;
    }
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool good = fd >= 0 && write_whole(fd, bytes, length);
    if (fd >= 0) {
        good = close(fd) == 0 && good;
    }
    if (good) {
        good = rename(part, path) == 0;
    }
    if (!good && fd >= 0) {
        int why = errno;
        (void)unlink(part);
        errno = why;
    }
    free(part);
    return good ? CHL_OK : CHL_E_IO;
}
