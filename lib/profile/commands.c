/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The sections release, passages and egress: how entry opens, who counts, who keeps the way
 *  out free.
 */
#include "lib/profile/internal.h"

#include <stddef.h>
#include <string.h>

struct release_options {
    int by, reg, hold;
    int64_t tick_ms, pulse_ms, waits_ms, row, close_row;
    const char *source;
};

struct passage_options {
    int by, carries;
    int64_t entry, exit;
    const char *source;
};

struct egress_options {
    int by, direction;
    const char *source;
};

const char *const profile_release_names[] = {"none", "grant", "flash", "pulse", NULL};
const char *const profile_hold_names[] = {"grant", "latch", "repeat", NULL};
const char *const profile_passage_names[] = {"none", "count", "counter", "edge", NULL};
const char *const profile_egress_names[] = {"grant", "mechanical", "hardware", NULL};
static const char *const pulse_roles[] = {"output", "pulse-start", NULL};
static const char *const carried[] = {"person", "party", NULL};
static const char *const directions[] = {"entry", "exit", NULL};

#define SOURCE(holder)                                                                             \
    {.name = "source",                                                                             \
     .type = CHL_OPT_STR,                                                                          \
     .max = 256,                                                                                   \
     .offset = offsetof(holder, source),                                                           \
     .help_vi = "Tài liệu nêu điều này, nếu khác profile.source",                                  \
     .help_en = "where this comes from, if not from `profile.source`"},                            \
    {                                                                                              \
        .name = NULL                                                                               \
    }

#define AT(field) offsetof(struct release_options, field)
const struct chl_opt profile_release_table[] = {
    {.name = "by",
     .type = CHL_OPT_ENUM,
     .required = true,
     .choices = profile_release_names,
     .offset = AT(by),
     .help_vi = "grant: ghi số lượt; flash: ghi độ dài xung; pulse: bật, thiết bị tự ngắt; none: "
                "không mở cổng",
     .help_en = "`grant`: entry-grant takes how many; `flash`: flash takes the length; `pulse`: "
                "`register` is set on and the device ends the pulse itself; `none`: a board that "
                "only counts or shows"},
    {.name = "register",
     .type = CHL_OPT_ENUM,
     .choices = pulse_roles,
     .offset = AT(reg),
     .help_vi = "Chỉ với pulse: thanh ghi được bật",
     .help_en = "only by `pulse`: the register that is set on"},
    {.name = "tick",
     .type = CHL_OPT_DURATION_MS,
     .min = 1,
     .max = 60000,
     .offset = AT(tick_ms),
     .help_vi = "Chỉ với flash: 1 nghĩa là bao lâu",
     .help_en = "only by `flash`: what 1 means"},
    {.name = "pulse",
     .type = CHL_OPT_DURATION_MS,
     .min = 1,
     .max = 300000,
     .offset = AT(pulse_ms),
     .help_vi = "Độ dài xung: được ghi (flash) hoặc thiết bị tự giữ (pulse)",
     .help_en = "length of the pulse: written (`flash`), or kept by the device (`pulse`)"},
    {.name = "waits",
     .type = CHL_OPT_DURATION_MS,
     .dflt = "0 ms",
     .max = 300000,
     .offset = AT(waits_ms),
     .help_vi = "Sau xung, cơ cấu còn chờ người bao lâu; 0: chỉ bằng xung",
     .help_en = "how long the mechanism then waits for a person, 0 = as long as the pulse"},
    {.name = "row",
     .type = CHL_OPT_INT,
     .max = CHL_ROWS_MAX,
     .offset = AT(row),
     .help_vi = "Đầu ra mặc định, tính từ 1",
     .help_en = "output when a site states none, from 1"},
    {.name = "close-row",
     .type = CHL_OPT_INT,
     .max = CHL_ROWS_MAX,
     .offset = AT(close_row),
     .help_vi = "Đầu ra đóng ngay, tính từ 1",
     .help_en = "output that closes at once when a site states none, from 1"},
    {.name = "hold",
     .type = CHL_OPT_ENUM,
     .choices = profile_hold_names,
     .offset = AT(hold),
     .help_vi = "Giữ lối vào mở: grant: bằng grant-free hay mode; latch: giữ đầu ra, chỉ khi có "
                "watchdog; repeat: lặp xung",
     .help_en = "how entry is held open: `grant`: by grant-free or the mode; `latch`: the output "
                "stays on, only with a watchdog; `repeat`: pulse after pulse, ends when we are "
                "gone"},
    SOURCE(struct release_options)};
