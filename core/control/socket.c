/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The socket file: made safely, given to the group, and who is behind a connection.
 */
#include "core/control/internal.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SOCKET_MODE = 0660, GROUPS_MAX = 4096 };

static chl_err say(const char *path, chl_err error, const char *message, char *why, size_t why_size)
{
    (void)snprintf(why, why_size, "%.200s: %s", path, message);
    return error;
}

static chl_err say_errno(const char *path, const char *expected, char *why, size_t why_size)
{
    char reason[128];
    int number = errno;
    (void)snprintf(why, why_size, "%.200s: expected %s, got: %s; look at the folder and its rights",
                   path, expected, strerror_r(number, reason, sizeof reason));
    return CHL_E_IO;
}

/** Remove a socket nobody listens on any more; anything else is left alone and refused. */
static chl_err clear_stale(const struct sockaddr_un *address, char *why, size_t why_size)
{
    const char *path = address->sun_path;
    struct stat about;
    if (lstat(path, &about) != 0) {
        return errno == ENOENT ? CHL_OK : say_errno(path, "a place for a socket", why, why_size);
    }
    if (!S_ISSOCK(about.st_mode)) {
        return say(path, CHL_E_INVAL,
                   "expected a socket or nothing, got another file; move it or choose another "
                   "'control' path",
                   why, why_size);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return say_errno(path, "a socket", why, why_size);
    }
    int connected = connect(fd, (const struct sockaddr *)address, sizeof *address);
    bool dead = connected != 0 && errno == ECONNREFUSED;
    (void)close(fd);
    if (!dead) {
        return say(path, CHL_E_BUSY,
                   "expected a free socket, got one that another daemon listens on; stop that one "
                   "or choose another 'control' path",
                   why, why_size);
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        return say_errno(path, "to replace a dead daemon's socket", why, why_size);
    }
    return CHL_OK;
}

int control_socket_open(const char *path, chl_err *error, char *why, size_t why_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!chl_copy(address.sun_path, sizeof address.sun_path, path)) {
        *error = say(path, CHL_E_INVAL, "expected a socket path of at most 107 bytes, got a longer",
                     why, why_size);
        return -1;
    }
    *error = clear_stale(&address, why, why_size);
    if (*error != CHL_OK) {
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Nobody can connect before listen(), so the mode is right from the first connection on. */
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    if (!bound || chmod(path, SOCKET_MODE) != 0 || listen(fd, CONTROL_CONNECTIONS_MAX) != 0) {
        *error = say_errno(path, "to listen there", why, why_size);
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    return fd;
}

/** True when `group` is among the peer's supplementary groups. */
static bool peer_in_group(int fd, gid_t group)
{
    gid_t none = 0;
    socklen_t size = 0;
    bool found = false;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &none, &size) == 0 || errno != ERANGE ||
        size > GROUPS_MAX * sizeof(gid_t)) {
        return false;
    }
    gid_t *groups = malloc(size);
    if (groups != NULL && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0) {
        for (size_t i = 0; i < size / sizeof *groups; i++) {
            found = found || groups[i] == group;
        }
    }
    free(groups);
    return found;
}

bool control_peer_allowed(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return false;
    }
    return peer.uid == 0 || peer.uid == geteuid() || peer.gid == getegid() ||
           peer_in_group(fd, getegid());
}
