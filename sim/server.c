/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus TCP connections on libuv, see server.h.
 */
#include "sim/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"

enum { INPUT_MAX = 4 * CONTROLLER_FRAME_MAX };

struct server_connection {
    struct server *server;
    size_t slot;
    uv_tcp_t tcp;
    size_t length;
    unsigned references; /**< the socket, and each answer that waits for its time */
    bool closing;
    uint8_t input[INPUT_MAX];
};

/** An answer on its way, perhaps delayed. */
struct answer {
    struct server_connection *connection;
    uv_timer_t timer;
    uv_write_t request;
    size_t length;
    uint8_t bytes[CONTROLLER_FRAME_MAX];
};

static void release(struct server_connection *connection)
{
    if (--connection->references == 0) {
        free(connection);
    }
}

static void tcp_closed(uv_handle_t *handle)
{
    struct server_connection *connection = handle->data;
    connection->server->connections[connection->slot] = NULL;
    connection->server->open--;
    release(connection);
}

static void hang_up(struct server_connection *connection)
{
    if (!connection->closing) {
        connection->closing = true;
        uv_close((uv_handle_t *)&connection->tcp, tcp_closed);
    }
}

static void answer_freed(uv_handle_t *handle)
{
    struct answer *answer = handle->data;
    release(answer->connection);
    free(answer);
}

static void answer_sent(uv_write_t *request, int status)
{
    (void)status; /* a broken client is seen by the reading side */
    struct answer *answer = request->data;
    uv_close((uv_handle_t *)&answer->timer, answer_freed);
}

static void send_answer(uv_timer_t *timer)
{
    struct answer *answer = timer->data;
    uv_buf_t buffer = uv_buf_init((char *)answer->bytes, (unsigned)answer->length);
    answer->request.data = answer;
    if (answer->connection->closing ||
        uv_write(&answer->request, (uv_stream_t *)&answer->connection->tcp, &buffer, 1,
                 answer_sent) < 0) {
        uv_close((uv_handle_t *)timer, answer_freed);
    }
}

static void handle_frame(struct server_connection *connection, const uint8_t *frame, size_t length)
{
    int64_t delay_ms = 0;
    struct answer *answer = calloc(1, sizeof *answer);
    if (answer == NULL) {
        return;
    }
    answer->length = controller_answer(connection->server->controller, frame, length, answer->bytes,
                                       &delay_ms, chl_mono_ns());
    if (answer->length == 0) {
        free(answer);
        return;
    }
    answer->connection = connection;
    connection->references++;
    uv_timer_init(connection->server->loop, &answer->timer);
    answer->timer.data = answer;
    if (delay_ms == 0) {
        send_answer(&answer->timer);
    } else {
        uv_timer_start(&answer->timer, send_answer, (uint64_t)delay_ms, 0);
    }
}

static void room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    struct server_connection *connection = handle->data;
    *out = uv_buf_init((char *)connection->input + connection->length,
                       (unsigned)(sizeof connection->input - connection->length));
}

static void arrived(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    (void)buffer;
    struct server_connection *connection = stream->data;
    if (count < 0) {
        hang_up(connection);
        return;
    }
    connection->length += (size_t)count;
    size_t from = 0;
    int frame = 0;
    while ((frame = controller_frame(connection->input + from, connection->length - from)) > 0) {
        handle_frame(connection, connection->input + from, (size_t)frame);
        from += (size_t)frame;
    }
    connection->length -= from;
    memmove(connection->input, connection->input + from, connection->length);
    if (frame < 0) {
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

static void refused(uv_handle_t *handle)
{
    free(handle);
}

/** Take the connection and close it: the controller has no place for another. */
static void refuse(struct server *server)
{
    uv_tcp_t *tcp = malloc(sizeof *tcp);
    if (tcp != NULL) {
        uv_tcp_init(server->loop, tcp);
        uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)tcp);
        uv_close((uv_handle_t *)tcp, refused);
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
        refuse(server);
        return;
    }
    connection->server = server;
    connection->slot = slot;
    connection->references = 1;
    server->connections[slot] = connection;
    server->open++;
    uv_tcp_init(server->loop, &connection->tcp);
    connection->tcp.data = connection;
    if (uv_accept(listener, (uv_stream_t *)&connection->tcp) < 0) {
        hang_up(connection);
        return;
    }
    uv_tcp_nodelay(&connection->tcp, 1);
    uv_read_start((uv_stream_t *)&connection->tcp, room, arrived);
}

chl_err server_start(struct server *server, uv_loop_t *loop, struct controller *controller,
                     const char *host, int port, int *bound, char *why, size_t why_size)
{
    struct sockaddr_in address;
    struct sockaddr_storage name;
    int name_length = (int)sizeof name;
    memset(server, 0, sizeof *server);
    memset(&name, 0, sizeof name);
    server->loop = loop;
    server->controller = controller;
    uv_tcp_init(loop, &server->listener);
    server->listener.data = server;
    int rc = uv_ip4_addr(host, port, &address);
    rc = rc < 0
             ? rc
             : uv_tcp_bind(&server->listener, (const struct sockaddr *)(const void *)&address, 0);
    rc = rc < 0 ? rc : uv_listen((uv_stream_t *)&server->listener, 8, knocked);
    rc = rc < 0 ? rc
                : uv_tcp_getsockname(&server->listener, (struct sockaddr *)(void *)&name,
                                     &name_length);
    if (rc < 0) {
        snprintf(why, why_size,
                 "listen: expected a free IPv4 address and port, got %s:%d (%s); choose another",
                 host, port, uv_strerror(rc));
        uv_close((uv_handle_t *)&server->listener, NULL);
        return CHL_E_IO;
    }
    memcpy(&address, &name, sizeof address);
    *bound = ntohs(address.sin_port);
    return CHL_OK;
}

void server_stop(struct server *server)
{
    uv_close((uv_handle_t *)&server->listener, NULL);
    for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++) {
        if (server->connections[i] != NULL) {
            hang_up(server->connections[i]);
        }
    }
}
