/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Device profiles of firmware-config/: which register means what, read by driver and
 * simulator.
 */
#ifndef CHL_PROFILE_PROFILE_H
#define CHL_PROFILE_PROFILE_H

#include <chilang/gate.h>

#include "lib/yaml/yaml.h"

/** What a register is for. One table: identifier, name in profiles, explanation. A *row* is a run
 *  of like registers, one for each output or input of a board. */
#define CHL_REGISTERS(X)                                                                           \
    X(CHL_REG_ENTRY_GRANT, "entry-grant", "entries allowed; counts down")                          \
    X(CHL_REG_EXIT_GRANT, "exit-grant", "exits allowed; held at grant-free")                       \
    X(CHL_REG_ENTRY_OBJECT, "entry-object", "not 0 while something stands in the way in")          \
    X(CHL_REG_EXIT_OBJECT, "exit-object", "not 0 while something stands in the way out")           \
    X(CHL_REG_ENTRY_COUNT, "entry-count", "entries since power-on or for ever")                    \
    X(CHL_REG_EXIT_COUNT, "exit-count", "exits")                                                   \
    X(CHL_REG_ERROR, "error", "the device's error, 0 = none")                                      \
    X(CHL_REG_MODE, "mode", "the device's standing mode")                                          \
    X(CHL_REG_ACCUMULATE, "accumulate", "whether grants add up")                                   \
    X(CHL_REG_START_TIME, "start-time", "time to start a passage")                                 \
    X(CHL_REG_FINISH_TIME, "finish-time", "time to finish it")                                     \
    X(CHL_REG_OUTPUT, "output", "row of relays: on or off")                                        \
    X(CHL_REG_FLASH, "flash", "row: written with a length, the relay closes for so long")          \
    X(CHL_REG_PULSE_START, "pulse-start", "row: starts a pulse of the length set at the device")   \
    X(CHL_REG_INPUT, "input", "row of contacts")                                                   \
    X(CHL_REG_COUNTER, "counter", "row of counters, one an input")                                 \
    X(CHL_REG_OVERFLOW, "overflow", "row: a counter has wrapped since it was cleared")             \
    X(CHL_REG_LAMP, "lamp", "row of lamps, three words each: on, off, total time")                 \
    X(CHL_REG_UPTIME, "uptime", "time since the device started")

typedef enum {
#define CHL_REG_ENUM(id, name, text) id,
    CHL_REGISTERS(CHL_REG_ENUM)
#undef CHL_REG_ENUM
        CHL_REG_ROLE_COUNT
} chl_register_role;

/** The four tables of a Modbus device (MODBUS V1.1b3 §4.3). */
typedef enum { CHL_AREA_HOLDING, CHL_AREA_INPUT, CHL_AREA_COIL, CHL_AREA_DISCRETE } chl_area;

struct chl_register {
    bool present, writable, persistent, needs_reboot;
    bool write_only; /**< a command: it cannot be read back */
    chl_area area;
    uint16_t address;      /**< 0-based PDU address */
    uint8_t words;         /**< 1 or 2; LAMP: 3 */
    uint16_t rows, stride; /**< how many there are, and from one to the next; 1 and `words` */
    bool low_word_first;
    uint32_t dflt, min, max; /**< value after a factory reset, and the writable range */
    const char *unit;        /**< "", "s", "100 ms" */
    const char *source;      /**< the document it comes from; NULL = the profile's */
};

/** Address of one row, from 0. */
static inline uint16_t chl_register_at(const struct chl_register *reg, unsigned row)
{
    return (uint16_t)(reg->address + row * reg->stride);
}

/** How an entry is released. */
typedef enum {
    CHL_RELEASE_NONE,  /**< a board that counts or shows only */
    CHL_RELEASE_GRANT, /**< ENTRY_GRANT takes the number of entries */
    CHL_RELEASE_FLASH, /**< FLASH takes the length; the device ends the pulse by itself */
    CHL_RELEASE_PULSE  /**< `release_role` is set to on; the device ends the pulse by itself, by its
                          own timer or wiring */
} chl_release_kind;

