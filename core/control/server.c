/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The listening side: answers find their connection, events reach every watcher.
 */
#include "core/control/internal.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_server_closed(uv_handle_t *handle)
{
    struct control_server *server = handle->data;
    server->closed = true;
    control_release(server);
}

void control_release(struct control_server *server)
{
    if (server->stopping && server->closed && server->count == 0) {
        free(server);
    }
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct control_server *server = stream->data;
    if (status == 0 && !server->stopping) {
        control_accept(server);
    }
}

/** libuv writes without MSG_NOSIGNAL: a peer that left would end the daemon. */
static void ignore_broken_pipes(void)
{
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
        struct sigaction ignore = {.sa_handler = SIG_IGN};
        (void)sigaction(SIGPIPE, &ignore, NULL);
    }
}

static chl_err listen_on(struct control_server *server, int fd, char *why, size_t why_size)
{
    struct stat about;
    int result = uv_pipe_open(&server->pipe, fd);
    if (result == 0) {
        result = uv_listen((uv_stream_t *)&server->pipe, CONTROL_CONNECTIONS_MAX, on_connection);
    } else {
        (void)close(fd);
    }
    if (result != 0) {
        (void)snprintf(why, why_size, "%s: expected to listen, got: %s", server->path,
                       uv_strerror(result));
        return CHL_E_IO;
    }
    if (stat(server->path, &about) == 0) {
        server->device = about.st_dev;
        server->inode = about.st_ino;
    }
    return CHL_OK;
}

chl_err control_server_start(uv_loop_t *loop, const char *path, const struct control_door *door,
                             struct control_server **out, char *why, size_t why_size)
{
    *out = NULL;
    ignore_broken_pipes();
    chl_err result = CHL_OK;
    int fd = control_socket_open(path, &result, why, why_size);
    if (fd < 0) {
        return result;
    }
    struct control_server *server = calloc(1, sizeof *server);
    if (server == NULL || uv_pipe_init(loop, &server->pipe, 0) != 0) {
        free(server);
        (void)close(fd);
        (void)snprintf(why, why_size, "%s: out of memory", path);
        return CHL_E_NOMEM;
    }
    server->pipe.data = server;
    server->door = *door;
    (void)chl_copy(server->path, sizeof server->path, path);
    result = listen_on(server, fd, why, why_size);
    if (result != CHL_OK) {
        control_server_stop(server);
        return result;
    }
    *out = server;
    return CHL_OK;
}

void control_server_stop(struct control_server *server)
{
    if (server == NULL || server->stopping) {
        return;
    }
    server->stopping = true;
    struct stat about;
    if (stat(server->path, &about) == 0 && about.st_dev == server->device &&
        about.st_ino == server->inode) {
        (void)unlink(server->path);
    }
    while (server->connections != NULL) {
        control_drop(server->connections);
    }
    uv_close((uv_handle_t *)&server->pipe, on_server_closed);
}

/** The connection that a token belongs to; the token is used up. */
static struct connection *take_token(struct control_server *server, control_token token,
                                     char id[CHL_CONTROL_ID_MAX])
{
    for (struct connection *c = server->connections; token != 0 && c != NULL; c = c->next) {
        for (size_t i = 0; i < CONTROL_WAITING_MAX; i++) {
            if (c->waiting[i].token == token) {
                c->waiting[i].token = 0;
                memcpy(id, c->waiting[i].id, CHL_CONTROL_ID_MAX);
                return c;
            }
        }
    }
    return NULL;
}

static void start_answer(struct chl_json *json, char *out, size_t size, bool ok, const char *id)
{
    chl_json_begin(json, out, size);
    chl_json_object(json, NULL);
    chl_json_bool(json, "ok", ok);
    if (id[0] != '\0') {
        chl_json_string(json, "id", id);
    }
}

static void send_answer(struct connection *connection, struct chl_json *json)
{
    chl_json_close_object(json);
    if (chl_json_end(json) == CHL_OK) {
        control_send_line(connection, json->out, json->length);
    } else {
        control_drop(connection); /* better no answer than a cut one */
    }
}

void control_reply_ok(struct control_server *server, control_token token, const char *member,
                      const char *value, size_t length)
{
    char id[CHL_CONTROL_ID_MAX];
    struct connection *connection = take_token(server, token, id);
    if (connection == NULL) {
        return;
    }
    size_t size = length + 1024;
    char *out = malloc(size);
    if (out == NULL || length > CHL_CONTROL_ANSWER_MAX - 1024) {
        free(out);
        control_drop(connection);
        return;
    }
    struct chl_json json;
    start_answer(&json, out, size, true, id);
    if (member != NULL) {
        chl_json_raw(&json, member, value, length);
    }
    send_answer(connection, &json);
    explicit_bzero(out, size);
    free(out);
}

void control_reply_error(struct control_server *server, control_token token, const char *error,
                         const char *text)
{
    char id[CHL_CONTROL_ID_MAX];
    char out[4096];
    struct connection *connection = take_token(server, token, id);
    if (connection == NULL) {
        return;
    }
    struct chl_json json;
    start_answer(&json, out, sizeof out, false, id);
    chl_json_string(&json, "error", error);
    chl_json_string(&json, "text", text);
    send_answer(connection, &json);
}

size_t control_watchers(const struct control_server *server)
{
    return server->watchers;
}

void control_broadcast(struct control_server *server, const char *json, size_t length)
{
    struct connection *next = NULL;
    for (struct connection *c = server->connections; c != NULL; c = next) {
        next = c->next; /* a slow one leaves the list */
        if (c->watches) {
            control_send_line(c, json, length);
        }
    }
}
