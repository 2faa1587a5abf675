/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a trust file: PEM, DER or a JSON list.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/cose/trust.h"

/* What is told of an entry can be shown as it is. */
static void skipped(void *user, const char *file, size_t entry, const char *why)
{
    size_t *count = user;
    if (strcmp(file, "fuzz") != 0 || strlen(why) == 0 || entry > CHL_TRUST_FILE_MAX) {
        abort();
    }
    ++*count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chl_bytes content = {data, size};
    struct chl_trust *trust = NULL;
    size_t told = 0;
    char why[256];
    if (chl_trust_new(&trust) != CHL_OK) {
        return 0;
    }
    chl_trust_keep_der(trust);
    chl_trust_on_skip(trust, skipped, &told);
    chl_err error = chl_trust_add(trust, "fuzz", content, why, sizeof why);
    if (told != chl_trust_skipped(trust) || (error == CHL_OK) != (chl_trust_count(trust) > 0)) {
        abort();
    }
    for (size_t i = 0; i < chl_trust_count(trust); i++) {
        const struct chl_trust_key *key = chl_trust_at(trust, i), *first = NULL;
        struct chl_bytes kid = {key->kid, sizeof key->kid};
        bool aged = key->kind == CHL_TRUST_CERTIFICATE || key->updated_s == 0;
        if (chl_trust_find(trust, kid, &first) == 0 || !aged ||
            memchr(key->type, '\0', sizeof key->type) == NULL ||
            memchr(key->subject, '\0', sizeof key->subject) == NULL) {
            abort();
        }
        (void)chl_trust_verify(key, content, kid);
    }
    /* A list is never signed by what it holds itself, but it may try. */
    (void)chl_trust_list_signed(content, trust);
    chl_trust_free(trust);
    return 0;
}
