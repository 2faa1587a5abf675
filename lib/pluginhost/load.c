/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Opening a plugin file: inspected first, loaded next, its descriptor checked last.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/pluginhost/find.h"
#include "lib/pluginhost/initializers.h"
#include "lib/pluginhost/pluginhost.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

struct chl_plugin_handle {
    void *object; /* of dlopen */
    const struct chl_plugin *plugin;
    char file[PATH_MAX];
};

/* Path of the first folder that has the file. */
static chl_err locate(const char *dir, const char *name, char *file, char *why, size_t why_size)
{
    struct chl_plugin_folders *folders = NULL;
    chl_err error = chl_plugin_folders(dir, &folders);
    if (error != CHL_OK) {
        (void)snprintf(why, why_size, "%s.so: %s", name, chl_strerror(error));
        return error;
    }
    error = CHL_E_NOTFOUND;
    for (size_t i = 0; i < folders->count && error != CHL_OK; i++) {
        int written = snprintf(file, PATH_MAX, "%s/%s.so", folders->path[i], name);
        if (written > 0 && written < PATH_MAX && access(file, F_OK) == 0) {
            error = CHL_OK;
        }
    }
    if (error != CHL_OK) {
        (void)snprintf(
            why, why_size,
            "%s.so: expected it in %s%s, got no such file; install it, or name its folder "
            "in " CHL_PLUGIN_PATH_ENV,
            name, folders->count > 0 ? folders->path[0] : "a plugin folder",
            folders->count > 1 ? " or the other plugin folders" : "");
    }
    free(folders);
    return error;
}

/* RTLD_NODELETE keeps frames nameable for whoever looks at a stack after the plugin is gone. */
static int open_flags(void)
{
    const char *keep = secure_getenv(CHL_KEEP_PLUGINS_ENV);
    bool keeps = SANITIZED || (keep != NULL && strcmp(keep, "1") == 0);
    return RTLD_NOW | RTLD_LOCAL | (keeps ? RTLD_NODELETE : 0);
}

/* The descriptor symbol: it must be data of the object itself, not of a library it is linked to. */
static chl_err find_descriptor(struct chl_plugin_handle *handle, size_t *symbol_size, char *why,
                               size_t why_size)
{
    const void *address = dlsym(handle->object, "chl_plugin");
    if (address == NULL) {
        (void)snprintf(why, why_size,
                       "%s: expected the symbol `chl_plugin`, got none; define it with "
                       "CHL_PLUGIN_DEFINE",
                       handle->file);
        return CHL_E_ABI;
    }
    Dl_info info;
    ElfW(Sym) *symbol = NULL;
    struct link_map *owner = NULL, *object = NULL;
    if (dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 || symbol == NULL ||
        dladdr1(address, &info, (void **)&owner, RTLD_DL_LINKMAP) == 0 ||
        dlinfo(handle->object, RTLD_DI_LINKMAP, &object) != 0 || owner != object ||
        ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT) {
        (void)snprintf(
            why, why_size,
            "%s: expected `chl_plugin` to be a data symbol of this file, got a function or "
            "another library's",
            handle->file);
        return CHL_E_ABI;
    }
    handle->plugin = address;
    *symbol_size = symbol->st_size;
    return CHL_OK;
}

static chl_err open_object(struct chl_plugin_handle *handle, char *why, size_t why_size)
{
    if (!SANITIZED) { /* sanitizers add constructors of their own to every object */
        chl_err error = chl_initializers_check(handle->file, why, why_size);
        if (error != CHL_OK) {
            return error;
        }
    }
    handle->object = dlopen(handle->file, open_flags());
    if (handle->object == NULL) {
        const char *text = dlerror(); // NOLINT(concurrency-mt-unsafe): per thread in glibc
        (void)snprintf(why, why_size, "%s: expected a loadable plugin, got: %s", handle->file,
                       text != NULL ? text : "unknown error");
        return CHL_E_ABI;
    }
    size_t symbol_size = 0;
    chl_err error = find_descriptor(handle, &symbol_size, why, why_size);
    return error != CHL_OK
               ? error
               : chl_plugin_check(handle->plugin, symbol_size, handle->file, why, why_size);
}

chl_err chl_plugin_load(const char *dir, const char *name, struct chl_plugin_handle **out,
                        char *why, size_t why_size)
{
    *out = NULL;
    if (name == NULL || !chl_plugin_name_is_valid(name, strlen(name))) {
        (void)snprintf(why, why_size,
                       "expected a plugin name of a-z, 0-9 and `_`, got `%.64s`; it is the file's "
                       "name without folder and `.so`",
                       name == NULL ? "" : name);
        return CHL_E_INVAL;
    }
    struct chl_plugin_handle *handle = calloc(1, sizeof *handle);
    if (handle == NULL) {
        (void)snprintf(why, why_size, "%s.so: out of memory", name);
        return CHL_E_NOMEM;
    }
    chl_err error = locate(dir, name, handle->file, why, why_size);
    if (error == CHL_OK) {
        error = open_object(handle, why, why_size);
    }
    if (error != CHL_OK) {
        chl_plugin_unload(handle);
        return error;
    }
    *out = handle;
    return CHL_OK;
}

void chl_plugin_unload(struct chl_plugin_handle *handle)
{
    if (handle == NULL) {
        return;
    }
    if (handle->object != NULL) {
        (void)dlclose(handle->object);
    }
    free(handle);
}

const struct chl_plugin *chl_plugin_of(const struct chl_plugin_handle *handle)
{
    return handle->plugin;
}

const char *chl_plugin_file(const struct chl_plugin_handle *handle)
{
    return handle->file;
}
