/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Base45 text of QR codes, strictly as RFC 9285 has it.
 */
#ifndef CHL_COSE_BASE45_H
#define CHL_COSE_BASE45_H

#include <chilang/types.h>

/** Most bytes that `length` characters can hold. */
#define CHL_BASE45_DECODED_MAX(length) ((length) / 3 * 2 + 1)
/** Characters (without NUL) that `length` bytes need. */
#define CHL_BASE45_ENCODED(length) ((length) / 2 * 3 + (length) % 2 * 2)

/** Decode. Refused: a character outside the alphabet (also lower case), a length of 3n + 1, a
 * triple above 65535, a pair above 255. Space is a digit.
 *  @param out room for CHL_BASE45_DECODED_MAX(length) bytes.
 *  @return CHL_OK or CHL_E_CORRUPT. Thread: any. Blocks: never. Source: RFC 9285. */
chl_err chl_base45_decode(const char *text, size_t length, uint8_t *out, size_t *out_length);

/** Encode and NUL-terminate. @param out room for `size` bytes.
 *  @return CHL_OK, CHL_E_LIMIT when it does not fit. Source: RFC 9285. */
chl_err chl_base45_encode(const uint8_t *bytes, size_t length, char *out, size_t size,
                          size_t *out_length);

#endif
