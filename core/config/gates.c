/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Section gates: what opens between which zones, on which device, for which lane.
 */
#include "core/config/internal.h"

#include <stdlib.h>
#include <string.h>

struct gate_options {
    const char *name, *from, *to;
    int hand, on_link_loss, way;
    int64_t pass_time_ms, flow_max;
};

struct lane_options {
    struct chl_list scanner;
};

static const char *const by_what[] = {"device", "hand", NULL};
static const char *const ways[] = {"both", "in", "out", "reversible", NULL};
static const char *const link_losses[] = {"hold", "free-exit", "free", NULL};

static const struct chl_opt gate_table[] = {
    {.name = "name",
     .type = CHL_OPT_STR,
     .max = 128,
     .offset = offsetof(struct gate_options, name),
     .help_vi = "Tên đầy đủ",
     .help_en = "Full name"},
    {.name = "from",
     .type = CHL_OPT_STR,
     .dflt = "outside",
     .offset = offsetof(struct gate_options, from),
     .help_vi = "Khu phía ngoài cổng",
     .help_en = "Zone on the outer side"},
    {.name = "to",
     .type = CHL_OPT_STR,
     .required = true,
     .offset = offsetof(struct gate_options, to),
     .help_vi = "Khu mà lối vào dẫn tới",
     .help_en = "Zone that entry leads to"},
    {.name = "gate",
     .type = CHL_OPT_ENUM,
     .dflt = "device",
     .choices = by_what,
     .offset = offsetof(struct gate_options, hand),
     .help_vi = "hand: không có thiết bị, nhân viên xác nhận",
     .help_en = "hand: no device, staff confirm each passage"},
    {.name = "pass_time",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "7 s",
     .min = 1000,
     .max = 300000,
     .offset = offsetof(struct gate_options, pass_time_ms),
     .help_vi = "Thời gian để một người đi qua",
     .help_en = "Time a person has to pass"},
    {.name = "flow_max",
     .type = CHL_OPT_INT,
     .dflt = "2",
     .min = 1,
     .max = 200,
     .offset = offsetof(struct gate_options, flow_max),
     .help_vi = "Mỗi chiều mỗi giây nhiều nhất bao nhiêu người; nhanh hơn là bộ đếm hỏng",
     .help_en = "People a second each way at most; faster is a counter gone wrong"},
    {.name = "way",
     .type = CHL_OPT_ENUM,
     .dflt = "both",
     .choices = ways,
     .offset = offsetof(struct gate_options, way),
     .help_vi = "Chiều của làn; không chiều nào chặn người đi ra",
     .help_en = "Which way the lane leads; none of them keeps anybody from leaving"},
    {.name = "on_link_loss",
     .type = CHL_OPT_ENUM,
     .dflt = "hold",
     .choices = link_losses,
     .offset = offsetof(struct gate_options, on_link_loss),
     .help_vi = "Cổng làm gì khi mất liên lạc",
     .help_en = "What the gate does when the link is lost"},
    {.name = NULL}};

static const struct chl_opt lane_table[] = {{.name = "scanner",
                                             .type = CHL_OPT_LIST,
                                             .max = 16,
                                             .offset = offsetof(struct lane_options, scanner),
                                             .help_vi = "Máy quét của làn",
                                             .help_en = "Scanners that serve the lane"},
                                            {.name = NULL}};

static chl_err read_ends(struct reading *r, struct chl_yaml_node entry,
                         const struct gate_options *options, struct config_gate *gate)
{
    const char *const names[] = {options->from, options->to};
    int *const ends[] = {&gate->from, &gate->to};
    for (size_t i = 0; i < 2; i++) {
        struct chl_yaml_node node = chl_yaml_get(r->yaml, entry, i == 0 ? "from" : "to");
        *ends[i] = CONFIG_OUTSIDE;
        if (strcmp(names[i], "outside") == 0) {
            continue;
        }
        chl_err result =
            config_resolve(r, node, names[i], config_zone_name, "outside or a zone", ends[i]);
        if (result != CHL_OK) {
            return result;
        }
    }
    struct chl_yaml_node to = chl_yaml_get(r->yaml, entry, "to");
    if (gate->from == gate->to) {
        return chl_yaml_refuse(r->yaml, to, r->error,
                               "expected another zone than 'from', got '%s' on both sides; a gate "
                               "leads from one to another",
                               options->to);
    }
    /* The way back is the one held free: it must not be the way in. */
    for (int around = gate->from; around != CONFIG_OUTSIDE;
         around = r->config->zones[around].parent) {
        if (r->config->zones[around].parent == gate->to) {
            return chl_yaml_refuse(
                r->yaml, to, r->error,
                "expected entry to lead inwards, got from '%s' out to '%s'; swap "
                "from and to",
                options->from, options->to);
        }
    }
    return CHL_OK;
}

