/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The crowd's view of the real daemon: lane screens, the steward's taps, the scan folders.
 */
#ifndef SIM_SCREEN_H
#define SIM_SCREEN_H

#include <uv.h>

#include "sim/crowd.h"
#include "sim/lines.h"

struct screen {
    struct crowd *crowd;     /**< borrowed */
    const char *scan_dir;    /**< one folder a lane below it; borrowed */
    const char *picture_dir; /**< what relative picture names stand below; borrowed */
    struct lines watch, taps;
    uint64_t failed_shows;
};

/** Connect to the daemon's control socket, again and again, and lend the crowd its io. */
chl_err screen_start(struct screen *screen, uv_loop_t *loop, const char *socket_path);
void screen_stop(struct screen *screen);

#endif
