/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What happens at one lane: the scanner, the screen, the steward and the two ways through.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "sim/crowd.h"

enum {
    FULL_PAUSE_MS = 120, /* the steward holds the line while the place is full */
    BUSY_PAUSE_MS = 120, /* the one before has not quite passed: the code is held up again */
    NEXT_PAUSE_MS = 100, /* from the last of a party to the next code */
    STEWARD_LOOK_MS = 120,
    STEWARD_ANSWER_MS = 1500,
    EXIT_RETRY_MS = 100
};

static void leave_head(struct crowd_lane *lane)
{
    lane->head = CROWD_NOBODY;
}

static void show(struct crowd *crowd, struct crowd_lane *lane, struct crowd_person *person,
                 int64_t now_ns)
{
    person->shown++;
    person->state = CROWD_SCANNING;
    person->at_ns = now_ns + crowd->pace.verdict_ms * CHL_NS_PER_MS;
    crowd->stats.shown++;
    crowd->stats.shown_again += person->shown > 1 ? 1 : 0;
    crowd->io.show(crowd->io.user, lane, person, person->shown);
}

static void come_back(struct crowd *crowd, struct crowd_lane *lane, struct crowd_person *person,
                      const int64_t bounds_ms[2], int64_t now_ns)
{
    leave_head(lane);
    if (crowd->closing) {
        crowd_settle_inside(crowd, person, now_ns);
        return;
    }
    person->state = CROWD_AWAY;
    person->at_ns = now_ns + crowd_between_ns(crowd, bounds_ms);
}

/** The next of the party goes, when the barrier is open and nobody stands in it. */
static void walk(struct crowd *crowd, struct crowd_lane *lane, struct crowd_person *person,
                 int64_t now_ns)
{
    if (person->through >= person->party) {
        lane->next_scan_ns = now_ns + NEXT_PAUSE_MS * CHL_NS_PER_MS;
        leave_head(lane);
        crowd_settle_inside(crowd, person, now_ns);
        return;
    }
    if (lane->entering != CROWD_NOBODY || now_ns < person->at_ns) {
        return;
    }
    if (device_open(lane->device, DEVICE_ENTRY) &&
        device_enter(lane->device, DEVICE_ENTRY, DEVICE_WALK, now_ns) == DEVICE_PASSING) {
        lane->entering = lane->head;
        lane->manner = DEVICE_WALK;
        lane->entering_until_ns = now_ns + crowd_between_ns(crowd, crowd->pace.pass_ms);
        person->deadline_ns = now_ns + crowd->pace.walk_ms * CHL_NS_PER_MS;
        return;
    }
    if (now_ns >= person->deadline_ns) {
        come_back(crowd, lane, person, crowd->pace.return_ms, now_ns);
    }
}

static void steward(struct crowd *crowd, struct crowd_lane *lane, struct crowd_person *person,
                    int64_t now_ns)
{
    if (now_ns < person->at_ns) {
        return;
    }
    bool honest = crowd_is_honest(person->behaviour);
    if (!person->tapped && !crowd->closing) {
        person->tapped = true;
        person->at_ns = now_ns + STEWARD_ANSWER_MS * CHL_NS_PER_MS;
        crowd->stats.steward_yes += honest ? 1 : 0;
        crowd->stats.steward_no += honest ? 0 : 1;
        crowd->io.resolve(crowd->io.user, lane, honest);
        return;
    }
    if (honest) {
        come_back(crowd, lane, person, crowd->pace.return_ms, now_ns);
        return;
    }
    leave_head(lane);
    crowd_settle_inside(crowd, person, now_ns);
}

static void tick_head(struct crowd *crowd, struct crowd_lane *lane, int64_t now_ns)
{
    if (lane->head == CROWD_NOBODY) {
        if (!crowd->screen_up || crowd->closing || now_ns < lane->next_scan_ns) {
            return;
        }
        lane->head = crowd_pop(crowd, &lane->queue);
        if (lane->head != CROWD_NOBODY) {
            show(crowd, lane, &crowd->people[lane->head], now_ns);
        }
        return;
    }
    struct crowd_person *person = &crowd->people[lane->head];
    if (person->state == CROWD_WALKING) {
        walk(crowd, lane, person, now_ns);
    } else if (person->state == CROWD_AT_STEWARD) {
        steward(crowd, lane, person, now_ns);
    } else if (crowd->closing) {
        crowd->io.hide(crowd->io.user, lane, person, person->shown);
        leave_head(lane);
        crowd_settle_inside(crowd, person, now_ns);
    } else if (now_ns >= person->at_ns) {
        crowd->io.hide(crowd->io.user, lane, person, person->shown);
        show(crowd, lane, person, now_ns);
    }
}

