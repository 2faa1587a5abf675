/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the files that apply records share. Nothing else may change the state.
 */
#ifndef CHL_ENGINE_APPLY_H
#define CHL_ENGINE_APPLY_H

#include "core/engine/internal.h"

/** A gate or zone of a record, NULL when the configuration has it no more. */
struct engine_gate *gate_at(struct engine *engine, uint16_t index);
struct engine_zone *zone_at(struct engine *engine, uint16_t index);

chl_err apply_gate_state(struct engine *engine, const struct engine_record *record);
chl_err apply_gate_mode(struct engine *engine, const struct engine_record *record);
chl_err apply_gate_phase(struct engine *engine, const struct engine_record *record);
chl_err apply_command(struct engine *engine, const struct engine_record *record);
chl_err apply_emergency(struct engine *engine, const struct engine_record *record);
chl_err apply_dispersal(struct engine *engine, const struct engine_record *record);
chl_err apply_at_alarm(struct engine *engine, const struct engine_record *record);

#endif
