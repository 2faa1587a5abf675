/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The tools' side of the control socket: lines out, lines in, each with a timeout.
 */
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/control/control.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct control_client {
    int fd;
    char *in;            /**< what was read and not yet taken */
    size_t room, length; /**< of `in` */
    size_t taken;        /**< bytes of the line handed out last */
};

static chl_err error_of(int number)
{
    switch (number) {
    case ENOENT:
        return CHL_E_NOTFOUND;
    case ECONNREFUSED:
    case EPIPE:
    case ECONNRESET:
        return CHL_E_CLOSED;
    case EACCES:
    case EPERM:
        return CHL_E_DENIED;
    default:
        return CHL_E_IO;
    }
}

static const char *advice_for(chl_err error)
{
    switch (error) {
    case CHL_E_NOTFOUND:
    case CHL_E_CLOSED:
        return "start chilangd, or name its socket with --control";
    case CHL_E_DENIED:
        return "run as root, as the daemon's user or as a member of its group";
    default:
        return "look at the path";
    }
}

chl_err chl_control_connect(const char *path, struct control_client **out, char *why,
                            size_t why_size)
{
    *out = NULL;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!chl_copy(address.sun_path, sizeof address.sun_path, path)) {
        (void)snprintf(why, why_size, "%.200s: expected a path of at most %d bytes, got %zu", path,
                       CHL_CONTROL_PATH_MAX, strlen(path));
        return CHL_E_INVAL;
    }
    struct control_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return CHL_E_NOMEM;
    }
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 ||
        connect(client->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        char reason[128];
        chl_err result = error_of(errno);
        (void)snprintf(why, why_size, "%s: expected a running chilangd, got: %s; %s", path,
                       strerror_r(errno, reason, sizeof reason), advice_for(result));
        chl_control_close(client);
        return result;
    }
    *out = client;
    return CHL_OK;
}

void chl_control_close(struct control_client *client)
{
    if (client == NULL) {
        return;
    }
    if (client->fd >= 0) {
        (void)close(client->fd);
    }
    free(client->in);
    free(client);
}

int chl_control_fd(const struct control_client *client)
{
    return client->fd;
}

/** Wait until the socket is ready or the deadline has passed. */
static chl_err wait_for(const struct control_client *client, short events, int64_t deadline_ns)
{
    for (;;) {
        int64_t left_ms = (deadline_ns - chl_mono_ns() + CHL_NS_PER_MS - 1) / CHL_NS_PER_MS;
        left_ms = left_ms < 0 ? 0 : left_ms > INT32_MAX ? INT32_MAX : left_ms;
        struct pollfd ready = {.fd = client->fd, .events = events};
        int count = poll(&ready, 1, (int)left_ms);
        if (count > 0) {
            return CHL_OK;
        }
        if (count == 0) {
            return CHL_E_TIMEOUT;
        }
        if (errno != EINTR) {
            return CHL_E_IO;
        }
    }
}

static int64_t deadline_after(int64_t timeout_ms)
{
    return chl_mono_ns() + timeout_ms * CHL_NS_PER_MS;
}

static chl_err send_all(struct control_client *client, const char *bytes, size_t length,
                        int64_t deadline_ns)
{
    while (length > 0) {
        ssize_t sent = send(client->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            bytes += sent;
            length -= (size_t)sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            chl_err result = wait_for(client, POLLOUT, deadline_ns);
            if (result != CHL_OK) {
                return result;
            }
        } else if (errno != EINTR) {
            return error_of(errno);
        }
    }
    return CHL_OK;
}

chl_err chl_control_send(struct control_client *client, const char *json, size_t length,
                         int64_t timeout_ms)
{
    int64_t deadline_ns = deadline_after(timeout_ms);
    chl_err result = send_all(client, json, length, deadline_ns);
    return result == CHL_OK ? send_all(client, "\n", 1, deadline_ns) : result;
}

/** Room for one more read, never more than the longest answer. */
static chl_err make_room(struct control_client *client)
{
    if (client->length < client->room) {
        return CHL_OK;
    }
    size_t room = client->room == 0 ? 4096 : client->room * 2;
    if (client->room > CHL_CONTROL_ANSWER_MAX) {
        return CHL_E_LIMIT;
    }
    char *grown = realloc(client->in, room);
    if (grown == NULL) {
        return CHL_E_NOMEM;
    }
    client->in = grown;
    client->room = room;
    return CHL_OK;
}

static chl_err read_more(struct control_client *client, int64_t deadline_ns)
{
    chl_err result = make_room(client);
    if (result != CHL_OK) {
        return result;
    }
    for (;;) {
        ssize_t got = recv(client->fd, client->in + client->length, client->room - client->length,
                           MSG_DONTWAIT);
        if (got > 0) {
            client->length += (size_t)got;
            return CHL_OK;
        }
        if (got == 0) {
            return CHL_E_CLOSED;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            result = wait_for(client, POLLIN, deadline_ns);
            if (result != CHL_OK) {
                return result;
            }
        } else if (errno != EINTR) {
            return error_of(errno);
        }
    }
}

chl_err chl_control_read(struct control_client *client, const char **line, size_t *length,
                         int64_t timeout_ms)
{
    int64_t deadline_ns = deadline_after(timeout_ms);
    if (client->taken > 0) {
        client->length -= client->taken;
        memmove(client->in, client->in + client->taken, client->length);
        client->taken = 0;
    }
    size_t searched = 0;
    for (;;) {
        char *end = client->length == searched
                        ? NULL
                        : memchr(client->in + searched, '\n', client->length - searched);
        if (end != NULL) {
            *end = '\0';
            *line = client->in;
            *length = (size_t)(end - client->in);
            client->taken = *length + 1;
            return CHL_OK;
        }
        searched = client->length;
        chl_err result = read_more(client, deadline_ns);
        if (result != CHL_OK) {
            return result;
        }
    }
}

static bool is_event(const char *line, size_t length)
{
    json_t *object = json_loadb(line, length, 0, NULL);
    bool event = json_object_get(object, "event") != NULL;
    json_decref(object);
    return event;
}

chl_err chl_control_ask(struct control_client *client, const struct control_request *request,
                        const char **line, size_t *length, int64_t timeout_ms)
{
    char json[2 * CHL_CONTROL_FORM_MAX];
    chl_err result = chl_control_write(request, json, sizeof json);
    if (result == CHL_OK) {
        result = chl_control_send(client, json, strlen(json), timeout_ms);
    }
    explicit_bzero(json, sizeof json);
    int64_t deadline_ns = deadline_after(timeout_ms);
    while (result == CHL_OK) {
        int64_t left_ms = (deadline_ns - chl_mono_ns()) / CHL_NS_PER_MS;
        result = chl_control_read(client, line, length, left_ms < 0 ? 0 : left_ms);
        if (result != CHL_OK || !is_event(*line, *length)) {
            break;
        }
    }
    return result;
}
