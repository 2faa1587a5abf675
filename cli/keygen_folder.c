/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Folders that a new key lies in.
 */
#include "cli/keygen_folder.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/text.h"

void keygen_make_folders(const char *path)
{
    char folder[PATH_MAX];
    if (!chl_copy(folder, sizeof folder, path)) {
        return;
    }
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            return;
        }
        *slash = '/';
    }
}

bool keygen_is_folder(const char *out)
{
    struct stat about;
    const size_t length = strlen(out);
    return (length > 0 && out[length - 1] == '/') ||
           (stat(out, &about) == 0 && S_ISDIR(about.st_mode));
}
