/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: the whole inspection of the EU DCC plugin. The first byte chooses how deep the rest
 *         is put: as the code, as the COSE message of a code, or as a payload.
 *
 *  No mutation ever finds a signature, so a payload goes straight to the reader and the schema that
 *  stand behind it; only the first byte SIGNED has it really signed, and inspected as a whole code.
 */
#include <chilang/plugin.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/credential_hcert/hcert.h"
#include "tests/fuzz/stored.h"
#include "tests/issuing/issuing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = FUZZ_STORED_MAX, DEPTHS = 3, SIGNED = 's' };

#define NOW_S  INT64_C(1643700000) /* 2022-02-01 */
#define NOW_NS (NOW_S * 1000000000)

static struct issuing issuing;
static struct chl_instance *instance;

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* A certificate in a file is the plugin's only way to trust. */
static void start(void)
{
    char path[] = "/tmp/chl-fuzz-XXXXXX", why[512];
    int descriptor = mkstemp(path);
    must(descriptor >= 0 && close(descriptor) == 0 && issuing_make("P-256", NULL, &issuing) &&
         issuing_write_certificate(&issuing, path));
    const char *paths[] = {path};
    const struct chl_list list = {1, paths};
    void *config = calloc(1, chl_plugin.config_size);
    must(config != NULL && strcmp(chl_plugin.options[0].name, "trust") == 0);
    memcpy((char *)config + chl_plugin.options[0].offset, &list, sizeof list);
    const struct chl_create args = {.size = sizeof args, .name = "fuzz", .config = config};
    must(chl_plugin.ops->create(&args, &instance, why, sizeof why) == CHL_OK);
    free(config);
    (void)unlink(path);
}

static void inspect(const uint8_t *bytes, size_t length)
{
    static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    struct chl_inspection found = {.size = sizeof found};
    found.claims.size = (uint32_t)sizeof found.claims;
    must(chl_plugin.ops->inspect(instance, &scratch, bytes, length, NOW_NS, &found) == CHL_OK);
    must(found.outcome <= CHL_REFUSED && (found.outcome != CHL_CLAIMED || found.is_signed));
    must((found.outcome == CHL_REFUSED) == (found.reason[0] != '\0'));
}

/* What inspect does once the signature stands. */
static void read_payload(struct chl_bytes payload)
{
    static uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    struct chl_claims claims = {.size = sizeof claims};
    struct chl_cbor_tree tree;
    struct hcert hcert;
    if (chl_cbor_parse(&scratch, payload, &tree) == CHL_REFUSAL_NONE && hcert_is_shaped(&tree)) {
        hcert_open(&tree, &hcert);
        hcert_claims(&hcert, &claims);
        chl_refusal refusal = hcert_check(&hcert, NOW_S);
        must(refusal == CHL_REFUSAL_NONE || chl_refusal_stage(refusal) == CHL_STAGE_SCHEMA);
        must(refusal != CHL_REFUSAL_NONE || claims.certificate_kind != 0);
        must(claims.document_count <= CHL_CLAIM_DOCUMENTS_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char code[4 * BYTES_MAX];
    if (instance == NULL) {
        start();
    }
    if (size == 0 || size > BYTES_MAX) {
        return 0;
    }
    struct chl_bytes rest = {data + 1, size - 1};
    if (data[0] == SIGNED) {
        if (chl_issue(issuing.issuer, NULL, "HC1:", rest, code, sizeof code) == CHL_OK) {
            inspect((const uint8_t *)code, strlen(code));
        }
    } else if (data[0] % DEPTHS == 0) {
        inspect(rest.data, rest.length);
    } else if (data[0] % DEPTHS == 1) {
        inspect((const uint8_t *)code, fuzz_stored_code("HC1:", rest, code, sizeof code));
    } else {
        read_payload(rest);
    }
    return 0;
}
