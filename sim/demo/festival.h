/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of the festival share: its choices, its folder, its processes, its state.
 */
#ifndef SIM_DEMO_FESTIVAL_H
#define SIM_DEMO_FESTIVAL_H

#include <jansson.h>
#include <stdio.h>

#include "sim/demo/child.h"
#include "sim/lines.h"

enum {
    FESTIVAL_PATH = 256,
    FESTIVAL_GATES = 3,
    FESTIVAL_WHY = 1024,
    FESTIVAL_SECONDS_A_SECOND = 60 /* one second of the demo stands for one minute */
};

struct festival_options {
    unsigned people, seconds, torture, limit;
    uint64_t seed;
    bool stay, plain, keep;
    const char *dir; /**< NULL = a temporary one */
};

/** Where things lie below the festival's folder. */
struct festival_paths {
    char dir[FESTIVAL_PATH], codes[FESTIVAL_PATH], scan[FESTIVAL_PATH], keys[FESTIVAL_PATH],
        trust[FESTIVAL_PATH], manifest[FESTIVAL_PATH], site[FESTIVAL_PATH], journal[FESTIVAL_PATH],
        control[FESTIVAL_PATH], sim_control[FESTIVAL_PATH], store[FESTIVAL_PATH],
        log_daemon[FESTIVAL_PATH], log_sim[FESTIVAL_PATH], log_monitor[FESTIVAL_PATH],
        log_tool[FESTIVAL_PATH];
};

typedef enum {
    PHASE_STARTING = 0, /**< waits until every gate answers */
    PHASE_OPEN,         /**< the crowd comes */
    PHASE_DRAINING,     /**< no more entry; everybody leaves */
    PHASE_SETTLING,     /**< counts and the subscriber catch up */
    PHASE_STOPPING,     /**< processes end */
    PHASE_DONE
} festival_phase;

struct festival {
    struct festival_options options;
    struct festival_paths paths;
    char chilang[FESTIVAL_PATH], chilangd[FESTIVAL_PATH], self[FESTIVAL_PATH];
    int modbus_port, pull_port, live_port;
    unsigned declarations, heads; /**< codes made; people who come on them */
    uv_loop_t loop;
    uv_timer_t turn, murder;
    uv_signal_t interrupt, term, hang_up;
    struct child daemon, sim, monitor;
    struct lines *to_daemon, *to_sim;
    festival_phase phase;
    int64_t opened_ns, phase_ns, daemon_started_ns;
    uint64_t random;
    unsigned kills;
    json_t *status, *stats, *scene, *truth; /**< last answers; NULL = none yet */
    uint64_t received;                      /**< how far the subscriber's store is */
    uint64_t settled; /**< the journal's head when all was counted and received */
    bool interrupted; /**< told to close the doors, count and end */
    bool cut_short;   /**< told to end at once */
    bool tty, colour;
    char why[FESTIVAL_WHY]; /**< why it was given up, "" = not */
};

/** Give up: the first reason is kept. */
void festival_fail(struct festival *festival, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** An integer of an answer by path, e.g. ("total", "inside"); 0 when it is not there. */
int64_t festival_number(const json_t *object, const char *key, const char *inner);
uint64_t festival_draw(struct festival *festival);

/** Folders, keys, declarations, manifest. Blocks. */
chl_err festival_prepare(struct festival *festival);
/** Declarations and the manifest: who comes and how. */
chl_err festival_people(struct festival *festival);
/** Change the genuine codes of a file, one a line, and draw them under the names of the batch. */
chl_err festival_forge(struct festival *festival, const char *codes_path, const char *csv_path);
/** site.yaml; ports must be known. */
chl_err festival_site(struct festival *festival);
/** Run `chilang …`; on failure the reason is kept. */
chl_err festival_tool(struct festival *festival, char **argv);
/** Remove the folder unless it shall be kept. */
void festival_clean(const struct festival *festival);

/** How long people stay, on average, while the doors are open. */
unsigned festival_stay_ms(const struct festival *festival);
/** Start one of the processes; a failure is kept as the reason to give up. */
void festival_start_daemon(struct festival *festival);
void festival_start_monitor(struct festival *festival);
/** The simulator; its port is known when this returns. Turns the loop. */
void festival_start_sim(struct festival *festival);

/** Start the processes and play until the end. */
void festival_play(struct festival *festival);

/** The live picture. */
void festival_view(struct festival *festival);
void festival_view_end(const struct festival *festival);

/** Judge the ended festival and print the table. @return true when every invariant held. */
bool festival_judge(struct festival *festival);

#endif
