/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Reading and atomic writing of a snapshot's file.
 */
#include "core/journal/snapshot_file.h"

#include "lib/journal/durable.h"
#include "lib/wire/bigendian.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    AT_VERSION = 4,
    AT_EPOCH = 8,
    AT_SEQUENCE = 24,
    AT_HASH = 32,
    AT_LENGTH = 64,
    AT_DIGEST = 72,
    HEAD = 104,
    VERSION = 1
};

static const char magic[4] = {'C', 'H', 'L', 'S'};

static bool digest(const uint8_t head[HEAD], const char *bytes, size_t length, uint8_t out[32])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(context, head, AT_DIGEST) == 1 &&
                EVP_DigestUpdate(context, bytes, length) == 1 &&
                EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

static chl_err write_all(int fd, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    while (length > 0) {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? CHL_E_FULL : CHL_E_IO;
        }
        at += written;
        length -= (size_t)written;
    }
    return CHL_OK;
}

static chl_err write_file(const char *name, const uint8_t head[HEAD], const char *bytes,
                          size_t length)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0) {
        return CHL_E_IO;
    }
    chl_err error = write_all(fd, head, HEAD);
    if (error == CHL_OK) {
        error = write_all(fd, bytes, length);
    }
    if (error == CHL_OK && fsync(fd) != 0) {
        error = CHL_E_IO;
    }
    if (close(fd) != 0 && error == CHL_OK) {
        error = CHL_E_IO;
    }
    return error;
}

chl_err snapshot_file_write(const char *path, const struct snapshot_mark *mark, const char *bytes,
                            size_t length)
{
    char name[4096];
    uint8_t head[HEAD] = {0};
    int written = snprintf(name, sizeof name, "%s.new", path);
    if (written < 0 || (size_t)written >= sizeof name) {
        return CHL_E_INVAL;
    }
    memcpy(head, magic, sizeof magic);
    head[AT_VERSION] = VERSION;
    memcpy(head + AT_EPOCH, mark->epoch, sizeof mark->epoch);
    chl_put_be(head + AT_SEQUENCE, mark->sequence, 8);
    memcpy(head + AT_HASH, mark->hash, sizeof mark->hash);
    chl_put_be(head + AT_LENGTH, length, 8);
    if (!digest(head, bytes, length, head + AT_DIGEST)) {
        return CHL_E_NOMEM;
    }
    chl_err error = write_file(name, head, bytes, length);
    if (error == CHL_OK && rename(name, path) != 0) {
        error = CHL_E_IO;
    }
    if (error != CHL_OK) {
        unlink(name);
        return error;
    }
    return chl_durable_folder(path);
}

static chl_err refuse(char *why, size_t why_size, const char *path, const char *text)
{
    snprintf(why, why_size, "%s: %s", path, text);
    return CHL_E_CORRUPT;
}

/* The whole file: its length must be what its head says. */
static chl_err read_whole(int fd, const char *path, uint8_t head[HEAD], char **bytes,
                          size_t *length, char *why, size_t why_size)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return CHL_E_IO;
    }
    if (info.st_size < HEAD || info.st_size > HEAD + (off_t)SNAPSHOT_MAX ||
        pread(fd, head, HEAD, 0) != HEAD || memcmp(head, magic, sizeof magic) != 0) {
        return refuse(why, why_size, path, "expected a snapshot, came another or cut file");
    }
    if (head[AT_VERSION] != VERSION) {
        return refuse(why, why_size, path, "expected snapshot version 1, came another");
    }
    *length = (size_t)info.st_size - HEAD;
    if (chl_get_be(head + AT_LENGTH, 8) != *length) {
        return refuse(why, why_size, path, "expected the length its head tells, came another");
    }
    *bytes = malloc(*length + 1);
    if (*bytes == NULL) {
        return CHL_E_NOMEM;
    }
    for (size_t at = 0; at < *length;) {
        ssize_t got = pread(fd, *bytes + at, *length - at, HEAD + (off_t)at);
        if (got <= 0) {
            return CHL_E_IO;
        }
        at += (size_t)got;
    }
    (*bytes)[*length] = '\0';
    return CHL_OK;
}

chl_err snapshot_file_read(const char *path, struct snapshot_mark *mark, char **bytes,
                           size_t *length, char *why, size_t why_size)
{
    uint8_t head[HEAD];
    uint8_t actual[32];
    *bytes = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int number = errno;
        snprintf(why, why_size, "%s: cannot be opened: %s", path, strerrordesc_np(number));
        return number == ENOENT ? CHL_E_NOTFOUND : CHL_E_IO;
    }
    snprintf(why, why_size, "%s: cannot be read", path);
    chl_err error = read_whole(fd, path, head, bytes, length, why, why_size);
    close(fd);
    if (error == CHL_OK && !digest(head, *bytes, *length, actual)) {
        error = CHL_E_NOMEM;
    }
    if (error == CHL_OK && memcmp(actual, head + AT_DIGEST, sizeof actual) != 0) {
        error = refuse(why, why_size, path, "expected the digest in its head, came another");
    }
    if (error != CHL_OK) {
        free(*bytes);
        *bytes = NULL;
        return error;
    }
    memcpy(mark->epoch, head + AT_EPOCH, sizeof mark->epoch);
    mark->sequence = chl_get_be(head + AT_SEQUENCE, 8);
    memcpy(mark->hash, head + AT_HASH, sizeof mark->hash);
    return CHL_OK;
}
