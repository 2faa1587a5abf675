/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The engine: inputs in, records and effects out. No I/O, no clock, no thread.
 *
 *  The state changes only in `engine_apply`. `engine_decide` looks at the state and an input and
 * makes records, each applied as it is made; replaying the same records gives the same state.
 */
#ifndef CHL_ENGINE_ENGINE_H
#define CHL_ENGINE_ENGINE_H

#include "core/engine/model.h"

/** What a gate's readings said of a condition: not a fact yet. */
struct engine_seen {
    bool on;
    int64_t since_ns; /**< when it last changed, 0 = never seen since the start */
};

/** What decisions remember of a gate's readings that led to no record. */
struct engine_watch {
    int64_t heard_ns;                 /**< time of the last reading that was believed, 0 = none */
    int64_t taken_ns;                 /**< when the device answered it, monotonic */
    int64_t moved_ns;                 /**< when either count last moved */
    uint64_t entries, exits;          /**< the authority's, then */
    uint32_t check_entry, check_exit; /**< raw, the second count's */
    int64_t check_ns;                 /**< when it was last believed */
    bool check_known;
    bool restarted;     /**< the device said that its counters began anew: not yet recorded */
    bool settled;       /**< the device was read as ordered by the order of `settled_ns` */
    int64_t settled_ns; /**< engine_gate.mode_asked_ns then */
    int64_t astray_ns;  /**< since when it is not, 0 = it is */
    bool suspect, check_suspect;  /**< the last one was not believed: the next one settles it */
    int64_t gap_ns;               /**< of the last record that its count was lost, 0 = none */
    int64_t suspect_ns;           /**< since when none is */
    uint32_t raw_entry, raw_exit; /**< of the last one that was not */
    int64_t raw_ns;
    int64_t spare; /**< thousandths of people that may pass at once, beside the time's own */
};

/** What a gate's lamps were last told. */
struct engine_signal {
    uint64_t sent;    /**< number of the last one */
    uint64_t number;  /**< of the last standing one */
    int64_t sent_ns;  /**< when that was */
    uint8_t standing; /**< engine_standing + 1, 0 = none yet */
    uint8_t tries;    /**< how often it did not get there */
    bool heard;       /**< something was heard of the gate since the start */
    bool owed;        /**< its completion is not here yet */
    bool missed;      /**< it did not get there, or the gate was away since */
};

struct engine {
    const struct engine_config *config;
    struct engine_state state;
    chl_err failed; /**< set when a record could not be applied: the owner must stop */
    /* Below: what was observed and has not become a record. A start forgets it. */
    struct engine_seen seen[ENGINE_GATES_MAX][CONDITION_COUNT];
    int32_t utc_offset_s; /**< as the last input said */
    int64_t looked_ns;    /**< when way and schedule were last looked at */
    struct engine_watch watch[ENGINE_GATES_MAX];
    struct engine_signal signals[ENGINE_GATES_MAX];
};

typedef enum {
    INPUT_SCAN = 1,
    INPUT_REPORT, /**< from a gate */
    INPUT_OPERATOR,
    INPUT_EMERGENCY,
    INPUT_TICK, /**< time passed */
    INPUT_START,
    INPUT_STOP,
    INPUT_LOADED,
    INPUT_PLUGIN,
    INPUT_CLOCK,
    INPUT_TRUST,
    INPUT_BUSY
} engine_input_kind;

/** What the credential plugins found, without any name. */
struct engine_scan {
    uint16_t lane;
    uint8_t outcome, format, stage; /**< chl_outcome, chl_format, chl_stage */
    bool is_signed;
    bool unreadable;
    uint8_t symptomatic, contact; /**< chl_answer */
    uint8_t test_result;          /**< chl_test_result */
    uint16_t party;
    int64_t valid_until;  /**< s since 1970, 0 = not stated */
    int64_t trusted_at;   /**< s since 1970: when what vouches for it was current, 0 = no age */
    int64_t captured_ns;  /**< monotonic, carried to the effect for measuring */
    int64_t issued_at;    /**< s since 1970, 0 = not stated */
    uint8_t register_hit; /**< engine_register */
    char refusal[32];
    uint8_t code[ENGINE_CODE];
    struct engine_aliases aliases;
};

typedef enum {
    OPERATOR_RESOLVE = 1,
    OPERATOR_PASS,
    OPERATOR_MODE,
    OPERATOR_RESET,
    OPERATOR_RECOUNT,
    OPERATOR_ENTER,    /**< what a person says, entered by hand */
    OPERATOR_SCHEDULE, /**< give a gate's mode back to its way and schedule */
    OPERATOR_DISPERSE, /**< close entry to `zone` (ENGINE_NONE = everywhere) and run lanes outward,
                          until `ends` */
    OPERATOR_AUDIT,    /**< a person counted a gate's passers beside its counter */
    OPERATOR_FIRMWARE  /**< a line of who changed a controller's settings; `gate` may be
                          ENGINE_NONE */
} engine_operator_kind;

/** Action of a record of OPERATOR_FIRMWARE: counted, so that no line is taken twice. */
#define ENGINE_ACT_FIRMWARE "firmware"

/** What a person tapped at a gate, and what its counter counted meanwhile. */
struct engine_audit {
    uint32_t seconds;
    uint32_t tapped_in, tapped_out, counted_in, counted_out;
    bool few; /**< to be kept although few people passed */
};

