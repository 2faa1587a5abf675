/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The settings of one controller, without I/O: read, compared with what is wanted, written
 *  in the right order, read back.
 *
 *  Like the driver it is handed time and answers and says what to do next, so the same code runs
 *  on a wire and in a test. The owner's loop, after chl_firmware_read() or chl_firmware_apply():
 *
 *      chl_firmware_next(run, now, &step);
 *      switch (step.action) {
 *      case CHL_FIRMWARE_WAIT:  sleep until step.wake_ns
 *      case CHL_FIRMWARE_ASK:   send step.request, then chl_firmware_answered()
 *      case CHL_FIRMWARE_RENEW: close the link and open it again, then chl_firmware_renewed()
 *      case CHL_FIRMWARE_SPEED: the same, the line at step.baud
 *      case CHL_FIRMWARE_DONE:  look at chl_firmware_result()
 *      }
 *
 *  What it keeps: nothing is written but by chl_firmware_apply(). An echo is not believed: each
 *  value is read back. A write without an answer is UNKNOWN and read before anything else is done;
 *  it is never sent again. The first failure ends it. An address or a line's speed is changed only
 *  where exactly one unit answers, and the device is followed to where it went.
 *
 *  Thread: one run belongs to one thread at a time. Blocks: never.
 */
#ifndef CHL_FIRMWARE_FIRMWARE_H
#define CHL_FIRMWARE_FIRMWARE_H

#include "lib/modbus/driver.h"
#include "lib/profile/profile.h"

enum {
    CHL_FIRMWARE_ITEMS_MAX = 1024, /**< settings of one controller, each row counted */
    CHL_FIRMWARE_USES_MAX = 64,    /**< gates that may use one unit: no board has more rows */
    CHL_FIRMWARE_TEXT = 160
};

/** How one gate uses the unit. Strings are borrowed. */
struct chl_firmware_use {
    const char *gate; /**< its id */
    struct chl_wants wants;
    bool own;         /**< the unit releases it: pass time, on_link_loss and wishes bind */
    bool any_loss;    /**< nothing is wanted of what happens when the link is lost */
    uint64_t outputs; /**< rows that release or close it, bit n = row n */
    uint64_t counts;  /**< rows that count for it; not own and 0 = the unit neither releases nor
                         counts,  and nothing is wanted of it */
    uint64_t lamps; /**< rows that light a lamp of any gate: not prepared as outputs that release */
};

/** Which controller, and what may be known of its bus. All is borrowed for the run's life. */
struct chl_firmware_target {
    uint16_t unit; /**< where it answers now */
    const struct chl_profile *profile;
    size_t use_count;
    const struct chl_firmware_use *uses;
    bool serial;   /**< the link keeps its own silence after a lost answer; it is not renewed */
    int64_t baud;  /**< speed of a line that we set ourselves, 0 = none such */
    size_t listed; /**< units that the site has on this bus, this one included */
    size_t address_count;
    const uint16_t *addresses; /**< asked before an address or speed is changed; none may answer but
                                  `unit` */
    int64_t response_ns;       /**< longest wait for an answer, 0 = the profile's */
    int64_t return_ns;         /**< longest wait for it after a restart or a move, 0 = 30 s */
};

/** What was seen of an item. */
typedef enum {
    CHL_FIRMWARE_UNREAD, /**< not asked, or the device was silent before */
    CHL_FIRMWARE_SEEN,   /**< `value` */
    CHL_FIRMWARE_DENIED, /**< the device refused to say: `exception` */
    CHL_FIRMWARE_SILENT, /**< no answer to this one */
    CHL_FIRMWARE_TORN,   /**< `value` and its complement do not agree: `beside` */
    CHL_FIRMWARE_MUTE    /**< the profile lists no function that would read it */
} chl_firmware_seen;

/** What became of an item in chl_firmware_apply(). */
typedef enum {
    CHL_FIRMWARE_KEPT,     /**< nothing was to be done */
    CHL_FIRMWARE_LEFT,     /**< not written: something before it failed */
    CHL_FIRMWARE_VERIFIED, /**< written, and read back */
    CHL_FIRMWARE_STORED,   /**< written; it acts after a restart that did not happen yet */
    CHL_FIRMWARE_REFUSED,  /**< the device refused the value: `exception` */
    CHL_FIRMWARE_CHANGED,  /**< written, but reading gives `value` */
    CHL_FIRMWARE_UNSURE    /**< sent, and neither an answer nor a reading: it may have acted */
} chl_firmware_fate;

/** One setting, or one row of it. */
struct chl_firmware_item {
    const struct chl_setting *setting;
    uint16_t row; /**< from 0 */
    bool minds;   /**< a gate's: other rows are shown only */
    chl_firmware_seen seen;
    int64_t value, old; /**< old: as it was before it was written */
    uint16_t beside;
    uint8_t exception;
    bool is_wanted;
    int64_t wanted;
    const char *wanted_by, *against; /**< gates; `against` wants something else, NULL = none */
    int64_t against_value;
    chl_firmware_fate fate;
    uint16_t turn; /**< of those to be written: first 1; 0 = nothing was to be done */
};

typedef enum {
    CHL_FIRMWARE_RUNNING,
    CHL_FIRMWARE_READ_ALL, /**< read; see the items */
    CHL_FIRMWARE_NOBODY,   /**< no answer */
    CHL_FIRMWARE_APPLIED,  /**< all is written and was read back */
    CHL_FIRMWARE_RESTART,  /**< stored; a person must switch it off and on, then verify */
    CHL_FIRMWARE_STOPPED,  /**< ended at the first failure: `why` */
    CHL_FIRMWARE_UNKNOWN   /**< what the device has now is not known: `why` */
} chl_firmware_end;

