/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Says what the EU DCC plugin's schema finds in certificates given as lines of hexadecimal
 *         CBOR, so that another implementation can be asked the same.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "plugins/credential_hcert/hcert.h"

enum { DCC_MAX = 16 * 1024, CLAIM_HCERT = -260, HCERT_DCC = 1 };

#define NOW_S INT64_C(1643700000) /* 2022-02-01 */

static const char *verdict(struct chl_bytes dcc)
{
    static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
    static uint8_t payload[DCC_MAX + 64];
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    struct chl_cbor_writer writer;
    struct chl_cbor_tree tree;
    struct hcert hcert;
    size_t length = 0;
    chl_cbor_begin(&writer, payload, sizeof payload);
    chl_cbor_put_map(&writer, 1);
    chl_cbor_put_int(&writer, CLAIM_HCERT);
    chl_cbor_put_map(&writer, 1);
    chl_cbor_put_int(&writer, HCERT_DCC);
    chl_cbor_put_raw(&writer, dcc);
    if (chl_cbor_end(&writer, &length) != CHL_OK) {
        return "too long";
    }
    chl_refusal refusal = chl_cbor_parse(&scratch, (struct chl_bytes){payload, length}, &tree);
    if (refusal == CHL_REFUSAL_NONE && !hcert_is_shaped(&tree)) {
        refusal = CHL_REFUSAL_claims_malformed;
    }
    if (refusal == CHL_REFUSAL_NONE) {
        hcert_open(&tree, &hcert);
        refusal = hcert_check(&hcert, NOW_S);
    }
    return refusal == CHL_REFUSAL_NONE ? "good" : chl_refusal_id(refusal);
}

int main(void)
{
    static char line[2 * DCC_MAX + 2];
    static uint8_t bytes[DCC_MAX];
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t length = strcspn(line, "\n");
        if (length % 2 != 0 || length / 2 > sizeof bytes ||
            chl_unhex(line, length, bytes, length / 2) != CHL_OK) {
            fputs("schema_verdicts: expected lines of hexadecimal digits\n", stderr);
            return 1;
        }
        puts(verdict((struct chl_bytes){bytes, length / 2}));
    }
    return 0;
}
