/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Section registers: which role is where, and what kind of a place each role needs.
 */
#include "lib/profile/internal.h"

#include <stddef.h>
#include <string.h>

enum {
    HOLDING = 1U << CHL_AREA_HOLDING,
    INPUT = 1U << CHL_AREA_INPUT,
    COIL = 1U << CHL_AREA_COIL,
    DISCRETE = 1U << CHL_AREA_DISCRETE,
    WORDS = HOLDING | INPUT,
    ONE = 1U << 1,
    TWO = 1U << 2,
    THREE = 1U << 3
};

const char *const profile_area_names[] = {"holding", "input", "coil", "discrete", NULL};
const char *const profile_access_names[] = {"read", "read-write", "write", NULL};
const char *const profile_order_names[] = {"low-first", "high-first", NULL};

struct wrapped {
    struct register_options reg;
};

const struct chl_opt profile_register_table[] = {PROFILE_REGISTER_OPTIONS(struct wrapped, true),
                                                 {.name = NULL}};

static const char *const role_names[CHL_REG_ROLE_COUNT] = {
#define ROLE(id, name, text) [id] = name,
    CHL_REGISTERS(ROLE)
#undef ROLE
};

/** What the driver can do with each role; `writes`: it is a command. */
static const struct role_rule {
    unsigned areas, words;
    bool rows, writes;
} rules[CHL_REG_ROLE_COUNT] = {
    [CHL_REG_ENTRY_GRANT] = {HOLDING, ONE, false, true},
    [CHL_REG_EXIT_GRANT] = {HOLDING, ONE, false, true},
    [CHL_REG_ENTRY_OBJECT] = {WORDS, ONE, false, false},
    [CHL_REG_EXIT_OBJECT] = {WORDS, ONE, false, false},
    [CHL_REG_ENTRY_COUNT] = {WORDS, ONE | TWO, false, false},
    [CHL_REG_EXIT_COUNT] = {WORDS, ONE | TWO, false, false},
    [CHL_REG_ERROR] = {WORDS, ONE, false, false},
    [CHL_REG_MODE] = {HOLDING, ONE, false, true},
    [CHL_REG_ACCUMULATE] = {HOLDING, ONE, false, true},
    [CHL_REG_START_TIME] = {HOLDING, ONE, false, true},
    [CHL_REG_FINISH_TIME] = {HOLDING, ONE, false, true},
    [CHL_REG_OUTPUT] = {COIL, ONE, true, true},
    [CHL_REG_FLASH] = {COIL, ONE, true, true},
    [CHL_REG_PULSE_START] = {COIL, ONE, true, true},
    [CHL_REG_INPUT] = {DISCRETE | COIL, ONE, true, false},
    [CHL_REG_COUNTER] = {WORDS, ONE | TWO, true, false},
    [CHL_REG_OVERFLOW] = {DISCRETE | COIL, ONE, true, false},
    [CHL_REG_LAMP] = {HOLDING, THREE, true, true},
    [CHL_REG_UPTIME] = {WORDS, ONE | TWO, false, false},
};

const char *chl_register_role_name(chl_register_role role)
{
    return (unsigned)role < CHL_REG_ROLE_COUNT ? role_names[role] : "unknown";
}

const char *chl_area_name(chl_area area)
{
    return (unsigned)area <= CHL_AREA_DISCRETE ? profile_area_names[area] : "unknown";
}

static chl_err check_kind(const struct profile_reading *r, struct chl_yaml_node node,
                          const struct register_options *o, const struct register_rule *rule)
{
    const bool bits = o->area == CHL_AREA_COIL || o->area == CHL_AREA_DISCRETE;
    if ((rule->areas & 1U << o->area) == 0) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected another area for '%s', got %s; it cannot be kept there",
                               rule->what, profile_area_names[o->area]);
    }
    if ((rule->words & 1U << o->words) == 0) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected %s for '%s', got %lld; say how many it has",
                               rule->words == THREE         ? "words: 3"
                               : bits || rule->words == ONE ? "words: 1"
                                                            : "words: 1 or 2",
                               rule->what, (long long)o->words);
    }
    if (o->words == 2 && chl_yaml_get(r->yaml, node, "word-order").index == 0) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected 'word-order' for the two words of '%s', got none; write "
                               "low-first or high-first as the device's document says",
                               rule->what);
    }
    if (o->rows > 1 && !rule->rows) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected one '%s', got %lld rows; take 'rows' out", rule->what,
                               (long long)o->rows);
    }
    const bool read_only_area = o->area == CHL_AREA_INPUT || o->area == CHL_AREA_DISCRETE;
    if (o->access != 0 && read_only_area) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected access: read for '%s' in area %s, got %s; Modbus has no "
                               "function that writes there",
                               rule->what, profile_area_names[o->area],
                               profile_access_names[o->access]);
    }
    return CHL_OK;
}

