/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The registers of one simulated unit, as its profile lays them out, and what stands behind
 *  them: relays that fall by themselves, inputs with counters, lamps, settings, a watchdog.
 *
 *  Behaviour: the profile and the documents it names. No clock and no I/O: time comes in with each
 *  call. Rows are counted from 0 here and from 1 at the door. Not thread-safe.
 */
#ifndef SIM_BOARD_H
#define SIM_BOARD_H

#include "sim/device.h"

/** Modbus exception codes that a device answers; 0 = done. */
enum {
    BOARD_OK = 0,
    BOARD_ILLEGAL_FUNCTION = 1,
    BOARD_ILLEGAL_ADDRESS = 2,
    BOARD_ILLEGAL_VALUE = 3
};

enum {
    BOARD_ON = 0xFF00, /**< what FC05 carries for on */
    BOARD_ROWS_MAX = CHL_ROWS_MAX,
    BOARD_PLACES_MAX = CHL_REG_ROLE_COUNT + CHL_SETTINGS_MAX + 1,
    BOARD_LAMP_WORDS = 3,
    BOARD_FOREVER = 0xFFFF /**< total time of a lamp */
};

/** A relay. */
struct board_output {
    bool on;
    int64_t until_ns;     /**< falls by itself then; 0 = stays */
    int64_t again_ns;     /**< the next pulse of a train starts then; 0 = none */
    uint32_t pulses_left; /**< of the train */
    uint64_t closings;
};

/** A contact with the counter behind it. */
struct board_input {
    bool closed, held;        /**< held: closed by the door, until the door opens it */
    int64_t until_ns;         /**< a passage's contact opens then; 0 = no such contact */
    int64_t next_ns;          /**< the next passage's contact may close then */
    uint32_t waiting;         /**< passages whose contact has not closed yet */
    uint32_t count, previous; /**< previous: before its last step */
    bool overflow;
};

struct board_lamp {
    uint16_t words[BOARD_LAMP_WORDS]; /**< on, off, total, in 100 ms */
    int64_t since_ns;
};

/** Where an address belongs: a role, a setting or the register that restarts the unit. */
struct board_place {
    const struct chl_register *reg;
    chl_register_role role; /**< CHL_REG_ROLE_COUNT: none */
    int setting;            /**< index, −1: none */
    uint32_t cell;          /**< setting: its first cell */
    bool reboot;
};

struct board;

/** Whoever is wired to the relays. */
struct board_wires {
    void *user;
    /** A relay closed or fell. May be NULL. */
    void (*switched)(void *user, const struct board *board, unsigned row, bool on, int64_t now_ns);
};

struct board {
    const struct chl_profile *profile; /**< borrowed */
    struct device device; /**< the turnstile that these registers belong to, if it is one */
    bool has_device;
    struct board_wires wires;
    size_t place_count;
    struct board_place places[BOARD_PLACES_MAX];
    uint32_t *stored; /**< owned: what each row of each setting reads */
    uint32_t *active; /**< the same that acts; differs until a restart where one is needed */
    uint32_t cells;
    struct board_output outputs[BOARD_ROWS_MAX];
    struct board_input inputs[BOARD_ROWS_MAX];
    struct board_lamp lamps[BOARD_ROWS_MAX];
    int64_t booted_ns, talked_ns;
    int64_t due_ns; /**< nothing changes by itself before */
    bool tripped;   /**< the watchdog: nobody has talked to it for its time */
    bool torn;      /**< fault: the high words of counters are a step older than the low ones */
    bool restart;   /**< the register that restarts it was written */
    bool dark;      /**< without power: contacts close and nobody counts them */
    uint64_t trips, reboots;
};

/** Fresh from the factory.
 *  @param profile borrowed for the board's life.
 *  @return CHL_OK or CHL_E_NOMEM; free with board_free. */
chl_err board_init(struct board *board, const struct chl_profile *profile, int64_t now_ns);
void board_free(struct board *board);
/** Power off and on: what the profile does not call persistent is lost; settings that need a
 *  restart act from now on. */
void board_reboot(struct board *board, int64_t now_ns);
/** Let time pass. */
void board_tick(struct board *board, int64_t now_ns);
/** Somebody asked this unit something: its watchdog begins anew. */
void board_talked(struct board *board, int64_t now_ns);

/** Read `count` words or bits (0 or 1). @return BOARD_OK or a Modbus exception. */
int board_read(struct board *board, chl_area area, uint16_t address, uint16_t count, uint16_t *out,
               int64_t now_ns);
/** Write `count` registers or coils, all or none. A coil takes the raw value of FC05: BOARD_ON, 0,
 *  or what its row takes. @return BOARD_OK or a Modbus exception. */
int board_write(struct board *board, chl_area area, uint16_t address, uint16_t count,
                const uint16_t *values, int64_t now_ns);

/** Close a contact for a moment, as a passage does; several wait for each other. */
void board_pulse_input(struct board *board, unsigned row, int64_t now_ns);
/** Hold a contact closed, or let it go. */
void board_hold_input(struct board *board, unsigned row, bool closed, int64_t now_ns);
/** How many rows the profile gives a role, 0 = it has none. */
unsigned board_rows(const struct board *board, chl_register_role role);
/** Whether a lamp shines now. */
bool board_lamp_lit(const struct board *board, unsigned row, int64_t now_ns);

/** A setting's value that acts, by its name in the profile; `otherwise` when there is none. */
uint32_t board_setting(const struct board *board, const char *name, unsigned row,
                       uint32_t otherwise);
/** Set a setting as if it had been written and the unit restarted, in all its rows.
 *  @return false: no such setting, or out of its range. */
bool board_provide(struct board *board, const char *name, int64_t value);
/** Set its address register, where it has one, as the installer did. */
void board_deliver_at(struct board *board, unsigned address);
/** The first setting of a kind, its value that acts; −1 = none. */
int64_t board_setting_of(const struct board *board, chl_setting_kind kind);
/** The line speed that acts, in baud; 0 = as delivered, or no register for it. */
int64_t board_baud(const struct board *board);

/** For the board's own files. */
const struct board_place *board_place_at(const struct board *board, chl_area area, uint32_t address,
                                         unsigned *row, unsigned *word);
bool board_map(struct board *board);
void board_factory(struct board *board);
int64_t board_unit_ms(const char *unit);
void board_switch(struct board *board, unsigned row, bool on, int64_t now_ns);
void board_output_command(struct board *board, unsigned row, bool on, int64_t now_ns);
void board_flash(struct board *board, unsigned row, uint16_t length, int64_t now_ns);
void board_pulse_start(struct board *board, unsigned row, int64_t now_ns);
int64_t board_tick_outputs(struct board *board, int64_t now_ns);
int64_t board_tick_inputs(struct board *board, int64_t now_ns);
int64_t board_tick_watchdog(struct board *board, int64_t now_ns);

#endif
