/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Fuzz: any bytes as a site file.
 */
#include "core/config/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Rows are the board's, or none; a part that is there has a profile. */
static bool is_row(int row)
{
    return row >= -1 && row < 64;
}

static bool is_part(uint16_t unit, const char *profile, int a, int b)
{
    return unit == 0 || (unit <= 247 && profile != NULL && is_row(a) && is_row(b));
}

/** Hours are of a day and have a length, and only lanes that turn round have any. */
static void check_schedule(const struct config_gate *gate)
{
    bool good = gate->slot_count <= CONFIG_SLOTS_MAX &&
                (gate->slot_count == 0 || gate->way == CONFIG_WAY_REVERSIBLE);
    for (size_t i = 0; good && i < gate->slot_count; i++) {
        const struct config_slot *slot = &gate->slots[i];
        good = slot->from_min < 24 * 60 && slot->to_min <= 24 * 60 &&
               slot->from_min != slot->to_min && slot->days != 0 && slot->days < 0x80;
    }
    if (!good) {
        abort();
    }
}

static void check_device(const struct config_gate *gate)
{
    bool good = gate->profile != NULL && gate->unit >= 1 && gate->unit <= 247 &&
                is_row(gate->release_row) && is_row(gate->close_row);
    good = good && (gate->close_row < 0 || gate->close_row != gate->release_row);
    good =
        good && is_part(gate->count.unit, gate->count.profile, gate->count.entry, gate->count.exit);
    good = good && (gate->count.unit == 0 || gate->count.entry >= 0);
    good =
        good && is_part(gate->check.unit, gate->check.profile, gate->check.entry, gate->check.exit);
    good = good && is_part(gate->object.unit, gate->object.profile, gate->object.row, -1);
    good = good && is_part(gate->fire.unit, gate->fire.profile, gate->fire.row, -1);
    good = good && is_part(gate->tamper.unit, gate->tamper.profile, gate->tamper.row, -1);
    good = good &&
           is_part(gate->lamps.unit, gate->lamps.profile, gate->lamps.green, gate->lamps.sounder);
    for (size_t i = 0; good && i < gate->wish_count; i++) {
        good = gate->wishes[i].setting != NULL && gate->wishes[i].value >= 0;
    }
    if (!good) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = NULL;
    struct chl_yaml_error error;
    chl_err result = config_parse("/srv/site.yaml", (const char *)data, size,
                                  CHL_STAGE_DIR "/share/chilang", &config, &error);
    if (result != CHL_OK) {
        return 0;
    }
    for (size_t i = 0; i < config->gate_count; i++) {
        const struct config_gate *gate = &config->gates[i];
        if (gate->from == gate->to || gate->instance >= (int)config->instance_count ||
            gate->lane >= (int)config->lane_count) {
            abort();
        }
        check_schedule(gate);
        if (gate->instance >= 0) {
            check_device(gate);
        }
    }
    config_free(config);
    return 0;
}
