/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Device profiles: a file read section by section, all of it or nothing, and asked.
 */
#include "lib/profile/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct profile_section profile_sections[] = {
    {"profile", profile_profile_table, "who made it and where its facts come from"},
    {"link", profile_link_table, "how it is reached, and how fast it may be asked"},
    {"release", profile_release_table, "how an entry is released"},
    {"passages", profile_passages_table, "where passages come from"},
    {"egress", profile_egress_table, "what keeps the way out free"},
    {"fail-safe", profile_fail_safe_table, "what it does by itself when the link is lost"},
    {"values", profile_values_table, "values of the registers entry-grant, exit-grant and mode"},
    {"registers", profile_register_table, "each role below, with where it is"},
    {"settings", profile_setting_table, "each setting that the controller keeps, under its name"},
    {"reboot", profile_reboot_table, "a register that restarts it"},
    {NULL, NULL, NULL}};

enum { SECTIONS_MAX = 16 };

struct chl_yaml_node profile_section_node(const struct profile_reading *r, const char *key)
{
    return chl_yaml_get(r->yaml, r->root, key);
}

struct chl_yaml_node profile_place(const struct profile_reading *r, const char *section,
                                   const char *key)
{
    struct chl_yaml_node in = profile_section_node(r, section);
    struct chl_yaml_node at = in.index != 0 ? chl_yaml_get(r->yaml, in, key) : in;
    return at.index != 0 ? at : in.index != 0 ? in : r->root;
}

bool profile_has(const struct profile_reading *r, const char *section, const char *key)
{
    struct chl_yaml_node in = profile_section_node(r, section);
    return in.index != 0 && chl_yaml_get(r->yaml, in, key).index != 0;
}

static chl_err read_keys(struct profile_reading *r)
{
    static const struct chl_opt none[] = {{.name = NULL}};
    static const char *const needed[] = {"profile", "link", "release", "passages", "registers"};
    const char *keys[SECTIONS_MAX] = {NULL};
    char unused = 0;
    for (size_t i = 0; profile_sections[i].key != NULL && i + 1 < SECTIONS_MAX; i++) {
        keys[i] = profile_sections[i].key;
    }
    chl_err result = chl_yaml_read(r->yaml, r->root, none, keys, &unused, r->error);
    for (size_t i = 0; result == CHL_OK && i < sizeof needed / sizeof *needed; i++) {
        if (profile_section_node(r, needed[i]).index == 0) {
            result = chl_yaml_refuse(r->yaml, r->root, r->error,
                                     "expected section '%s' in a device profile, got none; add it",
                                     needed[i]);
        }
    }
    return result;
}

/** Takes the document over, also on error. */
static chl_err finish(struct chl_yaml *document, struct chl_profile **out,
                      struct chl_yaml_error *error)
{
    static chl_err (*const steps[])(struct profile_reading *) = {read_keys,
                                                                 profile_read_basics,
                                                                 profile_read_registers,
                                                                 profile_read_commands,
                                                                 profile_read_fail_safe,
                                                                 profile_read_settings,
                                                                 profile_read_reboot,
                                                                 profile_check_places,
                                                                 profile_check_functions,
                                                                 profile_check_fail_safe,
                                                                 profile_check_commands};
    struct chl_profile *profile = calloc(1, sizeof *profile);
    if (profile == NULL) {
        chl_yaml_free(document);
        return CHL_E_NOMEM;
    }
    profile->document = document;
    struct profile_reading r = {
        .profile = profile, .yaml = document, .root = chl_yaml_root(document), .error = error};
    chl_err result = CHL_OK;
    for (size_t i = 0; result == CHL_OK && i < sizeof steps / sizeof *steps; i++) {
        result = steps[i](&r);
    }
    if (result != CHL_OK) {
        chl_profile_free(profile);
        return result;
    }
    *out = profile;
    return CHL_OK;
}

chl_err chl_profile_load(const char *path, struct chl_profile **out, struct chl_yaml_error *error)
{
    struct chl_yaml *document = NULL;
    *out = NULL;
    chl_err rc = chl_yaml_load(path, &document, error);
    return rc == CHL_OK ? finish(document, out, error) : rc;
}

chl_err chl_profile_parse(const char *name, const char *text, size_t length,
                          struct chl_profile **out, struct chl_yaml_error *error)
{
    struct chl_yaml *document = NULL;
    *out = NULL;
    chl_err rc = chl_yaml_parse(name, text, length, &document, error);
    return rc == CHL_OK ? finish(document, out, error) : rc;
}

bool chl_setting_wanted(const struct chl_setting *setting, const struct chl_wants *wants,
                        int64_t *value)
{
    for (size_t i = 0; i < wants->wish_count; i++) {
        if (strcmp(wants->wishes[i].setting, setting->name) == 0) {
            *value = wants->wishes[i].value;
            return true;
        }
    }
    switch (setting->want) {
    case CHL_WANT_VALUE:
        *value = setting->wanted[0];
        return true;
    case CHL_WANT_PASS_TIME:
        *value = (wants->pass_time_ms + setting->tick_ms - 1) / setting->tick_ms;
        *value = *value < setting->reg.min ? setting->reg.min : *value;
        *value = *value > setting->reg.max ? setting->reg.max : *value;
        return wants->pass_time_ms > 0;
    case CHL_WANT_LINK_LOSS:
        *value = setting->wanted[wants->on_link_loss];
        return true;
    default:
        return false;
    }
}

const struct chl_setting *chl_profile_setting(const struct chl_profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->setting_count; i++) {
        if (strcmp(profile->settings[i].name, name) == 0) {
            return &profile->settings[i];
        }
    }
    return NULL;
}

bool chl_profile_does_alone(const struct chl_profile *profile, chl_link_loss what)
{
    return (profile->alone >> what & 1U) != 0;
}

void chl_profile_free(struct chl_profile *profile)
{
    if (profile != NULL) {
        free(profile->settings);
        chl_yaml_free(profile->document);
        free(profile);
    }
}

bool chl_profile_path(const char *data_dir, const char *name, char *out, size_t size)
{
    int length = strchr(name, '/') != NULL
                     ? snprintf(out, size, "%s", name)
                     : snprintf(out, size, "%s/firmware-config/%s.yaml", data_dir, name);
    return length > 0 && (size_t)length < size;
}
