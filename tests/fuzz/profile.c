/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a device profile. What is taken keeps what the driver relies on.
 */
#include "lib/profile/profile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_register(const struct chl_register *reg)
{
    check(reg->rows >= 1 && reg->rows <= CHL_ROWS_MAX && reg->words >= 1 && reg->words <= 3);
    check(reg->stride >= reg->words);
    check(reg->address + (reg->rows - 1) * reg->stride + reg->words <= 65536);
    check(reg->min <= reg->max);
    check(!reg->writable || reg->area == CHL_AREA_HOLDING || reg->area == CHL_AREA_COIL);
    check(reg->unit != NULL);
}

static void check_row(const struct chl_profile *p, chl_register_role role, int row)
{
    check(row >= -1 && row < CHL_ROWS_MAX);
    check(row < 0 || (p->registers[role].present && row < p->registers[role].rows));
}

static void check_setting(const struct chl_profile *p, const struct chl_setting *s)
{
    check_register(&s->reg);
    check(s->about_vi != NULL && s->about_en != NULL && s->name[0] != '\0');
    check(!s->has_complement || s->reg.address < 65535);
    for (unsigned i = 0; i < CHL_LINK_LOSS_COUNT; i++) {
        const struct chl_wants wants = {.pass_time_ms = 7000, .on_link_loss = (chl_link_loss)i};
        int64_t value = -1;
        if ((s->want != CHL_WANT_LINK_LOSS || chl_profile_does_alone(p, (chl_link_loss)i)) &&
            chl_setting_wanted(s, &wants, &value)) {
            check(value >= s->reg.min && value <= s->reg.max);
        }
    }
}

static void check_profile(const struct chl_profile *p)
{
    check(p->id != NULL && p->name != NULL && p->vendor != NULL && p->source != NULL);
    check(p->units_max >= 1 && p->units_max <= 247 && p->delay_max_ms >= p->response_ms);
    check(p->read_block_count <= 125 && p->read_block_start + p->read_block_count <= 65536);
    for (int i = 0; i < CHL_REG_ROLE_COUNT; i++) {
        if (p->registers[i].present) {
            check_register(&p->registers[i]);
        }
    }
    if (p->release != CHL_RELEASE_NONE) {
        check(p->registers[p->release_role].present && p->registers[p->release_role].writable);
        check(p->alone != 0 && p->exit_direction != NULL);
        check_row(p, p->release_role, p->release_row);
        check_row(p, p->release_role, p->close_row);
    }
    check(p->release != CHL_RELEASE_FLASH || (p->flash_tick_ms > 0 && p->pulse_ms > 0));
    check(p->release == CHL_RELEASE_NONE || p->hold != CHL_HOLD_LATCH ||
          (p->watchdog && p->registers[CHL_REG_OUTPUT].present));
    check(p->watchdog || !chl_profile_does_alone(p, CHL_LINK_FREE));
    check(!p->watchdog ||
          (chl_profile_setting(p, p->timeout_setting) != NULL &&
           chl_profile_setting(p, p->timeout_setting)->reg.min > 0 && p->timeout_tick_ms > 0));
    if (p->passage == CHL_PASSAGE_COUNTER || p->passage == CHL_PASSAGE_EDGE) {
        const chl_register_role role =
            p->passage == CHL_PASSAGE_COUNTER ? CHL_REG_COUNTER : CHL_REG_INPUT;
        check(p->registers[role].present);
        check_row(p, role, p->entry_row);
        check_row(p, role, p->exit_row);
    }
    check(p->setting_count <= CHL_SETTINGS_MAX);
    for (size_t i = 0; i < p->setting_count; i++) {
        check_setting(p, &p->settings[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chl_profile *profile = NULL;
    struct chl_yaml_error error;
    memset(&error, 0, sizeof error);
    if (chl_profile_parse("x.yaml", (const char *)data, size, &profile, &error) == CHL_OK) {
        check_profile(profile);
        chl_profile_free(profile);
    } else {
        check(profile == NULL && error.text[0] != '\0');
    }
    return 0;
}