#undef AT

const struct chl_opt profile_passages_table[] = {
    {.name = "by",
     .type = CHL_OPT_ENUM,
     .required = true,
     .choices = profile_passage_names,
     .offset = offsetof(struct passage_options, by),
     .help_vi = "count: entry-count, exit-count; counter: bộ đếm; edge: sườn của đầu vào; none",
     .help_en = "`count`: entry-count and exit-count; `counter`: rows of counter; `edge`: rising "
                "edges of rows of input, counted by us; `none`"},
    {.name = "entry",
     .type = CHL_OPT_INT,
     .max = CHL_ROWS_MAX,
     .offset = offsetof(struct passage_options, entry),
     .help_vi = "Hàng đếm lượt vào khi địa điểm không nêu, tính từ 1",
     .help_en = "row that counts entries when a site states none, from 1"},
    {.name = "exit",
     .type = CHL_OPT_INT,
     .max = CHL_ROWS_MAX,
     .offset = offsetof(struct passage_options, exit),
     .help_vi = "Hàng đếm lượt ra",
     .help_en = "row that counts exits"},
    {.name = "carries",
     .type = CHL_OPT_ENUM,
     .dflt = "person",
     .choices = carried,
     .offset = offsetof(struct passage_options, carries),
     .help_vi = "party: một lượt là một xe; mỗi mã được một lượt, khu vực đếm xe",
     .help_en =
         "`party`: one passage is a vehicle; a code is granted one, and the zone counts vehicles"},
    SOURCE(struct passage_options)};

const struct chl_opt profile_egress_table[] = {
    {.name = "by",
     .type = CHL_OPT_ENUM,
     .required = true,
     .choices = profile_egress_names,
     .offset = offsetof(struct egress_options, by),
     .help_vi = "grant: giữ exit-grant ở grant-free; mechanical: cơ khí luôn cho ra; hardware: cảm "
                "biến phía trong, nối thẳng thiết bị",
     .help_en = "`grant`: exit-grant is held at grant-free; `mechanical`: it turns outward without "
                "power or command; `hardware`: a sensor on the inside opens it, wired to the "
                "device"},
    {.name = "direction",
     .type = CHL_OPT_ENUM,
     .dflt = "exit",
     .choices = directions,
     .offset = offsetof(struct egress_options, direction),
     .help_vi = "Cặp thanh ghi nào dẫn ra",
     .help_en = "which register pair leads out"},
    SOURCE(struct egress_options)};

static const char *name_of(const char *const *names, unsigned index, unsigned count)
{
    return index < count ? names[index] : "unknown";
}

const char *chl_release_name(chl_release_kind kind)
{
    return name_of(profile_release_names, (unsigned)kind, 4);
}

const char *chl_hold_name(chl_hold_kind kind)
{
    return name_of(profile_hold_names, (unsigned)kind, 3);
}

const char *chl_passage_name(chl_passage_kind kind)
{
    return name_of(profile_passage_names, (unsigned)kind, 4);
}

const char *chl_egress_name(chl_egress_kind kind)
{
    return name_of(profile_egress_names, (unsigned)kind, 3);
}

/** A row as people count, from 1; absent or 0: none. */
static int16_t row_of(int64_t from_one)
{
    return (int16_t)(from_one - 1);
}

/** Keys of `section` that mean nothing beside its `by`. */
static chl_err refuse_keys(struct profile_reading *r, const char *section, const char *by,
                           const char *const *keys)
{
    for (size_t i = 0; keys[i] != NULL; i++) {
        if (profile_has(r, section, keys[i])) {
            return chl_yaml_refuse_key(r->yaml, profile_place(r, section, keys[i]), r->error,
                                       "expected no '%s' with 'by: %s', got one; take it out",
                                       keys[i], by);
        }
    }
    return CHL_OK;
}

static chl_err need_keys(struct profile_reading *r, const char *section, const char *by,
                         const char *const *keys)
{
    for (size_t i = 0; keys[i] != NULL; i++) {
        if (!profile_has(r, section, keys[i])) {
            return chl_yaml_refuse_key(r->yaml, profile_section_node(r, section), r->error,
                                       "expected '%s' with 'by: %s' in '%s', got none; add it",
                                       keys[i], by, section);
        }
    }
    return CHL_OK;
}