/** Why it stopped. `item` and `number` of the result say more. */
typedef enum {
    CHL_FIRMWARE_WHY_NONE,
    CHL_FIRMWARE_WHY_NO_ANSWER,  /**< the device does not answer */
    CHL_FIRMWARE_WHY_LINK,       /**< the link cannot be opened: `text` */
    CHL_FIRMWARE_WHY_REFUSED,    /**< number: exception */
    CHL_FIRMWARE_WHY_NOT_KEPT,   /**< acknowledged, but another value is read */
    CHL_FIRMWARE_WHY_NOT_TAKEN,  /**< no answer to the write, and the old value is read */
    CHL_FIRMWARE_WHY_COMPLEMENT, /**< number: what stands beside it */
    CHL_FIRMWARE_WHY_LISTED,     /**< number: units that the site has on the bus */
    CHL_FIRMWARE_WHY_OTHER,      /**< number: another address that answers */
    CHL_FIRMWARE_WHY_LINE,       /**< a line's setting over a link whose speed is not ours */
    CHL_FIRMWARE_WHY_FUNCTION,   /**< the profile lists no function that writes it */
    CHL_FIRMWARE_WHY_CONFLICT,   /**< two gates want different values */
    CHL_FIRMWARE_WHY_UNREADABLE, /**< wanted, but it cannot be read: nothing could be verified */
    CHL_FIRMWARE_WHY_CANCELLED,  /**< chl_firmware_cancel() */
    CHL_FIRMWARE_WHY_GONE,       /**< after a restart or a move it answers nowhere */
    CHL_FIRMWARE_WHY_COUNT
} chl_firmware_why;

struct chl_firmware_result {
    chl_firmware_end end;
    chl_firmware_why why;
    int item; /**< index of the item concerned, −1 = none */
    long number;
    uint16_t unit; /**< where the device answers now */
    int64_t baud;
    char text[CHL_FIRMWARE_TEXT];
};

typedef enum {
    CHL_FIRMWARE_WAIT,
    CHL_FIRMWARE_ASK,
    CHL_FIRMWARE_RENEW,
    CHL_FIRMWARE_SPEED,
    CHL_FIRMWARE_DONE
} chl_firmware_action;

struct chl_firmware_step {
    chl_firmware_action action;
    int64_t wake_ns; /**< for WAIT: monotonic */
    int64_t baud;    /**< for SPEED */
    /** For ASK: which of `probes` addresses that should be silent this is; 0 = none. A late answer
     *  betrays a unit as well as one in time, so no silence need be kept before such a question. */
    size_t probe, probes;
    struct chl_modbus_request request;
};

struct chl_firmware;

/** Make a run; nothing is asked yet.
 *  @return CHL_OK, CHL_E_LIMIT (more settings than CHL_FIRMWARE_ITEMS_MAX), CHL_E_NOMEM. */
chl_err chl_firmware_new(const struct chl_firmware_target *target, struct chl_firmware **out);
/** NULL is allowed. */
void chl_firmware_free(struct chl_firmware *run);

/** Read every setting, from the beginning. Writes nothing, ever. */
void chl_firmware_read(struct chl_firmware *run);
/** After a reading that ended READ_ALL: whether what differs may be written at all, as far as that
 *  is known without asking anybody. Else the result says why not. */
bool chl_firmware_ready(struct chl_firmware *run);
/** After a reading that ended READ_ALL: write what differs, in the order of the plan. */
void chl_firmware_apply(struct chl_firmware *run);

/** Write nothing more: what is under way is read back, then it ends. */
void chl_firmware_cancel(struct chl_firmware *run);

/** What to do now. */
void chl_firmware_next(struct chl_firmware *run, int64_t now_ns, struct chl_firmware_step *step);
/** The outcome of ASK. */
void chl_firmware_answered(struct chl_firmware *run, int64_t now_ns,
                           const struct chl_modbus_answer *answer);
/** The outcome of RENEW or SPEED. `text` says why not, borrowed. */
void chl_firmware_renewed(struct chl_firmware *run, int64_t now_ns, bool ok, const char *text);

/** How it stands. Borrowed. */
const struct chl_firmware_result *chl_firmware_result(const struct chl_firmware *run);
/** The items in the profile's order. Borrowed. */
const struct chl_firmware_item *chl_firmware_items(const struct chl_firmware *run, size_t *count);
/** The item whose turn is the n-th, counted from 1; NULL after the last. */
const struct chl_firmware_item *chl_firmware_turn(const struct chl_firmware *run, size_t n);
/** Whether an item differs from what is wanted and can be put right by a write. */
bool chl_firmware_differs(const struct chl_firmware_item *item);
/** Whether an item is wanted and cannot be judged: not read, or wanted in two ways. */
bool chl_firmware_unsettled(const struct chl_firmware_item *item);
/** Indices of the items that differ, in the order in which they are written: plain ones, what the
 *  device does alone, the time after which it does so, what needs a restart, speed, address.
 *  @param out room for CHL_FIRMWARE_ITEMS_MAX. @return how many. */
size_t chl_firmware_plan(const struct chl_firmware *run, uint16_t *out);

#endif
