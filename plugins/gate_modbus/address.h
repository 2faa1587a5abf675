/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Where a bus is: `tcp://host:port`, host a name, an IPv4 or a bracketed IPv6 address.
 */
#ifndef GATE_MODBUS_ADDRESS_H
#define GATE_MODBUS_ADDRESS_H

#include <chilang/types.h>

struct address {
    char host[256];
    char port[6];
};

/** Read an address; the port is 502 when not written.
 *  @param why what was expected and what came. @return CHL_OK or CHL_E_CONFIG. */
chl_err address_parse(const char *text, struct address *out, char *why, size_t why_size);

/** Read `profile` (−1) or a time in milliseconds: `0 ms`, `5 ms`, `5`.
 *  @return CHL_OK or CHL_E_CONFIG. */
chl_err gap_parse(const char *text, int64_t *gap_ns, char *why, size_t why_size);

#endif
