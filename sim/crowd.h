/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A seeded crowd that shows codes, obeys the lane's screen and walks through the
 * turnstiles.
 *
 *  People act on the device model of sim/device.h; everything else of the world comes in through
 *  `struct crowd_io`, and time with each call, so that tests use a clock of their own. Not
 * thread-safe.
 */
#ifndef SIM_CROWD_H
#define SIM_CROWD_H

#include "sim/device.h"

enum {
    CROWD_PEOPLE_MAX = 5000,
    CROWD_LANES_MAX = 32,
    CROWD_NAME = 48,
    CROWD_PATH = 192,
    CROWD_VERDICTS = 5, /**< chl_verdict, 0 unused */
    CROWD_NOBODY = -1
};

/** How people behave: identifier, name in manifests, honest. Only honest ones should be admitted.
 */
#define CROWD_BEHAVIOURS(X)                                                                        \
    X(CROWD_WALK, "walk", true)                                                                    \
    X(CROWD_NOSHOW, "noshow", true)     /* scans, does not walk, comes back later */               \
    X(CROWD_TAILGATE, "tailgate", true) /* when it is full: slips in behind somebody */            \
    X(CROWD_REUSED, "reused", false)    /* shows somebody else's code after that one went in */    \
    X(CROWD_FORGED, "forged", false)                                                               \
    X(CROWD_EXPIRED, "expired", false)                                                             \
    X(CROWD_SYMPTOMATIC, "symptomatic", false)

typedef enum {
#define CROWD_BEHAVIOUR_ENUM(id, name, honest) id,
    CROWD_BEHAVIOURS(CROWD_BEHAVIOUR_ENUM)
#undef CROWD_BEHAVIOUR_ENUM
        CROWD_BEHAVIOUR_COUNT
} crowd_behaviour;

typedef enum {
    CROWD_COMING = 0, /**< not there yet */
    CROWD_QUEUED,     /**< in the lane's queue */
    CROWD_SCANNING,   /**< shows the code, waits for the screen */
    CROWD_AT_STEWARD, /**< told CHECK: a steward looks */
    CROWD_WALKING,    /**< admitted: the party goes through */
    CROWD_AWAY,       /**< comes back at `at_ns` */
    CROWD_ASIDE,      /**< a tailgater who waits for a chance */
    CROWD_INSIDE,     /**< leaves at `at_ns` */
    CROWD_LEAVING,    /**< in the queue of a way out */
    CROWD_GONE
} crowd_state;

/** One code with everybody who comes in on it. */
struct crowd_person {
    char id[CROWD_NAME], picture[CROWD_PATH], code[80];
    uint16_t lane, party, through, inside;
    crowd_behaviour behaviour;
    crowd_state state;
    int64_t arrival_ns, at_ns, deadline_ns;
    int original; /**< CROWD_REUSED: whose code it is */
    int next;     /**< in a queue */
    uint32_t shown;
    bool waited, stayed_away, tapped, tailgated;
};

struct crowd_queue {
    int first, last;
    size_t length;
};

struct crowd_lane {
    char id[CROWD_NAME];
    char verdict[8], reason[40], text[64]; /**< what its screen shows */
    uint16_t unit;
    struct device *device; /**< borrowed */
    struct crowd_queue queue, leaving;
    int head, lurker; /**< at the scanner; waiting for a chance */
    int64_t next_scan_ns;
    int entering, exiting; /**< who stands in the passage */
    device_manner manner;
    int64_t entering_until_ns, exiting_until_ns;
};

struct crowd_stats {
    uint64_t shown, shown_again, lost_screens;
    uint64_t verdicts[CROWD_BEHAVIOUR_COUNT][CROWD_VERDICTS];
    uint64_t waits_full, waited_then_admitted, stayed_away, stayed_then_admitted;
    uint64_t steward_yes, steward_no, honest_denied, late_verdicts, tailgates;
    uint64_t highest_inside;
};

/** A verdict as the lane's screen shows it. Text is borrowed until return. */
struct crowd_verdict {
    chl_verdict verdict;
    const char *reason, *code, *text;
    bool journaled; /**< false: busy, or the journal is stuck: show it again */
};

struct crowd_io {
    void *user;
    /** Hold the person's code before the lane's scanner. `n` counts the times, from 1. */
    void (*show)(void *user, const struct crowd_lane *lane, const struct crowd_person *person,
                 uint32_t n);
    /** Take the code away again, if it was not read yet. */
    void (*hide)(void *user, const struct crowd_lane *lane, const struct crowd_person *person,
                 uint32_t n);
    /** A steward taps the answer to the lane's last CHECK. */
    void (*resolve)(void *user, const struct crowd_lane *lane, bool admit);
};

/** How fast people are. All uniform between two bounds. */
struct crowd_pace {
    int64_t react_ms[2], pass_ms[2], dwell_ms[2], return_ms[2], stay_away_ms[2];
    int64_t verdict_ms; /**< patience before the screen */
    int64_t walk_ms;    /**< patience before a barrier that does not open */
};

struct crowd {
    struct crowd_io io;
    struct crowd_pace pace;
    struct crowd_stats stats;
    uint64_t random;
    size_t people_count, lane_count;
    struct crowd_person *people; /**< owned */
    struct crowd_lane lanes[CROWD_LANES_MAX];
    int64_t start_ns; /**< 0 = not started */
    bool screen_up, closing;
};

extern const struct crowd_pace crowd_usual_pace;

const char *crowd_behaviour_name(crowd_behaviour behaviour);
bool crowd_is_honest(crowd_behaviour behaviour);

/** Read a manifest: CSV with the header line
 *  `id,picture,lane,unit,party,behaviour,arrival_ms`, no quoting.
 *  @param why gets file:line, expected, came. The caller ends with crowd_free. */
chl_err crowd_load(struct crowd *crowd, const char *path, char *why, size_t why_size);
void crowd_free(struct crowd *crowd);

/** The doors open: arrivals count from now. */
void crowd_start(struct crowd *crowd, int64_t now_ns);
/** No more entry: who is outside goes home, who is inside leaves. */
void crowd_close(struct crowd *crowd, int64_t now_ns);
/** Let time pass. Call every few milliseconds. */
void crowd_tick(struct crowd *crowd, int64_t now_ns);
/** The lane's screen shows something; an unknown lane is ignored. */
void crowd_on_verdict(struct crowd *crowd, const char *lane, const struct crowd_verdict *verdict,
                      int64_t now_ns);
/** The screens went dark or came back. */
void crowd_on_screen(struct crowd *crowd, bool up, int64_t now_ns);
/** People really inside, by the devices' truth. */
int64_t crowd_inside(const struct crowd *crowd);
size_t crowd_in_state(const struct crowd *crowd, crowd_state state);

/** For the crowd's own files. */
struct crowd_lane *crowd_lane_of(struct crowd *crowd, const struct crowd_person *person);
void crowd_push(struct crowd *crowd, struct crowd_queue *queue, int person);
void crowd_push_front(struct crowd *crowd, struct crowd_queue *queue, int person);
int crowd_pop(struct crowd *crowd, struct crowd_queue *queue);
int64_t crowd_between_ns(struct crowd *crowd, const int64_t bounds_ms[2]);
void crowd_settle_inside(struct crowd *crowd, struct crowd_person *person, int64_t now_ns);
void crowd_tick_lane(struct crowd *crowd, struct crowd_lane *lane, int64_t now_ns);

#endif
