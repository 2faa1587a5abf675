/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What really happened and what an onlooker sees, as the simulator's door tells it.
 */
#include <string.h>

#include "sim/door_internal.h"

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

static void write_unit(struct chl_json *out, size_t controller, const struct controller_unit *unit)
{
    chl_json_uint(out, "controller", controller);
    chl_json_uint(out, "unit", unit->house);
    chl_json_uint(out, "address", unit->address);
    chl_json_uint(out, "requests", unit->requests);
    chl_json_uint(out, "writes", unit->writes);
    chl_json_uint(out, "exceptions", unit->exceptions);
    chl_json_uint(out, "early", unit->early);
    chl_json_uint(out, "trips", unit->board.trips);
}

/** People of all turnstiles of one unit: its own, and those its relays release. */
static struct device_truth unit_truth(const struct controller *controller,
                                      const struct controller_unit *unit)
{
    struct device_truth sum;
    memset(&sum, 0, sizeof sum);
    const struct device *device = NULL;
    for (size_t nth = 0; (device = controller_device(controller, unit->house, nth)) != NULL;
         nth++) {
        add(&sum, &device->truth);
    }
    sum.reboots = unit->board.reboots;
    return sum;
}

/** Of all buses, or of the one that `controller` names. */
void door_op_truth(struct door_request *request)
{
    const struct door *door = request->door;
    struct device_truth sum;
    memset(&sum, 0, sizeof sum);
    const struct port *one =
        json_object_get(request->json, "controller") != NULL ? door_port(request) : NULL;
    if (request->error != NULL) {
        return;
    }
    chl_json_array(request->out, "units");
    for (size_t p = 0; p < door->port_count; p++) {
        if (one != NULL && one != &door->ports[p]) {
            continue;
        }
        const struct controller *controller = &door->ports[p].controller;
        for (size_t i = 0; i < controller->count; i++) {
            struct device_truth truth = unit_truth(controller, controller->units[i]);
            add(&sum, &truth);
            chl_json_object(request->out, NULL);
            write_unit(request->out, p + 1, controller->units[i]);
            write_truth(request->out, &truth);
            chl_json_close_object(request->out);
        }
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

void door_op_scene(struct door_request *request)
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
