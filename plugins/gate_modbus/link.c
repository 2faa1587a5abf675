/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus TCP: libmodbus receives and frames, every byte it returns is compared here.
 *
 *  The request's bytes are made and sent here, because libmodbus 3.1.6 neither shows an FC16
 *  answer's address nor lets a raw request carry a transaction number. Its own error recovery is
 *  left off: it would repeat writes. Its byte timeout is off too, so that the response timeout
 *  bounds the whole answer.
 */
#include "link.h"

#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connect.h"
#include "lib/base/time.h"
#include "lib/modbus/frame.h"

struct link_tcp {
    struct link link;
    struct address address;
    struct capture *capture;
    modbus_t *context;
    uint16_t transaction;
    int fd;
};

static struct link_tcp *self(struct link *link)
{
    return (struct link_tcp *)link;
}

static chl_err tcp_open(struct link *link, int64_t timeout_ns, const atomic_bool *stopping,
                        char *why, size_t why_size)
{
    struct link_tcp *tcp = self(link);
    const int fd = connect_tcp(&tcp->address, timeout_ns, stopping, why, why_size);
    if (fd < 0) {
        capture_note(tcp->capture, why);
        return CHL_E_IO;
    }
    tcp->fd = fd;
    (void)modbus_set_socket(tcp->context, fd);
    capture_note(tcp->capture, "connected");
    return CHL_OK;
}

static void tcp_close(struct link *link)
{
    struct link_tcp *tcp = self(link);
    if (tcp->fd >= 0) {
        /* Not modbus_close(): its shutdown() would first let queued bytes go out. */
        (void)close(tcp->fd);
        tcp->fd = -1;
        (void)modbus_set_socket(tcp->context, -1);
        capture_note(tcp->capture, "closed");
    }
}

static int tcp_descriptor(const struct link *link)
{
    return ((const struct link_tcp *)link)->fd;
}

static void tcp_destroy(struct link *link)
{
    struct link_tcp *tcp = self(link);
    tcp_close(link);
    modbus_free(tcp->context);
    free(tcp);
}

static void fail(struct chl_modbus_answer *answer, chl_modbus_status status, const char *what)
{
    answer->status = status;
    (void)snprintf(answer->text, sizeof answer->text, "%s", what);
}

/** Anything that can be read before we asked is not an answer to us. */
static bool is_quiet(const struct link_tcp *tcp, struct chl_modbus_answer *answer)
{
    struct pollfd early = {.fd = tcp->fd, .events = POLLIN};
    if (poll(&early, 1, 0) > 0) {
        fail(answer, CHL_MODBUS_UNSENT, "the device closed the link or spoke unasked");
        return false;
    }
    return true;
}

static bool send_request(struct link_tcp *tcp, const struct chl_modbus_request *request,
                         struct chl_modbus_answer *answer)
{
    uint8_t frame[CHL_MODBUS_REQUEST_MAX];
    const size_t length = chl_modbus_frame_build(request, ++tcp->transaction, frame);
    const ssize_t sent = send(tcp->fd, frame, length, MSG_NOSIGNAL);
    capture_frame(tcp->capture, '>', frame, length);
    if (sent == (ssize_t)length) {
        return true;
    }
    fail(answer, sent <= 0 ? CHL_MODBUS_UNSENT : CHL_MODBUS_LOST, "the link took no request");
    return false;
}

static void receive_answer(struct link_tcp *tcp, const struct chl_modbus_request *request,
                           struct chl_modbus_answer *answer)
{
    uint8_t frame[CHL_MODBUS_FRAME_MAX];
    const int64_t us = request->response_ns / 1000;
    (void)modbus_set_response_timeout(tcp->context, (uint32_t)(us / 1000000),
                                      (uint32_t)(us % 1000000));
    errno = 0;
    const int length = modbus_receive_confirmation(tcp->context, frame);
    if (length > 0) {
        capture_frame(tcp->capture, '<', frame, (size_t)length);
        chl_modbus_frame_check(request, tcp->transaction, frame, (size_t)length, answer);
    } else if (errno == ETIMEDOUT) {
        fail(answer, CHL_MODBUS_TIMEOUT, "no answer");
    } else if (errno >= MODBUS_ENOBASE) {
        fail(answer, CHL_MODBUS_BAD, "an answer that is no Modbus frame");
    } else {
        fail(answer, CHL_MODBUS_LOST, "the device closed the link");
    }
    if (answer->status >= CHL_MODBUS_TIMEOUT) {
        capture_note(tcp->capture, answer->text);
    }
}

static void tcp_transact(struct link *link, const struct chl_modbus_request *request,
                         struct chl_modbus_answer *answer)
{
    struct link_tcp *tcp = self(link);
    answer->exception = 0;
    answer->text[0] = '\0';
    if (tcp->fd < 0) {
        fail(answer, CHL_MODBUS_UNSENT, "not connected");
    } else if (is_quiet(tcp, answer) && send_request(tcp, request, answer)) {
        receive_answer(tcp, request, answer);
    }
}

chl_err link_tcp_new(const struct address *address, struct capture *capture, struct link **out)
{
    static const struct link_ops ops = {.open = tcp_open,
                                        .close = tcp_close,
                                        .transact = tcp_transact,
                                        .descriptor = tcp_descriptor,
                                        .destroy = tcp_destroy};
    struct link_tcp *tcp = calloc(1, sizeof *tcp);
    if (tcp == NULL) {
        return CHL_E_NOMEM;
    }
    /* The context never connects by itself; the address only has to be well formed. */
    tcp->context = modbus_new_tcp("127.0.0.1", 502);
    if (tcp->context == NULL) {
        free(tcp);
        return CHL_E_NOMEM;
    }
    (void)modbus_set_error_recovery(tcp->context, MODBUS_ERROR_RECOVERY_NONE);
    (void)modbus_set_byte_timeout(tcp->context, 0, 0);
    tcp->link.ops = &ops;
    tcp->address = *address;
    tcp->capture = capture;
    tcp->fd = -1;
    *out = &tcp->link;
    return CHL_OK;
}
