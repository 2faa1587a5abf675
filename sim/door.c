/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The simulator's door: what each request does. The connections are in door_io.c.
 */
#include "sim/door.h"

#include <jansson.h>
#include <string.h>

#include "lib/base/json.h"

struct request {
    struct door *door;
    const json_t *json;
    int64_t now_ns;
    struct chl_json *out;
    const char *error; /**< what was expected, NULL = done */
};

static struct controller_unit *unit_of(struct request *request)
{
    const json_t *unit = json_object_get(request->json, "unit");
    json_int_t address = json_is_integer(unit) ? json_integer_value(unit) : 0;
    struct controller_unit *found =
        address > 0 && address <= CONTROLLER_UNITS_MAX
            ? controller_unit(request->door->controller, (unsigned)address)
            : NULL;
    if (found == NULL) {
        request->error = "expected `unit`, the address of a unit that is there";
    }
    return found;
}

static int64_t number_of(struct request *request, const char *key, int64_t dflt, int64_t max)
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

static void op_delay(struct request *request)
{
    struct controller_unit *unit = unit_of(request);
    int64_t ms = number_of(request, "ms", 0, 60000);
    if (request->error == NULL) {
        unit->delay_ms = ms;
    }
}

static void op_silent(struct request *request)
{
    struct controller_unit *unit = unit_of(request);
    if (unit != NULL) {
        unit->silent = json_is_true(json_object_get(request->json, "on"));
    }
}

static void op_off(struct request *request)
{
    struct controller_unit *unit = unit_of(request);
    if (unit != NULL) {
        unit->off = json_is_true(json_object_get(request->json, "on"));
        unit->off_until_ns = 0;
    }
}

static void op_reboot(struct request *request)
{
    struct controller_unit *unit = unit_of(request);
    int64_t ms = number_of(request, "off_ms", 1000, 60000);
    if (request->error == NULL) {
        controller_reboot(unit, ms, request->now_ns);
    }
}

static void op_error(struct request *request)
{
    struct controller_unit *unit = unit_of(request);
    int64_t value = number_of(request, "value", 0, 65535);
    if (request->error == NULL) {
        unit->device.error = (uint16_t)value;
    }
}

/** One person at once, in any manner: `walk` (when open), `tailgate`, `force`; out with `exit`. */
static void op_person(struct request *request)
{
    static const char *const manners[] = {"walk", "tailgate", "force", NULL};
    struct controller_unit *unit = unit_of(request);
    const char *manner = json_string_value(json_object_get(request->json, "manner"));
    const char *way = json_string_value(json_object_get(request->json, "way"));
    device_direction direction =
        way != NULL && strcmp(way, "exit") == 0 ? DEVICE_EXIT : DEVICE_ENTRY;
    int chosen = 0;
    while (manners[chosen] != NULL && (manner == NULL || strcmp(manners[chosen], manner) != 0)) {
        chosen++;
    }
    if (unit == NULL) {
        return;
    }
    if (manners[chosen] == NULL) {
        request->error = "expected `manner`: walk, tailgate or force";
        return;
    }
    device_answer answer =
        device_enter(&unit->device, direction, (device_manner)chosen, request->now_ns);
    if (answer == DEVICE_PASSING) {
        device_leave(&unit->device, direction, request->now_ns);
    }
    chl_json_bool(request->out, "passed", answer == DEVICE_PASSING);
}

static void op_open(struct request *request)
{
    if (request->door->crowd == NULL) {
        request->error = "expected a simulator started with --crowd";
    } else {
        crowd_start(request->door->crowd, request->now_ns);
    }
}

static void op_close(struct request *request)
{
    if (request->door->crowd == NULL) {
        request->error = "expected a simulator started with --crowd";
    } else {
        crowd_close(request->door->crowd, request->now_ns);
    }
}

static void op_quit(struct request *request)
{
    request->door->quit(request->door);
}

static void write_truth(struct chl_json *out, const struct device_truth *truth)
{
    chl_json_uint(out, "entered", truth->entered);
    chl_json_uint(out, "left", truth->left);
    chl_json_int(out, "inside", (int64_t)truth->entered - (int64_t)truth->left);
    chl_json_uint(out, "tailgates", truth->tailgates);
    chl_json_uint(out, "forced", truth->forced);
    chl_json_uint(out, "blocked", truth->blocked);
    chl_json_uint(out, "refused_exits", truth->refused_exits);
    chl_json_uint(out, "grants", truth->grants);
    chl_json_uint(out, "timeouts", truth->timeouts);
    chl_json_uint(out, "reboots", truth->reboots);
}

static void add(struct device_truth *sum, const struct device_truth *truth)
{
    sum->entered += truth->entered;
    sum->left += truth->left;
    sum->tailgates += truth->tailgates;
    sum->forced += truth->forced;
    sum->blocked += truth->blocked;
    sum->refused_exits += truth->refused_exits;
    sum->grants += truth->grants;
    sum->timeouts += truth->timeouts;
    sum->reboots += truth->reboots;
}

static void op_truth(struct request *request)
{
    const struct controller *controller = request->door->controller;
    struct device_truth sum;
    memset(&sum, 0, sizeof sum);
    chl_json_array(request->out, "units");
    for (size_t i = 0; i < controller->count; i++) {
        const struct controller_unit *unit = &controller->units[i];
        add(&sum, &unit->device.truth);
        chl_json_object(request->out, NULL);
        chl_json_uint(request->out, "unit", i + 1);
        write_truth(request->out, &unit->device.truth);
        chl_json_uint(request->out, "requests", unit->requests);
        chl_json_uint(request->out, "exceptions", unit->exceptions);
        chl_json_uint(request->out, "early", unit->early);
        chl_json_close_object(request->out);
    }
    chl_json_close_array(request->out);
    chl_json_object(request->out, "total");
    write_truth(request->out, &sum);
    chl_json_close_object(request->out);
}

