/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Sections and names: what must be there, what a name may look like, what it refers to.
 */
#include "core/config/internal.h"

#include <stdio.h>
#include <string.h>

enum { ID_MAX = 48 };

chl_err config_no_memory(struct reading *r)
{
    (void)chl_yaml_refuse(r->yaml, (struct chl_yaml_node){0}, r->error,
                          "out of memory while reading");
    return CHL_E_NOMEM;
}

chl_err config_section(struct reading *r, const char *key, size_t max, struct chl_yaml_node *out)
{
    struct chl_yaml_node root = chl_yaml_root(r->yaml);
    struct chl_yaml_node node = chl_yaml_get(r->yaml, root, key);
    if (node.index == 0) {
        return chl_yaml_refuse(r->yaml, root, r->error,
                               "expected the section '%s', got none; add it", key);
    }
    size_t count = chl_yaml_count(r->yaml, node);
    if (chl_yaml_kind_of(r->yaml, node) != CHL_YAML_MAPPING || (max > 0 && count == 0)) {
        const char *got = count == 0 && chl_yaml_kind_of(r->yaml, node) == CHL_YAML_MAPPING
                              ? "an empty one"
                              : chl_yaml_kind_name(r->yaml, node);
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected names and their settings in '%s', got %s; fill it in", key,
                               got);
    }
    if (max > 0 && count > max) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected at most %zu entries in '%s', got %zu; split the site", max,
                               key, count);
    }
    *out = node;
    return CHL_OK;
}

static bool is_id_character(char c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || (!first && (c == '-' || c == '_'));
}

chl_err config_check_id(struct reading *r, struct chl_yaml_node entry, const char *id,
                        const char *what)
{
    size_t length = strlen(id);
    bool good = length > 0 && length <= ID_MAX;
    for (size_t i = 0; good && i < length; i++) {
        good = is_id_character(id[i], i == 0);
    }
    if (!good) {
        return chl_yaml_refuse_key(r->yaml, entry, r->error,
                                   "expected 1 to %d of the characters A-Z a-z 0-9 - _ as the name "
                                   "of a %s, got '%.48s'; a full name goes under 'name'",
                                   ID_MAX, what, id);
    }
    return CHL_OK;
}

const char *config_zone_name(const struct config *config, size_t i)
{
    return i < config->zone_count ? config->zones[i].id : NULL;
}

const char *config_instance_name(const struct config *config, size_t i)
{
    return i < config->instance_count ? config->instances[i].name : NULL;
}

/** The names one could have meant, for a message. */
static void list_names(const struct config *config, config_name names, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; names(config, i) != NULL && used < size; i++) {
        int written =
            snprintf(out + used, size - used, "%s%s", i == 0 ? "" : ", ", names(config, i));
        used += written < 0 ? size : (size_t)written;
    }
}

chl_err config_resolve(struct reading *r, struct chl_yaml_node node, const char *name,
                       config_name names, const char *what, int *out)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; names(r->config, i) != NULL; i++) {
        const char *known = names(r->config, i);
        if (strcmp(known, name) == 0) {
            *out = (int)i;
            return CHL_OK;
        }
        nearest = chl_yaml_nearer(name, known, &best) ? known : nearest;
    }
    if (nearest != NULL) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected %s of this file, got '%.48s'; did you mean '%s'?", what,
                               name, nearest);
    }
    char list[200];
    list_names(r->config, names, list, sizeof list);
    return chl_yaml_refuse(r->yaml, node, r->error,
                           "expected %s of this file, got '%.48s'; known: %s", what, name,
                           list[0] == '\0' ? "none" : list);
}