/** Right behind the last of a party, before the barrier closes. */
static void slip_in(struct crowd *crowd, struct crowd_lane *lane, int64_t now_ns)
{
    if (lane->lurker == CROWD_NOBODY || device_open(lane->device, DEVICE_ENTRY) ||
        device_enter(lane->device, DEVICE_ENTRY, DEVICE_TAILGATE, now_ns) != DEVICE_PASSING) {
        return;
    }
    lane->entering = lane->lurker;
    lane->manner = DEVICE_TAILGATE;
    lane->entering_until_ns = now_ns + crowd_between_ns(crowd, crowd->pace.pass_ms);
}

static void tick_entering(struct crowd *crowd, struct crowd_lane *lane, int64_t now_ns)
{
    if (lane->entering == CROWD_NOBODY || now_ns < lane->entering_until_ns) {
        return;
    }
    struct crowd_person *person = &crowd->people[lane->entering];
    device_leave(lane->device, DEVICE_ENTRY, now_ns);
    person->through++;
    person->inside++;
    lane->entering = CROWD_NOBODY;
    if (lane->manner == DEVICE_TAILGATE) {
        crowd->stats.tailgates++;
        person->tailgated = true;
        lane->lurker = CROWD_NOBODY;
        crowd_settle_inside(crowd, person, now_ns);
        return;
    }
    person->at_ns = now_ns;
    slip_in(crowd, lane, now_ns);
}

static void tick_exiting(struct crowd *crowd, struct crowd_lane *lane, int64_t now_ns)
{
    if (now_ns < lane->exiting_until_ns) {
        return;
    }
    if (lane->exiting != CROWD_NOBODY) {
        struct crowd_person *person = &crowd->people[lane->exiting];
        device_leave(lane->device, DEVICE_EXIT, now_ns);
        lane->exiting = CROWD_NOBODY;
        if (--person->inside == 0) {
            crowd_pop(crowd, &lane->leaving);
            person->state = CROWD_GONE;
        }
    }
    if (lane->leaving.first == CROWD_NOBODY) {
        return;
    }
    if (device_enter(lane->device, DEVICE_EXIT, DEVICE_WALK, now_ns) == DEVICE_PASSING) {
        lane->exiting = lane->leaving.first;
        lane->exiting_until_ns = now_ns + crowd_between_ns(crowd, crowd->pace.pass_ms);
    } else {
        lane->exiting_until_ns = now_ns + EXIT_RETRY_MS * CHL_NS_PER_MS;
    }
}

void crowd_tick_lane(struct crowd *crowd, struct crowd_lane *lane, int64_t now_ns)
{
    tick_entering(crowd, lane, now_ns);
    tick_exiting(crowd, lane, now_ns);
    tick_head(crowd, lane, now_ns);
}

static void admitted(struct crowd *crowd, struct crowd_lane *lane, struct crowd_person *person,
                     int64_t now_ns)
{
    crowd->stats.waited_then_admitted += person->waited ? 1 : 0;
    person->waited = false;
    if (person->behaviour == CROWD_NOSHOW && !person->stayed_away) {
        person->stayed_away = true;
        crowd->stats.stayed_away++;
        come_back(crowd, lane, person, crowd->pace.stay_away_ms, now_ns);
        return;
    }
    crowd->stats.stayed_then_admitted += person->stayed_away ? 1 : 0;
    person->state = CROWD_WALKING;
    person->at_ns = now_ns + crowd_between_ns(crowd, crowd->pace.react_ms);
    person->deadline_ns = now_ns + crowd->pace.walk_ms * CHL_NS_PER_MS;
}

static void told_to_wait(struct crowd *crowd, struct crowd_lane *lane, struct crowd_person *person,
                         const char *reason, int64_t now_ns)
{
    if (strcmp(reason, "zone_full") != 0) {
        person->state = CROWD_SCANNING; /* stays there and shows the code again */
        person->at_ns = now_ns + BUSY_PAUSE_MS * CHL_NS_PER_MS;
        return;
    }
    lane->next_scan_ns = now_ns + FULL_PAUSE_MS * CHL_NS_PER_MS;
    crowd->stats.waits_full++;
    person->waited = true;
    come_back(crowd, lane, person, crowd->pace.return_ms, now_ns);
}

