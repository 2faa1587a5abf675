/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Device profiles: the registers and the checks that hold between them.
 */
#include "lib/profile/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct register_options {
    int access, word_order;
    bool persistent, needs_reboot;
    const char *unit;
};

#define AT(field) offsetof(struct register_options, field)

static const char *const accesses[] = {"read", "read-write", NULL};
static const char *const word_orders[] = {"low-first", "high-first", NULL};
static const char *const numbers[] = {"address", "words", "default", "min", "max", NULL};

static const struct chl_opt register_table[] = {
    {.name = "access",
     .type = CHL_OPT_ENUM,
     .required = true,
     .choices = accesses,
     .offset = AT(access)},
    {.name = "word-order",
     .type = CHL_OPT_ENUM,
     .dflt = "low-first",
     .choices = word_orders,
     .offset = AT(word_order)},
    {.name = "persistent", .type = CHL_OPT_BOOL, .dflt = "false", .offset = AT(persistent)},
    {.name = "needs-reboot", .type = CHL_OPT_BOOL, .dflt = "false", .offset = AT(needs_reboot)},
    {.name = "unit", .type = CHL_OPT_STR, .dflt = "", .max = 16, .offset = AT(unit)},
    {.name = NULL},
};

static const struct {
    const char *name;
    bool required;
} roles[CHL_REG_ROLE_COUNT] = {
#define ROLE(id, name, text) [id] = {name, (id) < 2 || (id) == 4 || (id) == 5},
    CHL_REGISTERS(ROLE)
#undef ROLE
};

const char *chl_register_role_name(chl_register_role role)
{
    return (unsigned)role < CHL_REG_ROLE_COUNT ? roles[role].name : "unknown";
}

static chl_err read_register(struct chl_yaml *yaml, struct chl_yaml_node node,
                             struct chl_register *out, struct chl_yaml_error *error)
{
    struct register_options options;
    memset(&options, 0, sizeof options);
    int64_t address = 0;
    int64_t words = 0;
    int64_t dflt = 0;
    int64_t min = 0;
    int64_t max = 0;
    chl_err rc = chl_yaml_read(yaml, node, register_table, numbers, &options, error);
    rc = rc != CHL_OK ? rc : profile_number(yaml, node, "address", -1, 65535, &address, error);
    rc = rc != CHL_OK ? rc : profile_number(yaml, node, "words", 1, 2, &words, error);
    int64_t widest = words == 2 ? UINT32_MAX : UINT16_MAX;
    rc = rc != CHL_OK ? rc : profile_number(yaml, node, "default", 0, widest, &dflt, error);
    rc = rc != CHL_OK ? rc : profile_number(yaml, node, "min", 0, widest, &min, error);
    rc = rc != CHL_OK ? rc : profile_number(yaml, node, "max", widest, widest, &max, error);
    if (rc != CHL_OK) {
        return rc;
    }
    if (words == 0 || address + words > 65536 || min > max) {
        return chl_yaml_refuse(yaml, node, error,
                               "expected 1 or 2 words that end by 0xFFFF and min ≤ max, got %lld "
                               "words at %lld, min %lld, max %lld",
                               (long long)words, (long long)address, (long long)min,
                               (long long)max);
    }
    *out = (struct chl_register){.present = true,
                                 .writable = options.access == 1,
                                 .persistent = options.persistent,
                                 .needs_reboot = options.needs_reboot,
                                 .address = (uint16_t)address,
                                 .words = (uint8_t)words,
                                 .rows = 1,
                                 .stride = (uint16_t)words,
                                 .low_word_first = options.word_order == 0,
                                 .dflt = (uint32_t)dflt,
                                 .min = (uint32_t)min,
                                 .max = (uint32_t)max,
                                 .unit = options.unit};
    return CHL_OK;
}

