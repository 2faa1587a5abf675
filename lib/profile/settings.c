/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The sections fail-safe and settings: what the device keeps, and which value is right.
 */
#include "lib/profile/internal.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fail_safe_options {
    int watchdog;
    const char *timeout, *source;
    int64_t tick_ms;
    struct chl_list alone;
};

struct setting_options {
    struct register_options reg;
    const char *role, *about_vi, *about_en;
    int kind, want, of;
    bool complement, fixed;
    int64_t value, tick_ms, per_loss[CHL_LINK_LOSS_COUNT];
};

static const char *const watchdogs[] = {"none", "poll-timeout", NULL};
static const char *const kinds[] = {"plain", "address", "line", NULL};
static const char *const wants[] = {"none", "value", "pass-time", "link-loss", NULL};
static const char *const rows_of[] = {"both", "input", "output", NULL};
static const char *const link_losses[] = {
#define LOSS(id, text) text,
    CHL_LINK_LOSSES(LOSS)
#undef LOSS
        NULL};

#define AT(field) offsetof(struct fail_safe_options, field)
const struct chl_opt profile_fail_safe_table[] = {
    {.name = "watchdog",
     .type = CHL_OPT_ENUM,
     .required = true,
     .choices = watchdogs,
     .offset = AT(watchdog),
     .help_vi = "poll-timeout: tự về trạng thái an toàn khi không ai hỏi; none: không có",
     .help_en = "`poll-timeout`: it goes to its safe state by itself when nobody talks to it; "
                "`none`: it has no such thing"},
    {.name = "timeout",
     .type = CHL_OPT_STR,
     .max = 48,
     .offset = AT(timeout),
     .help_vi = "Thông số giữ thời gian đó",
     .help_en = "setting that holds that time"},
    {.name = "tick",
     .type = CHL_OPT_DURATION_MS,
     .min = 1,
     .max = 3600000,
     .offset = AT(tick_ms),
     .help_vi = "1 nghĩa là bao lâu ở đó",
     .help_en = "what 1 means there"},
    {.name = "alone",
     .type = CHL_OPT_LIST,
     .required = true,
     .max = CHL_LINK_LOSS_COUNT,
     .offset = AT(alone),
     .help_vi = "Những gì nó tự làm được khi mất liên lạc: hold, free-exit, free",
     .help_en = "what it does by itself when the link is lost: `hold`, `free-exit`, `free`"},
    {.name = "source",
     .type = CHL_OPT_STR,
     .max = 256,
     .offset = AT(source),
     .help_vi = "Tài liệu nêu điều này, nếu khác profile.source",
     .help_en = "where this comes from, if not from `profile.source`"},
    {.name = NULL}};
#undef AT

