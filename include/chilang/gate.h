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
    CHL_GATE_READ = 4     /**< read everything now */
} chl_gate_action;

/** Standing modes. The way out is free in every one of them. */
#define CHL_GATE_MODES(X)                                                                          \
    X(CHL_MODE_NORMAL, "normal")       /* entry by counted grants */                               \
    X(CHL_MODE_BLOCKED, "blocked")     /* no entry */                                              \
    X(CHL_MODE_FREE, "free")           /* entry free, counted */                                   \
    X(CHL_MODE_EMERGENCY, "emergency") /* everything open, latched until reset */
typedef enum {
#define CHL_MODE_ENUM(id, text) id,
    CHL_GATE_MODES(CHL_MODE_ENUM)
#undef CHL_MODE_ENUM
        CHL_MODE_COUNT
} chl_gate_mode;

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
};

/** One device on the instance's bus, from the site's `gates` section. */
struct chl_gate_device {
    uint32_t size;
    chl_gate_id gate;
    uint16_t unit;         /**< address on the bus */
    const char *gate_name; /**< for logs */
    const char *profile;   /**< path of the device profile */
    int64_t pass_time_ms;  /**< time a person has to pass */
};

#ifdef __cplusplus
}
#endif
#endif
