/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Makes an instance of the EU DCC plugin as a host would, from its option table.
 */
#include "tests/unit/hcert_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/time.h"

enum { ISSUERS_MAX = 4, PATH_SIZE = 64 };

static void set_option(void *config, const char *name, const void *value, size_t size)
{
    for (const struct chl_opt *row = chl_plugin.options; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            memcpy((char *)config + row->offset, value, size);
        }
    }
}

struct chl_instance *hcert_instance(const struct issuing *issuers, size_t count, int64_t skew_ms)
{
    char folder[] = "/tmp/chl-hcert-XXXXXX", paths[ISSUERS_MAX][PATH_SIZE], why[512];
    const char *items[ISSUERS_MAX];
    struct chl_instance *instance = NULL;
    void *config = calloc(1, chl_plugin.config_size);
    if (config == NULL || count > ISSUERS_MAX || mkdtemp(folder) == NULL) {
        free(config);
        return NULL;
    }
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s/%zu.der", folder, i);
        items[i] = paths[i];
        good = issuing_write_certificate(&issuers[i], paths[i]) && good;
    }
    const struct chl_list list = {count, items};
    set_option(config, "trust", &list, sizeof list);
    set_option(config, "skew", &skew_ms, sizeof skew_ms);
    const struct chl_create args = {.size = sizeof args, .name = "test", .config = config};
    if (!good || chl_plugin.ops->create(&args, &instance, why, sizeof why) != CHL_OK) {
        instance = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        (void)unlink(paths[i]);
    }
    (void)rmdir(folder);
    free(config);
    return instance;
}

void hcert_inspect(const struct chl_instance *instance, const uint8_t *bytes, size_t length,
                   int64_t now_s, struct chl_inspection *out)
{
    static _Thread_local uint64_t memory[CHL_SCRATCH_MIN / sizeof(uint64_t)];
    struct chl_scratch scratch = {sizeof scratch, memory, sizeof memory, 0};
    memset(out, 0, sizeof *out);
    out->size = (uint32_t)sizeof *out;
    out->claims.size = (uint32_t)sizeof out->claims;
    if (chl_plugin.ops->inspect(instance, &scratch, bytes, length, now_s * CHL_NS_PER_S, out) !=
        CHL_OK) {
        abort();
    }
}