static chl_err check_hand(struct reading *r, struct chl_yaml_node entry)
{
    static const char *const meaningless[] = {"device", "on_link_loss"};
    for (size_t i = 0; i < sizeof meaningless / sizeof *meaningless; i++) {
        struct chl_yaml_node node = chl_yaml_get(r->yaml, entry, meaningless[i]);
        if (node.index != 0) {
            return chl_yaml_refuse_key(r->yaml, node, r->error,
                                       "expected no '%s' with 'gate: hand', got one; take one of "
                                       "the two out",
                                       meaningless[i]);
        }
    }
    return CHL_OK;
}

static chl_err take_scanner(struct reading *r, struct chl_yaml_node node, const char *name,
                            int lane)
{
    int index = -1;
    chl_err result = config_resolve(r, node, name, config_instance_name, "a plugin", &index);
    if (result != CHL_OK) {
        return result;
    }
    struct config_instance *instance = &r->config->instances[index];
    if (!config_is_kind(instance, "scan_")) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected a scan plugin, got '%s', which uses %s; name a scanner",
                               name, instance->use);
    }
    if (instance->lane >= 0) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected a scanner of its own, got '%s', which serves lane '%s'; a "
                               "scanner stands in one lane",
                               name, r->config->lanes[instance->lane].id);
    }
    instance->lane = lane;
    return CHL_OK;
}

static chl_err read_lane(struct reading *r, struct chl_yaml_node entry, size_t index)
{
    struct config_gate *gate = &r->config->gates[index];
    struct lane_options options = {.scanner = {.count = 0}};
    struct chl_yaml_node node = chl_yaml_get(r->yaml, entry, "lane");
    gate->lane = -1;
    if (node.index == 0) {
        return CHL_OK;
    }
    chl_err result = chl_yaml_read(r->yaml, node, lane_table, NULL, &options, r->error);
    if (result != CHL_OK) {
        return result;
    }
    gate->lane = (int)r->config->lane_count;
    r->config->lanes[r->config->lane_count++] =
        (struct config_lane){.id = gate->id, .gate = (int)index};
    struct chl_yaml_node list = chl_yaml_get(r->yaml, node, "scanner");
    bool single = chl_yaml_kind_of(r->yaml, list) == CHL_YAML_SCALAR;
    for (size_t i = 0; result == CHL_OK && i < options.scanner.count; i++) {
        struct chl_yaml_node item = single ? list : chl_yaml_item(r->yaml, list, i, NULL);
        result = take_scanner(r, item, options.scanner.items[i], gate->lane);
    }
    return result;
}

static chl_err read_gate(struct reading *r, struct chl_yaml_node entry, size_t index)
{
    static const char *const also[] = {"device", "lane", "schedule", NULL};
    struct config_gate *gate = &r->config->gates[index];
    struct gate_options options = {.name = NULL};
    chl_err result = config_check_id(r, entry, gate->id, "gate");
    if (result == CHL_OK) {
        result = chl_yaml_read(r->yaml, entry, gate_table, also, &options, r->error);
    }
    if (result == CHL_OK) {
        result = read_ends(r, entry, &options, gate);
    }
    if (result != CHL_OK) {
        return result;
    }
    gate->name = options.name == NULL || options.name[0] == '\0' ? gate->id : options.name;
    gate->pass_time_ms = options.pass_time_ms;
    gate->flow_max = options.flow_max;
    gate->on_link_loss = (chl_link_loss)options.on_link_loss;
    gate->way = (config_way)options.way;
    gate->instance = -1;
    gate->release_row = -1;
    gate->close_row = -1;
    result = options.hand == 1 ? check_hand(r, entry) : config_read_device(r, entry, gate);
    result = result == CHL_OK ? config_read_schedule(r, entry, gate) : result;
    return result == CHL_OK ? read_lane(r, entry, index) : result;
}

chl_err config_read_gates(struct reading *r)
{
    struct chl_yaml_node section;
    chl_err result = config_section(r, "gates", CONFIG_GATES_MAX, &section);
    if (result != CHL_OK) {
        return result;
    }
    size_t count = chl_yaml_count(r->yaml, section);
    r->config->gates = calloc(count, sizeof *r->config->gates);
    r->config->lanes = calloc(count, sizeof *r->config->lanes);
    if (r->config->gates == NULL || r->config->lanes == NULL) {
        return config_no_memory(r);
    }
    r->config->gate_count = count;
    for (size_t i = 0; i < count; i++) {
        (void)chl_yaml_item(r->yaml, section, i, &r->config->gates[i].id);
    }
    for (size_t i = 0; result == CHL_OK && i < count; i++) {
        result = read_gate(r, chl_yaml_item(r->yaml, section, i, NULL), i);
    }
    return result;
}
