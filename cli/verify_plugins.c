/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Runs the credential plugins outside the daemon: loads them, gives them trust, asks them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify.h"
#include "lib/base/locate.h"
#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/cose/refusals.h"
#include "lib/pluginhost/pluginhost.h"

struct loaded {
    struct chl_plugin_handle *handle;
    struct chl_yaml *document;
    void *config;
    struct chl_instance *instance;
};

struct verify_plugins {
    struct loaded loaded[VERIFY_PLUGINS_MAX];
    size_t count;
    struct chl_credentials *chain;
    struct chl_scratch scratch;
    char data_dir[4096];
};

__attribute__((format(printf, 3, 4))) static void host_log(struct chl_ctx *ctx, chl_log_level level,
                                                           const char *format, ...)
{
    (void)ctx;
    va_list arguments;
    va_start(arguments, format);
    chl_vlog(level, "verify", format, arguments);
    va_end(arguments);
}

static int64_t host_wall(struct chl_ctx *ctx)
{
    (void)ctx;
    return chl_wall_ns();
}

static int64_t host_mono(struct chl_ctx *ctx)
{
    (void)ctx;
    return chl_mono_ns();
}

/* A tool lends only what a pure plugin may want. */
static const struct chl_host host = {
    .size = sizeof host, .log = host_log, .now_wall_ns = host_wall, .now_mono_ns = host_mono};

static void complain(const char *name, const char *why)
{
    fprintf(stderr, "chilang verify: %s: %s\n", name, why);
}

static chl_err make(struct verify_plugins *plugins, struct loaded *loaded, const char *name)
{
    char why[CHL_PLUGIN_WHY_MAX] = "";
    const struct chl_plugin *plugin = chl_plugin_of(loaded->handle);
    const struct chl_create args = {.size = sizeof args,
                                    .name = name,
                                    .config = loaded->config,
                                    .host = &host,
                                    .data_dir = plugins->data_dir};
    chl_err error = plugin->ops->create(&args, &loaded->instance, why, sizeof why);
    if (error == CHL_OK && CHL_HAS(plugin->ops, start)) {
        error = plugin->ops->start(loaded->instance);
    }
    if (error != CHL_OK) {
        complain(name, why[0] != '\0' ? why : chl_strerror(error));
    }
    return error;
}

/* Unsigned formats need nobody's word. */
static bool wants_trust(const struct chl_plugin *plugin)
{
    const struct chl_opt *option = plugin->options;
    while (option != NULL && option->name != NULL && strcmp(option->name, "trust") != 0) {
        option++;
    }
    return option != NULL && option->name != NULL;
}

static chl_err load(struct verify_plugins *plugins, const char *name, const char *const *trust,
                    size_t count)
{
    char why[CHL_PLUGIN_WHY_MAX] = "";
    struct chl_yaml_error where;
    struct loaded *loaded = &plugins->loaded[plugins->count++];
    chl_err error = chl_plugin_load(NULL, name, &loaded->handle, why, sizeof why);
    if (error != CHL_OK) {
        complain(name, why);
        return error;
    }
    const struct chl_plugin_setting setting = {"trust", trust, count};
    size_t settings = count > 0 && wants_trust(chl_plugin_of(loaded->handle)) ? 1 : 0;
    error = chl_plugin_configure_with(loaded->handle, "command line", &setting, settings,
                                      &loaded->document, &loaded->config, &where);
    if (error != CHL_OK) {
        complain(name, where.text);
        return error;
    }
    return make(plugins, loaded, name);
}

static chl_err chain(struct verify_plugins *plugins)
{
    struct chl_credential members[VERIFY_PLUGINS_MAX];
    for (size_t i = 0; i < plugins->count; i++) {
        const struct chl_plugin *plugin = chl_plugin_of(plugins->loaded[i].handle);
        members[i] = (struct chl_credential){plugin->name, plugin, plugins->loaded[i].instance};
    }
    chl_err error = chl_credentials_new(&plugins->chain);
    if (error == CHL_OK) {
        error = chl_credentials_set(plugins->chain, members, plugins->count);
    }
    return error;
}

static chl_err open_all(struct verify_plugins *plugins, const char *const *trust,
                        size_t trust_count)
{
    char names[VERIFY_PLUGINS_MAX][CHL_PLUGIN_NAME_MAX];
    size_t count = VERIFY_PLUGINS_MAX;
    plugins->scratch.base = malloc(CHL_SCRATCH_MIN);
    if (plugins->scratch.base == NULL) {
        return CHL_E_NOMEM;
    }
    chl_err error = chl_locate_data(plugins->data_dir, sizeof plugins->data_dir);
    if (error == CHL_OK) {
        error = chl_plugin_find(NULL, "credential_", names, &count);
    }
    if (error == CHL_OK && count == 0) {
        complain("plugins", "expected credential plugins in lib/chilang/plugins beside the folder "
                            "of this program, got none; build or install them");
        return CHL_E_NOTFOUND;
    }
    for (size_t i = 0; error == CHL_OK && i < count && i < VERIFY_PLUGINS_MAX; i++) {
        error = load(plugins, names[i], trust, trust_count);
    }
    return error == CHL_OK ? chain(plugins) : error;
}

chl_err verify_plugins_open(const char *const *trust, size_t count, struct verify_plugins **out)
{
    struct verify_plugins *plugins = calloc(1, sizeof *plugins);
    if (plugins == NULL) {
        return CHL_E_NOMEM;
    }
    plugins->scratch.size = (uint32_t)sizeof plugins->scratch;
    plugins->scratch.capacity = CHL_SCRATCH_MIN;
    chl_err error = open_all(plugins, trust, count);
    if (error != CHL_OK) {
        verify_plugins_close(plugins);
        return error;
    }
    *out = plugins;
    return CHL_OK;
}

static void unload(struct loaded *loaded)
{
    if (loaded->instance != NULL) {
        const struct chl_ops *ops = chl_plugin_of(loaded->handle)->ops;
        if (CHL_HAS(ops, stop)) {
            ops->stop(loaded->instance);
        }
        ops->destroy(loaded->instance);
    }
    free(loaded->config);
    chl_yaml_free(loaded->document);
    chl_plugin_unload(loaded->handle);
}

void verify_plugins_close(struct verify_plugins *plugins)
{
    if (plugins == NULL) {
        return;
    }
    chl_credentials_free(plugins->chain);
    for (size_t i = plugins->count; i > 0; i--) {
        unload(&plugins->loaded[i - 1]);
    }
    free(plugins->scratch.base);
    free(plugins);
}

bool verify_plugins_form(struct verify_plugins *plugins, const uint8_t *bytes, size_t length,
                         struct chl_declaration *out)
{
    plugins->scratch.used = 0;
    return chl_declaration_read(&plugins->scratch, bytes, length, out);
}

void verify_plugins_inspect(struct verify_plugins *plugins, const uint8_t *bytes, size_t length,
                            int64_t now_ns, struct chl_inspection *out)
{
    chl_credentials_inspect(plugins->chain, &plugins->scratch, bytes, length, now_ns, out, NULL);
    if (out->outcome == CHL_NOT_MINE) {
        chl_refuse(out, CHL_REFUSAL_format_unknown);
        out->outcome = CHL_NOT_MINE;
    }
}
