/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The sections of a profile that are not registers: who made it, its link, its values.
 */
#include "lib/profile/internal.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct section_options {
    const char *id, *name, *vendor, *source, *serial;
    struct chl_list functions;
    int64_t gap_ms, response_ms, released_poll_ms;
    int watchdog;
};

#define AT(field) offsetof(struct section_options, field)

static const char *const watchdogs[] = {"none", "communication", NULL};
static const char *const directions[] = {"entry", "exit", NULL};

static const struct chl_opt profile_table[] = {
    {.name = "id", .type = CHL_OPT_STR, .required = true, .max = 64, .offset = AT(id)},
    {.name = "name", .type = CHL_OPT_STR, .required = true, .max = 128, .offset = AT(name)},
    {.name = "vendor", .type = CHL_OPT_STR, .required = true, .max = 128, .offset = AT(vendor)},
    {.name = "source", .type = CHL_OPT_STR, .required = true, .max = 256, .offset = AT(source)},
    {.name = NULL},
};

static const struct chl_opt link_table[] = {
    {.name = "functions",
     .type = CHL_OPT_LIST,
     .required = true,
     .max = 16,
     .offset = AT(functions)},
    {.name = "serial", .type = CHL_OPT_STR, .max = 64, .offset = AT(serial)},
    {.name = "gap",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "0 ms",
     .max = 10000,
     .offset = AT(gap_ms)},
    {.name = "response",
     .type = CHL_OPT_DURATION_MS,
     .required = true,
     .min = 10,
     .max = 60000,
     .offset = AT(response_ms)},
    {.name = "released-poll",
     .type = CHL_OPT_DURATION_MS,
     .required = true,
     .min = 5,
     .max = 60000,
     .offset = AT(released_poll_ms)},
    {.name = "watchdog",
     .type = CHL_OPT_ENUM,
     .required = true,
     .choices = watchdogs,
     .offset = AT(watchdog)},
    {.name = NULL},
};

static const char *const link_numbers[] = {"units-max", "read-block-start", "read-block-count",
                                           NULL};
static const char *const value_names[] = {
    "grant-cancel", "grant-max",      "grant-free", "mode-normal",
    "mode-blocked", "mode-emergency", NULL};

chl_err profile_number(const struct chl_yaml *yaml, struct chl_yaml_node mapping, const char *key,
                       int64_t dflt, int64_t max, int64_t *out, struct chl_yaml_error *error)
{
    struct chl_yaml_node node = chl_yaml_get(yaml, mapping, key);
    if (node.index == 0) {
        if (dflt < 0) {
            return chl_yaml_refuse(yaml, mapping, error,
                                   "expected key '%s' (a whole number), got none", key);
        }
        *out = dflt;
        return CHL_OK;
    }
    const char *text = chl_yaml_text(yaml, node);
    char *end = NULL;
    bool hex = text != NULL && text[0] == '0' && text[1] == 'x';
    errno = 0;
    long long value = text != NULL ? strtoll(text, &end, hex ? 16 : 10) : 0;
    if (text == NULL || text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < 0 ||
        value > max) {
        return chl_yaml_refuse(yaml, node, error,
                               "%s: expected a whole number from 0 to %lld, decimal or 0x…, got %s",
                               key, (long long)max, text != NULL ? text : "no scalar");
    }
    *out = value;
    return CHL_OK;
}

static chl_err read_functions(const struct chl_yaml *yaml, struct chl_yaml_node link,
                              const struct chl_list *list, uint32_t *out,
                              struct chl_yaml_error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        char *end = NULL;
        unsigned long code = strtoul(list->items[i], &end, 10);
        if (end == list->items[i] || *end != '\0' || code == 0 || code > 31) {
            return chl_yaml_refuse(yaml, chl_yaml_get(yaml, link, "functions"), error,
                                   "functions: expected Modbus function codes from 1 to 31, got %s",
                                   list->items[i]);
        }
        *out |= 1U << code;
    }
    return CHL_OK;
}

