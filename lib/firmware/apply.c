/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Writing: what is checked before, and what is believed after each write.
 */
#include "lib/firmware/internal.h"

enum { EXCEPTION_ACKNOWLEDGE = 5 };

/* Nothing is begun that cannot be ended: every value can be written, read back and stays found. */
bool chl_firmware_ready(struct chl_firmware *run)
{
    struct chl_modbus_request request;
    run->order_count = chl_firmware_plan(run, run->order);
    for (size_t i = 0; i < run->item_count; i++) {
        const struct chl_firmware_item *item = &run->items[i];
        if (chl_firmware_unsettled(item)) {
            firmware_end(run, CHL_FIRMWARE_STOPPED,
                         item->against != NULL ? CHL_FIRMWARE_WHY_CONFLICT
                                               : CHL_FIRMWARE_WHY_UNREADABLE,
                         (int)i, item->exception);
            return false;
        }
    }
    for (size_t i = 0; i < run->order_count; i++) {
        const struct chl_firmware_item *item = &run->items[run->order[i]];
        chl_firmware_why why = CHL_FIRMWARE_WHY_NONE;
        long number = 0;
        if (!firmware_write_request(run, item, &request)) {
            why = CHL_FIRMWARE_WHY_FUNCTION;
        } else if (item->setting->kind == CHL_SETTING_LINE && run->target.baud == 0) {
            why = CHL_FIRMWARE_WHY_LINE;
        } else if (firmware_moves(item) && run->target.listed > 1) {
            why = CHL_FIRMWARE_WHY_LISTED;
            number = (long)run->target.listed;
        }
        if (why != CHL_FIRMWARE_WHY_NONE) {
            firmware_end(run, CHL_FIRMWARE_STOPPED, why, run->order[i], number);
            return false;
        }
    }
    return true;
}

void chl_firmware_apply(struct chl_firmware *run)
{
    bool moves = false;
    const bool ready = chl_firmware_ready(run);
    run->applying = true;
    run->again = false;
    run->renew = run->renew || !run->target.serial; /* a person may have thought it over for long */
    for (size_t i = 0; i < run->order_count; i++) {
        struct chl_firmware_item *item = &run->items[run->order[i]];
        item->fate = CHL_FIRMWARE_LEFT;
        item->old = item->value;
        item->turn = (uint16_t)++run->turns;
        moves = moves || firmware_moves(item);
    }
    if (!ready) {
        return;
    }
    run->result.end = CHL_FIRMWARE_RUNNING;
    run->at = 0;
    if (moves) {
        firmware_go(run, STATE_PROBING, 0);
        firmware_probed(run, NULL);
    } else {
        firmware_next_write(run);
    }
}

/** The address that item order[at] would take, which must be free. */
static bool is_here(const struct chl_firmware *run, size_t at)
{
    return run->target.addresses[at] == run->here.unit;
}

/* One answer, even a garbled one, and the bus is not its alone. */
void firmware_probed(struct chl_firmware *run, const struct chl_modbus_answer *answer)
{
    size_t at = run->at;
    if (answer != NULL) {
        const bool unheard =
            answer->status == CHL_MODBUS_UNSENT || answer->status == CHL_MODBUS_LOST;
        if (!firmware_silent(answer) && !unheard) {
            firmware_end(run, CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_OTHER, -1,
                         run->target.addresses[at]);
            return;
        }
        const unsigned probes =
            run->target.address_count > FIRMWARE_PROBES_MANY ? 1 : FIRMWARE_PROBES;
        if (++run->tries < (unheard ? FIRMWARE_TRIES : probes)) {
            return;
        }
        if (unheard) {
            firmware_end(run, CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_NO_ANSWER, -1, 0);
            return;
        }
        at++;
    }
    while (at < run->target.address_count && is_here(run, at)) {
        at++;
    }
    firmware_go(run, STATE_PROBING, at);
    if (at >= run->target.address_count) {
        run->at = 0;
        firmware_next_write(run);
    }
}

void firmware_next_write(struct chl_firmware *run)
{
    if (run->at < run->order_count) {
        run->unanswered = false;
        firmware_go(run, STATE_WRITING, run->at);
        return;
    }
    bool stored = false;
    for (size_t i = 0; i < run->item_count; i++) {
        stored = stored || run->items[i].fate == CHL_FIRMWARE_STORED;
    }
    struct chl_modbus_request request;
    if (stored && firmware_restart_request(run, &request)) {
        firmware_go(run, STATE_RESTARTING, 0);
    } else {
        firmware_end(run, stored ? CHL_FIRMWARE_RESTART : CHL_FIRMWARE_APPLIED,
                     CHL_FIRMWARE_WHY_NONE, -1, 0);
    }
}

