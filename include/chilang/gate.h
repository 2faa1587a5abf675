/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Gate plugins: commands to a bus of turnstiles, and what the bus reports.
 *
 *  A command is *accepted* when `submit` returns CHL_OK and *completed* exactly once, by a report
 * of kind CHL_REPORT_DONE. The way out is not a command: a gate plugin holds it free from the
 * moment it has a link until the device is switched off.
 */
#ifndef CHL_GATE_H
#define CHL_GATE_H

#include <chilang/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    CHL_GATE_RELEASE = 1, /**< allow `places` entries until the device's own pass time ends */
    CHL_GATE_CANCEL = 2,  /**< no entries; completes with a reading taken after the cancel */
    CHL_GATE_MODE = 3,    /**< set the standing `mode` */
    CHL_GATE_READ = 4,    /**< read everything now */
    CHL_GATE_SIGNAL = 5   /**< show `signal` and `sound` at the lane. Since 1.2 */
} chl_gate_action;

/** Standing modes. The way out is free in every one of them. */
#define CHL_GATE_MODES(X)                                                                          \
    X(CHL_MODE_NORMAL, "normal")       /* entry by counted grants */                               \
    X(CHL_MODE_BLOCKED, "blocked")     /* no entry */                                              \
    X(CHL_MODE_FREE, "free")           /* entry free, counted */                                   \
    X(CHL_MODE_EMERGENCY, "emergency") /* everything open, latched until reset */                  \
    X(CHL_MODE_FREE_EXIT, "free-exit") /* the lane runs outward: no entry. Since 1.2 */
typedef enum {
#define CHL_MODE_ENUM(id, text) id,
    CHL_GATE_MODES(CHL_MODE_ENUM)
#undef CHL_MODE_ENUM
        CHL_MODE_COUNT
} chl_gate_mode;

/** What a lane's lamps show. Since 1.2. */
#define CHL_SIGNALS(X)                                                                             \
    X(CHL_SIGNAL_OFF, "off")                                                                       \
    X(CHL_SIGNAL_GREEN, "green") /* come in */                                                     \
    X(CHL_SIGNAL_BLUE, "blue")   /* wait: full or paced, nothing is wrong */                       \
    X(CHL_SIGNAL_AMBER, "amber") /* somebody comes and looks, or the count is not known */         \
    X(CHL_SIGNAL_RED, "red")     /* no entry */
typedef enum {
#define CHL_SIGNAL_ENUM(id, text) id,
    CHL_SIGNALS(CHL_SIGNAL_ENUM)
#undef CHL_SIGNAL_ENUM
        CHL_SIGNAL_COUNT
} chl_signal;

/** What its sounder does. Since 1.2. */
typedef enum {
    CHL_SOUND_NONE = 0,
    CHL_SOUND_SHORT = 1, /**< once, a fifth of a second: yes */
    CHL_SOUND_LONG = 2,  /**< once, a second: look here */
    CHL_SOUND_ALARM = 3, /**< until the next standing signal */
    CHL_SOUND_COUNT
} chl_sound;

/** What the site chose for a gate whose controller loses its link. Since 1.2. */
#define CHL_LINK_LOSSES(X)                                                                         \
    X(CHL_LINK_HOLD, "hold")           /* no entry, the way out as the device has it */            \
    X(CHL_LINK_FREE_EXIT, "free-exit") /* no entry, the way out free */                            \
    X(CHL_LINK_FREE, "free")           /* both ways open */
typedef enum {
#define CHL_LINK_LOSS_ENUM(id, text) id,
    CHL_LINK_LOSSES(CHL_LINK_LOSS_ENUM)
#undef CHL_LINK_LOSS_ENUM
        CHL_LINK_LOSS_COUNT
} chl_link_loss;

/** One command. Copied by `submit`. */
struct chl_gate_command {
    uint32_t size;
    uint8_t action; /**< chl_gate_action */
    uint8_t mode;   /**< chl_gate_mode, for CHL_GATE_MODE */
    chl_gate_id gate;
    uint16_t places; /**< for CHL_GATE_RELEASE: 1 or more */
    uint32_t
        generation; /**< dropped (ABORTED) when the plugin has seen a newer one for this gate */
    uint64_t id;    /**< the host's; echoed in the completion */
    int64_t deadline_ns; /**< monotonic; past it the command must not reach the wire (ABORTED) */
    /* Since 1.2, for CHL_GATE_SIGNAL. The newest signal of a kind counts; an older one that was not
     * shown yet is ABORTED. */
    uint8_t signal;   /**< chl_signal */
    uint8_t sound;    /**< chl_sound */
    bool standing;    /**< true: until the next standing one; false: for `hold_ms`, then back */
    uint16_t hold_ms; /**< for a signal that does not stand: ms */
};

/** How a command ended. */
typedef enum {
    CHL_COMMAND_DONE = 1,    /**< acknowledged and compared by reading back */
    CHL_COMMAND_FAILED = 2,  /**< the device refused it; nothing changed */
    CHL_COMMAND_UNKNOWN = 3, /**< sent, not confirmed: it may or may not have acted */
    CHL_COMMAND_ABORTED = 4  /**< never sent: too late, superseded, or stopping */
} chl_command_status;

