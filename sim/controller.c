/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A simulated bus and its units, see controller.h. What it answers is in answer.c.
 */
#include "sim/controller.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"

void controller_init(struct controller *controller, adu_framing framing)
{
    memset(controller, 0, sizeof *controller);
    controller->framing = framing;
}

void controller_free(struct controller *controller)
{
    for (size_t i = 0; i < controller->count; i++) {
        board_free(&controller->units[i]->board);
        free(controller->units[i]);
    }
    for (size_t i = 0; i < controller->arm_count; i++) {
        free(controller->arms[i]);
    }
    controller->count = controller->arm_count = 0;
}

static void switched(void *user, const struct board *board, unsigned row, bool on, int64_t now_ns)
{
    const struct controller *controller = user;
    for (size_t i = 0; i < controller->arm_count; i++) {
        arm_switched(controller->arms[i], board, row, on, now_ns);
    }
}

chl_err controller_add(struct controller *controller, unsigned address,
                       const struct chl_profile *profile, int64_t now_ns)
{
    if (controller->count == CONTROLLER_UNITS_MAX) {
        return CHL_E_LIMIT;
    }
    if (address == 0 || address > profile->units_max || address > CONTROLLER_ADDRESS_MAX ||
        controller_unit(controller, address) != NULL) {
        return CHL_E_INVAL;
    }
    struct controller_unit *unit = calloc(1, sizeof *unit);
    if (unit == NULL || board_init(&unit->board, profile, now_ns) != CHL_OK) {
        free(unit);
        return CHL_E_NOMEM;
    }
    unit->house = unit->address = address;
    unit->board.wires = (struct board_wires){.user = controller, .switched = switched};
    board_deliver_at(&unit->board, address);
    controller->units[controller->count++] = unit;
    return CHL_OK;
}

chl_err controller_wire(struct controller *controller, const struct arm *wanted)
{
    if (controller->arm_count == CONTROLLER_ARMS_MAX) {
        return CHL_E_LIMIT;
    }
    struct arm *arm = malloc(sizeof *arm);
    if (arm == NULL) {
        return CHL_E_NOMEM;
    }
    *arm = *wanted;
    arm_start(arm);
    controller->arms[controller->arm_count++] = arm;
    return CHL_OK;
}

static bool is_wired(const struct controller *controller, const struct board *board)
{
    for (size_t i = 0; i < controller->arm_count; i++) {
        if (controller->arms[i]->release.board == board) {
            return true;
        }
    }
    return false;
}

static struct arm_end end_of(struct board *board, int row, int usual, chl_register_role role)
{
    unsigned chosen = (unsigned)(row >= 0 ? row : usual);
    return (struct arm_end){.board = chosen < board_rows(board, role) ? board : NULL,
                            .row = chosen};
}

static chl_err wire_unit(struct controller *controller, struct controller_unit *unit)
{
    struct board *board = &unit->board;
    const struct chl_profile *profile = board->profile;
    bool counts = profile->passage == CHL_PASSAGE_COUNTER || profile->passage == CHL_PASSAGE_EDGE;
    if (board->has_device || profile->release == CHL_RELEASE_NONE || is_wired(controller, board) ||
        board_rows(board, CHL_REG_OUTPUT) == 0) {
        return CHL_OK;
    }
    struct arm arm = {.unit = unit->house,
                      .release = end_of(board, profile->release_row, 0, CHL_REG_OUTPUT)};
    if (profile->close_row >= 0) {
        arm.close = end_of(board, profile->close_row, 0, CHL_REG_OUTPUT);
    }
    if (counts) {
        arm.entry = end_of(board, profile->entry_row, 0, CHL_REG_INPUT);
        arm.exit = end_of(board, profile->exit_row, 1, CHL_REG_INPUT);
    }
    return arm.release.board == NULL ? CHL_OK : controller_wire(controller, &arm);
}

chl_err controller_wire_rest(struct controller *controller)
{
    chl_err rc = CHL_OK;
    for (size_t i = 0; i < controller->count && rc == CHL_OK; i++) {
        rc = wire_unit(controller, controller->units[i]);
    }
    return rc;
}

void controller_tick(struct controller *controller, int64_t now_ns)
{
    for (size_t i = 0; i < controller->count; i++) {
        struct controller_unit *unit = controller->units[i];
        if (unit->off_until_ns != 0 && now_ns >= unit->off_until_ns) {
            unit->off_until_ns = 0;
            unit->off = unit->board.dark = false;
            unit->board.booted_ns = unit->board.talked_ns = now_ns;
            unit->board.due_ns = 0;
        }
        board_tick(&unit->board, now_ns);
    }
    for (size_t i = 0; i < controller->arm_count; i++) {
        arm_tick(controller->arms[i], now_ns);
    }
}

struct controller_unit *controller_unit(const struct controller *controller, unsigned house)
{
    for (size_t i = 0; i < controller->count; i++) {
        if (controller->units[i]->house == house) {
            return controller->units[i];
        }
    }
    return NULL;
}

struct device *controller_device(const struct controller *controller, unsigned house, size_t nth)
{
    struct controller_unit *unit = controller_unit(controller, house);
    if (unit != NULL && unit->board.has_device) {
        return nth == 0 ? &unit->board.device : NULL;
    }
    for (size_t i = 0; i < controller->arm_count; i++) {
        if (controller->arms[i]->unit == house && nth-- == 0) {
            return controller->arms[i]->device;
        }
    }
    return NULL;
}

void controller_reboot(struct controller_unit *unit, int64_t off_ms, int64_t now_ns)
{
    board_reboot(&unit->board, now_ns);
    int64_t address = board_setting_of(&unit->board, CHL_SETTING_ADDRESS);
    unit->address = address > 0 ? (unsigned)address : unit->address;
    unit->off = unit->board.dark = true;
    unit->off_until_ns = now_ns + (off_ms > 0 ? off_ms : 1) * CHL_NS_PER_MS;
}
