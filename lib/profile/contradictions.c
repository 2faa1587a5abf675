/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a profile cannot say at once: commands without their registers, promises without a
 *  watchdog.
 */
#include "lib/profile/internal.h"

#include <string.h>

static bool present(const struct profile_reading *r, chl_register_role role)
{
    return r->profile->registers[role].present;
}

static chl_err need_role(struct profile_reading *r, const char *section, const char *key,
                         chl_register_role role)
{
    if (present(r, role)) {
        return CHL_OK;
    }
    return chl_yaml_refuse(r->yaml, profile_place(r, section, key), r->error,
                           "expected register '%s' for this '%s', got none in 'registers'; add it",
                           chl_register_role_name(role), section);
}

/** A row of a register, −1 when none is stated. */
static chl_err check_row(struct profile_reading *r, const char *section, const char *key,
                         chl_register_role role, int row)
{
    const unsigned rows = r->profile->registers[role].rows;
    if (row < 0 || (unsigned)row < rows) {
        return CHL_OK;
    }
    return chl_yaml_refuse(r->yaml, profile_place(r, section, key), r->error,
                           "expected 1 to %u for '%s', got %d; '%s' has no more rows", rows, key,
                           row + 1, chl_register_role_name(role));
}

static chl_err need_values(struct profile_reading *r, chl_register_role role,
                           const char *const *names, const uint16_t *values)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (!profile_has(r, "values", names[i])) {
            struct chl_yaml_node section = profile_section_node(r, "values");
            return chl_yaml_refuse(r->yaml, section.index != 0 ? section : r->root, r->error,
                                   "expected '%s' in 'values' for '%s', got none; add it", names[i],
                                   chl_register_role_name(role));
        }
        if (values[i] > r->profile->registers[role].max) {
            return chl_yaml_refuse(r->yaml, profile_place(r, "values", names[i]), r->error,
                                   "expected at most %lu for '%s', got %u; '%s' takes no more",
                                   (unsigned long)r->profile->registers[role].max, names[i],
                                   values[i], chl_register_role_name(role));
        }
    }
    return CHL_OK;
}

static chl_err check_values(struct profile_reading *r)
{
    static const char *const grants[] = {"grant-cancel", "grant-max", "grant-free", NULL};
    static const char *const modes[] = {"mode-normal", "mode-blocked", "mode-emergency", NULL};
    const struct chl_profile *p = r->profile;
    const uint16_t grant[] = {p->grant_cancel, p->grant_max, p->grant_free};
    const uint16_t mode[] = {p->mode_normal, p->mode_blocked, p->mode_emergency};
    chl_err result = CHL_OK;
    if (present(r, CHL_REG_ENTRY_GRANT)) {
        result = need_values(r, CHL_REG_ENTRY_GRANT, grants, grant);
    }
    if (result == CHL_OK && present(r, CHL_REG_EXIT_GRANT)) {
        result = need_values(r, CHL_REG_EXIT_GRANT, grants, grant);
    }
    if (result == CHL_OK && present(r, CHL_REG_MODE)) {
        result = need_values(r, CHL_REG_MODE, modes, mode);
    }
    return result;
}

static chl_err check_pulse(struct profile_reading *r)
{
    const struct chl_profile *p = r->profile;
    if (p->release != CHL_RELEASE_FLASH) {
        return CHL_OK;
    }
    const int64_t ticks = p->pulse_ms / p->flash_tick_ms;
    const struct chl_register *flash = &p->registers[CHL_REG_FLASH];
    if (p->pulse_ms % p->flash_tick_ms != 0 || ticks < 1 || ticks > flash->max) {
        return chl_yaml_refuse(
            r->yaml, profile_place(r, "release", "pulse"), r->error,
            "expected a pulse of 1 to %lu ticks of %lld ms, got %lld ms; write a "
            "whole number of ticks",
            (unsigned long)flash->max, (long long)p->flash_tick_ms, (long long)p->pulse_ms);
    }
    return CHL_OK;
}

/** Entry that is held open must close by itself when we are gone, or be taken back. */
static chl_err check_hold(struct profile_reading *r)
{
    const struct chl_profile *p = r->profile;
    struct chl_yaml_node at = profile_place(r, "release", "hold");
    const bool pulses = p->release == CHL_RELEASE_FLASH || p->release == CHL_RELEASE_PULSE;
    if (p->release == CHL_RELEASE_NONE) {
        return CHL_OK;
    }
    if ((p->hold == CHL_HOLD_GRANT) == pulses) {
        return chl_yaml_refuse(r->yaml, at, r->error, "expected hold: %s with 'by: %s', got %s",
                               pulses ? "latch or repeat" : "grant", chl_release_name(p->release),
                               chl_hold_name(p->hold));
    }
    if (p->hold != CHL_HOLD_LATCH) {
        return CHL_OK;
    }
    return need_role(r, "release", "hold", CHL_REG_OUTPUT);
}

