/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a site wants of a controller's settings otherwise than its profile.
 */
#include "core/config/internal.h"

#include <stdlib.h>
#include <string.h>

static chl_err unknown_setting(struct reading *r, struct chl_yaml_node node, const char *name,
                               const struct chl_profile *own)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < own->setting_count; i++) {
        nearest =
            chl_yaml_nearer(name, own->settings[i].name, &best) ? own->settings[i].name : nearest;
    }
    return chl_yaml_refuse_key(
        r->yaml, node, r->error, "expected a setting of '%s', got '%.40s'; %s%s%s", own->id, name,
        nearest != NULL ? "did you mean '" : "chilang firmware show lists them",
        nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
}

/** A pulse of another length, or an input that drives an output, is another device. */
static chl_err check_fixed(struct reading *r, struct chl_yaml_node node,
                           const struct chl_profile *own, const struct chl_setting *s,
                           int64_t value)
{
    if (!s->fixed || value == s->wanted[0]) {
        return CHL_OK;
    }
    return chl_yaml_refuse(r->yaml, node, r->error,
                           "expected %lld for '%s', which is fixed in profile '%s', got %lld; the "
                           "driver relies on it: take it out, or write a profile of your own",
                           (long long)s->wanted[0], s->name, own->id, (long long)value);
}

/** The fail-safe is chosen by `on_link_loss`; a wish may only lengthen or shorten its time. */
static chl_err check_fail_safe(struct reading *r, struct chl_yaml_node node,
                               const struct config_gate *gate, const struct chl_profile *own,
                               const struct chl_setting *s, int64_t value)
{
    const bool is_timeout =
        own->timeout_setting != NULL && strcmp(own->timeout_setting, s->name) == 0;
    if (s->want != CHL_WANT_LINK_LOSS || is_timeout || value == s->wanted[gate->on_link_loss]) {
        return CHL_OK;
    }
    return chl_yaml_refuse(r->yaml, node, r->error,
                           "expected %lld for '%s', as 'on_link_loss: %s' needs, got %lld; change "
                           "on_link_loss instead",
                           (long long)s->wanted[gate->on_link_loss], s->name,
                           chl_link_loss_name(gate->on_link_loss), (long long)value);
}

static chl_err read_wish(struct reading *r, struct chl_yaml_node section, const char *name,
                         struct config_gate *gate, const struct chl_profile *own)
{
    struct {
        int64_t value;
    } o = {0};
    const struct chl_setting *s = chl_profile_setting(own, name);
    struct chl_yaml_node node = chl_yaml_get(r->yaml, section, name);
    if (s == NULL) {
        return unknown_setting(r, node, name, own);
    }
    if (!s->reg.writable) {
        return chl_yaml_refuse_key(r->yaml, node, r->error,
                                   "expected a setting that can be written, got '%s'; take it out",
                                   name);
    }
    /* The range is the profile's; a one-row table makes the refusal read like all others. */
    const struct chl_opt table[] = {
        {.name = s->name, .type = CHL_OPT_INT, .min = s->reg.min, .max = s->reg.max},
        {.name = NULL}};
    const char *others[CHL_SETTINGS_MAX + 1] = {NULL};
    size_t other_count = 0;
    for (size_t i = 0; i < chl_yaml_count(r->yaml, section); i++) {
        const char *key = NULL;
        (void)chl_yaml_item(r->yaml, section, i, &key);
        others[other_count++] = key;
    }
    chl_err result = chl_yaml_read(r->yaml, section, table, others, &o, r->error);
    result = result != CHL_OK ? result : check_fixed(r, node, own, s, o.value);
    result = result != CHL_OK ? result : check_fail_safe(r, node, gate, own, s, o.value);
    if (result == CHL_OK) {
        gate->wish_list[gate->wish_count++] =
            (struct chl_gate_wish){.setting = name, .value = o.value};
    }
    return result;
}

chl_err config_read_wishes(struct reading *r, struct chl_yaml_node device, struct config_gate *gate,
                           const struct chl_profile *own)
{
    struct chl_yaml_node section = chl_yaml_get(r->yaml, device, "settings");
    const size_t count = chl_yaml_count(r->yaml, section);
    if (section.index == 0) {
        return CHL_OK;
    }
    if (chl_yaml_kind_of(r->yaml, section) != CHL_YAML_MAPPING || count > CHL_SETTINGS_MAX) {
        return chl_yaml_refuse(r->yaml, section, r->error,
                               "expected at most %d 'setting: value' in 'settings', got %s of %zu",
                               CHL_SETTINGS_MAX, chl_yaml_kind_name(r->yaml, section), count);
    }
    gate->wish_list = calloc(count + 1, sizeof *gate->wish_list);
    if (gate->wish_list == NULL) {
        return config_no_memory(r);
    }
    gate->wishes = gate->wish_list;
    chl_err result = CHL_OK;
    for (size_t i = 0; result == CHL_OK && i < count; i++) {
        const char *name = NULL;
        (void)chl_yaml_item(r->yaml, section, i, &name);
        result = read_wish(r, section, name, gate, own);
    }
    return result;
}
