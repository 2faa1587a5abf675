/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The relays and lamps of a simulated unit: on, off, and off again by themselves.
 */
#include "lib/base/time.h"
#include "sim/board.h"

enum { TENTH_MS = 100 };

void board_switch(struct board *board, unsigned row, bool on, int64_t now_ns)
{
    struct board_output *output = &board->outputs[row];
    if (output->on == on) {
        return;
    }
    output->on = on;
    output->closings += on ? 1 : 0;
    if (board->wires.switched != NULL) {
        board->wires.switched(board->wires.user, board, row, on, now_ns);
    }
}

static int64_t setting_ms(const struct board *board, const char *name, unsigned row)
{
    const struct chl_setting *setting = chl_profile_setting(board->profile, name);
    uint32_t value = board_setting(board, name, row, 0);
    if (setting == NULL) {
        return 0;
    }
    return (int64_t)(value > 0 ? value : 1) * board_unit_ms(setting->reg.unit);
}

/** How long the board's own timer keeps a relay closed. */
static int64_t pulse_ns(const struct board *board, unsigned row)
{
    static const char *const names[] = {"pulse-on-width", "on-pulse"};
    int64_t ms = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && ms == 0; i++) {
        ms = setting_ms(board, names[i], row);
    }
    ms = ms > 0 ? ms : board->profile->pulse_ms;
    return (ms > 0 ? ms : 1) * CHL_NS_PER_MS;
}

/** Whether switching a relay on starts a timer that ends it: the setting says so, or, where there
 *  is none, a profile that releases by this very coil. */
static bool ends_by_itself(const struct board *board, unsigned row)
{
    enum { ON_PULSE = 3 };
    const struct chl_profile *profile = board->profile;
    if (chl_profile_setting(profile, "timer-mode") != NULL) {
        return board_setting(board, "timer-mode", row, 0) == ON_PULSE;
    }
    return profile->release == CHL_RELEASE_PULSE && profile->release_role == CHL_REG_OUTPUT;
}

static void stop_train(struct board_output *output)
{
    output->until_ns = output->again_ns = 0;
    output->pulses_left = 0;
}

void board_output_command(struct board *board, unsigned row, bool on, int64_t now_ns)
{
    struct board_output *output = &board->outputs[row];
    stop_train(output);
    if (on && ends_by_itself(board, row)) {
        output->until_ns = now_ns + pulse_ns(board, row);
    }
    board_switch(board, row, on, now_ns);
    board->due_ns = 0;
}

void board_flash(struct board *board, unsigned row, uint16_t length, int64_t now_ns)
{
    struct board_output *output = &board->outputs[row];
    stop_train(output);
    output->until_ns = now_ns + length * board->profile->flash_tick_ms * CHL_NS_PER_MS;
    board_switch(board, row, true, now_ns);
    board->due_ns = 0;
}

void board_pulse_start(struct board *board, unsigned row, int64_t now_ns)
{
    struct board_output *output = &board->outputs[row];
    /* Where there is a count of pulses, 0 of them means without end. */
    uint32_t pulses = board_setting(board, "pulse-count", row, 1);
    stop_train(output);
    output->pulses_left = pulses == 0 ? UINT32_MAX : pulses - 1;
    output->until_ns = now_ns + pulse_ns(board, row);
    board_switch(board, row, true, now_ns);
    board->due_ns = 0;
}

static void tick_output(struct board *board, unsigned row, int64_t now_ns)
{
    struct board_output *output = &board->outputs[row];
    if (output->until_ns != 0 && now_ns >= output->until_ns) {
        int64_t off_ms = setting_ms(board, "pulse-off-width", row);
        output->again_ns = output->pulses_left > 0 ? output->until_ns + off_ms * CHL_NS_PER_MS : 0;
        output->until_ns = 0;
        board_switch(board, row, false, now_ns);
    }
    if (output->again_ns != 0 && now_ns >= output->again_ns) {
        output->again_ns = 0;
        output->pulses_left -= output->pulses_left == UINT32_MAX ? 0 : 1;
        output->until_ns = now_ns + pulse_ns(board, row);
        board_switch(board, row, true, now_ns);
    }
}

int64_t board_tick_outputs(struct board *board, int64_t now_ns)
{
    int64_t due = INT64_MAX;
    for (unsigned row = 0; row < board_rows(board, CHL_REG_OUTPUT); row++) {
        const struct board_output *output = &board->outputs[row];
        tick_output(board, row, now_ns);
        due = output->until_ns != 0 && output->until_ns < due ? output->until_ns : due;
        due = output->again_ns != 0 && output->again_ns < due ? output->again_ns : due;
    }
    return due;
}

bool board_lamp_lit(const struct board *board, unsigned row, int64_t now_ns)
{
    const struct board_lamp *lamp = &board->lamps[row];
    enum { ON, OFF, TOTAL };
    int64_t passed = (now_ns - lamp->since_ns) / (TENTH_MS * CHL_NS_PER_MS);
    int64_t cycle = (int64_t)lamp->words[ON] + lamp->words[OFF];
    bool runs = lamp->words[TOTAL] == BOARD_FOREVER || passed < lamp->words[TOTAL];
    return runs && lamp->words[ON] > 0 && passed % cycle < lamp->words[ON];
}
