/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The crowd as a whole: who comes, who goes home, who leaves by which way out.
 */
#include "sim/crowd.h"

#include <string.h>

#include "lib/base/time.h"

const struct crowd_pace crowd_usual_pace = {
    .react_ms = {15, 60},
    .pass_ms = {40, 80},
    .dwell_ms = {6000, 10000},
    .return_ms = {300, 900},
    .stay_away_ms = {2500, 4000},
    .verdict_ms = 3000,
    .walk_ms = 900,
};

static const struct {
    const char *name;
    bool honest;
} behaviours[CROWD_BEHAVIOUR_COUNT] = {
#define BEHAVIOUR(id, text, is_honest) [id] = {text, is_honest},
    CROWD_BEHAVIOURS(BEHAVIOUR)
#undef BEHAVIOUR
};

const char *crowd_behaviour_name(crowd_behaviour behaviour)
{
    return behaviours[behaviour].name;
}

bool crowd_is_honest(crowd_behaviour behaviour)
{
    return behaviours[behaviour].honest;
}

/** splitmix64: small, seeded, and the same everywhere. */
static uint64_t draw(struct crowd *crowd)
{
    crowd->random += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = crowd->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

int64_t crowd_between_ns(struct crowd *crowd, const int64_t bounds_ms[2])
{
    uint64_t span = (uint64_t)(bounds_ms[1] - bounds_ms[0]) * (uint64_t)CHL_NS_PER_MS + 1;
    return bounds_ms[0] * CHL_NS_PER_MS + (int64_t)(draw(crowd) % span);
}

struct crowd_lane *crowd_lane_of(struct crowd *crowd, const struct crowd_person *person)
{
    return &crowd->lanes[person->lane];
}

void crowd_push(struct crowd *crowd, struct crowd_queue *queue, int person)
{
    crowd->people[person].next = CROWD_NOBODY;
    if (queue->last == CROWD_NOBODY) {
        queue->first = person;
    } else {
        crowd->people[queue->last].next = person;
    }
    queue->last = person;
    queue->length++;
}

void crowd_push_front(struct crowd *crowd, struct crowd_queue *queue, int person)
{
    crowd->people[person].next = queue->first;
    queue->first = person;
    if (queue->last == CROWD_NOBODY) {
        queue->last = person;
    }
    queue->length++;
}

int crowd_pop(struct crowd *crowd, struct crowd_queue *queue)
{
    int person = queue->first;
    if (person != CROWD_NOBODY) {
        queue->first = crowd->people[person].next;
        queue->last = queue->first == CROWD_NOBODY ? CROWD_NOBODY : queue->last;
        queue->length--;
    }
    return person;
}

/** The party is complete, or gave up: who is in stays a while, who is not goes home. */
void crowd_settle_inside(struct crowd *crowd, struct crowd_person *person, int64_t now_ns)
{
    static const int64_t soon_ms[2] = {100, 1500};
    person->state = person->inside > 0 ? CROWD_INSIDE : CROWD_GONE;
    person->at_ns =
        now_ns + crowd_between_ns(crowd, crowd->closing ? soon_ms : crowd->pace.dwell_ms);
}

static bool original_went_in(const struct crowd *crowd, const struct crowd_person *person)
{
    if (person->behaviour != CROWD_REUSED || person->original == CROWD_NOBODY) {
        return true;
    }
    const struct crowd_person *original = &crowd->people[person->original];
    return original->through == original->party;
}

/** Somebody who means to slip in sees on the screen that others are told to wait. */
static void look_for_chance(struct crowd *crowd, int index)
{
    struct crowd_person *person = &crowd->people[index];
    struct crowd_lane *lane = crowd_lane_of(crowd, person);
    if (lane->lurker == CROWD_NOBODY && strcmp(lane->reason, "zone_full") == 0) {
        lane->lurker = index;
        person->state = CROWD_ASIDE;
    }
}

static void arrive(struct crowd *crowd, int index, int64_t now_ns)
{
    struct crowd_person *person = &crowd->people[index];
    if (now_ns - crowd->start_ns < person->arrival_ns || !original_went_in(crowd, person)) {
        return;
    }
    if (person->behaviour == CROWD_TAILGATE) {
        look_for_chance(crowd, index);
        return;
    }
    person->state = CROWD_QUEUED;
    crowd_push(crowd, &crowd_lane_of(crowd, person)->queue, index);
}

static void tick_person(struct crowd *crowd, int index, int64_t now_ns)
{
    struct crowd_person *person = &crowd->people[index];
    switch (person->state) {
    case CROWD_COMING:
        arrive(crowd, index, now_ns);
        break;
    case CROWD_AWAY:
        if (now_ns >= person->at_ns) {
            /* Who was there before is let through to the scanner. */
            person->state = CROWD_QUEUED;
            crowd_push_front(crowd, &crowd_lane_of(crowd, person)->queue, index);
        }
        break;
    case CROWD_INSIDE:
        if (now_ns >= person->at_ns) {
            size_t way = draw(crowd) % crowd->lane_count;
            person->state = CROWD_LEAVING;
            crowd_push(crowd, &crowd->lanes[way].leaving, index);
        }
        break;
    case CROWD_QUEUED:
    case CROWD_SCANNING:
    case CROWD_AT_STEWARD:
    case CROWD_WALKING:
    case CROWD_ASIDE:
    case CROWD_LEAVING:
    case CROWD_GONE:
        break;
    }
}

static void send_home(struct crowd *crowd, struct crowd_lane *lane, int64_t now_ns)
{
    for (int i = crowd_pop(crowd, &lane->queue); i != CROWD_NOBODY;
         i = crowd_pop(crowd, &lane->queue)) {
        crowd_settle_inside(crowd, &crowd->people[i], now_ns);
    }
    if (lane->lurker != CROWD_NOBODY && lane->entering != lane->lurker) {
        crowd_settle_inside(crowd, &crowd->people[lane->lurker], now_ns);
        lane->lurker = CROWD_NOBODY;
    }
}

void crowd_tick(struct crowd *crowd, int64_t now_ns)
{
    if (crowd->start_ns == 0) {
        return;
    }
    for (size_t i = 0; i < crowd->people_count; i++) {
        tick_person(crowd, (int)i, now_ns);
    }
    for (size_t i = 0; i < crowd->lane_count; i++) {
        if (crowd->closing) {
            send_home(crowd, &crowd->lanes[i], now_ns);
        }
        crowd_tick_lane(crowd, &crowd->lanes[i], now_ns);
    }
    int64_t inside = crowd_inside(crowd);
    if (inside > 0 && (uint64_t)inside > crowd->stats.highest_inside) {
        crowd->stats.highest_inside = (uint64_t)inside;
    }
}

void crowd_start(struct crowd *crowd, int64_t now_ns)
{
    crowd->start_ns = now_ns;
}

void crowd_close(struct crowd *crowd, int64_t now_ns)
{
    static const int64_t soon_ms[2] = {100, 1500};
    crowd->closing = true;
    for (size_t i = 0; i < crowd->people_count; i++) {
        struct crowd_person *person = &crowd->people[i];
        if (person->state == CROWD_COMING || person->state == CROWD_AWAY) {
            crowd_settle_inside(crowd, person, now_ns);
        }
        int64_t soon_ns = now_ns + crowd_between_ns(crowd, soon_ms);
        if (person->state == CROWD_INSIDE && person->at_ns > soon_ns) {
            person->at_ns = soon_ns;
        }
    }
}

int64_t crowd_inside(const struct crowd *crowd)
{
    int64_t inside = 0;
    for (size_t i = 0; i < crowd->lane_count; i++) {
        const struct device_truth *truth = &crowd->lanes[i].device->truth;
        inside += (int64_t)truth->entered - (int64_t)truth->left;
    }
    return inside;
}

size_t crowd_in_state(const struct crowd *crowd, crowd_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < crowd->people_count; i++) {
        count += crowd->people[i].state == state ? 1 : 0;
    }
    return count;
}