#define AT(field) offsetof(struct setting_options, field)
const struct chl_opt profile_setting_table[] = {
    {.name = "register",
     .type = CHL_OPT_STR,
     .max = 48,
     .offset = AT(role),
     .help_vi = "Là thanh ghi này trong registers; khi đó không nêu địa chỉ",
     .help_en = "it is this role of `registers`; then no address of its own"},
    {.name = "about-vi",
     .type = CHL_OPT_STR,
     .required = true,
     .max = 160,
     .offset = AT(about_vi),
     .help_vi = "Giải thích bằng tiếng Việt",
     .help_en = "what it is, in Vietnamese"},
    {.name = "about-en",
     .type = CHL_OPT_STR,
     .required = true,
     .max = 160,
     .offset = AT(about_en),
     .help_vi = "Giải thích bằng tiếng Anh",
     .help_en = "what it is, in English"},
    {.name = "kind",
     .type = CHL_OPT_ENUM,
     .dflt = "plain",
     .choices = kinds,
     .offset = AT(kind),
     .help_vi = "address, line: chỉ đổi khi bus có một thiết bị",
     .help_en = "`address`, `line`: changed only on a bus with one unit"},
    {.name = "complement",
     .type = CHL_OPT_BOOL,
     .dflt = "false",
     .offset = AT(complement),
     .help_vi = "Thanh ghi kế tiếp giữ phần bù; ghi cả hai trong một lệnh",
     .help_en = "the next register holds the one's complement; both go in one write"},
    {.name = "want",
     .type = CHL_OPT_ENUM,
     .dflt = "none",
     .choices = wants,
     .offset = AT(want),
     .help_vi =
         "Giá trị đúng: value; pass-time: theo cổng; link-loss: theo on_link_loss; none: bất "
         "kỳ",
     .help_en = "which value is right: `value`; `pass-time` of the gate; `link-loss`: by the "
                "gate's on_link_loss, part of the fail-safe; `none`: any"},
    {.name = "of",
     .type = CHL_OPT_ENUM,
     .dflt = "both",
     .choices = rows_of,
     .offset = AT(of),
     .help_vi = "Các hàng là của đầu vào hay đầu ra: input: chỉ hàng đếm cần; output: chỉ hàng mở; "
                "both: đầu vào và đầu ra cùng số",
     .help_en = "with `rows`, what they belong to: `input`: only rows that count need it; "
                "`output`: only rows that release; `both`: an input and the output of its number"},
    {.name = "fixed",
     .type = CHL_OPT_BOOL,
     .dflt = "false",
     .offset = AT(fixed),
     .help_vi = "Chương trình dựa vào giá trị này: địa điểm không được đổi; chỉ với want: value",
     .help_en =
         "the driver relies on the value: no site may wish another; only with `want: value`"},
    {.name = "value",
     .type = CHL_OPT_INT,
     .max = UINT32_MAX,
     .offset = AT(value),
     .help_vi = "Với want: value",
     .help_en = "for `want: value`"},
    {.name = "tick",
     .type = CHL_OPT_DURATION_MS,
     .min = 1,
     .max = 3600000,
     .offset = AT(tick_ms),
     .help_vi = "Với want: pass-time: 1 nghĩa là bao lâu",
     .help_en = "for `want: pass-time`: what 1 means"},
    {.name = "hold",
     .type = CHL_OPT_INT,
     .max = UINT32_MAX,
     .offset = AT(per_loss[CHL_LINK_HOLD]),
     .help_vi = "Với want: link-loss",
     .help_en = "for `want: link-loss`: the value that keeps entry shut"},
    {.name = "free-exit",
     .type = CHL_OPT_INT,
     .max = UINT32_MAX,
     .offset = AT(per_loss[CHL_LINK_FREE_EXIT]),
     .help_vi = "Với want: link-loss",
     .help_en = "the same, and the way out free"},
    {.name = "free",
     .type = CHL_OPT_INT,
     .max = UINT32_MAX,
     .offset = AT(per_loss[CHL_LINK_FREE]),
     .help_vi = "Với want: link-loss",
     .help_en = "the value that opens both ways"},
    PROFILE_REGISTER_OPTIONS(struct setting_options, false),
    {.name = NULL}};
#undef AT

const char *chl_link_loss_name(chl_link_loss what)
{
    return (unsigned)what < CHL_LINK_LOSS_COUNT ? link_losses[what] : "unknown";
}

void chl_profile_alone_text(const struct chl_profile *profile, char out[32])
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < CHL_LINK_LOSS_COUNT; i++) {
        if (chl_profile_does_alone(profile, (chl_link_loss)i)) {
            const int n =
                snprintf(out + used, 32 - used, "%s%s", used > 0 ? ", " : "", link_losses[i]);
            used += n > 0 ? (size_t)n : 0;
        }
    }
}

chl_err profile_read_fail_safe(struct profile_reading *r)
{
    struct fail_safe_options o;
    struct chl_yaml_node node = profile_section_node(r, "fail-safe");
    struct chl_profile *p = r->profile;
    memset(&o, 0, sizeof o);
    if (node.index == 0 && p->release == CHL_RELEASE_NONE) {
        return CHL_OK; /* a board that only counts promises nothing */
    }
    chl_err result = chl_yaml_read(r->yaml, node, profile_fail_safe_table, NULL, &o, r->error);
    for (size_t i = 0; result == CHL_OK && i < o.alone.count; i++) {
        unsigned what = 0;
        while (what < CHL_LINK_LOSS_COUNT && strcmp(o.alone.items[i], link_losses[what]) != 0) {
            what++;
        }
        if (what == CHL_LINK_LOSS_COUNT) {
            return chl_yaml_refuse(r->yaml, profile_place(r, "fail-safe", "alone"), r->error,
                                   "expected hold, free-exit or free in 'alone', got '%.20s'",
                                   o.alone.items[i]);
        }
        p->alone |= 1U << what;
    }
    p->watchdog = o.watchdog == 1;
    p->timeout_setting = o.timeout;
    p->timeout_tick_ms = o.tick_ms;
    return result;
}

