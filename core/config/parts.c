/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The parts of a gate that stand beside its controller: counters, contacts, lamps.
 */
#include "core/config/internal.h"

#include <string.h>

const char *const config_part_keys[] = {"count",  "check", "object",   "fire",
                                        "tamper", "lamps", "settings", NULL};

/** On which unit a part is; what is absent is the gate's own. */
struct place_options {
    const char *plugin, *profile;
    int64_t unit;
};

struct count_options {
    struct place_options at;
    int64_t entry, exit;
};

struct input_options {
    struct place_options at;
    int64_t input;
    int active;
};

struct lamp_options {
    struct place_options at;
    int64_t rows[5];
};

static const char *const actives[] = {"closed", "open", NULL};

#define PLACE(holder)                                                                              \
    {.name = "plugin",                                                                             \
     .type = CHL_OPT_STR,                                                                          \
     .offset = offsetof(holder, at.plugin),                                                        \
     .help_vi = "Bus; phải là bus của cổng",                                                       \
     .help_en = "Bus; must be the gate's"},                                                        \
        {.name = "unit",                                                                           \
         .type = CHL_OPT_INT,                                                                      \
         .min = 0,                                                                                 \
         .max = 247,                                                                               \
         .offset = offsetof(holder, at.unit),                                                      \
         .help_vi = "Địa chỉ trên bus; mặc định: của cổng",                                        \
         .help_en = "Address on the bus; the gate's when absent"},                                 \
    {                                                                                              \
        .name = "profile", .type = CHL_OPT_STR, .offset = offsetof(holder, at.profile),            \
        .help_vi = "Hồ sơ thiết bị; mặc định: của cổng",                                           \
        .help_en = "Device profile; the gate's when absent"                                        \
    }

#define ROW(key, holder, field, vi, en)                                                            \
    {                                                                                              \
        .name = (key), .type = CHL_OPT_INT, .min = 0, .max = CHL_ROWS_MAX,                         \
        .offset = offsetof(holder, field), .help_vi = (vi), .help_en = (en)                        \
    }

static const struct chl_opt count_table[] = {
    PLACE(struct count_options),
    ROW("entry", struct count_options, entry, "Đầu vào hay bộ đếm lượt vào, tính từ 1",
        "Input or counter of entries, from 1"),
    ROW("exit", struct count_options, exit, "Đầu vào hay bộ đếm lượt ra",
        "Input or counter of exits"),
    {.name = NULL}};

static const struct chl_opt input_table[] = {
    PLACE(struct input_options),
    ROW("input", struct input_options, input, "Đầu vào, tính từ 1", "Input, from 1"),
    {.name = "active",
     .type = CHL_OPT_ENUM,
     .choices = actives,
     .offset = offsetof(struct input_options, active),
     .help_vi = "open: vòng kín, báo khi hở; closed: báo khi đóng",
     .help_en = "open: a loop that speaks when it is broken; closed: speaks when it closes"},
    {.name = NULL}};

static const struct chl_opt lamp_table[] = {
    PLACE(struct lamp_options),
    ROW("green", struct lamp_options, rows[0], "Đèn xanh lá", "Green lamp"),
    ROW("blue", struct lamp_options, rows[1], "Đèn xanh dương", "Blue lamp"),
    ROW("amber", struct lamp_options, rows[2], "Đèn vàng", "Amber lamp"),
    ROW("red", struct lamp_options, rows[3], "Đèn đỏ", "Red lamp"),
    ROW("sounder", struct lamp_options, rows[4], "Còi", "Sounder"),
    {.name = NULL}};

/** A part being read. */
struct part {
    struct reading *r;
    struct config_gate *gate;
    const char *key; /**< "count" */
    struct chl_yaml_node node;
    const char *path;
    const struct chl_profile *profile;
    uint16_t unit;
};

static struct chl_yaml_node place_of(const struct part *p, const char *key)
{
    struct chl_yaml_node at = chl_yaml_get(p->r->yaml, p->node, key);
    return at.index != 0 ? at : p->node;
}

