/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The inside of a trust store, shared by its reader and its look-ups.
 */
#ifndef CHL_COSE_TRUST_STORE_H
#define CHL_COSE_TRUST_STORE_H

#include "lib/cose/trust.h"

enum { CHL_TRUST_KEYS_MAX = 65536 };

struct chl_trust {
    struct chl_trust_key *keys; /* sorted by kid */
    size_t count, room;
    size_t skipped;
    bool keep_der;
    int64_t
        source_s; /* age of what is being added, as chl_trust_key.updated_s; negative in a folder */
};

/** Add a key, which the store then owns.
 *  @param der what it was read from.
 *  @return CHL_OK, CHL_E_LIMIT, CHL_E_NOMEM: the key is freed. */
chl_err chl_trust_keep(struct chl_trust *trust, struct chl_trust_key *key, struct chl_bytes der);
/** Entries of a JSON trust list. @return CHL_OK, CHL_E_CORRUPT (no such list), CHL_E_LIMIT,
 *  CHL_E_NOMEM. */
chl_err chl_trust_add_list(struct chl_trust *trust, struct chl_bytes content);
/** Sort, after the last one was added. */
void chl_trust_sort(struct chl_trust *trust);

#endif
