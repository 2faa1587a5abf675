/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin credential_declaration: our signed health declarations (`LS1:`).
 */
#include <chilang/plugin.h>

#include "lib/base/time.h"
#include "lib/declaration/declaration.h"

#include <stdio.h>
#include <stdlib.h>

enum { TRUST_PATHS_MAX = 64 };
#define MINUTE_MS INT64_C(60000)
#define DAY_MS    (1440 * MINUTE_MS)

struct config {
    struct chl_list trust;
    const char *revoked;
    int64_t skew_ms, life_max_ms;
};

struct chl_instance {
    struct chl_trust *trust;
    struct chl_revoked *revoked;
    struct chl_declaration_rules rules;
};

static const struct chl_opt options[] = {
    {.name = "trust",
     .type = CHL_OPT_LIST,
     .max = TRUST_PATHS_MAX,
     .offset = offsetof(struct config, trust),
     .help_vi = "Khóa công khai của nơi cấp: tệp PEM hoặc thư mục",
     .help_en = "issuers' public keys: PEM files or folders of them"},
    {.name = "revoked",
     .type = CHL_OPT_PATH,
     .offset = offsetof(struct config, revoked),
     .help_vi = "Danh sách mã tờ khai và khóa đã bị hủy",
     .help_en = "list of codes that were taken back and of keys believed no longer"},
    {.name = "skew",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "5 min",
     .min = 0,
     .max = DAY_MS,
     .offset = offsetof(struct config, skew_ms),
     .help_vi = "Sai lệch đồng hồ cho phép",
     .help_en = "tolerance of the clocks"},
    {.name = "life_max",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "72 h",
     .min = MINUTE_MS,
     .max = 366 * DAY_MS,
     .offset = offsetof(struct config, life_max_ms),
     .help_vi = "Thời hạn dài nhất của một tờ khai",
     .help_en = "longest time from issue to expiry"},
    {.name = NULL},
};

static void destroy(struct chl_instance *self)
{
    chl_trust_free(self->trust);
    chl_revoked_free(self->revoked);
    free(self);
}

static chl_err create(const struct chl_create *args, struct chl_instance **out, char *why,
                      size_t why_size)
{
    const struct config *config = args->config;
    struct chl_instance *self = calloc(1, sizeof *self);
    chl_err err = self == NULL ? CHL_E_NOMEM : chl_trust_new(&self->trust);
    if (err != CHL_OK) {
        (void)snprintf(why, why_size, "out of memory");
        free(self);
        return err;
    }
    self->rules = (struct chl_declaration_rules){.skew_ns = config->skew_ms * CHL_NS_PER_MS,
                                                 .life_max_s = config->life_max_ms / 1000};
    for (size_t i = 0; err == CHL_OK && i < config->trust.count; i++) {
        err = chl_trust_add_path(self->trust, config->trust.items[i], why, why_size);
    }
    if (err == CHL_OK && config->revoked != NULL) {
        err = chl_revoked_load(config->revoked, &self->revoked, why, why_size);
        self->rules.revoked = self->revoked;
    }
    if (err != CHL_OK) {
        destroy(self);
        return err;
    }
    *out = self;
    return CHL_OK;
}

static chl_err inspect(const struct chl_instance *self, struct chl_scratch *scratch,
                       const uint8_t *bytes, size_t length, int64_t now_ns,
                       struct chl_inspection *out)
{
    chl_declaration_inspect(self->trust, &self->rules, scratch, bytes, length, now_ns, out);
    return CHL_OK;
}

static const struct chl_ops ops = {
    .size = (uint32_t)sizeof(struct chl_ops),
    .create = create,
    .destroy = destroy,
    .inspect = inspect,
};

CHL_PLUGIN_DEFINE(.kind = CHL_KIND_CREDENTIAL, .config_size = (uint32_t)sizeof(struct config),
                  .name = "credential_declaration", .version = CHL_VERSION,
                  .summary_vi = "Tờ khai y tế có chữ ký số (LS1:)",
                  .summary_en = "Signed health declarations (LS1:)", .options = options,
                  .ops = &ops);
