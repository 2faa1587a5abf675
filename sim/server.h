/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus TCP connections in front of a simulated controller, on libuv.
 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include <uv.h>

#include "sim/controller.h"

enum { SERVER_CONNECTIONS_MAX = 16 };

struct server_connection;

struct server {
    struct controller *controller; /**< borrowed */
    uv_loop_t *loop;
    uv_tcp_t listener;
    size_t open; /**< connections */
    struct server_connection *connections[SERVER_CONNECTIONS_MAX];
};

/** Listen on `host`:`port` (IPv4, 0 = any free port, told in `*bound`).
 *  @param why gets expected, came, what to do on error. */
chl_err server_start(struct server *server, uv_loop_t *loop, struct controller *controller,
                     const char *host, int port, int *bound, char *why, size_t why_size);
/** Close everything; libuv lets go in the following turns of the loop. */
void server_stop(struct server *server);

#endif
