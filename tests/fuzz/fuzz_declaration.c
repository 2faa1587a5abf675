/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzzes the inspection of declarations: the first byte says whether the rest is a code as
 *  scanned, or a payload that a trusted issuer signed (so that the schema is reached).
 */
#include "lib/declaration/declaration.h"

#include "lib/base/text.h"
#include "lib/base/time.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct chl_issuer *issuer;
static struct chl_trust *trust;
static struct chl_scratch scratch = {.size = sizeof scratch, .capacity = CHL_SCRATCH_MIN};

static void must(bool good)
{
    if (!good) {
        abort();
    }
}

static void set_up(void)
{
    char why[256];
    char pem[1024];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *memory = BIO_new(BIO_s_mem());
    must(key != NULL && memory != NULL && PEM_write_bio_PUBKEY(memory, key) == 1);
    int length = BIO_read(memory, pem, (int)sizeof pem);
    must(length > 0 && chl_issuer_from_key(key, NULL, &issuer) == CHL_OK &&
         chl_trust_new(&trust) == CHL_OK);
    must(chl_trust_add(trust, "fuzz", (struct chl_bytes){(const uint8_t *)pem, (size_t)length}, why,
                       sizeof why) == CHL_OK);
    scratch.base = malloc(scratch.capacity);
    must(scratch.base != NULL);
    BIO_free(memory);
    EVP_PKEY_free(key);
}

/** What must hold whatever came in. */
static void check(const struct chl_inspection *out)
{
    must(out->outcome <= CHL_REFUSED && out->stage < CHL_STAGE_COUNT);
    must(memchr(out->reason, '\0', sizeof out->reason) != NULL);
    must((out->outcome == CHL_REFUSED) == (out->reason[0] != '\0'));
    must(out->outcome != CHL_CLAIMED || (out->is_signed && out->claims.party >= 1));
    must(chl_utf8_valid(out->claims.name, strnlen(out->claims.name, sizeof out->claims.name)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct chl_declaration_rules rules = {
        .skew_ns = CHL_DECLARATION_SKEW_S * CHL_NS_PER_S, .life_max_s = CHL_DECLARATION_LIFE_S};
    const int64_t now_ns = INT64_C(1643648400) * CHL_NS_PER_S;
    struct chl_inspection out = {.size = sizeof out};
    char code[CHL_ISSUE_CODE_MAX];
    if (issuer == NULL) {
        set_up();
    }
    if (size == 0) {
        return 0;
    }
    scratch.used = 0;
    if (data[0] % 2 == 0) {
        chl_declaration_inspect(trust, &rules, &scratch, data + 1, size - 1, now_ns, &out);
    } else if (chl_issue(issuer, NULL, CHL_DECLARATION_PREFIX,
                         (struct chl_bytes){data + 1, size - 1}, code, sizeof code) == CHL_OK) {
        chl_declaration_inspect(trust, &rules, &scratch, (const uint8_t *)code, strlen(code),
                                now_ns, &out);
    }
    check(&out);
    return 0;
}
