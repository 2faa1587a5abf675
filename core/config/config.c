/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A site file read section by section, all of it or nothing.
 */
#include "core/config/internal.h"
#include "lib/base/locate.h"

#include <stdlib.h>
#include <string.h>

static chl_err read_sections(struct reading *r)
{
    static chl_err (*const sections[])(struct reading *) = {
        config_read_site,  config_read_credentials, config_read_instances, config_read_trust,
        config_read_zones, config_read_gates,       config_read_emergency, config_check_use};
    chl_err result = CHL_OK;
    for (size_t i = 0; result == CHL_OK && i < sizeof sections / sizeof *sections; i++) {
        result = sections[i](r);
    }
    return result;
}

/** Takes `yaml` over, also on failure. */
static chl_err read_document(struct chl_yaml *yaml, const char *name, const char *data_dir,
                             struct config **out, struct chl_yaml_error *error)
{
    char located[PATH_MAX];
    struct config *config = calloc(1, sizeof *config);
    if (config == NULL) {
        chl_yaml_free(yaml);
        return CHL_E_NOMEM;
    }
    config->document = yaml;
    struct reading r = {.config = config, .yaml = yaml, .error = error, .data_dir = data_dir};
    chl_err result = CHL_OK;
    if (data_dir == NULL) {
        result = chl_locate_data(located, sizeof located);
        r.data_dir = located;
    }
    const char *slash = strrchr(name, '/');
    config->path = chl_yaml_path(yaml, slash == NULL || name[0] == '/' ? name : slash + 1);
    if (result == CHL_OK) {
        result = config->path == NULL ? config_no_memory(&r) : read_sections(&r);
    }
    config_free_profiles(&r);
    free(r.uses);
    if (result != CHL_OK) {
        config_free(config);
        return result;
    }
    *out = config;
    return CHL_OK;
}

chl_err config_load(const char *path, const char *data_dir, struct config **out,
                    struct chl_yaml_error *error)
{
    *out = NULL;
    struct chl_yaml *yaml = NULL;
    chl_err result = chl_yaml_load(path, &yaml, error);
    return result == CHL_OK ? read_document(yaml, path, data_dir, out, error) : result;
}

chl_err config_parse(const char *name, const char *text, size_t length, const char *data_dir,
                     struct config **out, struct chl_yaml_error *error)
{
    *out = NULL;
    struct chl_yaml *yaml = NULL;
    chl_err result = chl_yaml_parse(name, text, length, &yaml, error);
    return result == CHL_OK ? read_document(yaml, name, data_dir, out, error) : result;
}

void config_free(struct config *config)
{
    if (config == NULL) {
        return;
    }
    for (size_t i = 0; i < config->gate_count; i++) {
        free(config->gates[i].wish_list);
        free(config->gates[i].slots);
    }
    free(config->zones);
    free(config->gates);
    free(config->lanes);
    free(config->instances);
    chl_yaml_free(config->document);
    free(config);
}