static chl_err find_place(struct part *p, const struct place_options *o,
                          const struct chl_profile *own)
{
    struct reading *r = p->r;
    const char *bus = r->config->instances[p->gate->instance].name;
    p->unit = o->unit != 0 ? (uint16_t)o->unit : p->gate->unit;
    p->path = p->gate->profile;
    p->profile = own;
    if (o->plugin != NULL && strcmp(o->plugin, bus) != 0) {
        return chl_yaml_refuse(r->yaml, place_of(p, "plugin"), r->error,
                               "expected '%s' on the gate's own bus '%s', got '%.40s'; one thread "
                               "drives one bus: wire the part there, or count by another gate",
                               p->key, bus, o->plugin);
    }
    chl_err result = CHL_OK;
    if (chl_yaml_get(r->yaml, p->node, "unit").index != 0 && o->unit == 0) {
        return chl_yaml_refuse(r->yaml, place_of(p, "unit"), r->error,
                               "expected 1 to 247 for 'unit', got 0; 0 speaks to all and is "
                               "answered by none");
    }
    if (o->profile != NULL) {
        result = config_profile(r, place_of(p, "profile"), o->profile, &p->path, &p->profile);
    }
    return result != CHL_OK ? result
                            : config_use_unit(r, place_of(p, o->unit != 0 ? "unit" : "profile"),
                                              p->gate, p->unit, p->path, p->profile);
}

/** A row as people count becomes one of the register's, or −1 when it was not stated. */
static chl_err take_row(const struct part *p, const char *key, int64_t stated,
                        chl_register_role role, int16_t *out)
{
    const struct chl_register *reg = &p->profile->registers[role];
    const bool is_stated = chl_yaml_get(p->r->yaml, p->node, key).index != 0;
    *out = (int16_t)(stated - 1);
    if (!is_stated) {
        *out = -1;
        return CHL_OK;
    }
    if (!reg->present) {
        return chl_yaml_refuse(p->r->yaml, place_of(p, key), p->r->error,
                               "expected a profile with '%s' for '%s: { %s }', got '%s', which has "
                               "none; name the board it is wired to",
                               chl_register_role_name(role), p->key, key, p->profile->id);
    }
    if (stated < 1 || stated > reg->rows) {
        return chl_yaml_refuse(p->r->yaml, place_of(p, key), p->r->error,
                               "expected 1 to %u for '%s', got %lld; '%s' has no more", reg->rows,
                               key, (long long)stated, p->profile->id);
    }
    return CHL_OK;
}

/** Which register the rows of a count are of. */
static chl_register_role count_role(const struct chl_profile *profile)
{
    return profile->passage == CHL_PASSAGE_COUNTER ? CHL_REG_COUNTER : CHL_REG_INPUT;
}

static bool counts_rows(const struct chl_profile *profile)
{
    return profile->passage == CHL_PASSAGE_COUNTER || profile->passage == CHL_PASSAGE_EDGE;
}

static chl_err use_counts(const struct part *p, const struct chl_gate_part *part)
{
    chl_err result = config_use_row(p->r, place_of(p, "entry"), p->gate, CONFIG_USE_COUNT, p->unit,
                                    part->entry, p->key);
    if (result == CHL_OK && counts_rows(p->profile)) {
        result = config_use_row(p->r, place_of(p, "exit"), p->gate, CONFIG_USE_COUNT, p->unit,
                                part->exit, p->key);
    }
    return result;
}

