/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The server and its connections as the files of core/control share them.
 */
#ifndef CHL_CORE_CONTROL_INTERNAL_H
#define CHL_CORE_CONTROL_INTERNAL_H

#include "core/control/server.h"

#include <sys/stat.h>

/** A request that awaits its answer. */
struct waiting {
    control_token token; /**< 0 = free */
    char id[CHL_CONTROL_ID_MAX];
};

struct connection {
    uv_pipe_t pipe; /**< first: libuv's handle is the connection */
    struct control_server *server;
    struct connection *next;
    struct waiting waiting[CONTROL_WAITING_MAX];
    bool watches, closing;
    bool ended; /**< the peer sends no more; it is let go once it has its answers */
    size_t length;
    char in[CHL_CONTROL_LINE_MAX + 1];
};

struct control_server {
    uv_pipe_t pipe; /**< first */
    struct control_door door;
    struct connection *connections;
    size_t count, watchers;
    control_token last;
    bool stopping, closed;
    bool accept_later; /**< a peer waits until there is memory for it */
    dev_t device;      /**< of the socket file, so that only our own is removed */
    ino_t inode;
    char path[CHL_CONTROL_PATH_MAX + 1];
};

/** Bind a listening Unix socket at `path`, mode 0660. @return its descriptor or −1, `*error` and
 *  `why` filled. */
int control_socket_open(const char *path, chl_err *error, char *why, size_t why_size);
/** True when the peer of a connected socket is root, this user, or in this process's group. */
bool control_peer_allowed(int fd);

/** Take the next waiting connection of the listening pipe, or turn it away. */
void control_accept(struct control_server *server);
/** Queue one line; a peer with too long a backlog is dropped. */
void control_send_line(struct connection *connection, const char *json, size_t length);
void control_drop(struct connection *connection);
/** Free the server once its own handle and all connections are gone. */
void control_release(struct control_server *server);

#endif
