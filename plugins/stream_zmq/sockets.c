/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Opening server sockets: options first, all of them checked, then bind.
 */
#include "plugins/stream_zmq/sockets.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "lib/stream/request.h"

/* Behind DRAFT in Debian's header, present in its library: without it a socket with a ZAP domain
 * but no handler lets everyone in. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

enum {
    HANDSHAKE_MS = 2000, /* a silent connection gives its descriptor back */
    LINGER_MS = 500,     /* an unread answer does not hold up a stop */
    BACKLOG = 128,
    KEEPALIVE_IDLE_S = 30, /* ZMTP heartbeats abort a slow reader in this libzmq: TCP's do not */
    KEEPALIVE_INTERVAL_S = 10,
    KEEPALIVE_COUNT = 3,
    CURVE_OVERHEAD = 1024, /* the limit counts the encrypted frame: leave room to refuse politely */
    PULL_SEND_HWM = 8,     /* answers of up to 1 MiB; a peer has one in flight */
    PULL_RECEIVE_HWM = 16,
    LIVE_SEND_HWM = 1000, /* live is a hint: a slow reader loses hints, not records */
    LIVE_RECEIVE_HWM = 100
};

struct setting {
    int option, value;
    const char *name;
};

static const struct setting common_settings[] = {
    {ZMQ_LINGER, LINGER_MS, "LINGER"},
    {ZMQ_BACKLOG, BACKLOG, "BACKLOG"},
    {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS, "HANDSHAKE_IVL"},
    {ZMQ_TCP_KEEPALIVE, 1, "TCP_KEEPALIVE"},
    {ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S, "TCP_KEEPALIVE_IDLE"},
    {ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_INTERVAL_S, "TCP_KEEPALIVE_INTVL"},
    {ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_COUNT, "TCP_KEEPALIVE_CNT"},
};

static const struct setting pull_settings[] = {
    {ZMQ_ROUTER_MANDATORY, 1, "ROUTER_MANDATORY"},
    {ZMQ_SNDHWM, PULL_SEND_HWM, "SNDHWM"},
    {ZMQ_RCVHWM, PULL_RECEIVE_HWM, "RCVHWM"},
};

static const struct setting live_settings[] = {
    {ZMQ_SNDHWM, LIVE_SEND_HWM, "SNDHWM"},
    {ZMQ_RCVHWM, LIVE_RECEIVE_HWM, "RCVHWM"},
};

static const struct {
    int type;
    const char *domain; /* of ZAP: the handler tells the two sockets apart by it */
    const struct setting *settings;
    size_t count;
} roles[] = {
    [SOCKET_PULL] = {ZMQ_ROUTER, "pull", pull_settings,
                     sizeof pull_settings / sizeof *pull_settings},
    [SOCKET_LIVE] = {ZMQ_XPUB, "live", live_settings, sizeof live_settings / sizeof *live_settings},
};

bool endpoint_is_tcp(const char *endpoint)
{
    if (strncmp(endpoint, "tcp://", 6) != 0 || strlen(endpoint) >= ENDPOINT_SIZE) {
        return false;
    }
    const char *port = strrchr(endpoint + 6, ':');
    if (port == NULL || port == endpoint + 6) {
        return false;
    }
    const size_t digits = strspn(port + 1, "0123456789");
    return strcmp(port + 1, "*") == 0 || (digits > 0 && digits <= 5 && port[1 + digits] == '\0');
}

bool endpoint_is_loopback(const char *endpoint)
{
    if (!endpoint_is_tcp(endpoint)) {
        return false;
    }
    const char *host = endpoint + 6;
    if (strncmp(host, "[::1]:", 6) == 0) {
        return true;
    }
    /* Names are not trusted to stay local: only 127.a.b.c in digits. */
    unsigned parts[4] = {0};
    int used = 0;
    if (strspn(host, "0123456789.") != strcspn(host, ":") ||
        sscanf(host, "%3u.%3u.%3u.%3u:%n", &parts[0], &parts[1], &parts[2], &parts[3], // NOLINT
               &used) != 4) {
        return false;
    }
    return used > 0 && parts[0] == 127 && parts[1] <= 255 && parts[2] <= 255 && parts[3] <= 255;
}