/** A controller's own counts may only check: as the authority they need no `count`. */
static chl_err own_counts(const struct part *p, struct chl_gate_part *out)
{
    static const char *const rows[] = {"entry", "exit"};
    struct reading *r = p->r;
    if (p->profile->passage == CHL_PASSAGE_NONE || strcmp(p->key, "check") != 0) {
        return chl_yaml_refuse(r->yaml, place_of(p, "profile"), r->error,
                               "expected a profile that counts by counter or edge for '%s', got "
                               "'%s', which %s; name the board the contacts go to",
                               p->key, p->profile->id,
                               p->profile->passage == CHL_PASSAGE_COUNT
                                   ? "only has counts of its own"
                                   : "has no contacts");
    }
    for (size_t i = 0; i < 2; i++) {
        struct chl_yaml_node at = chl_yaml_get(r->yaml, p->node, rows[i]);
        if (at.index != 0) {
            return chl_yaml_refuse_key(
                r->yaml, at, r->error,
                "expected no '%s' for '%s', got one; it counts each way in a "
                "register of its own",
                rows[i], p->profile->id);
        }
    }
    out->entry = 0;
    out->exit = 0;
    return use_counts(p, out);
}

static chl_err read_count(struct part *p, const struct chl_profile *own, struct chl_gate_part *out)
{
    struct count_options o = {.entry = 0};
    struct reading *r = p->r;
    chl_err result = chl_yaml_read(r->yaml, p->node, count_table, NULL, &o, r->error);
    result = result != CHL_OK ? result : find_place(p, &o.at, own);
    if (result != CHL_OK) {
        return result;
    }
    *out = (struct chl_gate_part){.unit = p->unit, .profile = p->path};
    if (!counts_rows(p->profile)) {
        return own_counts(p, out);
    }
    p->gate->vehicle = p->gate->vehicle || (strcmp(p->key, "count") == 0 && p->profile->party);
    result = take_row(p, "entry", o.entry, count_role(p->profile), &out->entry);
    result =
        result != CHL_OK ? result : take_row(p, "exit", o.exit, count_role(p->profile), &out->exit);
    if (result == CHL_OK && out->entry < 0 && out->exit < 0) {
        out->entry = p->profile->entry_row;
        out->exit = p->profile->exit_row;
    }
    if (result == CHL_OK && out->entry < 0 && (strcmp(p->key, "count") == 0 || out->exit < 0)) {
        result = chl_yaml_refuse_key(r->yaml, p->node, r->error,
                                     "expected '%s: { entry: 1, exit: 2 }' for gate '%s', got no "
                                     "'entry'; say which contact counts entries",
                                     p->key, p->gate->id);
    }
    return result != CHL_OK ? result : use_counts(p, out);
}

/** Without `count` the device itself is the authority. */
static chl_err default_count(struct part *p, const struct chl_profile *own)
{
    p->unit = p->gate->unit;
    p->path = p->gate->profile;
    p->profile = own;
    if (own->passage == CHL_PASSAGE_COUNT) {
        p->gate->count = (struct chl_gate_part){.unit = 0, .entry = -1, .exit = -1};
        return config_use_row(p->r, place_of(p, "unit"), p->gate, CONFIG_USE_COUNT, p->unit, 0,
                              p->key);
    }
    if (!counts_rows(own) || own->entry_row < 0) {
        return chl_yaml_refuse_key(p->r->yaml, p->node, p->r->error,
                                   "expected 'count: { %sentry: 1, exit: 2 }' for gate '%s', got "
                                   "none; '%s' %s: a gate that counts nobody cannot keep a limit",
                                   counts_rows(own) ? "" : "unit, profile, ", p->gate->id, own->id,
                                   counts_rows(own) ? "does not say which contact counts"
                                                    : "has no counters");
    }
    p->gate->vehicle = own->party;
    p->gate->count = (struct chl_gate_part){
        .unit = p->unit, .entry = own->entry_row, .exit = own->exit_row, .profile = p->path};
    return use_counts(p, &p->gate->count);
}

