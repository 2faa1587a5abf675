/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The translation of SQLite's result codes.
 */
#include "lib/journal/sqlite_error.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* SQLite calls only ENOSPC "full"; a quota and a size limit are the same to us: waiting helps. */
static bool no_space(int system_errno)
{
    return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

chl_err chl_sqlite_error(int code, int system_errno)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return CHL_OK;
    case SQLITE_FULL:
        return CHL_E_FULL;
    case SQLITE_NOMEM:
        return CHL_E_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return CHL_E_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
        return CHL_E_CORRUPT;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return no_space(system_errno) ? CHL_E_FULL : CHL_E_IO;
    default:
        return CHL_E_IO;
    }
}

bool chl_file_exists(const char *path, const char *suffix)
{
    char name[4096];
    int length = snprintf(name, sizeof name, "%s%s", path, suffix);
    return length > 0 && (size_t)length < sizeof name && access(name, F_OK) == 0;
}
