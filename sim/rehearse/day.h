/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One day on the real engine, in virtual time.
 *
 *  People come, stand in the shortest line, show a code, read the verdict and walk; the engine
 *  decides as in the daemon, and simulated turnstiles count. Nothing here knows limits: who may
 *  pass is what the engine says.
 */
#ifndef SIM_REHEARSE_DAY_H
#define SIM_REHEARSE_DAY_H

#include "sim/rehearse/measure.h"
#include "sim/rehearse/plan.h"
#include "sim/rehearse/world.h"

/** The rehearsal gives up so long after the last arrivals, with people in line or inside. */
enum { DAY_AFTER_MINUTES = 720 };

/** Run a day.
 *  @param out freed with measure_free after CHL_OK.
 *  @param why on failure, one line.
 *  @return CHL_OK, CHL_E_NOMEM, CHL_E_STATE (an invariant was broken). Thread: any. Blocks: no. */
chl_err day_run(const struct world *world, const struct plan *plan, const struct arrivals *arrivals,
                const struct rehearse_options *options, struct measure *out,
                char why[REHEARSE_WHY]);

#endif
