/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: the whole inspection of the EU DCC plugin. The first byte chooses how deep the rest
 * is put: as the code, as the COSE message of a code, or as the payload of a signed one.
 */
#include <chilang/plugin.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/issuing/issuing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = 4096, DEPTHS = 3 };

#define NOW_NS (INT64_C(1643700000) * 1000000000) /* 2022-02-01 */

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

static bool wrap(struct chl_bytes message, char *out, size_t size)
{
    static uint8_t packed[2 * BYTES_MAX];
    size_t length = 0, prefix = strlen("HC1:");
    memcpy(out, "HC1:", prefix);
    return chl_deflate(message, packed, sizeof packed, &length) == CHL_OK &&
           chl_base45_encode(packed, length, out + prefix, size - prefix, NULL) == CHL_OK;
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
    if (data[0] % DEPTHS == 0) {
        inspect(rest.data, rest.length);
    } else if (data[0] % DEPTHS == 1 && wrap(rest, code, sizeof code)) {
        inspect((const uint8_t *)code, strlen(code));
    } else if (data[0] % DEPTHS == 2 &&
               chl_issue(issuing.issuer, NULL, "HC1:", rest, code, sizeof code) == CHL_OK) {
        inspect((const uint8_t *)code, strlen(code));
    }
    return 0;
}
