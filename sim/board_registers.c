/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a read of a simulated unit shows, and what a write does.
 */
#include <string.h>

#include "lib/base/time.h"
#include "sim/board.h"

static uint32_t device_value(const struct device *device, chl_register_role role)
{
    const struct device_way *entry = &device->ways[DEVICE_ENTRY];
    const struct device_way *out = &device->ways[DEVICE_EXIT];
    switch (role) {
    case CHL_REG_ENTRY_GRANT:
        return entry->left;
    case CHL_REG_EXIT_GRANT:
        return out->left;
    case CHL_REG_ENTRY_OBJECT:
        return entry->occupied ? 1 : 0;
    case CHL_REG_EXIT_OBJECT:
        return out->occupied ? 1 : 0;
    case CHL_REG_ENTRY_COUNT:
        return entry->count;
    case CHL_REG_EXIT_COUNT:
        return out->count;
    case CHL_REG_ERROR:
        return device->error;
    case CHL_REG_MODE:
        return device->mode;
    case CHL_REG_ACCUMULATE:
        return device->accumulate;
    case CHL_REG_START_TIME:
        return (uint32_t)(device->start_ms / 1000);
    case CHL_REG_FINISH_TIME:
        return (uint32_t)(device->finish_ms / 1000);
    default:
        return 0;
    }
}

static uint32_t role_value(const struct board *board, chl_register_role role, unsigned row,
                           int64_t now_ns)
{
    switch (role) {
    case CHL_REG_OUTPUT:
        return board->outputs[row].on ? 1 : 0;
    case CHL_REG_FLASH:
    case CHL_REG_PULSE_START:
        return board->outputs[row].until_ns != 0 ? 1 : 0;
    case CHL_REG_INPUT:
        return board->inputs[row].closed ? 1 : 0;
    case CHL_REG_COUNTER:
        return board->inputs[row].count;
    case CHL_REG_OVERFLOW:
        return board->inputs[row].overflow ? 1 : 0;
    case CHL_REG_UPTIME: {
        int64_t unit = board_unit_ms(board->profile->registers[role].unit) * CHL_NS_PER_MS;
        return (uint32_t)((now_ns - board->booted_ns) / unit);
    }
    default:
        return device_value(&board->device, role);
    }
}

/** Fault "torn": the value before the last step, for the high word. */
static uint32_t older_value(const struct board *board, chl_register_role role, unsigned row,
                            uint32_t value)
{
    bool counts = role == CHL_REG_ENTRY_COUNT || role == CHL_REG_EXIT_COUNT;
    if (!board->torn) {
        return value;
    }
    return role == CHL_REG_COUNTER ? board->inputs[row].previous
                                   : value - (counts && value > 0 ? 1 : 0);
}

static uint16_t read_word(const struct board *board, const struct board_place *place, unsigned row,
                          unsigned word, int64_t now_ns)
{
    const struct chl_register *reg = place->reg;
    if (place->role == CHL_REG_LAMP) {
        return board->lamps[row].words[word];
    }
    uint32_t value = place->setting >= 0 ? board->stored[place->cell + row]
                                         : role_value(board, place->role, row, now_ns);
    if (word >= reg->words) {
        return (uint16_t)~value; /* the complement */
    }
    bool high = reg->words == 2 && (word == 1) == reg->low_word_first;
    return (uint16_t)(high ? older_value(board, place->role, row, value) >> 16 : value);
}

int board_read(struct board *board, chl_area area, uint16_t address, uint16_t count, uint16_t *out,
               int64_t now_ns)
{
    board_tick(board, now_ns);
    for (unsigned i = 0; i < count; i++) {
        unsigned row = 0;
        unsigned word = 0;
        const struct board_place *place =
            board_place_at(board, area, (uint32_t)address + i, &row, &word);
        if (place == NULL || place->reg->write_only || place->reboot) {
            return BOARD_ILLEGAL_ADDRESS;
        }
        out[i] = read_word(board, place, row, word, now_ns);
    }
    return BOARD_OK;
}

/** One write on its way. */
struct written {
    struct board *board;
    chl_area area;
    uint16_t address, count;
    const uint16_t *values;
    int64_t now_ns;
};

static bool word_written(const struct written *w, uint32_t address, uint16_t *value)
{
    if (address < w->address || address >= (uint32_t)w->address + w->count) {
        return false;
    }
    *value = w->values[address - w->address];
    return true;
}

/** The row's whole value once this write is done: words that it leaves out stay as they are. */
static uint32_t row_value(const struct written *w, const struct board_place *place, unsigned row)
{
    const struct chl_register *reg = place->reg;
    uint32_t value = 0;
    for (unsigned word = 0; word < reg->words && word < 2; word++) {
        uint16_t part = read_word(w->board, place, row, word, w->now_ns);
        (void)word_written(w, (uint32_t)chl_register_at(reg, row) + word, &part);
        bool high = reg->words == 2 && (word == 1) == reg->low_word_first;
        value |= high ? (uint32_t)part << 16 : part;
    }
    return value;
}

