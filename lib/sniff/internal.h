/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the parts of lib/sniff share.
 */
#ifndef CHL_SNIFF_INTERNAL_H
#define CHL_SNIFF_INTERNAL_H

#include "lib/sniff/sniff.h"

/** Format by how a code begins, CHL_FORMAT_UNKNOWN for those of fields and for all others. */
chl_format sniff_start(const uint8_t *bytes, size_t length);

/** True for the address of a place, as the QR at its door has it. */
bool sniff_is_place(const uint8_t *bytes, size_t length);

#endif
