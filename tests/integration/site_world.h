/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A whole site of real processes in a folder of its own: simulated turnstiles, daemon,
 * tools.
 */
#ifndef TEST_SITE_WORLD_H
#define TEST_SITE_WORLD_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

enum { WORLD_PATH = 256, WORLD_OUT = 16384, WORLD_WAIT_MS = 15000 };

struct world {
    char dir[WORLD_PATH];
    pid_t sim, daemon;
    unsigned port;    /**< of the simulator's bus, 0 on a line */
    char address[96]; /**< of that bus, as gate_modbus takes it */
    unsigned scans;
};

/** Gates G1, G2 (units 1 and 2) and H1 (by hand) into one zone `san` of hard limit 5. */
void world_open(struct world *world);
/** The same with more on the bus: options of chilang-sim, NULL-ended, in place of `--units 2`. */
void world_open_with(struct world *world, const char *const *units);
/** Write `text` into the site file behind the first `after`; before it is started. */
void world_edit(const struct world *world, const char *after, const char *text);
/** A site of one's own.
 *  @param simulator arguments of chilang-sim beside its door, NULL-ended.
 *  @param site the site file, with `@BUS@` where the bus's address belongs. Scanners are folders;
 *         `trust` holds the issuer's key. Lanes named G1, G2 and H1 have their folders. */
void world_open_as(struct world *world, const char *const *simulator, const char *site);
void world_close(struct world *world);

void world_start(struct world *world);
/** Send a signal to the daemon and wait for its end. @return its wait status. */
int world_end(struct world *world, int signal_number);
/** Run one of our programs; its output goes to `out`. @return exit code. */
int world_run(const struct world *world, char out[WORLD_OUT], const char *program,
              const char *const *arguments);
/** A path in the world's folder; one of a few static buffers. */
const char *world_path(const struct world *world, const char *name);

/** A signed declaration; `extra` are further options of `chilang declare`, NULL-ended. */
void world_code(const struct world *world, char out[WORLD_OUT], const char *const *extra);
/** Show a code at a lane. */
void world_scan(struct world *world, const char *lane, const char *code);

/** One request to the daemon; the answer is the caller's, NULL when nobody answers. */
json_t *world_ask(const struct world *world, const char *request);
/** One request to the simulator. */
json_t *world_sim(const struct world *world, const char *request);
/** Somebody walks through a simulated turnstile; who finds it closed waits before it, as people do.
 *  @param way "entry" or "exit". @return false when it did not open within WORLD_WAIT_MS. */
bool world_walk(const struct world *world, int unit, const char *way);
/** Ask for status until `zone|gate|lane <id> <member>` is `expected`. @return false after
 *  WORLD_WAIT_MS. */
bool world_until(const struct world *world, const char *list, const char *id, const char *member,
                 const char *expected);
/** The member as text, now. */
void world_member(const struct world *world, const char *list, const char *id, const char *member,
                  char out[128]);

#endif
