/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Codes of the three Vietnamese formats, composed from their layouts.
 */
#ifndef CHL_TEST_VIETNAM_CODES_H
#define CHL_TEST_VIETNAM_CODES_H

#include <stddef.h>

#include "plugins/credential_vietnam/vietnam.h"

/** Names of people who are not, between them every vowel with every tone mark. */
extern const char *const vietnam_names[];
extern const size_t vietnam_name_count;

enum { VIETNAM_CODE_SIZE = 2048 };

/** Text in hexadecimal digits. */
void vietnam_hex(const char *text, bool capitals, char *out, size_t size);
/** Each with a name; `fields` as met: 7 or 11; 10, 15 or 17. */
void vietnam_make_cccd(const char *name, int fields, char out[VIETNAM_CODE_SIZE]);
void vietnam_make_bhyt(const char *name, int fields, bool capitals, char out[VIETNAM_CODE_SIZE]);
void vietnam_make_pccovid(const char *name, char out[VIETNAM_CODE_SIZE]);

/** Inspect a code in a block of exactly its size. */
void vietnam_look(const void *bytes, size_t length, struct chl_inspection *out);

#endif
