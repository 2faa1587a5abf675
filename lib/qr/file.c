/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A picture file into memory, bounded, and never waiting for one.
 */
#include "lib/qr/picture.h"
#include "lib/qr/reader.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

chl_err picture_load(const char *path, uint8_t **out, size_t *length)
{
    uint8_t *bytes = NULL;
    chl_err err = CHL_E_IO;
    struct stat about;
    /* Not blocking: the name may have become a FIFO that nobody writes to. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        goto out;
    }
    if (about.st_size > CHL_QR_FILE_MAX) {
        err = CHL_E_LIMIT;
        goto out;
    }
    size_t size = (size_t)about.st_size;
    bytes = malloc(size + 1);
    if (bytes == NULL) {
        err = CHL_E_NOMEM;
        goto out;
    }
    size_t have = 0;
    ssize_t got = 1;
    while (have < size && got > 0) {
        got = read(fd, bytes + have, size - have);
        have += got > 0 ? (size_t)got : 0;
    }
    if (got >= 0) {
        *out = bytes;
        *length = have;
        bytes = NULL;
        err = CHL_OK;
    }
out:
    free(bytes);
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}
