/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief TCP connections in front of a simulated bus, see server.h.
 */
#include "sim/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"

enum { BACKLOG = 64 };

struct server_connection {
    struct wire wire; /**< first: the target of what is sent later */
    struct server *server;
    size_t slot;
    uv_tcp_t tcp;
    bool closing;
};

static void tcp_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void leave(struct server_connection *connection)
{
    connection->closing = true;
    wire_forget(&connection->wire);
    connection->server->connections[connection->slot] = NULL;
    connection->server->open--;
}

static void hang_up(struct server_connection *connection)
{
    if (!connection->closing) {
        leave(connection);
        uv_close((uv_handle_t *)&connection->tcp, tcp_closed);
    }
}

/** As hang_up, but with a reset: what was sent is thrown away. */
static void cut(struct server_connection *connection)
{
    if (!connection->closing) {
        leave(connection);
        if (uv_tcp_close_reset(&connection->tcp, tcp_closed) != 0) {
            uv_close((uv_handle_t *)&connection->tcp, tcp_closed);
        }
    }
}

static void send_bytes(struct later_target *target, const uint8_t *bytes, size_t length)
{
    struct server_connection *connection = (struct server_connection *)(void *)target;
    uint8_t copy[FAULT_REPLY_MAX];
    if (connection->closing || connection->server->cable != WIRE_IN || length > sizeof copy) {
        return;
    }
    memcpy(copy, bytes, length);
    uv_buf_t buffer = uv_buf_init((char *)copy, (unsigned)length);
    /* Whoever lets so many answers lie that the socket is full has gone. */
    if (uv_try_write((uv_stream_t *)&connection->tcp, &buffer, 1) != (int)length) {
        hang_up(connection);
    }
}

static void room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    struct server_connection *connection = handle->data;
    size_t left = 0;
    uint8_t *where = wire_room(&connection->wire, &left);
    *out = uv_buf_init((char *)where, (unsigned)left);
}

static void arrived(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    (void)buffer;
    struct server_connection *connection = stream->data;
    if (count < 0) {
        hang_up(connection);
        return;
    }
    if (connection->server->cable != WIRE_IN) {
        return; /* lost */
    }
    if (!wire_arrived(&connection->wire, (size_t)count)) {
        hang_up(connection);
    }
}

static size_t free_slot(const struct server *server)
{
    size_t slot = 0;
    while (slot < SERVER_CONNECTIONS_MAX && server->connections[slot] != NULL) {
        slot++;
    }
    return slot;
}

static void freed(uv_handle_t *handle)
{
    free(handle);
}

/** Take the connection and close it: the controller has no place for another. */
static void refuse(struct server *server, uv_stream_t *listener)
{
    uv_tcp_t *tcp = malloc(sizeof *tcp);
    if (tcp != NULL) {
        uv_tcp_init(server->loop, tcp);
        uv_accept(listener, (uv_stream_t *)tcp);
        uv_close((uv_handle_t *)tcp, freed);
    }
}

static void knocked(uv_stream_t *listener, int status)
{
    struct server *server = listener->data;
    size_t slot = free_slot(server);
    if (status < 0) {
        return;
    }
    struct server_connection *connection =
        slot < SERVER_CONNECTIONS_MAX ? calloc(1, sizeof *connection) : NULL;
    if (connection == NULL) {
        refuse(server, listener);
        return;
    }
    connection->server = server;
    connection->slot = slot;
    connection->wire.target.send = send_bytes;
    connection->wire.controller = server->controller;
    connection->wire.later = server->later;
    server->connections[slot] = connection;
    server->open++;
    uv_tcp_init(server->loop, &connection->tcp);
    connection->tcp.data = connection;
    if (uv_accept(listener, (uv_stream_t *)&connection->tcp) < 0) {
        hang_up(connection);
        return;
    }
    uv_tcp_nodelay(&connection->tcp, 1);
    if (server->cable != WIRE_STALLED) {
        uv_read_start((uv_stream_t *)&connection->tcp, room, arrived);
    }
}

/** @return libuv's error, 0 = listening. */
static int listen_again(struct server *server)
{
    struct sockaddr_in address;
    struct sockaddr_storage name;
    int name_length = (int)sizeof name;
    uv_tcp_t *listener = malloc(sizeof *listener);
    if (listener == NULL) {
        return UV_ENOMEM;
    }
    memset(&name, 0, sizeof name);
    uv_tcp_init(server->loop, listener);
    listener->data = server;
    int rc = uv_ip4_addr(server->host, server->port, &address);
    rc = rc < 0 ? rc : uv_tcp_bind(listener, (const struct sockaddr *)(const void *)&address, 0);
    rc = rc < 0 ? rc : uv_listen((uv_stream_t *)listener, BACKLOG, knocked);
    rc = rc < 0 ? rc : uv_tcp_getsockname(listener, (struct sockaddr *)(void *)&name, &name_length);
    if (rc < 0) {
        uv_close((uv_handle_t *)listener, freed);
        return rc;
    }
    memcpy(&address, &name, sizeof address);
    server->port = ntohs(address.sin_port);
    server->listener = listener;
    return 0;
}

chl_err server_start(struct server *server, uv_loop_t *loop, struct later *later,
                     struct controller *controller, const char *host, int port, char *why,
                     size_t why_size)
{
    memset(server, 0, sizeof *server);
    server->loop = loop;
    server->later = later;
    server->controller = controller;
    server->port = port;
    snprintf(server->host, sizeof server->host, "%s", host);
    int rc = listen_again(server);
    if (rc < 0) {
        snprintf(why, why_size,
                 "listen: expected a free IPv4 address and port, got %s:%d (%s); choose another",
                 host, port, uv_strerror(rc));
        return CHL_E_IO;
    }
    return CHL_OK;
}

void server_tick(struct server *server, int64_t now_ns)
{
    for (size_t i = 0; server->open > 0 && i < SERVER_CONNECTIONS_MAX; i++) {
        if (server->connections[i] != NULL) {
            wire_tick(&server->connections[i]->wire, now_ns);
        }
    }
}

static void each(struct server *server, void (*act)(struct server_connection *connection))
{
    for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++) {
        if (server->connections[i] != NULL) {
            act(server->connections[i]);
        }
    }
}

static void stop_reading(struct server_connection *connection)
{
    uv_read_stop((uv_stream_t *)&connection->tcp);
}

static void start_reading(struct server_connection *connection)
{
    uv_read_start((uv_stream_t *)&connection->tcp, room, arrived);
}

static void close_listener(struct server *server)
{
    if (server->listener != NULL) {
        uv_close((uv_handle_t *)server->listener, freed);
        server->listener = NULL;
    }
}

bool server_set_cable(struct server *server, wire_cable cable)
{
    server->cable = cable;
    if (cable == WIRE_OUT) {
        close_listener(server);
        each(server, cut);
        return true;
    }
    each(server, cable == WIRE_STALLED ? stop_reading : start_reading);
    return server->listener != NULL || listen_again(server) == 0;
}

void server_say(struct server *server, const struct fault_reply *reply)
{
    for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++) {
        if (server->connections[i] != NULL) {
            wire_send(&server->connections[i]->wire, reply);
        }
    }
}

void server_stop(struct server *server)
{
    close_listener(server);
    each(server, hang_up);
}
