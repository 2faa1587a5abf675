/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where the keys that are believed come from: the site's trust and that of instances with a
 * section of their own, in one list whose age can be told.
 */
#include "core/config/internal.h"

#include <string.h>

static chl_err add_path(struct reading *r, struct chl_yaml_node node, const char *path)
{
    struct config *config = r->config;
    for (size_t i = 0; i < config->trust_count; i++) {
        if (strcmp(config->trust_paths[i], path) == 0) {
            return CHL_OK;
        }
    }
    if (config->trust_count == CONFIG_TRUST_MAX) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected at most %d files and folders of keys, got more; put them "
                               "into one folder",
                               CONFIG_TRUST_MAX);
    }
    config->trust_paths[config->trust_count++] = path;
    return CHL_OK;
}

/* As the plugin's own table reads it: one path, or a list of them. */
static chl_err add_of_instance(struct reading *r, const struct config_instance *instance)
{
    struct chl_yaml_node trust = chl_yaml_get(r->yaml, instance->options, "trust");
    const char *path = chl_yaml_text(r->yaml, trust);
    chl_err result = path != NULL ? add_path(r, trust, path) : CHL_OK;
    bool is_list = chl_yaml_kind_of(r->yaml, trust) == CHL_YAML_SEQUENCE;
    for (size_t i = 0; is_list && result == CHL_OK && i < chl_yaml_count(r->yaml, trust); i++) {
        struct chl_yaml_node item = chl_yaml_item(r->yaml, trust, i, NULL);
        path = chl_yaml_text(r->yaml, item);
        result = path != NULL ? add_path(r, item, path) : CHL_OK; /* else the plugin refuses it */
    }
    return result;
}

chl_err config_read_trust(struct reading *r)
{
    const struct config *config = r->config;
    struct chl_yaml_node none = {0};
    chl_err result = CHL_OK;
    for (size_t i = 0; result == CHL_OK && i < config->instance_count; i++) {
        const struct config_instance *instance = &config->instances[i];
        if (!config_is_kind(instance, "credential_")) {
            continue;
        }
        if (instance->options.index != 0) {
            result = add_of_instance(r, instance);
        } else if (config->trust_path != NULL) {
            result = add_path(r, none, config->trust_path);
        }
    }
    return result;
}