static chl_err check_numbers(const struct profile_reading *r, struct chl_yaml_node node,
                             const struct register_options *o, const struct register_rule *rule,
                             int64_t widest)
{
    if (o->stride < o->words || o->address + (o->rows - 1) * o->stride + o->words > 65536) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected rows of '%s' that end by 0xFFFF and do not overlap, got "
                               "%lld from 0x%llX, one every %lld; check address, rows and stride",
                               rule->what, (long long)o->rows, (long long)o->address,
                               (long long)o->stride);
    }
    if (o->min > o->max || o->max > widest) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected min ≤ max ≤ %lld for '%s', got min %lld and max %lld",
                               (long long)widest, rule->what, (long long)o->min, (long long)o->max);
    }
    if (chl_yaml_get(r->yaml, node, "default").index != 0 &&
        (o->dflt < o->min || o->dflt > o->max)) {
        return chl_yaml_refuse(r->yaml, chl_yaml_get(r->yaml, node, "default"), r->error,
                               "expected %lld to %lld for the default of '%s', got %lld",
                               (long long)o->min, (long long)o->max, rule->what,
                               (long long)o->dflt);
    }
    return CHL_OK;
}

chl_err profile_make_register(const struct profile_reading *r, struct chl_yaml_node node,
                              const struct register_options *options,
                              const struct register_rule *rule, struct chl_register *out)
{
    struct register_options o = *options;
    const bool bits = o.area == CHL_AREA_COIL || o.area == CHL_AREA_DISCRETE;
    /* A write-only coil takes a length, not just on and off. */
    const int64_t widest = bits && o.access != 2 ? 1 : o.words == 2 ? UINT32_MAX : UINT16_MAX;
    if (chl_yaml_get(r->yaml, node, "max").index == 0) {
        o.max = widest;
    }
    if (chl_yaml_get(r->yaml, node, "stride").index == 0) {
        o.stride = o.words;
    }
    chl_err result = check_kind(r, node, &o, rule);
    if (result == CHL_OK) {
        result = check_numbers(r, node, &o, rule, widest);
    }
    if (result != CHL_OK) {
        return result;
    }
    *out = (struct chl_register){.present = true,
                                 .writable = o.access != 0,
                                 .write_only = o.access == 2,
                                 .persistent = o.persistent,
                                 .needs_reboot = o.needs_reboot,
                                 .area = (chl_area)o.area,
                                 .address = (uint16_t)o.address,
                                 .words = (uint8_t)o.words,
                                 .rows = (uint16_t)o.rows,
                                 .stride = (uint16_t)o.stride,
                                 .low_word_first = o.word_order == 0,
                                 .dflt = (uint32_t)o.dflt,
                                 .min = (uint32_t)o.min,
                                 .max = (uint32_t)o.max,
                                 .unit = o.unit,
                                 .source = o.source};
    return CHL_OK;
}

static chl_err read_role(struct profile_reading *r, struct chl_yaml_node node, int role)
{
    struct wrapped options = {.reg = {.area = 0}};
    chl_err result = chl_yaml_read(r->yaml, node, profile_register_table, NULL, &options, r->error);
    if (result != CHL_OK) {
        return result;
    }
    const struct role_rule *rule = &rules[role];
    const struct register_rule as = {role_names[role], rule->areas, rule->words, rule->rows};
    const bool command = role == CHL_REG_FLASH || role == CHL_REG_PULSE_START;
    const int access = options.reg.access;
    if ((rule->writes && access == 0) || (!command && access == 2)) {
        return chl_yaml_refuse(r->yaml, chl_yaml_get(r->yaml, node, "access"), r->error,
                               "expected access: %s for '%s', got %s; the driver needs it so",
                               !rule->writes ? "read"
                               : command     ? "write or read-write"
                                             : "read-write",
                               role_names[role], profile_access_names[access]);
    }
    return profile_make_register(r, node, &options.reg, &as, &r->profile->registers[role]);
}

static int nearest_role(const char *name)
{
    int nearest = -1;
    size_t best = SIZE_MAX;
    for (int i = 0; i < CHL_REG_ROLE_COUNT; i++) {
        nearest = chl_yaml_nearer(name, role_names[i], &best) ? i : nearest;
    }
    return nearest;
}

static int role_by_name(const char *name)
{
    for (int i = 0; i < CHL_REG_ROLE_COUNT; i++) {
        if (strcmp(role_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

chl_err profile_read_registers(struct profile_reading *r)
{
    struct chl_yaml_node section = profile_section_node(r, "registers");
    if (chl_yaml_kind_of(r->yaml, section) != CHL_YAML_MAPPING) {
        return chl_yaml_refuse(r->yaml, section.index != 0 ? section : r->root, r->error,
                               "expected section 'registers' with roles and their registers, got "
                               "%s; add it",
                               chl_yaml_kind_name(r->yaml, section));
    }
    for (size_t i = 0; i < chl_yaml_count(r->yaml, section); i++) {
        const char *key = NULL;
        struct chl_yaml_node node = chl_yaml_item(r->yaml, section, i, &key);
        const int role = role_by_name(key);
        if (role < 0) {
            const int nearest = nearest_role(key);
            return chl_yaml_refuse_key(
                r->yaml, node, r->error,
                "expected a known role in 'registers', got '%.40s'; %s%s%s", key,
                nearest >= 0 ? "did you mean '" : "firmware-config/README.md lists them",
                nearest >= 0 ? role_names[nearest] : "", nearest >= 0 ? "'?" : "");
        }
        chl_err result = read_role(r, node, role);
        if (result != CHL_OK) {
            return result;
        }
    }
    return CHL_OK;
}