static void write_lane(struct chl_json *out, const struct crowd *crowd,
                       const struct crowd_lane *lane)
{
    const struct device_way *entry = &lane->device->ways[DEVICE_ENTRY];
    chl_json_object(out, NULL);
    chl_json_string(out, "id", lane->id);
    chl_json_uint(out, "unit", lane->unit);
    chl_json_uint(out, "queue", lane->queue.length);
    chl_json_uint(out, "leaving", lane->leaving.length);
    chl_json_uint(out, "released", entry->left);
    chl_json_bool(out, "entering", entry->occupied);
    chl_json_bool(out, "exiting", lane->device->ways[DEVICE_EXIT].occupied);
    chl_json_bool(out, "scanning",
                  lane->head != CROWD_NOBODY && crowd->people[lane->head].state == CROWD_SCANNING);
    chl_json_string(out, "verdict", lane->verdict);
    chl_json_string(out, "reason", lane->reason);
    chl_json_string(out, "text", lane->text);
    chl_json_close_object(out);
}

static void write_stats(struct chl_json *out, const struct crowd_stats *stats)
{
    chl_json_object(out, "stats");
    chl_json_uint(out, "shown", stats->shown);
    chl_json_uint(out, "shown_again", stats->shown_again);
    chl_json_uint(out, "lost_screens", stats->lost_screens);
    chl_json_uint(out, "waits_full", stats->waits_full);
    chl_json_uint(out, "waited_then_admitted", stats->waited_then_admitted);
    chl_json_uint(out, "stayed_away", stats->stayed_away);
    chl_json_uint(out, "stayed_then_admitted", stats->stayed_then_admitted);
    chl_json_uint(out, "steward_yes", stats->steward_yes);
    chl_json_uint(out, "steward_no", stats->steward_no);
    chl_json_uint(out, "honest_denied", stats->honest_denied);
    chl_json_uint(out, "late_verdicts", stats->late_verdicts);
    chl_json_uint(out, "tailgates", stats->tailgates);
    chl_json_uint(out, "highest_inside", stats->highest_inside);
    static const char *const names[CROWD_VERDICTS] = {"", "ADMIT", "WAIT", "CHECK", "DENY"};
    chl_json_object(out, "verdicts");
    for (int b = 0; b < CROWD_BEHAVIOUR_COUNT; b++) {
        chl_json_object(out, crowd_behaviour_name((crowd_behaviour)b));
        for (int v = 1; v < CROWD_VERDICTS; v++) {
            chl_json_uint(out, names[v], stats->verdicts[b][v]);
        }
        chl_json_close_object(out);
    }
    chl_json_close_object(out);
    chl_json_close_object(out);
}

static void op_scene(struct request *request)
{
    const struct crowd *crowd = request->door->crowd;
    struct chl_json *out = request->out;
    if (crowd == NULL) {
        request->error = "expected a simulator started with --crowd";
        return;
    }
    chl_json_int(out, "inside", crowd_inside(crowd));
    chl_json_bool(out, "screen", crowd->screen_up);
    chl_json_uint(out, "people", crowd->people_count);
    chl_json_uint(out, "coming", crowd_in_state(crowd, CROWD_COMING));
    chl_json_uint(out, "away",
                  crowd_in_state(crowd, CROWD_AWAY) + crowd_in_state(crowd, CROWD_ASIDE));
    chl_json_uint(out, "gone", crowd_in_state(crowd, CROWD_GONE));
    chl_json_array(out, "lanes");
    for (size_t i = 0; i < crowd->lane_count; i++) {
        write_lane(out, crowd, &crowd->lanes[i]);
    }
    chl_json_close_array(out);
    write_stats(out, &crowd->stats);
}

static const struct {
    const char *name;
    void (*act)(struct request *request);
} ops[] = {
    {"truth", op_truth}, {"scene", op_scene},   {"open", op_open}, {"close", op_close},
    {"delay", op_delay}, {"silent", op_silent}, {"off", op_off},   {"reboot", op_reboot},
    {"error", op_error}, {"person", op_person}, {"quit", op_quit},
};

static void dispatch(struct request *request)
{
    const char *op = json_string_value(json_object_get(request->json, "op"));
    for (size_t i = 0; op != NULL && i < sizeof ops / sizeof ops[0]; i++) {
        if (strcmp(ops[i].name, op) == 0) {
            chl_json_string(request->out, "op", op);
            ops[i].act(request);
            return;
        }
    }
    request->error = "expected an object with `op`: truth, scene, open, close, delay, silent, off, "
                     "reboot, error, person or quit";
}

size_t door_answer(struct door *door, const char *text, size_t length, char *out, size_t size,
                   int64_t now_ns)
{
    struct chl_json json;
    json_t *parsed = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    struct request request = {.door = door, .json = parsed, .now_ns = now_ns, .out = &json};
    chl_json_begin(&json, out, size);
    chl_json_object(&json, NULL);
    dispatch(&request);
    chl_json_bool(&json, "ok", request.error == NULL);
    if (request.error != NULL) {
        chl_json_string(&json, "text", request.error);
    }
    chl_json_close_object(&json);
    json_decref(parsed);
    return chl_json_end(&json) == CHL_OK ? json.length : 0;
}
