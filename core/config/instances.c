/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Section plugins: the named instances, those for the accepted documents first.
 */
#include "core/config/internal.h"

#include <stdlib.h>
#include <string.h>

struct instance_options {
    const char *use;
};

enum { USE_MAX = 63 };

bool config_is_kind(const struct config_instance *instance, const char *kind)
{
    return strncmp(instance->use, kind, strlen(kind)) == 0;
}

chl_err config_add_instance(struct reading *r, const char *name, const char *use,
                            struct chl_yaml_node options)
{
    struct config *config = r->config;
    for (size_t i = 0; i < config->instance_count; i++) {
        if (strcmp(config->instances[i].name, name) == 0) {
            return chl_yaml_refuse_key(r->yaml, options, r->error,
                                       "expected a name of its own, got '%s', which is the plugin "
                                       "that credentials.accept brings; choose another",
                                       name);
        }
    }
    if (config->instance_count == CONFIG_INSTANCES_MAX) {
        return chl_yaml_refuse_key(r->yaml, options, r->error,
                                   "expected at most %d plugins with those for credentials.accept, "
                                   "got more; take some out",
                                   CONFIG_INSTANCES_MAX);
    }
    config->instances[config->instance_count++] =
        (struct config_instance){.name = name, .use = use, .options = options, .lane = -1};
    return CHL_OK;
}

/** The plugin an entry uses. Its other keys are the plugin's own and are checked by its table. */
static chl_err read_use(struct reading *r, struct chl_yaml_node entry, const char *name,
                        const char **use)
{
    if (chl_yaml_kind_of(r->yaml, entry) != CHL_YAML_MAPPING) {
        return chl_yaml_refuse(r->yaml, entry, r->error,
                               "expected settings with 'use: PLUGIN' for '%s', got %s; write "
                               "%s: { use: … }",
                               name, chl_yaml_kind_name(r->yaml, entry), name);
    }
    struct chl_yaml_node node = chl_yaml_get(r->yaml, entry, "use");
    *use = chl_yaml_text(r->yaml, node);
    if (node.index == 0) {
        return chl_yaml_refuse_key(r->yaml, entry, r->error,
                                   "expected 'use: PLUGIN' for '%s', got none; say which plugin it "
                                   "is",
                                   name);
    }
    size_t length = *use == NULL ? 0 : strspn(*use, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (length == 0 || length > USE_MAX || (*use)[length] != '\0') {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected the name of a plugin such as gate_modbus, got '%.60s'; "
                               "write it without folder and .so",
                               *use == NULL ? chl_yaml_kind_name(r->yaml, node) : *use);
    }
    return CHL_OK;
}

/** One pass over the section, taking either the credential plugins or the others. */
static chl_err add_entries(struct reading *r, struct chl_yaml_node section, bool credentials)
{
    for (size_t i = 0; i < chl_yaml_count(r->yaml, section); i++) {
        const char *name = "";
        const char *use = "";
        struct chl_yaml_node entry = chl_yaml_item(r->yaml, section, i, &name);
        chl_err result = config_check_id(r, entry, name, "plugin");
        if (result == CHL_OK) {
            result = read_use(r, entry, name, &use);
        }
        if (result != CHL_OK || use == NULL || name == NULL) {
            return result;
        }
        struct config_instance found = {.use = use};
        if (config_is_kind(&found, "credential_") == credentials) {
            result = config_add_instance(r, name, use, entry);
        }
        if (result != CHL_OK) {
            return result;
        }
    }
    return CHL_OK;
}

static bool is_used(const struct config *config, const char *use)
{
    for (size_t i = 0; i < config->instance_count; i++) {
        if (strcmp(config->instances[i].use, use) == 0) {
            return true;
        }
    }
    return false;
}

/** A plugin for every accepted format, unless the file names an instance of it with its own
 * options. */
static chl_err add_readers(struct reading *r)
{
    for (int format = 0; format < CHL_FORMAT_COUNT; format++) {
        const char *reader = config_reader_of((chl_format)format);
        if (!r->config->accepted[format] || reader == NULL || is_used(r->config, reader)) {
            continue;
        }
        chl_err result = config_add_instance(r, reader, reader, (struct chl_yaml_node){0});
        if (result != CHL_OK) {
            return result;
        }
    }
    return CHL_OK;
}

chl_err config_read_instances(struct reading *r)
{
    struct chl_yaml_node section;
    r->config->instances = calloc(CONFIG_INSTANCES_MAX, sizeof *r->config->instances);
    if (r->config->instances == NULL) {
        return config_no_memory(r);
    }
    chl_err result = config_section(r, "plugins", CONFIG_INSTANCES_MAX, &section);
    if (result == CHL_OK) {
        result = add_entries(r, section, true);
    }
    if (result == CHL_OK) {
        result = add_readers(r);
    }
    return result == CHL_OK ? add_entries(r, section, false) : result;
}

static bool has_gate(const struct config *config, size_t instance)
{
    for (size_t i = 0; i < config->gate_count; i++) {
        if (config->gates[i].instance == (int)instance) {
            return true;
        }
    }
    return false;
}

/** A plugin with options of its own does not take those of `credentials`; a list of what was taken
 * back that is not looked at would let in whom it names. */
static bool passes_over_revoked(struct reading *r, const struct config_instance *instance)
{
    return r->config->revoked_path != NULL && instance->options.index != 0 &&
           strcmp(instance->use, config_reader_of(CHL_FORMAT_DECLARATION)) == 0 &&
           chl_yaml_get(r->yaml, instance->options, "revoked").index == 0;
}

chl_err config_check_use(struct reading *r)
{
    for (size_t i = 0; i < r->config->instance_count; i++) {
        const struct config_instance *instance = &r->config->instances[i];
        if (passes_over_revoked(r, instance)) {
            return chl_yaml_refuse_key(r->yaml, instance->options, r->error,
                                       "expected 'revoked' in '%s', because it takes its own "
                                       "options in place of 'credentials'; write revoked: %s",
                                       instance->name, r->config->revoked_path);
        }
        if (config_is_kind(instance, "gate_") && !has_gate(r->config, i)) {
            return chl_yaml_refuse_key(
                r->yaml, instance->options, r->error,
                "expected a gate with 'device: { plugin: %s, … }', got none; "
                "add the gate or take this plugin out",
                instance->name);
        }
        if (config_is_kind(instance, "scan_") && instance->lane < 0) {
            return chl_yaml_refuse_key(
                r->yaml, instance->options, r->error,
                "expected a gate with 'lane: { scanner: %s }', got none; add "
                "it or take this plugin out",
                instance->name);
        }
    }
    return CHL_OK;
}
