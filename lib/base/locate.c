/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Paths relative to the running program, so that a build tree and an installation look
 * alike.
 */
#include "lib/base/locate.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static chl_err beside(const char *relative, char *out, size_t size)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0) {
        return CHL_E_IO;
    }
    self[length] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL) {
        return CHL_E_IO;
    }
    slash[1] = '\0';
    int written = snprintf(out, size, "%s%s", self, relative);
    return written > 0 && (size_t)written < size ? CHL_OK : CHL_E_LIMIT;
}

chl_err chl_locate_plugins(char *out, size_t size)
{
    return beside("../" CHL_PLUGIN_SUBDIR, out, size);
}

chl_err chl_locate_data(char *out, size_t size)
{
    return beside("../" CHL_DATA_SUBDIR, out, size);
}

chl_err chl_locate_program(const char *name, char *out, size_t size)
{
    return beside(name, out, size);
}
