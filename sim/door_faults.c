/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How units and cables are told to misbehave, at the simulator's door.
 */
#include "sim/door_internal.h"

enum { MS_MAX = 60000, BAUD_MAX = 256000, DEVICE_FAILURE = 4, LAST_READ = 4 };

void door_op_delay(struct door_request *request)
{
    struct controller_unit *unit = door_unit(request);
    int64_t ms = door_number(request, "ms", 0, MS_MAX);
    if (request->error == NULL) {
        unit->delay_ms = ms;
    }
}

void door_op_silent(struct door_request *request)
{
    struct controller_unit *unit = door_unit(request);
    if (unit != NULL) {
        unit->silent = json_is_true(json_object_get(request->json, "on"));
    }
}

void door_op_off(struct door_request *request)
{
    struct controller_unit *unit = door_unit(request);
    if (unit != NULL) {
        unit->off = json_is_true(json_object_get(request->json, "on"));
        unit->off_until_ns = 0;
        unit->board.dark = false;
    }
}

void door_op_reboot(struct door_request *request)
{
    struct controller_unit *unit = door_unit(request);
    int64_t ms = door_number(request, "off_ms", 1000, MS_MAX);
    if (request->error == NULL) {
        controller_reboot(unit, ms, request->now_ns);
    }
}

void door_op_fault(struct door_request *request)
{
    struct controller_unit *unit = door_unit(request);
    const char *name = json_string_value(json_object_get(request->json, "kind"));
    fault_kind kind = name != NULL ? fault_named(name) : FAULT_COUNT;
    int64_t times = door_number(request, "times", FAULT_ALWAYS, FAULT_ALWAYS);
    int64_t ms = door_number(request, "ms", 0, MS_MAX);
    int64_t code = door_number(request, "code", DEVICE_FAILURE, 255);
    int64_t function = door_number(request, "function", 0, 127);
    if (request->error != NULL || unit == NULL) {
        return;
    }
    if (kind == FAULT_COUNT) {
        request->error = "expected `kind`: "
#define FAULT_LIST(id, text, about) text " "
            FAULTS(FAULT_LIST)
#undef FAULT_LIST
            ;
        return;
    }
    unit->fault = (struct fault){.kind = kind,
                                 .times = (uint32_t)times,
                                 .function = (uint8_t)function,
                                 .code = (uint8_t)code,
                                 .ms = ms};
}

void door_op_cable(struct door_request *request)
{
    struct port *port = door_port(request);
    const char *name = json_string_value(json_object_get(request->json, "state"));
    wire_cable cable = name != NULL ? wire_cable_named(name) : WIRE_CABLE_COUNT;
    if (port == NULL) {
        return;
    }
    if (cable == WIRE_CABLE_COUNT) {
        request->error = "expected `state`: in, out, lost or stalled";
    } else if (!port_set_cable(port, cable)) {
        request->error = "expected the port to be free still";
    }
}

void door_op_unsolicited(struct door_request *request)
{
    const struct controller_unit *unit = door_unit(request);
    if (unit != NULL) {
        struct fault_reply reply;
        struct port *port = door_port(request);
        controller_unasked(&port->controller, unit, &reply);
        port_say(port, &reply);
    }
}

/** The requests that the bus has heard: those from number `from` on, which `next` continues. */
void door_op_heard(struct door_request *request)
{
    struct port *port = door_port(request);
    int64_t from = door_number(request, "from", 0, INT64_MAX);
    bool writes = json_is_true(json_object_get(request->json, "writes"));
    if (request->error != NULL || port == NULL) {
        return;
    }
    const struct heard *heard = &port->controller.heard;
    uint64_t first = heard->count > HEARD_MAX ? heard->count - HEARD_MAX : 0;
    first = (uint64_t)from > first ? (uint64_t)from : first;
    chl_json_array(request->out, "requests");
    for (uint64_t nth = first; nth < heard->count; nth++) {
        const struct heard_request *one = heard_at(heard, nth);
        if (one == NULL || (writes && one->function <= LAST_READ)) {
            continue;
        }
        chl_json_object(request->out, NULL);
        chl_json_uint(request->out, "nth", nth);
        chl_json_int(request->out, "us", one->at_ns / 1000);
        chl_json_uint(request->out, "unit", one->unit);
        chl_json_uint(request->out, "function", one->function);
        chl_json_uint(request->out, "address", one->address);
        chl_json_uint(request->out, "value", one->value);
        chl_json_close_object(request->out);
    }
    chl_json_close_array(request->out);
    chl_json_uint(request->out, "next", heard->count);
}

/** The speed of the line, and for a gateway the speed at which it speaks to its units. */
void door_op_line(struct door_request *request)
{
    struct port *port = door_port(request);
    int64_t time = door_number(request, "baud_time", -1, BAUD_MAX);
    int64_t spoken = door_number(request, "baud", -1, BAUD_MAX);
    if (request->error != NULL) {
        return;
    }
    port->controller.baud = time >= 0 ? time : port->controller.baud;
    port->controller.spoken = spoken >= 0 ? spoken : port->controller.spoken;
    chl_json_int(request->out, "baud_time", port->controller.baud);
    chl_json_int(request->out, "baud", port->controller.spoken);
    chl_json_uint(request->out, "noise", port->controller.noise);
}
