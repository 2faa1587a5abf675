/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Section zones: where people are counted, within what, and up to how many.
 */
#include "core/config/internal.h"

#include <stdlib.h>
#include <string.h>

struct zone_options {
    const char *name, *parent, *activity;
};

struct limit_options {
    const char *warn;
    int64_t soft, hard;
};

#define PEOPLE_MAX INT64_C(1000000)

static const struct chl_opt zone_table[] = {{.name = "name",
                                             .type = CHL_OPT_STR,
                                             .max = 128,
                                             .offset = offsetof(struct zone_options, name),
                                             .help_vi = "Tên đầy đủ",
                                             .help_en = "Full name"},
                                            {.name = "parent",
                                             .type = CHL_OPT_STR,
                                             .offset = offsetof(struct zone_options, parent),
                                             .help_vi = "Khu bao quanh; mặc định là bên ngoài",
                                             .help_en = "Zone around it; outside when not stated"},
                                            {.name = "activity",
                                             .type = CHL_OPT_STR,
                                             .max = 48,
                                             .offset = offsetof(struct zone_options, activity),
                                             .help_vi = "Hoạt động diễn ra ở đây",
                                             .help_en = "What goes on there"},
                                            {.name = NULL}};

static const struct chl_opt limit_table[] = {
    {.name = "warn",
     .type = CHL_OPT_STR,
     .offset = offsetof(struct limit_options, warn),
     .help_vi = "Báo trước: số người hoặc phần trăm của hard",
     .help_en = "Early notice: people, or a percentage of hard"},
    {.name = "soft",
     .type = CHL_OPT_INT,
     .min = 0,
     .max = PEOPLE_MAX,
     .offset = offsetof(struct limit_options, soft),
     .help_vi = "Mốc hiển thị cho người trực; chỉ hard là bắt buộc",
     .help_en = "A mark shown to staff; only hard binds"},
    {.name = "hard",
     .type = CHL_OPT_INT,
     .required = true,
     .min = 1,
     .max = PEOPLE_MAX,
     .offset = offsetof(struct limit_options, hard),
     .help_vi = "Số người tối đa",
     .help_en = "Most people inside"},
    {.name = NULL}};

/** `N` people or `P%` of the hard limit. @return −1 when it is neither. */
static int64_t read_warn(const char *text, int64_t hard)
{
    size_t digits = strspn(text, "0123456789");
    bool percent = strcmp(text + digits, "%") == 0;
    if (digits == 0 || digits > 7 || (!percent && text[digits] != '\0')) {
        return -1;
    }
    int64_t value = strtoll(text, NULL, 10);
    if (!percent) {
        return value;
    }
    int64_t people = hard * value / 100;
    return value < 1 || value > 100 ? -1 : people < 1 ? 1 : people;
}

static chl_err read_limit(struct reading *r, struct chl_yaml_node zone, struct config_zone *out)
{
    struct limit_options limit = {.warn = NULL};
    struct chl_yaml_node node = chl_yaml_get(r->yaml, zone, "limit");
    if (node.index == 0) {
        return CHL_OK;
    }
    chl_err result = chl_yaml_read(r->yaml, node, limit_table, NULL, &limit, r->error);
    if (result != CHL_OK) {
        return result;
    }
    struct chl_yaml_node warn_node = chl_yaml_get(r->yaml, node, "warn");
    int64_t warn = limit.warn == NULL ? 0 : read_warn(limit.warn, limit.hard);
    if (limit.warn != NULL && warn < 1) {
        return chl_yaml_refuse(r->yaml, warn_node, r->error,
                               "expected people or a percentage of hard for 'warn', got '%.40s'; "
                               "write 400 or 80%%",
                               limit.warn);
    }
    if (limit.soft > limit.hard) {
        return chl_yaml_refuse(
            r->yaml, chl_yaml_get(r->yaml, node, "soft"), r->error,
            "expected at most hard (%lld) for 'soft', got %lld; order them warn, "
            "soft, hard",
            (long long)limit.hard, (long long)limit.soft);
    }
    int64_t above = limit.soft > 0 ? limit.soft : limit.hard;
    if (warn > above) {
        return chl_yaml_refuse(r->yaml, warn_node, r->error,
                               "expected at most %s (%lld) for 'warn', got %lld people; order them "
                               "warn, soft, hard",
                               limit.soft > 0 ? "soft" : "hard", (long long)above, (long long)warn);
    }
    out->warn = warn;
    out->soft = limit.soft;
    out->hard = limit.hard;
    return CHL_OK;
}

