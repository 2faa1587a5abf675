/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief TCP connections in front of a simulated bus, on libuv: Modbus TCP, or RTU frames.
 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include <uv.h>

#include "sim/wire.h"

enum { SERVER_CONNECTIONS_MAX = 16, SERVER_HOST = 64 };

struct server_connection;

struct server {
    struct controller *controller; /**< borrowed */
    struct later *later;           /**< borrowed */
    uv_loop_t *loop;
    uv_tcp_t *listener; /**< owned until libuv lets go; NULL = the cable is out */
    char host[SERVER_HOST];
    int port; /**< bound */
    wire_cable cable;
    size_t open; /**< connections */
    struct server_connection *connections[SERVER_CONNECTIONS_MAX];
};

/** Listen on `host`:`port` (IPv4, 0 = any free port, told in `server->port`).
 *  @param why gets expected, came, what to do on error. */
chl_err server_start(struct server *server, uv_loop_t *loop, struct later *later,
                     struct controller *controller, const char *host, int port, char *why,
                     size_t why_size);
void server_tick(struct server *server, int64_t now_ns);
/** Pull the cable, or put it in again. @return false: the port is taken meanwhile. */
bool server_set_cable(struct server *server, wire_cable cable);
/** Send something to everybody. */
void server_say(struct server *server, const struct fault_reply *reply);
/** Close everything; libuv lets go in the following turns of the loop. */
void server_stop(struct server *server);

#endif
