/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief What a simulated bus answers to a frame, and when. See controller.h.
 */
#include <string.h>

#include "lib/base/time.h"
#include "sim/controller.h"
#include "sim/pdu.h"

enum { RESTART_MS = 1000, BITS_A_BYTE = 10 /* 8N1 */, BROADCAST = 0 };

/** Time that `bytes` take on the line. */
static int64_t line_ns(const struct controller *controller, size_t bytes)
{
    return controller->baud == 0 ? 0
                                 : (int64_t)bytes * BITS_A_BYTE * CHL_NS_PER_S / controller->baud;
}

/** Silence before and behind a frame: 3.5 characters, 1.75 ms above 19200 (MODBUS over Serial Line
 *  V1.02 §2.5.1.1). */
static int64_t silence_ns(const struct controller *controller)
{
    enum { FAST = 19200, FIXED_US = 1750 };
    if (controller->baud == 0) {
        return 0;
    }
    return controller->baud > FAST ? (int64_t)FIXED_US * 1000 : line_ns(controller, 7) / 2;
}

/** A device for TCP only that stands alone answers whatever unit it is asked for. */
static bool any_address(const struct controller *controller, const struct controller_unit *unit)
{
    const struct chl_profile *profile = unit->board.profile;
    return controller->count == 1 && profile->tcp && !profile->rtu && !profile->rtu_over_tcp;
}

/** A unit that was set to another speed hears only that one. A new one hears any: a pseudo-terminal
 *  has no speed of its own. */
static bool hears(const struct controller *controller, const struct controller_unit *unit)
{
    int64_t baud = board_baud(&unit->board);
    return !unit->off && (baud == 0 || baud == controller->spoken);
}

static void after_write(struct controller_unit *unit, int64_t now_ns)
{
    int64_t address = board_setting_of(&unit->board, CHL_SETTING_ADDRESS);
    unit->address = address > 0 ? (unsigned)address : unit->address;
    unit->writes++;
    if (unit->board.restart) {
        controller_reboot(unit, RESTART_MS, now_ns);
    }
}

/** Let a unit carry out a request. @return length of its answer in `out`. */
static size_t obey(struct controller_unit *unit, const struct adu *request, bool strikes,
                   uint8_t *out, int64_t now_ns)
{
    struct board *board = &unit->board;
    board_talked(board, now_ns);
    unit->requests++;
    if (strikes && unit->fault.kind == FAULT_EXCEPTION) {
        out[0] = (uint8_t)(request->pdu[0] | 0x80U);
        out[1] = unit->fault.code;
        unit->exceptions++;
        return 2;
    }
    board->torn = strikes && unit->fault.kind == FAULT_TORN;
    size_t length = pdu_answer(board, request->pdu, request->length, out, now_ns);
    board->torn = false;
    unit->exceptions += (out[0] & 0x80U) != 0 ? 1 : 0;
    if (pdu_writes(request->pdu, request->length) && (out[0] & 0x80U) == 0) {
        after_write(unit, now_ns);
    }
    return length;
}

/** Everybody obeys a broadcast, nobody answers it. */
static void broadcast(struct controller *controller, const struct adu *request, int64_t now_ns)
{
    uint8_t out[ADU_MAX];
    for (size_t i = 0; pdu_writes(request->pdu, request->length) && i < controller->count; i++) {
        if (hears(controller, controller->units[i])) {
            (void)obey(controller->units[i], request, false, out, now_ns);
        }
    }
}

/** When an answer is there whole: after the request, the silence, the unit's delay and the answer
 *  itself have taken their time, one after the other on a line. */
static int64_t answer_time(struct controller *controller, int64_t delay_ms, size_t asked,
                           size_t answered, int64_t now_ns)
{
    if (controller->baud == 0) {
        return now_ns + delay_ms * CHL_NS_PER_MS;
    }
    int64_t start = now_ns > controller->busy_until_ns ? now_ns : controller->busy_until_ns;
    int64_t at_ns = start + line_ns(controller, asked + ADU_RTU_AROUND) + silence_ns(controller) +
                    delay_ms * CHL_NS_PER_MS + line_ns(controller, answered + ADU_RTU_AROUND);
    controller->busy_until_ns = at_ns + silence_ns(controller);
    return at_ns;
}

/** Two units at one address: both have obeyed, and their answers collide. */
static void collide(struct fault_reply *reply)
{
    for (size_t i = 0; i < reply->length; i++) {
        reply->bytes[i] = (uint8_t)(reply->bytes[i] & (0xD3 - i));
    }
}

static void notice_early(struct controller *controller, struct controller_unit *unit,
                         int64_t now_ns)
{
    int64_t gap_ns = unit->board.profile->gap_ms * CHL_NS_PER_MS;
    if (controller->last_answer_ns != 0 && now_ns - controller->last_answer_ns < gap_ns) {
        unit->early++;
    }
    controller->last_answer_ns = now_ns;
}

bool controller_answer(struct controller *controller, const uint8_t *frame, size_t length,
                       struct fault_reply *reply, int64_t now_ns)
{
    struct adu request;
    uint8_t out[ADU_MAX];
    unsigned answered = 0;
    memset(reply, 0, offsetof(struct fault_reply, bytes));
    if (!adu_read(controller->framing, frame, length, &request)) {
        controller->noise++;
        return false;
    }
    heard_add(&controller->heard, &request, now_ns);
    controller_tick(controller, now_ns);
    if (request.unit == BROADCAST) {
        broadcast(controller, &request, now_ns);
        return false;
    }
    for (size_t i = 0; i < controller->count; i++) {
        struct controller_unit *unit = controller->units[i];
        if ((unit->address != request.unit && !any_address(controller, unit)) ||
            !hears(controller, unit)) {
            continue;
        }
        notice_early(controller, unit, now_ns);
        bool strikes = fault_strikes(&unit->fault, request.pdu[0]);
        struct adu answer = {.transaction = request.transaction, .unit = request.unit, .pdu = out};
        answer.length = obey(unit, &request, strikes, out, now_ns);
        if (unit->silent) {
            continue;
        }
        reply->at_ns =
            answer_time(controller, unit->delay_ms, request.length, answer.length, now_ns);
        fault_wrap(strikes ? &unit->fault : NULL, controller->framing, &answer, reply);
        answered++;
    }
    if (answered > 1) {
        collide(reply);
    }
    return reply->length > 0;
}

void controller_unasked(const struct controller *controller, const struct controller_unit *unit,
                        struct fault_reply *reply)
{
    static const uint8_t pdu[] = {3, 2, 0, 1};
    struct adu answer = {.unit = (uint8_t)unit->address, .pdu = pdu, .length = sizeof pdu};
    memset(reply, 0, offsetof(struct fault_reply, bytes));
    fault_wrap(NULL, controller->framing, &answer, reply);
}
