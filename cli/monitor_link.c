/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Opening, receiving and throwing away the monitor's sockets.
 */
#include "cli/monitor_link.h"

#include <string.h>

enum {
    RECONNECT_MS = 100,
    RECONNECT_MAX_MS = 2000,
    HANDSHAKE_MS = 5000,
    KEEPALIVE_IDLE_S = 30,
    LIVE_RECEIVE_HWM = 10000,
    PULL_RECEIVE_HWM = 8
};

static bool secure(const struct monitor_link *link, void *socket)
{
    return !link->curve ||
           (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, link->server_key, 41) == 0 &&
            zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, link->key.public_key, 41) == 0 &&
            zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, link->key.secret_key, 41) == 0);
}

static bool configure(void *socket, int receive_hwm, const char *endpoint)
{
    const int settings[][2] = {
        {ZMQ_LINGER, 0},
        {ZMQ_RECONNECT_IVL, RECONNECT_MS},
        {ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS},
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S},
        {ZMQ_RCVHWM, receive_hwm},
        {ZMQ_IPV6, strchr(endpoint, '[') != NULL},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (zmq_setsockopt(socket, settings[i][0], &settings[i][1], sizeof(int)) != 0) {
            return false;
        }
    }
    const int64_t largest = CHL_STREAM_ANSWER_MAX + 4096;
    return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0;
}

static chl_err open_socket(struct monitor_link *link, void **socket, int type, const char *endpoint)
{
    if (*socket != NULL) {
        (void)zmq_close(*socket);
    }
    *socket = zmq_socket(link->context, type);
    if (*socket == NULL) {
        return CHL_E_IO;
    }
    const int hwm = type == ZMQ_SUB ? LIVE_RECEIVE_HWM : PULL_RECEIVE_HWM;
    if (!configure(*socket, hwm, endpoint) || !secure(link, *socket) ||
        (type == ZMQ_SUB && zmq_setsockopt(*socket, ZMQ_SUBSCRIBE, "v1/", 3) != 0) ||
        zmq_connect(*socket, endpoint) != 0) {
        (void)zmq_close(*socket);
        *socket = NULL;
        return CHL_E_INVAL;
    }
    return CHL_OK;
}

chl_err monitor_link_pull(struct monitor_link *link)
{
    return open_socket(link, &link->puller, ZMQ_DEALER, link->pull);
}

chl_err monitor_link_live(struct monitor_link *link)
{
    return open_socket(link, &link->subscriber, ZMQ_SUB, link->live);
}

static void release(struct monitor_link *link)
{
    for (size_t i = 0; i < link->count; i++) {
        (void)zmq_msg_close(&link->messages[i]);
    }
    link->count = 0;
}

chl_err monitor_link_receive(struct monitor_link *link, void *socket)
{
    bool too_many = false;
    bool more = true;
    release(link);
    while (more) {
        if (link->count == MONITOR_FRAMES_MAX) {
            /* Its length cannot be trusted any more: keep the last slot for what follows. */
            too_many = true;
            (void)zmq_msg_close(&link->messages[--link->count]);
        }
        zmq_msg_t *message = &link->messages[link->count];
        (void)zmq_msg_init(message);
        if (zmq_msg_recv(message, socket, ZMQ_DONTWAIT) < 0) {
            (void)zmq_msg_close(message);
            return CHL_E_PENDING;
        }
        link->frames[link->count++] =
            (struct chl_stream_frame){zmq_msg_data(message), zmq_msg_size(message)};
        more = zmq_msg_more(message) != 0;
    }
    return too_many ? CHL_E_CORRUPT : CHL_OK;
}

void monitor_link_close(struct monitor_link *link)
{
    release(link);
    if (link->puller != NULL) {
        (void)zmq_close(link->puller);
    }
    if (link->subscriber != NULL) {
        (void)zmq_close(link->subscriber);
    }
    if (link->context != NULL) {
        (void)zmq_ctx_term(link->context);
    }
    chl_certificate_wipe(&link->key);
}
