/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The real chain of credential plugins for tests, benches and fuzzers: the plugins' files
 *         are loaded, configured and asked in order, as the daemon does it.
 */
#ifndef CHL_TESTS_CHAIN_H
#define CHL_TESTS_CHAIN_H

#include <chilang/plugin.h>

struct chain;

/** Load every credential plugin of this build; those that have an option `trust` get the paths.
 *  A failure is told on stderr. Free with chain_close(). */
struct chain *chain_open(const char *const *trust, size_t count);
void chain_close(struct chain *chain);
/** How many plugins answer. */
size_t chain_members(const struct chain *chain);

/** One code through all of them, with the chain's own memory: one thread at a time.
 *  @param by capacity 64: the instance that answered or failed; may be NULL. */
void chain_inspect(struct chain *chain, const void *bytes, size_t length, int64_t now_ns,
                   struct chl_inspection *out, char *by);

/** Write bytes to a new file below /tmp, for `trust`. @return false when it could not. */
bool chain_write_trust(const void *bytes, size_t length, char path[64]);

#endif
