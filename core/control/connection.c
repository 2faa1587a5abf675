/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief One operator's connection: lines in, requests out, bounded on both sides.
 */
#include "core/control/internal.h"
#include "lib/base/json.h"

#include <stdlib.h>
#include <string.h>

/** A line on its way out, in one piece of memory. */
struct outgoing {
    uv_write_t write; /**< first */
    size_t length;
    char bytes[];
};

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    struct control_server *server = connection->server;
    bool retry = server->accept_later && !server->stopping;
    free(connection);
    server->count--;
    if (retry) {
        server->accept_later = false;
        control_accept(server);
    }
    control_release(server);
}

void control_drop(struct connection *connection)
{
    if (connection->closing) {
        return;
    }
    struct control_server *server = connection->server;
    connection->closing = true;
    server->watchers -= connection->watches ? 1 : 0;
    for (struct connection **at = &server->connections; *at != NULL; at = &(*at)->next) {
        if (*at == connection) {
            *at = connection->next;
            break;
        }
    }
    uv_close((uv_handle_t *)&connection->pipe, on_closed);
}

/** Nothing more comes from this peer and nothing more is owed to it. */
static bool is_done(const struct connection *connection)
{
    bool owed = uv_stream_get_write_queue_size((const uv_stream_t *)&connection->pipe) > 0;
    for (size_t i = 0; i < CONTROL_WAITING_MAX; i++) {
        owed = owed || connection->waiting[i].token != 0;
    }
    return connection->ended && !owed; /* a watcher keeps its side open */
}

static void on_written(uv_write_t *write, int status)
{
    struct connection *connection = write->handle->data;
    struct outgoing *line = write->data;
    explicit_bzero(line->bytes, line->length); /* a desk's answer names a person */
    free(line);
    if (status < 0 || is_done(connection)) {
        control_drop(connection);
    }
}

void control_send_line(struct connection *connection, const char *json, size_t length)
{
    if (connection->closing) {
        return;
    }
    uv_stream_t *stream = (uv_stream_t *)&connection->pipe;
    if (uv_stream_get_write_queue_size(stream) + length > CONTROL_BACKLOG_MAX) {
        control_drop(connection);
        return;
    }
    struct outgoing *line = malloc(sizeof *line + length + 1);
    if (line == NULL) {
        control_drop(connection);
        return;
    }
    memcpy(line->bytes, json, length);
    line->bytes[length] = '\n';
    line->length = length + 1;
    line->write.data = line;
    uv_buf_t buffer = uv_buf_init(line->bytes, (unsigned)(length + 1));
    if (uv_write(&line->write, stream, &buffer, 1, on_written) != 0) {
        free(line);
        control_drop(connection);
    }
}

static void send_refusal(struct connection *connection, const char *id, const char *error,
                         const char *text)
{
    char out[1024];
    struct chl_json json;
    chl_json_begin(&json, out, sizeof out);
    chl_json_object(&json, NULL);
    chl_json_bool(&json, "ok", false);
    if (id[0] != '\0') {
        chl_json_string(&json, "id", id);
    }
    chl_json_string(&json, "error", error);
    chl_json_string(&json, "text", text);
    chl_json_close_object(&json);
    if (chl_json_end(&json) == CHL_OK) {
        control_send_line(connection, out, json.length);
    }
}

static struct waiting *free_place(struct connection *connection)
{
    for (size_t i = 0; i < CONTROL_WAITING_MAX; i++) {
        if (connection->waiting[i].token == 0) {
            return &connection->waiting[i];
        }
    }
    return NULL;
}

static void take_request(struct connection *connection, const struct control_request *request)
{
    struct control_server *server = connection->server;
    struct waiting *place = free_place(connection);
    if (place == NULL) {
        send_refusal(connection, request->id, "busy",
                     "expected at most 16 requests without answer; wait for one");
        return;
    }
    control_token token = ++server->last;
    place->token = token;
    memcpy(place->id, request->id, sizeof place->id);
    if (request->op != CONTROL_WATCH) {
        server->door.on_request(server->door.user, token, request);
        return;
    }
    server->watchers += connection->watches ? 0 : 1;
    connection->watches = true;
    control_reply_ok(server, token, NULL, NULL, 0);
}

static void take_line(struct connection *connection, const char *line, size_t length)
{
    struct control_request request;
    struct control_refusal why;
    if (length == 0) {
        return;
    }
    if (chl_control_parse(line, length, &request, &why) != CHL_OK) {
        send_refusal(connection, request.id, why.error, why.text);
    } else {
        take_request(connection, &request);
    }
    explicit_bzero(&request, sizeof request); /* what was entered names a person */
}

static void take_lines(struct connection *connection)
{
    size_t from = 0;
    while (!connection->closing && from < connection->length) {
        const char *end = memchr(connection->in + from, '\n', connection->length - from);
        if (end == NULL) {
            break;
        }
        size_t length = (size_t)(end - connection->in) - from;
        take_line(connection, connection->in + from, length);
        from += length + 1;
    }
    connection->length -= from;
    memmove(connection->in, connection->in + from, connection->length);
    explicit_bzero(connection->in + connection->length, from);
    if (!connection->closing && connection->length == sizeof connection->in) {
        send_refusal(connection, "", "too_long", "expected at most 65536 bytes a line, got more");
        control_drop(connection);
    }
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct connection *connection = handle->data;
    *buffer = uv_buf_init(connection->in + connection->length,
                          (unsigned)(sizeof connection->in - connection->length));
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    (void)buffer;
    struct connection *connection = stream->data;
    if (got == UV_EOF) {
        connection->ended = true;
        (void)uv_read_stop(stream);
    }
    if ((got < 0 && got != UV_EOF) || is_done(connection)) {
        control_drop(connection);
    } else if (got > 0 && !connection->closing) {
        connection->length += (size_t)got;
        take_lines(connection);
    }
}

/** Why this peer may not come in, NULL when it may. */
static const char *refusal_of(struct connection *connection, const char **text)
{
    uv_os_fd_t fd = -1;
    if (uv_fileno((const uv_handle_t *)&connection->pipe, &fd) != 0 || !control_peer_allowed(fd)) {
        *text = "expected root, the daemon's user or a member of its group; run as one of them";
        return "denied";
    }
    if (connection->server->count > CONTROL_CONNECTIONS_MAX) {
        *text = "expected at most 64 connections; close one and try again";
        return "busy";
    }
    return NULL;
}

void control_accept(struct control_server *server)
{
    struct connection *connection = malloc(sizeof *connection);
    if (connection == NULL) {
        server->accept_later = true;
        return;
    }
    memset(connection, 0, offsetof(struct connection, in));
    connection->server = server;
    if (uv_pipe_init(server->pipe.loop, &connection->pipe, 0) != 0) {
        free(connection);
        return;
    }
    connection->pipe.data = connection;
    connection->next = server->connections;
    server->connections = connection;
    server->count++;
    uv_stream_t *stream = (uv_stream_t *)&connection->pipe;
    const char *text = NULL;
    if (uv_accept((uv_stream_t *)&server->pipe, stream) != 0) {
        control_drop(connection);
        return;
    }
    const char *error = refusal_of(connection, &text);
    if (error != NULL) {
        send_refusal(connection, "", error, text);
        control_drop(connection);
    } else if (uv_read_start(stream, on_room, on_read) != 0) {
        control_drop(connection);
    }
}
