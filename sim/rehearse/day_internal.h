/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What the files of a day share: its people, its gates, its events.
 */
#ifndef SIM_REHEARSE_DAY_INTERNAL_H
#define SIM_REHEARSE_DAY_INTERNAL_H

#include "sim/rehearse/day.h"

#define NOBODY UINT32_MAX

typedef enum {
    EVENT_SCANNED = 1, /**< the code was read at a lane */
    EVENT_LOOKED,      /**< the steward has looked */
    EVENT_ENTERED,     /**< through the passage, inwards */
    EVENT_LEFT,        /**< through the passage, outwards */
    EVENT_GO_HOME,     /**< stayed long enough */
    EVENT_COME_BACK    /**< who did not walk is here again */
} event_kind;

struct event {
    int64_t at_ns;
    uint64_t order; /**< of two at once the older goes first */
    uint32_t who;
    uint16_t gate;
    uint8_t kind;
};

struct visitor {
    int64_t joined_ns;
    uint32_t next;   /**< in a line */
    uint32_t shown;  /**< how often the code was shown */
    uint16_t place;  /**< zone, ENGINE_NONE = outside */
    bool told, back; /**< told that it is full, in this line; did not walk before */
    bool ever_told;
};

struct line {
    uint32_t first, last, length;
};

/** A lane with its turnstile. One person at a time is in the passage, either way. */
struct turnstile {
    struct line coming, going;
    uint32_t scanning;  /**< who stands at the scanner */
    uint32_t admitted;  /**< who has a green light and is not through yet */
    uint32_t passing;   /**< who is in the passage */
    bool outwards;      /**< `passing` leaves */
    bool resolves;      /**< the steward has looked: the next answer is a tap */
    int64_t busy_since; /**< −1 = nobody at the scanner or in the passage */
    uint32_t entry_count, exit_count;
    uint16_t left; /**< entries the device still allows */
    uint8_t mode;
};

/** A command on its way to a device. */
struct order {
    uint16_t gate, places;
    uint8_t action, mode;
    uint32_t generation;
    uint64_t grant;
};

struct day {
    const struct world *world;
    const struct plan *plan;
    const struct rehearse_options *options;
    struct measure *measure;
    struct engine engine;
    struct engine_output out;
    int64_t now_ns;    /**< from the first midnight */
    int64_t ticked_ns; /**< of the last tick */
    uint32_t arrived;  /**< people of the plan who came so far */
    struct event *heap;
    size_t heap_count, heap_room;
    uint64_t events;
    struct visitor *visitors;
    struct turnstile *gates;
    struct order orders[ENGINE_EFFECTS_MAX];
    size_t order_count;
    uint8_t verdict, reason;         /**< of the last decision */
    chl_err answer;                  /**< to the last tap */
    int64_t truth[ENGINE_ZONES_MAX]; /**< people really inside */
    uint32_t waiting;                /**< people in any line inwards */
    chl_err failed;
    char *why;
};

/** The first failure counts. */
__attribute__((format(printf, 3, 4))) void day_fail(struct day *day, chl_err error,
                                                    const char *format, ...);
void day_at(struct day *day, int64_t at_ns, event_kind kind, uint16_t gate, uint32_t who);

/* The engine's side: inputs, devices that obey, and the invariants after every step. */

/** Everything answers for the first time. */
void day_open(struct day *day);
/** Show a code. The verdict is in `day->verdict`. */
void day_scan(struct day *day, uint16_t gate, uint32_t who);
/** The steward taps: may pass. */
void day_resolve(struct day *day, uint16_t gate);
/** One person went through: the device counts, or the staff tap. */
void day_count(struct day *day, uint16_t gate, bool outwards);
/** Let the engine see its deadlines up to now. */
void day_tick(struct day *day);
/** When the engine wants one, from the first midnight; INT64_MAX = it does not. */
int64_t day_deadline(const struct day *day);

/* The people's side. */

/** Stand in the shortest line that leads on. */
void day_join(struct day *day, uint32_t who);
/** Stand in the shortest line that leads out. */
void day_leave(struct day *day, uint32_t who);
/** Who is next at this turnstile moves. */
void day_move(struct day *day, uint16_t gate);
void day_take(struct day *day, const struct event *event);
/** A deadline went by: whose green light is out shows the code again. */
void day_lost_green(struct day *day, uint16_t gate);

#endif
