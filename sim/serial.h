/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A serial line in front of a simulated bus: a pseudo-terminal that anybody may open.
 */
#ifndef SIM_SERIAL_H
#define SIM_SERIAL_H

#include <uv.h>

#include "sim/wire.h"

enum { SERIAL_PATH = 256 };

struct serial_end;

struct serial {
    struct controller *controller; /**< borrowed */
    struct later *later;           /**< borrowed */
    uv_loop_t *loop;
    wire_cable cable;
    char link[SERIAL_PATH]; /**< symbolic link to the line, "" = none */
    char path[SERIAL_PATH]; /**< where to open it: the link, or the line itself */
    char line[SERIAL_PATH]; /**< the line itself */
    struct serial_end *end; /**< NULL = the cable is out */
};

/** Make the line.
 *  @param link where a symbolic link to it is kept, NULL = none. An old link there is replaced,
 *  anything else is refused.
 *  @param why gets expected, came, what to do on error. */
chl_err serial_start(struct serial *serial, uv_loop_t *loop, struct later *later,
                     struct controller *controller, const char *link, char *why, size_t why_size);
void serial_tick(struct serial *serial, int64_t now_ns);
/** Pull the cable (`out` hangs up whoever has it open), or put it in again: another line under the
 *  same link. @return false: no line could be made. */
bool serial_set_cable(struct serial *serial, wire_cable cable);
void serial_say(struct serial *serial, const struct fault_reply *reply);
/** Hang up and take the link away. */
void serial_stop(struct serial *serial);

#endif
