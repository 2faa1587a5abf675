/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The reading of a site file, as the sections share it.
 */
#ifndef CHL_CORE_CONFIG_INTERNAL_H
#define CHL_CORE_CONFIG_INTERNAL_H

#include <limits.h>

#include "core/config/config.h"
#include "lib/profile/profile.h"

enum { CONFIG_DEPTH_MAX = 16 }; /**< zones within zones */

struct reading {
    struct config *config;
    struct chl_yaml *yaml;
    struct chl_yaml_error *error;
    const char *data_dir;
    struct chl_profile *profile; /**< read last: most gates of a site share one */
    char profile_path[PATH_MAX];
};

/** Sections, in the order in which they may refer to each other. */
chl_err config_read_site(struct reading *r);
chl_err config_read_credentials(struct reading *r);
chl_err config_read_instances(struct reading *r);
/** After the instances: whatever they take their keys from. */
chl_err config_read_trust(struct reading *r);
chl_err config_read_zones(struct reading *r);
chl_err config_read_gates(struct reading *r);
/** After all others: every bus has a gate, every scanner a lane. */
chl_err config_check_use(struct reading *r);

/** A section that must be there, with at least one entry when `max` > 0 and at most that many. */
chl_err config_section(struct reading *r, const char *key, size_t max, struct chl_yaml_node *out);
/** An id of the site: `[A-Za-z0-9][A-Za-z0-9_-]{0,47}`; refused at its key. `what`: "zone". */
chl_err config_check_id(struct reading *r, struct chl_yaml_node entry, const char *id,
                        const char *what);

/** Names that a reference may mean: name `i`, NULL after the last. */
typedef const char *(*config_name)(const struct config *config, size_t i);
/** Index of a name; refused at `node` with the nearest name when there is none. `what`: "a zone".
 */
chl_err config_resolve(struct reading *r, struct chl_yaml_node node, const char *name,
                       config_name names, const char *what, int *out);
const char *config_zone_name(const struct config *config, size_t i);
const char *config_instance_name(const struct config *config, size_t i);

/** True when the instance's plugin is of this kind; `kind` is "gate_", "scan_", "credential_". */
bool config_is_kind(const struct config_instance *instance, const char *kind);
/** Add an instance, `options` absent for one that the file does not name. */
chl_err config_add_instance(struct reading *r, const char *name, const char *use,
                            struct chl_yaml_node options);
chl_err config_no_memory(struct reading *r);

#endif