/** A setting is one of the registers, or has a place of its own. */
static chl_err place_setting(struct profile_reading *r, struct chl_yaml_node node, const char *name,
                             const struct setting_options *o, struct chl_register *out)
{
    static const char *const own[] = {"address", "access",  "area", "words", "word-order", "rows",
                                      "stride",  "default", "min",  "max",   "unit",       NULL};
    const struct register_rule rule = {name, 1U << CHL_AREA_HOLDING | 1U << CHL_AREA_COIL,
                                       1U << 1 | 1U << 2, true};
    if (o->role == NULL) {
        for (size_t i = 0; i < 2; i++) {
            if (chl_yaml_get(r->yaml, node, own[i]).index == 0) {
                return chl_yaml_refuse_key(r->yaml, node, r->error,
                                           "expected 'address' and 'access', or 'register', for "
                                           "setting '%.40s', got no '%s'",
                                           name, own[i]);
            }
        }
        return profile_make_register(r, node, &o->reg, &rule, out);
    }
    for (size_t i = 0; own[i] != NULL; i++) {
        if (chl_yaml_get(r->yaml, node, own[i]).index != 0) {
            return chl_yaml_refuse_key(r->yaml, chl_yaml_get(r->yaml, node, own[i]), r->error,
                                       "expected no '%s' beside 'register', got one; the register "
                                       "says it",
                                       own[i]);
        }
    }
    for (unsigned i = 0; i < CHL_REG_ROLE_COUNT; i++) {
        if (strcmp(chl_register_role_name((chl_register_role)i), o->role) == 0 &&
            r->profile->registers[i].present) {
            *out = r->profile->registers[i];
            return CHL_OK;
        }
    }
    return chl_yaml_refuse(r->yaml, chl_yaml_get(r->yaml, node, "register"), r->error,
                           "expected a role that 'registers' has, got '%.40s'", o->role);
}

static chl_err take_value(struct profile_reading *r, struct chl_yaml_node node, const char *key,
                          const struct chl_setting *s, int64_t value, int64_t *out)
{
    if (chl_yaml_get(r->yaml, node, key).index == 0) {
        return chl_yaml_refuse_key(r->yaml, node, r->error,
                                   "expected '%s' for setting '%.40s', which wants it, got none",
                                   key, s->name);
    }
    if (value < s->reg.min || value > s->reg.max) {
        return chl_yaml_refuse(r->yaml, chl_yaml_get(r->yaml, node, key), r->error,
                               "expected %lu to %lu for '%s' of '%.40s', got %lld",
                               (unsigned long)s->reg.min, (unsigned long)s->reg.max, key, s->name,
                               (long long)value);
    }
    *out = value;
    return CHL_OK;
}

static chl_err read_want(struct profile_reading *r, struct chl_yaml_node node,
                         const struct setting_options *o, struct chl_setting *s)
{
    static const char *const keys[] = {"value", "tick", "hold", "free-exit", "free"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const chl_want_kind belongs = i == 0   ? CHL_WANT_VALUE
                                      : i == 1 ? CHL_WANT_PASS_TIME
                                               : CHL_WANT_LINK_LOSS;
        struct chl_yaml_node at = chl_yaml_get(r->yaml, node, keys[i]);
        if (at.index != 0 && s->want != belongs) {
            return chl_yaml_refuse_key(r->yaml, at, r->error,
                                       "expected 'want: %s' beside '%s', got 'want: %s'",
                                       wants[belongs], keys[i], wants[s->want]);
        }
    }
    if (s->want == CHL_WANT_VALUE) {
        return take_value(r, node, "value", s, o->value, &s->wanted[0]);
    }
    if (s->want == CHL_WANT_PASS_TIME && o->tick_ms == 0) {
        return chl_yaml_refuse_key(r->yaml, node, r->error,
                                   "expected 'tick' with 'want: pass-time' for '%.40s', got none",
                                   s->name);
    }
    for (unsigned i = 0; s->want == CHL_WANT_LINK_LOSS && i < CHL_LINK_LOSS_COUNT; i++) {
        if (!chl_profile_does_alone(r->profile, (chl_link_loss)i)) {
            continue;
        }
        chl_err result = take_value(r, node, link_losses[i], s, o->per_loss[i], &s->wanted[i]);
        if (result != CHL_OK) {
            return result;
        }
    }
    return CHL_OK;
}