static int role_by_name(const char *name)
{
    for (int i = 0; i < CHL_REG_ROLE_COUNT; i++) {
        if (strcmp(roles[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/** Two roles on one address would make one of them lie. */
static bool overlaps(const struct chl_profile *profile, int role)
{
    const struct chl_register *a = &profile->registers[role];
    for (int i = 0; i < CHL_REG_ROLE_COUNT; i++) {
        const struct chl_register *b = &profile->registers[i];
        if (i != role && b->present && a->address < b->address + b->words &&
            b->address < a->address + a->words) {
            return true;
        }
    }
    return false;
}

static chl_err read_registers(struct chl_profile *profile, struct chl_yaml_error *error)
{
    struct chl_yaml *yaml = profile->document;
    struct chl_yaml_node root = chl_yaml_root(yaml);
    struct chl_yaml_node section = chl_yaml_get(yaml, root, "registers");
    if (chl_yaml_kind_of(yaml, section) != CHL_YAML_MAPPING) {
        return chl_yaml_refuse(yaml, section.index != 0 ? section : root, error,
                               "registers: expected a mapping of roles to registers, got none");
    }
    for (size_t i = 0; i < chl_yaml_count(yaml, section); i++) {
        const char *key = NULL;
        struct chl_yaml_node node = chl_yaml_item(yaml, section, i, &key);
        int role = key != NULL ? role_by_name(key) : -1;
        if (role < 0 || chl_yaml_kind_of(yaml, node) != CHL_YAML_MAPPING) {
            return chl_yaml_refuse(yaml, node, error,
                                   "registers: expected a known role (such as entry-grant) with a "
                                   "mapping, got '%s'",
                                   key != NULL ? key : "");
        }
        chl_err rc = read_register(yaml, node, &profile->registers[role], error);
        if (rc != CHL_OK) {
            return rc;
        }
        if (overlaps(profile, role)) {
            return chl_yaml_refuse(yaml, node, error,
                                   "%s: expected an address of its own, got one that another role "
                                   "already uses",
                                   key);
        }
    }
    for (int i = 0; i < CHL_REG_ROLE_COUNT; i++) {
        if (roles[i].required && !profile->registers[i].present) {
            return chl_yaml_refuse(yaml, section, error, "registers: expected role '%s', got none",
                                   roles[i].name);
        }
    }
    return CHL_OK;
}

static bool in_block(const struct chl_profile *profile, chl_register_role role)
{
    const struct chl_register *reg = &profile->registers[role];
    return !reg->present ||
           (reg->address >= profile->read_block_start &&
            reg->address + reg->words <= profile->read_block_start + profile->read_block_count);
}

/** What the driver relies on: one read shows one instant, and grants can be written. */
static chl_err check_whole(const struct chl_profile *profile, struct chl_yaml_error *error)
{
    static const chl_register_role polled[] = {
        CHL_REG_ENTRY_GRANT, CHL_REG_EXIT_GRANT, CHL_REG_ENTRY_OBJECT, CHL_REG_EXIT_OBJECT,
        CHL_REG_ENTRY_COUNT, CHL_REG_EXIT_COUNT, CHL_REG_ERROR};
    struct chl_yaml *yaml = profile->document;
    struct chl_yaml_node section = chl_yaml_get(yaml, chl_yaml_root(yaml), "registers");
    for (size_t i = 0; i < sizeof polled / sizeof polled[0]; i++) {
        if (!in_block(profile, polled[i])) {
            const char *name = roles[polled[i]].name;
            return chl_yaml_refuse(yaml, chl_yaml_get(yaml, section, name), error,
                                   "%s: expected an address inside the read block (%u registers "
                                   "from 0x%X), got 0x%X",
                                   name, (unsigned)profile->read_block_count,
                                   (unsigned)profile->read_block_start,
                                   (unsigned)profile->registers[polled[i]].address);
        }
    }
    const struct chl_register *entry = &profile->registers[CHL_REG_ENTRY_GRANT];
    const struct chl_register *exits = &profile->registers[CHL_REG_EXIT_GRANT];
    if (!entry->writable || !exits->writable || entry->words != 1 || exits->words != 1) {
        return chl_yaml_refuse(yaml, section, error,
                               "expected entry-grant and exit-grant of one word with access: "
                               "read-write, got something else");
    }
    const uint32_t needed = 1U << 3;
    const uint32_t writing = 1U << 6 | 1U << 16;
    if ((profile->functions & needed) == 0 || (profile->functions & writing) == 0) {
        return chl_yaml_refuse(
            yaml, chl_yaml_get(yaml, chl_yaml_root(yaml), "link"), error,
            "functions: expected 3 to read and 6 or 16 to write, got none of them");
    }
    return CHL_OK;
}

/** Takes the document over, also on error. */
static chl_err finish(struct chl_yaml *document, struct chl_profile **out,
                      struct chl_yaml_error *error)
{
    struct chl_profile *profile = calloc(1, sizeof *profile);
    if (profile == NULL) {
        chl_yaml_free(document);
        return CHL_E_NOMEM;
    }
    profile->document = document;
    profile->release = CHL_RELEASE_GRANT;
    profile->release_role = CHL_REG_ENTRY_GRANT;
    profile->passage = CHL_PASSAGE_COUNT;
    profile->release_row = profile->close_row = profile->entry_row = profile->exit_row = -1;
    profile->rtu = profile->tcp = true;
    profile->alone = 1U << CHL_LINK_HOLD | 1U << CHL_LINK_FREE_EXIT;
    chl_err rc = profile_read_sections(profile, error);
    if (rc == CHL_OK) {
        rc = read_registers(profile, error);
    }
    if (rc == CHL_OK) {
        rc = check_whole(profile, error);
    }
    if (rc != CHL_OK) {
        chl_profile_free(profile);
        return rc;
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
