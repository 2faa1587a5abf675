/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The device profiles that a site names, each read once.
 */
#include "core/config/internal.h"

#include <string.h>

chl_err config_profile(struct reading *r, struct chl_yaml_node node, const char *name,
                       const char **path, const struct chl_profile **out)
{
    char located[PATH_MAX];
    const char *file = strchr(name, '/') == NULL ? located : chl_yaml_path(r->yaml, name);
    if (file == NULL) {
        return config_no_memory(r);
    }
    if (file == located && !chl_profile_path(r->data_dir, name, located, sizeof located)) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected the name of a device profile, got '%.60s'; shorten it",
                               name);
    }
    for (size_t i = 0; i < r->profile_count; i++) {
        if (strcmp(r->profiles[i].path, file) == 0) {
            *path = r->profiles[i].path;
            *out = r->profiles[i].profile;
            return CHL_OK;
        }
    }
    if (r->profile_count == CONFIG_PROFILES_MAX) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected at most %d device profiles in one site, got more; split "
                               "the site",
                               CONFIG_PROFILES_MAX);
    }
    struct config_profile *kept = &r->profiles[r->profile_count];
    struct chl_yaml_error inner = {.line = 0};
    kept->path = chl_yaml_keep(r->yaml, file);
    if (kept->path == NULL) {
        return config_no_memory(r);
    }
    chl_err result = chl_profile_load(kept->path, &kept->profile, &inner);
    if (result == CHL_E_NOMEM) {
        return config_no_memory(r);
    }
    if (result != CHL_OK) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected a device profile, got '%.60s', refused: %.300s", name,
                               inner.text);
    }
    r->profile_count++;
    *path = kept->path;
    *out = kept->profile;
    return CHL_OK;
}

void config_free_profiles(struct reading *r)
{
    for (size_t i = 0; i < r->profile_count; i++) {
        chl_profile_free(r->profiles[i].profile);
    }
    r->profile_count = 0;
}
