/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The lane's connection to the daemon: events and answers on one socket, made anew when it
 *  breaks, and given up when the daemon no longer answers.
 */
#ifndef CHL_CLI_LANE_LINK_H
#define CHL_CLI_LANE_LINK_H

#include "cli/door.h"

struct lane_link {
    char path[CHL_CONTROL_PATH_MAX + 1];
    struct control_client *client;        /**< NULL = not connected */
    int64_t tried_ns, heard_ns, asked_ns; /**< monotonic; 0 = never */
    bool unanswered;                      /**< a request awaits its answer since `asked_ns` */
};

/** Connect and ask to watch, at most once a second. @return true when connected. */
bool lane_link_open(struct lane_link *link, char *why, size_t why_size);
void lane_link_close(struct lane_link *link);
/** Send a request; its answer comes as any line does. @return false: the connection is closed. */
bool lane_link_send(struct lane_link *link, const struct control_request *request);
/** Take one line without waiting; the caller's, NULL when there is none. A broken connection, or a
 *  daemon that has not answered for 5 s, closes the link. */
json_t *lane_link_take(struct lane_link *link);

#endif
