/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief The run: one question at a time, whatever it is for; and the reading of all settings.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/firmware/internal.h"

enum { EXCEPTION_NO_PATH = 10, EXCEPTION_NO_RESPONSE = 11 };

chl_err chl_firmware_new(const struct chl_firmware_target *target, struct chl_firmware **out)
{
    struct chl_firmware *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return CHL_E_NOMEM;
    }
    run->target = *target;
    run->here = (struct firmware_place){target->unit, target->baud};
    run->line_baud = target->baud;
    run->renew = true; /* it is not open yet */
    run->result = (struct chl_firmware_result){
        .item = -1, .unit = target->unit, .baud = target->baud, .end = CHL_FIRMWARE_NOBODY};
    const chl_err error = firmware_make_items(run);
    if (error != CHL_OK) {
        chl_firmware_free(run);
        return error;
    }
    *out = run;
    return CHL_OK;
}

void chl_firmware_free(struct chl_firmware *run)
{
    if (run != NULL) {
        free(run->items);
        free(run);
    }
}

const struct chl_firmware_result *chl_firmware_result(const struct chl_firmware *run)
{
    return &run->result;
}

const struct chl_firmware_item *chl_firmware_items(const struct chl_firmware *run, size_t *count)
{
    *count = run->item_count;
    return run->items;
}

const struct chl_firmware_item *chl_firmware_turn(const struct chl_firmware *run, size_t n)
{
    for (size_t i = 0; n > 0 && i < run->item_count; i++) {
        if (run->items[i].turn == n) {
            return &run->items[i];
        }
    }
    return NULL;
}

void firmware_end(struct chl_firmware *run, chl_firmware_end end, chl_firmware_why why, int item,
                  long number)
{
    run->state = STATE_DONE;
    run->result.end = end;
    run->result.why = why;
    run->result.item = item;
    run->result.number = number;
    run->result.unit = run->here.unit;
    run->result.baud = run->here.baud;
}

void firmware_go(struct chl_firmware *run, firmware_state state, size_t at)
{
    run->state = state;
    run->at = at;
    run->tries = 0;
}

bool firmware_silent(const struct chl_modbus_answer *answer)
{
    return answer->status == CHL_MODBUS_TIMEOUT ||
           (answer->status == CHL_MODBUS_EXCEPTION &&
            (answer->exception == EXCEPTION_NO_PATH || answer->exception == EXCEPTION_NO_RESPONSE));
}

bool firmware_lost(const struct chl_modbus_answer *answer)
{
    return firmware_silent(answer) ||
           (answer->status != CHL_MODBUS_OK && answer->status != CHL_MODBUS_EXCEPTION);
}

void chl_firmware_read(struct chl_firmware *run)
{
    run->applying = false;
    run->spoke = false;
    run->result.end = CHL_FIRMWARE_RUNNING;
    for (size_t i = 0; i < run->item_count; i++) {
        run->items[i].seen = CHL_FIRMWARE_UNREAD;
        run->items[i].fate = CHL_FIRMWARE_KEPT;
        run->items[i].turn = 0;
    }
    run->turns = 0;
    firmware_go(run, STATE_READING, 0);
}

void chl_firmware_cancel(struct chl_firmware *run)
{
    run->cancelled = true;
}

static void reading_over(struct chl_firmware *run)
{
    if (run->applying) {
        firmware_compared(run);
    } else {
        firmware_end(run, CHL_FIRMWARE_READ_ALL, CHL_FIRMWARE_WHY_NONE, -1, 0);
    }
}

static void read_answered(struct chl_firmware *run, const struct chl_modbus_answer *answer)
{
    struct chl_firmware_item *item = &run->items[run->at];
    if (firmware_lost(answer)) {
        if (++run->tries < FIRMWARE_TRIES) {
            return;
        }
        item->seen = CHL_FIRMWARE_SILENT;
        /* One that is silent to one question only is asked on; a dead one is not asked for each. */
        if (!run->spoke || (run->at > 0 && run->items[run->at - 1].seen == CHL_FIRMWARE_SILENT)) {
            const chl_firmware_end end = run->applying ? CHL_FIRMWARE_UNKNOWN : CHL_FIRMWARE_NOBODY;
            firmware_end(run, end, CHL_FIRMWARE_WHY_NO_ANSWER, -1, 0);
            (void)chl_copy(run->result.text, sizeof run->result.text,
                           answer->status == CHL_MODBUS_TIMEOUT ? "" : answer->text);
            return;
        }
    } else if (answer->status == CHL_MODBUS_EXCEPTION) {
        item->seen = CHL_FIRMWARE_DENIED;
        item->exception = answer->exception;
        run->spoke = true;
    } else {
        firmware_take(item, answer);
        run->spoke = true;
    }
    firmware_go(run, STATE_READING, run->at + 1);
}

/** The question of the state, false when there is none to ask: the state was left. */
static bool question(struct chl_firmware *run)
{
    struct chl_modbus_request *out = &run->request;
    const struct chl_firmware_item *item = NULL;
    switch (run->state) {
    case STATE_READING:
        if (run->at >= run->item_count) {
            reading_over(run);
            return false;
        }
        item = &run->items[run->at];
        if (!firmware_read_request(run, item, run->here.unit, out)) {
            run->items[run->at].seen = CHL_FIRMWARE_MUTE;
            firmware_go(run, STATE_READING, run->at + 1);
            return false;
        }
        return true;
    case STATE_PROBING:
        item = firmware_sign(run);
        return firmware_read_request(run, item, run->target.addresses[run->at], out);
    case STATE_WRITING:
        return firmware_write_request(run, &run->items[run->order[run->at]], out);
    case STATE_CHECKING:
        return firmware_read_request(run, &run->items[run->order[run->at]], run->here.unit, out);
    case STATE_LOOKING:
        return firmware_read_request(run, firmware_sign(run), run->places[run->place].unit, out);
    case STATE_RESTARTING:
        return firmware_restart_request(run, out);
    case STATE_DONE:
        break;
    }
    return false;
}

