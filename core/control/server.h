/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The operator's door: a Unix socket on the core loop, checked by the peer's credentials.
 *
 *  Everything here runs on the loop's thread. A peer may be root, the daemon's own user or a member
 *  of the daemon's group.
 */
#ifndef CHL_CORE_CONTROL_SERVER_H
#define CHL_CORE_CONTROL_SERVER_H

#include <uv.h>

#include "lib/control/control.h"

enum {
    CONTROL_CONNECTIONS_MAX = 64,
    CONTROL_WAITING_MAX = 16,         /**< requests of one connection without answer */
    CONTROL_BACKLOG_MAX = 1024 * 1024 /**< bytes a peer may leave unread before it is dropped */
};

struct control_server;

/** A request that awaits its answer. 0 is none. Stays harmless when the peer has gone. */
typedef uint64_t control_token;

struct control_door {
    void *user;
    /** A well-formed request; `watch` is answered by the server itself. Each token is to be
     *  answered once, now or later. The request is borrowed until return. */
    void (*on_request)(void *user, control_token token, const struct control_request *request);
};

/** Listen at `path` with mode 0660. A socket left by a daemon that died is replaced; one that
 *  somebody still listens on, or a file of another kind, is refused. SIGPIPE is ignored from
 *  here on, unless the program handles it itself.
 *  @param out the caller's; ended by control_server_stop().
 *  @param why on failure: expected, got, what to do.
 *  @return CHL_OK, CHL_E_BUSY (another daemon listens), CHL_E_INVAL (path), CHL_E_IO, CHL_E_NOMEM.
 *  Thread: the loop's. Blocks: short. */
chl_err control_server_start(uv_loop_t *loop, const char *path, const struct control_door *door,
                             struct control_server **out, char *why, size_t why_size);
/** Close the door and all connections. Memory goes when the loop has run their close callbacks; the
 *  server must not be used after this. NULL is allowed. */
void control_server_stop(struct control_server *server);

/** Answer `{"ok":true,"id":…,"<member>":<json>}`; `member` NULL = no member. An unknown token, or
 *  one whose peer has gone, is passed over. Thread: the loop's. Blocks: never. */
void control_reply_ok(struct control_server *server, control_token token, const char *member,
                      const char *value, size_t length);
/** Answer `{"ok":false,"id":…,"error":…,"text":…}`. */
void control_reply_error(struct control_server *server, control_token token, const char *error,
                         const char *text);

/** Number of connections that watch, so that events nobody reads need not be written. */
size_t control_watchers(const struct control_server *server);
/** Send one line (JSON without newline) to every watcher; one that reads too slowly is dropped. */
void control_broadcast(struct control_server *server, const char *json, size_t length);

#endif
