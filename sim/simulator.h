/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The simulator as a process: controllers on ports, perhaps with a crowd before them.
 */
#ifndef SIM_SIMULATOR_H
#define SIM_SIMULATOR_H

#include "sim/layout.h"

enum { SIMULATOR_CONTROLLERS_MAX = 64 };

struct simulator_options {
    struct layout layout;          /**< what stands on each bus */
    unsigned controllers;          /**< how many such buses, each at an address of its own */
    const char *listen;            /**< see sim/port.h */
    const char *control;           /**< Unix socket, NULL = none */
    const char *crowd;             /**< manifest, NULL = none */
    const char *scan_dir, *daemon; /**< with a crowd: folders of the lanes, the daemon's socket */
    struct layout_texts requests;  /**< done at the door before anybody is let in */
    int64_t dwell_ms;              /**< how long people stay inside on average, 0 = as usual */
    uint64_t seed;
    bool use_stdin;
};

/** Run until SIGTERM, SIGINT or the door says quit. @return the process's exit code. */
int simulator_run(struct simulator_options *options);

#endif
