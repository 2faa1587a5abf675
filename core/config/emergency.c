/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Section emergency: whom an emergency that is pressed at a device opens.
 */
#include "core/config/internal.h"

struct emergency_options {
    int device;
};

static const char *const reaches[] = {"site", "gate", NULL};

static const struct chl_opt emergency_table[] = {
    {.name = "device",
     .type = CHL_OPT_ENUM,
     .dflt = "site",
     .choices = reaches,
     .offset = offsetof(struct emergency_options, device),
     .help_vi = "Bấm khẩn cấp tại thiết bị: mở cả điểm (site) hay chỉ cổng đó (gate)",
     .help_en = "An emergency pressed at a device opens the whole site, or that gate only"},
    {.name = NULL}};

chl_err config_read_emergency(struct reading *r)
{
    struct emergency_options options = {.device = 0};
    struct chl_yaml_node node = chl_yaml_get(r->yaml, chl_yaml_root(r->yaml), "emergency");
    chl_err result = chl_yaml_read(r->yaml, node, emergency_table, NULL, &options, r->error);
    r->config->device_emergency_is_local = options.device == 1;
    return result;
}
