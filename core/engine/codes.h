/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The table of admitted codes: open addressing over pseudonyms, which are already random.
 *
 *  A main entry counts places; an alias leads to one, directly or over others. An alias is only
 * ever pointed at what is a main entry at that time, and a main entry that becomes an alias points
 * at another, so no way through the table is a circle.
 */
#ifndef CHL_ENGINE_CODES_H
#define CHL_ENGINE_CODES_H

#include "core/engine/model.h"

enum { ENGINE_CODES_MAX = 1 << 22, ENGINE_HOPS_MAX = 8 };

struct engine_code *codes_find(const struct engine_codes *codes, const uint8_t key[ENGINE_CODE]);
/** Find or add. @return NULL when out of memory or full. */
struct engine_code *codes_put(struct engine_codes *codes, const uint8_t key[ENGINE_CODE]);
/** The main entry that a key leads to, however old it is; NULL when it leads to none. */
struct engine_code *codes_main(const struct engine_codes *codes, const uint8_t key[ENGINE_CODE]);
/** True when a main entry counts as used no more. */
static inline bool code_is_over(const struct engine_code *code, int64_t now_s)
{
    return code->until_s != 0 && code->until_s < now_s;
}
/** Forget main entries that count as used no more at `now_s` (s since 1970), and what leads to
 * them. Called when a record says so, never by a clock, so that replay forgets the same ones. */
void codes_forget(struct engine_codes *codes, int64_t now_s);
void codes_free(struct engine_codes *codes);

#endif
