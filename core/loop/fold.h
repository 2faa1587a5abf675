/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Durable records back into an engine: at start, and for snapshots.
 */
#ifndef CHL_CORE_FOLD_H
#define CHL_CORE_FOLD_H

#include <chilang/host.h>

#include "core/engine/engine.h"

/** Decode and apply one durable record. Records of types this version does not know only move the
 *  sequence. @return CHL_OK, CHL_E_CORRUPT, CHL_E_STATE, CHL_E_NOMEM. */
chl_err fold_record(struct engine *engine, const struct chl_record *record);

#endif