static chl_err fail(char *why, size_t why_size, const char *what, const char *hint)
{
    (void)snprintf(why, why_size, "%s: %s (%s)", what, zmq_strerror(zmq_errno()), hint);
    return CHL_E_IO;
}

static chl_err apply(void *socket, const struct setting *settings, size_t count, char *why,
                     size_t why_size)
{
    for (size_t i = 0; i < count; i++) {
        if (zmq_setsockopt(socket, settings[i].option, &settings[i].value,
                           sizeof settings[i].value) != 0) {
            return fail(why, why_size, settings[i].name, "libzmq refused this option");
        }
    }
    return CHL_OK;
}

static chl_err secure(void *socket, const char *domain, const char *secret_key, char *why,
                      size_t why_size)
{
    static const struct setting curve[] = {
        {ZMQ_ZAP_ENFORCE_DOMAIN, 1, "ZAP_ENFORCE_DOMAIN"},
        {ZMQ_CURVE_SERVER, 1, "CURVE_SERVER"},
    };
    if (zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) != 0) {
        return fail(why, why_size, "ZAP_DOMAIN", "libzmq refused this option");
    }
    chl_err error = apply(socket, curve, sizeof curve / sizeof *curve, why, why_size);
    if (error == CHL_OK && zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret_key, 41) != 0) {
        error = fail(why, why_size, "server.key", "expected a secret key in Z85");
    }
    return error;
}

static chl_err bind_socket(void *socket, const char *endpoint, char actual[ENDPOINT_SIZE],
                           char *why, size_t why_size)
{
    size_t size = ENDPOINT_SIZE;
    if (zmq_bind(socket, endpoint) != 0) {
        return fail(why, why_size, endpoint, "is the address ours and the port free?");
    }
    if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, actual, &size) != 0) {
        return fail(why, why_size, endpoint, "the bound port is unknown");
    }
    return CHL_OK;
}

chl_err server_socket_open(void *context, socket_role role, const char *endpoint,
                           const char *secret_key, void **out, char actual[ENDPOINT_SIZE],
                           char *why, size_t why_size)
{
    *out = NULL;
    void *socket = zmq_socket(context, roles[role].type);
    if (socket == NULL) {
        return fail(why, why_size, "socket", "too many open files?");
    }
    const int64_t largest = CHL_STREAM_REQUEST_MAX + CURVE_OVERHEAD;
    const struct setting ipv6 = {ZMQ_IPV6, strchr(endpoint, '[') != NULL, "IPV6"};
    chl_err error = apply(socket, common_settings, sizeof common_settings / sizeof *common_settings,
                          why, why_size);
    if (error == CHL_OK) {
        error = apply(socket, roles[role].settings, roles[role].count, why, why_size);
    }
    if (error == CHL_OK) {
        error = apply(socket, &ipv6, 1, why, why_size);
    }
    if (error == CHL_OK && zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) != 0) {
        error = fail(why, why_size, "MAXMSGSIZE", "libzmq refused this option");
    }
    if (error == CHL_OK && secret_key != NULL) {
        error = secure(socket, roles[role].domain, secret_key, why, why_size);
    }
    if (error == CHL_OK) {
        error = bind_socket(socket, endpoint, actual, why, why_size);
    }
    if (error != CHL_OK) {
        (void)zmq_close(socket);
        return error;
    }
    *out = socket;
    return CHL_OK;
}

chl_err socket_send_frame(void *socket, const void *bytes, size_t length, int flags)
{
    return zmq_send(socket, bytes, length, flags | ZMQ_DONTWAIT) >= 0 ? CHL_OK : CHL_E_CLOSED;
}
