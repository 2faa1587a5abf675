/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The simulator's door: what is asked, and people who come through. The connections are in
 *  door_io.c, faults in door_faults.c, registers in door_board.c, what is seen in door_scene.c.
 */
#include "sim/door.h"

#include <stdio.h>
#include <string.h>

#include "sim/door_internal.h"

struct port *door_port(struct door_request *request)
{
    struct door *door = request->door;
    int64_t controller = door_number(request, "controller", 1, (int64_t)door->port_count);
    if (request->error != NULL || controller == 0) {
        request->error = "expected `controller`, the number of one that is there, from 1";
        return NULL;
    }
    return &door->ports[controller - 1];
}

struct controller_unit *door_unit(struct door_request *request)
{
    struct port *port = door_port(request);
    const json_t *unit = json_object_get(request->json, "unit");
    json_int_t house = json_is_integer(unit) ? json_integer_value(unit) : 0;
    struct controller_unit *found = port != NULL && house > 0 && house <= CONTROLLER_ADDRESS_MAX
                                        ? controller_unit(&port->controller, (unsigned)house)
                                        : NULL;
    if (found == NULL && port != NULL) {
        request->error = "expected `unit`, the address of a unit that is there";
    }
    return found;
}

int64_t door_number(struct door_request *request, const char *key, int64_t dflt, int64_t max)
{
    const json_t *value = json_object_get(request->json, key);
    if (value == NULL) {
        return dflt;
    }
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;
    if (number < 0 || number > max) {
        request->error = "expected a number in range";
        return dflt;
    }
    return number;
}

int door_row(struct door_request *request, const struct board *board, chl_register_role role)
{
    int64_t row = door_number(request, "row", 1, board_rows(board, role));
    if (request->error != NULL || row == 0 || board_rows(board, role) == 0) {
        request->error = "expected `row`, from 1, that this unit has";
        return -1;
    }
    return (int)row - 1;
}

/** One person at once, in any manner: `walk` (when open), `tailgate`, `force`; out with `exit`. */
static void op_person(struct door_request *request)
{
    static const char *const manners[] = {"walk", "tailgate", "force", NULL};
    const struct controller_unit *unit = door_unit(request);
    const char *manner = json_string_value(json_object_get(request->json, "manner"));
    const char *way = json_string_value(json_object_get(request->json, "way"));
    device_direction direction =
        way != NULL && strcmp(way, "exit") == 0 ? DEVICE_EXIT : DEVICE_ENTRY;
    int64_t nth = door_number(request, "turnstile", 1, CONTROLLER_ARMS_MAX);
    int chosen = 0;
    while (manners[chosen] != NULL && (manner == NULL || strcmp(manners[chosen], manner) != 0)) {
        chosen++;
    }
    if (unit == NULL || request->error != NULL) {
        return;
    }
    struct device *device =
        controller_device(&door_port(request)->controller, unit->house, (size_t)nth - 1);
    if (manners[chosen] == NULL || device == NULL) {
        request->error = device == NULL ? "expected a unit with a turnstile, `turnstile` from 1"
                                        : "expected `manner`: walk, tailgate or force";
        return;
    }
    controller_tick(&door_port(request)->controller, request->now_ns);
    bool stays = json_is_true(json_object_get(request->json, "stays"));
    device_answer answer = device_enter(device, direction, (device_manner)chosen, request->now_ns);
    if (answer == DEVICE_PASSING && !stays) {
        device_leave(device, direction, request->now_ns);
    }
    chl_json_bool(request->out, "passed", answer == DEVICE_PASSING && !stays);
    chl_json_bool(request->out, "stands", answer == DEVICE_PASSING && stays);
}

/** Whoever stands in it goes on, or back. */
static void op_leave(struct door_request *request)
{
    const struct controller_unit *unit = door_unit(request);
    const char *way = json_string_value(json_object_get(request->json, "way"));
    device_direction direction =
        way != NULL && strcmp(way, "exit") == 0 ? DEVICE_EXIT : DEVICE_ENTRY;
    int64_t nth = door_number(request, "turnstile", 1, CONTROLLER_ARMS_MAX);
    if (unit == NULL || request->error != NULL) {
        return;
    }
    struct device *device =
        controller_device(&door_port(request)->controller, unit->house, (size_t)nth - 1);
    if (device == NULL || !device->ways[direction].occupied) {
        request->error = "expected a turnstile in which somebody stands";
    } else if (json_is_true(json_object_get(request->json, "back"))) {
        device_back_out(device, direction, request->now_ns);
    } else {
        device_leave(device, direction, request->now_ns);
    }
}

static void op_open(struct door_request *request)
{
    if (request->door->crowd == NULL) {
        request->error = "expected a simulator started with --crowd";
    } else {
        crowd_start(request->door->crowd, request->now_ns);
    }
}

static void op_close(struct door_request *request)
{
    if (request->door->crowd == NULL) {
        request->error = "expected a simulator started with --crowd";
    } else {
        crowd_close(request->door->crowd, request->now_ns);
    }
}

static void op_quit(struct door_request *request)
{
    request->door->quit(request->door);
}

static const struct {
    const char *name;
    void (*act)(struct door_request *request);
} ops[] = {
    {"truth", door_op_truth},
    {"scene", door_op_scene},
    {"open", op_open},
    {"close", op_close},
    {"delay", door_op_delay},
    {"silent", door_op_silent},
    {"off", door_op_off},
    {"reboot", door_op_reboot},
    {"fault", door_op_fault},
    {"cable", door_op_cable},
    {"unsolicited", door_op_unsolicited},
    {"line", door_op_line},
    {"heard", door_op_heard},
    {"error", door_op_error},
    {"input", door_op_input},
    {"counter", door_op_counter},
    {"setting", door_op_setting},
    {"board", door_op_board},
    {"person", op_person},
    {"leave", op_leave},
    {"quit", op_quit},
};

static void dispatch(struct door_request *request)
{
    const char *op = json_string_value(json_object_get(request->json, "op"));
    for (size_t i = 0; op != NULL && i < sizeof ops / sizeof ops[0]; i++) {
        if (strcmp(ops[i].name, op) == 0) {
            chl_json_string(request->out, "op", op);
            ops[i].act(request);
            return;
        }
    }
    request->error = "expected an object with `op`: truth, board, scene, person, leave, input, "
                     "counter, setting, error, delay, silent, off, reboot, fault, cable, "
                     "unsolicited, line, heard, open, close or quit";
}

size_t door_answer(struct door *door, const char *text, size_t length, char *out, size_t size,
                   int64_t now_ns)
{
    struct chl_json json;
    json_t *parsed = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    struct door_request request = {.door = door, .json = parsed, .now_ns = now_ns, .out = &json};
    chl_json_begin(&json, out, size);
    chl_json_object(&json, NULL);
    dispatch(&request);
    chl_json_bool(&json, "ok", request.error == NULL);
    if (request.error != NULL) {
        chl_json_string(&json, "text", request.error);
    }
    chl_json_close_object(&json);
    json_decref(parsed);
    if (chl_json_end(&json) == CHL_OK) {
        return json.length;
    }
    int written = snprintf(out, size,
                           "{\"ok\":false,\"text\":\"expected an answer that fits in a line; "
                           "name one `controller`\"}");
    return written > 0 && (size_t)written < size ? (size_t)written : 0;
}
