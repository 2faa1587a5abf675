/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A mechanism wired to boards: a relay releases it, and its passages close contacts.
 *
 *  A closing relay lets one person through who has `waits_ms` to come (PERCo TTR-04CW, pulse mode);
 *  a relay that stays closed longer than any pulse holds it open until it falls. Not thread-safe.
 */
#ifndef SIM_ARM_H
#define SIM_ARM_H

#include "sim/board.h"

/** One row of a board; `board` NULL = not wired. */
struct arm_end {
    struct board *board; /**< borrowed */
    unsigned row;
};

struct arm {
    struct device *device; /**< `plain`, or the turnstile of a board that is one */
    struct device plain;   /**< the mechanism that relays release */
    unsigned unit;         /**< address at start of the unit that releases it */
    struct arm_end release, close, entry, exit, object;
    int64_t closed_ns; /**< since when the relay is closed */
    int64_t pulse_ms;  /**< longest pulse; a relay closed for longer holds it open */
    bool closed, held, shown;
};

/** Wire it up: `release` or `device` is set, all else as wanted. The arm stays where it is. */
void arm_start(struct arm *arm);
/** A relay switched; others than its own are ignored. */
void arm_switched(struct arm *arm, const struct board *board, unsigned row, bool on,
                  int64_t now_ns);
void arm_tick(struct arm *arm, int64_t now_ns);

#endif
