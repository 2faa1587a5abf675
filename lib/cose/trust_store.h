/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The inside of a trust store, shared by its reader and its look-ups.
 */
#ifndef CHL_COSE_TRUST_STORE_H
#define CHL_COSE_TRUST_STORE_H

#include "lib/cose/trust.h"

enum { CHL_TRUST_KEYS_MAX = 65536 };

#define CHL_TRUST_EXPECTED                                                                         \
    "expected a PEM or DER certificate, a PEM public key or a JSON trust list"

struct chl_trust {
    struct chl_trust_key *keys; /* sorted by kid */
    size_t count, room;
    size_t skipped;
    chl_trust_skip on_skip;
    void *skip_user;
    const char *file; /* being added, for messages; NULL = none */
    size_t entry;     /* of it, from 1; 0 = all of it */
    char first[160];  /* entry of this file that was skipped first, and why; "" = none */
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
/** Count the entry at hand as passed over, and tell of it. */
void chl_trust_pass_over(struct chl_trust *trust, const char *why);
/** What chl_trust_add() does, without sorting. */
chl_err chl_trust_add_content(struct chl_trust *trust, const char *name, struct chl_bytes content,
                              char *why, size_t why_size);
/** Sort, after the last one was added. */
void chl_trust_sort(struct chl_trust *trust);

#endif
