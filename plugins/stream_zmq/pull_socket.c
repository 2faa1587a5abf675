/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Requests and answers on the ROUTER: who asks, what, and where the answer goes.
 */
#include <errno.h>
#include <zmq.h>

#include "lib/base/text.h"
#include "plugins/stream_zmq/service.h"

/** Address a peer: fails when it is gone or its queue is full. libzmq hears only now and then that
 * a queue was emptied; asking for the events makes it listen, so that "full" is true. */
static chl_err send_address(void *socket, const struct chl_stream_peer *peer)
{
    int events = 0;
    size_t size = sizeof events;
    chl_err error = socket_send_frame(socket, peer->id, peer->length, ZMQ_SNDMORE);
    if (error != CHL_OK && zmq_errno() == EAGAIN) {
        (void)zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size);
        error = socket_send_frame(socket, peer->id, peer->length, ZMQ_SNDMORE);
    }
    return error;
}

chl_err pull_send_answer(void *user, const struct chl_stream_peer *peer,
                         const struct chl_stream_answer *answer)
{
    const struct chl_instance *instance = user;
    void *socket = instance->puller;
    chl_err error = send_address(socket, peer);
    if (error != CHL_OK) {
        return error;
    }
    error = socket_send_frame(socket, answer->head, answer->head_length,
                              answer->count > 0 ? ZMQ_SNDMORE : 0);
    for (size_t i = 0; i < answer->count && error == CHL_OK; i++) {
        const struct chl_stream_item *item = &answer->items[i];
        error = socket_send_frame(socket, item->topic, item->topic_length, ZMQ_SNDMORE);
        if (error == CHL_OK) {
            error = socket_send_frame(socket, item->header, CHL_WIRE_HEADER, ZMQ_SNDMORE);
        }
        if (error == CHL_OK) {
            error = socket_send_frame(socket, item->body, item->body_length,
                                      i + 1 < answer->count ? ZMQ_SNDMORE : 0);
        }
    }
    if (error != CHL_OK) {
        /* Out of memory in the middle: end the message, the reader sees that it is not whole. */
        (void)socket_send_frame(socket, "", 0, 0);
    }
    return error;
}

/** Who sent this frame. The routing-id frame does not carry the User-Id in libzmq 4.3.4, the body
 * does.
 *  @return false: nobody we know (any more). */
static bool identify(const struct chl_instance *instance, zmq_msg_t *body,
                     struct chl_stream_principal *out)
{
    *out = (struct chl_stream_principal){.name = "local", .classes = CHL_STREAM_ALL_CLASSES};
    if (!instance->curve) {
        return true;
    }
    const char *name = zmq_msg_gets(body, "User-Id");
    const struct keyring_client *client = NULL;
    if (name != NULL) {
        client =
            keyring_by_name(&instance->keyring, name, instance->host->now_wall_ns(instance->ctx));
    }
    if (client == NULL) {
        return false;
    }
    (void)chl_copy(out->name, sizeof out->name, client->name);
    out->classes = client->classes;
    return true;
}

static void handle_request(struct chl_instance *instance, const struct chl_stream_peer *peer,
                           zmq_msg_t *body, bool single)
{
    struct chl_stream_principal principal;
    const bool known = identify(instance, body, &principal);
    if (!single) {
        chl_stream_server_refuse(instance->server, peer, "malformed", "a request of one frame");
        return;
    }
    chl_stream_server_request(instance->server, peer, known ? &principal : NULL, zmq_msg_data(body),
                              zmq_msg_size(body), service_now_ms(instance));
}

/** Throw away the frames that follow. @return true when there were any. */
static bool drain(void *socket, zmq_msg_t *frame)
{
    bool any = false;
    while (zmq_msg_more(frame) != 0) {
        any = true;
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0) {
            break;
        }
    }
    return any;
}

bool pull_receive(struct chl_instance *instance)
{
    struct chl_stream_peer peer = {0};
    zmq_msg_t body;
    zmq_msg_t rest;
    const int length = zmq_recv(instance->puller, peer.id, sizeof peer.id, ZMQ_DONTWAIT);
    if (length < 0) {
        return false;
    }
    peer.length = (uint8_t)length;
    (void)zmq_msg_init(&body);
    (void)zmq_msg_init(&rest);
    if (zmq_msg_recv(&body, instance->puller, ZMQ_DONTWAIT) >= 0) {
        bool single = zmq_msg_more(&body) == 0;
        if (!single && zmq_msg_recv(&rest, instance->puller, ZMQ_DONTWAIT) >= 0) {
            (void)drain(instance->puller, &rest);
        }
        handle_request(instance, &peer, &body, single);
    }
    (void)zmq_msg_close(&rest);
    (void)zmq_msg_close(&body);
    return true;
}
