/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The core loop: owns the engine, moves inputs to records and durable facts to effects.
 */
#ifndef CHL_CORE_LOOP_H
#define CHL_CORE_LOOP_H

#include "core/config/config.h"
#include "core/host/host.h"

struct loop;

/** Make a loop for a checked site: opens the journal, folds it, opens the control socket. Nothing
 * of a plugin runs yet.
 *  @param why on failure: what was expected, what came, what to do.
 *  Thread: main. Blocks: disk. */
chl_err loop_new(const struct config *config, const char *data_dir, struct loop **out, char *why,
                 size_t why_size);
/** Run until SIGTERM or SIGINT, then stop everything in order. SIGHUP reloads trust.
 *  @return CHL_OK, or why it had to stop. Thread: main. Blocks: until the end. */
chl_err loop_run(struct loop *loop, char *why, size_t why_size);
void loop_free(struct loop *loop);

#endif
