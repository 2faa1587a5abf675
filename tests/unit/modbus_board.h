/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A bus of boards with all four tables of registers under the gate driver, described by the
 *  real profiles, with a clock that the test moves and faults that it chooses.
 */
#ifndef CHL_TESTS_MODBUS_BOARD_H
#define CHL_TESTS_MODBUS_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/time.h"
#include "lib/modbus/driver.h"

#define MS  CHL_NS_PER_MS
#define FAR INT64_MAX

enum { BOARDS = 8, PULSES = 8, BOARD_REPORTS = 4096, BOARD_WIRE = 60000, TABLE = 0x4400 };

typedef enum { OBEYS, MUTE, ACTS_MUTE, GARBLES } conduct;

struct board {
    struct chl_profile *profile;
    uint16_t tables[4][TABLE];
    conduct conduct;
    bool no_joins;            /**< refuses reads of more than one register's row */
    uint16_t missing;         /**< address of an input register that it does not have; 0 = none */
    uint16_t fixed;           /**< address of a coil that nobody may write; 0 = none */
    unsigned pulses[PULSES];  /**< started at an output */
    int64_t until_ns[PULSES]; /**< when it ends by itself */
};

struct rig {
    int64_t now_ns, taking_ns;
    bool open, serial, reachable;
    struct board boards[BOARDS]; /**< by address, from 1 */
    struct chl_modbus *driver;
    size_t report_count, wire_count;
    unsigned flushes, closes;
    int64_t flush_ns;
    struct chl_gate_report reports[BOARD_REPORTS];
    struct {
        int64_t at_ns;
        struct chl_modbus_request request;
    } wire[BOARD_WIRE];
};

/** A rig without units. The caller's, freed with rig_free. */
struct rig *rig_new(bool serial);
void rig_free(struct rig *r);
/** Put a device of `firmware-config/NAME.yaml` at an address, as it should be set. */
struct chl_profile *rig_board(struct rig *r, unsigned unit, const char *name);
/** A gate whose device is at `unit`; its parts are the caller's to fill. */
struct chl_modbus_device rig_gate(struct rig *r, uint16_t gate, unsigned unit);
struct chl_modbus_part rig_part(struct rig *r, unsigned unit, int first, int second);
/** Make the driver; all must be accepted. */
void rig_start(struct rig *r, const struct chl_modbus_device *gates, size_t count);
void rig_run(struct rig *r, int64_t for_ns);
void rig_order(struct rig *r, struct chl_gate_command command);
const struct chl_gate_report *rig_done(const struct rig *r, uint64_t id);
const struct chl_gate_report *rig_newest(const struct rig *r, uint16_t gate, chl_report_kind kind);
/** A register of a role's row as it is. */
uint16_t *rig_at(struct rig *r, unsigned unit, chl_register_role role, unsigned row);
uint16_t *rig_setting(struct rig *r, unsigned unit, const char *name, unsigned row);
/** Somebody walks by: a counter moves. */
void rig_pass(struct rig *r, unsigned unit, unsigned row);
size_t rig_count(const struct rig *r, unsigned unit, bool write, uint16_t address, size_t from);

#endif