static chl_err read_release(struct profile_reading *r)
{
    static const struct {
        const char *needs[5], *not [8];
    } rules[] = {
        [CHL_RELEASE_NONE] = {{NULL},
                              {"register", "tick", "pulse", "waits", "row", "close-row", "hold"}},
        [CHL_RELEASE_GRANT] = {{"hold", NULL}, {"register", "tick", "pulse", "row", "close-row"}},
        [CHL_RELEASE_FLASH] = {{"tick", "pulse", "hold", NULL}, {"register", NULL}},
        [CHL_RELEASE_PULSE] = {{"register", "pulse", "hold", NULL}, {"tick", NULL}},
    };
    struct release_options o;
    struct chl_profile *p = r->profile;
    memset(&o, 0, sizeof o);
    chl_err result = chl_yaml_read(r->yaml, profile_section_node(r, "release"),
                                   profile_release_table, NULL, &o, r->error);
    if (result == CHL_OK) {
        result = need_keys(r, "release", profile_release_names[o.by], rules[o.by].needs);
    }
    if (result == CHL_OK) {
        result = refuse_keys(r, "release", profile_release_names[o.by], rules[o.by].not );
    }
    static const chl_register_role roles[] = {
        [CHL_RELEASE_NONE] = CHL_REG_ENTRY_GRANT,
        [CHL_RELEASE_GRANT] = CHL_REG_ENTRY_GRANT,
        [CHL_RELEASE_FLASH] = CHL_REG_FLASH,
        [CHL_RELEASE_PULSE] = CHL_REG_OUTPUT,
    };
    p->release = (chl_release_kind)o.by;
    p->release_role = o.reg == 1 ? CHL_REG_PULSE_START : roles[o.by];
    p->flash_tick_ms = o.tick_ms;
    p->pulse_ms = o.pulse_ms;
    p->waits_ms = o.waits_ms;
    p->hold = (chl_hold_kind)o.hold;
    p->release_row = row_of(o.row);
    p->close_row = row_of(o.close_row);
    return result;
}

static chl_err read_passages(struct profile_reading *r)
{
    static const char *const rows[] = {"entry", "exit", NULL};
    struct passage_options o;
    memset(&o, 0, sizeof o);
    chl_err result = chl_yaml_read(r->yaml, profile_section_node(r, "passages"),
                                   profile_passages_table, NULL, &o, r->error);
    if (result == CHL_OK && o.by != CHL_PASSAGE_COUNTER && o.by != CHL_PASSAGE_EDGE) {
        result = refuse_keys(r, "passages", profile_passage_names[o.by], rows);
    }
    r->profile->passage = (chl_passage_kind)o.by;
    r->profile->party = o.carries == 1;
    r->profile->entry_row = row_of(o.entry);
    r->profile->exit_row = row_of(o.exit);
    return result;
}

static chl_err read_egress(struct profile_reading *r)
{
    struct egress_options o = {.by = CHL_EGRESS_MECHANICAL, .direction = 1};
    struct chl_yaml_node node = profile_section_node(r, "egress");
    if (node.index == 0 && r->profile->release == CHL_RELEASE_NONE) {
        r->profile->egress = CHL_EGRESS_MECHANICAL;
        r->profile->exit_direction = directions[1];
        return CHL_OK;
    }
    chl_err result = chl_yaml_read(r->yaml, node, profile_egress_table, NULL, &o, r->error);
    r->profile->egress = (chl_egress_kind)o.by;
    r->profile->exit_direction = directions[o.direction];
    return result;
}

/** Sections that a device that releases must have beside the needed ones. */
static chl_err check_sections(struct profile_reading *r)
{
    static const char *const needed[] = {"egress", "fail-safe"};
    for (size_t i = 0; r->profile->release != CHL_RELEASE_NONE && i < 2; i++) {
        if (profile_section_node(r, needed[i]).index == 0) {
            return chl_yaml_refuse(r->yaml, r->root, r->error,
                                   "expected section '%s' for a device that releases by %s, got "
                                   "none; add it",
                                   needed[i], chl_release_name(r->profile->release));
        }
    }
    return CHL_OK;
}

chl_err profile_read_commands(struct profile_reading *r)
{
    chl_err result = read_release(r);
    result = result != CHL_OK ? result : check_sections(r);
    result = result != CHL_OK ? result : read_passages(r);
    return result != CHL_OK ? result : read_egress(r);
}
