/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The gate driver of one Modbus bus, without I/O: says what to do next, is told what came.
 *
 *  Time is handed in, nothing here reads a clock, opens a socket or starts a thread, so the same
 *  code runs on a wire, in a test and in a simulation. The owner's loop:
 *
 *      chl_modbus_next(bus, now, &step);
 *      switch (step.action) {
 *      case CHL_MODBUS_WAIT:     sleep until step.wake_ns or a new command
 *      case CHL_MODBUS_CONNECT:  open the link, then chl_modbus_connected()
 *      case CHL_MODBUS_CLOSE:    close the link at once, unsent bytes thrown away
 *      case CHL_MODBUS_TRANSACT: send step.request, then chl_modbus_answered()
 *      case CHL_MODBUS_FLUSH:    discard received bytes, then call again
 *      }
 *
 *  What it keeps: the way out is held free on every device; after each connect a device is read
 *  before it is written to, an emergency excepted; a command past its deadline or generation is
 * never handed out; a write without an answer is UNKNOWN and never repeated without a read in
 * between; a silent unit is probed rarely so that the others keep their rate.
 *
 *  Thread: all functions from one thread, except chl_modbus_raise_generation().
 */
#ifndef CHL_MODBUS_DRIVER_H
#define CHL_MODBUS_DRIVER_H

#include <chilang/gate.h>

#include "lib/profile/profile.h"

enum {
    CHL_MODBUS_READ_MAX = 125,    /**< words in one FC03 or FC04, bits in one FC01 or FC02 */
    CHL_MODBUS_WRITE_MAX = 8,     /**< words in one FC16, bits in one FC15 */
    CHL_MODBUS_DEVICES_MAX = 247, /**< gates on one bus */
    CHL_MODBUS_GATE_COMMANDS = 8, /**< open commands of one gate */
    CHL_MODBUS_GATE_URGENT = 4,   /**< places kept for emergencies beside them */
    CHL_MODBUS_TEXT = 96
};

/** One transaction: FC01–04 read `count`, FC05, 06, 15 and 16 write `values`. */
struct chl_modbus_request {
    uint8_t function;
    uint16_t unit; /**< 0 = broadcast: written, never answered */
    uint16_t address;
    uint16_t count;                        /**< FC05, FC06: 1 */
    uint16_t values[CHL_MODBUS_WRITE_MAX]; /**< words; FC05: the raw value (0xFF00, 0, or a
                                              length); FC15: 0 or 1 */
    int64_t response_ns; /**< longest wait for the answer; broadcast: the turnaround */
    /** Monotonic: not sent from then on, however long the line had to be waited for; 0 = any time.
     */
    int64_t not_after_ns;
    /** Not sent once this is beyond `generation`; NULL = nothing overtakes it. The driver's. */
    const _Atomic uint32_t *newest;
    uint32_t generation;
};

static inline bool chl_modbus_writes(const struct chl_modbus_request *request)
{
    return request->function > 4;
}

typedef enum {
    CHL_MODBUS_OK = 1,
    CHL_MODBUS_EXCEPTION = 2, /**< the device refused: `exception` */
    CHL_MODBUS_TIMEOUT = 3,   /**< no whole answer in time */
    CHL_MODBUS_BAD = 4,       /**< an answer that does not fit the question */
    CHL_MODBUS_LOST = 5,      /**< the link broke after something was sent */
    CHL_MODBUS_UNSENT = 6,    /**< the link was found broken before anything was sent */
    CHL_MODBUS_STALE = 7      /**< not sent: its time was over, or something newer came */
} chl_modbus_status;

/** How one transaction ended. */
struct chl_modbus_answer {
    chl_modbus_status status;
    uint8_t exception;
    uint16_t words[CHL_MODBUS_READ_MAX]; /**< FC01, FC02: 0 or 1 each */
    char text[CHL_MODBUS_TEXT]; /**< for BAD, LOST, UNSENT: what was expected and what came */
};

typedef enum {
    CHL_MODBUS_WAIT,
    CHL_MODBUS_CONNECT,
    CHL_MODBUS_CLOSE,
    CHL_MODBUS_TRANSACT,
    CHL_MODBUS_FLUSH /**< serial: throw away what arrived meanwhile; the silence is over */
} chl_modbus_action;

