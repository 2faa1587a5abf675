/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a lane's lamps say, and when: one table for the engine, its tests and
 * docs/signals.md.
 */
#ifndef CHL_ENGINE_SIGNALS_H
#define CHL_ENGINE_SIGNALS_H

#include "core/engine/engine.h"

/** What a lane says by itself; the first that holds. Identifier, when, signal, sound. */
#define ENGINE_STANDINGS(X)                                                                        \
    X(STANDING_EMERGENCY, "an emergency, until its reset", CHL_SIGNAL_RED, CHL_SOUND_ALARM)        \
    X(STANDING_CLOSED, "no entry: blocked, the lane runs outward, all leave", CHL_SIGNAL_RED,      \
      CHL_SOUND_NONE)                                                                              \
    X(STANDING_UNKNOWN, "the gate or a count is not known, or the controller's settings differ",   \
      CHL_SIGNAL_AMBER, CHL_SOUND_NONE)                                                            \
    X(STANDING_FULL, "a zone behind it is at its limit or above", CHL_SIGNAL_BLUE, CHL_SOUND_NONE) \
    X(STANDING_OPEN, "entry is free", CHL_SIGNAL_GREEN, CHL_SOUND_NONE)                            \
    X(STANDING_READY, "otherwise: scan a code", CHL_SIGNAL_OFF, CHL_SOUND_NONE)
typedef enum {
#define ENGINE_STANDING_ID(id, text, signal, sound) id,
    ENGINE_STANDINGS(ENGINE_STANDING_ID)
#undef ENGINE_STANDING_ID
        STANDING_COUNT
} engine_standing;

/** What it says to the person whose code was scanned. Verdict, signal, sound. */
#define ENGINE_ANSWERS(X)                                                                          \
    X(CHL_ADMIT, CHL_SIGNAL_GREEN, CHL_SOUND_SHORT)                                                \
    X(CHL_WAIT, CHL_SIGNAL_BLUE, CHL_SOUND_NONE)                                                   \
    X(CHL_CHECK, CHL_SIGNAL_AMBER, CHL_SOUND_LONG)                                                 \
    X(CHL_DENY, CHL_SIGNAL_RED, CHL_SOUND_LONG)

/** What a lane's lamps stand for now. Thread: the owner's. Blocks: never. */
engine_standing engine_stands_for(const struct engine *engine, uint16_t gate);

#endif
