/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The table of admitted codes: open addressing over pseudonyms, which are already random.
 */
#ifndef CHL_ENGINE_CODES_H
#define CHL_ENGINE_CODES_H

#include "core/engine/model.h"

enum { ENGINE_CODES_MAX = 1 << 22 };

struct engine_code *codes_find(const struct engine_codes *codes, const uint8_t key[ENGINE_CODE]);
/** Find or add. @return NULL when out of memory or full. */
struct engine_code *codes_put(struct engine_codes *codes, const uint8_t key[ENGINE_CODE]);
/** Forget entries whose own validity ended before `now_s` (s since 1970). Called when a record says
 * so, never by a clock, so that replay forgets the same ones. */
void codes_forget(struct engine_codes *codes, int64_t now_s);
void codes_free(struct engine_codes *codes);

#endif
