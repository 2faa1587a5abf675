/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Find a plugin, check it before any of its code runs, load it and fill its options.
 *
 *  Used by the daemon and by the tools, so that both accept and refuse the same files.
 */
#ifndef CHL_PLUGINHOST_PLUGINHOST_H
#define CHL_PLUGINHOST_PLUGINHOST_H

#include <chilang/plugin.h>

#include "lib/yaml/yaml.h"

enum {
    CHL_PLUGIN_NAME_MAX = 64, /**< with the NUL; `[a-z][a-z0-9_]*` */
    CHL_PLUGIN_WHY_MAX = 512, /**< room enough for any reason text written here */
    CHL_PLUGIN_OPTIONS_MAX = 64,
    CHL_PLUGIN_CONFIG_MAX = 64 * 1024
};

/** Environment: folders searched before the installed one, separated by colons. */
#define CHL_PLUGIN_PATH_ENV "CHL_PLUGIN_PATH"
/** Environment: when `1`, unloaded plugins stay mapped, so that a sanitizer or profiler can still
 *  name their frames. Sanitizer builds always keep them. */
#define CHL_KEEP_PLUGINS_ENV "CHL_KEEP_PLUGINS"

/** What every 1.x table of operations has at least; never changes again. */
#define CHL_OPS_SIZE_1_0 (offsetof(struct chl_ops, submit) + sizeof(void *))

/** A loaded plugin that passed every check. */
struct chl_plugin_handle;

/** Load `<name>.so` from `dir`, or, with `dir` NULL, from the first folder of CHL_PLUGIN_PATH and
 *  then of the installation that has it.
 *
 *  The file is inspected before dlopen: one that would run code of its own while being loaded
 *  (a constructor) is refused. Then, before any of its functions is called: ABI major, size, kind,
 *  name, operations and option table.
 *  @param out the caller's; release it with chl_plugin_unload().
 *  @param why on failure: file, what was expected, what came, what to do.
 *  @return CHL_E_NOTFOUND (no such file), CHL_E_ABI (refused), CHL_E_IO, CHL_E_INVAL (bad name),
 *          CHL_E_NOMEM.
 *  Thread: any. Blocks: disk. */
chl_err chl_plugin_load(const char *dir, const char *name, struct chl_plugin_handle **out,
                        char *why, size_t why_size);

/** Close it. No instance of it may exist any more. NULL is allowed. Thread: any. */
void chl_plugin_unload(struct chl_plugin_handle *handle);

/** The descriptor, borrowed until unload. */
const struct chl_plugin *chl_plugin_of(const struct chl_plugin_handle *handle);
/** File it came from, borrowed until unload. */
const char *chl_plugin_file(const struct chl_plugin_handle *handle);

/** Names (without `.so`) of the plugins that begin with `prefix`, sorted, in `dir` or, with `dir`
 *  NULL, in all folders that chl_plugin_load() would search; nothing is loaded.
 *  @param count in: room in `names`, out: how many there are (the first of them are stored).
 *  Thread: any. Blocks: disk. */
chl_err chl_plugin_find(const char *dir, const char *prefix, char (*names)[CHL_PLUGIN_NAME_MAX],
                        size_t *count);

/** Check a descriptor's content; called by chl_plugin_load(), public for its tests.
 *  @param file named in `why`.  @param symbol_size bytes of the exported symbol.
 *  @return CHL_OK or CHL_E_ABI. Thread: any. Blocks: never. */
chl_err chl_plugin_check(const struct chl_plugin *plugin, size_t symbol_size, const char *file,
                         char *why, size_t why_size);

/** Fill a new config struct from a mapping of a YAML document, as the plugin's table says.
 *  @param also keys the host itself reads there, NULL-ended, may be NULL.
 *  @param config the caller's: free it with free() once no instance uses it. The strings in it
 *         belong to the document, which must live as long.
 *  @return CHL_OK, CHL_E_CONFIG with `error` filled, CHL_E_NOMEM. Thread: any. Blocks: never. */
chl_err chl_plugin_configure(const struct chl_plugin_handle *handle, struct chl_yaml *document,
                             struct chl_yaml_node mapping, const char *const *also, void **config,
                             struct chl_yaml_error *error);

/** One option given by a program, as it would be written in YAML. */
struct chl_plugin_setting {
    const char *name;
    const char *const *values; /**< one, or any number for a list */
    size_t count;
};

/** The same from settings: those the plugin has no option for are left out, so that one list can
 *  be given to every plugin of a kind.
 *  @param origin stands for the file in messages, e.g. `command line`.
 *  @param document the caller's: owns the strings of `config`; chl_yaml_free() it after `config`.
 *  Thread: any. Blocks: never. */
chl_err chl_plugin_configure_with(const struct chl_plugin_handle *handle, const char *origin,
                                  const struct chl_plugin_setting *settings, size_t count,
                                  struct chl_yaml **document, void **config,
                                  struct chl_yaml_error *error);

#endif
