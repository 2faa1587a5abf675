/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where a bus is: `tcp://host:port`, `rtu:///dev/…` or `rtu+tcp://host:port`.
 */
#ifndef CHL_BUS_ADDRESS_H
#define CHL_BUS_ADDRESS_H

#include <chilang/types.h>

typedef enum { BUS_TCP, BUS_RTU, BUS_RTU_TCP } bus_kind;

struct bus_address {
    bus_kind kind;
    char host[256]; /**< RTU: path of the line's device */
    char port[6];   /**< RTU: "" */
};

/** Read an address; the port is the kind's usual one when not written.
 *  @param why what was expected and what came. @return CHL_OK or CHL_E_CONFIG. */
chl_err bus_address_parse(const char *text, struct bus_address *out, char *why, size_t why_size);

#endif