static bool wants_speed(const struct chl_firmware *run, int64_t *baud)
{
    *baud = run->state == STATE_LOOKING ? run->places[run->place].baud : run->here.baud;
    return *baud != run->line_baud;
}

void chl_firmware_next(struct chl_firmware *run, int64_t now_ns, struct chl_firmware_step *step)
{
    *step = (struct chl_firmware_step){.action = CHL_FIRMWARE_DONE};
    if (run->state == STATE_LOOKING && run->look_until_ns == 0) {
        const int64_t longest = run->target.return_ns;
        run->look_until_ns = now_ns + (longest > 0 ? longest : FIRMWARE_RETURN_MS * CHL_NS_PER_MS);
        run->quiet_until_ns = now_ns + FIRMWARE_LOOK_MS * CHL_NS_PER_MS;
        run->renew = !run->target.serial;
    }
    while (run->state != STATE_DONE) {
        if (run->cancelled && (run->state == STATE_READING || run->state == STATE_PROBING ||
                               run->state == STATE_WRITING)) {
            firmware_end(run, CHL_FIRMWARE_STOPPED, CHL_FIRMWARE_WHY_CANCELLED, -1, 0);
            break;
        }
        if (now_ns < run->quiet_until_ns) {
            *step = (struct chl_firmware_step){CHL_FIRMWARE_WAIT, .wake_ns = run->quiet_until_ns};
            return;
        }
        if (wants_speed(run, &step->baud) || run->renew) {
            step->action = step->baud != run->line_baud ? CHL_FIRMWARE_SPEED : CHL_FIRMWARE_RENEW;
            run->renewing = true;
            return;
        }
        if (question(run)) {
            run->asked = true;
            step->action = CHL_FIRMWARE_ASK;
            step->request = run->request;
            step->probe = run->state == STATE_PROBING ? run->at + 1 : 0;
            step->probes = step->probe > 0 ? run->target.address_count : 0;
            return;
        }
    }
}

void chl_firmware_answered(struct chl_firmware *run, int64_t now_ns,
                           const struct chl_modbus_answer *answer)
{
    if (!run->asked) {
        return;
    }
    run->asked = false;
    run->quiet_until_ns = now_ns + run->target.profile->gap_ms * CHL_NS_PER_MS;
    const bool broken = answer->status != CHL_MODBUS_OK && answer->status != CHL_MODBUS_EXCEPTION;
    /* A serial bus keeps its own silence after a lost answer; a line that broke is opened again. */
    run->renew = broken && (!run->target.serial || answer->status == CHL_MODBUS_LOST ||
                            answer->status == CHL_MODBUS_UNSENT);
    switch (run->state) {
    case STATE_READING:
        read_answered(run, answer);
        return;
    case STATE_PROBING:
        firmware_probed(run, answer);
        return;
    case STATE_WRITING:
        firmware_written(run, answer);
        return;
    case STATE_CHECKING:
        firmware_checked(run, answer);
        return;
    case STATE_LOOKING:
        firmware_looked(run, now_ns, answer);
        return;
    case STATE_RESTARTING:
        firmware_restarted(run, answer);
        return;
    case STATE_DONE:
        return;
    }
}

/** No link after several attempts: what that means depends on what was under way. */
static void no_link(struct chl_firmware *run, const char *text)
{
    chl_firmware_end end = CHL_FIRMWARE_STOPPED;
    int item = -1;
    if (run->state == STATE_READING) {
        end = run->applying ? CHL_FIRMWARE_UNKNOWN : CHL_FIRMWARE_NOBODY;
    } else if (run->state == STATE_CHECKING) {
        end = CHL_FIRMWARE_UNKNOWN;
        item = run->order[run->at];
        run->items[item].fate = CHL_FIRMWARE_UNSURE;
    } else if (run->state == STATE_RESTARTING) {
        end = CHL_FIRMWARE_RESTART;
    }
    firmware_end(run, end, CHL_FIRMWARE_WHY_LINK, item, 0);
    (void)chl_copy(run->result.text, sizeof run->result.text, text);
}

void chl_firmware_renewed(struct chl_firmware *run, int64_t now_ns, bool ok, const char *text)
{
    int64_t baud = 0;
    if (!run->renewing) {
        return;
    }
    run->renewing = false;
    if (ok) {
        (void)wants_speed(run, &baud);
        run->line_baud = baud;
        run->renew = false;
        return;
    }
    run->renew = true;
    run->quiet_until_ns = now_ns + FIRMWARE_LOOK_MS * CHL_NS_PER_MS;
    if (run->state == STATE_LOOKING) {
        const struct chl_modbus_answer none = {.status = CHL_MODBUS_UNSENT};
        firmware_looked(run, now_ns, &none);
        run->renew = true;
    } else if (++run->tries >= FIRMWARE_TRIES) {
        no_link(run, text);
    }
}