static chl_err read_input(struct part *p, const struct chl_profile *own, bool open_by_default,
                          struct chl_gate_input *out)
{
    struct input_options o = {.input = 0};
    struct reading *r = p->r;
    chl_err result = chl_yaml_read(r->yaml, p->node, input_table, NULL, &o, r->error);
    result = result != CHL_OK ? result : find_place(p, &o.at, own);
    if (result != CHL_OK) {
        return result;
    }
    const bool says = chl_yaml_get(r->yaml, p->node, "active").index != 0;
    *out = (struct chl_gate_input){
        .unit = p->unit, .active_open = says ? o.active == 1 : open_by_default, .profile = p->path};
    if (chl_yaml_get(r->yaml, p->node, "input").index == 0) {
        return chl_yaml_refuse_key(r->yaml, p->node, r->error,
                                   "expected 'input' in '%s' of gate '%s', got none; say which "
                                   "contact it is",
                                   p->key, p->gate->id);
    }
    return take_row(p, "input", o.input, CHL_REG_INPUT, &out->row);
}

/** Lamps are rows of the device's lamp registers where it has them, else its outputs. */
static chl_err read_lamps(struct part *p, const struct chl_profile *own)
{
    static const char *const keys[] = {"green", "blue", "amber", "red", "sounder"};
    struct lamp_options o = {.rows = {0}};
    struct chl_gate_lamps *lamps = &p->gate->lamps;
    int16_t *const rows[] = {&lamps->green, &lamps->blue, &lamps->amber, &lamps->red,
                             &lamps->sounder};
    chl_err result = chl_yaml_read(p->r->yaml, p->node, lamp_table, NULL, &o, p->r->error);
    result = result != CHL_OK ? result : find_place(p, &o.at, own);
    bool any = false;
    for (size_t i = 0; result == CHL_OK && i < sizeof rows / sizeof *rows; i++) {
        const bool registers = p->profile->registers[CHL_REG_LAMP].present;
        result =
            take_row(p, keys[i], o.rows[i], registers ? CHL_REG_LAMP : CHL_REG_OUTPUT, rows[i]);
        if (result == CHL_OK) {
            result = config_use_row(p->r, place_of(p, keys[i]), p->gate,
                                    registers ? CONFIG_USE_LAMP : CONFIG_USE_OUTPUT, p->unit,
                                    *rows[i], keys[i]);
        }
        any = any || *rows[i] >= 0;
    }
    if (result != CHL_OK) {
        return result;
    }
    lamps->unit = p->unit;
    lamps->profile = p->path;
    if (!any) {
        return chl_yaml_refuse_key(p->r->yaml, p->node, p->r->error,
                                   "expected at least one of green, blue, amber, red, sounder in "
                                   "'lamps' of gate '%s', got none; name an output or take it out",
                                   p->gate->id);
    }
    return CHL_OK;
}

chl_err config_read_parts(struct reading *r, struct chl_yaml_node device, struct config_gate *gate,
                          const struct chl_profile *own)
{
    struct {
        const char *key;
        struct chl_gate_input *out;
        bool open;
    } const inputs[] = {{"object", &gate->object, false},
                        {"fire", &gate->fire, true},
                        {"tamper", &gate->tamper, true}};
    struct part p = {.r = r, .gate = gate, .key = "count"};
    p.node = chl_yaml_get(r->yaml, device, p.key);
    chl_err result;
    if (p.node.index != 0) {
        result = read_count(&p, own, &gate->count);
    } else {
        p.node = device;
        result = default_count(&p, own);
    }
    p.key = "check";
    p.node = chl_yaml_get(r->yaml, device, p.key);
    if (result == CHL_OK && p.node.index != 0) {
        result = read_count(&p, own, &gate->check);
    }
    for (size_t i = 0; result == CHL_OK && i < sizeof inputs / sizeof *inputs; i++) {
        p.key = inputs[i].key;
        p.node = chl_yaml_get(r->yaml, device, p.key);
        if (p.node.index != 0) {
            result = read_input(&p, own, inputs[i].open, inputs[i].out);
        }
    }
    p.key = "lamps";
    p.node = chl_yaml_get(r->yaml, device, p.key);
    return result != CHL_OK || p.node.index == 0 ? result : read_lamps(&p, own);
}
