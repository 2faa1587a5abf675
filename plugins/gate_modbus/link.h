/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The wire of one bus: one libmodbus context, one transaction at a time.
 *
 *  A serial bus gets a second set of these operations beside the TCP one; the driver above and the
 *  thread around it do not change.
 */
#ifndef GATE_MODBUS_LINK_H
#define GATE_MODBUS_LINK_H

#include <stdatomic.h>

#include "address.h"
#include "capture.h"
#include "lib/modbus/driver.h"

struct link;

/** The operations of a kind of wire. Thread: the bus's, for all. */
struct link_ops {
    /** Open it, waiting at most `timeout_ns`. Blocks: yes. */
    chl_err (*open)(struct link *link, int64_t timeout_ns, const atomic_bool *stopping, char *why,
                    size_t why_size);
    /** Close it; what was not sent is thrown away. */
    void (*close)(struct link *link);
    /** Send a request and wait for its answer. Blocks: at most `request->response_ns`. */
    void (*transact)(struct link *link, const struct chl_modbus_request *request,
                     struct chl_modbus_answer *answer);
    /** A descriptor that is readable when the peer closed or spoke unasked, −1 when closed. */
    int (*descriptor)(const struct link *link);
    void (*destroy)(struct link *link);
};

struct link {
    const struct link_ops *ops;
};

/** A link over Modbus TCP.
 *  @param capture may be NULL; borrowed. @return CHL_OK or CHL_E_NOMEM. */
chl_err link_tcp_new(const struct address *address, struct capture *capture, struct link **out);

#endif