/** How entry is held open in modes free and emergency. */
typedef enum {
    CHL_HOLD_GRANT, /**< ENTRY_GRANT = grant_free, or the mode register */
    CHL_HOLD_LATCH, /**< OUTPUT stays on: only where a watchdog takes it back */
    CHL_HOLD_REPEAT /**< a pulse again before the last one ends; it closes when we are gone */
} chl_hold_kind;

/** Where passages come from. */
typedef enum {
    CHL_PASSAGE_NONE,
    CHL_PASSAGE_COUNT,   /**< ENTRY_COUNT, EXIT_COUNT */
    CHL_PASSAGE_COUNTER, /**< rows of COUNTER */
    CHL_PASSAGE_EDGE     /**< rows of INPUT, rising edges counted here */
} chl_passage_kind;

/** What keeps the way out free. */
typedef enum {
    CHL_EGRESS_GRANT,      /**< EXIT_GRANT, held at grant_free */
    CHL_EGRESS_MECHANICAL, /**< it turns outward without power or command */
    CHL_EGRESS_HARDWARE    /**< a sensor on the inside opens it, wired to the device */
} chl_egress_kind;

/** Which value of a setting is right. */
typedef enum {
    CHL_WANT_NONE,      /**< any; shown only */
    CHL_WANT_VALUE,     /**< always `wanted[0]` */
    CHL_WANT_PASS_TIME, /**< the gate's pass time, in the setting's unit */
    CHL_WANT_LINK_LOSS  /**< `wanted[chl_link_loss]`; it is part of the fail-safe */
} chl_want_kind;

/** What kind of a change it is. */
typedef enum {
    CHL_SETTING_PLAIN,
    CHL_SETTING_ADDRESS, /**< the unit's address: only on a bus with one unit */
    CHL_SETTING_LINE     /**< speed or parity: the same */
} chl_setting_kind;

/** What the rows of a setting are numbered by. */
typedef enum {
    CHL_ROWS_BOTH,  /**< an input and the output of its number: either way of use needs it right */
    CHL_ROWS_INPUT, /**< inputs: nothing to a row that only releases */
    CHL_ROWS_OUTPUT /**< outputs: nothing to a row that only counts */
} chl_rows_of;

/** A setting kept by the controller. */
struct chl_setting {
    const char *name; /**< as profiles, sites and `chilang firmware` write it */
    const char *about_vi, *about_en;
    struct chl_register reg; /**< one; with rows: one for each output, only the gate's counts */
    bool fixed;              /**< the driver relies on wanted[0]: no site may wish otherwise */
    bool has_complement;     /**< reg.address + 1 holds the one's complement; both in one write */
    chl_setting_kind kind;
    chl_want_kind want;
    chl_rows_of of; /**< CHL_ROWS_BOTH without rows */
    int64_t wanted[CHL_LINK_LOSS_COUNT];
    int64_t tick_ms; /**< CHL_WANT_PASS_TIME: what 1 means, in ms */
};

enum {
    CHL_SETTINGS_MAX = 48,
    CHL_ROWS_MAX = 64 /**< of one register */
};

