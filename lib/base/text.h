/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Bounded text: copies that always end, hexadecimal, UUIDs, UTF-8 checks.
 */
#ifndef CHL_BASE_TEXT_H
#define CHL_BASE_TEXT_H

#include <chilang/types.h>

enum { CHL_UUID_TEXT_SIZE = 37 };

/** Copy at most `size` − 1 bytes, cut at a UTF-8 character's boundary, always ended.
 *  @return false when it had to be cut. */
bool chl_copy(char *out, size_t size, const char *text);
bool chl_copy_n(char *out, size_t size, const char *text, size_t length);
/** Lower-case hexadecimal of `length` bytes; `out` has room for 2 × length + 1. */
void chl_hex(const uint8_t *bytes, size_t length, char *out);
/** Bytes of hexadecimal text of either case; the text has exactly 2 × length digits. */
chl_err chl_unhex(const char *text, size_t text_length, uint8_t *out, size_t length);
/** Canonical lower-case text of a UUID. */
void chl_uuid_text(const uint8_t uuid[16], char out[CHL_UUID_TEXT_SIZE]);
chl_err chl_uuid_parse(const char *text, size_t length, uint8_t uuid[16]);
/** True when the bytes are valid UTF-8 without NUL (no overlongs, no surrogates). */
bool chl_utf8_valid(const char *text, size_t length);

#endif
