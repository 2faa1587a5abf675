/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Syncs that hold also after a sync that failed.
 */
#include "lib/journal/durable.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

chl_err chl_durable_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    size_t length = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    if (length >= sizeof folder) {
        return CHL_E_INVAL;
    }
    memcpy(folder, path, length);
    memcpy(folder + length, ".", 2);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return CHL_E_IO;
    }
    int result = fsync(fd);
    close(fd);
    return result == 0 ? CHL_OK : CHL_E_IO;
}

static int rewrite(sqlite3_file *file)
{
    sqlite3_int64 size = 0;
    uint8_t *piece = malloc(PIECE);
    int code = piece != NULL ? file->pMethods->xFileSize(file, &size) : SQLITE_NOMEM;
    for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += PIECE) {
        int length = size - at < PIECE ? (int)(size - at) : PIECE;
        code = file->pMethods->xRead(file, piece, length, at);
        if (code == SQLITE_OK) {
            code = file->pMethods->xWrite(file, piece, length, at);
        }
    }
    if (code == SQLITE_OK) {
        code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    }
    free(piece);
    return code;
}

int chl_durable_log(const char *path)
{
    char name[4096];
    int exists = 0;
    int got = 0;
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    int length = snprintf(name, sizeof name, "%s-wal", path);
    if (vfs == NULL || length < 0 || (size_t)length >= sizeof name) {
        return SQLITE_CANTOPEN;
    }
    int code = vfs->xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &exists);
    if (code != SQLITE_OK || exists == 0) {
        return code;
    }
    const char *names = sqlite3_create_filename(path, "", name, 0, NULL);
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    if (names == NULL || file == NULL) {
        code = SQLITE_NOMEM;
        goto out;
    }
    code = vfs->xOpen(vfs, sqlite3_filename_wal(names), file,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL, &got);
    if (code == SQLITE_OK) {
        code = rewrite(file);
    }
    if (file->pMethods != NULL) {
        file->pMethods->xClose(file);
    }
out:
    free(file);
    sqlite3_free_filename(names);
    return code;
}
