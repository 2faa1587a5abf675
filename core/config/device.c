/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Section device of a gate: which controller releases it, by which output, and what it must
 *  be able to do alone.
 */
#include "core/config/internal.h"

#include <stdlib.h>
#include <string.h>

struct device_options {
    const char *plugin, *profile;
    int64_t unit, release, close;
};

static const struct chl_opt device_table[] = {
    {.name = "plugin",
     .type = CHL_OPT_STR,
     .required = true,
     .offset = offsetof(struct device_options, plugin),
     .help_vi = "Tên bus trong plugins",
     .help_en = "Name of its bus in plugins"},
    {.name = "unit",
     .type = CHL_OPT_INT,
     .required = true,
     .min = 1,
     .max = 247,
     .offset = offsetof(struct device_options, unit),
     .help_vi = "Địa chỉ trên bus",
     .help_en = "Address on the bus"},
    {.name = "profile",
     .type = CHL_OPT_STR,
     .required = true,
     .offset = offsetof(struct device_options, profile),
     .help_vi = "Hồ sơ thiết bị: tên trong firmware-config hoặc đường dẫn",
     .help_en = "Device profile: a name of firmware-config, or a path"},
    {.name = "release",
     .type = CHL_OPT_INT,
     .min = 0,
     .max = CHL_ROWS_MAX,
     .offset = offsetof(struct device_options, release),
     .help_vi = "Đầu ra mở cổng, như in trên bo mạch, tính từ 1",
     .help_en = "Output that releases an entry, as printed on the board, from 1"},
    {.name = "close",
     .type = CHL_OPT_INT,
     .min = 0,
     .max = CHL_ROWS_MAX,
     .offset = offsetof(struct device_options, close),
     .help_vi = "Đầu ra đóng cổng ngay",
     .help_en = "Output that closes at once"},
    {.name = NULL}};

/** A device can keep only the promises that its profile says it can keep alone. */
static chl_err check_promise(struct reading *r, struct chl_yaml_node entry,
                             const struct config_gate *gate, const struct chl_profile *own)
{
    char alone[32];
    if (chl_profile_does_alone(own, gate->on_link_loss)) {
        return CHL_OK;
    }
    struct chl_yaml_node at = chl_yaml_get(r->yaml, entry, "on_link_loss");
    const char *wanted = chl_link_loss_name(gate->on_link_loss);
    chl_profile_alone_text(own, alone);
    if (at.index == 0) {
        return chl_yaml_refuse_key(r->yaml, entry, r->error,
                                   "expected 'on_link_loss: %s' for gate '%s', got none, which "
                                   "means %s; '%s' does no more alone",
                                   alone, gate->id, wanted, own->id);
    }
    return chl_yaml_refuse(r->yaml, at, r->error,
                           "expected %s, got %s, which '%s' cannot do alone: %s; write one of what "
                           "it can",
                           alone, wanted, own->id,
                           own->watchdog ? "its watchdog does not go that far"
                                         : "it has no watchdog and stays as it stands");
}

/** A mechanism that still waits for a person whom the lane has given up lets in somebody unknown.
 */
static chl_err check_pass_time(struct reading *r, struct chl_yaml_node entry,
                               const struct config_gate *gate, const struct chl_profile *own)
{
    const int64_t waits_ms = own->waits_ms > own->pulse_ms ? own->waits_ms : own->pulse_ms;
    struct chl_yaml_node at = chl_yaml_get(r->yaml, entry, "pass_time");
    if (gate->pass_time_ms >= waits_ms) {
        return CHL_OK;
    }
    if (at.index == 0) {
        return chl_yaml_refuse_key(r->yaml, entry, r->error,
                                   "expected 'pass_time: %lld ms' or more for gate '%s', got none, "
                                   "which means %lld ms; '%s' waits so long by itself",
                                   (long long)waits_ms, gate->id, (long long)gate->pass_time_ms,
                                   own->id);
    }
    return chl_yaml_refuse(r->yaml, at, r->error,
                           "expected 'pass_time: %lld ms' or more for gate '%s', got %lld ms; '%s' "
                           "waits so long by itself",
                           (long long)waits_ms, gate->id, (long long)gate->pass_time_ms, own->id);
}

/** Output `stated` (from 1) or, when 0, the profile's; −1 when there is none. */
static chl_err take_row(struct reading *r, struct chl_yaml_node node, int64_t stated, int dflt,
                        const struct chl_profile *own, const char *key, int16_t *out)
{
    const unsigned rows = own->registers[own->release_role].rows;
    struct chl_yaml_node at = chl_yaml_get(r->yaml, node, key);
    *out = (int16_t)(at.index != 0 ? stated - 1 : dflt);
    if (at.index != 0 && (stated < 1 || stated > rows)) {
        return chl_yaml_refuse(r->yaml, at, r->error,
                               "expected 1 to %u for '%s', got %lld; '%s' has no more outputs",
                               rows, key, (long long)stated, own->id);
    }
    return CHL_OK;
}

