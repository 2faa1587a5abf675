/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A controller in memory that takes settings, and does what is asked of it wrong.
 */
#ifndef CHL_TESTS_FIRMWARE_BENCH_H
#define CHL_TESTS_FIRMWARE_BENCH_H

#include "lib/firmware/firmware.h"

enum { BENCH_REGISTERS = 4096, BENCH_LOG = 4096 };

struct bench {
    struct chl_profile *profile;
    struct chl_firmware *run;
    struct chl_firmware_target target;
    struct chl_firmware_use use;
    struct chl_gate_wish wishes[8];
    uint16_t words[BENCH_REGISTERS];  /**< what is read */
    uint16_t stored[BENCH_REGISTERS]; /**< what a restart makes of it */
    uint16_t addresses[8];
    int64_t now_ns;
    uint16_t unit;      /**< where it answers */
    int64_t baud, line; /**< its speed, and the speed at which we listen; 0 = no line */
    uint16_t other;     /**< another unit on the bus, 0 = none */
    /* Faults. −1, 0 and false = none. */
    int deny_read, deny_write; /**< register that is refused */
    int forget;                /**< register that acknowledges and keeps its old value */
    int mute_write;            /**< register whose write takes effect without an answer */
    int lose_write;            /**< register whose write is lost */
    int torn;                  /**< register whose complement comes out wrong */
    int deaf_after;            /**< writes after which it answers nothing more, −1 = never */
    int unsent;                /**< so many requests find the link broken */
    bool restart_fails;        /**< it never comes back */
    bool volatile_lost;        /**< a restart brings back `stored` */
    int64_t off_until_ns;
    int moves_unit, moves_line; /**< registers that move it at once */
    int on_restart_unit;        /**< register that moves it when it restarts */
    int reboot;                 /**< register that restarts it */
    /* What it saw. */
    size_t asked, written, renewed;
    uint16_t log[BENCH_LOG]; /**< first register of each write */
    uint8_t functions[BENCH_LOG];
};

/** A bench with this profile, all registers at the defaults of its settings, at unit 1. */
void bench_open(struct bench *bench, const char *profile);
void bench_close(struct bench *bench);
void bench_set(struct bench *bench, const char *setting, unsigned row, uint16_t value);
uint16_t bench_get(const struct bench *bench, const char *setting, unsigned row);
/** Address of a setting's row. */
int bench_at(const struct bench *bench, const char *setting, unsigned row);
void bench_wish(struct bench *bench, const char *setting, int64_t value);
/** Read everything; the result. */
const struct chl_firmware_result *bench_read(struct bench *bench);
const struct chl_firmware_result *bench_apply(struct bench *bench);
const struct chl_firmware_item *bench_item(const struct bench *bench, const char *setting,
                                           unsigned row);

#endif
