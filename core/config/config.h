/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A site as its YAML file describes it, checked and with names resolved to indices.
 */
#ifndef CHL_CORE_CONFIG_H
#define CHL_CORE_CONFIG_H

#include <chilang/credential.h>
#include <chilang/gate.h>

#include "lib/yaml/yaml.h"

enum {
    CONFIG_ZONES_MAX = 200,
    CONFIG_GATES_MAX = 256,
    CONFIG_LANES_MAX = 256,
    CONFIG_INSTANCES_MAX = 128,
    CONFIG_TRUST_MAX = 64,
    CONFIG_SLOTS_MAX = 16, /**< of one gate's schedule */
    CONFIG_OUTSIDE = -1    /**< zone index of the world outside */
};

struct config_zone {
    const char *id, *name;
    const char *activity;     /**< as the site names it, NULL = not stated */
    int parent;               /**< zone index or CONFIG_OUTSIDE */
    int64_t warn, soft, hard; /**< people; 0 = none (warn and soft: absent; hard: no limit) */
};

/** Which way a lane leads; nobody is kept from leaving by any of them. */
typedef enum {
    CONFIG_WAY_BOTH = 0,
    CONFIG_WAY_IN,
    CONFIG_WAY_OUT,
    CONFIG_WAY_REVERSIBLE
} config_way;

/** When a reversible lane runs which way, in the site's local time. */
struct config_slot {
    uint16_t from_min, to_min; /**< minutes of the day; an end before its beginning is next day's */
    uint8_t days;              /**< bit 0 = Monday */
    bool out;
};

/** A gate; `instance` < 0 means `gate: hand` (confirmed by a tap). */
struct config_gate {
    const char *id, *name;
    int from, to; /**< zone indices or CONFIG_OUTSIDE; entry leads from → to */
    int instance; /**< index of the gate plugin's instance, −1 = by hand */
    uint16_t unit;
    const char *profile; /**< absolute path */
    int64_t pass_time_ms;
    int64_t flow_max; /**< people a second each way at most */
    chl_link_loss on_link_loss;
    int16_t release_row, close_row; /**< outputs of the profile, −1 = not stated */
    struct chl_gate_part count, check;
    struct chl_gate_input object, fire, tamper;
    struct chl_gate_lamps lamps;
    bool vehicle; /**< what counts it carries parties: a passage is a vehicle */
    size_t wish_count;
    const struct chl_gate_wish *wishes;
    struct chl_gate_wish *wish_list; /**< the memory of `wishes` */
    int lane;                        /**< index of its lane, −1 = none */
    config_way way;
    size_t slot_count;
    struct config_slot *slots; /**< the first that holds decides */
};

/** A lane is named after its gate; several scanners may serve it. */
struct config_lane {
    const char *id;
    int gate;
};

struct config_instance {
    const char *name, *use; /**< instance name; plugin file name without .so */
    /** Mapping that the plugin's table checks; `use` is taken out by `also`. Absent for a
     * credential plugin made for `credentials.accept`: its `trust` is `trust_path`. */
    struct chl_yaml_node options;
    int lane; /**< scan instances: the lane it serves, −1 = none */
};

struct config {
    struct chl_yaml *document;
    const char *path; /**< of the file, absolute */
    const char *site_id, *site_name, *area, *timezone;
    int site_kind; /**< index into festival, checkpoint, treatment */
    int level;     /**< epidemic level of the site's area, 1–4; 1 when not stated */
    size_t zone_count, gate_count, lane_count, instance_count;
    struct config_zone *zones;
    struct config_gate *gates;
    struct config_lane *lanes;
    struct config_instance
        *instances; /**< credential plugins for `credentials.accept` come first */
    bool accepted[CHL_FORMAT_COUNT];
    /** Highest epidemic level at which a document of this format alone is enough for ADMIT, 0 =
     * never. */
    uint8_t enough_up_to[CHL_FORMAT_COUNT];
    const char *trust_path; /**< file or folder; NULL = none */
    /** Every file or folder that some credential plugin takes its keys from, each once. */
    const char *trust_paths[CONFIG_TRUST_MAX];
    size_t trust_count;
    int64_t trust_max_age_ms;  /**< older trust makes people look, 0 = never */
    const char *register_path; /**< CSV of the persons who are looked for; NULL = none */
    int64_t
        reuse_after_ms; /**< an unsigned card or a certificate may be used again after so long */
    const char *revoked_path; /**< list of declarations taken back; NULL = none */
    const char *journal_path, *control_path, *state_dir;
    int64_t keep_persons_ms;
    bool device_emergency_is_local; /**< one pressed at a device opens that gate, not the site */
    int64_t desk_ms; /**< how long the desk may see whom a lane scanned last, 0 = never */
};

/** Load and check a whole site file.
 *  @param data_dir folder of shared data, where device profiles are; NULL = that of this program.
 *  @param out the caller's, freed with config_free.
 *  @param error on failure `error->text` is the line to print.
 *  @return CHL_OK, CHL_E_CONFIG, CHL_E_IO, CHL_E_NOMEM. Thread: any. Blocks: reads files. */
chl_err config_load(const char *path, const char *data_dir, struct config **out,
                    struct chl_yaml_error *error);
/** The same from memory; `name` stands for the file, also for relative paths. */
chl_err config_parse(const char *name, const char *text, size_t length, const char *data_dir,
                     struct config **out, struct chl_yaml_error *error);
void config_free(struct config *config);

/** Plugin that reads a format, NULL when none does yet. Thread: any. Blocks: never. */
const char *config_reader_of(chl_format format);

#endif