static chl_err read_rows(struct reading *r, struct chl_yaml_node node,
                         const struct device_options *o, struct config_gate *gate,
                         const struct chl_profile *own)
{
    static const char *const keys[] = {"release", "close"};
    const unsigned rows = own->registers[own->release_role].rows;
    if (own->release == CHL_RELEASE_GRANT) {
        for (size_t i = 0; i < 2; i++) {
            struct chl_yaml_node at = chl_yaml_get(r->yaml, node, keys[i]);
            if (at.index != 0) {
                return chl_yaml_refuse_key(r->yaml, at, r->error,
                                           "expected no '%s' for '%s', got one; it takes counted "
                                           "grants and has one entry",
                                           keys[i], own->id);
            }
        }
        return config_use_row(r, chl_yaml_get(r->yaml, node, "unit"), gate, CONFIG_USE_GRANT,
                              gate->unit, 0, "release");
    }
    const bool stated = chl_yaml_get(r->yaml, node, "release").index != 0;
    const int dflt = own->release_row >= 0 ? own->release_row : rows == 1 ? 0 : -1;
    chl_err result = take_row(r, node, o->release, dflt, own, "release", &gate->release_row);
    if (result == CHL_OK) {
        result = take_row(r, node, o->close, stated ? -1 : own->close_row, own, "close",
                          &gate->close_row);
    }
    if (result == CHL_OK && gate->release_row < 0) {
        result =
            chl_yaml_refuse_key(r->yaml, node, r->error,
                                "expected 'release: 1' to %u for gate '%s', got none; say which "
                                "output of '%s' opens it",
                                rows, gate->id, own->id);
    }
    if (result == CHL_OK) {
        struct chl_yaml_node at = chl_yaml_get(r->yaml, node, stated ? "release" : "unit");
        result = config_use_row(r, at, gate, CONFIG_USE_OUTPUT, gate->unit, gate->release_row,
                                "release");
    }
    if (result == CHL_OK) {
        struct chl_yaml_node at = chl_yaml_get(r->yaml, node, "close");
        result = config_use_row(r, at.index != 0 ? at : chl_yaml_get(r->yaml, node, "unit"), gate,
                                CONFIG_USE_OUTPUT, gate->unit, gate->close_row, "close");
    }
    return result;
}

static chl_err find_bus(struct reading *r, struct chl_yaml_node node, const char *name,
                        struct config_gate *gate)
{
    struct chl_yaml_node plugin = chl_yaml_get(r->yaml, node, "plugin");
    chl_err result =
        config_resolve(r, plugin, name, config_instance_name, "a plugin", &gate->instance);
    if (result == CHL_OK && !config_is_kind(&r->config->instances[gate->instance], "gate_")) {
        result = chl_yaml_refuse(r->yaml, plugin, r->error,
                                 "expected a gate plugin, got '%s', which uses %s; name the bus of "
                                 "this device",
                                 name, r->config->instances[gate->instance].use);
    }
    return result;
}

chl_err config_read_device(struct reading *r, struct chl_yaml_node entry, struct config_gate *gate)
{
    struct device_options o = {.plugin = NULL};
    const struct chl_profile *own = NULL;
    struct chl_yaml_node node = chl_yaml_get(r->yaml, entry, "device");
    if (node.index == 0) {
        return chl_yaml_refuse_key(r->yaml, entry, r->error,
                                   "expected 'device: { plugin, unit, profile }' or 'gate: hand' "
                                   "for gate '%s', got neither; add one",
                                   gate->id);
    }
    chl_err result = chl_yaml_read(r->yaml, node, device_table, config_part_keys, &o, r->error);
    result = result != CHL_OK ? result : find_bus(r, node, o.plugin, gate);
    if (result == CHL_OK) {
        result = config_profile(r, chl_yaml_get(r->yaml, node, "profile"), o.profile,
                                &gate->profile, &own);
    }
    if (result != CHL_OK) {
        return result;
    }
    if (own->release == CHL_RELEASE_NONE) {
        return chl_yaml_refuse(r->yaml, chl_yaml_get(r->yaml, node, "profile"), r->error,
                               "expected a profile that releases entries, got '%s', which only "
                               "counts or shows; name it under 'count' or 'lamps'",
                               own->id);
    }
    gate->unit = (uint16_t)o.unit;
    result = config_use_unit(r, chl_yaml_get(r->yaml, node, "unit"), gate, gate->unit,
                             gate->profile, own);
    result = result != CHL_OK ? result : read_rows(r, node, &o, gate, own);
    result = result != CHL_OK ? result : check_promise(r, entry, gate, own);
    result = result != CHL_OK ? result : check_pass_time(r, entry, gate, own);
    result = result != CHL_OK ? result : config_read_parts(r, node, gate, own);
    return result != CHL_OK ? result : config_read_wishes(r, node, gate, own);
}