struct chl_modbus_step {
    chl_modbus_action action;
    int64_t wake_ns; /**< for WAIT: monotonic */
    struct chl_modbus_request request;
};

/** A unit that a gate uses beside its own: see struct chl_gate_part, chl_gate_input,
 * chl_gate_lamps.
 */
struct chl_modbus_part {
    uint16_t unit; /**< 0 = none */
    const struct chl_profile *profile;
    int16_t rows[5]; /**< count: entry, exit; input: one; lamps: green, blue, amber, red, sounder */
    bool active_open; /**< input: speaks when it is open */
};

/** One gate of the bus. Strings and profiles are borrowed for the driver's life. */
struct chl_modbus_device {
    chl_gate_id gate;
    uint16_t unit;
    const char *name;
    const struct chl_profile *profile;
    int64_t pass_time_ms; /**< for settings that want it; 0 = leave them */
    chl_link_loss on_link_loss;
    int16_t release_row; /**< −1 = as the profile says */
    int16_t close_row;   /**< −1 = as the profile says when `release_row` does too, else none */
    struct chl_modbus_part count, check, object, fire, tamper, lamps;
    size_t wish_count;
    const struct chl_gate_wish *wishes;
};

/** How the bus is driven, and where its reports go. */
struct chl_modbus_settings {
    int64_t poll_ns;        /**< between two polls of a gate without an open grant */
    int64_t gap_ns;         /**< least time between two requests; negative = the profiles' */
    int64_t response_ns;    /**< longest wait for an answer; 0 = the profile's */
    int64_t delay_max_ns;   /**< serial: the devices' longest delay; 0 = the profile's */
    int64_t backoff_min_ns; /**< first wait before a reconnect or a probe */
    int64_t backoff_max_ns; /**< longest */
    uint64_t seed;          /**< of the jitter */
    bool serial; /**< after a timeout: silence for the device's longest delay, then FLUSH; the link
                    stays open. Otherwise it is closed and opened again */
    void *user;
    /** Post a report, copied. CHL_E_BUSY: the driver keeps it and offers it again. */
    chl_err (*post)(void *user, const struct chl_gate_report *report);
    /** One line for the log. May be NULL. */
    void (*log)(void *user, chl_log_level level, const char *text);
};

struct chl_modbus;

/** Make a driver.
 *  @param why what was expected, what came, what to do, when a device cannot be driven.
 *  @return CHL_OK, CHL_E_CONFIG or CHL_E_NOMEM. Blocks: never. */
chl_err chl_modbus_new(const struct chl_modbus_settings *settings,
                       const struct chl_modbus_device *devices, size_t count,
                       struct chl_modbus **out, char *why, size_t why_size);
void chl_modbus_free(struct chl_modbus *bus);

/** Take a command, copied; its completion is posted exactly once.
 *  @return CHL_OK; CHL_E_BUSY: too many open for this gate; CHL_E_NOTFOUND: no such gate here;
 *  CHL_E_INVAL: no such action. Blocks: never. */
chl_err chl_modbus_accept(struct chl_modbus *bus, const struct chl_gate_command *order,
                          int64_t now_ns);

/** Make older commands of a gate void from this moment. Thread: any. Blocks: never. */
void chl_modbus_raise_generation(struct chl_modbus *bus, chl_gate_id gate, uint32_t generation);

/** What to do now. Also drops what is too late and posts what waits. Blocks: never. */
void chl_modbus_next(struct chl_modbus *bus, int64_t now_ns, struct chl_modbus_step *step);

/** The outcome of CHL_MODBUS_CONNECT. `text` says why not, borrowed. */
void chl_modbus_connected(struct chl_modbus *bus, int64_t now_ns, bool ok, const char *text);

/** The outcome of CHL_MODBUS_TRANSACT. */
void chl_modbus_answered(struct chl_modbus *bus, int64_t now_ns,
                         const struct chl_modbus_answer *answer);

/** The link broke, or spoke unasked, while nothing was under way. */
void chl_modbus_lost(struct chl_modbus *bus, int64_t now_ns, const char *text);

/** Complete everything that is open: ABORTED where nothing was sent, else UNKNOWN.
 *  @return how many completions the host has not taken yet; call again. */
size_t chl_modbus_abort(struct chl_modbus *bus, int64_t now_ns);

/** How many gates answer: the unit that releases and the one that counts do. */
size_t chl_modbus_up(const struct chl_modbus *bus);

#endif
