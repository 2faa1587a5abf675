/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The engine's configuration and state: plain structs, changed only by applying records.
 */
#ifndef CHL_ENGINE_MODEL_H
#define CHL_ENGINE_MODEL_H

#include "core/engine/records.h"

enum {
    ENGINE_ZONES_MAX = 200,
    ENGINE_GATES_MAX = 256,
    ENGINE_LANES_MAX = 256,
    ENGINE_DEPTH_MAX = 16
};

struct engine_zone_config {
    const char *id;
    uint16_t parent;          /**< ENGINE_NONE = outside */
    int64_t warn, soft, hard; /**< people, 0 = none */
};

/** Which way a lane leads. Nobody is ever kept from leaving by it. */
typedef enum {
    WAY_BOTH = 0,
    WAY_IN,        /**< who leaves by it goes the wrong way, and is counted */
    WAY_OUT,       /**< no entry */
    WAY_REVERSIBLE /**< inward, unless its schedule or a person says outward */
} engine_way;

/** When a reversible lane runs which way, in the site's local time. */
struct engine_slot {
    uint16_t from_min, to_min; /**< minutes of the day; an end before its beginning is next day's */
    uint8_t days;              /**< bit 0 = Monday: days on which it begins */
    bool out;
};

struct engine_gate_config {
    const char *id;
    uint16_t from, to; /**< zones, ENGINE_NONE = outside */
    bool hand;
    int64_t pass_time_ns;
    uint16_t flow_max; /**< people a second each way at most, 0 = 2: a lane for one */
    uint8_t way;       /**< engine_way */
    uint16_t slot_count;
    const struct engine_slot *slots; /**< the first that holds decides */
    bool vehicle;                    /**< a passage is a vehicle, and so is a place */
    bool lamps;                      /**< it has lamps or a sounder to show something with */
    bool check_entry, check_exit;    /**< ways that a second count counts, where there is one */
};

struct engine_lane_config {
    const char *id;
    uint16_t gate;
};

/** Names and numbers of the site. Borrowed for the life of the engine. */
struct engine_config {
    const struct engine_zone_config *zones;
    const struct engine_gate_config *gates;
    const struct engine_lane_config *lanes;
    uint16_t zone_count, gate_count, lane_count;
    int64_t trust_max_age_s;                /**< of what vouches for a document, 0 = any */
    int level;                              /**< epidemic level 1–4 */
    uint8_t enough_up_to[CHL_FORMAT_COUNT]; /**< level up to which a document alone is enough */
    int64_t reuse_after_s;          /**< a card that is no ticket may be used again after so long */
    bool device_emergency_is_local; /**< one pressed at a device opens that gate, not the site */
};

struct engine_zone {
    int64_t inside, reserved;
    int64_t uncertain; /**< error bar, people, without the audited bias: see engine_zone_error */
    uint64_t entered, left;
    uint8_t announced; /**< engine_zone_state last recorded */
    bool recount_due;
    int64_t announced_ns;          /**< since when, 0 = since the journal began */
    int64_t recounted_ns;          /**< when people last counted it, 0 = never */
    char recounted_by[ENGINE_WHO]; /**< who did */
    uint8_t recounted_how;         /**< chl_recount */
    bool disperses;                /**< entry to it is closed, lanes run outward */
    int64_t alarm_ns;              /**< when the count below was kept, 0 = none since the recount */
    int64_t alarm_inside;          /**< count at the alarm: not a roll-call */
    int64_t alarm_uncertain;       /**< its error bar, people */
    uint8_t alarm_state;           /**< engine_zone_state then: UNKNOWN, a gate was silent */
};

typedef enum {
    GRANT_NONE = 0,
    GRANT_OPEN = 1,       /**< released, or about to be */
    GRANT_CANCELLING = 2, /**< cancel issued, not yet confirmed */
    GRANT_CONFIRMED = 3,  /**< cancelled, somebody still stands in the passage */
    GRANT_LOST = 4        /**< not known what the device holds: cancel again when it answers */
} engine_grant_state;

/** Whether the device is known to be in the gate's standing mode. */
typedef enum {
    MODE_HELD = 0,  /**< as far as is known; a device found in its emergency mode is adopted */
    MODE_ASKED = 1, /**< commanded, not yet confirmed */
    MODE_MISSED = 2 /**< the command did not get there: send it again */
} engine_mode_state;

