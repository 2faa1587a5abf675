/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a trust file: PEM, DER or a JSON list.
 */
#include "lib/cose/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chl_trust *trust = NULL;
    char why[256];
    if (chl_trust_new(&trust) != CHL_OK) {
        return 0;
    }
    (void)chl_trust_add(trust, "fuzz", (struct chl_bytes){data, size}, why, sizeof why);
    for (size_t i = 0; i < chl_trust_count(trust); i++) {
        const struct chl_trust_key *key = chl_trust_at(trust, i), *first = NULL;
        (void)chl_trust_find(trust, (struct chl_bytes){key->kid, sizeof key->kid}, &first);
        (void)chl_trust_verify(key, (struct chl_bytes){data, size},
                               (struct chl_bytes){key->kid, sizeof key->kid});
    }
    chl_trust_free(trust);
    return 0;
}
