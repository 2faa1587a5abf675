/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief QR codes both ways: reading pictures and drawing symbols.
 */
#ifndef CHL_QR_QR_H
#define CHL_QR_QR_H

#include "lib/qr/reader.h"
#include "lib/qr/symbol.h"

#endif
