/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The plugin credential_vietnam: identity cards (CCCD), health insurance cards (BHYT) and
 *  PC-Covid's personal codes.
 */
#include <chilang/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/credential_vietnam/vietnam.h"

enum { FORMATS_MAX = 3 };

struct config {
    struct chl_list formats;
};

struct chl_instance {
    vietnam_formats formats;
};

static const struct {
    const char *name;
    chl_format format;
} names[FORMATS_MAX] = {
    {"cccd", CHL_FORMAT_CCCD}, {"bhyt", CHL_FORMAT_BHYT}, {"pccovid", CHL_FORMAT_PCCOVID}};

static const struct chl_opt options[] = {
    {.name = "formats",
     .type = CHL_OPT_LIST,
     .max = FORMATS_MAX,
     .offset = offsetof(struct config, formats),
     .help_vi = "Loại mã được đọc: cccd, bhyt, pccovid; bỏ trống là cả ba",
     .help_en = "codes to read: cccd, bhyt, pccovid; none = all three"},
    {.name = NULL},
};

static vietnam_formats format_bit(const char *name)
{
    for (size_t i = 0; i < FORMATS_MAX; i++) {
        if (strcmp(names[i].name, name) == 0) {
            return (vietnam_formats)(1U << names[i].format);
        }
    }
    return 0;
}

static chl_err create(const struct chl_create *args, struct chl_instance **out, char *why,
                      size_t why_size)
{
    const struct config *config = args->config;
    vietnam_formats formats = 0;
    for (size_t i = 0; i < config->formats.count; i++) {
        vietnam_formats bit = format_bit(config->formats.items[i]);
        if (bit == 0) {
            (void)snprintf(why, why_size,
                           "formats: expected cccd, bhyt or pccovid, got '%.48s'; correct it or "
                           "take it out",
                           config->formats.items[i]);
            return CHL_E_CONFIG;
        }
        formats |= bit;
    }
    struct chl_instance *self = calloc(1, sizeof *self);
    if (self == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        return CHL_E_NOMEM;
    }
    self->formats = formats != 0 ? formats : VIETNAM_ALL;
    *out = self;
    return CHL_OK;
}

static void destroy(struct chl_instance *self)
{
    free(self);
}

/* The time decides nothing of a term: whose insurance has run out is still who they are. */
static chl_err inspect(const struct chl_instance *self, struct chl_scratch *scratch,
                       const uint8_t *bytes, size_t length, int64_t now_ns,
                       struct chl_inspection *out)
{
    (void)scratch;
    vietnam_inspect(self->formats, bytes, length, out);
    vietnam_drop_birth_ahead(&out->claims, now_ns);
    return CHL_OK;
}

static const struct chl_ops ops = {
    .size = (uint32_t)sizeof(struct chl_ops),
    .create = create,
    .destroy = destroy,
    .inspect = inspect,
};

CHL_PLUGIN_DEFINE(.kind = CHL_KIND_CREDENTIAL, .config_size = (uint32_t)sizeof(struct config),
                  .name = "credential_vietnam", .version = CHL_VERSION,
                  .summary_vi = "Mã CCCD, thẻ BHYT và PC-Covid (lời khai, không có chữ ký)",
                  .summary_en = "Codes of CCCD, BHYT and PC-Covid (claims, signed by no one)",
                  .options = options, .ops = &ops);
