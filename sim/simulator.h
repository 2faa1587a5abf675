/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The simulator as a process: a controller on a port, perhaps with a crowd before it.
 */
#ifndef SIM_SIMULATOR_H
#define SIM_SIMULATOR_H

#include <chilang/types.h>

struct simulator_options {
    const char *profile;           /**< name or path */
    const char *listen;            /**< address:port */
    const char *control;           /**< Unix socket, NULL = none */
    const char *crowd;             /**< manifest, NULL = none */
    const char *scan_dir, *daemon; /**< with a crowd: folders of the lanes, the daemon's socket */
    unsigned units;
    int64_t delay_ms; /**< of every unit, at start */
    int64_t dwell_ms; /**< how long people stay inside on average, 0 = as usual */
    uint64_t seed;
    bool use_stdin;
};

/** Run until SIGTERM, SIGINT or the door says quit. @return the process's exit code. */
int simulator_run(const struct simulator_options *options);

#endif
