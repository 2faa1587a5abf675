/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Our own ZAP handler: which public key may open which socket.
 *
 *  Source: RFC 27/ZAP.
 */
#ifndef STREAM_ZMQ_ZAP_H
#define STREAM_ZMQ_ZAP_H

#include "plugins/stream_zmq/keyring.h"

/** Bind the handler of this context; must come before any server socket binds. */
chl_err zap_open(void *context, void **out, char *why, size_t why_size);

/** Answer one waiting ZAP request, if there is one.
 *  @param refused set to true when somebody was refused.
 *  @return false when none was waiting. */
bool zap_answer(void *socket, const struct keyring *keyring, int64_t now_ns, bool *refused);

#endif
