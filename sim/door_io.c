/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The connections of the simulator's door: a Unix socket and standard input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "sim/door.h"

enum { ANSWER_MAX = LINES_MAX - 1 };

static void client_line(struct lines *lines, const char *text, size_t length)
{
    struct door *door = lines->user;
    char answer[ANSWER_MAX];
    size_t size = door_answer(door, text, length, answer, sizeof answer, chl_mono_ns());
    uv_os_fd_t fd = -1;
    if (uv_fileno((uv_handle_t *)&lines->pipe, &fd) == 0 && fd == STDIN_FILENO) {
        printf("%.*s\n", (int)size, answer);
        fflush(stdout);
        return;
    }
    lines_send(lines, answer, size);
}

static void client_freed(struct lines *lines)
{
    free(lines);
}

static void client_down(struct lines *lines, bool was_up)
{
    struct door *door = lines->user;
    (void)was_up;
    for (size_t i = 0; i < DOOR_CLIENTS_MAX; i++) {
        if (door->clients[i] == lines) {
            door->clients[i] = NULL;
        }
    }
    lines_close(lines);
}

static const struct lines_events client_events = {.line = client_line, .down = client_down};

static struct lines *new_client(struct door *door)
{
    for (size_t i = 0; i < DOOR_CLIENTS_MAX; i++) {
        if (door->clients[i] == NULL) {
            door->clients[i] = calloc(1, sizeof *door->clients[i]);
            if (door->clients[i] != NULL) {
                door->clients[i]->freed = client_freed;
            }
            return door->clients[i];
        }
    }
    return NULL;
}

static void forget(struct door *door, const struct lines *lines)
{
    for (size_t i = 0; i < DOOR_CLIENTS_MAX; i++) {
        if (door->clients[i] == lines) {
            door->clients[i] = NULL;
        }
    }
}

static void turned_away(uv_handle_t *handle)
{
    free(handle);
}

static void knocked(uv_stream_t *listener, int status)
{
    struct door *door = listener->data;
    struct lines *lines = status == 0 ? new_client(door) : NULL;
    if (lines != NULL) {
        if (lines_accept(lines, door->loop, listener, &client_events, door) != CHL_OK) {
            forget(door, lines);
        }
        return;
    }
    uv_pipe_t *pipe = status == 0 ? malloc(sizeof *pipe) : NULL;
    if (pipe != NULL) {
        uv_pipe_init(door->loop, pipe, 0);
        uv_accept(listener, (uv_stream_t *)pipe);
        uv_close((uv_handle_t *)pipe, turned_away);
    }
}

chl_err door_start(struct door *door, const char *path, bool use_stdin, char *why, size_t why_size)
{
    if (path != NULL) {
        uv_pipe_init(door->loop, &door->listener, 0);
        door->listener.data = door;
        door->listening = true;
        int rc = uv_pipe_bind(&door->listener, path);
        rc = rc == 0 ? uv_listen((uv_stream_t *)&door->listener, 4, knocked) : rc;
        if (rc != 0) {
            snprintf(why, why_size,
                     "control: expected a free socket path of at most 107 bytes, got %s (%s); "
                     "remove it or choose another",
                     path, uv_strerror(rc));
            return CHL_E_IO;
        }
    }
    if (use_stdin) {
        struct lines *lines = new_client(door);
        if (lines == NULL) {
            snprintf(why, why_size, "control: expected memory for standard input, got none");
            return CHL_E_NOMEM;
        }
        if (lines_open_fd(lines, door->loop, STDIN_FILENO, &client_events, door) != CHL_OK) {
            forget(door, lines); /* a file: nobody will ask anything */
        }
    }
    return CHL_OK;
}

void door_stop(struct door *door)
{
    if (door->listening) {
        uv_close((uv_handle_t *)&door->listener, NULL);
        door->listening = false;
    }
    for (size_t i = 0; i < DOOR_CLIENTS_MAX; i++) {
        if (door->clients[i] != NULL) {
            lines_close(door->clients[i]);
            door->clients[i] = NULL;
        }
    }
}
