/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Open a TCP connection without blocking past a deadline, set up as a control link.
 */
#ifndef CHL_BUS_CONNECT_H
#define CHL_BUS_CONNECT_H

#include <stdatomic.h>

#include "lib/bus/address.h"
#include "lib/bus/resolve.h"

/** Connect to the first address of the host that accepts.
 *
 *  libmodbus would take only IPv4 literals, would wait the response time and tells a timeout by an
 *  errno it does not set; so the connection is made here and handed over.
 *  @param timeout_ns for resolving and all addresses together.
 *  @param stopping ends the attempt early when it becomes true.
 *  @param why what was tried and what came.
 *  @return a connected, non-blocking descriptor, or −1. Thread: the bus's. Blocks: yes. */
int bus_connect(const struct bus_address *address, struct bus_resolver *resolver,
                int64_t timeout_ns, const atomic_bool *stopping, char *why, size_t why_size);

#endif
