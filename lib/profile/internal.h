/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The reading of a profile, as its sections share it.
 */
#ifndef CHL_PROFILE_INTERNAL_H
#define CHL_PROFILE_INTERNAL_H

#include "lib/profile/profile.h"

struct profile_reading {
    struct chl_profile *profile;
    struct chl_yaml *yaml;
    struct chl_yaml_node root;
    struct chl_yaml_error *error;
};

/** One section: its key, what it is for and its options. The documentation is made of these. */
struct profile_section {
    const char *key;
    const struct chl_opt *table;
    const char *about;
};
/** Ends with `key == NULL`; in the order in which people write them. */
extern const struct profile_section profile_sections[];

extern const struct chl_opt profile_profile_table[], profile_link_table[], profile_values_table[];
extern const struct chl_opt profile_release_table[], profile_passages_table[],
    profile_egress_table[], profile_fail_safe_table[];
extern const struct chl_opt profile_register_table[], profile_setting_table[],
    profile_reboot_table[];
extern const char *const profile_release_names[], *const profile_hold_names[];
extern const char *const profile_passage_names[], *const profile_egress_names[];

/** What the options of a register are read into. */
struct register_options {
    int area, access, word_order;
    int64_t address, words, rows, stride, dflt, min, max;
    bool persistent, needs_reboot;
    const char *unit, *source;
};

/** The options of a register for a table whose struct holds them as `reg`. `needed`: whether
 *  address and access must be given. */
#define PROFILE_REGISTER_OPTIONS(holder, needed)                                                   \
    {.name = "address",                                                                            \
     .type = CHL_OPT_INT,                                                                          \
     .required = (needed),                                                                         \
     .max = 65535,                                                                                 \
     .offset = offsetof(holder, reg.address),                                                      \
     .help_vi = "Địa chỉ PDU, tính từ 0; viết thập phân hoặc 0x…",                                 \
     .help_en = "PDU address, from 0; decimal or `0x…`"},                                          \
        {.name = "access",                                                                         \
         .type = CHL_OPT_ENUM,                                                                     \
         .required = (needed),                                                                     \
         .choices = profile_access_names,                                                          \
         .offset = offsetof(holder, reg.access),                                                   \
         .help_vi = "write: lệnh, không đọc lại được",                                             \
         .help_en = "`write`: a command that cannot be read back"},                                \
        {.name = "area",                                                                           \
         .type = CHL_OPT_ENUM,                                                                     \
         .dflt = "holding",                                                                        \
         .choices = profile_area_names,                                                            \
         .offset = offsetof(holder, reg.area),                                                     \
         .help_vi = "Bảng Modbus chứa nó",                                                         \
         .help_en = "table of the Modbus data model"},                                             \
        {.name = "words",                                                                          \
         .type = CHL_OPT_INT,                                                                      \
         .dflt = "1",                                                                              \
         .min = 1,                                                                                 \
         .max = 3,                                                                                 \
         .offset = offsetof(holder, reg.words),                                                    \
         .help_vi = "Số từ 16 bit; coil và discrete: 1",                                           \
         .help_en = "words of 16 bits; coils and discrete inputs: 1"},                             \
        {.name = "word-order",                                                                     \
         .type = CHL_OPT_ENUM,                                                                     \
         .choices = profile_order_names,                                                           \
         .offset = offsetof(holder, reg.word_order),                                               \
         .help_vi = "Bắt buộc khi có 2 từ: không có thứ tự nào là đương nhiên",                    \
         .help_en = "must be said for 2 words: neither order goes without saying"},                \
        {.name = "rows",                                                                           \
         .type = CHL_OPT_INT,                                                                      \
         .dflt = "1",                                                                              \
         .min = 1,                                                                                 \
         .max = CHL_ROWS_MAX,                                                                      \
         .offset = offsetof(holder, reg.rows),                                                     \
         .help_vi = "Số thanh ghi cùng loại, mỗi đầu ra hay đầu vào một",                          \
         .help_en = "how many like it follow, one for each output or input"},                      \
        {.name = "stride",                                                                         \
         .type = CHL_OPT_INT,                                                                      \
         .max = 1000,                                                                              \
         .offset = offsetof(holder, reg.stride),                                                   \
         .help_vi = "Khoảng cách giữa hai hàng; mặc định bằng words",                              \
         .help_en = "from one row to the next; when absent: `words`"},                             \
        {.name = "default",                                                                        \
         .type = CHL_OPT_INT,                                                                      \
         .max = UINT32_MAX,                                                                        \
         .offset = offsetof(holder, reg.dflt),                                                     \
         .help_vi = "Giá trị xuất xưởng",                                                          \
         .help_en = "value after a factory reset"},                                                \
        {.name = "min",                                                                            \
         .type = CHL_OPT_INT,                                                                      \
         .max = UINT32_MAX,                                                                        \
         .offset = offsetof(holder, reg.min),                                                      \
         .help_vi = "Giá trị ghi nhỏ nhất",                                                        \
         .help_en = "least value that may be written"},                                            \
        {.name = "max",                                                                            \
         .type = CHL_OPT_INT,                                                                      \
         .max = UINT32_MAX,                                                                        \
         .offset = offsetof(holder, reg.max),                                                      \
         .help_vi = "Giá trị ghi lớn nhất; mặc định: hết độ rộng",                                 \
         .help_en = "greatest value; when absent: all that fits"},                                 \
        {.name = "unit",                                                                           \
         .type = CHL_OPT_STR,                                                                      \
         .dflt = "",                                                                               \
         .max = 16,                                                                                \
         .offset = offsetof(holder, reg.unit),                                                     \
         .help_vi = "1 nghĩa là gì: s, 100 ms",                                                    \
         .help_en = "what 1 means: `s`, `100 ms`"},                                                \
        {.name = "persistent",                                                                     \
         .type = CHL_OPT_BOOL,                                                                     \
         .dflt = "false",                                                                          \
         .offset = offsetof(holder, reg.persistent),                                               \
         .help_vi = "Còn giữ sau khi mất điện",                                                    \
         .help_en = "survives a loss of power"},                                                   \
        {.name = "needs-reboot",                                                                   \
         .type = CHL_OPT_BOOL,                                                                     \
         .dflt = "false",                                                                          \
         .offset = offsetof(holder, reg.needs_reboot),                                             \
         .help_vi = "Chỉ có hiệu lực sau khi khởi động lại",                                       \
         .help_en = "takes effect only after a restart"},                                          \
    {                                                                                              \
        .name = "source", .type = CHL_OPT_STR, .max = 256, .offset = offsetof(holder, reg.source), \
        .help_vi = "Tài liệu nêu điều này, nếu khác profile.source",                               \
        .help_en = "the document it comes from, where it is not `profile.source`"                  \
    }

