/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The ZAP handler: closed by default, the principal's name becomes the User-Id.
 */
#include "plugins/stream_zmq/zap.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum { ZAP_FRAMES = 7, ZAP_FRAME_MAX = 256, ZAP_LINGER_MS = 0 };

/** Frames of a request, in their order on the wire. */
enum { VERSION, REQUEST_ID, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIALS };

struct frame {
    size_t length;
    uint8_t bytes[ZAP_FRAME_MAX];
};

chl_err zap_open(void *context, void **out, char *why, size_t why_size)
{
    const int linger = ZAP_LINGER_MS;
    *out = zmq_socket(context, ZMQ_REP);
    if (*out == NULL || zmq_setsockopt(*out, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_bind(*out, "inproc://zeromq.zap.01") != 0) {
        (void)snprintf(why, why_size,
                       "ZAP handler: %s: nobody could be checked, so nobody is let in",
                       zmq_strerror(zmq_errno()));
        if (*out != NULL) {
            (void)zmq_close(*out);
            *out = NULL;
        }
        return CHL_E_IO;
    }
    return CHL_OK;
}

static bool equals(const struct frame *frame, const char *text)
{
    return frame->length == strlen(text) && memcmp(frame->bytes, text, frame->length) == 0;
}

/** Receive all frames of one message. @return how many, 0 when nothing waits; too long ones count
 * as empty, so that they match nothing. */
static size_t receive(void *socket, struct frame frames[ZAP_FRAMES])
{
    size_t count = 0;
    int more = 1;
    size_t size = sizeof more;
    while (more != 0) {
        struct frame spare;
        struct frame *frame = count < ZAP_FRAMES ? &frames[count] : &spare;
        const int length = zmq_recv(socket, frame->bytes, sizeof frame->bytes, ZMQ_DONTWAIT);
        if (length < 0) {
            return 0;
        }
        frame->length = (size_t)length <= sizeof frame->bytes ? (size_t)length : 0;
        count++;
        if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) != 0) {
            return 0;
        }
    }
    return count;
}

static const struct keyring_client *judge(const struct frame frames[ZAP_FRAMES], size_t count,
                                          const struct keyring *keyring, int64_t now_ns)
{
    if (count != ZAP_FRAMES || !equals(&frames[VERSION], "1.0") ||
        !equals(&frames[MECHANISM], "CURVE") || frames[CREDENTIALS].length != KEY_BYTES) {
        return NULL;
    }
    const struct keyring_client *client =
        keyring_by_key(keyring, frames[CREDENTIALS].bytes, now_ns);
    if (client == NULL || equals(&frames[DOMAIN], "pull")) {
        return client;
    }
    /* Live cannot filter per reader in this libzmq: only for who may read every class. */
    const bool all = client->classes == CHL_STREAM_ALL_CLASSES;
    return equals(&frames[DOMAIN], "live") && all ? client : NULL;
}

bool zap_answer(void *socket, const struct keyring *keyring, int64_t now_ns, bool *refused)
{
    struct frame frames[ZAP_FRAMES];
    const size_t count = receive(socket, frames);
    if (count == 0) {
        return false;
    }
    const struct keyring_client *client = judge(frames, count, keyring, now_ns);
    const struct frame empty = {0};
    const struct frame *request_id = count > REQUEST_ID ? &frames[REQUEST_ID] : &empty;
    const char *status = client != NULL ? "200" : "400";
    const char *text = client != NULL ? "OK" : "not granted";
    const char *name = client != NULL ? client->name : "";
    *refused = client == NULL;
    (void)zmq_send(socket, "1.0", 3, ZMQ_SNDMORE);
    (void)zmq_send(socket, request_id->bytes, request_id->length, ZMQ_SNDMORE);
    (void)zmq_send(socket, status, 3, ZMQ_SNDMORE);
    (void)zmq_send(socket, text, strlen(text), ZMQ_SNDMORE);
    (void)zmq_send(socket, name, strlen(name), ZMQ_SNDMORE);
    (void)zmq_send(socket, "", 0, 0);
    return true;
}
