/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Server sockets of the stream, with every option that Debian's libzmq 4.3.4 needs to be
 * safe.
 */
#ifndef STREAM_ZMQ_SOCKETS_H
#define STREAM_ZMQ_SOCKETS_H

#include <chilang/types.h>

enum { ENDPOINT_SIZE = 256 };

/** What a socket is for. */
typedef enum { SOCKET_PULL, SOCKET_LIVE } socket_role;

/** True when the endpoint can be reached from this machine only: 127.0.0.0/8 or [::1]. */
bool endpoint_is_loopback(const char *endpoint);
/** True for `tcp://<address or *>:<port or *>`. */
bool endpoint_is_tcp(const char *endpoint);

/** Open and bind a server socket.
 *  @param secret_key our CURVE secret in Z85, NULL = plain. With CURVE the socket refuses everyone
 *         whom no ZAP handler lets in, also when there is no handler.
 *  @param actual gets the endpoint with the port that was really bound.
 *  @return CHL_OK, or an error with `why` filled and `*out` NULL. */
chl_err server_socket_open(void *context, socket_role role, const char *endpoint,
                           const char *secret_key, void **out, char actual[ENDPOINT_SIZE],
                           char *why, size_t why_size);

/** Send one frame without waiting. @param flags ZMQ_SNDMORE or 0.
 *  @return CHL_E_CLOSED: the peer is gone or its queue is full; zmq_errno() tells which. */
chl_err socket_send_frame(void *socket, const void *bytes, size_t length, int flags);

#endif
