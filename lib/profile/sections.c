/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The sections profile, link, values and reboot: who made it, how it is reached, what its
 *  values are.
 */
#include "lib/profile/internal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct link_options {
    const char *serial, *source;
    struct chl_list functions, transports;
    int64_t units_max, units_per_bus, block_start, block_count, merge_hole, merge_max;
    int64_t gap_ms, response_ms, delay_max_ms, turnaround_ms, released_poll_ms;
};

struct value_options {
    int64_t values[6];
};

struct reboot_options {
    struct register_options reg;
    int64_t value;
};

#define AT(field) offsetof(struct link_options, field)

const struct chl_opt profile_profile_table[] = {{.name = "id",
                                                 .type = CHL_OPT_STR,
                                                 .required = true,
                                                 .max = 64,
                                                 .offset = offsetof(struct chl_profile, id),
                                                 .help_vi = "Tên ngắn",
                                                 .help_en = "short name"},
                                                {.name = "name",
                                                 .type = CHL_OPT_STR,
                                                 .required = true,
                                                 .max = 128,
                                                 .offset = offsetof(struct chl_profile, name),
                                                 .help_vi = "Tên thiết bị",
                                                 .help_en = "name of the device"},
                                                {.name = "vendor",
                                                 .type = CHL_OPT_STR,
                                                 .required = true,
                                                 .max = 128,
                                                 .offset = offsetof(struct chl_profile, vendor),
                                                 .help_vi = "Nhà sản xuất",
                                                 .help_en = "who makes it"},
                                                {.name = "source",
                                                 .type = CHL_OPT_STR,
                                                 .required = true,
                                                 .max = 256,
                                                 .offset = offsetof(struct chl_profile, source),
                                                 .help_vi = "Tài liệu mà các dữ kiện lấy từ đó",
                                                 .help_en = "the document the facts come from"},
                                                {.name = NULL}};

const struct chl_opt profile_link_table[] = {
    {.name = "functions",
     .type = CHL_OPT_LIST,
     .required = true,
     .max = 16,
     .offset = AT(functions),
     .help_vi = "Các mã hàm Modbus mà thiết bị trả lời",
     .help_en = "Modbus function codes the device answers"},
    {.name = "transports",
     .type = CHL_OPT_LIST,
     .required = true,
     .max = 3,
     .offset = AT(transports),
     .help_vi = "Cách nối: rtu, tcp, rtu-over-tcp",
     .help_en = "how it is reached: `rtu`, `tcp`, `rtu-over-tcp`"},
    {.name = "serial",
     .type = CHL_OPT_STR,
     .max = 64,
     .offset = AT(serial),
     .help_vi = "Thông số cổng nối tiếp khi xuất xưởng",
     .help_en = "line settings of its serial port as delivered, text"},
    {.name = "units-max",
     .type = CHL_OPT_INT,
     .required = true,
     .min = 1,
     .max = 247,
     .offset = AT(units_max),
     .help_vi = "Địa chỉ lớn nhất",
     .help_en = "highest address"},
    {.name = "units-per-bus",
     .type = CHL_OPT_INT,
     .dflt = "0",
     .max = 247,
     .offset = AT(units_per_bus),
     .help_vi = "Số thiết bị tối đa trên một bus; 0: không nêu",
     .help_en = "units on one bus at most, 0 = not stated"},
    {.name = "gap",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "0 ms",
     .max = 10000,
     .offset = AT(gap_ms),
     .help_vi = "Khoảng nghỉ ít nhất giữa hai yêu cầu",
     .help_en = "least time between two requests"},
    {.name = "response",
     .type = CHL_OPT_DURATION_MS,
     .required = true,
     .min = 10,
     .max = 60000,
     .offset = AT(response_ms),
     .help_vi = "Thời gian chờ trả lời; quá hạn thì không biết lệnh ghi đã có hiệu lực chưa",
     .help_en = "longest wait for an answer; past it nobody knows whether a write took effect"},
    {.name = "delay-max",
     .type = CHL_OPT_DURATION_MS,
     .required = true,
     .min = 10,
     .max = 60000,
     .offset = AT(delay_max_ms),
     .help_vi = "Sau bấy lâu không còn trả lời muộn nào; bus nối tiếp im lặng đến lúc đó",
     .help_en = "after this no late answer comes any more: a serial bus stays silent so long"},
    {.name = "turnaround",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "100 ms",
     .max = 10000,
     .offset = AT(turnaround_ms),
     .help_vi = "Im lặng sau lệnh gửi cho mọi thiết bị",
     .help_en = "silence after a broadcast"},
    {.name = "released-poll",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "20 ms",
     .min = 5,
     .max = 60000,
     .offset = AT(released_poll_ms),
     .help_vi = "Nhịp đọc khi cổng đang mở cho một lượt",
     .help_en = "polling interval while a grant is open"},
    {.name = "merge-hole",
     .type = CHL_OPT_INT,
     .dflt = "0",
     .max = 124,
     .offset = AT(merge_hole),
     .help_vi = "Được đọc gộp qua bấy nhiêu thanh ghi không dùng",
     .help_en = "reads may be joined over so many unused registers"},
    {.name = "merge-max",
     .type = CHL_OPT_INT,
     .dflt = "0",
     .max = 125,
     .offset = AT(merge_max),
     .help_vi = "Nhiều nhất bấy nhiêu trong một lần đọc gộp; 0: không gộp",
     .help_en = "so many in one joined read at most, 0 = never join"},
    {.name = "read-block-start",
     .type = CHL_OPT_INT,
     .max = 65535,
     .offset = AT(block_start),
     .help_vi = "Một lần đọc bao trùm mọi thứ cần thăm dò, để cùng một thời điểm",
     .help_en = "one read that covers all a poll needs, so that it is one instant's truth"},
    {.name = "read-block-count",
     .type = CHL_OPT_INT,
     .max = 125,
     .offset = AT(block_count),
     .help_vi = "Số thanh ghi của lần đọc đó",
     .help_en = "its registers"},
    {.name = "source",
     .type = CHL_OPT_STR,
     .max = 256,
     .offset = AT(source),
     .help_vi = "Tài liệu nêu điều này, nếu khác profile.source",
     .help_en = "where these come from, if not from `profile.source`"},
    {.name = NULL}};

