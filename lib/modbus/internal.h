/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The driver's state, shared by its own files only: units that are asked, gates made of
 *  parts of them, commands to gates.
 */
#ifndef CHL_MODBUS_INTERNAL_H
#define CHL_MODBUS_INTERNAL_H

#include <stdatomic.h>

#include "lib/base/time.h"
#include "lib/modbus/driver.h"

enum {
    PLAN_MAX = 4,    /**< writes of one command */
    TRIES_MAX = 3,   /**< times a command is written again after a read that disagrees */
    PROBE_SHARE = 4, /**< a failed probe is followed by this many of its times without one */
    GATE_COMMANDS = CHL_MODBUS_GATE_COMMANDS + CHL_MODBUS_GATE_URGENT,
    LAMPS = 5,   /**< green, blue, amber, red, sounder */
    SOUNDER = 4, /**< its place among them */
    NO_UNIT = UINT16_MAX,
    FREE = 0xFFFF /**< `entry_left`, `exit_left`: no limit */
};

#define REPORT_EVERY_NS CHL_NS_PER_S          /**< a reading is posted at least this often */
#define SLOW_EVERY_NS   CHL_NS_PER_S          /**< mode, uptime and outputs are read this often */
#define SIGNAL_EVERY_NS (100 * CHL_NS_PER_MS) /**< one signal a unit in this time */
#define UNWATCHED_NS    CHL_NS_PER_S          /**< edges may have been missed in such a gap */
#define SERIAL_DELAY_NS CHL_NS_PER_S          /**< when a profile states no longest delay */

/** One register that a poll reads, for whichever gates look at it. */
struct item {
    chl_register_role role;
    chl_area area;
    uint16_t address, words;
    uint16_t at; /**< place in the unit's `words` */
    bool slow;   /**< read once a second */
    bool alone;  /**< the device refused to read it together with others */
    bool gone;   /**< the device does not have it, and it can be done without */
};

/** One request of a poll. */
struct chunk {
    chl_area area;
    uint16_t address, count;
    size_t first, items; /**< in `order` */
    bool slow, block;    /**< block: a stated read block, never split */
};

typedef enum { CHECK_READ, CHECK_WRITE, CHECK_BACK } check_step;

/** One value of one setting that a gate needs. */
struct check {
    const struct chl_setting *setting;
    uint16_t row;
    uint32_t wanted;
    uint16_t gate;
    bool strict;  /**< never written here; a difference makes the gate unfit */
    bool aside;   /**< of a second count: a difference is told, and the gate goes on without it */
    bool bad;     /**< not as it should be when it was last compared */
    bool refused; /**< and the device would not even say */
    uint32_t found;
};

/** One address on the bus. */
struct unit {
    uint16_t address;
    const struct chl_profile *profile;
    int64_t response_ns, delay_ns, released_poll_ns, heartbeat_ns;
    bool up;       /**< answers */
    bool told;     /**< its silence was logged */
    bool stale;    /**< not read since the link was opened, or since a write without an answer */
    bool in_round; /**< some of its chunks were read, the rest follow */
    bool full;     /**< this round reads the slow chunks too */
    bool edges;    /**< contacts are counted here: always polled fast */
    bool again;    /**< one probe of it does not wait for the share of probes */
    unsigned failures;
    int64_t poll_at_ns, slow_at_ns, retry_at_ns, heard_ns, read_ns, signal_at_ns;
    uint64_t round, done; /**< number of the round under way, and of the last whole one */
    size_t chunk_at, item_count, chunk_count, word_count, gate_count;
    struct item *items;
    size_t *order; /**< items by speed, area and address */
    struct chunk *chunks;
    uint16_t *words;
    uint16_t *gates; /**< that look at it */
    size_t check_first, check_count, check_at;
    check_step check_step;
    int uptime; /**< item, −1 = none */
    uint32_t uptime_last;
    bool uptime_known, restarted; /**< restarted: found in the round that just ended */
    char why[CHL_MODBUS_TEXT];
};

typedef enum {
    PART_RELEASE,
    PART_COUNT,
    PART_CHECK,
    PART_OBJECT,
    PART_FIRE,
    PART_TAMPER,
    PART_LAMPS,
    PARTS
} gate_part;

/** Two ways counted by one unit: absolute numbers whatever they are made of. */
struct counts {
    chl_passage_kind kind;
    int item[2]; /**< entry, exit; −1 = not counted */
    uint8_t bits;
    bool known, closed[2]; /**< closed: contacts as last seen */
    uint32_t value[2];
    int64_t seen_ns;
};

/** A release that the device knows only as pulses. */
struct pulses {
    uint16_t left; /**< places still to come */
    bool due;      /**< the next pulse may be written */
    bool last;     /**< no further one, whatever is left */
    uint32_t generation;
    int64_t deadline_ns; /**< of the grant */
    int64_t ends_ns;     /**< the last pulse is over */
    int64_t open_until_ns;
    bool held; /**< entry is held open, in `held_mode` */
    uint8_t held_mode;
    int64_t hold_at_ns; /**< when the next pulse of a hold is due */
};

