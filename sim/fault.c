/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How a simulated unit's answers go wrong, see fault.h.
 */
#include "sim/fault.h"

#include <string.h>

#include "lib/base/time.h"
#include "sim/pdu.h"

static const char *const names[] = {
#define FAULT_NAME(id, name, text) name,
    FAULTS(FAULT_NAME)
#undef FAULT_NAME
};

fault_kind fault_named(const char *name)
{
    int kind = 0;
    while (kind < FAULT_COUNT && strcmp(names[kind], name) != 0) {
        kind++;
    }
    return (fault_kind)kind;
}

const char *fault_name(fault_kind kind)
{
    return names[kind];
}

bool fault_strikes(struct fault *fault, uint8_t function)
{
    if (fault->kind == FAULT_NONE || fault->times == 0 ||
        (fault->function != 0 && fault->function != function)) {
        return false;
    }
    fault->times -= fault->times == FAULT_ALWAYS ? 0 : 1;
    return true;
}

/** Give the answer before this one, keep this one for the next. @return false: there is none. */
static bool swap_kept(struct fault *fault, struct adu *answer, uint8_t pdu[ADU_MAX])
{
    uint8_t now[ADU_MAX];
    size_t length = answer->length;
    uint16_t transaction = answer->transaction;
    size_t kept = fault->kept_length;
    memcpy(now, answer->pdu, length);
    memcpy(pdu, fault->kept, kept);
    answer->pdu = pdu;
    answer->length = kept;
    answer->transaction = fault->kept_transaction;
    memcpy(fault->kept, now, length);
    fault->kept_length = length;
    fault->kept_transaction = transaction;
    return kept != 0;
}

/** What is wrong inside the PDU, or beside it. `pdu` holds it. */
static void spoil_answer(const struct fault *fault, struct adu *answer, uint8_t *pdu)
{
    bool echo = pdu_writes(pdu, answer->length) && answer->length == 5;
    switch (fault->kind) {
    case FAULT_WRONG_TRANSACTION:
        answer->transaction++;
        break;
    case FAULT_WRONG_UNIT:
        answer->unit++;
        break;
    case FAULT_WRONG_FUNCTION:
        pdu[0] = pdu[0] == 3 ? 4 : 3;
        break;
    case FAULT_WRONG_ADDRESS:
        if (echo) {
            pdu[2]++;
        }
        break;
    case FAULT_WRONG_VALUE:
        if (echo) {
            pdu[4] ^= 1;
        }
        break;
    case FAULT_WRONG_LENGTH:
        if (!echo && answer->length > 3) {
            unsigned drop = answer->length > 4 ? 2 : 1;
            pdu[1] = (uint8_t)(pdu[1] - drop);
            answer->length -= drop;
        }
        break;
    default:
        break;
    }
}

/** What is wrong on the wire. */
static void spoil_frame(const struct fault *fault, struct fault_reply *reply)
{
    switch (fault->kind) {
    case FAULT_LATE:
        reply->at_ns += fault->ms * CHL_NS_PER_MS;
        break;
    case FAULT_GARBAGE:
        for (size_t i = 0; i < reply->length; i++) {
            reply->bytes[i] = (uint8_t)(0xA7 + 31 * i);
        }
        break;
    case FAULT_CRC:
        reply->bytes[reply->length - 1] ^= 0x10;
        break;
    case FAULT_SHORT:
        reply->length /= 2;
        break;
    case FAULT_DRIBBLE:
        reply->piece_ns = (fault->ms > 0 ? fault->ms : 1) * CHL_NS_PER_MS;
        break;
    case FAULT_TWICE:
        memcpy(reply->bytes + reply->length, reply->bytes, reply->length);
        reply->length *= 2;
        break;
    default:
        break;
    }
}

void fault_wrap(struct fault *fault, adu_framing framing, struct adu *answer,
                struct fault_reply *reply)
{
    uint8_t pdu[ADU_MAX];
    if (fault == NULL) {
        reply->length = adu_write(framing, answer, reply->bytes);
        return;
    }
    if (fault->kind == FAULT_STALE) {
        if (!swap_kept(fault, answer, pdu)) {
            reply->length = 0;
            return;
        }
    } else {
        memcpy(pdu, answer->pdu, answer->length);
        answer->pdu = pdu;
    }
    spoil_answer(fault, answer, pdu);
    reply->length = adu_write(framing, answer, reply->bytes);
    spoil_frame(fault, reply);
}