static chl_err read_link(struct chl_profile *profile, struct section_options *options,
                         struct chl_yaml_node root, struct chl_yaml_error *error)
{
    struct chl_yaml *yaml = profile->document;
    struct chl_yaml_node link = chl_yaml_get(yaml, root, "link");
    struct chl_yaml_node at = link.index != 0 ? link : root;
    int64_t units = 0;
    int64_t start = 0;
    int64_t count = 0;
    chl_err rc = chl_yaml_read(yaml, link, link_table, link_numbers, options, error);
    rc = rc != CHL_OK ? rc : profile_number(yaml, at, "units-max", -1, 247, &units, error);
    rc = rc != CHL_OK ? rc : profile_number(yaml, at, "read-block-start", -1, 65535, &start, error);
    rc = rc != CHL_OK ? rc : profile_number(yaml, at, "read-block-count", -1, 125, &count, error);
    rc = rc != CHL_OK ? rc
                      : read_functions(yaml, link, &options->functions, &profile->functions, error);
    if (rc != CHL_OK) {
        return rc;
    }
    if (units == 0 || count == 0 || start + count > 65536) {
        return chl_yaml_refuse(yaml, link, error,
                               "expected units-max and read-block-count above 0 and a block that "
                               "ends by 0xFFFF, got %lld, %lld from %lld",
                               (long long)units, (long long)count, (long long)start);
    }
    profile->units_max = (uint16_t)units;
    profile->read_block_start = (uint16_t)start;
    profile->read_block_count = (uint16_t)count;
    profile->gap_ms = options->gap_ms;
    profile->response_ms = options->response_ms;
    profile->released_poll_ms = options->released_poll_ms;
    profile->watchdog = options->watchdog == 1;
    profile->serial = options->serial;
    return CHL_OK;
}

static chl_err read_values(struct chl_profile *profile, struct chl_yaml_node root,
                           struct chl_yaml_error *error)
{
    uint16_t *const fields[] = {&profile->grant_cancel, &profile->grant_max,
                                &profile->grant_free,   &profile->mode_normal,
                                &profile->mode_blocked, &profile->mode_emergency};
    struct chl_yaml *yaml = profile->document;
    struct chl_yaml_node values = chl_yaml_get(yaml, root, "values");
    static const struct chl_opt none[] = {{.name = NULL}};
    char unused = 0;
    chl_err rc = chl_yaml_read(yaml, values, none, value_names, &unused, error);
    for (size_t i = 0; rc == CHL_OK && value_names[i] != NULL; i++) {
        int64_t value = 0;
        struct chl_yaml_node at = values.index != 0 ? values : root;
        rc = profile_number(yaml, at, value_names[i], -1, 65535, &value, error);
        *fields[i] = (uint16_t)value;
    }
    return rc;
}

chl_err profile_read_sections(struct chl_profile *profile, struct chl_yaml_error *error)
{
    struct section_options options;
    struct chl_yaml *yaml = profile->document;
    struct chl_yaml_node root = chl_yaml_root(yaml);
    memset(&options, 0, sizeof options);
    struct {
        int direction;
    } top = {0};
    static const struct chl_opt top_table[] = {
        {.name = "exit-direction", .type = CHL_OPT_ENUM, .required = true, .choices = directions},
        {.name = NULL},
    };
    static const char *const sections[] = {"profile", "link", "values", "registers", NULL};
    chl_err rc = chl_yaml_read(yaml, root, top_table, sections, &top, error);
    if (rc == CHL_OK) {
        rc = chl_yaml_read(yaml, chl_yaml_get(yaml, root, "profile"), profile_table, NULL, &options,
                           error);
    }
    if (rc == CHL_OK) {
        rc = read_link(profile, &options, root, error);
    }
    if (rc == CHL_OK) {
        rc = read_values(profile, root, error);
    }
    profile->id = options.id;
    profile->name = options.name;
    profile->vendor = options.vendor;
    profile->source = options.source;
    profile->exit_direction = directions[top.direction];
    return rc;
}
