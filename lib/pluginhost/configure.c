/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief From settings, written or given by a program, to a plugin's config struct.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/pluginhost/pluginhost.h"

enum { SETTINGS_TEXT_MAX = 256 * 1024 };

static const struct chl_opt no_options[] = {{.name = NULL}};

static chl_err out_of_memory(struct chl_yaml_error *error, const char *what)
{
    *error = (struct chl_yaml_error){0};
    (void)snprintf(error->text, sizeof error->text, "%s: out of memory", what);
    return CHL_E_NOMEM;
}

chl_err chl_plugin_configure(const struct chl_plugin_handle *handle, struct chl_yaml *document,
                             struct chl_yaml_node mapping, const char *const *also, void **config,
                             struct chl_yaml_error *error)
{
    const struct chl_plugin *plugin = chl_plugin_of(handle);
    *config = NULL;
    void *filled = calloc(1, plugin->config_size > 0 ? plugin->config_size : 1);
    if (filled == NULL) {
        return out_of_memory(error, plugin->name);
    }
    chl_err result =
        chl_yaml_read(document, mapping, plugin->options != NULL ? plugin->options : no_options,
                      also, filled, error);
    if (result != CHL_OK) {
        free(filled);
        return result;
    }
    *config = filled;
    return CHL_OK;
}

static const struct chl_opt *option_by_name(const struct chl_plugin *plugin, const char *name)
{
    for (const struct chl_opt *option = plugin->options; option != NULL && option->name != NULL;
         option++) {
        if (strcmp(option->name, name) == 0) {
            return option;
        }
    }
    return NULL;
}

/* JSON is YAML too: texts are quoted, numbers and the like stay as they were written. */
static void write_setting(struct chl_json *json, const struct chl_opt *option,
                          const struct chl_plugin_setting *setting)
{
    if (option->type == CHL_OPT_LIST) {
        chl_json_array(json, setting->name);
        for (size_t i = 0; i < setting->count; i++) {
            chl_json_string(json, NULL, setting->values[i]);
        }
        chl_json_close_array(json);
        return;
    }
    if (setting->count == 0) {
        return;
    }
    const char *value = setting->values[setting->count - 1];
    bool plain = option->type == CHL_OPT_INT || option->type == CHL_OPT_BOOL;
    if (plain && value[0] != '\0' && strspn(value, "-0123456789truefalse") == strlen(value)) {
        chl_json_raw(json, setting->name, value, strlen(value));
    } else {
        chl_json_string(json, setting->name, value);
    }
}

static chl_err write_settings(const struct chl_plugin *plugin,
                              const struct chl_plugin_setting *settings, size_t count, char *text,
                              size_t *length)
{
    struct chl_json json;
    chl_json_begin(&json, text, SETTINGS_TEXT_MAX);
    chl_json_object(&json, NULL);
    for (size_t i = 0; i < count; i++) {
        const struct chl_opt *option = option_by_name(plugin, settings[i].name);
        if (option != NULL) {
            write_setting(&json, option, &settings[i]);
        }
    }
    chl_json_close_object(&json);
    chl_err error = chl_json_end(&json);
    *length = json.length;
    return error;
}

chl_err chl_plugin_configure_with(const struct chl_plugin_handle *handle, const char *origin,
                                  const struct chl_plugin_setting *settings, size_t count,
                                  struct chl_yaml **document, void **config,
                                  struct chl_yaml_error *error)
{
    struct chl_yaml *parsed = NULL;
    size_t length = 0;
    *document = NULL;
    *config = NULL;
    char *text = malloc(SETTINGS_TEXT_MAX);
    if (text == NULL) {
        return out_of_memory(error, origin);
    }
    chl_err result = write_settings(chl_plugin_of(handle), settings, count, text, &length);
    if (result != CHL_OK) {
        *error = (struct chl_yaml_error){0};
        (void)snprintf(error->text, sizeof error->text,
                       "%s: expected settings of at most %d bytes, got more", origin,
                       SETTINGS_TEXT_MAX);
        goto out;
    }
    result = chl_yaml_parse(origin, text, length, &parsed, error);
    if (result != CHL_OK) {
        goto out;
    }
    result = chl_plugin_configure(handle, parsed, chl_yaml_root(parsed), NULL, config, error);
    if (result == CHL_OK) {
        *document = parsed;
        parsed = NULL;
    }
out:
    chl_yaml_free(parsed);
    free(text);
    return result;
}
