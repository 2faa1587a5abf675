/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The driver's state, shared by its own files only.
 */
#ifndef CHL_MODBUS_INTERNAL_H
#define CHL_MODBUS_INTERNAL_H

#include <stdatomic.h>

#include "lib/base/time.h"
#include "lib/modbus/driver.h"

enum {
    PLAN_MAX = 4,    /**< writes of one command */
    TRIES_MAX = 3,   /**< times a command is written again after a read that disagrees */
    SETUP_COUNT = 2, /**< settings compared once a device comes up */
    PROBE_SHARE = 4  /**< a failed probe is followed by this many response times without one */
};

#define REPORT_EVERY_NS CHL_NS_PER_S /**< a reading is posted at least this often */
#define MODE_EVERY_NS   CHL_NS_PER_S /**< the mode register is read this often */

typedef enum { PHASE_FREE, PHASE_QUEUED, PHASE_WRITING, PHASE_READING, PHASE_FINISHED } phase;

struct write {
    chl_register_role role;
    uint16_t value;
};

struct command {
    phase phase;
    struct chl_gate_command order;
    size_t device;
    uint64_t arrival;
    bool sent;       /**< at least one of its writes was handed to the wire */
    bool superseded; /**< an emergency came after it */
    bool has_reading;
    uint8_t tries, plan_count, plan_at;
    chl_command_status status;
    struct write plan[PLAN_MAX];
    struct chl_gate_reading reading;
    char text[CHL_MODBUS_TEXT];
};

struct device {
    struct chl_modbus_device id;
    int64_t response_ns, released_poll_ns;
    _Atomic uint32_t generation;
    bool up;         /**< answers, as last reported */
    bool told;       /**< the host was told of it at all */
    bool stale;      /**< not read since the link was opened */
    bool known;      /**< `last` was read at least once */
    bool want_mode;  /**< read the mode register before the block */
    bool hold_exit;  /**< the exit register was seen not free */
    uint8_t unblock; /**< found in the mode that also blocks the way out: 1 entry, 2 mode next */
    bool mode_odd;   /**< the mode register's value is none of the profile's, and was logged */
    bool owes_down, owes_up, owes_reading;
    uint8_t setup_at; /**< next setting to compare; SETUP_COUNT = done */
    bool setup_write; /**< that setting differs and is to be written */
    uint8_t mode;     /**< chl_gate_mode as last read */
    unsigned failures;
    int64_t poll_at_ns, retry_at_ns, mode_at_ns, heard_ns, posted_ns;
    struct chl_gate_reading last;
    char why[CHL_MODBUS_TEXT];
};

/** What the transaction under way is for. */
typedef enum {
    FOR_NOTHING,
    FOR_MODE,
    FOR_BLOCK,
    FOR_COMMAND,
    FOR_EXIT,
    FOR_UNBLOCK_ENTRY,
    FOR_UNBLOCK_MODE,
    FOR_SETUP_READ,
    FOR_SETUP_WRITE
} purpose;

typedef enum { LINK_CLOSED, LINK_CONNECTING, LINK_OPEN, LINK_BROKEN } link_state;

struct chl_modbus {
    struct chl_modbus_settings settings;
    int64_t gap_ns;
    link_state link;
    bool proven;            /**< a device answered since the link was opened */
    unsigned failures;      /**< links in a row that never answered */
    int64_t link_at_ns;     /**< when to connect */
    int64_t quiet_until_ns; /**< the gap after the last transaction */
    int64_t probe_at_ns;    /**< no probe of a failing unit before */
    uint64_t random, arrivals;
    bool is_due;   /**< something waits only for the gap */
    bool was_sent; /**< `at_command->sent` before this transaction */
    purpose under_way;
    size_t at_device;
    struct command *at_command;
    struct chl_modbus_request request;
    size_t device_count, command_count;
    struct device *devices;
    struct command *commands;
};

/* device.c */
int64_t device_backoff(struct chl_modbus *bus, unsigned failures);
void device_down(struct chl_modbus *bus, struct device *d, const char *why);
void device_failed(struct chl_modbus *bus, struct device *d, int64_t now_ns, const char *why);
void device_heard(struct chl_modbus *bus, struct device *d, int64_t now_ns);
void device_mode(struct chl_modbus *bus, struct device *d, uint16_t word, int64_t now_ns);
void device_block(struct chl_modbus *bus, struct device *d, const uint16_t *words, int64_t now_ns);
bool device_setup(const struct device *d, chl_register_role *role, uint16_t *value);
bool device_can_unblock(const struct device *d);
void driver_log(const struct chl_modbus *bus, chl_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* command.c */
bool command_is_emergency(const struct command *c);
bool command_is_open(const struct command *c);
void command_plan(struct command *c, const struct device *d);
void command_finish(struct command *c, chl_command_status status, const char *text);
void command_written(struct chl_modbus *bus, struct command *c, int64_t now_ns);
void command_judge(struct chl_modbus *bus, struct device *d);
void command_unanswered(struct command *c, const char *text);
void commands_drop(struct chl_modbus *bus, int64_t now_ns);

/* schedule.c */
bool schedule_pick(struct chl_modbus *bus, int64_t now_ns);
int64_t schedule_wake(const struct chl_modbus *bus, int64_t now_ns);

/* report.c */
bool reports_post(struct chl_modbus *bus, int64_t now_ns);

#endif
