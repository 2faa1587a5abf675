/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Whether the three corner marks of a QR code stand in a picture, readable or not.
 */
#ifndef CHL_QR_MARKS_H
#define CHL_QR_MARKS_H

#include <chilang/types.h>

/** Look for three marks of one size at the corners of a right-angled triangle with two like sides.
 *  Dark on light only. Looser than a reader, yet text, stripes and noise do not make such triples.
 *  @param pixels rows packed, 0 black.
 *  @return true when they are there; false also for impossible sizes. Thread: any. Blocks: never;
 *  no memory. Source: ISO/IEC 18004, position detection patterns (1:1:3:1:1). */
bool chl_qr_has_marks(const uint8_t *pixels, size_t width, size_t height);

#endif