void firmware_written(struct chl_firmware *run, const struct chl_modbus_answer *answer)
{
    const int index = run->order[run->at];
    struct chl_firmware_item *item = &run->items[index];
    if (answer->status == CHL_MODBUS_UNSENT) {
        /* Not a byte of it left us, so sending it is no repetition. */
        if (++run->tries >= FIRMWARE_TRIES) {
            firmware_end(run, CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_NO_ANSWER, index, 0);
        }
        return;
    }
    if (answer->status == CHL_MODBUS_EXCEPTION && !firmware_silent(answer) &&
        answer->exception != EXCEPTION_ACKNOWLEDGE) {
        item->fate = CHL_FIRMWARE_REFUSED;
        item->exception = answer->exception;
        firmware_end(run, CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_REFUSED, index, answer->exception);
        return;
    }
    item->fate = CHL_FIRMWARE_UNSURE;
    run->unanswered = firmware_lost(answer);
    if (firmware_moves(item) && !item->setting->reg.needs_reboot) {
        firmware_look(run, false);
    } else {
        firmware_go(run, STATE_CHECKING, run->at);
    }
}

/** Judge a value that was read back. @return true to go on. */
static bool judge(struct chl_firmware *run, int index)
{
    struct chl_firmware_item *item = &run->items[index];
    const bool later = item->setting->reg.needs_reboot;
    if (item->seen == CHL_FIRMWARE_TORN) {
        item->fate = CHL_FIRMWARE_CHANGED;
        firmware_end(run, CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_COMPLEMENT, index, item->beside);
        return false;
    }
    if (item->value == item->wanted) {
        item->fate = later ? CHL_FIRMWARE_STORED : CHL_FIRMWARE_VERIFIED;
        return true;
    }
    if (later && item->value == item->old && !run->unanswered) {
        item->fate = CHL_FIRMWARE_STORED; /* some show the new value only once it acts */
        return true;
    }
    item->fate = CHL_FIRMWARE_CHANGED;
    firmware_end(run, CHL_FIRMWARE_STOPPED,
                 run->unanswered && item->value == item->old ? CHL_FIRMWARE_WHY_NOT_TAKEN
                                                             : CHL_FIRMWARE_WHY_NOT_KEPT,
                 index, 0);
    return false;
}

void firmware_checked(struct chl_firmware *run, const struct chl_modbus_answer *answer)
{
    const int index = run->order[run->at];
    if (firmware_lost(answer) && ++run->tries < FIRMWARE_TRIES) {
        return;
    }
    if (answer->status != CHL_MODBUS_OK) {
        run->items[index].fate = CHL_FIRMWARE_UNSURE;
        firmware_end(run, CHL_FIRMWARE_UNKNOWN, CHL_FIRMWARE_WHY_NO_ANSWER, index, 0);
        return;
    }
    firmware_take(&run->items[index], answer);
    if (judge(run, index)) {
        run->at++;
        firmware_next_write(run);
    }
}

/** What a restart must have brought about. @return false when it did not. */
static bool took(struct chl_firmware *run, size_t index)
{
    struct chl_firmware_item *item = &run->items[index];
    const bool fits = item->seen == CHL_FIRMWARE_SEEN && item->value == item->wanted;
    if (item->fate == CHL_FIRMWARE_STORED && fits) {
        item->fate = CHL_FIRMWARE_VERIFIED;
        return true;
    }
    if (item->seen != CHL_FIRMWARE_SEEN && item->seen != CHL_FIRMWARE_TORN) {
        item->fate = CHL_FIRMWARE_UNSURE;
        firmware_end(run, CHL_FIRMWARE_UNKNOWN, CHL_FIRMWARE_WHY_UNREADABLE, (int)index,
                     item->exception);
        return false;
    }
    if (!fits && (item->fate == CHL_FIRMWARE_STORED || item->setting->reg.needs_reboot)) {
        item->fate = CHL_FIRMWARE_CHANGED;
        firmware_end(run, CHL_FIRMWARE_STOPPED,
                     item->seen == CHL_FIRMWARE_TORN ? CHL_FIRMWARE_WHY_COMPLEMENT
                                                     : CHL_FIRMWARE_WHY_NOT_KEPT,
                     (int)index, item->beside);
        return false;
    }
    return true;
}

void firmware_compared(struct chl_firmware *run)
{
    for (size_t i = 0; i < run->item_count; i++) {
        if (run->items[i].is_wanted && !took(run, i)) {
            return;
        }
    }
    /* What does not survive a restart went back: written once more, and nothing restarts now. */
    run->order_count = run->again ? 0 : chl_firmware_plan(run, run->order);
    run->again = true;
    for (size_t i = 0; i < run->order_count; i++) {
        struct chl_firmware_item *item = &run->items[run->order[i]];
        item->old = item->fate == CHL_FIRMWARE_KEPT ? item->value : item->old;
        item->turn = item->turn != 0 ? item->turn : (uint16_t)++run->turns;
        item->fate = CHL_FIRMWARE_LEFT;
    }
    run->at = 0;
    firmware_next_write(run);
}