extern const char *const profile_area_names[], *const profile_access_names[],
                                                   *const profile_order_names[];

/** A register from what its mapping said; `what` names it in refusals.
 *  @param areas bit n = area n is allowed. @param words bit n = n words are allowed. */
struct register_rule {
    const char *what;
    unsigned areas, words;
    bool rows;
};
chl_err profile_make_register(const struct profile_reading *r, struct chl_yaml_node node,
                              const struct register_options *options,
                              const struct register_rule *rule, struct chl_register *out);

/** Sections, in the order in which they may refer to each other. */
chl_err profile_read_basics(struct profile_reading *r);
chl_err profile_read_registers(struct profile_reading *r);
chl_err profile_read_commands(struct profile_reading *r);
chl_err profile_read_fail_safe(struct profile_reading *r);
chl_err profile_read_settings(struct profile_reading *r);
chl_err profile_read_reboot(struct profile_reading *r);
/** What must hold between sections. */
chl_err profile_check_places(struct profile_reading *r);
chl_err profile_check_functions(struct profile_reading *r);
chl_err profile_check_commands(struct profile_reading *r);
chl_err profile_check_fail_safe(struct profile_reading *r);

/** A section's node, absent when it is not there. */
struct chl_yaml_node profile_section_node(const struct profile_reading *r, const char *key);
/** A key's node within a section; its section or the root when absent, so that a refusal has a
 *  place. */
struct chl_yaml_node profile_place(const struct profile_reading *r, const char *section,
                                   const char *key);
/** Whether the section has this key. */
bool profile_has(const struct profile_reading *r, const char *section, const char *key);

#endif
