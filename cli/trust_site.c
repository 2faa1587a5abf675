/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where a site file says that its trust lies.
 */
#include <stdio.h>

#include "cli/trust.h"
#include "lib/yaml/yaml.h"

chl_err trust_add_site(struct chl_trust *trust, const char *site, char *why, size_t why_size)
{
    struct chl_yaml *yaml = NULL;
    struct chl_yaml_error refusal = {0};
    chl_err error = chl_yaml_load(site, &yaml, &refusal);
    if (error != CHL_OK) {
        (void)snprintf(why, why_size, "%s", refusal.text);
        return error;
    }
    struct chl_yaml_node section = chl_yaml_get(yaml, chl_yaml_root(yaml), "credentials");
    const char *text = chl_yaml_text(yaml, chl_yaml_get(yaml, section, "trust"));
    const char *path = text == NULL ? NULL : chl_yaml_path(yaml, text);
    if (path != NULL) {
        error = chl_trust_add_path(trust, path, why, why_size);
    } else {
        (void)snprintf(why, why_size,
                       "%s: expected `credentials.trust` with a folder or list, got none; name "
                       "the path itself",
                       site);
        error = CHL_E_CONFIG;
    }
    chl_yaml_free(yaml);
    return error;
}