static chl_err check_setting(struct profile_reading *r, struct chl_yaml_node node,
                             const struct chl_setting *s)
{
    if (s->want != CHL_WANT_NONE && !s->reg.writable) {
        return chl_yaml_refuse_key(r->yaml, node, r->error,
                                   "expected access: read-write for setting '%.40s', which wants a "
                                   "value, got read",
                                   s->name);
    }
    if (s->fixed && s->want != CHL_WANT_VALUE) {
        return chl_yaml_refuse_key(r->yaml, chl_yaml_get(r->yaml, node, "fixed"), r->error,
                                   "expected 'want: value' beside 'fixed', got 'want: %s'",
                                   wants[s->want]);
    }
    struct chl_yaml_node of = chl_yaml_get(r->yaml, node, "of");
    if (of.index != 0 && s->reg.rows < 2) {
        return chl_yaml_refuse_key(r->yaml, of, r->error,
                                   "expected 'rows' of 2 or more beside 'of' for '%.40s', got %u",
                                   s->name, s->reg.rows);
    }
    if (s->of == CHL_ROWS_INPUT &&
        (s->want == CHL_WANT_PASS_TIME || s->want == CHL_WANT_LINK_LOSS)) {
        return chl_yaml_refuse(r->yaml, of, r->error,
                               "expected 'want: value' or none beside 'of: input', got 'want: %s'; "
                               "an input lets nobody in",
                               wants[s->want]);
    }
    if (s->reg.write_only) {
        return chl_yaml_refuse_key(r->yaml, node, r->error,
                                   "expected setting '%.40s' to be readable, got access: write; "
                                   "what cannot be read back cannot be verified",
                                   s->name);
    }
    if (s->has_complement && (s->reg.words != 1 || s->reg.rows > 1 ||
                              s->reg.area != CHL_AREA_HOLDING || s->reg.address == 65535)) {
        return chl_yaml_refuse_key(r->yaml, node, r->error,
                                   "expected one holding register with room behind it for the "
                                   "complement of '%.40s', got %u words, %u rows at 0x%04X",
                                   s->name, s->reg.words, s->reg.rows, s->reg.address);
    }
    return CHL_OK;
}

static chl_err read_setting(struct profile_reading *r, struct chl_yaml_node node, const char *name,
                            struct chl_setting *s)
{
    struct setting_options o;
    memset(&o, 0, sizeof o);
    chl_err result = chl_yaml_read(r->yaml, node, profile_setting_table, NULL, &o, r->error);
    if (result == CHL_OK && (name[0] == '\0' || strlen(name) > 48)) {
        result = chl_yaml_refuse_key(r->yaml, node, r->error,
                                     "expected a name of 1 to 48 bytes for a setting, got %zu",
                                     strlen(name));
    }
    if (result != CHL_OK) {
        return result;
    }
    *s = (struct chl_setting){.name = name,
                              .about_vi = o.about_vi,
                              .about_en = o.about_en,
                              .has_complement = o.complement,
                              .fixed = o.fixed,
                              .kind = (chl_setting_kind)o.kind,
                              .want = (chl_want_kind)o.want,
                              .of = (chl_rows_of)o.of,
                              .tick_ms = o.tick_ms};
    result = place_setting(r, node, name, &o, &s->reg);
    result = result != CHL_OK ? result : check_setting(r, node, s);
    return result != CHL_OK ? result : read_want(r, node, &o, s);
}

chl_err profile_read_settings(struct profile_reading *r)
{
    struct chl_yaml_node section = profile_section_node(r, "settings");
    const size_t count = chl_yaml_count(r->yaml, section);
    if (section.index == 0) {
        return CHL_OK;
    }
    if (chl_yaml_kind_of(r->yaml, section) != CHL_YAML_MAPPING || count > CHL_SETTINGS_MAX) {
        return chl_yaml_refuse(r->yaml, section, r->error,
                               "expected at most %d named settings in 'settings', got %s of %zu",
                               CHL_SETTINGS_MAX, chl_yaml_kind_name(r->yaml, section), count);
    }
    r->profile->settings = calloc(count + 1, sizeof *r->profile->settings);
    if (r->profile->settings == NULL) {
        return CHL_E_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        struct chl_yaml_node node = chl_yaml_item(r->yaml, section, i, &name);
        chl_err result = read_setting(r, node, name, &r->profile->settings[i]);
        if (result != CHL_OK) {
            return result;
        }
        r->profile->setting_count = i + 1;
    }
    return CHL_OK;
}
