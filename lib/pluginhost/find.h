/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The folders in which plugins are looked for, shared by loading and listing.
 */
#ifndef CHL_PLUGINHOST_FIND_H
#define CHL_PLUGINHOST_FIND_H

#include <limits.h>

#include <chilang/types.h>

enum { CHL_PLUGIN_FOLDERS_MAX = 8 };

struct chl_plugin_folders {
    size_t count;
    char path[CHL_PLUGIN_FOLDERS_MAX][PATH_MAX];
};

/** `dir` alone when it is not NULL; else those of CHL_PLUGIN_PATH and then the installed one.
 *  @param out freed by the caller with free(). Thread: any. Blocks: short. */
chl_err chl_plugin_folders(const char *dir, struct chl_plugin_folders **out);

/** True for a name that may become a file name: `[a-z][a-z0-9_]*`, short. */
bool chl_plugin_name_is_valid(const char *name, size_t length);

#endif
