/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The engine's view of a site, made from its configuration, for the daemon and for a
 * rehearsal.
 */
#ifndef CHL_CORE_SITE_H
#define CHL_CORE_SITE_H

#include "core/config/config.h"
#include "core/engine/model.h"

/** Owns the arrays that an engine_config borrows. */
struct site {
    struct engine_config engine;
    struct engine_zone_config *zones;
    struct engine_gate_config *gates;
    struct engine_lane_config *lanes;
    struct engine_slot *slots;
};

chl_err site_make(const struct config *config, struct site *out);
void site_free(struct site *site);
/** Indices by id, ENGINE_NONE when there is none. */
uint16_t site_gate(const struct site *site, const char *id);
uint16_t site_lane(const struct site *site, const char *id);
uint16_t site_zone(const struct site *site, const char *id);

#endif