#define VALUE(index, key, vi, en)                                                                  \
    {                                                                                              \
        .name = (key), .type = CHL_OPT_INT, .max = 65535,                                          \
        .offset = offsetof(struct value_options, values[index]), .help_vi = (vi), .help_en = (en)  \
    }

const struct chl_opt profile_values_table[] = {
    VALUE(0, "grant-cancel", "entry-grant: hủy", "`entry-grant`: nobody"),
    VALUE(1, "grant-max", "entry-grant: nhiều nhất trong một lệnh", "`entry-grant`: most at once"),
    VALUE(2, "grant-free", "entry-grant: mở tự do", "`entry-grant`: free"),
    VALUE(3, "mode-normal", "mode: bình thường", "`mode`: by grants"),
    VALUE(4, "mode-blocked", "mode: chặn", "`mode`: no entry"),
    VALUE(5, "mode-emergency", "mode: mở hết", "`mode`: everything open"),
    {.name = NULL}};

const struct chl_opt profile_reboot_table[] = {
    PROFILE_REGISTER_OPTIONS(struct reboot_options, true),
    {.name = "value",
     .type = CHL_OPT_INT,
     .required = true,
     .max = 65535,
     .offset = offsetof(struct reboot_options, value),
     .help_vi = "Ghi giá trị này thì khởi động lại",
     .help_en = "written there, it restarts"},
    {.name = NULL}};

static chl_err read_functions(struct profile_reading *r, const struct chl_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        char *end = NULL;
        const unsigned long code = strtoul(list->items[i], &end, 10);
        if (end == list->items[i] || *end != '\0' || code == 0 || code > 31) {
            return chl_yaml_refuse(r->yaml, profile_place(r, "link", "functions"), r->error,
                                   "expected Modbus function codes from 1 to 31 in 'functions', "
                                   "got '%.20s'",
                                   list->items[i]);
        }
        r->profile->functions |= 1U << code;
    }
    return CHL_OK;
}

static chl_err read_transports(struct profile_reading *r, const struct chl_list *list)
{
    struct {
        const char *name;
        bool *to;
    } const known[] = {{"rtu", &r->profile->rtu},
                       {"tcp", &r->profile->tcp},
                       {"rtu-over-tcp", &r->profile->rtu_over_tcp}};
    for (size_t i = 0; i < list->count; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            if (strcmp(list->items[i], known[k].name) == 0) {
                *known[k].to = true;
                found = true;
            }
        }
        if (!found) {
            return chl_yaml_refuse(r->yaml, profile_place(r, "link", "transports"), r->error,
                                   "expected rtu, tcp or rtu-over-tcp in 'transports', got '%.20s'",
                                   list->items[i]);
        }
    }
    return CHL_OK;
}