/** A verdict for somebody else comes late when the daemon was restarted in between. */
static bool is_anothers(const struct crowd *crowd, const struct crowd_lane *lane, const char *code)
{
    const struct crowd_person *person = &crowd->people[lane->head];
    if (code[0] == '\0') {
        return false;
    }
    if (person->code[0] != '\0') {
        return strcmp(person->code, code) != 0;
    }
    for (size_t i = 0; i < crowd->people_count; i++) {
        const struct crowd_person *other = &crowd->people[i];
        if (strcmp(other->code, code) == 0 && strcmp(other->picture, person->picture) != 0) {
            return true;
        }
    }
    return false;
}

static void act(struct crowd *crowd, struct crowd_lane *lane, const struct crowd_verdict *verdict,
                int64_t now_ns)
{
    static const int64_t at_once_ms[2] = {80, 150};
    struct crowd_person *person = &crowd->people[lane->head];
    switch (verdict->verdict) {
    case CHL_ADMIT:
        admitted(crowd, lane, person, now_ns);
        break;
    case CHL_WAIT:
        told_to_wait(crowd, lane, person, verdict->reason, now_ns);
        break;
    case CHL_CHECK:
        if (!verdict->journaled || strcmp(verdict->reason, "code_unreadable") == 0) {
            come_back(crowd, lane, person, at_once_ms, now_ns);
        } else {
            person->state = CROWD_AT_STEWARD;
            person->tapped = false;
            person->at_ns = now_ns + STEWARD_LOOK_MS * CHL_NS_PER_MS;
        }
        break;
    case CHL_DENY:
        crowd->stats.honest_denied += crowd_is_honest(person->behaviour) ? 1 : 0;
        leave_head(lane);
        crowd_settle_inside(crowd, person, now_ns);
        break;
    case CHL_VERDICT_NONE:
        break;
    }
}

static struct crowd_lane *lane_by_name(struct crowd *crowd, const char *name)
{
    for (size_t i = 0; i < crowd->lane_count; i++) {
        if (strcmp(crowd->lanes[i].id, name) == 0) {
            return &crowd->lanes[i];
        }
    }
    return NULL;
}

void crowd_on_verdict(struct crowd *crowd, const char *lane_name,
                      const struct crowd_verdict *verdict, int64_t now_ns)
{
    static const char *const names[CROWD_VERDICTS] = {"", "ADMIT", "WAIT", "CHECK", "DENY"};
    struct crowd_lane *lane = lane_by_name(crowd, lane_name);
    if (lane == NULL || (unsigned)verdict->verdict >= CROWD_VERDICTS) {
        return;
    }
    chl_copy(lane->verdict, sizeof lane->verdict, names[verdict->verdict]);
    chl_copy(lane->reason, sizeof lane->reason, verdict->reason);
    chl_copy(lane->text, sizeof lane->text, verdict->text);
    if (lane->head == CROWD_NOBODY) {
        crowd->stats.late_verdicts++;
        return;
    }
    struct crowd_person *person = &crowd->people[lane->head];
    if ((person->state != CROWD_SCANNING && person->state != CROWD_AT_STEWARD) ||
        is_anothers(crowd, lane, verdict->code)) {
        crowd->stats.late_verdicts++;
        return;
    }
    crowd->stats.verdicts[person->behaviour][verdict->verdict]++;
    if (verdict->code[0] != '\0') {
        chl_copy(person->code, sizeof person->code, verdict->code);
    }
    crowd->io.hide(crowd->io.user, lane, person, person->shown);
    act(crowd, lane, verdict, now_ns);
}

void crowd_on_screen(struct crowd *crowd, bool up, int64_t now_ns)
{
    enum { SETTLE_MS = 30 };
    crowd->stats.lost_screens += crowd->screen_up && !up ? 1 : 0;
    crowd->screen_up = up;
    for (size_t i = 0; i < crowd->lane_count; i++) {
        struct crowd_lane *lane = &crowd->lanes[i];
        lane->next_scan_ns = now_ns + SETTLE_MS * CHL_NS_PER_MS;
        if (up || lane->head == CROWD_NOBODY) {
            continue;
        }
        struct crowd_person *person = &crowd->people[lane->head];
        if (person->state == CROWD_SCANNING || person->state == CROWD_AT_STEWARD) {
            crowd->io.hide(crowd->io.user, lane, person, person->shown);
            person->state = CROWD_QUEUED;
            crowd_push_front(crowd, &lane->queue, lane->head);
            leave_head(lane);
        }
    }
}