static chl_err check_release(struct profile_reading *r)
{
    const struct chl_profile *p = r->profile;
    chl_err result =
        p->release == CHL_RELEASE_NONE ? CHL_OK : need_role(r, "release", "by", p->release_role);
    result = result != CHL_OK ? result : check_pulse(r);
    result = result != CHL_OK ? result : check_hold(r);
    result =
        result != CHL_OK ? result : check_row(r, "release", "row", p->release_role, p->release_row);
    result = result != CHL_OK ? result
                              : check_row(r, "release", "close-row", p->release_role, p->close_row);
    if (result == CHL_OK && p->close_row >= 0 && p->close_row == p->release_row) {
        result = chl_yaml_refuse(r->yaml, profile_place(r, "release", "close-row"), r->error,
                                 "expected another output than 'row', got %d for both; one opens, "
                                 "the other closes",
                                 p->close_row + 1);
    }
    return result;
}

static chl_err check_passages(struct profile_reading *r)
{
    const struct chl_profile *p = r->profile;
    chl_err result = CHL_OK;
    if (p->passage == CHL_PASSAGE_NONE) {
        return CHL_OK;
    }
    if (p->passage == CHL_PASSAGE_COUNT) {
        result = need_role(r, "passages", "by", CHL_REG_ENTRY_COUNT);
        result = result != CHL_OK ? result : need_role(r, "passages", "by", CHL_REG_EXIT_COUNT);
        if (result == CHL_OK &&
            p->registers[CHL_REG_ENTRY_COUNT].words != p->registers[CHL_REG_EXIT_COUNT].words) {
            result =
                chl_yaml_refuse(r->yaml, profile_place(r, "registers", "exit-count"), r->error,
                                "expected as many words as 'entry-count', got %u; both wrap at "
                                "the same width",
                                p->registers[CHL_REG_EXIT_COUNT].words);
        }
        return result;
    }
    const chl_register_role role =
        p->passage == CHL_PASSAGE_COUNTER ? CHL_REG_COUNTER : CHL_REG_INPUT;
    result = need_role(r, "passages", "by", role);
    result = result != CHL_OK ? result : check_row(r, "passages", "entry", role, p->entry_row);
    result = result != CHL_OK ? result : check_row(r, "passages", "exit", role, p->exit_row);
    if (result == CHL_OK && p->entry_row >= 0 && p->entry_row == p->exit_row) {
        result = chl_yaml_refuse(r->yaml, profile_place(r, "passages", "exit"), r->error,
                                 "expected another row than 'entry', got %d for both ways",
                                 p->exit_row + 1);
    }
    return result;
}

static chl_err check_block(struct profile_reading *r)
{
    static const chl_register_role polled[] = {
        CHL_REG_ENTRY_GRANT, CHL_REG_EXIT_GRANT, CHL_REG_ENTRY_OBJECT, CHL_REG_EXIT_OBJECT,
        CHL_REG_ENTRY_COUNT, CHL_REG_EXIT_COUNT, CHL_REG_ERROR};
    const struct chl_profile *p = r->profile;
    const unsigned end = (unsigned)p->read_block_start + p->read_block_count;
    for (size_t i = 0; p->read_block_count > 0 && i < sizeof polled / sizeof *polled; i++) {
        const struct chl_register *reg = &p->registers[polled[i]];
        const char *name = chl_register_role_name(polled[i]);
        if (reg->present && (reg->area != CHL_AREA_HOLDING || reg->address < p->read_block_start ||
                             (unsigned)reg->address + reg->words > end)) {
            return chl_yaml_refuse(r->yaml, profile_place(r, "registers", name), r->error,
                                   "expected '%s' inside the read block (%u holding registers from "
                                   "0x%X), got %s 0x%X",
                                   name, p->read_block_count, p->read_block_start,
                                   chl_area_name(reg->area), reg->address);
        }
    }
    return CHL_OK;
}

