/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The monitor's store: records and cursor in one SQLite file, moved on in one transaction.
 */
#ifndef CHL_CLI_MONITOR_STORE_H
#define CHL_CLI_MONITOR_STORE_H

#include "lib/stream/client.h"

struct monitor_store;

/** Open or create; `position` is where it stands. `why`: what was expected, what came. */
chl_err monitor_store_open(const char *path, struct monitor_store **out,
                           struct chl_stream_position *position, char *why, size_t why_size);
void monitor_store_close(struct monitor_store *store);
/** All or nothing, durable when CHL_OK. A record that is there already is an error: nothing is ever
 *  stored twice. Blocks: disk. */
chl_err monitor_store_commit(struct monitor_store *store, const struct chl_stream_received *records,
                             size_t count, const struct chl_stream_position *position, char *why,
                             size_t why_size);

#endif