/** A value and its complement come in one write or not at all. */
static bool complement_right(const struct written *w, const struct board_place *place)
{
    uint16_t value = 0;
    uint16_t complement = 0;
    return word_written(w, place->reg->address, &value) &&
           word_written(w, (uint32_t)place->reg->address + 1, &complement) &&
           (value ^ complement) == UINT16_MAX;
}

static bool coil_right(const struct board_place *place, uint16_t raw)
{
    return place->role == CHL_REG_FLASH ? raw >= place->reg->min && raw <= place->reg->max
                                        : raw == BOARD_ON || raw == 0;
}

static int check_word(const struct written *w, unsigned i)
{
    unsigned row = 0;
    unsigned word = 0;
    const struct board_place *place =
        board_place_at(w->board, w->area, (uint32_t)w->address + i, &row, &word);
    if (place == NULL || !place->reg->writable) {
        return BOARD_ILLEGAL_ADDRESS;
    }
    if (w->area == CHL_AREA_COIL) {
        return coil_right(place, w->values[i]) ? BOARD_OK : BOARD_ILLEGAL_VALUE;
    }
    if (place->setting >= 0 && w->board->profile->settings[place->setting].has_complement &&
        !complement_right(w, place)) {
        return BOARD_ILLEGAL_VALUE;
    }
    if (place->role == CHL_REG_LAMP || place->reboot || word >= place->reg->words) {
        return BOARD_OK;
    }
    uint32_t value = row_value(w, place, row);
    return value < place->reg->min || value > place->reg->max ? BOARD_ILLEGAL_VALUE : BOARD_OK;
}

static void store_device(struct device *device, chl_register_role role, uint16_t value,
                         int64_t now_ns)
{
    switch (role) {
    case CHL_REG_ENTRY_GRANT:
        device_grant(device, DEVICE_ENTRY, value, now_ns);
        break;
    case CHL_REG_EXIT_GRANT:
        device_grant(device, DEVICE_EXIT, value, now_ns);
        break;
    case CHL_REG_MODE:
        device->mode = value;
        break;
    case CHL_REG_ACCUMULATE:
        device->accumulate = value;
        break;
    case CHL_REG_START_TIME:
        device->start_ms = (int64_t)value * 1000;
        break;
    case CHL_REG_FINISH_TIME:
        device->finish_ms = (int64_t)value * 1000;
        break;
    default:
        break;
    }
}

static void store_role(struct board *board, chl_register_role role, unsigned row, uint32_t value,
                       int64_t now_ns)
{
    switch (role) {
    case CHL_REG_OUTPUT:
        board_output_command(board, row, value != 0, now_ns);
        break;
    case CHL_REG_FLASH:
        board_flash(board, row, (uint16_t)value, now_ns);
        break;
    case CHL_REG_PULSE_START:
        if (value != 0) {
            board_pulse_start(board, row, now_ns);
        } else {
            board_output_command(board, row, false, now_ns);
        }
        break;
    case CHL_REG_COUNTER:
        board->inputs[row].count = board->inputs[row].previous = value;
        break;
    case CHL_REG_OVERFLOW:
        board->inputs[row].overflow = value != 0;
        break;
    default:
        store_device(&board->device, role, (uint16_t)value, now_ns);
        break;
    }
}

static void store_setting(struct board *board, const struct board_place *place, unsigned row,
                          uint32_t value)
{
    board->stored[place->cell + row] = value;
    if (!place->reg->needs_reboot) {
        board->active[place->cell + row] = value;
        board->due_ns = 0;
    }
}

static void store_word(const struct written *w, unsigned i)
{
    struct board *board = w->board;
    unsigned row = 0;
    unsigned word = 0;
    const struct board_place *place =
        board_place_at(board, w->area, (uint32_t)w->address + i, &row, &word);
    if (place == NULL || word >= place->reg->words) {
        return;
    }
    if (place->role == CHL_REG_LAMP) {
        board->lamps[row].words[word] = w->values[i];
        board->lamps[row].since_ns = w->now_ns;
        return;
    }
    uint32_t value = w->values[i];
    if (w->area != CHL_AREA_COIL) {
        /* A value of two words is stored with the last of them that was written. */
        uint16_t next = 0;
        if (word + 1 < place->reg->words && word_written(w, (uint32_t)w->address + i + 1, &next)) {
            return;
        }
        value = row_value(w, place, row);
    } else if (place->role != CHL_REG_FLASH) {
        value = value != 0 ? 1 : 0;
    }
    if (place->reboot) {
        board->restart = value == board->profile->reboot_value;
    } else if (place->setting >= 0) {
        store_setting(board, place, row, value);
    } else {
        store_role(board, place->role, row, value, w->now_ns);
    }
}

int board_write(struct board *board, chl_area area, uint16_t address, uint16_t count,
                const uint16_t *values, int64_t now_ns)
{
    const struct written w = {board, area, address, count, values, now_ns};
    board_tick(board, now_ns);
    for (unsigned i = 0; i < count; i++) {
        int exception = check_word(&w, i);
        if (exception != BOARD_OK) {
            return exception;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        store_word(&w, i);
    }
    return BOARD_OK;
}
