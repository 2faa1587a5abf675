/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief JSON lines over Unix sockets and pipes on libuv: bounded, reconnecting where wanted.
 *
 *  All of it runs on the loop's thread.
 */
#ifndef SIM_LINES_H
#define SIM_LINES_H

#include <chilang/types.h>
#include <uv.h>

enum { LINES_MAX = 64 * 1024 };

struct lines;

/** What happens on a stream. */
struct lines_events {
    void (*up)(struct lines *lines);                                    /**< may be NULL */
    void (*line)(struct lines *lines, const char *text, size_t length); /**< NUL-terminated too */
    void (*down)(struct lines *lines, bool was_up);                     /**< may be NULL */
};

/** One stream of lines. */
struct lines {
    const struct lines_events *events;
    void *user;
    uv_loop_t *loop;
    uv_pipe_t pipe;
    uv_connect_t request;
    uv_timer_t retry;
    const char *path; /**< client: where to connect; NULL on the server's side */
    int64_t retry_ms; /**< client: 0 = do not reconnect */
    bool up, closed, busy;
    size_t length;
    char buffer[LINES_MAX];
    void (*freed)(struct lines *lines); /**< after lines_close, when libuv has let go */
    int handles;                        /**< still held by libuv */
};

/** A client that connects to `path` and reconnects `retry_ms` after a loss. `path` is borrowed. */
chl_err lines_connect(struct lines *lines, uv_loop_t *loop, const char *path, int64_t retry_ms,
                      const struct lines_events *events, void *user);
/** The server's side of one connection. */
chl_err lines_accept(struct lines *lines, uv_loop_t *loop, uv_stream_t *listener,
                     const struct lines_events *events, void *user);
/** Standard input as a stream of lines. */
chl_err lines_open_fd(struct lines *lines, uv_loop_t *loop, int fd,
                      const struct lines_events *events, void *user);
/** Send a line; the newline is added. Dropped when not connected. */
void lines_send(struct lines *lines, const char *text, size_t length);
void lines_sendf(struct lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void lines_close(struct lines *lines);

#endif
