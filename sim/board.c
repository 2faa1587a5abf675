/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The life of a simulated unit: made, told the time, watched, restarted. See board.h.
 */
#include "sim/board.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"

chl_err board_init(struct board *board, const struct chl_profile *profile, int64_t now_ns)
{
    memset(board, 0, sizeof *board);
    board->profile = profile;
    if (!board_map(board)) {
        board_free(board);
        return CHL_E_NOMEM;
    }
    board_factory(board);
    board->has_device = profile->registers[CHL_REG_ENTRY_GRANT].present;
    if (board->has_device) {
        device_init(&board->device, profile);
    }
    board->booted_ns = board->talked_ns = now_ns;
    return CHL_OK;
}

void board_free(struct board *board)
{
    free(board->stored);
    free(board->active);
    board->stored = board->active = NULL;
}

unsigned board_rows(const struct board *board, chl_register_role role)
{
    const struct chl_register *reg = &board->profile->registers[role];
    return reg->present ? reg->rows : 0;
}

static void restart_settings(struct board *board)
{
    for (size_t i = 0; i < board->place_count; i++) {
        const struct board_place *place = &board->places[i];
        if (place->setting < 0) {
            continue;
        }
        /* What acts only after a restart must outlive it. */
        bool kept = place->reg->persistent || place->reg->needs_reboot;
        for (unsigned row = 0; row < place->reg->rows; row++) {
            uint32_t *cell = &board->stored[place->cell + row];
            *cell = kept ? *cell : place->reg->dflt;
            board->active[place->cell + row] = *cell;
        }
    }
}

/** Where relays stand when power comes back: 0 the safe state, 1 as before; else off. */
static bool power_on_state(const struct board *board, unsigned row, bool before)
{
    enum { SAFE = 0, LAST = 1, NONE = 2 };
    uint32_t choice = board_setting(board, "power-on-state", 0, NONE);
    if (choice == LAST) {
        return before;
    }
    return choice == SAFE && board_setting(board, "safe-state", row, 0) == 1;
}

void board_reboot(struct board *board, int64_t now_ns)
{
    restart_settings(board);
    for (unsigned row = 0; row < board_rows(board, CHL_REG_OUTPUT); row++) {
        struct board_output *output = &board->outputs[row];
        bool on = power_on_state(board, row, output->on);
        output->until_ns = output->again_ns = 0;
        output->pulses_left = 0;
        board_switch(board, row, on, now_ns);
    }
    for (unsigned row = 0; row < BOARD_ROWS_MAX; row++) {
        struct board_input *input = &board->inputs[row];
        if (!board->profile->registers[CHL_REG_COUNTER].persistent) {
            input->count = input->previous = 0;
            input->overflow = false;
        }
        memset(&board->lamps[row], 0, sizeof board->lamps[row]);
    }
    if (board->has_device) {
        device_reboot(&board->device);
    }
    board->booted_ns = board->talked_ns = now_ns;
    board->tripped = board->restart = false;
    board->reboots++;
    board->due_ns = 0;
}

void board_talked(struct board *board, int64_t now_ns)
{
    /* The relays stay as the safe state left them: the next command moves them. */
    board->tripped = false;
    board->talked_ns = now_ns;
}

/** Safe states when nobody has talked for the watchdog's time. */
static void trip(struct board *board, int64_t now_ns)
{
    board->tripped = true;
    board->trips++;
    for (unsigned row = 0; row < board_rows(board, CHL_REG_OUTPUT); row++) {
        if (board_setting(board, "safe-apply", row, 1) != 1) {
            continue;
        }
        struct board_output *output = &board->outputs[row];
        output->until_ns = output->again_ns = 0;
        output->pulses_left = 0;
        board_switch(board, row, board_setting(board, "safe-state", row, 0) == 1, now_ns);
    }
}

int64_t board_tick_watchdog(struct board *board, int64_t now_ns)
{
    enum { POWER_ONLY = 1 };
    const struct chl_profile *profile = board->profile;
    if (!profile->watchdog || profile->timeout_setting == NULL || board->tripped ||
        board_setting(board, "safety-trigger", 0, 0) == POWER_ONLY) {
        return INT64_MAX;
    }
    int64_t ticks = board_setting(board, profile->timeout_setting, 0, 0);
    if (ticks == 0) {
        return INT64_MAX;
    }
    int64_t due_ns = board->talked_ns + ticks * profile->timeout_tick_ms * CHL_NS_PER_MS;
    if (now_ns < due_ns) {
        return due_ns;
    }
    trip(board, now_ns);
    return INT64_MAX;
}

void board_tick(struct board *board, int64_t now_ns)
{
    if (board->has_device) {
        device_tick(&board->device, now_ns);
    }
    if (now_ns < board->due_ns) {
        return;
    }
    int64_t watchdog = board_tick_watchdog(board, now_ns);
    int64_t outputs = board_tick_outputs(board, now_ns);
    int64_t inputs = board_tick_inputs(board, now_ns);
    int64_t due = outputs < inputs ? outputs : inputs;
    board->due_ns = due < watchdog ? due : watchdog;
}
