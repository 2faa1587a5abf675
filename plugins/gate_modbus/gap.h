/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Text of the option `gap`.
 */
#ifndef GATE_MODBUS_GAP_H
#define GATE_MODBUS_GAP_H

#include <chilang/types.h>

/** Read `profile` (−1) or a time in milliseconds: `0 ms`, `5 ms`, `5`.
 *  @return CHL_OK or CHL_E_CONFIG. */
chl_err gap_parse(const char *text, int64_t *gap_ns, char *why, size_t why_size);

#endif
