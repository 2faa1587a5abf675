/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Whose places a scanned code uses: its own, or those that another code of the same person
 *  already took.
 *
 *  A declaration is a ticket: it is counted under itself until its own end, and a person's use of
 *  another code is taken off its party. Everything else (a card, a certificate) proves who somebody
 *  is and not that they may enter once: it is counted under what the person used last, and may be
 *  used again after `reuse_after_s`. Only document numbers tie codes together, never a name.
 */
#ifndef CHL_ENGINE_ACCOUNT_H
#define CHL_ENGINE_ACCOUNT_H

#include <string.h>

#include "core/engine/engine.h"

struct account {
    const struct engine_code *used; /**< what limits the places, NULL = never used; in the table */
    uint16_t available;             /**< places left for this code, at most its party */
    uint16_t used_before; /**< places of its party that the person used on other codes; only for a
                             ticket that was never used itself */
    bool released_here;   /**< the grant that is open at the gate is this person's */
    uint8_t key[ENGINE_CODE]; /**< what the places are to be counted under */
};

/** True when each use of the code is remembered until the code's own end. */
bool account_is_ticket(uint8_t format);

/** @param gate where it is shown, ENGINE_NONE = nowhere.
 *  @param now_ns wall time of the decision. */
/** Places that a code asks for at a gate: its party, or one vehicle whoever sits in it. */
uint16_t account_party(const struct engine *engine, const struct engine_scan *scan, uint16_t gate);
void account_find(const struct engine *engine, const struct engine_scan *scan, uint16_t gate,
                  int64_t now_ns, struct account *out);

/** Enter a grant in the table: its places, and every other pseudonym of the person.
 *  @return CHL_OK, CHL_E_NOMEM. */
chl_err account_take(struct engine_codes *codes, const struct engine_record *record);
/** Give places back that nobody passed on. `key` is the grant's. */
void account_give_back(struct engine_codes *codes, const uint8_t key[ENGINE_CODE], uint16_t unused);

/** The key that a decision's places are counted under. */
static inline const uint8_t *account_key(const struct record_DECISION *made)
{
    static const uint8_t none[ENGINE_CODE];
    return memcmp(made->counted, none, ENGINE_CODE) != 0 ? made->counted : made->code;
}

#endif