static chl_err read_zone(struct reading *r, struct chl_yaml_node entry, struct config_zone *zone,
                         const char **parent)
{
    static const char *const also[] = {"limit", NULL};
    struct zone_options options = {.name = NULL};
    chl_err result = config_check_id(r, entry, zone->id, "zone");
    if (result == CHL_OK && strcmp(zone->id, "outside") == 0) {
        result =
            chl_yaml_refuse_key(r->yaml, entry, r->error,
                                "expected another name than 'outside' for a zone, got it; that "
                                "is the world around the site");
    }
    if (result == CHL_OK) {
        result = chl_yaml_read(r->yaml, entry, zone_table, also, &options, r->error);
    }
    if (result != CHL_OK) {
        return result;
    }
    zone->name = options.name == NULL || options.name[0] == '\0' ? zone->id : options.name;
    zone->activity = options.activity;
    *parent = options.parent;
    return read_limit(r, entry, zone);
}

static chl_err resolve_parent(struct reading *r, struct chl_yaml_node entry,
                              struct config_zone *zone, const char *parent)
{
    zone->parent = CONFIG_OUTSIDE;
    if (parent == NULL || strcmp(parent, "outside") == 0) {
        return CHL_OK;
    }
    return config_resolve(r, chl_yaml_get(r->yaml, entry, "parent"), parent, config_zone_name,
                          "a zone", &zone->parent);
}

/** No zone lies within itself, nor deeper than counting goes. */
static chl_err check_nesting(struct reading *r, struct chl_yaml_node section)
{
    for (size_t i = 0; i < r->config->zone_count; i++) {
        int depth = 1;
        for (int at = r->config->zones[i].parent; at != CONFIG_OUTSIDE;
             at = r->config->zones[at].parent) {
            struct chl_yaml_node entry = chl_yaml_item(r->yaml, section, i, NULL);
            struct chl_yaml_node node = chl_yaml_get(r->yaml, entry, "parent");
            if (at == (int)i) {
                return chl_yaml_refuse(r->yaml, node, r->error,
                                       "expected a zone around '%s', got one that lies within it; "
                                       "break the circle",
                                       r->config->zones[i].id);
            }
            if (++depth > CONFIG_DEPTH_MAX) {
                return chl_yaml_refuse(r->yaml, node, r->error,
                                       "expected at most %d zones within each other, got more; "
                                       "flatten them",
                                       CONFIG_DEPTH_MAX);
            }
        }
    }
    return CHL_OK;
}

chl_err config_read_zones(struct reading *r)
{
    struct chl_yaml_node section;
    const char *parents[CONFIG_ZONES_MAX] = {NULL};
    chl_err result = config_section(r, "zones", CONFIG_ZONES_MAX, &section);
    if (result != CHL_OK) {
        return result;
    }
    size_t count = chl_yaml_count(r->yaml, section);
    r->config->zones = calloc(count, sizeof *r->config->zones);
    if (r->config->zones == NULL) {
        return config_no_memory(r);
    }
    r->config->zone_count = count;
    for (size_t i = 0; i < count; i++) {
        (void)chl_yaml_item(r->yaml, section, i, &r->config->zones[i].id);
    }
    for (size_t i = 0; result == CHL_OK && i < count; i++) {
        result = read_zone(r, chl_yaml_item(r->yaml, section, i, NULL), &r->config->zones[i],
                           &parents[i]);
    }
    for (size_t i = 0; result == CHL_OK && i < count; i++) {
        result = resolve_parent(r, chl_yaml_item(r->yaml, section, i, NULL), &r->config->zones[i],
                                parents[i]);
    }
    return result == CHL_OK ? check_nesting(r, section) : result;
}
