/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: the inspection of declarations. The first byte chooses how deep the rest is put: as
 *         the code, as the COSE message of a code, or as a payload.
 *
 *  No mutation ever finds a signature, so a payload goes straight to the form's reader that stands
 *  behind it; only the first byte SIGNED has it really signed, and inspected as a whole code.
 */
#include "lib/declaration/declaration.h"

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "tests/fuzz/stored.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEPTHS = 3, SIGNED = 's' };

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

static void inspect(const uint8_t *bytes, size_t length)
{
    static const struct chl_declaration_rules rules = {
        .skew_ns = CHL_DECLARATION_SKEW_S * CHL_NS_PER_S, .life_max_s = CHL_DECLARATION_LIFE_S};
    const int64_t now_ns = INT64_C(1643648400) * CHL_NS_PER_S;
    struct chl_inspection out = {.size = sizeof out};
    scratch.used = 0;
    chl_declaration_inspect(trust, &rules, &scratch, bytes, length, now_ns, &out);
    check(&out);
}

/* What was read is written and read again: the same. */
static void check_again(struct chl_declaration *read)
{
    static struct chl_declaration again;
    uint8_t bytes[CHL_ISSUE_PAYLOAD_MAX];
    struct chl_cbor_tree tree;
    size_t length = 0, count = 0;
    must(chl_declaration_encode(read, bytes, sizeof bytes, &length) == CHL_OK);
    scratch.used = 0;
    must(chl_cbor_parse(&scratch, (struct chl_bytes){bytes, length}, &tree) == CHL_REFUSAL_NONE);
    chl_declaration_init(&again);
    must(chl_declaration_decode(&tree, &again) == CHL_REFUSAL_NONE);
    const struct chl_declaration_field *fields = chl_declaration_fields(&count);
    for (size_t i = 0; i < count; i++) {
        must(memcmp((const uint8_t *)read + fields[i].offset,
                    (const uint8_t *)&again + fields[i].offset, fields[i].size) == 0);
    }
    must(memcmp(read->claims.documents, again.claims.documents, sizeof again.claims.documents) ==
             0 &&
         read->claims.missing == again.claims.missing);
}

/* What inspect does once the signature stands. */
static void read_payload(struct chl_bytes payload)
{
    struct chl_declaration declaration;
    struct chl_cbor_tree tree;
    scratch.used = 0;
    if (chl_cbor_parse(&scratch, payload, &tree) == CHL_REFUSAL_NONE &&
        tree.nodes->item.type == CHL_CBOR_MAP) {
        chl_declaration_init(&declaration);
        chl_refusal refusal = chl_declaration_decode(&tree, &declaration);
        const struct chl_claims *claims = &declaration.claims;
        must(refusal < CHL_REFUSAL_COUNT && claims->party >= 1);
        must(chl_utf8_valid(claims->name, strnlen(claims->name, sizeof claims->name)));
        must(claims->document_count <= CHL_CLAIM_DOCUMENTS_MAX &&
             claims->companion_count <= CHL_CLAIM_COMPANIONS_MAX);
        if (refusal == CHL_REFUSAL_NONE) {
            check_again(&declaration);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char code[4 * FUZZ_STORED_MAX];
    if (issuer == NULL) {
        set_up();
    }
    if (size == 0 || size > FUZZ_STORED_MAX) {
        return 0;
    }
    struct chl_bytes rest = {data + 1, size - 1};
    if (data[0] == SIGNED) {
        if (chl_issue(issuer, NULL, CHL_DECLARATION_PREFIX, rest, code, sizeof code) == CHL_OK) {
            inspect((const uint8_t *)code, strlen(code));
        }
    } else if (data[0] % DEPTHS == 0) {
        inspect(rest.data, rest.length);
    } else if (data[0] % DEPTHS == 1) {
        inspect((const uint8_t *)code,
                fuzz_stored_code(CHL_DECLARATION_PREFIX, rest, code, sizeof code));
    } else {
        read_payload(rest);
    }
    return 0;
}
