/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Keeps believed keys sorted by identifier and finds them.
 */
#include "lib/cose/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cose/trust_store.h"
#include "lib/cose/verifier.h"

chl_err chl_trust_new(struct chl_trust **out)
{
    *out = calloc(1, sizeof **out);
    return *out == NULL ? CHL_E_NOMEM : CHL_OK;
}

/* The store made these bytes itself. */
static void *unconst(const uint8_t *bytes)
{
    union {
        const uint8_t *from;
        uint8_t *to;
    } same = {.from = bytes};
    return same.to;
}

void chl_trust_keep_der(struct chl_trust *trust)
{
    trust->keep_der = true;
}

void chl_trust_on_skip(struct chl_trust *trust, chl_trust_skip skip, void *user)
{
    trust->on_skip = skip;
    trust->skip_user = user;
}

void chl_trust_pass_over(struct chl_trust *trust, const char *why)
{
    trust->skipped++;
    if (trust->first[0] == '\0') {
        (void)snprintf(trust->first, sizeof trust->first, "; entry %zu: %s", trust->entry, why);
    }
    if (trust->on_skip != NULL) {
        trust->on_skip(trust->skip_user, trust->file, trust->entry, why);
    }
}

void chl_trust_free(struct chl_trust *trust)
{
    if (trust == NULL) {
        return;
    }
    for (size_t i = 0; i < trust->count; i++) {
        chl_verifier_free(trust->keys[i].verifier);
        free(unconst(trust->keys[i].der.data));
    }
    free(trust->keys);
    free(trust);
}

/* A list that is written again and again must not grow by what it says twice. */
static bool is_kept(const struct chl_trust *trust, const struct chl_trust_key *key,
                    struct chl_bytes der)
{
    for (size_t i = 0; i < trust->count; i++) {
        const struct chl_trust_key *kept = &trust->keys[i];
        if (memcmp(kept->kid, key->kid, CHL_KID_SIZE) == 0 && kept->der.length == der.length &&
            memcmp(kept->der.data, der.data, der.length) == 0) {
            return true;
        }
    }
    return false;
}

chl_err chl_trust_keep(struct chl_trust *trust, struct chl_trust_key *key, struct chl_bytes der)
{
    chl_err error = CHL_E_LIMIT;
    if (trust->count == CHL_TRUST_KEYS_MAX) {
        goto drop;
    }
    if (trust->count == trust->room) {
        size_t room = trust->room == 0 ? 16 : 2 * trust->room;
        struct chl_trust_key *keys = realloc(trust->keys, room * sizeof *keys);
        if (keys == NULL) {
            error = CHL_E_NOMEM;
            goto drop;
        }
        trust->keys = keys;
        trust->room = room;
    }
    if (trust->keep_der && is_kept(trust, key, der)) {
        chl_verifier_free(key->verifier);
        key->verifier = NULL;
        return CHL_OK;
    }
    if (trust->keep_der) {
        uint8_t *kept = malloc(der.length + 1);
        if (kept == NULL) {
            error = CHL_E_NOMEM;
            goto drop;
        }
        memcpy(kept, der.data, der.length);
        key->der = (struct chl_bytes){kept, der.length};
    }
    key->updated_s = key->kind == CHL_TRUST_CERTIFICATE ? trust->source_s : 0;
    trust->keys[trust->count++] = *key;
    return CHL_OK;
drop:
    chl_verifier_free(key->verifier);
    key->verifier = NULL;
    return error;
}

static int by_kid(const void *a, const void *b)
{
    const struct chl_trust_key *left = a, *right = b;
    return memcmp(left->kid, right->kid, CHL_KID_SIZE);
}

void chl_trust_sort(struct chl_trust *trust)
{
    if (trust->count > 1) {
        qsort(trust->keys, trust->count, sizeof *trust->keys, by_kid);
    }
}

size_t chl_trust_count(const struct chl_trust *trust)
{
    return trust->count;
}

size_t chl_trust_skipped(const struct chl_trust *trust)
{
    return trust->skipped;
}

int64_t chl_trust_updated(const struct chl_trust *trust)
{
    int64_t oldest_s = 0;
    for (size_t i = 0; i < trust->count; i++) {
        int64_t updated_s = trust->keys[i].updated_s;
        if (updated_s != 0 && (oldest_s == 0 || updated_s < oldest_s)) {
            oldest_s = updated_s;
        }
    }
    return oldest_s;
}

const struct chl_trust_key *chl_trust_at(const struct chl_trust *trust, size_t index)
{
    return index < trust->count ? &trust->keys[index] : NULL;
}

size_t chl_trust_find(const struct chl_trust *trust, struct chl_bytes kid,
                      const struct chl_trust_key **first)
{
    if (kid.length != CHL_KID_SIZE) {
        return 0;
    }
    size_t low = 0, high = trust->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(trust->keys[middle].kid, kid.data, CHL_KID_SIZE) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < trust->count && memcmp(trust->keys[end].kid, kid.data, CHL_KID_SIZE) == 0) {
        end++;
    }
    *first = trust->keys + low;
    return end - low;
}

bool chl_trust_verify(const struct chl_trust_key *key, struct chl_bytes message,
                      struct chl_bytes signature)
{
    return chl_verifier_check(key->verifier, message, signature);
}