typedef enum { SHOWN_OFF, SHOWN_ON, SHOWN_UNKNOWN } shown;

struct lamps {
    int16_t rows[LAMPS];
    chl_register_role role;
    bool any; /**< a signal was ever ordered */
    bool alarm;
    uint8_t standing, momentary;
    int64_t momentary_until_ns, sound_until_ns;
    int64_t beep_ms; /**< a sound that was not made yet */
    shown shown[LAMPS];
};

typedef enum { PHASE_FREE, PHASE_QUEUED, PHASE_WRITING, PHASE_READING, PHASE_FINISHED } phase;

struct write {
    chl_register_role role;
    uint16_t row, value;
};

struct command {
    phase phase;
    struct chl_gate_command order;
    uint64_t arrival;
    bool sent;       /**< at least one of its writes was handed to the wire */
    bool superseded; /**< an emergency or a newer signal came after it */
    bool has_reading;
    bool asked; /**< the rounds that it waits for were begun */
    uint8_t tries, plan_count, plan_at;
    chl_command_status status;
    struct write plan[PLAN_MAX];
    uint64_t need[3];      /**< rounds of the release, count and object units */
    int64_t wait_until_ns; /**< somebody can still pass until then: not confirmed before */
    struct chl_gate_reading reading;
    char text[CHL_MODBUS_TEXT];
};

struct gate {
    struct chl_modbus_device id;
    uint16_t units[PARTS]; /**< index of each part's unit, or NO_UNIT */
    uint16_t row;          /**< that releases */
    _Atomic uint32_t generation;
    bool up;    /**< its release and count units answer, as last reported */
    bool told;  /**< the host was told of it at all */
    bool known; /**< `last` was read at least once */
    bool unfit; /**< a setting is not as the site promises, or fire could not be seen */
    bool setting_bad, fire_blind; /**< which of the two; fire_blind: its unit is silent */
    bool mode_odd;
    bool hold_exit;  /**< the exit register was seen not free */
    uint8_t unblock; /**< found in the mode that also blocks the way out: 1 entry, 2 mode next */
    bool owes_down, owes_up, owes_reading, owes_restart;
    bool fire, tamper, released;
    uint8_t mode; /**< chl_gate_mode as last read or held */
    int item_entry_left, item_exit_left, item_object[2], item_error, item_mode, item_output;
    int item_input[3]; /**< object, fire, tamper */
    struct counts count, check;
    struct pulses pulses;
    struct lamps lamps;
    int64_t posted_ns, restart_ns;
    unsigned open, finished; /**< commands */
    struct command commands[GATE_COMMANDS];
    struct chl_gate_reading last;
    char why[CHL_MODBUS_TEXT], unfit_text[CHL_MODBUS_TEXT];
};

/** What the transaction under way is for. */
typedef enum {
    FOR_NOTHING,
    FOR_POLL,
    FOR_COMMAND,
    FOR_PULSE,
    FOR_HOLD,
    FOR_LAMP,
    FOR_EXIT,
    FOR_UNBLOCK_ENTRY,
    FOR_UNBLOCK_MODE,
    FOR_CHECK
} purpose;

/** A transaction: to which unit, for which gate and command. */
struct errand {
    purpose purpose;
    struct unit *unit;
    struct gate *gate;
    struct command *command;
    size_t lamp;
    bool on, timed; /**< of a lamp; timed: the device ends it by itself */
};

typedef enum { LINK_CLOSED, LINK_CONNECTING, LINK_OPEN, LINK_BROKEN } link_state;

struct chl_modbus {
    struct chl_modbus_settings settings;
    int64_t gap_ns;
    link_state link;
    bool proven;            /**< a unit answered since the link was opened */
    unsigned failures;      /**< links in a row that never answered */
    int64_t link_at_ns;     /**< when to connect */
    int64_t quiet_until_ns; /**< the gap after the last transaction */
    int64_t probe_at_ns;    /**< no probe of a failing unit before */
    int64_t flush_at_ns;    /**< serial: silent until then, then flushed; 0 = not */
    uint64_t random, arrivals;
    bool is_due;   /**< something waits only for the gap */
    bool was_sent; /**< `at.command->sent` before this transaction */
    struct errand at;
    struct chl_modbus_request request;
    size_t gate_count, unit_count, check_count, open;
    struct gate *gates;
    struct unit *units;
    struct check *checks;
};

/* validate.c */
chl_err validate_devices(const struct chl_modbus_device *devices, size_t count, char *why,
                         size_t why_size);
struct chl_modbus_part count_part(const struct chl_modbus_device *device);

/* build.c */
chl_err build_all(struct chl_modbus *bus, const struct chl_modbus_device *devices);
void build_free(struct chl_modbus *bus);

/* checklist.c */
chl_err checklist_build(struct chl_modbus *bus);