struct engine_operator {
    engine_operator_kind kind;
    uint16_t lane, gate, zone;
    bool admit;
    bool ends;      /**< DISPERSE */
    uint64_t check; /**< RESOLVE, ENTER: the CHECK that is meant, 0 = the lane's last */
    uint8_t direction, mode;
    uint16_t n;
    int64_t inside;
    uint8_t how;               /**< RECOUNT: chl_recount */
    struct engine_audit audit; /**< AUDIT */
    char who[ENGINE_WHO], why[ENGINE_WHY];
    struct engine_scan entered; /**< ENTER: judged as a code that says the same */
};

struct engine_input {
    engine_input_kind kind;
    int64_t now_ns;       /**< wall time that never steps while the daemon runs */
    uint64_t token;       /**< the caller's; copied to effects that answer this input */
    int32_t utc_offset_s; /**< of the site's local time, for schedules */
    union {
        struct engine_scan scan;
        struct chl_gate_report report;
        struct engine_operator operator_act;
        struct record_EMERGENCY emergency;
        struct record_STARTED started;
        struct record_STOPPED stopped;
        struct record_LOADED loaded;
        struct record_PLUGIN plugin;
        struct record_CLOCK clock;
        struct record_TRUST trust;
        struct record_INBOX inbox;
    } as;
};

typedef enum { EFFECT_COMMAND = 1, EFFECT_VERDICT, EFFECT_ANSWER } engine_effect_kind;

/** Something to do once record `after` is durable (at once when `urgent`). */
struct engine_effect {
    engine_effect_kind kind;
    bool urgent;
    uint64_t after;
    uint64_t token;
    int64_t captured_ns;
    /* COMMAND */
    uint16_t gate;
    uint8_t action, mode; /**< engine_action, chl_gate_mode */
    uint16_t places;
    uint32_t generation;
    uint64_t grant;        /**< of a signal: its own number */
    uint8_t signal, sound; /**< chl_signal, chl_sound */
    bool standing;         /**< until the next standing one; else for `hold_ms` */
    uint16_t hold_ms;
    int64_t not_after_ns; /**< wall time after which it must not reach the wire */
    /* VERDICT */
    uint16_t lane;
    uint8_t verdict, reason;
    uint16_t party;
    uint8_t code[ENGINE_CODE];
    int64_t used_at_ns;
    uint16_t used_gate;
    /* ANSWER */
    chl_err error;
    const char *text; /**< static; `gate` is the one it speaks of, ENGINE_NONE = none */
};

/* Room for the largest decision: the reset of an emergency on a site of the largest size. */
enum { ENGINE_RECORDS_MAX = 4096, ENGINE_EFFECTS_MAX = 2048 };

/** What one decision produced. Reused by the caller; reset by `engine_decide`. */
struct engine_output {
    struct engine_record *records;
    struct engine_effect *effects;
    size_t record_count, effect_count;
};

chl_err engine_output_init(struct engine_output *out);
void engine_output_free(struct engine_output *out);

/** Make an engine with an empty state. `config` is borrowed. */
chl_err engine_init(struct engine *engine, const struct engine_config *config);
void engine_free(struct engine *engine);

/** Decide one input. Records are numbered from state.sequence + 1 and already applied.
 *  Thread: the owner's. Blocks: never. Allocates only when the table of codes grows. */
void engine_decide(struct engine *engine, const struct engine_input *input,
                   struct engine_output *out);
/** Apply one record, from a decision or from the journal.
 *  @return CHL_OK, CHL_E_STATE (sequence not the next), CHL_E_NOMEM. */
chl_err engine_apply(struct engine *engine, const struct engine_record *record);

/** Wall time of the next deadline, INT64_MAX when there is none. */
int64_t engine_next_deadline(const struct engine *engine);

/** Where a gate's cycle stands now: LOCKED once a PASSED or NO_SHOW is a few seconds old. */
engine_phase engine_gate_phase(const struct engine *engine, uint16_t gate, int64_t now_ns);
/** True while a lane runs outward, by its way, a schedule, a person or a dispersal. */
bool engine_runs_out(const struct engine *engine, uint16_t gate);
/** True while entry to what lies behind the gate is closed because everybody leaves. */
bool engine_disperses(const struct engine *engine, uint16_t gate);

/** Error bar of a zone's count: lost and disputed passages, and the audited bias of its gates.
 *  @return people, 0 or more. Thread: the owner's. Blocks: never. */
int64_t engine_zone_error(const struct engine *engine, uint16_t zone);

/** `data` of a record as JSON. @return length, 0 when it does not fit. */
size_t engine_record_encode(const struct engine_config *config, const struct engine_record *record,
                            char *out, size_t size);
/** A record from its `data`. Fields of gates, lanes and zones that the configuration no longer has
 * become ENGINE_NONE. @return CHL_OK, CHL_E_NOTSUP (type this version does not know),
 * CHL_E_CORRUPT. */
chl_err engine_record_decode(const struct engine_config *config, uint8_t event_class,
                             const char *type, size_t type_length, const char *data, size_t length,
                             struct engine_record *out);

/** Room that the state's JSON needs at most. */
size_t engine_state_bound(const struct engine *engine);
/** The whole state as canonical JSON: equal states give equal bytes.
 *  @return length, 0 when it does not fit. Allocates while it sorts the codes. */
size_t engine_state_encode(const struct engine *engine, char *out, size_t size);
/** The state back; `engine` was made by `engine_init`. Places that the configuration no longer has
 * are left out. @return CHL_OK, CHL_E_CORRUPT, CHL_E_NOMEM. */
chl_err engine_state_decode(struct engine *engine, const char *json, size_t length);

#endif
