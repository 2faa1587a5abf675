/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Which address of a simulated unit belongs to what, and the values of its settings.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/board.h"

enum { BAUD_PER_UNIT = 100 };

static bool covered(const struct board *board, const struct chl_register *reg)
{
    unsigned row = 0;
    unsigned word = 0;
    return board_place_at(board, reg->area, reg->address, &row, &word) != NULL;
}

static struct board_place *add(struct board *board, const struct chl_register *reg)
{
    struct board_place *place = &board->places[board->place_count++];
    *place = (struct board_place){.reg = reg, .role = CHL_REG_ROLE_COUNT, .setting = -1};
    return place;
}

bool board_map(struct board *board)
{
    const struct chl_profile *profile = board->profile;
    for (int i = 0; i < CHL_REG_ROLE_COUNT; i++) {
        if (profile->registers[i].present) {
            add(board, &profile->registers[i])->role = (chl_register_role)i;
        }
    }
    for (size_t i = 0; i < profile->setting_count; i++) {
        const struct chl_register *reg = &profile->settings[i].reg;
        if (!covered(board, reg)) { /* a setting may be a role's register under another name */
            struct board_place *place = add(board, reg);
            place->setting = (int)i;
            place->cell = board->cells;
            board->cells += reg->rows;
        }
    }
    if (profile->has_reboot && !covered(board, &profile->reboot)) {
        add(board, &profile->reboot)->reboot = true;
    }
    size_t cells = board->cells > 0 ? board->cells : 1;
    board->stored = calloc(cells, sizeof *board->stored);
    board->active = calloc(cells, sizeof *board->active);
    return board->stored != NULL && board->active != NULL;
}

void board_factory(struct board *board)
{
    for (size_t i = 0; i < board->place_count; i++) {
        const struct board_place *place = &board->places[i];
        for (unsigned row = 0; place->setting >= 0 && row < place->reg->rows; row++) {
            board->stored[place->cell + row] = board->active[place->cell + row] = place->reg->dflt;
        }
    }
}

/** Words of one row, with the complement that may stand behind it. */
static unsigned words_of(const struct board *board, const struct board_place *place)
{
    bool complement =
        place->setting >= 0 && board->profile->settings[place->setting].has_complement;
    return place->reg->words + (complement ? 1U : 0U);
}

const struct board_place *board_place_at(const struct board *board, chl_area area, uint32_t address,
                                         unsigned *row, unsigned *word)
{
    for (size_t i = 0; i < board->place_count; i++) {
        const struct board_place *place = &board->places[i];
        const struct chl_register *reg = place->reg;
        if (reg->area != area || address < reg->address) {
            continue;
        }
        uint32_t offset = address - reg->address;
        uint32_t stride = reg->rows > 1 ? reg->stride : words_of(board, place);
        if (offset / stride < reg->rows && offset % stride < words_of(board, place)) {
            *row = offset / stride;
            *word = offset % stride;
            return place;
        }
    }
    return NULL;
}

static const struct board_place *setting_named(const struct board *board, const char *name)
{
    for (size_t i = 0; i < board->place_count; i++) {
        const struct board_place *place = &board->places[i];
        if (place->setting >= 0 &&
            strcmp(board->profile->settings[place->setting].name, name) == 0) {
            return place;
        }
    }
    return NULL;
}

uint32_t board_setting(const struct board *board, const char *name, unsigned row,
                       uint32_t otherwise)
{
    const struct board_place *place = setting_named(board, name);
    if (place == NULL) {
        return otherwise;
    }
    return board->active[place->cell + (row < place->reg->rows ? row : 0)];
}

bool board_provide(struct board *board, const char *name, int64_t value)
{
    const struct board_place *place = setting_named(board, name);
    if (place == NULL || value < place->reg->min || value > place->reg->max) {
        return false;
    }
    for (unsigned row = 0; row < place->reg->rows; row++) {
        board->stored[place->cell + row] = board->active[place->cell + row] = (uint32_t)value;
    }
    board->due_ns = 0;
    return true;
}

static const struct board_place *setting_of(const struct board *board, chl_setting_kind kind)
{
    for (size_t i = 0; i < board->place_count; i++) {
        const struct board_place *place = &board->places[i];
        if (place->setting >= 0 && board->profile->settings[place->setting].kind == kind) {
            return place;
        }
    }
    return NULL;
}

int64_t board_setting_of(const struct board *board, chl_setting_kind kind)
{
    const struct board_place *place = setting_of(board, kind);
    return place != NULL ? (int64_t)board->active[place->cell] : -1;
}

/** Speeds of boards that number them: low byte of the line register, as Waveshare's wiki lists. */
static int64_t numbered_baud(uint32_t value)
{
    static const int64_t speeds[] = {4800, 9600, 19200, 38400, 57600, 115200, 128000, 256000};
    uint32_t number = value & 0xFF;
    return number < sizeof speeds / sizeof speeds[0] ? speeds[number] : 0;
}

void board_deliver_at(struct board *board, unsigned address)
{
    const struct board_place *place = setting_of(board, CHL_SETTING_ADDRESS);
    if (place != NULL) {
        board->stored[place->cell] = board->active[place->cell] = address;
    }
}

int64_t board_baud(const struct board *board)
{
    const struct board_place *place = setting_of(board, CHL_SETTING_LINE);
    uint32_t value = place != NULL ? board->active[place->cell] : 0;
    if (place == NULL || value == place->reg->dflt) {
        return 0;
    }
    bool hundreds = place->reg->unit != NULL && strcmp(place->reg->unit, "100 baud") == 0;
    return hundreds ? (int64_t)value * BAUD_PER_UNIT : numbered_baud(value);
}

int64_t board_unit_ms(const char *unit)
{
    enum { SECOND_MS = 1000 };
    char *end = NULL;
    double number = unit != NULL ? strtod(unit, &end) : 0;
    if (unit == NULL || number <= 0) {
        return SECOND_MS; /* "s", or not stated */
    }
    while (*end == ' ') {
        end++;
    }
    return strcmp(end, "ms") == 0 ? (int64_t)number : (int64_t)(number * SECOND_MS);
}