/* poll.c */
void poll_plan(struct unit *u);
bool poll_request(struct unit *u, struct chl_modbus_request *request);
bool poll_take(struct unit *u, const uint16_t *words);
bool poll_split(struct unit *u);
void poll_begin(struct unit *u, bool full);
uint32_t poll_value(const struct unit *u, int item);

/* unit.c */
int64_t unit_backoff(struct chl_modbus *bus, unsigned failures);
void unit_down(struct chl_modbus *bus, struct unit *u, const char *why);
/** What a lost answer costs the bus: both times count from the question. */
int64_t unit_loss_ns(const struct chl_modbus *bus, const struct unit *u);
void unit_failed(struct chl_modbus *bus, struct unit *u, int64_t now_ns, const char *why);
void unit_heard(struct chl_modbus *bus, struct unit *u, int64_t now_ns);
void unit_round(struct chl_modbus *bus, struct unit *u, int64_t now_ns);
void unit_sooner(struct unit *u, int64_t at_ns);
void driver_log(const struct chl_modbus *bus, chl_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* gate.c */
struct unit *gate_unit(const struct chl_modbus *bus, const struct gate *g, gate_part which);
bool gate_has_modes(const struct gate *g);
bool gate_by_pulses(const struct gate *g);
bool gate_checked(const struct chl_modbus *bus, const struct gate *g);
void gate_update(struct chl_modbus *bus, struct gate *g, const struct unit *u, int64_t now_ns);
void gate_down(struct chl_modbus *bus, struct gate *g, const char *why);

/* counts.c */
bool counts_take(struct counts *c, const struct unit *u, int64_t now_ns);

/* pulses.c */
uint16_t pulses_left(const struct pulses *p, int64_t now_ns);
void pulses_order(struct gate *g, const struct command *c);
void pulses_written(struct gate *g, int64_t now_ns);
void pulses_lost(struct gate *g, int64_t now_ns);
void pulses_hold(struct gate *g, uint8_t mode, int64_t now_ns);
void pulses_end(struct gate *g, int64_t now_ns);
void pulses_passed(struct gate *g, uint32_t passages, int64_t now_ns);
bool pulses_due(struct gate *g, int64_t now_ns);
void pulses_output(struct chl_modbus *bus, struct gate *g, bool on, int64_t now_ns);
struct write pulses_write(const struct gate *g, uint16_t row);

/* lamps.c */
void lamps_order(struct gate *g, const struct chl_gate_command *order, int64_t now_ns);
bool lamps_next(const struct gate *g, int64_t now_ns, struct errand *errand);
struct chl_modbus_request lamps_request(const struct unit *u, const struct gate *g,
                                        const struct errand *e);
void lamps_written(struct chl_modbus *bus, const struct errand *e, int64_t now_ns);
void lamps_refused(struct chl_modbus *bus, const struct errand *e, const char *text);
void lamps_settle(struct chl_modbus *bus, struct gate *g, int64_t now_ns);
int64_t lamps_wake(const struct gate *g, int64_t now_ns);

/* setup.c */
struct chl_modbus_request setup_request(const struct chl_modbus *bus, const struct unit *u);
void setup_conclude(struct chl_modbus *bus, struct gate *g);
void setup_begin(struct unit *u);
void setup_answer(struct chl_modbus *bus, struct unit *u, const uint16_t *words);
void setup_refused(struct chl_modbus *bus, struct unit *u, const char *text);

/* request.c */
struct chl_modbus_request request_write(const struct unit *u, const struct write *w);
struct chl_modbus_request request_read(const struct unit *u, chl_area area, uint16_t address,
                                       uint16_t count);

/* command.c */
bool command_is_emergency(const struct command *c);
bool command_is_open(const struct command *c);
bool command_in_order(const struct command *c);
void command_finish(struct chl_modbus *bus, struct gate *g, struct command *c,
                    chl_command_status status, const char *text);
void command_written(struct chl_modbus *bus, struct gate *g, struct command *c, int64_t now_ns);
void command_ask(struct chl_modbus *bus, struct gate *g, struct command *c);
bool command_awaits(const struct chl_modbus *bus, const struct gate *g, const struct command *c,
                    struct unit **u);
void command_unanswered(struct chl_modbus *bus, struct gate *g, struct command *c, const char *text,
                        int64_t now_ns);
void commands_drop(struct chl_modbus *bus, int64_t now_ns);

/* plan.c */
void command_plan(struct command *c, struct gate *g, bool stale, int64_t now_ns);
bool command_writes(const struct command *c, const struct gate *g);

/* judge.c */
void commands_judge(struct chl_modbus *bus, struct gate *g, int64_t now_ns);

/* schedule.c */
bool schedule_pick(struct chl_modbus *bus, int64_t now_ns);
int64_t schedule_wake(const struct chl_modbus *bus, int64_t now_ns);

/* report.c */
bool reports_post(struct chl_modbus *bus, int64_t now_ns);

#endif
