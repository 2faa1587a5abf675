/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief A request without its frame, carried out on a simulated unit.
 *
 *  Source: MODBUS Application Protocol V1.1b3 §6.
 */
#ifndef SIM_PDU_H
#define SIM_PDU_H

#include "sim/board.h"

/** Carry out a request and make its answer.
 *  @param out room for ADU_PDU_MAX bytes.
 *  @return length of the answer; an exception has 2 bytes and the high bit set. */
size_t pdu_answer(struct board *board, const uint8_t *pdu, size_t length, uint8_t *out,
                  int64_t now_ns);
/** Whether it asks to write. */
bool pdu_writes(const uint8_t *pdu, size_t length);

#endif
