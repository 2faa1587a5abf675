/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief JSON lines on libuv, see lines.h.
 */
#include "sim/lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sent {
    uv_write_t request;
    char text[];
};

static void start(struct lines *lines);

static void released(uv_handle_t *handle)
{
    struct lines *lines = handle->data;
    lines->handles--;
    if (lines->handles == 0 && lines->closed && lines->freed != NULL) {
        lines->freed(lines);
    }
}

static void retry_due(uv_timer_t *timer)
{
    start(timer->data);
}

static void pipe_closed(uv_handle_t *handle)
{
    struct lines *lines = handle->data;
    lines->busy = false;
    if (!lines->closed && lines->path != NULL && lines->retry_ms > 0) {
        uv_timer_start(&lines->retry, retry_due, (uint64_t)lines->retry_ms, 0);
    }
    released(handle);
}

static void drop(struct lines *lines)
{
    bool was_up = lines->up;
    lines->up = false;
    lines->length = 0;
    if (lines->busy && uv_is_closing((uv_handle_t *)&lines->pipe) == 0) {
        uv_close((uv_handle_t *)&lines->pipe, pipe_closed);
    }
    if (lines->events->down != NULL) {
        lines->events->down(lines, was_up);
    }
}

static void deliver(struct lines *lines)
{
    size_t from = 0;
    while (lines->up) {
        char *end = memchr(lines->buffer + from, '\n', lines->length - from);
        if (end == NULL) {
            break;
        }
        *end = '\0';
        size_t length = (size_t)(end - (lines->buffer + from));
        lines->events->line(lines, lines->buffer + from, length);
        from += length + 1;
    }
    if (lines->up) {
        lines->length -= from;
        memmove(lines->buffer, lines->buffer + from, lines->length);
    }
}

static void room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    struct lines *lines = handle->data;
    size_t left = sizeof lines->buffer - lines->length;
    *out = uv_buf_init(lines->buffer + lines->length, (unsigned)left);
}

static void arrived(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    (void)buffer;
    struct lines *lines = stream->data;
    if (count < 0) {
        drop(lines);
        return;
    }
    lines->length += (size_t)count;
    deliver(lines);
    if (lines->up && lines->length == sizeof lines->buffer) {
        drop(lines); /* a line longer than any we know: not our peer */
    }
}

static void begin_reading(struct lines *lines)
{
    lines->up = true;
    lines->length = 0;
    uv_read_start((uv_stream_t *)&lines->pipe, room, arrived);
    if (lines->events->up != NULL) {
        lines->events->up(lines);
    }
}

static void connected(uv_connect_t *request, int status)
{
    struct lines *lines = request->data;
    if (lines->closed || status == UV_ECANCELED) {
        return;
    }
    if (status < 0) {
        drop(lines);
        return;
    }
    begin_reading(lines);
}

static int open_pipe(struct lines *lines)
{
    int rc = uv_pipe_init(lines->loop, &lines->pipe, 0);
    lines->pipe.data = lines;
    lines->handles++;
    lines->busy = true;
    return rc;
}

static void start(struct lines *lines)
{
    if (lines->closed || lines->busy) {
        return;
    }
    open_pipe(lines);
    lines->request.data = lines;
    uv_pipe_connect(&lines->request, &lines->pipe, lines->path, connected);
}

static void prepare(struct lines *lines, uv_loop_t *loop, const struct lines_events *events,
                    void *user)
{
    lines->events = events;
    lines->user = user;
    lines->loop = loop;
    lines->path = NULL;
    lines->retry_ms = 0;
    lines->up = lines->closed = lines->busy = false;
    lines->length = 0;
    lines->handles = 0;
    uv_timer_init(loop, &lines->retry);
    lines->retry.data = lines;
    lines->handles++;
}

chl_err lines_connect(struct lines *lines, uv_loop_t *loop, const char *path, int64_t retry_ms,
                      const struct lines_events *events, void *user)
{
    prepare(lines, loop, events, user);
    lines->path = path;
    lines->retry_ms = retry_ms;
    start(lines);
    return CHL_OK;
}

chl_err lines_accept(struct lines *lines, uv_loop_t *loop, uv_stream_t *listener,
                     const struct lines_events *events, void *user)
{
    prepare(lines, loop, events, user);
    open_pipe(lines);
    if (uv_accept(listener, (uv_stream_t *)&lines->pipe) < 0) {
        lines_close(lines);
        return CHL_E_IO;
    }
    begin_reading(lines);
    return CHL_OK;
}

chl_err lines_open_fd(struct lines *lines, uv_loop_t *loop, int fd,
                      const struct lines_events *events, void *user)
{
    prepare(lines, loop, events, user);
    open_pipe(lines);
    /* libuv ends the process over one that cannot be waited for, such as /dev/null. */
    uv_handle_type type = uv_guess_handle(fd);
    bool can_wait = type == UV_NAMED_PIPE || type == UV_TCP || type == UV_TTY;
    if (!can_wait || uv_pipe_open(&lines->pipe, fd) < 0) {
        lines_close(lines);
        return CHL_E_IO;
    }
    begin_reading(lines);
    return CHL_OK;
}

static void written(uv_write_t *request, int status)
{
    (void)status; /* a broken peer is seen by the reading side */
    free(request->data);
}

void lines_send(struct lines *lines, const char *text, size_t length)
{
    if (!lines->up) {
        return;
    }
    struct sent *sent = malloc(sizeof *sent + length + 1);
    if (sent == NULL) {
        return;
    }
    memcpy(sent->text, text, length);
    sent->text[length] = '\n';
    sent->request.data = sent;
    uv_buf_t buffer = uv_buf_init(sent->text, (unsigned)(length + 1));
    if (uv_write(&sent->request, (uv_stream_t *)&lines->pipe, &buffer, 1, written) < 0) {
        free(sent);
    }
}

void lines_sendf(struct lines *lines, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started in the line above */
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof text) {
        lines_send(lines, text, (size_t)length);
    }
}

void lines_close(struct lines *lines)
{
    if (lines->closed) {
        return;
    }
    lines->closed = true;
    lines->up = false;
    uv_close((uv_handle_t *)&lines->retry, released);
    if (lines->busy && uv_is_closing((uv_handle_t *)&lines->pipe) == 0) {
        uv_close((uv_handle_t *)&lines->pipe, pipe_closed);
    }
}
