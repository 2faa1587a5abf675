/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where plugins lie and which there are, without loading any.
 */
#include "lib/pluginhost/find.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/locate.h"
#include "lib/base/text.h"
#include "lib/pluginhost/pluginhost.h"

static void add_folder(struct chl_plugin_folders *folders, const char *path, size_t length)
{
    if (length > 0 && folders->count < CHL_PLUGIN_FOLDERS_MAX &&
        chl_copy_n(folders->path[folders->count], PATH_MAX, path, length)) {
        folders->count++;
    }
}

static void add_environment(struct chl_plugin_folders *folders)
{
    /* A program with raised privileges must not load what its caller's environment names. */
    const char *rest = secure_getenv(CHL_PLUGIN_PATH_ENV);
    while (rest != NULL && *rest != '\0') {
        size_t length = strcspn(rest, ":");
        add_folder(folders, rest, length);
        rest += length;
        rest += *rest == ':' ? 1 : 0;
    }
}

chl_err chl_plugin_folders(const char *dir, struct chl_plugin_folders **out)
{
    struct chl_plugin_folders *folders = calloc(1, sizeof *folders);
    if (folders == NULL) {
        return CHL_E_NOMEM;
    }
    if (dir != NULL) {
        add_folder(folders, dir, strlen(dir));
    } else {
        char installed[PATH_MAX];
        add_environment(folders);
        if (chl_locate_plugins(installed, sizeof installed) == CHL_OK) {
            add_folder(folders, installed, strlen(installed));
        }
    }
    *out = folders;
    return CHL_OK;
}

bool chl_plugin_name_is_valid(const char *name, size_t length)
{
    if (length == 0 || length >= CHL_PLUGIN_NAME_MAX || name[0] < 'a' || name[0] > 'z') {
        return false;
    }
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") >= length;
}

/* Names found so far; `total` goes on counting when the room is used up. */
struct findings {
    char (*names)[CHL_PLUGIN_NAME_MAX];
    size_t room, total;
};

static void keep(struct findings *found, const char *name, size_t length)
{
    size_t kept = found->total < found->room ? found->total : found->room;
    for (size_t i = 0; i < kept; i++) {
        if (strncmp(found->names[i], name, length) == 0 && found->names[i][length] == '\0') {
            return; /* a folder searched earlier has it too: that one is loaded */
        }
    }
    if (found->total < found->room) {
        (void)chl_copy_n(found->names[found->total], CHL_PLUGIN_NAME_MAX, name, length);
    }
    found->total++;
}

static void scan_folder(const char *folder, const char *prefix, struct findings *found)
{
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        return;
    }
    const struct dirent *entry = NULL;
    /* Each stream has one reader, which is what readdir asks for. */
    while ((entry = readdir(directory)) != NULL) { // NOLINT(concurrency-mt-unsafe)
        size_t length = strlen(entry->d_name);
        if (length <= 3 || strcmp(entry->d_name + length - 3, ".so") != 0 ||
            strncmp(entry->d_name, prefix, strlen(prefix)) != 0) {
            continue;
        }
        if (chl_plugin_name_is_valid(entry->d_name, length - 3)) {
            keep(found, entry->d_name, length - 3);
        }
    }
    (void)closedir(directory);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(left, right);
}

chl_err chl_plugin_find(const char *dir, const char *prefix, char (*names)[CHL_PLUGIN_NAME_MAX],
                        size_t *count)
{
    struct chl_plugin_folders *folders = NULL;
    chl_err error = chl_plugin_folders(dir, &folders);
    if (error != CHL_OK) {
        return error;
    }
    struct findings found = {.names = names, .room = *count};
    for (size_t i = 0; i < folders->count; i++) {
        scan_folder(folders->path[i], prefix, &found);
    }
    free(folders);
    size_t kept = found.total < found.room ? found.total : found.room;
    if (kept > 0) {
        qsort(names, kept, sizeof *names, by_name);
    }
    *count = found.total;
    return CHL_OK;
}
