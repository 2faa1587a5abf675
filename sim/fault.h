/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief How a simulated unit's answers go wrong, on demand.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "sim/adu.h"

/** Identifier, name at the door, what it does. The unit obeys, unless said otherwise. */
#define FAULTS(X)                                                                                  \
    X(FAULT_NONE, "none", "answers as it should")                                                  \
    X(FAULT_LATE, "late", "the answer comes `ms` later")                                           \
    X(FAULT_STALE, "stale",                                                                        \
      "each request is answered with the answer before it, the first by none")                     \
    X(FAULT_WRONG_TRANSACTION, "wrong-transaction", "TCP: the transaction number is another")      \
    X(FAULT_WRONG_UNIT, "wrong-unit", "another unit seems to answer")                              \
    X(FAULT_WRONG_FUNCTION, "wrong-function", "the answer to another function")                    \
    X(FAULT_WRONG_ADDRESS, "wrong-address", "the echo of a write names another address")           \
    X(FAULT_WRONG_VALUE, "wrong-value", "the echo of a write carries another value or count")      \
    X(FAULT_WRONG_LENGTH, "wrong-length", "a read brings less than was asked")                     \
    X(FAULT_TORN, "torn", "high words of counters are a step older than the low ones")             \
    X(FAULT_EXCEPTION, "exception", "refuses with `code`; not obeyed")                             \
    X(FAULT_GARBAGE, "garbage", "noise instead of an answer")                                      \
    X(FAULT_CRC, "crc", "one bit is wrong (serial framing: the CRC fails)")                        \
    X(FAULT_SHORT, "short", "the answer breaks off in the middle")                                 \
    X(FAULT_DRIBBLE, "dribble", "the answer comes byte by byte, one every `ms`")                   \
    X(FAULT_TWICE, "twice", "the answer comes two times")

typedef enum {
#define FAULT_ENUM(id, name, text) id,
    FAULTS(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_COUNT
} fault_kind;

enum { FAULT_ALWAYS = INT32_MAX, FAULT_REPLY_MAX = 2 * ADU_MAX };

struct fault {
    fault_kind kind;
    uint32_t times;        /**< requests that it still spoils; FAULT_ALWAYS */
    uint8_t function;      /**< only requests of this function; 0 = of any */
    uint8_t code;          /**< exception */
    int64_t ms;            /**< late, dribble */
    uint8_t kept[ADU_MAX]; /**< stale: PDU of the last answer, with its transaction before it */
    size_t kept_length;
    uint16_t kept_transaction;
};

/** What goes over the wire, and when. */
struct fault_reply {
    size_t length; /**< 0 = nothing */
    int64_t at_ns;
    int64_t piece_ns; /**< between two bytes; 0 = all at once */
    uint8_t bytes[FAULT_REPLY_MAX];
};

/** Kind by name, FAULT_COUNT = none such. */
fault_kind fault_named(const char *name);
const char *fault_name(fault_kind kind);
/** Whether it concerns this request; uses up one of its times. */
bool fault_strikes(struct fault *fault, uint8_t function);
/** Wrap an answer and spoil it as `fault` says (NULL = do not).
 *  @param answer its PDU may be changed. */
void fault_wrap(struct fault *fault, adu_framing framing, struct adu *answer,
                struct fault_reply *reply);

#endif
