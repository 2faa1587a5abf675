/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a scanned code, through the naming of formats and the real chain of
 *         plugins, as a host hands them over.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/sniff/sniff.h"
#include "tests/chain/chain.h"
#include "tests/issuing/issuing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define NOW_NS (INT64_C(1643700000) * CHL_NS_PER_S) /* 2022-02-01 */

static struct chain *chain;

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void start(void)
{
    struct issuing issuing;
    char path[64];
    const char *paths[] = {path};
    must(issuing_make("P-256", NULL, &issuing) &&
         chain_write_trust(issuing.certificate, issuing.certificate_length, path));
    chain = chain_open(paths, 1);
    must(chain != NULL);
    (void)unlink(path);
    issuing_free(&issuing);
}

/* Before libFuzzer counts what there is to cover: the plugins are part of it. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    start();
    return 0;
}

static bool is_text(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    return length < size && chl_utf8_valid(text, length);
}

static void check_claims(const struct chl_claims *claims)
{
    must(is_text(claims->name, sizeof claims->name) && is_text(claims->id, sizeof claims->id));
    must(is_text(claims->birth, sizeof claims->birth));
    must(is_text(claims->address, sizeof claims->address));
    must(is_text(claims->document, sizeof claims->document));
    must(claims->document_count <= CHL_CLAIM_DOCUMENTS_MAX);
    must(claims->companion_count <= CHL_CLAIM_COMPANIONS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chl_inspection out;
    char by[64];
    if (chain == NULL) {
        start();
    }
    chl_format format = chl_sniff(data, size);
    must(format < CHL_FORMAT_COUNT);
    chain_inspect(chain, data, size, NOW_NS, &out, by);
    must(strcmp(out.reason, "plugin-error") != 0);
    /* Whoever answers, it is what the code was named; and what is signed is always answered. */
    must(out.format == format && (out.outcome == CHL_NOT_MINE) == (format == CHL_FORMAT_UNKNOWN));
    must(by[0] != '\0' || (format != CHL_FORMAT_HCERT && format != CHL_FORMAT_DECLARATION));
    must(by[0] != '\0' || out.outcome != CHL_CLAIMED);
    if (out.outcome == CHL_NOT_MINE) {
        return 0;
    }
    must((out.outcome == CHL_REFUSED) == (out.reason[0] != '\0'));
    must(out.is_signed ||
         (out.format != CHL_FORMAT_HCERT && out.format != CHL_FORMAT_DECLARATION) ||
         out.outcome == CHL_REFUSED);
    check_claims(&out.claims);
    return 0;
}
