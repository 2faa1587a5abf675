/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The registers of a unit, at the simulator's door: what they show, what moves them.
 */
#include <string.h>

#include "lib/base/time.h"
#include "sim/door_internal.h"

void door_op_error(struct door_request *request)
{
    struct controller_unit *unit = door_unit(request);
    int64_t value = door_number(request, "value", 0, UINT16_MAX);
    if (request->error == NULL) {
        unit->board.device.error = (uint16_t)value;
    }
}

/** Hold a contact closed, let it go, or close it for a moment as a passage does. */
void door_op_input(struct door_request *request)
{
    struct controller_unit *unit = door_unit(request);
    int row = unit != NULL ? door_row(request, &unit->board, CHL_REG_INPUT) : -1;
    const json_t *on = json_object_get(request->json, "on");
    if (row < 0) {
        return;
    }
    if (json_is_boolean(on)) {
        board_hold_input(&unit->board, (unsigned)row, json_is_true(on), request->now_ns);
    } else {
        board_pulse_input(&unit->board, (unsigned)row, request->now_ns);
    }
}

/** Set a counter: of a row, or of a turnstile's `way`. */
void door_op_counter(struct door_request *request)
{
    struct controller_unit *unit = door_unit(request);
    int64_t value = door_number(request, "value", 0, UINT32_MAX);
    const char *way = json_string_value(json_object_get(request->json, "way"));
    if (unit == NULL || request->error != NULL) {
        return;
    }
    if (unit->board.has_device && way != NULL) {
        device_direction direction = strcmp(way, "exit") == 0 ? DEVICE_EXIT : DEVICE_ENTRY;
        unit->board.device.ways[direction].count = (uint32_t)value;
        return;
    }
    int row = door_row(request, &unit->board, CHL_REG_COUNTER);
    if (row >= 0) {
        bool narrow = unit->board.profile->registers[CHL_REG_COUNTER].words == 1;
        struct board_input *input = &unit->board.inputs[row];
        input->count = input->previous = (uint32_t)value & (narrow ? UINT16_MAX : UINT32_MAX);
    }
}

void door_op_setting(struct door_request *request)
{
    struct controller_unit *unit = door_unit(request);
    const char *name = json_string_value(json_object_get(request->json, "name"));
    int64_t value = door_number(request, "value", 0, UINT32_MAX);
    if (unit == NULL || request->error != NULL) {
        return;
    }
    if (name == NULL || !board_provide(&unit->board, name, value)) {
        request->error =
            "expected `name`, a setting of the unit's profile, and `value` in its range";
    }
}

static void write_outputs(struct chl_json *out, const struct board *board)
{
    chl_json_array(out, "outputs");
    for (unsigned row = 0; row < board_rows(board, CHL_REG_OUTPUT); row++) {
        chl_json_bool(out, NULL, board->outputs[row].on);
    }
    chl_json_close_array(out);
    chl_json_array(out, "closings");
    for (unsigned row = 0; row < board_rows(board, CHL_REG_OUTPUT); row++) {
        chl_json_uint(out, NULL, board->outputs[row].closings);
    }
    chl_json_close_array(out);
}

static void write_inputs(struct chl_json *out, const struct board *board)
{
    chl_json_array(out, "inputs");
    for (unsigned row = 0; row < board_rows(board, CHL_REG_INPUT); row++) {
        chl_json_bool(out, NULL, board->inputs[row].closed);
    }
    chl_json_close_array(out);
    chl_json_array(out, "counters");
    for (unsigned row = 0; row < board_rows(board, CHL_REG_COUNTER); row++) {
        chl_json_uint(out, NULL, board->inputs[row].count);
    }
    chl_json_close_array(out);
}

static void write_lamps(struct chl_json *out, const struct board *board, int64_t now_ns)
{
    chl_json_array(out, "lamps");
    for (unsigned row = 0; row < board_rows(board, CHL_REG_LAMP); row++) {
        chl_json_object(out, NULL);
        chl_json_bool(out, "lit", board_lamp_lit(board, row, now_ns));
        chl_json_uint(out, "on", board->lamps[row].words[0]);
        chl_json_uint(out, "off", board->lamps[row].words[1]);
        chl_json_uint(out, "total", board->lamps[row].words[2]);
        chl_json_close_object(out);
    }
    chl_json_close_array(out);
}

static void write_settings(struct chl_json *out, const struct board *board)
{
    chl_json_object(out, "settings");
    for (size_t i = 0; i < board->profile->setting_count; i++) {
        const char *name = board->profile->settings[i].name;
        uint32_t value = board_setting(board, name, 0, UINT32_MAX);
        if (value != UINT32_MAX) { /* else another name of a register that is no setting here */
            chl_json_uint(out, name, value);
        }
    }
    chl_json_close_object(out);
}

/** What a technician with a meter finds. */
void door_op_board(struct door_request *request)
{
    struct controller_unit *unit = door_unit(request);
    struct chl_json *out = request->out;
    if (unit == NULL) {
        return;
    }
    struct board *board = &unit->board;
    controller_tick(&door_port(request)->controller, request->now_ns);
    chl_json_string(out, "profile", board->profile->id);
    chl_json_uint(out, "address", unit->address);
    chl_json_bool(out, "off", unit->off);
    chl_json_bool(out, "tripped", board->tripped);
    chl_json_uint(out, "trips", board->trips);
    chl_json_int(out, "up_ms", (request->now_ns - board->booted_ns) / CHL_NS_PER_MS);
    chl_json_string(out, "fault", fault_name(unit->fault.kind));
    write_outputs(out, board);
    write_inputs(out, board);
    write_lamps(out, board, request->now_ns);
    write_settings(out, board);
}
