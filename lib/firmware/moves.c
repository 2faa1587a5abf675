/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Following a device that takes another address or speed, or that restarts.
 */
#include <string.h>

#include "lib/base/time.h"
#include "lib/firmware/internal.h"

int64_t firmware_baud(const struct chl_setting *setting, int64_t value)
{
    if (setting->reg.unit != NULL && strcmp(setting->reg.unit, "100 baud") == 0) {
        return value * 100;
    }
    return setting->reg.unit != NULL && strcmp(setting->reg.unit, "baud") == 0 ? value : 0;
}

const struct chl_firmware_item *firmware_sign(const struct chl_firmware *run)
{
    if (run->state == STATE_LOOKING && !run->restarts) {
        return &run->items[run->order[run->at]];
    }
    for (size_t i = 0; i < run->item_count; i++) {
        if (run->items[i].seen == CHL_FIRMWARE_SEEN) {
            return &run->items[i];
        }
    }
    return &run->items[0];
}

static void take_move(const struct chl_firmware_item *item, struct firmware_place *to)
{
    if (item->setting->kind == CHL_SETTING_ADDRESS) {
        to->unit = (uint16_t)item->wanted;
    } else if (item->setting->kind == CHL_SETTING_LINE &&
               firmware_baud(item->setting, item->wanted) > 0) {
        to->baud = firmware_baud(item->setting, item->wanted);
    }
}

void firmware_look(struct chl_firmware *run, bool restarts)
{
    run->places[0] = run->places[1] = run->here;
    for (size_t i = 0; restarts && i < run->item_count; i++) {
        if (run->items[i].fate == CHL_FIRMWARE_STORED) {
            take_move(&run->items[i], &run->places[0]);
        }
    }
    if (!restarts) {
        take_move(&run->items[run->order[run->at]], &run->places[0]);
    }
    run->restarts = restarts;
    run->place = 0;
    run->look_until_ns = 0;
    firmware_go(run, STATE_LOOKING, run->at);
}

/** Look at the other place, or give up. */
static void look_on(struct chl_firmware *run, int64_t now_ns)
{
    const int index = run->restarts ? -1 : run->order[run->at];
    run->place = (run->place + 1) % FIRMWARE_PLACES;
    run->quiet_until_ns = now_ns + FIRMWARE_LOOK_MS * CHL_NS_PER_MS;
    if (now_ns < run->look_until_ns) {
        return;
    }
    if (index >= 0) {
        run->items[index].fate = CHL_FIRMWARE_UNSURE;
    }
    firmware_end(run, CHL_FIRMWARE_UNKNOWN, CHL_FIRMWARE_WHY_GONE, index, 0);
}

static bool same(const struct firmware_place *a, const struct firmware_place *b)
{
    return a->unit == b->unit && a->baud == b->baud;
}

/** It answers at places[place]: has it moved? */
static void found(struct chl_firmware *run, int64_t now_ns, const struct chl_modbus_answer *answer)
{
    const int index = run->order[run->at];
    struct chl_firmware_item *item = &run->items[index];
    const bool is_new = run->place == 0 && !same(&run->places[0], &run->places[1]);
    firmware_take(item, answer);
    if (item->value == item->wanted && item->seen == CHL_FIRMWARE_SEEN) {
        /* At its old place with the new value it has stored it, though its profile does not say
         * that it takes a restart. */
        item->fate = is_new ? CHL_FIRMWARE_VERIFIED : CHL_FIRMWARE_STORED;
        run->here = run->places[run->place];
        run->at++;
        firmware_next_write(run);
        return;
    }
    if (item->value == item->old && ++run->tries < FIRMWARE_TRIES) {
        look_on(run, now_ns); /* it may take a moment */
        return;
    }
    run->here = run->places[run->place];
    item->fate = CHL_FIRMWARE_CHANGED;
    firmware_end(run, CHL_FIRMWARE_STOPPED,
                 item->seen == CHL_FIRMWARE_TORN ? CHL_FIRMWARE_WHY_COMPLEMENT
                 : run->unanswered               ? CHL_FIRMWARE_WHY_NOT_TAKEN
                                                 : CHL_FIRMWARE_WHY_NOT_KEPT,
                 index, item->beside);
}

void firmware_looked(struct chl_firmware *run, int64_t now_ns,
                     const struct chl_modbus_answer *answer)
{
    const bool lost = firmware_lost(answer);
    if (!lost && run->restarts) {
        run->here = run->places[run->place];
        run->spoke = true;
        firmware_go(run, STATE_READING, 0);
    } else if (!lost && answer->status == CHL_MODBUS_OK) {
        found(run, now_ns, answer);
    } else {
        look_on(run, now_ns);
    }
}

void firmware_restarted(struct chl_firmware *run, const struct chl_modbus_answer *answer)
{
    if (answer->status == CHL_MODBUS_UNSENT) {
        if (++run->tries >= FIRMWARE_TRIES) {
            firmware_end(run, CHL_FIRMWARE_RESTART, CHL_FIRMWARE_WHY_NO_ANSWER, -1, 0);
        }
        return;
    }
    if (answer->status == CHL_MODBUS_EXCEPTION && !firmware_silent(answer)) {
        /* All is stored; only the restart is left to a person. */
        firmware_end(run, CHL_FIRMWARE_RESTART, CHL_FIRMWARE_WHY_REFUSED, -1, answer->exception);
        return;
    }
    firmware_look(run, true); /* many restart before they answer */
}