static chl_err check_link(struct profile_reading *r, const struct link_options *o)
{
    if (o->delay_max_ms < o->response_ms) {
        return chl_yaml_refuse(
            r->yaml, profile_place(r, "link", "delay-max"), r->error,
            "expected a delay-max of at least 'response' (%lld ms), got %lld ms; "
            "an answer may come as late as it is waited for",
            (long long)o->response_ms, (long long)o->delay_max_ms);
    }
    if (o->block_start + o->block_count > 65536 ||
        (o->block_count == 0) !=
            (chl_yaml_get(r->yaml, profile_section_node(r, "link"), "read-block-start").index ==
             0)) {
        return chl_yaml_refuse(r->yaml, profile_place(r, "link", "read-block-start"), r->error,
                               "expected read-block-start and read-block-count together, a block "
                               "that ends by 0xFFFF, got %lld from 0x%llX",
                               (long long)o->block_count, (long long)o->block_start);
    }
    if (o->merge_hole > 0 && o->merge_max == 0) {
        return chl_yaml_refuse(r->yaml, profile_place(r, "link", "merge-hole"), r->error,
                               "expected 'merge-max' with 'merge-hole: %lld', got none; say how "
                               "many registers one read may take",
                               (long long)o->merge_hole);
    }
    return CHL_OK;
}

static chl_err read_link(struct profile_reading *r)
{
    struct link_options o;
    memset(&o, 0, sizeof o);
    chl_err result = chl_yaml_read(r->yaml, profile_section_node(r, "link"), profile_link_table,
                                   NULL, &o, r->error);
    result = result != CHL_OK ? result : read_functions(r, &o.functions);
    result = result != CHL_OK ? result : read_transports(r, &o.transports);
    result = result != CHL_OK ? result : check_link(r, &o);
    if (result != CHL_OK) {
        return result;
    }
    struct chl_profile *p = r->profile;
    p->serial = o.serial;
    p->units_max = (uint16_t)o.units_max;
    p->units_per_bus = (uint16_t)o.units_per_bus;
    p->read_block_start = (uint16_t)o.block_start;
    p->read_block_count = (uint16_t)o.block_count;
    p->merge_hole = (uint16_t)o.merge_hole;
    p->merge_max = (uint16_t)o.merge_max;
    p->gap_ms = o.gap_ms;
    p->response_ms = o.response_ms;
    p->delay_max_ms = o.delay_max_ms;
    p->turnaround_ms = o.turnaround_ms;
    p->released_poll_ms = o.released_poll_ms;
    return CHL_OK;
}

static chl_err read_values(struct profile_reading *r)
{
    struct value_options o;
    struct chl_profile *p = r->profile;
    memset(&o, 0, sizeof o);
    chl_err result = chl_yaml_read(r->yaml, profile_section_node(r, "values"), profile_values_table,
                                   NULL, &o, r->error);
    p->grant_cancel = (uint16_t)o.values[0];
    p->grant_max = (uint16_t)o.values[1];
    p->grant_free = (uint16_t)o.values[2];
    p->mode_normal = (uint16_t)o.values[3];
    p->mode_blocked = (uint16_t)o.values[4];
    p->mode_emergency = (uint16_t)o.values[5];
    return result;
}

chl_err profile_read_basics(struct profile_reading *r)
{
    chl_err result = chl_yaml_read(r->yaml, profile_section_node(r, "profile"),
                                   profile_profile_table, NULL, r->profile, r->error);
    result = result != CHL_OK ? result : read_link(r);
    return result != CHL_OK ? result : read_values(r);
}

chl_err profile_read_reboot(struct profile_reading *r)
{
    struct reboot_options o;
    struct chl_yaml_node node = profile_section_node(r, "reboot");
    static const struct register_rule rule = {
        "reboot", 1U << CHL_AREA_HOLDING | 1U << CHL_AREA_COIL, 1U << 1, false};
    if (node.index == 0) {
        return CHL_OK;
    }
    memset(&o, 0, sizeof o);
    chl_err result = chl_yaml_read(r->yaml, node, profile_reboot_table, NULL, &o, r->error);
    if (result == CHL_OK) {
        result = profile_make_register(r, node, &o.reg, &rule, &r->profile->reboot);
    }
    if (result != CHL_OK) {
        return result;
    }
    if (!r->profile->reboot.writable || o.value < o.reg.min || o.value > r->profile->reboot.max) {
        return chl_yaml_refuse(r->yaml, node, r->error,
                               "expected a 'reboot' that can be written with a value it takes, got "
                               "access: %s, value %lld of at most %lu",
                               profile_access_names[o.reg.access], (long long)o.value,
                               (unsigned long)r->profile->reboot.max);
    }
    r->profile->has_reboot = true;
    r->profile->reboot_value = (uint16_t)o.value;
    return CHL_OK;
}
