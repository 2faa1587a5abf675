/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How a running simulator is told to misbehave, and asked what really happened.
 *
 *  One JSON object a line, on standard input or a Unix socket; see sim/README.md.
 */
#ifndef SIM_DOOR_H
#define SIM_DOOR_H

#include <uv.h>

#include "sim/crowd.h"
#include "sim/lines.h"
#include "sim/port.h"

enum { DOOR_CLIENTS_MAX = 8 };

struct door {
    uv_loop_t *loop;
    struct port *ports; /**< borrowed */
    size_t port_count;
    struct crowd *crowd; /**< borrowed, NULL = none */
    void (*quit)(struct door *door);
    void *user;
    uv_pipe_t listener;
    bool listening;
    struct lines *clients[DOOR_CLIENTS_MAX];
};

/** Listen on a Unix socket (NULL = none) and read standard input when `use_stdin`. */
chl_err door_start(struct door *door, const char *path, bool use_stdin, char *why, size_t why_size);
void door_stop(struct door *door);
/** Answer one request. @return length of the answer in `out`. */
size_t door_answer(struct door *door, const char *text, size_t length, char *out, size_t size,
                   int64_t now_ns);

#endif