struct engine_grant {
    uint64_t id;
    int64_t expires_ns; /**< its deadline; once cancelled, time of the last cancel */
    uint8_t code[ENGINE_CODE];
    uint16_t places, passed;
    uint8_t state; /**< engine_grant_state */
};

/** A second count beside the authority's: it only says how far that may be wrong. */
struct engine_check {
    bool known;                       /**< the counters below were read once */
    uint32_t entry_count, exit_count; /**< as of the last record of them */
    uint64_t entries, exits;          /**< what the authority had counted then */
    int64_t checked_ns;               /**< time of that record */
    int64_t off_entries, off_exits;   /**< authority less second count since the last recount */
};

struct engine_gate {
    uint8_t state, mode; /**< engine_gate_state, chl_gate_mode */
    uint8_t mode_state;  /**< engine_mode_state */
    bool has_count;      /**< the counters below were read once */
    uint32_t generation;
    uint32_t entry_count, exit_count;
    int64_t mode_asked_ns;   /**< time of the record that asked for the mode */
    int64_t counted_ns;      /**< time of the record that set the counters */
    int64_t grant_closed_ns; /**< when the last grant ended */
    uint64_t entries, exits;
    uint64_t since;     /**< passages since the last recount of a zone beside it */
    uint32_t bias;      /**< people in a thousand that an audit found it off by */
    int64_t audited_ns; /**< when, 0 = never */
    struct engine_check check;
    struct engine_grant grant;
    uint8_t phase;       /**< engine_phase as recorded; see engine_gate_phase */
    uint16_t conditions; /**< bit n = engine_condition n */
    bool held;           /**< a person chose the mode: way and schedule do not change it */
    uint8_t held_mode;   /**< chl_gate_mode that they chose */
    int64_t phase_ns;    /**< when the phase last changed */
    int64_t forced_ns;   /**< last forced entry, 0 = none */
    int64_t tailgate_ns; /**< last one behind a granted passage, 0 = none */
    int64_t unknown_ns;  /**< while it is UNKNOWN: since when, 0 = since before that was kept */
    int64_t condition_ns[CONDITION_COUNT]; /**< since when, 0 = it does not hold */
};

/** The CHECK that a tap may resolve. */
struct engine_lane {
    uint64_t check; /**< its sequence, 0 = none */
    uint8_t code[ENGINE_CODE];
    struct engine_aliases aliases;
    uint8_t format;
    uint8_t bar;   /**< chl_reason that no tap lifts, 0 = none */
    bool possible; /**< the register may hold this person, and nobody has compared yet */
    uint16_t party;
    int64_t valid_until;
    uint8_t verdict, reason; /**< of the last decision */
    int64_t decided_ns;
};

typedef enum {
    CODE_FREE = 0,
    CODE_MAIN = 1, /**< the places of one code, or of one person's cards, are counted here */
    CODE_ALIAS = 2 /**< another number or code of somebody who was admitted: see `main` */
} engine_code_kind;

/** A key in the table of codes: one that was admitted, or another that leads to it. */
struct engine_code {
    uint8_t key[ENGINE_CODE];
    union {
        struct {             /* CODE_MAIN */
            int64_t used_ns; /**< first use of which somebody may have passed */
            int64_t until_s; /**< s since 1970 up to which it counts as used, 0 = for ever */
        };
        uint8_t main[ENGINE_CODE]; /* CODE_ALIAS: key of the entry that it leads to */
    };
    uint16_t gate;
    uint16_t left;  /**< places still valid */
    uint16_t taken; /**< places granted and not given back */
    uint8_t kind;   /**< engine_code_kind */
};

struct engine_codes {
    struct engine_code *slots;
    size_t capacity, count; /**< capacity is a power of two */
};

struct engine_state {
    uint64_t sequence; /**< of the last record applied */
    int64_t time_ns;
    bool emergency;
    bool disperses;                    /**< the whole site empties */
    int64_t emergency_ns;              /**< since when */
    char emergency_source[ENGINE_WHO]; /**< what raised it */
    char emergency_who[ENGINE_WHO];    /**< who said so, "" = not named yet */
    bool clock_doubt;
    uint64_t firmware_lines; /**< of the record of changed settings, taken into the journal */
    bool trust_old;          /**< the oldest trust list is older than the site accepts */
    struct engine_zone zones[ENGINE_ZONES_MAX];
    struct engine_gate gates[ENGINE_GATES_MAX];
    struct engine_lane lanes[ENGINE_LANES_MAX];
    struct engine_codes codes;
};

#endif
