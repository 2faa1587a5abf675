/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Whom each lane scanned last, in memory only, for the person who stands at that lane.
 *
 *  The one place behind the scanner's thread where a name is held. It is wiped at the lane's next
 *  scan, when the decision is over, after the site's `desk` time and at the end; it is kept out of
 *  core dumps, and out of swap where the system allows.
 */
#ifndef CHL_CORE_HOST_DESK_H
#define CHL_CORE_HOST_DESK_H

#include "core/host/host.h"

struct desk;

/** Make places for `lanes` lanes that keep what they hold for `keep_ms`. 0 = keep nothing: `*out`
 *  is NULL, which every other function takes. @return CHL_OK, CHL_E_NOMEM. Thread: any. */
chl_err desk_new(size_t lanes, int64_t keep_ms, struct desk **out);
/** Wipe and free. */
void desk_free(struct desk *desk);
/** Keep what a code says; one that says nothing of a person, or no code (NULL), only wipes.
 *  Thread: any. Blocks: never for long. */
void desk_put(struct desk *desk, uint16_t lane, const struct chl_inspection *found,
              const uint8_t code[HOST_PSEUDONYM]);
/** As host_desk_look, host_desk_end, host_desk_tick of core/host/host.h. */
chl_err desk_look(struct desk *desk, uint16_t lane, struct host_desk *out);
void desk_end(struct desk *desk, uint16_t lane, const uint8_t code[HOST_PSEUDONYM], int64_t by_ns);
void desk_tick(struct desk *desk, int64_t now_ns);

#endif