/** What a device said of itself, read in one transaction. Counters are absolute. */
struct chl_gate_reading {
    uint32_t size;
    uint32_t entry_count, exit_count; /**< raw counters, modulo 2^count_bits */
    uint16_t entry_left;              /**< entries still allowed; 0xFFFF = free */
    uint16_t exit_left;
    uint8_t count_bits; /**< 16 or 32 */
    uint8_t mode;       /**< chl_gate_mode as read from the device (NORMAL, BLOCKED or EMERGENCY) */
    bool object_entry, object_exit; /**< something stands in the passage */
    uint16_t error;                 /**< device's error register, 0 = none */
    int64_t taken_ns;               /**< monotonic time at which the answer arrived */
};

typedef enum {
    CHL_REPORT_READING = 1, /**< posted when anything changed, and at least once a second */
    CHL_REPORT_DONE = 2,    /**< completion of a command */
    CHL_REPORT_LINK = 3     /**< the device answers again, or stopped answering */
} chl_report_kind;

/** Parts on units of their own whose silence does not stop a gate: bits of `silent`. Since 1.2. */
typedef enum {
    CHL_SILENT_CHECK = 1,  /**< the second count */
    CHL_SILENT_OBJECT = 2, /**< the sensor in the passage */
    CHL_SILENT_TAMPER = 4, /**< the housing's contact */
    CHL_SILENT_LAMPS = 8   /**< lamps and sounder */
} chl_gate_silent;

/** What a gate plugin posts. Copied by the host. */
struct chl_gate_report {
    uint32_t size;
    uint8_t kind;   /**< chl_report_kind */
    uint8_t status; /**< chl_command_status, for DONE */
    chl_gate_id gate;
    bool link_up;     /**< for LINK */
    bool has_reading; /**< DONE: `reading` was taken after the command took effect */
    uint32_t generation;
    uint64_t command_id;
    struct chl_gate_reading reading;
    char text[96]; /**< for LINK down and FAILED: why, for the log and the technician */
    /* Since 1.2, for READING and DONE with a reading. */
    bool restarted; /**< the counters began anew since the last reading: their step says nothing */
    bool unfit;     /**< settings of the controller differ from what the site promises, or its fire
                       input is silent: `text` says which; nobody may be granted entry there */
    bool fire;   /**< the fire input is active, as last read; one that cannot be read makes its gate
                    `unfit` */
    bool tamper; /**< the housing's contact is open */
    bool has_check;     /**< a second pair of counters was read beside the authority's; it only
                           reconciles */
    uint8_t check_bits; /**< 16 or 32 */
    uint32_t check_entry_count, check_exit_count; /**< raw, modulo 2^check_bits */
    uint8_t silent; /**< parts that do not answer: chl_gate_silent, several at once */
};

/** Counters or inputs that count a gate's passages, on a unit of their own or on the gate's.
 *  Since 1.2. */
struct chl_gate_part {
    uint16_t unit;       /**< address on the same bus, 0 = there is no such part */
    int16_t entry, exit; /**< rows of its profile, from 0; −1 = that way is not counted. A profile
                            that counts in entry-count and exit-count has one row: 0 and 0 */
    const char *profile; /**< path of its device profile */
};

/** One contact. Since 1.2. */
struct chl_gate_input {
    uint16_t unit;       /**< 0 = there is none */
    int16_t row;         /**< input of its profile, from 0 */
    bool active_open;    /**< true: a loop that is broken when it speaks (fire, tamper) */
    const char *profile; /**< path of its device profile */
};

/** Lamps and a sounder. Since 1.2. */
struct chl_gate_lamps {
    uint16_t unit;                            /**< 0 = there are none */
    int16_t green, blue, amber, red, sounder; /**< outputs of its profile, from 0; −1 = none */
    const char *profile;                      /**< path of its device profile */
};

/** A setting of the controller that the site wants otherwise than its profile. Since 1.2. */
struct chl_gate_wish {
    const char *setting; /**< name in the profile */
    int64_t value;
};

/** One device on the instance's bus, from the site's `gates` section. */
struct chl_gate_device {
    uint32_t size;
    chl_gate_id gate;
    uint16_t unit;         /**< address on the bus */
    const char *gate_name; /**< for logs */
    const char *profile;   /**< path of the device profile */
    int64_t pass_time_ms;  /**< time a person has to pass */
    /* Since 1.2. */
    uint8_t on_link_loss; /**< chl_link_loss */
    int16_t release_row;  /**< output of `profile` that releases an entry; −1 = its only one */
    int16_t close_row;    /**< output that closes at once, −1 = it closes by itself */
    struct chl_gate_part count;   /**< the authority; unit 0 = the device's own counters */
    struct chl_gate_part check;   /**< a second count, which only reconciles */
    struct chl_gate_input object; /**< something stands in the passage */
    struct chl_gate_input fire, tamper;
    struct chl_gate_lamps lamps;
    size_t wish_count;
    const struct chl_gate_wish
        *wishes; /**< borrowed, as all strings here, for the instance's life */
};

#ifdef __cplusplus
}
#endif
#endif
