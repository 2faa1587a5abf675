/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The state of a run, shared by its own files only.
 */
#ifndef CHL_FIRMWARE_INTERNAL_H
#define CHL_FIRMWARE_INTERNAL_H

#include "lib/firmware/firmware.h"

enum {
    FIRMWARE_TRIES = 3,        /**< of a question; a write is sent once */
    FIRMWARE_PLACES = 2,       /**< where a moved device may be: new, old */
    FIRMWARE_PROBES = 2,       /**< questions to an address that should be silent */
    FIRMWARE_PROBES_MANY = 16, /**< with more addresses than that, one */
    FIRMWARE_LOOK_MS = 500,    /**< between two looks for a device that went away */
    FIRMWARE_RETURN_MS = 30000
};

typedef enum {
    STATE_DONE,
    STATE_READING,  /**< item `at` */
    STATE_PROBING,  /**< address `at` */
    STATE_WRITING,  /**< item order[at] */
    STATE_CHECKING, /**< the same, read back */
    STATE_LOOKING,  /**< for a device that moved or restarts, at place `place` */
    STATE_RESTARTING
} firmware_state;

/** Where the device may answer. */
struct firmware_place {
    uint16_t unit;
    int64_t baud;
};

struct chl_firmware {
    struct chl_firmware_target target;
    struct chl_firmware_result result;
    size_t item_count;
    struct chl_firmware_item *items;
    size_t order_count, turns;
    uint16_t order[CHL_FIRMWARE_ITEMS_MAX];
    firmware_state state;
    size_t at;
    unsigned tries;
    bool asked;      /**< a request is out */
    bool renew;      /**< the link cannot be used before it was opened again */
    bool renewing;   /**< RENEW or SPEED is out */
    bool spoke;      /**< it answered anything at all in this reading */
    bool unanswered; /**< the write under way got no answer */
    bool applying;   /**< a reading inside chl_firmware_apply() */
    bool again;      /**< what a restart lost is being written: once */
    bool cancelled;
    bool restarts; /**< LOOKING is for a restart, not for one moved item */
    struct firmware_place here;
    struct firmware_place places[FIRMWARE_PLACES]; /**< new, old */
    unsigned place;
    int64_t line_baud;      /**< speed at which the line is open */
    int64_t quiet_until_ns; /**< gap, or the time to look again */
    int64_t look_until_ns;  /**< 0 = set when the first look begins */
    struct chl_modbus_request request;
};

/* items.c */
chl_err firmware_make_items(struct chl_firmware *run);
bool firmware_moves(const struct chl_firmware_item *item);

/* requests.c: false when the profile lists no function for it */
bool firmware_read_request(const struct chl_firmware *run, const struct chl_firmware_item *item,
                           uint16_t unit, struct chl_modbus_request *out);
bool firmware_write_request(const struct chl_firmware *run, const struct chl_firmware_item *item,
                            struct chl_modbus_request *out);
bool firmware_restart_request(const struct chl_firmware *run, struct chl_modbus_request *out);
/** Put an answer's words into the item. */
void firmware_take(struct chl_firmware_item *item, const struct chl_modbus_answer *answer);

/* run.c */
void firmware_end(struct chl_firmware *run, chl_firmware_end end, chl_firmware_why why, int item,
                  long number);
/** Go on with `state` at `at`, untried. */
void firmware_go(struct chl_firmware *run, firmware_state state, size_t at);
/** A gateway that says that nobody is there is silence too. */
bool firmware_silent(const struct chl_modbus_answer *answer);
/** No use can be made of the answer: the question may be asked again. */
bool firmware_lost(const struct chl_modbus_answer *answer);

/* apply.c */
void firmware_probed(struct chl_firmware *run, const struct chl_modbus_answer *answer);
void firmware_written(struct chl_firmware *run, const struct chl_modbus_answer *answer);
void firmware_checked(struct chl_firmware *run, const struct chl_modbus_answer *answer);
/** All items were read after a restart. */
void firmware_compared(struct chl_firmware *run);
void firmware_next_write(struct chl_firmware *run);

/* moves.c */
/** Look for the device where item `moved` sends it, or where a restart brings it. */
void firmware_look(struct chl_firmware *run, bool restarts);
void firmware_looked(struct chl_firmware *run, int64_t now_ns,
                     const struct chl_modbus_answer *answer);
void firmware_restarted(struct chl_firmware *run, const struct chl_modbus_answer *answer);
/** The item that is read to find the device. */
const struct chl_firmware_item *firmware_sign(const struct chl_firmware *run);
/** Speed in baud of a line's setting, 0 when its values are codes. */
int64_t firmware_baud(const struct chl_setting *setting, int64_t value);

#endif