/** An overflow flag belongs to the counter of its row. */
static chl_err check_overflow(struct profile_reading *r)
{
    const struct chl_register *overflow = &r->profile->registers[CHL_REG_OVERFLOW];
    const struct chl_register *counter = &r->profile->registers[CHL_REG_COUNTER];
    if (overflow->present && (!counter->present || counter->rows != overflow->rows)) {
        return chl_yaml_refuse(r->yaml, profile_place(r, "registers", "overflow"), r->error,
                               "expected as many rows as 'counter' has, got %u and %u",
                               overflow->rows, counter->present ? counter->rows : 0U);
    }
    return CHL_OK;
}

/** A setting with rows has one for each output that releases. */
static chl_err check_setting_rows(struct profile_reading *r)
{
    const struct chl_profile *p = r->profile;
    const unsigned rows = p->registers[p->release_role].rows;
    for (size_t i = 0; p->release != CHL_RELEASE_NONE && i < p->setting_count; i++) {
        const struct chl_setting *s = &p->settings[i];
        if (s->reg.rows > 1 && s->reg.rows != rows) {
            return chl_yaml_refuse_key(r->yaml, profile_place(r, "settings", s->name), r->error,
                                       "expected one row or %u in setting '%.40s', as many as '%s' "
                                       "has, got %u; a gate looks at the row of its output",
                                       rows, s->name, chl_register_role_name(p->release_role),
                                       s->reg.rows);
        }
    }
    return CHL_OK;
}

chl_err profile_check_commands(struct profile_reading *r)
{
    chl_err result = check_values(r);
    result = result != CHL_OK ? result : check_release(r);
    result = result != CHL_OK ? result : check_setting_rows(r);
    result = result != CHL_OK ? result : check_passages(r);
    result = result != CHL_OK ? result : check_overflow(r);
    if (result == CHL_OK && r->profile->egress == CHL_EGRESS_GRANT) {
        result = need_role(r, "egress", "by", CHL_REG_EXIT_GRANT);
    }
    return result != CHL_OK ? result : check_block(r);
}

static chl_err check_no_watchdog(struct profile_reading *r)
{
    static const char *const keys[] = {"timeout", "tick"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (profile_has(r, "fail-safe", keys[i])) {
            return chl_yaml_refuse_key(r->yaml, profile_place(r, "fail-safe", keys[i]), r->error,
                                       "expected no '%s' with 'watchdog: none', got one; take one "
                                       "of the two out",
                                       keys[i]);
        }
    }
    if (chl_profile_does_alone(r->profile, CHL_LINK_FREE)) {
        return chl_yaml_refuse(
            r->yaml, profile_place(r, "fail-safe", "alone"), r->error,
            "expected hold or free-exit with 'watchdog: none', got free; a device "
            "that does not notice a lost link opens nothing");
    }
    if (r->profile->hold == CHL_HOLD_LATCH) {
        return chl_yaml_refuse(r->yaml, profile_place(r, "release", "hold"), r->error,
                               "expected hold: repeat for a device with 'watchdog: none', got "
                               "latch; nobody would close it when we are gone");
    }
    for (size_t i = 0; i < r->profile->setting_count; i++) {
        const struct chl_setting *s = &r->profile->settings[i];
        if (s->want == CHL_WANT_LINK_LOSS) {
            return chl_yaml_refuse_key(r->yaml, profile_place(r, "settings", s->name), r->error,
                                       "expected no 'want: link-loss' with 'watchdog: none', got "
                                       "setting '%.40s'; it would never act",
                                       s->name);
        }
    }
    return CHL_OK;
}

chl_err profile_check_fail_safe(struct profile_reading *r)
{
    const struct chl_profile *p = r->profile;
    if (!p->watchdog) {
        return check_no_watchdog(r);
    }
    if (p->timeout_setting == NULL || p->timeout_tick_ms == 0) {
        return chl_yaml_refuse(r->yaml, profile_place(r, "fail-safe", "watchdog"), r->error,
                               "expected 'timeout' and 'tick' with 'watchdog: poll-timeout', got "
                               "no '%s'; a watchdog has a time",
                               p->timeout_setting == NULL ? "timeout" : "tick");
    }
    const struct chl_setting *timeout = chl_profile_setting(p, p->timeout_setting);
    if (timeout == NULL || timeout->reg.min < 1 || timeout->reg.rows > 1 ||
        (timeout->want != CHL_WANT_VALUE && timeout->want != CHL_WANT_LINK_LOSS)) {
        return chl_yaml_refuse(r->yaml, profile_place(r, "fail-safe", "timeout"), r->error,
                               "expected a setting with 'min' of 1 or more, one row and 'want: "
                               "value' or 'link-loss', got '%.40s'; a watchdog that is off or of "
                               "any length promises nothing",
                               p->timeout_setting);
    }
    return CHL_OK;
}
