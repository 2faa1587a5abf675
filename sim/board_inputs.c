/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The contacts of a simulated unit, the counters behind them, and the relays they may
 * drive.
 */
#include <string.h>

#include "lib/base/time.h"
#include "sim/board.h"

/** A passage's contact, and the least time until the next one. */
enum { CONTACT_MS = 100, APART_MS = 60 };

static void count_edge(struct board *board, unsigned row)
{
    struct board_input *input = &board->inputs[row];
    const struct chl_register *reg = &board->profile->registers[CHL_REG_COUNTER];
    if (row >= board_rows(board, CHL_REG_COUNTER) ||
        board_setting(board, "counter-run", row, 1) == 0) {
        return;
    }
    input->previous = input->count;
    input->count = reg->words == 1 ? (input->count + 1) & 0xFFFF : input->count + 1;
    input->overflow = input->overflow || input->count == 0;
}

typedef enum { DRIVES_NOTHING, DRIVES_TOGGLE, DRIVES_FOLLOW, DRIVES_EDGE } drive;

/** What boards do with an input on their own, without any host; values from their documents. */
static drive drive_of(const struct board *board, unsigned row)
{
    static const struct {
        const char *setting;
        drive values[4];
    } rules[] = {
        {"input-mode", {DRIVES_TOGGLE, DRIVES_FOLLOW, DRIVES_NOTHING, DRIVES_NOTHING}},
        {"output-mode", {DRIVES_NOTHING, DRIVES_FOLLOW, DRIVES_TOGGLE, DRIVES_EDGE}},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        uint32_t value = board_setting(board, rules[i].setting, row, UINT32_MAX);
        if (value < sizeof rules[i].values / sizeof rules[i].values[0]) {
            return rules[i].values[value];
        }
    }
    return DRIVES_NOTHING;
}

static void drive_output(struct board *board, unsigned row, bool closed, int64_t now_ns)
{
    if (row >= board_rows(board, CHL_REG_OUTPUT)) {
        return;
    }
    bool on = board->outputs[row].on;
    switch (drive_of(board, row)) {
    case DRIVES_TOGGLE:
        on = closed ? !on : on;
        break;
    case DRIVES_FOLLOW:
        on = closed;
        break;
    case DRIVES_EDGE:
        on = !on;
        break;
    case DRIVES_NOTHING:
    default:
        return;
    }
    if (on != board->outputs[row].on) {
        board_output_command(board, row, on, now_ns);
    }
}

static void set_contact(struct board *board, unsigned row, bool closed, int64_t now_ns)
{
    if (board->inputs[row].closed == closed) {
        return;
    }
    board->inputs[row].closed = closed;
    if (board->dark) {
        return;
    }
    if (closed) {
        count_edge(board, row);
    }
    drive_output(board, row, closed, now_ns);
}

static void tick_input(struct board *board, unsigned row, int64_t now_ns)
{
    struct board_input *input = &board->inputs[row];
    if (input->until_ns != 0 && now_ns >= input->until_ns) {
        input->until_ns = 0;
        input->next_ns = now_ns + APART_MS * CHL_NS_PER_MS;
        set_contact(board, row, input->held, now_ns);
    }
    if (input->waiting > 0 && input->until_ns == 0 && now_ns >= input->next_ns) {
        input->waiting--;
        input->until_ns = now_ns + CONTACT_MS * CHL_NS_PER_MS;
        set_contact(board, row, true, now_ns);
    }
}

int64_t board_tick_inputs(struct board *board, int64_t now_ns)
{
    int64_t due = INT64_MAX;
    for (unsigned row = 0; row < BOARD_ROWS_MAX; row++) {
        const struct board_input *input = &board->inputs[row];
        tick_input(board, row, now_ns);
        due = input->until_ns != 0 && input->until_ns < due ? input->until_ns : due;
        due = input->waiting > 0 && input->next_ns > now_ns && input->next_ns < due ? input->next_ns
                                                                                    : due;
    }
    return due;
}

void board_pulse_input(struct board *board, unsigned row, int64_t now_ns)
{
    if (row < BOARD_ROWS_MAX) {
        board->inputs[row].waiting++;
        tick_input(board, row, now_ns);
        board->due_ns = 0;
    }
}

void board_hold_input(struct board *board, unsigned row, bool closed, int64_t now_ns)
{
    if (row < BOARD_ROWS_MAX) {
        struct board_input *input = &board->inputs[row];
        input->held = closed;
        set_contact(board, row, closed || input->until_ns != 0, now_ns);
        board->due_ns = 0;
    }
}
