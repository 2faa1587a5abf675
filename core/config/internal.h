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

enum { CONFIG_PROFILES_MAX = 32 }; /**< device profiles of one site */

/** A device profile that was read, kept because most gates of a site share one. */
struct config_profile {
    const char *path; /**< absolute, the document's */
    struct chl_profile *profile;
};

struct config_uses;

struct reading {
    struct config *config;
    struct chl_yaml *yaml;
    struct chl_yaml_error *error;
    const char *data_dir;
    size_t profile_count;
    struct config_profile profiles[CONFIG_PROFILES_MAX];
    struct config_uses *uses; /**< what the gates so far have taken of the buses */
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

/** schedule.c: when a gate's lane turns round; its way is known. */
chl_err config_read_schedule(struct reading *r, struct chl_yaml_node entry,
                             struct config_gate *gate);
/** emergency.c: whom an emergency pressed at a device opens. */
chl_err config_read_emergency(struct reading *r);

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

/** A device profile by name or path, read once. Refused at `node`. `*path` is its absolute path. */
chl_err config_profile(struct reading *r, struct chl_yaml_node node, const char *name,
                       const char **path, const struct chl_profile **out);
void config_free_profiles(struct reading *r);

/** Section `device` of a gate: its controller and the parts that stand beside it. */
chl_err config_read_device(struct reading *r, struct chl_yaml_node entry, struct config_gate *gate);
/** The parts of a gate, after its own device is known. `device` is the mapping, `own` the profile
 *  of the gate's unit. */
chl_err config_read_parts(struct reading *r, struct chl_yaml_node device, struct config_gate *gate,
                          const struct chl_profile *own);
/** Table of `device`, keys of the parts that stand in it, and the wishes. */
extern const char *const config_part_keys[];
/** What the site wants otherwise than the profile: `settings: { name: value }` of a device. */
chl_err config_read_wishes(struct reading *r, struct chl_yaml_node device, struct config_gate *gate,
                           const struct chl_profile *own);

/** What only one gate may use. */
typedef enum {
    CONFIG_USE_GRANT,  /**< the whole controller */
    CONFIG_USE_OUTPUT, /**< an output */
    CONFIG_USE_LAMP,   /**< a lamp register */
    CONFIG_USE_COUNT   /**< a counter, or an input whose edges are counted */
} config_use;
/** A gate talks to this unit, which has this profile. Refused at `node`: another profile there
 *  already, an address it cannot have, more units than the bus may carry. */
chl_err config_use_unit(struct reading *r, struct chl_yaml_node node,
                        const struct config_gate *gate, uint16_t unit, const char *path,
                        const struct chl_profile *profile);
/** A gate takes this row (from 0) for itself. `what` names it: "release". */
chl_err config_use_row(struct reading *r, struct chl_yaml_node node, const struct config_gate *gate,
                       config_use use, uint16_t unit, int row, const char *what);

/** True when the instance's plugin is of this kind; `kind` is "gate_", "scan_", "credential_". */
bool config_is_kind(const struct config_instance *instance, const char *kind);
/** Add an instance, `options` absent for one that the file does not name. */
chl_err config_add_instance(struct reading *r, const char *name, const char *use,
                            struct chl_yaml_node options);
chl_err config_no_memory(struct reading *r);

#endif