struct chl_profile {
    struct chl_yaml *document;               /**< owns all strings */
    const char *id, *name, *vendor, *source; /**< source: the document the facts come from */
    struct chl_register registers[CHL_REG_ROLE_COUNT];
    uint16_t read_block_start,
        read_block_count; /**< one FC03 that reads all a poll needs, atomically; 0 = none stated */
    uint16_t grant_free, grant_cancel, grant_max; /**< values of the grant registers */
    uint16_t mode_normal, mode_blocked, mode_emergency;
    chl_release_kind release;
    chl_register_role release_role; /**< register that a release writes */
    int64_t flash_tick_ms;          /**< CHL_RELEASE_FLASH: what 1 means, in ms */
    int64_t pulse_ms; /**< FLASH: length to write; PULSE: length that the device keeps */
    int64_t waits_ms; /**< how long the mechanism then waits for a person; 0 = the pulse's length */
    chl_hold_kind hold;
    chl_passage_kind passage;
    bool party; /**< one passage is a vehicle: it uses up all places of its grant */
    int16_t release_row, close_row, entry_row, exit_row; /**< what a site need not state; −1 none */
    chl_egress_kind egress;
    uint16_t merge_hole, merge_max; /**< reads may be joined over so many unused registers, up to so
                                       many in all; 0, 0 = never */
    int64_t gap_ms;                 /**< least time between two requests */
    int64_t response_ms;            /**< longest wait for an answer */
    int64_t delay_max_ms;        /**< after this no late answer comes any more: RTU stays silent */
    int64_t turnaround_ms;       /**< silence after a broadcast */
    int64_t released_poll_ms;    /**< polling while a grant is open */
    uint16_t units_max;          /**< highest address */
    uint16_t units_per_bus;      /**< on one bus at most, 0 = not stated */
    bool watchdog;               /**< false: `watchdog: none` */
    const char *timeout_setting; /**< setting that holds the watchdog's time, NULL = none */
    int64_t timeout_tick_ms;     /**< what 1 means there, in ms */
    unsigned alone; /**< what it does by itself when the link is lost: bit n = chl_link_loss n */
    const char *exit_direction;  /**< "exit": the register pair that leads out */
    uint32_t functions;          /**< Modbus function codes the device answers, bit n = code n */
    bool rtu, tcp, rtu_over_tcp; /**< how it is reached */
    const char *serial;          /**< line settings of its serial port, text; NULL = not stated */
    size_t setting_count;
    struct chl_setting *settings;
    bool has_reboot; /**< a register restarts it */
    struct chl_register reboot;
    uint16_t reboot_value;
};

/** What a site wants of a gate's controller. */
struct chl_wants {
    int64_t pass_time_ms; /**< 0 = leave it */
    chl_link_loss on_link_loss;
    size_t wish_count;
    const struct chl_gate_wish *wishes;
};

/** The value a setting should have: the site's wish, else what the profile wants.
 *  @return false: any value is right. Thread: any. Blocks: never. */
bool chl_setting_wanted(const struct chl_setting *setting, const struct chl_wants *wants,
                        int64_t *value);
/** A setting by name, NULL when the profile has none. */
const struct chl_setting *chl_profile_setting(const struct chl_profile *profile, const char *name);
/** Whether the device does this by itself when its link is lost. */
bool chl_profile_does_alone(const struct chl_profile *profile, chl_link_loss what);

/** Load and check a profile; mistakes are refused with file:line:column in `error->text`.
 *  @param path file. @param out the caller's, freed with chl_profile_free.
 *  @return CHL_OK, CHL_E_CONFIG, CHL_E_NOMEM. Thread: any. Blocks: reads a file. */
chl_err chl_profile_load(const char *path, struct chl_profile **out, struct chl_yaml_error *error);
/** The same from memory; `name` stands for the file in messages. */
chl_err chl_profile_parse(const char *name, const char *text, size_t length,
                          struct chl_profile **out, struct chl_yaml_error *error);
void chl_profile_free(struct chl_profile *profile);
/** Path of a profile given as a name (`lot-turnstile`) or a path. A name has no '/' and is looked
 * up in `<data_dir>/firmware-config/<name>.yaml`. @return false when it does not fit. */
bool chl_profile_path(const char *data_dir, const char *name, char *out, size_t size);
/** Names as profiles write them, static; "unknown" for a value that is none.
 *  Thread: any. Blocks: never. */
const char *chl_register_role_name(chl_register_role role);
const char *chl_area_name(chl_area area);
const char *chl_release_name(chl_release_kind kind);
const char *chl_hold_name(chl_hold_kind kind);
const char *chl_passage_name(chl_passage_kind kind);
const char *chl_egress_name(chl_egress_kind kind);
const char *chl_link_loss_name(chl_link_loss what);
/** What the device does alone, as one text: "hold, free-exit". `out` takes 32 bytes. */
void chl_profile_alone_text(const struct chl_profile *profile, char out[32]);

#endif
