/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  @brief Modbus TCP frames: build a request, and compare its answer byte by byte.
 *
 *  libmodbus 3.1.6 accepts an FC16 answer that echoes another address; a gate must not be believed
 *  open on such an answer, so every field is compared here.
 *
 *  Source: MODBUS Application Protocol V1.1b3 (§6.3, §6.12, §7), MODBUS Messaging on TCP/IP V1.0b.
 */
#ifndef CHL_MODBUS_FRAME_H
#define CHL_MODBUS_FRAME_H

#include <chilang/types.h>

#include "lib/modbus/driver.h"

enum {
    CHL_MODBUS_FRAME_MAX = 260,                            /**< longest frame over TCP */
    CHL_MODBUS_REQUEST_MAX = 13 + 2 * CHL_MODBUS_WRITE_MAX /**< longest request sent: FC16 */
};

/** Build the frame of `request` with transaction number `transaction`.
 *  @param out room for CHL_MODBUS_REQUEST_MAX bytes.
 *  @return length of the frame. Thread: any. Blocks: never. */
size_t chl_modbus_frame_build(const struct chl_modbus_request *request, uint16_t transaction,
                              uint8_t *out);

/** Compare a received frame with what was asked, and take its words or its exception.
 *  Sets `answer->status` to OK, EXCEPTION or BAD, and for BAD `answer->text` says expected and got.
 *  Thread: any. Blocks: never. */
void chl_modbus_frame_check(const struct chl_modbus_request *request, uint16_t transaction,
                            const uint8_t *frame, size_t length, struct chl_modbus_answer *answer);

#endif
