/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the files of this room share: the bus, and its kinds of wire.
 */
#ifndef CHL_BUS_INTERNAL_H
#define CHL_BUS_INTERNAL_H

#include <modbus.h>

#include "lib/bus/address.h"
#include "lib/bus/bus.h"
#include "lib/bus/capture.h"
#include "lib/bus/resolve.h"
#include "lib/bus/serial.h"

struct chl_bus {
    struct bus_address address;
    struct bus_line line;
    int64_t delay_max_ns;
    struct bus_resolver *resolver; /**< NULL for a serial line */
    struct bus_capture *capture;
    modbus_t *context; /**< receives; never connects by itself */
    int fd;
    uint16_t transaction;
    int64_t last_byte_ns; /**< when the line was last known to carry something; RTU */
    int64_t settled_ns;   /**< RTU: a late answer may come until then; 0 = none is owed */
    bool spoilt;          /**< TCP: a late answer may come; only a new connection is safe */
    atomic_flag taken;    /**< a transaction is under way */
};

/** Throw away what can be read now, without waiting.
 *  @param count bytes thrown away, may be NULL. @return false when the link is broken. */
bool bus_discard(struct chl_bus *bus, size_t *count);

#endif
